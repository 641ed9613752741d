/* wiretap_out.c - a trace of IKE datagrams written down: in words, as a capture, as Wireshark's tables
 *
 * The words are for whoever may look: what kind of message, its payloads, what a proposal says. Values
 * of hashes and nonces are left out, since from those of aggressive mode a weak key can be guessed.
 * Captures and tables are for who may have the secrets.
 *
 * pcapng's Decryption Secrets Block has no type for IKE. So the capture of a trace with secrets says the
 * keys in the comment of its section, as rows of the file ikev1_decryption_table, which Wireshark and
 * tshark read from their profile; the same rows are to be had by themselves.
 *
 * Called by: wiretap.c.  Thread: loop.  Owns: nothing.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/daemon/pcapng.h"
#include "core/daemon/wiretap_inside.h"
#include "core/model/moment.h"
#include "core/wire/header.h"
#include "core/wire/ident.h"
#include "core/wire/notify.h"
#include "core/wire/payload.h"
#include "core/wire/sa1.h"

enum { ROW_MOST = 512, HEADS_MOST = 512 };

/* ---- in words ---- */

static void say_sa(struct text *t, struct slice body)
{
	struct sa1 *sa = malloc(sizeof(*sa));
	struct fault f = { 0 };
	char said[120];

	if (sa && sa1_read(body, sa, &f) == R_OK)
		for (size_t i = 0; i < sa->n; i++)
			for (size_t k = 0; k < sa->at[i].n; k++)
				text_add(t, "%s%s", i || k ? ", " : ": ",
					 transform1_text(&sa->transforms[sa->at[i].first + k],
							 sa->at[i].protocol, said, sizeof(said)));
	free(sa);
}

static void say_payload(struct text *t, const struct pl *p)
{
	struct fault f = { 0 };
	struct notify n;
	struct ident id;
	char said[512];

	text_add_str(t, payload_word(p->type));
	if (p->kind == PL_SA)
		say_sa(t, p->body);
	else if (p->kind == PL_ID && ident_read(p->body, &id, &f) == R_OK)
		text_add(t, ": %s", ident_text(&id, said, sizeof(said)));
	else if (p->kind == PL_NTFY && notify_read(p->body, &n, &f) == R_OK)
		text_add(t, ": %s", notify_word(n.type));
	else
		text_add(t, ", %zu octets", p->body.n);
}

static void put_payloads(struct text *t, const struct header *h, struct slice octets)
{
	struct chain *c = malloc(sizeof(*c));
	struct fault f = { 0 };
	struct text one;

	text_add_str(t, ",\"payloads\":[");
	if (c && !(h->flags & FLAG_ENCRYPTED) && h->version >> 4 == 1) {
		chain_read(slice(octets.at + HEADER_SIZE, h->length - HEADER_SIZE), h->next, c, &f);
		for (size_t i = 0; i < c->n; i++) {
			text_init(&one, 2000);
			say_payload(&one, &c->at[i]);
			text_add_str(t, i ? "," : "");
			text_add_json(t, one.at ? one.at : "", one.n);
			text_done(&one);
		}
	}
	text_add_str(t, "]");
	free(c);
}

static void put_message(struct text *t, const struct seen *s)
{
	struct slice octets = slice(s->octets, s->n);
	struct header h;
	char hex[20];

	if (header_read(octets, &h, NULL) != R_OK) {
		text_add_str(t, ",\"message\":null");
		return;
	}
	text_add_str(t, ",\"message\":{\"exchange\":");
	text_add_json_str(t, h.version >> 4 == 1 ? exchange_word(h.exchange) : "IKEv2");
	text_add_member(t, "initiator_spi",
			hex_of(slice(h.cky_i, sizeof(h.cky_i)), hex, sizeof(hex)));
	text_add_member(t, "responder_spi",
			hex_of(slice(h.cky_r, sizeof(h.cky_r)), hex, sizeof(hex)));
	text_add(t, ",\"message_id\":%" PRIu32 ",\"encrypted\":%s", h.message_id,
		 h.version >> 4 == 1 && h.flags & FLAG_ENCRYPTED ? "true" : "false");
	put_payloads(t, &h, octets);
	text_add_str(t, "}");
}

static void put_seen(struct text *t, const struct seen *s, unsigned number)
{
	char local[ADDR_TEXT + 16], remote[ADDR_TEXT + 16];

	text_add(t, "%s{\"number\":%u,\"time\":", number > 1 ? "," : "", number);
	moment_json(s->wall_ms, t);
	text_add_member(t, "direction", s->inbound ? "in" : "out");
	text_add_member(t, "local", addr_text_port(&s->local, local));
	text_add_member(t, "remote", addr_text_port(&s->remote, remote));
	text_add(t, ",\"octets\":%zu", s->n);
	text_add_member(t, "peer", s->peer);
	text_add_member_id(t, "ike_sa", s->ike_sa);
	text_add_member_id(t, "negotiation", s->negotiation);
	put_message(t, s);
	text_add_str(t, "}");
}

void wiretap_write_json(const struct recorded *r, struct text *t)
{
	unsigned number = 0;

	text_add_str(t, "{\"trace\":");
	wiretrace_json(&r->row, t);
	text_add_str(t, ",\"messages\":[");
	list_each (l, (struct link *)&r->seen)
		put_seen(t, owner_of(l, const struct seen, link), ++number);
	text_add_str(t, "]}");
}

/* ---- with secrets ---- */

/* A text with room for all of it: it never moves, so no copy of a key stays behind. */
static bool roomy(struct text *t, size_t n)
{
	text_init(t, 0);
	t->at = calloc(1, n);
	t->cap = t->at ? n : 0;
	return t->at != NULL;
}

static void put_ike_rows(const struct recorded *r, struct text *t)
{
	for (uint32_t i = 0; i < r->row.ike_keys; i++) {
		const struct ike_key *k = &r->ike[i];

		text_add_hex(t, slice(k->initiator_spi, sizeof(k->initiator_spi)));
		text_add_str(t, ",");
		text_add_hex(t, slice(k->key, k->n));
		text_add_str(t, "\n");
	}
}

bool wiretap_write_ikev1_table(const struct recorded *r, struct text *t)
{
	if (!roomy(t, ROW_MOST + (size_t)r->row.ike_keys * ROW_MOST))
		return false;
	text_add_str(t,
		     "# ikev1_decryption_table of Wireshark: initiator's cookie, encryption key\n");
	put_ike_rows(r, t);
	return true;
}

static const char *encr_word(const struct esp_suite *s)
{
	switch (s->encr) {
	case ENCR_AES_CBC:
		return "AES-CBC [RFC3602]";
	case ENCR_AES_GCM:
		return "AES-GCM [RFC4106]";
	case ENCR_TDES:
		return "TripleDES-CBC [RFC2451]";
	case ENCR_DES:
		return "DES-CBC [RFC2405]";
	default:
		return "NULL";
	}
}

static const char *integ_word(const struct esp_suite *s)
{
	switch (s->integ) {
	case INTEG_SHA256:
		return s->truncate_96 ? "HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]"
				      : "HMAC-SHA-256-128 [RFC4868]";
	case INTEG_SHA384:
		return "HMAC-SHA-384-192 [RFC4868]";
	case INTEG_SHA512:
		return "HMAC-SHA-512-256 [RFC4868]";
	case INTEG_SHA1:
		return "HMAC-SHA-1-96 [RFC2404]";
	case INTEG_MD5:
		return "HMAC-MD5-96 [RFC2403]";
	default: /* an AEAD has its tag in the cipher's name */
		return "NULL";
	}
}

static void put_key(struct text *t, struct slice key)
{
	text_add_str(t, key.n ? "\"0x" : "\"");
	text_add_hex(t, key);
	text_add_str(t, "\"");
}

static void put_esp_row(const struct esp_key *k, struct text *t)
{
	const struct encr_row *e = alg_encr(k->suite.encr);
	size_t n = alg_key_octets(k->suite.encr, k->suite.key_bits) + e->salt;
	char from[ADDR_TEXT], to[ADDR_TEXT];

	n = n > k->n ? k->n : n;
	text_add(t, "\"IPv%u\",\"%s\",\"%s\",\"0x%08" PRIx32 "\",\"%s\",", k->from.family,
		 addr_text(&k->from, from), addr_text(&k->to, to), k->spi, encr_word(&k->suite));
	put_key(t, slice(k->keymat, n));
	text_add(t, ",\"%s\",", integ_word(&k->suite));
	put_key(t, slice(k->keymat + n, k->n - n));
	text_add_str(t, "\n");
}

bool wiretap_write_esp_table(const struct recorded *r, struct text *t)
{
	if (!roomy(t, ROW_MOST + (size_t)r->row.esp_keys * ROW_MOST))
		return false;
	text_add_str(t, "# esp_sa of Wireshark: the SAs of the user-space data plane\n");
	for (uint32_t i = 0; i < r->row.esp_keys; i++)
		put_esp_row(&r->esp[i], t);
	return true;
}

static bool put_comment(const struct recorded *r, struct text *t)
{
	if (!roomy(t, ROW_MOST + (size_t)r->row.ike_keys * ROW_MOST))
		return false;
	text_add(t, "ikeeper trace %" PRIu64 ", peer %s", r->row.id,
		 *r->row.peer ? r->row.peer : "any");
	if (r->row.dropped)
		text_add(t, ", %" PRIu32 " datagrams did not fit", r->row.dropped);
	text_add_str(t, "\n");
	if (!r->row.secrets)
		return true;
	text_add_str(t, "These lines are a file ikev1_decryption_table of a Wireshark profile:\n");
	put_ike_rows(r, t);
	return true;
}

static size_t room_for(const struct recorded *r)
{
	size_t n = 4096 + (size_t)r->row.ike_keys * ROW_MOST;

	list_each (l, (struct link *)&r->seen)
		n += owner_of(l, const struct seen, link)->n + HEADS_MOST;
	return n;
}

static void put_datagram(const struct seen *s, struct text *t)
{
	char comment[NAME_SIZE + 60];
	struct text c = { .at = comment, .cap = sizeof(comment), .limit = sizeof(comment) - 1 };
	struct pcapng_datagram d = {
		.wall_ms = s->wall_ms,
		.from = s->inbound ? s->remote : s->local,
		.to = s->inbound ? s->local : s->remote,
		.inbound = s->inbound,
		.marker = s->natt,
		.octets = slice(s->octets, s->n),
		.comment = comment,
	};

	*comment = '\0';
	if (s->negotiation)
		text_add(&c, "negotiation %" PRIu64, s->negotiation);
	if (*s->peer)
		text_add(&c, "%speer %s", c.n ? ", " : "", s->peer);
	pcapng_add(t, &d);
}

bool wiretap_write_pcapng(const struct recorded *r, struct text *t)
{
	struct text comment;
	bool ok = put_comment(r, &comment) && roomy(t, room_for(r));

	if (ok) {
		pcapng_begin(t, comment.at);
		list_each (l, (struct link *)&r->seen)
			put_datagram(owner_of(l, const struct seen, link), t);
	}
	if (comment.at)
		wipe(comment.at, comment.cap);
	text_done(&comment);
	return ok;
}

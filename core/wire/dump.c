/* dump.c - an IKE message as people and tools read it: JSON, field by field
 *
 * One object per message. Every payload is shown with its octets, so nothing is hidden by
 * what we make of it; where we can read more (a proposal, an identity, a notification) that
 * stands beside. What does not parse is said in "error", in the payload and for the message,
 * and the rest is shown all the same: a broken message is when one needs a decoder.
 *
 * IKEv2 is not spoken here; of its messages the header and the list of payloads are shown.
 *
 * Called by the decoder and the trace.  Thread: any, values only.  Owns: nothing.
 * Not here: decryption - `clear` comes from whoever has the keys.
 */
#include "core/wire/dump.h"

#include "core/wire/ident.h"
#include "core/wire/natoa.h"
#include "core/wire/notify.h"
#include "core/wire/sa1.h"
#include "core/wire/vendor.h"

enum { FLAGS2_RESPONSE = 0x20, FLAGS2_INITIATOR = 0x08, PAYLOAD2_SK = 46, PAYLOAD2_SKF = 53 };

static void add_hex(struct text *t, const char *name, struct slice s)
{
	text_add(t, ",\"%s\":\"", name);
	text_add_hex(t, s);
	text_add_str(t, "\"");
}

static void add_word(struct text *t, const char *name, const char *word)
{
	text_add(t, ",\"%s\":", name);
	text_add_json(t, word, slice_str(word).n);
}

static void add_number(struct text *t, const char *name, unsigned long v)
{
	text_add(t, ",\"%s\":%lu", name, v);
}

/* Absent attributes are 0 and not shown. */
static void add_some(struct text *t, const char *name, unsigned long v)
{
	if (v)
		add_number(t, name, v);
}

static void add_protocol(struct text *t, unsigned protocol)
{
	static const struct name words[] = {
		{ PROTO_ISAKMP, "isakmp" }, { PROTO_AH, "ah" }, { PROTO_ESP, "esp" },
		{ PROTO_IPCOMP, "ipcomp" }, { 0, NULL },
	};

	add_number(t, "protocol", protocol);
	add_word(t, "protocol_name", name_of(words, (int)protocol));
}

static void add_transform(struct text *t, const struct transform1 *tr, uint8_t protocol)
{
	const struct attrs1 *a = &tr->a;
	char said[120];

	text_add(t, "{\"number\":%u", (unsigned)tr->number);
	add_number(t, "id", tr->id);
	add_word(t, "text", transform1_text(tr, protocol, said, sizeof(said)));
	add_some(t, "encryption", a->encr);
	add_some(t, "hash", a->hash);
	add_some(t, "authentication_method", a->auth_method);
	add_some(t, "group", a->group);
	add_some(t, "key_bits", a->key_bits);
	add_some(t, "encapsulation", a->encap);
	add_some(t, "authentication_algorithm", a->auth_alg);
	add_some(t, "life_seconds", a->life_seconds);
	add_some(t, "life_kilobytes", a->life_kilobytes);
	if (a->odd)
		text_add_str(t, ",\"odd\":true");
	text_add_str(t, "}");
}

static enum reason dump_sa(struct text *t, struct slice body, struct fault *f)
{
	struct sa1 sa;
	enum reason reason = sa1_read(body, &sa, f);

	if (reason != R_OK)
		return reason;
	add_number(t, "doi", SA1_DOI_IPSEC);
	add_number(t, "situation", SA1_SITUATION_IDENTITY);
	text_add_str(t, ",\"proposals\":[");
	for (size_t i = 0; i < sa.n; i++) {
		const struct proposal1 *p = &sa.at[i];

		text_add(t, "%s{\"number\":%u", i ? "," : "", (unsigned)p->number);
		add_protocol(t, p->protocol);
		add_hex(t, "spi", p->spi);
		text_add_str(t, ",\"transforms\":[");
		for (size_t k = 0; k < p->n; k++) {
			text_add_str(t, k ? "," : "");
			add_transform(t, &sa.transforms[p->first + k], p->protocol);
		}
		text_add_str(t, "]}");
	}
	text_add_str(t, "]");
	return R_OK;
}

static enum reason dump_id(struct text *t, struct slice body, struct fault *f)
{
	struct ident id;
	enum reason reason = ident_read(body, &id, f);
	char said[512];

	if (reason != R_OK)
		return reason;
	add_number(t, "id_type", id.type);
	add_word(t, "id_type_name", ident_type_word(id.type));
	add_number(t, "protocol", id.protocol);
	add_number(t, "port", id.port);
	add_word(t, "text", ident_text(&id, said, sizeof(said)));
	return R_OK;
}

static enum reason dump_notify(struct text *t, struct slice body, struct fault *f)
{
	struct notify n;
	enum reason reason = notify_read(body, &n, f);

	if (reason != R_OK)
		return reason;
	add_number(t, "doi", n.doi);
	add_protocol(t, n.protocol);
	add_number(t, "notify_type", n.type);
	add_word(t, "notify_name", notify_word(n.type));
	add_hex(t, "spi", n.spi);
	add_hex(t, "notify_data", n.data);
	if ((n.type == NTFY_R_U_THERE || n.type == NTFY_R_U_THERE_ACK) && n.data.n == 4) {
		struct rd r = rd_of(n.data);

		add_number(t, "sequence", rd_u32(&r));
	}
	return R_OK;
}

static enum reason dump_delete(struct text *t, struct slice body, struct fault *f)
{
	struct delete_ d;
	enum reason reason = delete_read(body, &d, f);

	if (reason != R_OK)
		return reason;

	struct rd r = rd_of(d.spis);

	add_number(t, "doi", d.doi);
	add_protocol(t, d.protocol);
	text_add_str(t, ",\"spis\":[");
	for (size_t i = 0; i < d.n; i++) {
		text_add_str(t, i ? ",\"" : "\"");
		text_add_hex(t, rd_slice(&r, d.spi_size));
		text_add_str(t, "\"");
	}
	text_add_str(t, "]");
	return R_OK;
}

static enum reason dump_natoa(struct text *t, struct slice body, struct fault *f)
{
	struct rd r = rd_of(body);
	char text[ADDR_TEXT];
	struct addr a;

	add_number(t, "id_type", rd_u8(&r));
	if (natoa_read(body, &a, f) != R_OK)
		return R_BAD_NATOA;
	add_word(t, "address", addr_text(&a, text));
	return R_OK;
}

static enum reason dump_frag(struct text *t, struct slice body)
{
	struct rd r = rd_of(body);

	add_number(t, "fragment_id", rd_u16(&r));
	add_number(t, "fragment_number", rd_u8(&r));
	text_add(t, ",\"last\":%s", rd_u8(&r) & 1 ? "true" : "false");
	return R_OK;
}

static enum reason dump_first_octet(struct text *t, struct slice body, const char *name)
{
	struct rd r = rd_of(body);

	add_number(t, name, rd_u8(&r));
	return R_OK;
}

/* What we can make of a payload's body. A failure leaves whole members behind, never half. */
static enum reason dump_body(struct text *t, const struct pl *p, struct fault *f)
{
	enum vendor v;

	switch (p->kind) {
	case PL_SA:
		return dump_sa(t, p->body, f);
	case PL_ID:
		return dump_id(t, p->body, f);
	case PL_NTFY:
		return dump_notify(t, p->body, f);
	case PL_DEL:
		return dump_delete(t, p->body, f);
	case PL_NATOA:
	case PL_NATOA_D:
		return dump_natoa(t, p->body, f);
	case PL_FRAG:
		return dump_frag(t, p->body);
	case PL_CERT:
	case PL_CR:
		return dump_first_octet(t, p->body, "encoding");
	case PL_ATTR:
		return dump_first_octet(t, p->body, "attributes_type");
	case PL_VID:
		v = vendor_find(p->body);
		if (v != VENDOR_COUNT)
			add_word(t, "vendor", vendor_word(v));
		return R_OK;
	default:
		return R_OK;
	}
}

static enum reason dump_one(struct text *t, const struct pl *p, struct fault *f)
{
	text_add(t, "{\"type\":%u", (unsigned)p->type);
	add_word(t, "name", payload_word(p->type));
	add_number(t, "length", p->whole.n);

	enum reason reason = dump_body(t, p, f);

	if (reason != R_OK)
		add_word(t, "error", f->text);
	add_hex(t, "data", p->body);
	text_add_str(t, "}");
	return reason;
}

void dump_payload(struct text *t, const struct pl *p, uint8_t exchange)
{
	struct fault f = { 0 };

	(void)exchange; /* the same number means the same payload in every exchange of IKEv1 */
	dump_one(t, p, &f);
}

/* dump_chain - "payloads", what was wrong with them, and a Next Payload that points nowhere. */
static void dump_chain(struct text *t, struct slice octets, uint8_t first)
{
	struct fault f = { 0 }, inner = { 0 };
	struct chain c;
	enum reason reason = chain_read(octets, first, &c, &f);

	text_add_str(t, ",\"payloads\":[");
	for (size_t i = 0; i < c.n; i++) {
		struct fault one = { 0 };

		text_add_str(t, i ? "," : "");
		if (dump_one(t, &c.at[i], &one) != R_OK && inner.reason == R_OK)
			inner = one;
	}
	text_add_str(t, "]");
	if (c.last_next)
		add_number(t, "last_next_payload", c.last_next);
	if (reason != R_OK || inner.reason != R_OK)
		add_word(t, "error", reason != R_OK ? f.text : inner.text);
}

/* IKEv2's chain, named but not read. The first encrypted payload hides all that follows. */
static void dump_chain2(struct text *t, struct slice octets, uint8_t first)
{
	static const struct name words[] = {
#define PAYLOAD(code, name, v1, v2, least, rep) { (v2) ? (v2) : -1, name },
#include "core/wire/payload.def"
#undef PAYLOAD
		{ 36, "identification (responder)" },
		{ 39, "authentication" },
		{ 44, "traffic selectors (initiator)" },
		{ 45, "traffic selectors (responder)" },
		{ PAYLOAD2_SK, "encrypted" },
		{ 47, "configuration" },
		{ 48, "EAP" },
		{ PAYLOAD2_SKF, "encrypted fragment" },
		{ 0, NULL },
	};
	struct rd r = rd_of(octets);
	bool is_dark = false;
	size_t n = 0;

	text_add_str(t, ",\"payloads\":[");
	for (uint8_t type = first; type && !is_dark && !r.torn; n++) {
		uint8_t next = rd_u8(&r);

		rd_u8(&r);
		size_t len = rd_u16(&r);
		struct slice body = rd_slice(&r, len < 4 ? SIZE_MAX : len - 4);

		if (r.torn)
			break;
		text_add(t, "%s{\"type\":%u", n ? "," : "", (unsigned)type);
		add_word(t, "name", name_of(words, type));
		add_number(t, "length", len);
		add_hex(t, "data", body);
		text_add_str(t, "}");
		is_dark = type == PAYLOAD2_SK || type == PAYLOAD2_SKF;
		type = next;
	}
	text_add_str(t, is_dark ? "],\"encrypted\":true" : "]");
	if (r.torn)
		add_word(t, "error", "the payload chain goes beyond the message");
}

static void add_flags(struct text *t, const struct header *h)
{
	static const struct name bits1[] = {
		{ FLAG_ENCRYPTED, "encrypted" },
		{ FLAG_COMMIT, "commit" },
		{ FLAG_AUTH_ONLY, "authentication only" },
		{ 0, NULL },
	};
	static const struct name bits2[] = {
		{ FLAGS2_INITIATOR, "initiator" },
		{ 0x10, "version" },
		{ FLAGS2_RESPONSE, "response" },
		{ 0, NULL },
	};
	const struct name *b = h->version >> 4 == 2 ? bits2 : bits1;
	const char *comma = "";

	add_number(t, "flags", h->flags);
	text_add_str(t, ",\"flag_names\":[");
	for (; b->word; b++) {
		if (!(h->flags & b->value))
			continue;
		text_add(t, "%s\"%s\"", comma, b->word);
		comma = ",";
	}
	text_add_str(t, "]");
}

static void add_header(struct text *t, const struct header *h)
{
	text_add_str(t, "\"initiator_spi\":\"");
	text_add_hex(t, slice(h->cky_i, COOKIE_SIZE));
	text_add_str(t, "\"");
	add_hex(t, "responder_spi", slice(h->cky_r, COOKIE_SIZE));
	text_add(t, ",\"version\":\"%u.%u\"", h->version >> 4u, h->version & 15u);
	add_number(t, "exchange_type", h->exchange);
	add_word(t, "exchange", exchange_word(h->exchange));
	add_flags(t, h);
	text_add(t, ",\"message_id\":\"%08x\"", (unsigned)h->message_id);
	add_number(t, "next_payload", h->next);
	add_number(t, "length", h->length);
}

void dump_message(struct text *t, struct slice datagram, struct slice clear)
{
	struct fault f = { 0 };
	struct header h;

	text_add_str(t, "{");
	if (header_read(datagram, &h, &f) != R_OK) {
		text_add_str(t, "\"error\":");
		text_add_json(t, f.text, slice_str(f.text).n);
		text_add_str(t, "}");
		return;
	}

	struct rd r = rd_of(datagram);

	rd_take(&r, HEADER_SIZE);
	struct slice body = rd_slice(&r, h.length - HEADER_SIZE);

	add_header(t, &h);
	if (rd_left(&r) > 0)
		add_number(t, "octets_behind", rd_left(&r));
	if (h.version >> 4 == 2) {
		dump_chain2(t, body, h.next);
	} else if (h.version >> 4 != 1) {
		add_word(t, "error", "this IKE version is not spoken here");
	} else if (h.flags & FLAG_ENCRYPTED) {
		text_add_str(t, ",\"encrypted\":true");
		if (clear.n > 0)
			dump_chain(t, clear, h.next);
	} else {
		dump_chain(t, body, h.next);
	}
	text_add_str(t, "}");
}

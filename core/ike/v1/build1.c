/* build1.c - putting an IKEv1 message together and sending it
 *
 * Payloads go in with their bodies; lengths, types, padding, hashes and encryption are put right
 * here. An informational exchange (RFC 2409 section 5.7) is a message of its own with a message
 * id and an IV of its own; nobody answers it.
 *
 * Called by the files of this room. Thread: loop. Owns: nothing.
 */
#include "core/ike/v1/build1.h"

#include <string.h>

#include "core/base/rng.h"
#include "core/crypto/dh.h"
#include "core/ike/exchange.h"
#include "core/ike/natt.h"
#include "core/ike/v1/crypt1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/within.h"
#include "core/wire/life1.h"
#include "core/wire/notify.h"
#include "core/wire/sa1.h"

static struct header header_of(const struct ike_sa *sa, uint8_t exchange, uint32_t mid)
{
	struct header h = { .version = VERSION_1, .exchange = exchange, .message_id = mid };

	memcpy(h.cky_i, sa->cky.i, sizeof(h.cky_i));
	memcpy(h.cky_r, sa->cky.r, sizeof(h.cky_r));
	return h;
}

void build1_start(struct build *b, const struct ike_sa *sa, uint8_t exchange, bool encrypted)
{
	struct header h = header_of(sa, exchange, 0);

	h.flags = encrypted ? FLAG_ENCRYPTED : 0;
	b->message_id = 0;
	b->hash_at = b->hash_n = 0;
	writer_start(&b->w, b->at, sizeof(b->at), &h);
}

void build1_start2(struct build *b, const struct ike_sa *sa, uint8_t exchange, uint32_t mid)
{
	struct header h = header_of(sa, exchange, mid);

	h.flags = FLAG_ENCRYPTED;
	b->message_id = mid;
	writer_start(&b->w, b->at, sizeof(b->at), &h);
	wr_zeros(writer_payload(&b->w, PL_HASH), own1_of(sa)->keys.n);
	b->hash_n = own1_of(sa)->keys.n;
	b->hash_at = writer_at(&b->w) - b->hash_n;
}

void build1_put(struct build *b, enum payload kind, struct slice body)
{
	wr_slice(writer_payload(&b->w, kind), body);
}

struct slice build1_rest(struct build *b)
{
	return writer_chain(&b->w, b->hash_at + b->hash_n);
}

void build1_hash(struct build *b, const uint8_t *digest)
{
	for (size_t i = 0; i < b->hash_n; i++)
		wr_patch_u8(&b->w.wr, b->hash_at + i, digest[i]);
}

void build1_key(struct build *b, const struct exchange *x)
{
	if (x->key)
		build1_put(b, PL_KE, dh_public(x->key));
}

enum reason build1_natd(struct build *b, const struct ike_sa *sa, struct fault *f)
{
	uint8_t remote[DIGEST_MAX], local[DIGEST_MAX];
	size_t n;

	if (!sa->natt_able)
		return R_OK;
	if (natt_ours(sa, remote, local, &n) != R_OK)
		return fail(f, R_CRYPTO, "the NAT discovery hashes could not be computed");
	build1_put(b, natt_payload(sa), slice(remote, n));
	build1_put(b, natt_payload(sa), slice(local, n));
	return R_OK;
}

void build1_lifetimes(struct build *b, unsigned protocol, struct slice spi, uint32_t seconds,
		      uint32_t kilobytes)
{
	const struct life1 life = { .seconds = seconds, .kilobytes = kilobytes };
	uint8_t data[32];
	struct wr w = wr_of(data, sizeof(data));
	struct notify n = { .doi = SA1_DOI_IPSEC,
			    .protocol = (uint8_t)protocol,
			    .type = NTFY_RESPONDER_LIFETIME,
			    .spi = spi };

	if (!seconds && !kilobytes)
		return;
	life1_write(&w, &life);
	n.data = wr_done(&w);
	notify_write(writer_payload(&b->w, PL_NTFY), &n);
}

enum reason build1_send(struct build *b, struct exchange *x, uint8_t *iv, bool wait,
			struct fault *f)
{
	struct slice whole =
		iv ? crypt1_seal(&own1_of(x->sa)->keys, iv, b->at, &b->w) : writer_done(&b->w, 0);

	if (whole.n == 0)
		return fail(f, R_INTERNAL, "a message does not fit into %d octets", MESSAGE_MAX);
	return resend_send(x, whole, wait, f);
}

bool build1_inform(struct ike_sa *sa, enum payload kind, struct slice body)
{
	struct own1 *o = own1_of(sa);
	uint8_t iv[BLOCK_MAX], digest[DIGEST_MAX];
	struct build b;
	uint32_t mid;

	if (!o->keyed || mids_new(sa, &mid, NULL) != R_OK ||
	    keys1_iv(&o->keys, o->iv, mid, iv) != R_OK)
		return false;
	build1_start2(&b, sa, XCHG_INFO, mid);
	build1_put(&b, kind, body);
	if (keys1_hash_1(&o->keys, mid, build1_rest(&b), digest) != R_OK)
		return false;
	build1_hash(&b, digest);
	struct slice whole = crypt1_seal(&o->keys, iv, b.at, &b.w);
	if (whole.n == 0)
		return false;

	struct packet p = {
		.local = sa->local, .remote = sa->remote, .natt = sa->natt, .octets = whole
	};
	sa_send(sa, &p);
	return true;
}

bool build1_notify(struct ike_sa *sa, const struct notify *n)
{
	uint8_t body[256];
	struct wr w = wr_of(body, sizeof(body));

	notify_write(&w, n);
	sa->e->counters.notifies_out++;
	sa->tally.notifies_out++;
	return !w.torn && build1_inform(sa, PL_NTFY, wr_done(&w));
}

void build1_refuse(struct engine *e, const struct packet *p, const struct header *h, unsigned type)
{
	struct header answer = { .version = VERSION_1, .exchange = XCHG_INFO };
	struct notify n = { .doi = SA1_DOI_IPSEC,
			    .protocol = PROTO_ISAKMP,
			    .type = (uint16_t)type };
	uint8_t at[HEADER_SIZE + 64];
	struct writer w;

	if (type == 0 || !calm_may(&e->calm, e->ports.rng, &p->remote, e->now))
		return;
	memcpy(answer.cky_i, h->cky_i, sizeof(answer.cky_i));
	memcpy(answer.cky_r, h->cky_r, sizeof(answer.cky_r));
	answer.message_id = rng_u32(e->ports.rng) | 1;
	writer_start(&w, at, sizeof(at), &answer);
	notify_write(writer_payload(&w, PL_NTFY), &n);

	struct packet out = { .local = p->local, .remote = p->remote, .natt = p->natt };
	out.octets = writer_done(&w, 0);
	e->counters.notifies_out++;
	engine_send(e, &out);
}

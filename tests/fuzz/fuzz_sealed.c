/* fuzz_sealed.c - messages of a peer that has the keys and means no good
 *
 * The input is a payload chain; it is hashed and encrypted as it has to be and sent over the IKE SA
 * of an established duet: as first or third message of quick mode, as an informational, as the
 * answer to a quick mode of ours, or as the last messages of main mode.
 */
#include "tests/fuzz/fuzz.h"

#include "core/ike/sa.h"
#include "core/ike/v1/crypt1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/quick1.h"
#include "core/ike/v1/steps1.h"
#include "core/ike/within.h"
#include "tests/duet/duet.h"

enum { KIND_QUICK, KIND_INFORM, KIND_ANSWER, KIND_MAIN, KIND_ODD, KINDS };
enum { INPUTS_A_DUET = 100, OCTETS_MOST = 4096 };

static struct duet *play;
static unsigned inputs, mids;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static struct ike_sa *sa_of(struct duet *d, enum side who)
{
	struct engine *e = d->side[who].engine;

	return list_is_empty(&e->sas) ? NULL : owner_of(list_first(&e->sas), struct ike_sa, link);
}

/* Octets of a payload chain sealed with this SA's keys and injected as from the peer. */
struct sealing {
	enum side to;
	uint8_t exchange;
	uint32_t message_id;
	const uint8_t *iv;
	uint8_t first; /* type of the first payload when there is no HASH of ours */
	bool hashed;
	const struct bytes *ni_b; /* HASH(2) instead of HASH(1) */
};

static void deliver(struct duet *d, const struct sealing *s, struct slice chain)
{
	struct ike_sa *sa = sa_of(d, s->to);
	uint8_t at[OCTETS_MOST + 256], digest[DIGEST_MAX], iv[BLOCK_MAX];
	const struct keys1 *k = &own1_of(sa)->keys;
	struct header h = { .next = s->hashed ? payload_v1(PL_HASH) : s->first,
			    .version = VERSION_1,
			    .exchange = s->exchange,
			    .flags = FLAG_ENCRYPTED,
			    .message_id = s->message_id };
	struct writer w;

	memcpy(h.cky_i, sa->cky.i, COOKIE_SIZE);
	memcpy(h.cky_r, sa->cky.r, COOKIE_SIZE);
	memcpy(iv, s->iv, BLOCK_MAX);
	writer_start(&w, at, sizeof(at), &h);
	if (s->hashed) {
		if (s->ni_b)
			keys1_hash_2(k, h.message_id, slice_of(s->ni_b), chain, digest);
		else
			keys1_hash_1(k, h.message_id, chain, digest);
		wr_u8(&w.wr, s->first);
		wr_u8(&w.wr, 0);
		wr_u16(&w.wr, (uint16_t)(4 + k->n));
		wr_slice(&w.wr, slice(digest, k->n));
	}
	wr_slice(&w.wr, chain);
	if (!s->hashed || w.wr.torn == false)
		wr_patch_u8(&w.wr, 16, h.next);
	struct slice whole = crypt1_seal(k, iv, at, &w);
	struct packet p = { .local = addr_with_port(d->side[s->to].addr, 500),
			    .remote = addr_with_port(d->side[!s->to].addr, 500),
			    .octets = whole };
	if (whole.n)
		engine_packet(d->side[s->to].engine, d->now, &p);
	duet_settle(d);
}

static void phase2(struct duet *d, enum side to, uint8_t exchange, uint8_t first,
		   struct slice chain)
{
	struct ike_sa *sa = sa_of(d, to);
	uint8_t iv[BLOCK_MAX] = { 0 };
	struct sealing s = { .to = to,
			     .exchange = exchange,
			     .message_id = ++mids * 2654435761u | 1,
			     .iv = iv,
			     .first = first,
			     .hashed = true };

	if (!sa || !own1_of(sa)->keyed)
		return;
	keys1_iv(&own1_of(sa)->keys, own1_of(sa)->iv, s.message_id, iv);
	deliver(d, &s, chain);
}

/* We asked; the peer answers with this chain behind a good HASH(2). */
static void answer(struct duet *d, uint8_t first, struct slice chain)
{
	struct ike_sa *sa = sa_of(d, A);
	struct fault f = { 0 };
	uint64_t id;

	line_mute(d, A_TO_B, 1000);
	if (!sa || duet_try(d, A, "t2", &id, &f) != R_OK)
		return;
	duet_run_ms(d, 10);
	if (!(sa = sa_of(d, A)))
		return;
	list_each (i, &sa->exchanges) {
		struct exchange *x = owner_of(i, struct exchange, link);
		struct quick1 *q = x->own;

		if (x->type != XCHG_QUICK || x->state != QM_SENT || !q)
			continue;
		struct sealing s = { .to = A,
				     .exchange = XCHG_QUICK,
				     .message_id = x->message_id,
				     .iv = q->iv,
				     .first = first,
				     .hashed = true,
				     .ni_b = q->ni_b };
		deliver(d, &s, chain);
		break;
	}
	duet_run_ms(d, 3000);
}

/* Identities and proofs of main mode from somebody with the same secret. */
static void main_mode(uint8_t first, struct slice chain, unsigned how)
{
	own(duet) d = duet_new("");
	enum side to = how & 1 ? A : B;
	unsigned stop = to == B ? 4 : 5;

	d->line.latency = 1;
	d->side[A].hold = d->side[B].hold = true; /* no key pairs for later: quicker */
	duet_initiate(d, A, "t1");
	for (unsigned i = 0; i < 100 && d->line.sent[A] + d->line.sent[B] < stop; i++)
		duet_run_ms(d, 1);
	line_mute(d, (enum way) !to, 1000);
	duet_run_ms(d, 10);
	struct ike_sa *sa = sa_of(d, to);
	if (!sa || !own1_of(sa)->keyed)
		return;
	struct sealing s = {
		.to = to, .exchange = XCHG_MAIN, .iv = own1_of(sa)->iv, .first = first
	};
	deliver(d, &s, chain);
	duet_run_ms(d, 3000);
}

static struct duet *established(void)
{
	if (play && ++inputs < INPUTS_A_DUET && sa_of(play, A) && sa_of(play, B))
		return play;
	duet_free(play);
	inputs = mids = 0;
	play = duet_new("tunnels 2");
	play->line.latency = 1;
	play->side[A].hold = play->side[B].hold = true;
	duet_initiate(play, A, "t1");
	duet_run_s(play, 1);
	MUST(duet_is_up(play));
	return play;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t n)
{
	struct rd r = rd_of(slice(at, n));
	unsigned kind = rd_u8(&r), first = rd_u8(&r);
	struct slice chain = rd_rest(&r);
	enum side to = kind & 0x80 ? A : B;

	if (r.torn || chain.n > OCTETS_MOST)
		return 0;
	if ((kind & 0x7f) % KINDS == KIND_MAIN) {
		main_mode((uint8_t)first, chain, kind >> 7);
		return 0;
	}
	struct duet *d = established();

	switch ((kind & 0x7f) % KINDS) {
	case KIND_QUICK:
		phase2(d, to, XCHG_QUICK, (uint8_t)first, chain);
		break;
	case KIND_INFORM:
		phase2(d, to, XCHG_INFO, (uint8_t)first, chain);
		break;
	case KIND_ANSWER:
		answer(d, (uint8_t)first, chain);
		break;
	default:
		phase2(d, to, (uint8_t)(kind & 0x7f), (uint8_t)first, chain);
		break;
	}
	duet_run_ms(d, 100);
	return 0;
}

/* quick1.c - quick mode, what both ends share: arrival, hashes, keys, failure (RFC 2409 5.5)
 *
 *	initiator                                   responder
 *	HASH(1), SA, Ni, [KE,] IDci, IDcr   -->
 *	                                    <--     HASH(2), SA, Nr, [KE,] IDci, IDcr
 *	HASH(3)                             -->
 *
 * Every message is proven by its HASH before anything else is looked at, and only then the IV
 * chain of this message id moves. A message seen before is answered from memory.
 *
 * Called by v1.c. Thread: loop. Owns: struct quick1 of each exchange.
 */
#include "core/ike/v1/quick1.h"

#include <stdlib.h>
#include <string.h>

#include "core/ike/child.h"
#include "core/ike/trace.h"
#include "core/ike/v1/ask1.h"
#include "core/ike/v1/build1.h"
#include "core/ike/v1/hold1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/phase2.h"
#include "core/ike/v1/read1.h"
#include "core/ike/v1/steps1.h"
#include "core/ike/within.h"
#include "core/model/proposal.h"
#include "core/wire/notify.h"

static void own_free(void *own)
{
	struct quick1 *q = own;

	if (!q)
		return;
	timer_stop(&q->e->timers, &q->proof);
	bytes_free(q->ni_b);
	bytes_free(q->nr_b);
	bytes_free(q->idci);
	bytes_free(q->idcr);
	bytes_free(q->offer_body);
	free(q->asked);
	free(q);
}

struct exchange *quick1_new(struct ike_sa *sa, enum sa_role role, uint32_t mid, struct fault *f)
{
	struct exchange *x = exchange_new(sa, XCHG_QUICK, role, quick_steps, QM_UP);
	struct quick1 *q = calloc(1, sizeof(*q));

	if (!x || !q || keys1_iv(&own1_of(sa)->keys, own1_of(sa)->iv, mid, q->iv) != R_OK) {
		free(q);
		exchange_free(x);
		fail(f, R_NO_MEMORY, "no memory for a quick mode");
		return NULL;
	}
	q->e = sa->e;
	q->x = x;
	x->message_id = mid;
	x->own = q;
	x->own_free = own_free;
	sa->tally.quick_modes_out += role == ROLE_INITIATOR;
	return x;
}

void quick1_take(struct child *c, const struct esp_choice *choice)
{
	record_ref(&choice->proposal->r);
	c->proposal = choice->proposal;
	c->suite = choice->suite;
	c->pfs = choice->pfs;
	c->transport = choice->transport;
	c->lifetime_s = choice->lifetime_s;
	c->lifetime_kb = choice->lifetime_kb;
	c->spi_out = choice->spi;
}

void quick1_lifetimes(struct exchange *x, const struct chain *in)
{
	struct child *c = x->child;

	if (read1_lifetimes(in, PROTO_ESP, &c->lifetime_s, &c->lifetime_kb))
		trace_step(x->e, x->negotiation, '<', "the peer's lifetime is shorter: %u s, %u KB",
			   (unsigned)c->lifetime_s, (unsigned)c->lifetime_kb);
}

/* KEYMAT of one direction; both ends name it by the SPI of the end that receives. */
enum reason quick1_keymat(struct exchange *x, uint32_t spi, struct bytes **ret, struct fault *f)
{
	struct quick1 *q = x->own;
	struct keymat1 about = {
		.g_qm_xy = slice_of(x->secret),
		.ni_b = slice_of(q->ni_b),
		.nr_b = slice_of(q->nr_b),
		.protocol = PROTO_ESP,
		.spi = spi,
	};
	own(bytes) k = bytes_new(esp_suite_key_octets(&x->child->suite));

	if (!k || keys1_keymat(&own1_of(x->sa)->keys, &about, k->at, k->n) != R_OK)
		return fail(f, R_CRYPTO, "the keys of the IPsec SA could not be derived");
	*ret = give(k);
	return R_OK;
}

/* --- failure --- */

static void tell_peer(struct exchange *x, const struct fault *f)
{
	struct child *c = x->child;
	int type = reason_notify1(f->reason);
	uint8_t spi[4];
	struct wr w = wr_of(spi, sizeof(spi));
	struct notify n = { .doi = SA1_DOI_IPSEC, .protocol = PROTO_ESP, .type = (uint16_t)type };

	if (c && (c->in_installed || c->out_installed)) {
		info1_child_gone(x->sa, c);
		return;
	}
	if (type == 0)
		return;
	wr_u32(&w, c ? c->spi_out : 0);
	n.spi = c && c->spi_out ? wr_done(&w) : slice(NULL, 0);
	build1_notify(x->sa, &n);
}

/* Silence and what gave way to another are no refusals. */
static void tally_refusal(struct exchange *x, enum story_side side, const struct fault *f)
{
	if (f->reason == R_NO_ANSWER || f->reason == R_TIMED_OUT || f->reason == R_REPLACED)
		return;
	if (x->role == ROLE_RESPONDER && side == SIDE_LOCAL)
		x->sa->tally.quick_modes_in_refused++;
}

void quick1_fail(struct exchange *x, enum story_side side, const struct fault *f)
{
	const struct fault *asked = ask_quick1_verdict(x);
	struct fault kept = asked ? *asked : *f;
	struct child *c = x->child;

	if (asked) /* whatever became of a question, the refusal before it is what counts */
		side = SIDE_REMOTE;
	if (c)
		rival_child_overtaken(c, &kept);
	tally_refusal(x, side, &kept);
	if (ask_quick1_is_asked(x))
		trace_asked(x->e, x->negotiation, side, &kept);
	else
		trace_fail(x->e, x->negotiation, side, &kept);
	if (side == SIDE_LOCAL)
		tell_peer(x, &kept);
	x->child = NULL;
	exchange_free(x);
	if (c)
		child_fail(c, &kept);
}

/* --- arrival --- */

/* Which HASH this message must carry, by where the exchange stands. */
static enum reason expected(const struct exchange *x, const struct opened *o, uint32_t mid,
			    uint8_t *ret)
{
	const struct keys1 *k = &own1_of(x->sa)->keys;
	const struct quick1 *q = x->own;
	struct slice rest = read1_rest(&o->chain);

	if (x->role == ROLE_INITIATOR)
		return keys1_hash_2(k, mid, slice_of(q->ni_b), rest, ret);
	if (x->state == QM_START)
		return keys1_hash_1(k, mid, rest, ret);
	return keys1_hash_3(k, mid, slice_of(q->ni_b), slice_of(q->nr_b), ret);
}

static enum reason open_and_prove(struct exchange *x, const struct packet *p,
				  const struct header *h, struct opened *o, struct fault *f)
{
	struct quick1 *q = x->own;
	const struct keys1 *k = &own1_of(x->sa)->keys;
	uint8_t want[DIGEST_MAX];

	if (read1_hashed(k, q->iv, p, h, o, f) != R_OK)
		return f->reason;
	if (expected(x, o, h->message_id, want) != R_OK ||
	    !slice_equal_secret(o->chain.at[0].body, slice(want, k->n)))
		return fail(f, R_BAD_HASH, "the hash of a quick mode does not verify");
	if (read1_end(x->e, &o->chain, f) != R_OK)
		return f->reason;
	memcpy(q->iv, o->iv, sizeof(q->iv));
	return R_OK;
}

static bool is_proven_first(const struct exchange *x, const struct packet *p,
			    const struct header *h)
{
	const struct own1 *o = own1_of(x->sa);
	uint8_t iv[BLOCK_MAX], want[DIGEST_MAX];
	struct opened in = { 0 };
	struct fault f;
	bool good = keys1_iv(&o->keys, o->iv, h->message_id, iv) == R_OK &&
		    read1_hashed(&o->keys, iv, p, h, &in, &f) == R_OK &&
		    keys1_hash_1(&o->keys, h->message_id, read1_rest(&in.chain), want) == R_OK &&
		    slice_equal_secret(in.chain.at[0].body, slice(want, o->keys.n));

	bytes_free(in.clear);
	return good;
}

/* What came instead of an answer is the peer's own first message: both ends drew one message id at one
 * moment, which RFC 2408 section 3.1 leaves to chance. Ours, sent back by anybody, would prove as well. */
static bool is_rival(const struct exchange *x, const struct packet *p, const struct header *h)
{
	return x->steps == quick_steps && x->role == ROLE_INITIATOR && x->state == QM_SENT &&
	       !slice_equal(p->octets, slice_of(x->resend.sent)) && is_proven_first(x, p, h);
}

static void deliver(struct exchange *x, const struct packet *p, const struct header *h);

/* The id stays with the initiator of the IKE SA, which both know. The other end draws again and answers. */
static void share_id(struct exchange *x, const struct packet *p, const struct header *h)
{
	struct ike_sa *sa = x->sa;
	struct quick1 *q = x->own;
	struct fault f = { 0 };
	uint32_t mid;

	if (sa->role == ROLE_INITIATOR) {
		x->e->counters.dropped_unexpected++;
		return;
	}
	if (mids_new(sa, &mid, &f) != R_OK ||
	    keys1_iv(&own1_of(sa)->keys, own1_of(sa)->iv, mid, q->iv) != R_OK)
		return;
	x->message_id = mid;
	trace_step(x->e, x->negotiation, '<',
		   "the peer began with the same message id: beginning again with another");
	if (qm_propose(x, NULL, &f) != R_OK) {
		quick1_fail(x, SIDE_LOCAL, &f);
		return;
	}
	x = quick1_new(sa, ROLE_RESPONDER, h->message_id, NULL);
	if (x)
		deliver(x, p, h);
}

/* Proven or not: what comes of one message in one exchange. */
static void deliver(struct exchange *x, const struct packet *p, const struct header *h)
{
	struct fault f = { 0 };
	struct opened o;
	struct msg in = { .packet = p, .header = h, .chain = &o.chain };

	if (open_and_prove(x, p, h, &o, &f) != R_OK) {
		bytes_free(o.clear);
		if (is_rival(x, p, h)) {
			share_id(x, p, h);
			return;
		}
		x->e->counters.dropped_unauthenticated++;
		if (x->state == QM_START) /* nothing was proven: nothing came of it */
			exchange_free(x);
		return;
	}
	if (x->state == QM_START)
		mids_add(&own1_of(x->sa)->mids, h->message_id, NULL);
	sa_heard(x->sa);
	x->sa->unconfirmed = false;
	if (exchange_run(x, EV_MSG, &in, &f) != R_OK)
		quick1_fail(x, SIDE_LOCAL, &f);
	else if (ask_quick1_verdict(x))
		quick1_fail(x, SIDE_REMOTE, &f);
	else
		resend_answering(x, p->octets);
	bytes_free(o.clear);
}

void quick1_packet(struct ike_sa *sa, const struct packet *p, const struct header *h)
{
	struct exchange *x = exchange_find(sa, XCHG_QUICK, h->message_id);

	if (x) {
		if (resend_seen(x, p->octets))
			return;
		if (x->summing) {
			hold1_keep(x, p);
			return;
		}
		if (exchange_is_done(x)) {
			sa->e->counters.dropped_replayed++;
			return;
		}
		deliver(x, p, h);
		return;
	}
	if (h->message_id == 0 || mids_has(&own1_of(sa)->mids, h->message_id)) {
		sa->e->counters.dropped_replayed++;
		return;
	}
	x = quick1_new(sa, ROLE_RESPONDER, h->message_id, NULL);
	if (x)
		deliver(x, p, h);
}

void quick1_sum(struct exchange *x, enum xevent on)
{
	struct fault f = { 0 };

	if (exchange_run(x, on, NULL, &f) != R_OK)
		quick1_fail(x, SIDE_LOCAL, &f);
	else
		hold1_replay(x);
}

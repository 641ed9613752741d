/* ask_quick1.c - asking a peer that refused our quick mode what it would have taken
 *
 * More quick modes over the same IKE SA (RFC 2409 section 5.5), each with a message id of its own, until
 * one is answered or there is nothing left to ask. After NO-PROPOSAL-CHOSEN: neighbours of our
 * transforms with our PFS group (nearby.h), then ours with each other group, since one public value
 * goes with one group. After a refusal of the selectors: all traffic, of which the peer may answer
 * with its own part, and ours in the other mode. The answer is read, the peer is told that nothing
 * comes of it, and no third message is ever sent, so nothing is installed at either end.
 *
 * Called by info1.c, quick1.c, and through the step table. Thread: loop. Owns: struct asked.
 */
#include <stdlib.h>
#include <string.h>

#include "core/ike/child.h"
#include "core/ike/heard.h"
#include "core/ike/nearby.h"
#include "core/ike/sums.h"
#include "core/ike/v1/ask1.h"
#include "core/ike/v1/build1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/quick1.h"
#include "core/ike/v1/read1.h"
#include "core/ike/v1/steps1.h"
#include "core/ike/within.h"
#include "core/model/tunnel.h"
#include "core/wire/notify.h"

enum { ASK_MS = 5000, OFFER_MAX = 4096 };

enum subject { ASK_NEIGHBOURS, ASK_GROUP, ASK_ALL_TRAFFIC, ASK_OTHER_MODE };

/* One question. */
struct question {
	enum subject about;
	enum group group;
};

struct asked {
	struct fault verdict;
	unsigned round;
	struct question now;
};

const struct fault *ask_quick1_verdict(const struct exchange *x)
{
	return x->type == XCHG_QUICK && x->steps == ask_quick_steps
		       ? &((struct quick1 *)x->own)->asked->verdict
		       : NULL;
}

/* --- what to ask --- */

static enum group our_group(const struct exchange *x)
{
	const struct ipsec_proposal *list[SELECT_MOST];
	struct esp_offer offer;
	struct sa1 sa;

	quick1_offer(x, list, &offer);
	select_esp_write(&offer, &sa);
	return sa.transforms_n ? alg_group_of_number(sa.transforms[0].a.group) : GROUP_NONE;
}

/* The nth of the others: none, then that of the IKE SA, then the register's order. */
static bool other_group(const struct exchange *x, unsigned nth, enum group *ret)
{
	enum group ours = our_group(x), ike = x->sa->suite.group;

	if (ours != GROUP_NONE && nth-- == 0) {
		*ret = GROUP_NONE;
		return true;
	}
	if (ours != ike && nth-- == 0) {
		*ret = ike;
		return true;
	}
	for (int g = 1; g < GROUP_COUNT; g++) {
		if (g != (int)ours && g != (int)ike && nth-- == 0) {
			*ret = (enum group)g;
			return true;
		}
	}
	return false;
}

static bool plan(const struct exchange *x, enum reason why, unsigned round, struct question *ret)
{
	bool transport = x->child->tunnel->mode == TUNNEL_TRANSPORT;

	ret->group = our_group(x);
	if (why != R_NO_PROPOSAL) {
		/* hosts are what they are: there the mode is more likely than the traffic */
		ret->about = (round == 0) == transport ? ASK_OTHER_MODE : ASK_ALL_TRAFFIC;
		return round < 2;
	}
	ret->about = round == 0 ? ASK_NEIGHBOURS : ASK_GROUP;
	return round == 0 || other_group(x, round - 1, &ret->group);
}

/* --- asking --- */

static struct exchange *question_new(struct exchange *x, const struct asked *a)
{
	struct exchange *y;
	struct quick1 *q;
	uint32_t mid;

	if (mids_new(x->sa, &mid, NULL) != R_OK ||
	    !(y = quick1_new(x->sa, ROLE_INITIATOR, mid, NULL)))
		return NULL;
	q = y->own;
	q->asked = malloc(sizeof(*q->asked));
	if (!q->asked) {
		exchange_free(y);
		return NULL;
	}
	*q->asked = *a;
	y->steps = ask_quick_steps;
	y->negotiation = x->negotiation;
	y->child = x->child;
	return y;
}

/* In the place of x. False: nothing changed. */
static bool ask(struct exchange *x, struct asked a)
{
	struct exchange *y;
	struct fault bad = { 0 };

	if (!plan(x, a.verdict.reason, a.round, &a.now) || !(y = question_new(x, &a)))
		return false;
	x->child = NULL;
	exchange_free(x);
	exchange_hurry(y, ASK_MS);
	if (exchange_run(y, EV_START, NULL, &bad) != R_OK)
		quick1_fail(y, SIDE_LOCAL, &bad);
	return true;
}

bool ask_quick1_begin(struct exchange *x, const struct fault *f)
{
	if (x->role != ROLE_INITIATOR || x->state != QM_SENT || !x->child)
		return false;
	if (f->reason != R_NO_PROPOSAL && f->reason != R_BAD_ID && f->reason != R_NO_TUNNEL)
		return false;
	return ask(x, (struct asked){ .verdict = *f });
}

void ask_quick1_refused(struct exchange *x)
{
	struct asked a = *((struct quick1 *)x->own)->asked;

	a.round++;
	if (!ask(x, a))
		quick1_fail(x, SIDE_REMOTE, &a.verdict);
}

enum reason ask_quick1_key(struct exchange *x, const struct msg *in, struct fault *f)
{
	(void)in;
	return sums_key(x, ((struct quick1 *)x->own)->asked->now.group, f);
}

static uint16_t tunnel_of(uint16_t encap)
{
	switch (encap) {
	case ENCAP_TRANSPORT:
		return ENCAP_TUNNEL;
	case ENCAP_UDP_TRANSPORT:
		return ENCAP_UDP_TUNNEL;
	case ENCAP_UDP_TRANSPORT_DRAFT:
		return ENCAP_UDP_TUNNEL_DRAFT;
	default:
		return encap;
	}
}

static void write_offer(const struct question *now, const struct esp_offer *offer, struct sa1 *ret)
{
	if (now->about == ASK_NEIGHBOURS) {
		nearby_esp(offer, ret);
		return;
	}
	select_esp_write(offer, ret);
	for (size_t i = 0; i < ret->transforms_n; i++) {
		struct attrs1 *a = &ret->transforms[i].a;

		if (now->about == ASK_GROUP)
			a->group = alg_group(now->group)->number;
		else if (now->about == ASK_OTHER_MODE)
			a->encap = nearby_other_mode(a->encap);
		else
			a->encap = tunnel_of(a->encap);
	}
}

static struct selector all_traffic(const struct selector *like)
{
	struct selector s = { 0 };

	selector_read(like->range.low.family == 6 ? "::/0" : "0.0.0.0/0", &s);
	return s;
}

static enum reason put_ids(struct exchange *x, struct build *b, struct fault *f)
{
	struct quick1 *q = x->own;
	struct selector l = x->child->local_ts, r = x->child->remote_ts;

	if (q->asked->now.about == ASK_ALL_TRAFFIC) {
		l = all_traffic(&l);
		r = all_traffic(&r);
	}
	if (quick1_put_id(b, &l, &q->idci, f) != R_OK)
		return f->reason;
	return quick1_put_id(b, &r, &q->idcr, f);
}

enum reason ask_quick1_send(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct quick1 *q = x->own;
	const struct ipsec_proposal *list[SELECT_MOST];
	struct esp_offer offer;
	struct sa1 sa;
	uint8_t at[OFFER_MAX], digest[DIGEST_MAX];
	struct wr w = wr_of(at, sizeof(at));
	struct build b;

	(void)in;
	quick1_offer(x, list, &offer);
	write_offer(&q->asked->now, &offer, &sa);
	sa1_write(&w, &sa);
	if (w.torn || sa.transforms_n == 0 || own1_nonce(x->e, &q->ni_b, NONCE_OCTETS, f) != R_OK)
		return fail(f, R_NO_MEMORY, "there is nothing to ask with");
	memcpy(q->ni_b->at, ASK1_NONCE, sizeof(ASK1_NONCE) - 1);
	build1_start2(&b, x->sa, XCHG_QUICK, x->message_id);
	build1_put(&b, PL_SA, wr_done(&w));
	build1_put(&b, PL_NONCE, slice_of(q->ni_b));
	build1_key(&b, x);
	if (put_ids(x, &b, f) != R_OK)
		return f->reason;
	if (keys1_hash_1(&own1_of(x->sa)->keys, x->message_id, build1_rest(&b), digest) != R_OK)
		return fail(f, R_CRYPTO, "a hash could not be computed");
	build1_hash(&b, digest);
	return build1_send(&b, x, q->iv, true, f);
}

bool ask_quick1_is_asked(const struct exchange *x)
{
	static const size_t n = sizeof(ASK1_NONCE) - 1;
	const struct quick1 *q = x->own;

	return x->role == ROLE_RESPONDER && q->ni_b && q->ni_b->n > n &&
	       slice_equal(slice(q->ni_b->at, n), slice_str(ASK1_NONCE));
}

/* --- the answer --- */

/* What the answer's identities are; those we asked with when it has none. */
static enum reason answered_ids(const struct quick1 *q, const struct chain *c,
				struct selector *ret_l, struct selector *ret_r, struct fault *f)
{
	const struct pl *ci = chain_find(c, PL_ID);
	const struct pl *cr = ci ? chain_next(c, ci) : NULL;
	struct pl l = { .body = slice_of(q->idci) }, r = { .body = slice_of(q->idcr) };

	if (quick1_selector(cr ? ci : &l, ret_l, f) != R_OK)
		return f->reason;
	return quick1_selector(cr ? cr : &r, ret_r, f);
}

/* False: it shows nothing that differs. */
static bool ids_differ(const struct exchange *x, const struct chain *c, struct fault *g)
{
	struct selector l, r;
	char ours[SELECTOR_TEXT], theirs[SELECTOR_TEXT];

	if (answered_ids(x->own, c, &l, &r, g) != R_OK)
		return false;
	heard_answer_flow(x->sa, &l, &r);
	if (!selector_equal(&l, &x->child->local_ts))
		fail_field(g, R_BAD_ID, "local_ts", "it has %s, we %s",
			   selector_text(&l, theirs, sizeof(theirs)),
			   selector_text(&x->child->local_ts, ours, sizeof(ours)));
	else if (!selector_equal(&r, &x->child->remote_ts))
		fail_field(g, R_BAD_ID, "remote_ts", "it has %s, we %s",
			   selector_text(&r, theirs, sizeof(theirs)),
			   selector_text(&x->child->remote_ts, ours, sizeof(ours)));
	else
		return false;
	return true;
}

static bool differs(const struct exchange *x, const struct sa1 *answer, const struct chain *c,
		    struct fault *g)
{
	struct quick1 *q = x->own;
	const struct ipsec_proposal *list[SELECT_MOST];
	struct esp_offer offer;
	struct esp_choice choice;

	if (q->asked->now.about == ASK_ALL_TRAFFIC && ids_differ(x, c, g))
		return true;
	quick1_offer(x, list, &offer);
	return select_esp_answer(answer, &offer, &choice, g) == R_NO_PROPOSAL && *g->field;
}

/* Nothing comes of it: the peer need not wait for our third message. */
static void call_off(struct exchange *x, const struct sa1 *answer)
{
	struct notify n = { .doi = SA1_DOI_IPSEC,
			    .protocol = answer->at[0].protocol,
			    .type = (uint16_t)reason_notify1(R_NO_PROPOSAL),
			    .spi = answer->at[0].spi,
			    .data = slice_str(ASK1_ONLY_ASKED) };

	build1_notify(x->sa, &n);
}

enum reason ask_quick1_hear(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct quick1 *q = x->own;
	struct fault *verdict = &q->asked->verdict, g = { 0 };
	struct sa1 answer;

	if (read1_offer(x, chain_find(in->chain, PL_SA)->body, &answer, f) != R_OK)
		return f->reason;
	resend_stop(x);
	call_off(x, &answer);
	if (!differs(x, &answer, in->chain, &g))
		return R_OK;
	if (q->asked->now.about != ASK_ALL_TRAFFIC)
		heard_answer_esp(x->sa, chain_find(in->chain, PL_SA)->body);
	heard_asked(x->sa,
		    q->asked->now.about == ASK_ALL_TRAFFIC ? "all traffic" : "something else", &g,
		    verdict);
	return R_OK;
}

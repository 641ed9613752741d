/* v1.c - IKEv1 for the engine: framing, duplicates, dispatch
 *
 * Finds what a message belongs to, answers what was seen before from memory, opens what is
 * encrypted, and follows one arrow of a step table. The other exchanges of RFC 2408 are dropped.
 *
 * Called by the engine through struct version. Thread: loop. Owns: nothing.
 */
#include "core/ike/v1/v1.h"

#include <string.h>

#include "core/ike/halfopen.h"
#include "core/ike/names.h"
#include "core/ike/registry.h"
#include "core/ike/trace.h"
#include "core/ike/v1/alive1.h"
#include "core/ike/v1/build1.h"
#include "core/ike/v1/crypt1.h"
#include "core/ike/v1/fail1.h"
#include "core/ike/v1/hold1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/phase1.h"
#include "core/ike/v1/phase2.h"
#include "core/ike/v1/read1.h"
#include "core/ike/v1/steps1.h"
#include "core/ike/within.h"
#include "core/model/peer.h"

/* --- phase 1 --- */

static enum reason read_message(struct exchange *x, const struct packet *p, const struct header *h,
				struct opened *ret, struct fault *f)
{
	struct own1 *o = own1_of(x->sa);
	bool sealed = h->flags & FLAG_ENCRYPTED;

	if (!o->keyed && sealed)
		return fail(f, R_BAD_FLAGS, "an encrypted message before there are keys");
	if (o->keyed && !sealed && !aggr1_takes_clear(x))
		return fail(f, R_BAD_FLAGS, "a message in the clear where an encrypted one is due");
	if (!sealed) {
		/* the last one of aggressive mode: the chain stays where it began */
		memcpy(o->next_iv, o->iv, sizeof(o->next_iv));
		return read1_clear(p, h, &ret->chain, f);
	}
	if (read1_sealed(&o->keys, o->iv, p, h, ret, f) != R_OK)
		return f->reason;
	memcpy(o->next_iv, ret->iv, sizeof(o->next_iv));
	return R_OK;
}

/* A quick mode that overtook the last message of phase 1 goes on now. */
static void go_on_early(struct ike_sa *sa)
{
	struct own1 *o = own1_of(sa);
	own(bytes) octets = give(o->early);
	struct packet p = o->early_packet;
	struct header h;

	if (!octets)
		return;
	p.octets = slice_of(octets);
	if (header_read(p.octets, &h, NULL) == R_OK)
		quick1_packet(sa, &p, &h);
}

/* A last message of aggressive mode is what a secret is computed for. False: not now, or never. */
static bool has_secret(struct exchange *x)
{
	struct fault f = { 0 };

	if (!aggr1_wants_secret(x) || exchange_run(x, EV_SEALED, NULL, &f) == R_OK)
		return true;
	if (f.reason != R_BUSY)
		fail1_refuse(x, &f);
	return false;
}

static void refuse(struct exchange *x, const struct fault *f)
{
	if (!asig1_judges(x))
		fail1_refuse(x, f);
	else if (!asig1_doubts(x, f))
		fail1_end(x, SIDE_LOCAL, f);
}

/* One message of phase 1 for an exchange that waits for it. */
static void deliver(struct exchange *x, const struct packet *p, const struct header *h)
{
	struct opened o = { 0 };
	struct msg in = { .packet = p, .header = h, .chain = &o.chain };
	struct fault f = { 0 };
	struct ike_sa *sa = x->sa;

	if (resend_seen(x, p->octets) || !has_secret(x))
		return;
	if (x->summing) {
		hold1_keep(x, p);
		return;
	}
	if (exchange_is_done(x)) {
		x->e->counters.dropped_unexpected++;
		return;
	}
	psk1_fit(x, p, h);
	if (read_message(x, p, h, &o, &f) != R_OK || read1_end(x->e, &o.chain, &f) != R_OK ||
	    exchange_run(x, EV_MSG, &in, &f) != R_OK) {
		refuse(x, &f);
	} else if (!ask1_over(x)) {
		own1_of(sa)->strikes = own1_of(sa)->refusals = 0;
		resend_answering(x, p->octets);
		if (sa->authenticated)
			go_on_early(sa);
	}
	bytes_free(o.clear);
}

/* The third message: cheap checks first, and the record stays until they were passed. */
static void third_message(struct engine *e, struct halfopen *ho, const struct packet *p,
			  const struct header *h)
{
	struct fault f = { 0 };
	struct exchange *x;
	struct sa_ref ref;

	if (!addr_equal(&ho->remote, &p->remote)) {
		e->counters.dropped_cookie++;
		return;
	}
	x = first1_third(e, ho, p, &f);
	if (!x) {
		e->counters.dropped_busy++;
		return;
	}
	ref = x->sa->ref;
	deliver(x, p, h);

	struct ike_sa *sa = sa_of_ref(e, ref);
	if (sa && (x = exchange_find(sa, XCHG_MAIN, 0)) && x->state == MM_SA_SENT) {
		own1_note(sa, SIDE_LOCAL, &f);
		fail1_silence(x, R_UNEXPECTED);
	} else {
		halfopen_drop(e, ho);
	}
}

static void first_message(struct engine *e, const struct packet *p, const struct header *h)
{
	struct exchange *x;

	if (h->exchange == XCHG_MAIN)
		first1_packet(e, p, h);
	else if ((x = greet1_again(e, p, h)))
		resend_seen(x, p->octets);
	else
		greet1_packet(e, p, h);
}

static void phase1_packet(struct engine *e, const struct packet *p, const struct header *h)
{
	static const uint8_t none[COOKIE_SIZE];
	struct cookies cky;
	struct ike_sa *sa;
	struct halfopen *ho;

	memcpy(cky.i, h->cky_i, sizeof(cky.i));
	memcpy(cky.r, h->cky_r, sizeof(cky.r));
	sa = registry_find(e->registry, &cky);
	if (h->message_id != 0 || memcmp(cky.i, none, sizeof(none)) == 0) {
		e->counters.dropped_malformed++;
	} else if (sa && memcmp(cky.r, none, sizeof(none)) != 0) {
		struct exchange *x = exchange_find(sa, h->exchange, 0);

		if (x && sa->version == &version1)
			deliver(x, p, h);
		else
			e->counters.dropped_unexpected++;
	} else if (sa) {
		e->counters.dropped_replayed++; /* our own first message, sent back */
	} else if (memcmp(cky.r, none, sizeof(none)) == 0) {
		first_message(e, p, h);
	} else if (h->exchange == XCHG_MAIN && (ho = halfopen_find(e, &cky))) {
		third_message(e, ho, p, h);
	} else {
		e->counters.dropped_cookie++;
	}
}

/* --- phase 2 --- */

/* One that comes again shows that the peer is up and its last message was lost. In aggressive mode
 * only our answer, once more, makes it say that again. */
static void keep_early(struct ike_sa *sa, const struct packet *p)
{
	struct own1 *o = own1_of(sa);
	struct exchange *x = own1_exchange(sa);

	if (o->early) {
		if (x && x->type == XCHG_AGGRESSIVE && slice_equal(slice_of(o->early), p->octets))
			resend_nudge(x);
		return;
	}
	o->early = bytes_of(p->octets.at, p->octets.n);
	o->early_packet = *p;
}

static void phase2_packet(struct engine *e, const struct packet *p, const struct header *h)
{
	struct cookies cky;
	struct ike_sa *sa;

	memcpy(cky.i, h->cky_i, sizeof(cky.i));
	memcpy(cky.r, h->cky_r, sizeof(cky.r));
	sa = registry_find(e->registry, &cky);
	if (!sa || sa->version != &version1) {
		e->counters.dropped_cookie++;
		return;
	}
	if (h->exchange == XCHG_INFO)
		info1_packet(sa, p, h);
	else if (sa->authenticated)
		quick1_packet(sa, p, h);
	else
		keep_early(sa, p);
}

static void whole_packet(struct engine *e, const struct packet *p, const struct header *h)
{
	switch (h->exchange) {
	case XCHG_MAIN:
	case XCHG_AGGRESSIVE:
		phase1_packet(e, p, h);
		break;
	case XCHG_QUICK:
	case XCHG_INFO:
		phase2_packet(e, p, h);
		break;
	default:
		e->counters.dropped_unexpected++;
	}
}

static void v1_packet(struct engine *e, const struct packet *p, const struct header *h)
{
	struct packet joined = *p;
	struct header of;

	if (h->next != payload_v1(PL_FRAG)) {
		whole_packet(e, p, h);
		return;
	}
	own(bytes) whole = pieces1_take(e, p, h, &of);
	joined.octets = slice_of(whole);
	if (whole)
		whole_packet(e, &joined, &of);
}

/* --- what the engine asks --- */

static enum reason v1_resolved(struct ike_sa *sa, struct fault *f)
{
	return sa->exchange_mode == MODE_AGGRESSIVE ? aggr1_start(sa, f) : main1_start(sa, f);
}

static enum reason v1_start_ike(struct ike_sa *sa, struct fault *f)
{
	bool aggressive = sa->exchange_mode == MODE_AGGRESSIVE;
	struct trace_start s = {
		.exchange = aggressive ? XCHG_AGGRESSIVE : XCHG_MAIN,
		.role = ROLE_INITIATOR,
		.peer = sa->peer->r.name,
		.tunnel = "",
		.local = sa->local,
		.remote = sa->remote,
		.ike_sa = sa->id,
		.who = sa->who,
	};

	sa->negotiation = trace_begin(sa->e, &s);
	if (own1_begin(sa, f) != R_OK)
		return f->reason;

	enum reason r = sa->remote.family ? v1_resolved(sa, f) : names_ask(sa, f);
	if (r != R_OK)
		trace_fail(sa->e, sa->negotiation, SIDE_LOCAL, f);
	return r;
}

static void v1_sum(struct exchange *x, enum xevent on, const struct fault *bad)
{
	struct fault f = { 0 };

	if (bad && bad->reason != R_OK) {
		if (x->type == XCHG_QUICK)
			quick1_fail(x, SIDE_LOCAL, bad);
		else if (asig1_doubts(x, bad))
			hold1_replay(x);
		else
			fail1_end(x, SIDE_LOCAL, bad);
		return;
	}
	if (x->type == XCHG_QUICK) {
		quick1_sum(x, on);
		return;
	}
	struct sa_ref ref = x->sa->ref;
	struct engine *e = x->e;

	if (exchange_run(x, on, NULL, &f) != R_OK && !asig1_doubts(x, &f)) {
		fail1_end(x, SIDE_LOCAL, &f);
		return;
	}
	hold1_replay(x);
	struct ike_sa *sa = sa_of_ref(e, ref);
	if (sa && sa->authenticated)
		go_on_early(sa);
}

/* Aggressive mode ends with a message nobody answers. When no quick mode over it is answered either,
 * the peer never took it: the SA is worth nothing, and the next attempt begins afresh. */
static void doubt(struct ike_sa *sa, const struct fault *f)
{
	struct sa_end end = { .reason = f->reason,
			      .text = "the peer never showed that it took our proof" };

	if (sa && sa->authenticated && sa->unconfirmed)
		sa_end(sa, &end);
}

static void gone_silent(struct exchange *x, enum reason r)
{
	struct engine *e = x->e;
	struct sa_ref ref = x->sa->ref;
	struct fault f = { 0 };
	char addr[ADDR_TEXT];

	if (x->type != XCHG_QUICK) {
		fail1_silence(x, r);
		return;
	}
	addr_text_port(&x->sa->remote, addr);
	fail(&f, r, "%s did not answer; we stood at: %s", addr, exchange_story(x));
	/* what is installed at this end only must not stay at the other */
	quick1_fail(x, x->role == ROLE_RESPONDER ? SIDE_LOCAL : SIDE_REMOTE, &f);
	doubt(sa_of_ref(e, ref), &f);
}

static void v1_deadline(struct exchange *x)
{
	if (exchange_is_done(x))
		exchange_free(x);
	else
		gone_silent(x, R_TIMED_OUT);
}

static void v1_unanswered(struct exchange *x)
{
	gone_silent(x, R_NO_ANSWER);
}

/* Without our proof the peer does not come up: message five of main mode, the last of aggressive. */
static bool v1_can_drop(const struct ike_sa *sa)
{
	const struct exchange *x = own1_exchange((struct ike_sa *)sa);

	return !x || x->type == XCHG_AGGRESSIVE || x->state < MM_ID_SENT || x->state == MM_SIGNING;
}

const struct version version1 = {
	.major = 1,
	.packet = v1_packet,
	.start_ike = v1_start_ike,
	.resolved = v1_resolved,
	.start_child = quick1_start,
	.sum = v1_sum,
	.deadline = v1_deadline,
	.unanswered = v1_unanswered,
	.can_drop = v1_can_drop,
	.tell_child_gone = info1_child_gone,
	.tell_ike_gone = info1_ike_gone,
	.say_alive = alive1_say,
	.ask_alive = alive1_ask,
	.tell_spi_unknown = alive1_spi_unknown,
	.foreign = ask1_foreign,
	.cipher_key = own1_cipher_key,
	.own_free = own1_free,
};

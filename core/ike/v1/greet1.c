/* greet1.c - aggressive mode's first message: who calls, and may it
 *
 * The caller names itself, so a peer is found by its address or by its name (callers.h). An unknown
 * name is answered in the manners of the peer that would have been the next best, with a hash
 * under a key that nobody has: shape, size and time tell nothing, and nothing can follow. Where
 * no peer may call like this at all, the mode is refused.
 *
 * A first message costs a key pair and an IKE SA, so strangers get few of both (halfopen.h). Our cookie
 * is a keyed hash of the caller, so that the same first message finds its SA again.
 *
 * Called by v1.c.  Thread: loop.  Owns: nothing.
 */
#include <string.h>

#include "core/ike/book.h"
#include "core/ike/callers.h"
#include "core/ike/halfopen.h"
#include "core/ike/registry.h"
#include "core/ike/select.h"
#include "core/ike/v1/build1.h"
#include "core/ike/v1/fail1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/phase1.h"
#include "core/ike/v1/read1.h"
#include "core/ike/v1/steps1.h"
#include "core/ike/v1/tell1.h"
#include "core/ike/v1/v1.h"
#include "core/ike/within.h"
#include "core/model/peer.h"
#include "core/wire/sa1.h"

enum { CALLER_MS = 30000 };

/* What is found out about a first message. */
struct greeting {
	struct peer_run *run; /* who it is; NULL: nobody we know */
	struct peer_run *face; /* then: whose manners it sees */
	struct fault unknown; /* then: why */
	struct chain chain;
	struct sa1 offer;
	struct ike_choice choice;
	bool offer_read;
};

struct exchange *greet1_again(struct engine *e, const struct packet *p, const struct header *h)
{
	for (int before = 0; before < 2; before++) {
		struct cookies cky;

		memcpy(cky.i, h->cky_i, sizeof(cky.i));
		halfopen_cookie(e, p, h->cky_i, before, cky.r);
		struct ike_sa *sa = registry_find(e->registry, &cky);
		struct exchange *x = sa && sa->role == ROLE_RESPONDER
					     ? exchange_find(sa, XCHG_AGGRESSIVE, 0)
					     : NULL;

		if (x)
			return x;
	}
	return NULL;
}

/* --- judging --- */

static enum reason read_greeting(struct engine *e, const struct packet *p, const struct header *h,
				 struct greeting *g, struct fault *f)
{
	if (h->flags & FLAG_ENCRYPTED)
		return fail(f, R_BAD_FLAGS, "a first message cannot be encrypted");
	if (read1_clear(p, h, &g->chain, f) != R_OK || read1_end(e, &g->chain, f) != R_OK)
		return f->reason;
	if (!chain_find(&g->chain, PL_SA) || !chain_find(&g->chain, PL_KE) ||
	    !chain_find(&g->chain, PL_NONCE) || !chain_find(&g->chain, PL_ID))
		return fail(f, R_BAD_PAYLOAD,
			    "a first message of aggressive mode has SA, KE, nonce and identity");
	return R_OK;
}

static enum reason find_caller(struct engine *e, const struct packet *p, struct greeting *g,
			       struct fault *f)
{
	struct caller_ends at = { .local = p->local, .remote = p->remote };

	g->run = callers_find(e, &at, chain_find(&g->chain, PL_ID)->body, &g->face, &g->unknown);
	if (g->run || g->face)
		return R_OK;
	*f = g->unknown;
	return f->reason;
}

static enum reason judge(struct engine *e, const struct packet *p, const struct header *h,
			 struct greeting *g, struct fault *f)
{
	const struct ike_proposal *accepted[SELECT_MOST];
	size_t n;

	if (read_greeting(e, p, h, g, f) != R_OK || find_caller(e, p, g, f) != R_OK)
		return f->reason;
	if (sa1_read(chain_find(&g->chain, PL_SA)->body, &g->offer, f) != R_OK)
		return f->reason;
	g->offer_read = true;
	n = select_ike_accepted(e->config, (g->run ? g->run : g->face)->peer, accepted,
				SELECT_MOST);
	if (g->run)
		heard_ike(g->run, MODE_AGGRESSIVE, chain_find(&g->chain, PL_SA)->body);
	if (select_ike(&g->offer, accepted, n, &g->choice, f) != R_OK)
		return f->reason;
	return halfopen_may_sum(e, &p->remote, true, f);
}

/* --- telling --- */

static void refused(struct engine *e, const struct packet *p, const struct header *h,
		    const struct greeting *g, const struct fault *f)
{
	if (f->reason == R_BUSY)
		return; /* counted where it was refused; a flood makes no stories */
	if (f->reason == R_MALFORMED || f->reason == R_BAD_PAYLOAD || f->reason == R_BAD_KEY)
		e->counters.dropped_malformed++;
	else if (f->reason == R_MODE_REFUSED)
		e->counters.dropped_unexpected++;
	struct call1 call = { .packet = p, .header = h, .about = g->run };
	if (g->offer_read) {
		call.offer = &g->offer;
		call.body = chain_find(&g->chain, PL_SA)->body;
	}
	tell1_refused(e, &call, f);
	build1_refuse(e, p, h, (unsigned)reason_notify1(f->reason));
}

/* The peer with that address is who an unknown name was about, if there is one. */
static struct call1 call_of(const struct greeting *g, const struct msg *in, const struct ike_sa *sa)
{
	return (struct call1){ .packet = in->packet,
			       .header = in->header,
			       .about = g->run           ? g->run
					: g->face->place ? g->face
							 : NULL,
			       .offer = &g->offer,
			       .body = chain_find(&g->chain, PL_SA)->body,
			       .ike_sa = g->run ? sa->id : 0 };
}

/* An unknown name is told when the caller has got an answer like everybody: not before, or the time it
 * takes would tell him too. */
static void tell_unknown(struct exchange *x, const struct greeting *g, const struct msg *in)
{
	struct call1 call = call_of(g, in, x->sa);

	if (g->run)
		return;
	x->e->counters.dropped_no_peer++;
	tell1_failed(x->e, &call, x->negotiation, &g->unknown);
	x->negotiation = 0;
}

/* --- an SA of its own --- */

static enum reason fill(struct ike_sa *sa, const struct greeting *g, const struct packet *p,
			const struct header *h, struct fault *f)
{
	struct own1 *o;

	if (own1_new(sa, f) != R_OK)
		return f->reason;
	o = own1_of(sa);
	o->transform = g->choice.transform;
	o->asked_octets = p->octets.n;
	sa->exchange_mode = MODE_AGGRESSIVE;
	sa->nobody = !g->run;
	sa->natt = p->natt;
	phase1_take_vendors(sa, &g->chain);
	memcpy(sa->cky.i, h->cky_i, sizeof(sa->cky.i));
	halfopen_cookie_new(sa->e, p, &sa->cky);
	if (own1_keep(&o->sai_b, chain_find(&g->chain, PL_SA)->body, f) != R_OK ||
	    !(o->heavy = halfopen_enter(sa, f)))
		return f->reason;
	return sa_register(sa, f);
}

static struct exchange *open_sa(struct engine *e, const struct greeting *g, const struct packet *p,
				const struct header *h, struct fault *f)
{
	const struct peer_run *manners = g->run ? g->run : g->face;
	struct sa_want want = {
		.version = &version1,
		.run = g->run,
		.peer = manners->peer,
		.role = ROLE_RESPONDER,
		.local = p->local,
		.remote = p->remote,
	};
	struct ike_sa *sa = sa_new(e, &want, f);
	struct exchange *x = NULL;

	if (!sa)
		return NULL;
	if (fill(sa, g, p, h, f) == R_OK)
		x = exchange_new(sa, XCHG_AGGRESSIVE, ROLE_RESPONDER,
				 sign1_wanted(sa->peer) ? aggr_sig_steps : aggr_steps, AM_UP);
	if (x) {
		/* as long as a caller in main mode, which costs less */
		exchange_hurry(x, CALLER_MS);
		return x;
	}

	struct sa_end end = { .reason = f->reason == R_OK ? R_NO_MEMORY : f->reason };
	sa_end(sa, &end);
	return NULL;
}

static void tell_beginning(struct exchange *x, const struct greeting *g, const struct msg *in)
{
	struct call1 call = call_of(g, in, x->sa);

	x->negotiation = tell1_call(x->e, &call);
	if (g->run)
		x->sa->negotiation = x->negotiation;
	phase1_take_choice(x->sa, &g->choice);
}

void greet1_packet(struct engine *e, const struct packet *p, const struct header *h)
{
	struct greeting g = { 0 };
	struct fault f = { 0 };
	struct msg in = { .packet = p, .header = h, .chain = &g.chain };
	struct exchange *x;

	if (judge(e, p, h, &g, &f) != R_OK || !(x = open_sa(e, &g, p, h, &f))) {
		refused(e, p, h, &g, &f);
		return;
	}
	tell_beginning(x, &g, &in);
	if (exchange_run(x, EV_MSG, &in, &f) == R_OK) {
		resend_answering(x, p->octets);
		tell_unknown(x, &g, &in);
		return;
	}
	tell_unknown(x, &g, &in);
	if (f.reason == R_MALFORMED || f.reason == R_BAD_PAYLOAD || f.reason == R_BAD_KEY)
		e->counters.dropped_malformed++;
	fail1_end(x, SIDE_LOCAL, &f);
	build1_refuse(e, p, h, (unsigned)reason_notify1(f.reason));
}

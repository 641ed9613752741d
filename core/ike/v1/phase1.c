/* phase1.c - what both modes of phase 1 share
 *
 * Offers and choices, key exchange values and nonces, moving to the NAT-T port, INITIAL-CONTACT, and
 * the moment in which an SA is up. Whose value is whose follows from the role: what this end
 * sends as initiator is g^xi and Ni, what comes in is g^xr and Nr; the other way round as
 * responder.
 *
 * Called by main1.c, aggr1.c.  Thread: loop.  Owns: nothing.
 */
#include "core/ike/v1/phase1.h"

#include <stdlib.h>

#include "core/base/rng.h"
#include "core/crypto/dh.h"
#include "core/ike/exchange.h"
#include "core/ike/natt.h"
#include "core/ike/select.h"
#include "core/ike/sums.h"
#include "core/ike/trace.h"
#include "core/ike/v1/build1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/read1.h"
#include "core/ike/v1/vendors1.h"
#include "core/ike/within.h"
#include "core/ipsec/plane.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"
#include "core/wire/notify.h"
#include "core/wire/sa1.h"

enum { NONCE_LEAST = 8, NONCE_MOST = 256, OFFER_MAX = 4096 };

/* --- offers --- */

static enum reason remember(struct own1 *o, const struct ike_proposal *const *list, size_t n,
			    struct fault *f)
{
	o->offered = calloc(n, sizeof(*o->offered));
	if (!o->offered)
		return fail(f, R_NO_MEMORY, "no memory for an offer");
	for (size_t i = 0; i < n; i++) {
		record_ref(&list[i]->r);
		o->offered[i] = list[i];
	}
	o->offered_n = n;
	return R_OK;
}

enum reason phase1_remember_offer(struct exchange *x, const struct ike_proposal *const *list,
				  size_t n, struct fault *f)
{
	struct own1 *o = own1_of(x->sa);
	uint8_t at[OFFER_MAX];
	struct wr w = wr_of(at, sizeof(at));
	struct sa1 offer;
	char text[STORY_OFFERS];

	if (n == 0)
		return fail_field(f, R_NO_PROPOSAL, "ike_proposals", "there is nothing to offer");
	select_ike_write(list, n, &offer);
	sa1_write(&w, &offer);
	if (w.torn || remember(o, list, n, f) != R_OK ||
	    own1_keep(&o->sai_b, wr_done(&w), f) != R_OK)
		return fail(f, R_NO_MEMORY, "the offer is too large");
	select_ike_text(list, n, text, sizeof(text));
	trace_ours(x->e, x->negotiation, text);
	return R_OK;
}

enum reason phase1_read_choice(struct exchange *x, const struct msg *in, struct ike_choice *ret,
			       struct fault *f)
{
	const struct own1 *o = own1_of(x->sa);
	struct sa1 answer;

	if (read1_offer(x, chain_find(in->chain, PL_SA)->body, &answer, f) != R_OK)
		return f->reason;
	return select_ike_answer(&answer, o->offered, o->offered_n, ret, f);
}

void phase1_take_choice(struct ike_sa *sa, const struct ike_choice *c)
{
	char text[SUITE_TEXT];

	sa_choose(sa, c->proposal, c->lifetime_s);
	trace_chosen(sa->e, sa->negotiation, ike_suite_text(&sa->suite, text));
}

/* --- key exchange --- */

enum reason phase1_put_keys(struct exchange *x, struct build *b, size_t nonce_octets,
			    struct fault *f)
{
	struct own1 *o = own1_of(x->sa);
	bool first = x->role == ROLE_INITIATOR;
	struct bytes **nonce = first ? &o->ni_b : &o->nr_b;

	if (own1_nonce(x->e, nonce, nonce_octets, f) != R_OK ||
	    own1_keep(first ? &o->g_xi : &o->g_xr, dh_public(x->key), f) != R_OK)
		return f->reason;
	build1_key(b, x);
	build1_put(b, PL_NONCE, slice_of(*nonce));
	return R_OK;
}

enum reason phase1_take_keys(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct own1 *o = own1_of(x->sa);
	bool theirs_is_r = x->role == ROLE_INITIATOR;
	struct slice n = chain_find(in->chain, PL_NONCE)->body;
	struct slice y = chain_find(in->chain, PL_KE)->body;

	if (n.n < NONCE_LEAST || n.n > NONCE_MOST)
		return fail(f, R_MALFORMED, "a nonce of %zu octets; 8 to 256 are allowed", n.n);
	if (sums_peer(x, x->sa->suite.group, y, f) != R_OK ||
	    own1_keep(theirs_is_r ? &o->nr_b : &o->ni_b, n, f) != R_OK)
		return f->reason;
	return own1_keep(theirs_is_r ? &o->g_xr : &o->g_xi, y, f);
}

void phase1_take_vendors(struct ike_sa *sa, const struct chain *c)
{
	own1_of(sa)->vendors = vendors1_seen(c);
	vendors1_take(sa, own1_of(sa)->vendors);
}

void phase1_float(struct exchange *x)
{
	struct ike_sa *sa = x->sa;

	if (!sa->nat_local && !sa->nat_remote && !sa->encap)
		return;
	natt_float(sa);
	trace_step(x->e, x->negotiation, ' ', "%s: %s",
		   sa->nat_local && sa->nat_remote ? "both ends are behind a NAT"
		   : sa->nat_local                 ? "this end is behind a NAT"
		   : sa->nat_remote                ? "the peer is behind a NAT"
						   : "UDP encapsulation is wanted",
		   sa->natt_oldest ? "by draft 00 or 01 of RFC 3947 ESP goes over the port of IKE"
				   : "moving to the NAT-T port");
}

/* --- the end of it --- */

void phase1_put_initial_contact(struct build *b, const struct ike_sa *sa)
{
	struct notify n = { .doi = SA1_DOI_IPSEC,
			    .protocol = PROTO_ISAKMP,
			    .type = NTFY_INITIAL_CONTACT,
			    .spi = slice(&sa->cky, sizeof(sa->cky)) };

	if (sa->peer->initial_contact && sa_is_first_contact(sa))
		notify_write(writer_payload(&b->w, PL_NTFY), &n);
}

bool phase1_has_contact(const struct chain *c)
{
	struct notify n;

	for (const struct pl *p = chain_find(c, PL_NTFY); p; p = chain_next(c, p))
		if (notify_read(p->body, &n, NULL) == R_OK && n.type == NTFY_INITIAL_CONTACT)
			return true;
	return false;
}

void phase1_settle(struct exchange *x, const struct chain *last)
{
	if (vendors1_only_oldest(x->e, x->sa->peer, own1_of(x->sa)->vendors))
		trace_step(x->e, x->negotiation, '<',
			   "the peer knows NAT traversal only by draft 00 or 01 of RFC 3947, which "
			   "the "
			   "data plane %s cannot carry: there is none",
			   x->e->ports.plane->name);
	own1_settle(x->sa);
	bytes_free(x->secret);
	x->secret = NULL;
	dh_key_free(x->key);
	x->key = NULL;
	psk1_proven(x);
	trace_up(x->e, x->negotiation);
	sa_heard(x->sa);
	sa_up(x->sa);
	if (last && phase1_has_contact(last))
		sa_initial_contact(x->sa);
}

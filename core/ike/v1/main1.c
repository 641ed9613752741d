/* main1.c - main mode with a pre-shared key, both ends (RFC 2409 section 5.4)
 *
 *	initiator                           responder
 *	SA                            -->
 *	                              <--   SA                     (first1.c)
 *	KE, Ni, NAT-D, NAT-D          -->
 *	                              <--   KE, Nr, NAT-D, NAT-D   secret computed afterwards
 *	IDii, HASH_I, [INITIAL-CONTACT] -->                        encrypted
 *	                              <--   IDir, HASH_R           encrypted
 *
 * Nothing before the two hashes proves anything; what a handler refuses before them is noted and
 * the exchange waits for something better (v1.c).
 *
 * Called by v1.c through the step table. Thread: loop. Owns: nothing.
 */
#include "core/crypto/dh.h"
#include "core/ike/natt.h"
#include "core/ike/select.h"
#include "core/ike/sums.h"
#include "core/ike/trace.h"
#include "core/ike/v1/build1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/phase1.h"
#include "core/ike/v1/proof1.h"
#include "core/ike/v1/read1.h"
#include "core/ike/v1/steps1.h"
#include "core/ike/within.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"
#include "core/wire/notify.h"
#include "core/wire/sa1.h"

#include <stdlib.h>
#include <string.h>

enum { NONCE_LEAST = 8, NONCE_MOST = 256, OFFER_MAX = 4096 };

/* --- initiator --- */

static enum reason remember_offer(struct own1 *o, const struct ike_proposal *const *list, size_t n,
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

enum reason mm_propose(struct exchange *x, const struct msg *in, struct fault *f)
{
	const struct ike_proposal *list[SELECT_MOST];
	struct own1 *o = own1_of(x->sa);
	size_t n = select_ike_offered(x->e->config, x->sa->peer, list, SELECT_MOST);
	uint8_t at[OFFER_MAX];
	struct wr w = wr_of(at, sizeof(at));
	struct sa1 offer;
	struct build b;
	char text[STORY_OFFERS];

	(void)in;
	if (n == 0)
		return fail_field(f, R_NO_PROPOSAL, "ike_proposals", "there is nothing to offer");
	select_ike_write(list, n, &offer);
	sa1_write(&w, &offer);
	if (w.torn || remember_offer(o, list, n, f) != R_OK ||
	    own1_keep(&o->sai_b, wr_done(&w), f) != R_OK)
		return fail(f, R_NO_MEMORY, "the offer is too large");
	select_ike_text(list, n, text, sizeof(text));
	trace_ours(x->e, x->negotiation, text);
	build1_start(&b, x->sa, XCHG_MAIN, false);
	build1_put(&b, PL_SA, slice_of(o->sai_b));
	build1_vendors(&b, natt_allowed(x->sa->peer));
	return build1_send(&b, x, NULL, true, f);
}

static void take_choice(struct ike_sa *sa, const struct ike_choice *c)
{
	char text[SUITE_TEXT];

	sa_choose(sa, c->proposal, c->lifetime_s);
	trace_chosen(sa->e, sa->negotiation, ike_suite_text(&sa->suite, text));
}

enum reason mm_take_sa(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct ike_sa *sa = x->sa;
	struct own1 *o = own1_of(sa);
	struct ike_choice choice;
	struct sa1 answer;

	if (read1_offer(x, chain_find(in->chain, PL_SA)->body, &answer, f) != R_OK)
		return f->reason;
	if (select_ike_answer(&answer, o->offered, o->offered_n, &choice, f) != R_OK)
		return f->reason;
	memcpy(sa->cky.r, in->header->cky_r, sizeof(sa->cky.r));
	if (sa_register(sa, f) != R_OK)
		return f->reason;
	take_choice(sa, &choice);
	sa->natt_able = natt_allowed(sa->peer) && first1_says_natt(in->chain);
	resend_stop(x);
	return sums_key(x, sa->suite.group, f);
}

/* KE, nonce and NAT-D: the same from both ends. Keeps our own values for the hashes. */
static enum reason put_key_exchange(struct exchange *x, struct build *b, struct bytes **nonce,
				    struct bytes **value, struct fault *f)
{
	if (own1_nonce(x->e, nonce, f) != R_OK || own1_keep(value, dh_public(x->key), f) != R_OK)
		return f->reason;
	build1_start(b, x->sa, XCHG_MAIN, false);
	build1_key(b, x);
	build1_put(b, PL_NONCE, slice_of(*nonce));
	return build1_natd(b, x->sa, f);
}

enum reason mm_send_ke(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct own1 *o = own1_of(x->sa);
	struct build b;

	(void)in;
	if (put_key_exchange(x, &b, &o->ni_b, &o->g_xi, f) != R_OK)
		return f->reason;
	return build1_send(&b, x, NULL, true, f);
}

/* The peer's KE and nonce, checked before any sum. */
static enum reason take_key_exchange(struct exchange *x, const struct msg *in, struct bytes **nonce,
				     struct bytes **value, struct fault *f)
{
	struct slice n = chain_find(in->chain, PL_NONCE)->body;
	struct slice y = chain_find(in->chain, PL_KE)->body;

	if (n.n < NONCE_LEAST || n.n > NONCE_MOST)
		return fail(f, R_MALFORMED, "a nonce of %zu octets; 8 to 256 are allowed", n.n);
	if (sums_peer(x, x->sa->suite.group, y, f) != R_OK || own1_keep(nonce, n, f) != R_OK ||
	    own1_keep(value, y, f) != R_OK)
		return f->reason;
	if (x->sa->natt_able)
		natt_judge(x->sa, in->chain, PL_NATD);
	return R_OK;
}

enum reason mm_ask_secret(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct own1 *o = own1_of(x->sa);

	if (take_key_exchange(x, in, &o->nr_b, &o->g_xr, f) != R_OK)
		return f->reason;
	resend_stop(x);
	return sums_secret(x, f);
}

static void put_initial_contact(struct build *b, const struct ike_sa *sa)
{
	struct notify n = { .doi = SA1_DOI_IPSEC,
			    .protocol = PROTO_ISAKMP,
			    .type = NTFY_INITIAL_CONTACT,
			    .spi = slice(&sa->cky, sizeof(sa->cky)) };

	notify_write(writer_payload(&b->w, PL_NTFY), &n);
}

/* ID and HASH of this end, sealed in phase 1's chain. */
static enum reason send_proof(struct exchange *x, bool wait, struct fault *f)
{
	struct ike_sa *sa = x->sa;
	uint8_t id[ID_BODY_MAX], digest[DIGEST_MAX];
	struct build b;
	size_t n;

	if (proof1_our_id(sa, id, &n, f) != R_OK ||
	    proof1_hash(sa, sa->role, slice(id, n), digest, f) != R_OK)
		return f->reason;
	build1_start(&b, sa, XCHG_MAIN, true);
	build1_put(&b, PL_ID, slice(id, n));
	build1_put(&b, PL_HASH, slice(digest, own1_of(sa)->keys.n));
	if (sa->role == ROLE_INITIATOR && sa->peer->initial_contact && sa_is_first_contact(sa))
		put_initial_contact(&b, sa);
	return build1_send(&b, x, own1_of(sa)->iv, wait, f);
}

enum reason mm_prove(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct ike_sa *sa = x->sa;

	(void)in;
	if (proof1_derive(sa, slice_of(x->secret), f) != R_OK)
		return f->reason;
	if (sa->nat_local || sa->nat_remote || sa->encap) {
		natt_float(sa);
		trace_step(x->e, x->negotiation, ' ', "%s: moving to the NAT-T port",
			   sa->nat_local && sa->nat_remote ? "both ends are behind a NAT"
			   : sa->nat_local                 ? "this end is behind a NAT"
			   : sa->nat_remote                ? "the peer is behind a NAT"
							   : "UDP encapsulation is wanted");
	}
	return send_proof(x, true, f);
}

static bool has_initial_contact(const struct chain *c)
{
	struct notify n;

	for (const struct pl *p = chain_find(c, PL_NTFY); p; p = chain_next(c, p))
		if (notify_read(p->body, &n, NULL) == R_OK && n.type == NTFY_INITIAL_CONTACT)
			return true;
	return false;
}

static enum reason check_proof(struct exchange *x, const struct msg *in, struct fault *f)
{
	return proof1_check(x->sa, chain_find(in->chain, PL_ID)->body,
			    chain_find(in->chain, PL_HASH)->body, f);
}

/* Up, at this end. */
static void settle(struct exchange *x, const struct msg *in)
{
	own1_settle(x->sa);
	bytes_free(x->secret);
	x->secret = NULL;
	trace_up(x->e, x->negotiation);
	sa_heard(x->sa);
	sa_up(x->sa);
	if (has_initial_contact(in->chain))
		sa_initial_contact(x->sa);
}

enum reason mm_check_responder(struct exchange *x, const struct msg *in, struct fault *f)
{
	if (check_proof(x, in, f) != R_OK)
		return f->reason;
	resend_stop(x);
	settle(x, in);
	return R_OK;
}

enum reason main1_start(struct ike_sa *sa, struct fault *f)
{
	struct exchange *x = exchange_new(sa, XCHG_MAIN, ROLE_INITIATOR, main_steps, MM_UP);

	if (!x)
		return fail(f, R_NO_MEMORY, "no memory for an exchange");
	x->negotiation = sa->negotiation;
	return exchange_run(x, EV_START, NULL, f);
}

/* --- responder, from the third message on --- */

enum reason mm_take_ke(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct own1 *o = own1_of(x->sa);

	if (take_key_exchange(x, in, &o->ni_b, &o->g_xi, f) != R_OK)
		return f->reason;
	return sums_key(x, x->sa->suite.group, f);
}

enum reason mm_answer_ke(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct own1 *o = own1_of(x->sa);
	struct build b;

	(void)in;
	if (put_key_exchange(x, &b, &o->nr_b, &o->g_xr, f) != R_OK ||
	    build1_send(&b, x, NULL, false, f) != R_OK)
		return f->reason;
	return sums_secret(x, f);
}

enum reason mm_derive(struct exchange *x, const struct msg *in, struct fault *f)
{
	(void)in;
	return proof1_derive(x->sa, slice_of(x->secret), f);
}

enum reason mm_check_initiator(struct exchange *x, const struct msg *in, struct fault *f)
{
	if (check_proof(x, in, f) != R_OK)
		return f->reason;
	natt_follow(x->sa, in->packet);
	if (send_proof(x, false, f) != R_OK)
		return f->reason;
	settle(x, in);
	return R_OK;
}

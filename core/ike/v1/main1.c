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
#include "core/ike/natt.h"
#include "core/ike/select.h"
#include "core/ike/sums.h"
#include "core/ike/v1/build1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/phase1.h"
#include "core/ike/v1/proof1.h"
#include "core/ike/v1/read1.h"
#include "core/ike/v1/steps1.h"
#include "core/ike/v1/vendors1.h"
#include "core/ike/within.h"
#include "core/model/peer.h"
#include "core/wire/sa1.h"

#include <string.h>

/* --- initiator --- */

enum reason mm_propose(struct exchange *x, const struct msg *in, struct fault *f)
{
	const struct ike_proposal *list[SELECT_MOST];
	struct own1 *o = own1_of(x->sa);
	size_t n = select_ike_offered(x->e->config, x->sa->peer, list, SELECT_MOST);
	struct build b;

	(void)in;
	if (phase1_remember_offer(x, list, n, f) != R_OK)
		return f->reason;
	build1_start(&b, x->sa, XCHG_MAIN, false);
	build1_put(&b, PL_SA, slice_of(o->sai_b));
	vendors1_offer(&b.w, x->e, x->sa->peer);
	return build1_send(&b, x, NULL, true, f);
}

enum reason mm_take_sa(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct ike_sa *sa = x->sa;
	struct ike_choice choice;

	if (phase1_read_choice(x, in, &choice, f) != R_OK)
		return f->reason;
	memcpy(sa->cky.r, in->header->cky_r, sizeof(sa->cky.r));
	if (sa_register(sa, f) != R_OK)
		return f->reason;
	phase1_take_choice(sa, &choice);
	phase1_take_vendors(sa, in->chain);
	resend_stop(x);
	return sums_key(x, sa->suite.group, f);
}

static enum reason put_keys(struct exchange *x, struct build *b, struct fault *f)
{
	build1_start(b, x->sa, XCHG_MAIN, false);
	if (phase1_put_keys(x, b, NONCE_OCTETS, f) != R_OK)
		return f->reason;
	sign1_put_requests(b, x->sa);
	return build1_natd(b, x->sa, f);
}

enum reason mm_send_ke(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct build b;

	(void)in;
	if (put_keys(x, &b, f) != R_OK)
		return f->reason;
	return build1_send(&b, x, NULL, true, f);
}

static enum reason take_keys(struct exchange *x, const struct msg *in, struct fault *f)
{
	if (phase1_take_keys(x, in, f) != R_OK)
		return f->reason;
	if (x->sa->natt_able)
		natt_judge(x->sa, in->chain);
	return R_OK;
}

enum reason mm_ask_secret(struct exchange *x, const struct msg *in, struct fault *f)
{
	enum reason r = take_keys(x, in, f);

	if (r == R_OK)
		r = sums_secret(x, f);
	/* a value of no use is no answer: we go on asking */
	if (r == R_OK)
		resend_stop(x);
	return r;
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
	if (sa->role == ROLE_INITIATOR)
		phase1_put_initial_contact(&b, sa);
	if (own1_of(sa)->shorter)
		build1_lifetimes(&b, PROTO_ISAKMP, slice(&sa->cky, sizeof(sa->cky)), sa->lifetime_s,
				 0);
	return build1_send(&b, x, own1_of(sa)->iv, wait, f);
}

enum reason mm_prove(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct ike_sa *sa = x->sa;

	(void)in;
	if (proof1_skeyid(sa, f) != R_OK || proof1_derive(sa, slice_of(x->secret), f) != R_OK)
		return f->reason;
	phase1_float(x);
	psk1_asked(x);
	return send_proof(x, true, f);
}

static enum reason check_proof(struct exchange *x, const struct msg *in, struct fault *f)
{
	return proof1_check(x->sa, chain_find(in->chain, PL_ID)->body,
			    chain_find(in->chain, PL_HASH)->body, f);
}

enum reason mm_check_responder(struct exchange *x, const struct msg *in, struct fault *f)
{
	uint32_t kilobytes = 0; /* an IKE SA has no such limit */

	if (check_proof(x, in, f) != R_OK)
		return f->reason;
	resend_stop(x);
	read1_lifetimes(in->chain, PROTO_ISAKMP, &x->sa->lifetime_s, &kilobytes);
	phase1_settle(x, in->chain);
	return R_OK;
}

enum reason main1_start(struct ike_sa *sa, struct fault *f)
{
	struct exchange *x =
		exchange_new(sa, XCHG_MAIN, ROLE_INITIATOR,
			     sign1_wanted(sa->peer) ? main_sig_steps : main_steps, MM_UP);

	if (!x)
		return fail(f, R_NO_MEMORY, "no memory for an exchange");
	x->negotiation = sa->negotiation;
	return exchange_run(x, EV_START, NULL, f);
}

/* --- responder, from the third message on --- */

enum reason mm_take_ke(struct exchange *x, const struct msg *in, struct fault *f)
{
	if (take_keys(x, in, f) != R_OK)
		return f->reason;
	return sums_key(x, x->sa->suite.group, f);
}

enum reason mm_answer_ke(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct build b;

	(void)in;
	if (put_keys(x, &b, f) != R_OK || build1_send(&b, x, NULL, false, f) != R_OK)
		return f->reason;
	return sums_secret(x, f);
}

enum reason mm_derive(struct exchange *x, const struct msg *in, struct fault *f)
{
	(void)in;
	if (proof1_skeyid(x->sa, f) != R_OK)
		return f->reason;
	return proof1_derive(x->sa, slice_of(x->secret), f);
}

enum reason mm_check_initiator(struct exchange *x, const struct msg *in, struct fault *f)
{
	if (check_proof(x, in, f) != R_OK)
		return f->reason;
	natt_follow(x->sa, in->packet);
	if (send_proof(x, false, f) != R_OK)
		return f->reason;
	phase1_settle(x, in->chain);
	return R_OK;
}

/* asig1.c - aggressive mode with RSA signatures, both ends (RFC 2409 section 5.1)
 *
 *	initiator                                    responder
 *	SA, KE, Ni, IDii, CR                   -->
 *	                                       <--   SA, KE, Nr, IDir, CERT, SIG_R, CR, NAT-D, NAT-D
 *	CERT, SIG_I, NAT-D, NAT-D, [INITIAL-CONTACT] -->   encrypted
 *
 * SKEYID needs g^xy here, so the responder computes and signs for whoever asks: few strangers a second
 * (halfopen_may_sum), and none is answered with more than three times the octets it sent. The
 * answer comes in the clear and is anybody's until its signature proved good: it is kept as it came,
 * our key pair with it, and a forged one only makes us wait on. One that comes twice is believed
 * to be the peer's. What both ends share with the pre-shared key is aggr1.c's.
 *
 * Called by v1.c through the step table.  Thread: loop.  Owns: nothing.
 */
#include "core/ike/v1/phase1.h"

#include <string.h>

#include "core/base/text.h"
#include "core/crypto/dh.h"
#include "core/ike/halfopen.h"
#include "core/ike/natt.h"
#include "core/ike/select.h"
#include "core/ike/sums.h"
#include "core/ike/trace.h"
#include "core/ike/v1/build1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/proof1.h"
#include "core/ike/v1/read1.h"
#include "core/ike/v1/steps1.h"
#include "core/ike/v1/vendors1.h"
#include "core/ike/within.h"

/* A certificate is long: an answer may be a little louder than one with a hash. */
enum { NONCE_SHORT = 16, NOT_LOUDER = 3, DOUBTS = 2 };

/* --- initiator --- */

/* The answer as it came. The chain borrows from what own1 keeps. */
static enum reason read_again(struct exchange *x, struct header *h, struct chain *ret,
			      struct fault *f)
{
	struct own1 *o = own1_of(x->sa);
	struct packet p = o->proof_packet;

	p.octets = slice_of(o->answer);
	if (header_read(p.octets, h, f) != R_OK)
		return f->reason;
	return read1_clear(&p, h, ret, f);
}

enum reason as_take_answer(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct own1 *o = own1_of(x->sa);
	struct ike_choice choice;

	if (phase1_read_choice(x, in, &choice, f) != R_OK)
		return f->reason;
	x->sa->suite = choice.suite;
	x->keep_key = true;
	if (phase1_take_keys(x, in, f) != R_OK ||
	    own1_keep(&o->answer, in->packet->octets, f) != R_OK)
		return f->reason;
	o->proof_packet = *in->packet;
	o->proof_packet.octets = slice(NULL, 0);
	return sums_secret(x, f);
}

/* With the cookies of an answer that nothing has proven yet. */
static enum reason judge(struct exchange *x, const struct chain *c, struct fault *f)
{
	struct ike_sa *sa = x->sa;
	struct slice id = chain_find(c, PL_ID)->body;

	phase1_take_vendors(sa, c);
	sa->nat_local = sa->nat_remote = sa->encap = false;
	if (sa->natt_able)
		natt_judge(sa, c);
	if (proof1_skeyid_sig(sa, slice_of(x->secret), f) != R_OK)
		return f->reason;
	return sign1_verify(x, id, c, f);
}

enum reason as_check_answer(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct cookies before = x->sa->cky;
	struct chain c;
	struct header h;

	(void)in;
	if (read_again(x, &h, &c, f) != R_OK)
		return f->reason;
	memcpy(x->sa->cky.r, h.cky_r, sizeof(before.r));
	enum reason r = judge(x, &c, f);
	x->sa->cky = before;
	return r;
}

enum reason as_sign(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct ike_sa *sa = x->sa;
	struct ike_choice choice;
	struct chain c;
	struct header h;
	struct msg answer = { .packet = &own1_of(sa)->proof_packet, .header = &h, .chain = &c };

	(void)in;
	if (read_again(x, &h, &c, f) != R_OK || phase1_read_choice(x, &answer, &choice, f) != R_OK)
		return f->reason;
	memcpy(sa->cky.r, h.cky_r, sizeof(sa->cky.r));
	if (sa_register(sa, f) != R_OK || proof1_derive(sa, slice_of(x->secret), f) != R_OK)
		return f->reason;
	own1_of(sa)->proven = true;
	phase1_take_choice(sa, &choice);
	resend_stop(x);
	return sign1_begin(x, f);
}

enum reason as_prove(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct ike_sa *sa = x->sa;
	struct build b;

	(void)in;
	phase1_float(x);
	build1_start(&b, sa, XCHG_AGGRESSIVE, true);
	sign1_put_certificates(&b, sa);
	build1_put(&b, PL_SIG, slice_of(x->signature));
	if (build1_natd(&b, sa, f) != R_OK)
		return f->reason;
	phase1_put_initial_contact(&b, sa);
	if (build1_send(&b, x, own1_of(sa)->iv, false, f) != R_OK)
		return f->reason;
	sa->unconfirmed = true;
	phase1_settle(x, NULL);
	return R_OK;
}

enum reason as_wait_on(struct exchange *x, const struct msg *in, struct fault *f)
{
	(void)in;
	(void)f;
	resend_forget(x);
	return R_OK;
}

bool asig1_judges(const struct exchange *x)
{
	return x->steps == aggr_sig_steps && x->role == ROLE_INITIATOR &&
	       (x->state == AM_CRUNCHING || x->state == AM_VERIFYING);
}

bool asig1_doubts(struct exchange *x, const struct fault *bad)
{
	struct own1 *o = own1_of(x->sa);
	struct fault f = { 0 };

	if (!asig1_judges(x) || ++o->doubts >= DOUBTS)
		return false;
	x->e->counters.dropped_unauthenticated++;
	own1_note(x->sa, SIDE_LOCAL, bad);
	trace_step(x->e, x->negotiation, '<', "refused an answer: %s", bad->text);
	return exchange_run(x, EV_DOUBTED, NULL, &f) == R_OK;
}

/* --- responder --- */

enum reason as_ask_secret(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct own1 *o = own1_of(x->sa);

	(void)in;
	if (halfopen_may_sum(x->e, &x->sa->remote, false, f) != R_OK ||
	    own1_nonce(x->e, &o->nr_b, NONCE_SHORT, f) != R_OK ||
	    own1_keep(&o->g_xr, dh_public(x->key), f) != R_OK)
		return f->reason;
	return sums_secret(x, f);
}

enum reason as_sign_answer(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct slice g_xy = slice_of(x->secret);

	(void)in;
	if (proof1_skeyid_sig(x->sa, g_xy, f) != R_OK || proof1_derive(x->sa, g_xy, f) != R_OK)
		return f->reason;
	return sign1_begin(x, f);
}

/* How much of what the exchange can do without is said. A peer that hears no DPD asks us nothing. */
enum terse { WHOLE, WITHOUT_FRAGMENTS, WITHOUT_DPD };

static enum reason build_answer(struct exchange *x, struct build *b, enum terse terse,
				struct fault *f)
{
	struct ike_sa *sa = x->sa;
	struct own1 *o = own1_of(sa);
	uint8_t id[ID_BODY_MAX];
	size_t n;

	build1_start(b, sa, XCHG_AGGRESSIVE, false);
	if (aggr1_put_choice(x, b, f) != R_OK || proof1_our_id(sa, id, &n, f) != R_OK)
		return f->reason;
	build1_put(b, PL_KE, slice_of(o->g_xr));
	build1_put(b, PL_NONCE, slice_of(o->nr_b));
	build1_put(b, PL_ID, slice(id, n));
	sign1_put_certificates(b, sa);
	build1_put(b, PL_SIG, slice_of(x->signature));
	if (terse == WHOLE) {
		sign1_put_requests(b, sa);
		vendors1_answer(&b->w, x->e, sa->peer, o->vendors);
	} else {
		sign1_put_request(b);
		vendors1_answer_natt(&b->w, x->e, sa->peer, o->vendors);
		if (terse == WITHOUT_FRAGMENTS)
			vendors1_answer_dpd(&b->w);
	}
	return build1_natd(b, sa, f);
}

enum reason as_answer(struct exchange *x, const struct msg *in, struct fault *f)
{
	size_t most = NOT_LOUDER * own1_of(x->sa)->asked_octets;
	struct build b;

	(void)in;
	for (enum terse t = WHOLE; t <= WITHOUT_DPD; t++) {
		if (build_answer(x, &b, t, f) != R_OK)
			return f->reason;
		if (writer_at(&b.w) <= most)
			return build1_send(&b, x, NULL, false, f);
	}
	fail_field(f, R_MODE_REFUSED, "certificate",
		   "our answer has %zu octets, and a first message of %zu is answered with %zu "
		   "at most",
		   writer_at(&b.w), own1_of(x->sa)->asked_octets, most);
	text_copy(f->hint, sizeof(f->hint),
		  "Use main mode, or a certificate of ours that is shorter");
	return f->reason;
}

/* A name nobody here knows was answered like any other, and leads nowhere. */
enum reason as_take_proof(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct ike_sa *sa = x->sa;
	struct own1 *o = own1_of(sa);

	if (sa->nobody)
		return fail_field(f, R_AUTH_FAILED, "remote_id", "no peer here has that name");
	aggr1_judge_nat(sa, in);
	o->contact = phase1_has_contact(in->chain);
	o->proof_packet = *in->packet;
	o->proof_packet.octets = slice(NULL, 0);
	return sign1_verify(x, slice_of(o->idii_b), in->chain, f);
}

enum reason as_accept(struct exchange *x, const struct msg *in, struct fault *f)
{
	(void)in;
	(void)f;
	sign1_believe(x);
	natt_follow(x->sa, &own1_of(x->sa)->proof_packet);
	sign1_settle(x);
	return R_OK;
}

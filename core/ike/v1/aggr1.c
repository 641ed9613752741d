/* aggr1.c - aggressive mode with a pre-shared key, both ends (RFC 2409 section 5.4)
 *
 *	initiator                           responder
 *	SA, KE, Ni, IDii              -->
 *	                              <--   SA, KE, Nr, IDir, HASH_R, NAT-D, NAT-D
 *	HASH_I, NAT-D, NAT-D, [INITIAL-CONTACT] -->   encrypted, or in the clear (Volans)
 *
 * The group cannot be negotiated, since the first message carries a value of it: one is offered. The
 * identity is in the clear, so the peer may be known by name. SKEYID and both hashes need no
 * g^xy: the initiator knows the responder before any sum, and the responder answers first and
 * computes when the peer goes on. How a first message is judged is in greet1.c.
 *
 * Who asks gets a hash over a pre-shared key, which can be guessed at home. That is what this mode is;
 * rules_peer.c says so, and asks for strong keys.
 *
 * Called by v1.c through the step table.  Thread: loop.  Owns: nothing.
 */
#include <string.h>

#include "core/crypto/dh.h"
#include "core/ike/halfopen.h"
#include "core/ike/natt.h"
#include "core/ike/select.h"
#include "core/ike/sums.h"
#include "core/ike/trace.h"
#include "core/ike/v1/build1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/phase1.h"
#include "core/ike/v1/proof1.h"
#include "core/ike/v1/steps1.h"
#include "core/ike/v1/vendors1.h"
#include "core/ike/within.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"
#include "core/wire/sa1.h"

/* A short key exchange value makes a short first message, and nobody answers with more than twice as
 * much: a longer nonce pays for the answer. Ours is shortened when theirs did not. An answer with a
 * certificate is paid for by a long vendor id: with signatures both nonces are the key of HMAC (RFC 2409
 * section 5), and libreswan 4.10 makes another MD5 of keys longer than its block, 64 octets. */
enum { NONCE_LONG = 96, ROOM_SIGNED = 224, NONCE_SHORT = 16, SHORT_VALUE = 128, NOT_LOUDER = 2 };

/* --- initiator --- */

/* Those of the first one's group, in their order. */
static size_t of_one_group(const struct ike_proposal **list, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (list[i]->dh_group == list[0]->dh_group)
			list[kept++] = list[i];
	return kept;
}

enum reason am_begin(struct exchange *x, const struct msg *in, struct fault *f)
{
	const struct ike_proposal *list[SELECT_MOST];
	size_t n = select_ike_offered(x->e->config, x->sa->peer, list, SELECT_MOST);
	size_t kept = of_one_group(list, n);

	(void)in;
	if (phase1_remember_offer(x, list, kept, f) != R_OK)
		return f->reason;
	if (kept < n)
		trace_step(x->e, x->negotiation, ' ',
			   "%zu of %zu proposals are left out: aggressive mode has one group",
			   n - kept, n);
	return sums_key(x, ike_proposal_suite(list[0]).group, f);
}

static enum reason put_our_id(struct exchange *x, struct build *b, uint8_t id[ID_BODY_MAX],
			      size_t *ret_n, struct fault *f)
{
	if (proof1_our_id(x->sa, id, ret_n, f) != R_OK)
		return f->reason;
	build1_put(b, PL_ID, slice(id, *ret_n));
	return R_OK;
}

enum reason am_propose(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct ike_sa *sa = x->sa;
	bool signs = sign1_wanted(sa->peer);
	size_t nonce = !signs && dh_public(x->key).n < SHORT_VALUE ? NONCE_LONG : NONCE_OCTETS;
	uint8_t id[ID_BODY_MAX];
	struct build b;
	size_t n;

	(void)in;
	build1_start(&b, sa, XCHG_AGGRESSIVE, false);
	build1_put(&b, PL_SA, slice_of(own1_of(sa)->sai_b));
	if (phase1_put_keys(x, &b, nonce, f) != R_OK || put_our_id(x, &b, id, &n, f) != R_OK)
		return f->reason;
	sign1_put_requests(&b, sa);
	vendors1_offer(&b.w, x->e, sa->peer);
	if (signs)
		vendors1_room(&b.w, ROOM_SIGNED);
	return build1_send(&b, x, NULL, true, f);
}

/* With the cookies and the suite of an answer that nothing has proven yet. */
static enum reason judge_answer(struct exchange *x, const struct msg *in,
				const struct ike_choice *choice, struct fault *f)
{
	struct ike_sa *sa = x->sa;

	memcpy(sa->cky.r, in->header->cky_r, sizeof(sa->cky.r));
	sa->suite = choice->suite;
	if (phase1_take_keys(x, in, f) != R_OK)
		return f->reason;
	phase1_take_vendors(sa, in->chain);
	sa->nat_local = sa->nat_remote = sa->encap = false;
	if (sa->natt_able)
		natt_judge(sa, in->chain);
	return psk1_check_answer(sa, chain_find(in->chain, PL_ID)->body,
				 chain_find(in->chain, PL_HASH)->body, f);
}

enum reason am_take_answer(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct ike_sa *sa = x->sa;
	struct cookies before = sa->cky;
	struct ike_choice choice;

	if (phase1_read_choice(x, in, &choice, f) != R_OK)
		return f->reason;
	if (judge_answer(x, in, &choice, f) != R_OK) {
		sa->cky = before;
		return f->reason;
	}
	if (sa_register(sa, f) != R_OK)
		return f->reason;
	phase1_take_choice(sa, &choice);
	resend_stop(x);
	return sums_secret(x, f);
}

enum reason am_prove(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct ike_sa *sa = x->sa;
	uint8_t id[ID_BODY_MAX], digest[DIGEST_MAX];
	struct build b;
	size_t n;

	(void)in;
	if (proof1_derive(sa, slice_of(x->secret), f) != R_OK ||
	    proof1_our_id(sa, id, &n, f) != R_OK ||
	    proof1_hash(sa, ROLE_INITIATOR, slice(id, n), digest, f) != R_OK)
		return f->reason;
	phase1_float(x);
	build1_start(&b, sa, XCHG_AGGRESSIVE, true);
	build1_put(&b, PL_HASH, slice(digest, own1_of(sa)->keys.n));
	if (build1_natd(&b, sa, f) != R_OK)
		return f->reason;
	phase1_put_initial_contact(&b, sa);
	if (build1_send(&b, x, own1_of(sa)->iv, false, f) != R_OK)
		return f->reason;
	sa->unconfirmed = true;
	phase1_settle(x, NULL);
	return R_OK;
}

enum reason aggr1_start(struct ike_sa *sa, struct fault *f)
{
	struct exchange *x;

	x = exchange_new(sa, XCHG_AGGRESSIVE, ROLE_INITIATOR,
			 sign1_wanted(sa->peer) ? aggr_sig_steps : aggr_steps, AM_UP);
	if (!x)
		return fail(f, R_NO_MEMORY, "no memory for an exchange");
	x->negotiation = sa->negotiation;
	return exchange_run(x, EV_START, NULL, f);
}

/* --- responder --- */

enum reason am_take(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct own1 *o = own1_of(x->sa);

	if (phase1_take_keys(x, in, f) != R_OK ||
	    own1_keep(&o->idii_b, chain_find(in->chain, PL_ID)->body, f) != R_OK)
		return f->reason;
	return sums_key(x, x->sa->suite.group, f);
}

enum reason aggr1_put_choice(struct exchange *x, struct build *b, struct fault *f)
{
	const struct own1 *o = own1_of(x->sa);
	struct sa1 offer, chosen;

	if (sa1_read(slice_of(o->sai_b), &offer, f) != R_OK)
		return f->reason;
	first1_chosen(&offer, o->transform, &chosen);
	sa1_write(writer_payload(&b->w, PL_SA), &chosen);
	return R_OK;
}

/* The answer, with a nonce of this length. */
static enum reason build_answer(struct exchange *x, struct build *b, size_t nonce_octets,
				struct fault *f)
{
	struct ike_sa *sa = x->sa;
	uint8_t id[ID_BODY_MAX], digest[DIGEST_MAX];
	size_t n;

	build1_start(b, sa, XCHG_AGGRESSIVE, false);
	if (aggr1_put_choice(x, b, f) != R_OK || phase1_put_keys(x, b, nonce_octets, f) != R_OK ||
	    put_our_id(x, b, id, &n, f) != R_OK || proof1_skeyid(sa, f) != R_OK ||
	    proof1_hash(sa, ROLE_RESPONDER, slice(id, n), digest, f) != R_OK)
		return f->reason;
	build1_put(b, PL_HASH, slice(digest, own1_of(sa)->keys.n));
	vendors1_answer(&b->w, x->e, sa->peer, own1_of(sa)->vendors);
	return build1_natd(b, sa, f);
}

enum reason am_answer(struct exchange *x, const struct msg *in, struct fault *f)
{
	size_t most = NOT_LOUDER * own1_of(x->sa)->asked_octets;
	struct build b;

	(void)in;
	psk1_choose(x);
	if (build_answer(x, &b, NONCE_OCTETS, f) != R_OK)
		return f->reason;
	if (writer_at(&b.w) > most && build_answer(x, &b, NONCE_SHORT, f) != R_OK)
		return f->reason;
	/* the address may be forged: nobody is to be hit with more than was spent on it */
	if (writer_at(&b.w) > most)
		return fail(f, R_MALFORMED,
			    "a first message of %zu octets is too short for an answer of %zu",
			    own1_of(x->sa)->asked_octets, writer_at(&b.w));
	return build1_send(&b, x, NULL, false, f);
}

bool aggr1_wants_secret(const struct exchange *x)
{
	return x->steps == aggr_steps && x->state == AM_ANSWERED;
}

bool aggr1_takes_clear(const struct exchange *x)
{
	return x->steps == aggr_steps && x->state == AM_PROVING;
}

enum reason am_ask_secret(struct exchange *x, const struct msg *in, struct fault *f)
{
	(void)in;
	if (halfopen_may_sum(x->e, &x->sa->remote, false, f) != R_OK)
		return f->reason;
	return sums_secret(x, f);
}

enum reason am_derive(struct exchange *x, const struct msg *in, struct fault *f)
{
	(void)in;
	return proof1_derive(x->sa, slice_of(x->secret), f);
}

/* NAT-D payloads of the last message are about the addresses it came over: it may have floated. */
void aggr1_judge_nat(struct ike_sa *sa, const struct msg *in)
{
	struct addr local = sa->local, remote = sa->remote;

	if (!sa->natt_able || !chain_find(in->chain, natt_payload(sa)))
		return;
	sa->local = in->packet->local;
	sa->remote = in->packet->remote;
	natt_judge(sa, in->chain);
	sa->local = local;
	sa->remote = remote;
}

enum reason am_check_initiator(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct ike_sa *sa = x->sa;

	aggr1_judge_nat(sa, in);
	if (proof1_check(sa, slice_of(own1_of(sa)->idii_b), chain_find(in->chain, PL_HASH)->body,
			 f) != R_OK)
		return f->reason;
	natt_follow(sa, in->packet);
	phase1_settle(x, in->chain);
	return R_OK;
}

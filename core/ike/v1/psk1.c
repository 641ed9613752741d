/* psk1.c - a pre-shared key that is being rotated: which of the two the peer has
 *
 * While the overlap lasts a secret has two values, and nothing on the wire says which one the peer
 * has been given. SKEYID is made of it (RFC 2409 section 5), so who comes to know it when differs:
 *
 *	main, responder        what opens the proof and makes HASH_I: both are tried, a few HMACs
 *	main, initiator        the current one first; refused, or no answer in a while: a fresh
 *	                       attempt by the previous one, over the same IKE SA and in one story
 *	aggressive, initiator  HASH_R is there before anything has to be sent: both are tried
 *	aggressive, responder  has to answer by one. By which the peer proved itself last, else by
 *	                       the current one; a caller that did not go on gets the other next time
 *
 * A stranger learns nothing: what neither key opens is treated as if there were one.
 *
 * Called by v1.c, main1.c, aggr1.c, phase1.c, fail1.c. Thread: loop. Owns: nothing.
 */
#include <string.h>

#include "core/base/text.h"
#include "core/ike/book.h"
#include "core/ike/engine_tell.h"
#include "core/ike/exchange.h"
#include "core/ike/trace.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/phase1.h"
#include "core/ike/v1/proof1.h"
#include "core/ike/v1/read1.h"
#include "core/ike/v1/steps1.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/peer.h"
#include "core/model/settings.h"

enum { ANSWER_MS = 12000 };

static const struct secret *secret_of(const struct ike_sa *sa)
{
	return *sa->peer->psk ? config_secret(sa->e->config, sa->peer->psk) : NULL;
}

static bool are_two(const struct ike_sa *sa)
{
	const struct secret *s = sa->nobody ? NULL : secret_of(sa);

	return s && secret_overlaps(s, engine_wall_s(sa->e));
}

static bool is_same(const char *a, const char *b)
{
	return slice_equal_secret(slice_str(a), slice_str(b));
}

static void turn(struct ike_sa *sa)
{
	sa->psk_previous = !sa->psk_previous;
}

/* --- main mode, responder --- */

static bool opens(struct exchange *x, const struct packet *p, const struct header *h)
{
	const struct own1 *o = own1_of(x->sa);
	uint8_t want[DIGEST_MAX];
	struct opened in = { 0 };
	const struct pl *id, *hash;

	bool good = read1_sealed(&o->keys, o->iv, p, h, &in, NULL) == R_OK &&
		    (id = chain_find(&in.chain, PL_ID)) &&
		    (hash = chain_find(&in.chain, PL_HASH)) &&
		    proof1_hash(x->sa, ROLE_INITIATOR, id->body, want, NULL) == R_OK &&
		    slice_equal_secret(hash->body, slice(want, o->keys.n));
	bytes_free(in.clear);
	return good;
}

/* Before the first sealed message the chain of IVs is where the keys put it: nothing is lost. */
static bool derive_other(struct exchange *x)
{
	turn(x->sa);
	return proof1_skeyid(x->sa, NULL) == R_OK &&
	       proof1_derive(x->sa, slice_of(x->secret), NULL) == R_OK;
}

void psk1_fit(struct exchange *x, const struct packet *p, const struct header *h)
{
	bool is_due = x->steps == main_steps && x->role == ROLE_RESPONDER && x->state == MM_KE_SENT;

	if (!is_due || !(h->flags & FLAG_ENCRYPTED) || !own1_of(x->sa)->keyed || !are_two(x->sa) ||
	    opens(x, p, h))
		return;
	if (!derive_other(x) || !opens(x, p, h))
		derive_other(x);
}

/* --- aggressive mode --- */

static enum reason check_by(struct ike_sa *sa, struct slice id_body, struct slice hash,
			    struct fault *f)
{
	if (proof1_skeyid(sa, f) != R_OK)
		return f->reason;
	return proof1_check(sa, id_body, hash, f);
}

enum reason psk1_check_answer(struct ike_sa *sa, struct slice id_body, struct slice hash,
			      struct fault *f)
{
	struct fault other = { 0 };
	enum reason r = check_by(sa, id_body, hash, f);

	if (r != R_AUTH_FAILED || own1_of(sa)->proven || !are_two(sa))
		return r;
	turn(sa);
	r = check_by(sa, id_body, hash, &other);
	if (r == R_OK || own1_of(sa)->proven) {
		*f = other;
		return r;
	}
	turn(sa);
	return f->reason;
}

void psk1_choose(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct peer_run *run = sa->run;

	if (!run || !are_two(sa))
		return;
	if (run->psk.answered && addr_equal(&run->psk.answered_to, &sa->remote))
		sa->psk_previous = !run->psk.answered_previous;
	else
		sa->psk_previous = *run->psk.proven &&
				   is_same(run->psk.proven, secret_of(sa)->previous.fingerprint);
	run->psk.answered = true;
	run->psk.answered_previous = sa->psk_previous;
	run->psk.answered_to = sa->remote;
	trace_step(x->e, x->negotiation, ' ', "answering by the %s pre-shared key",
		   sa->psk_previous ? "previous" : "current");
}

/* --- main mode, initiator --- */

static bool has_other(const struct ike_sa *sa)
{
	return sa->role == ROLE_INITIATOR && !sa->psk_tried && are_two(sa);
}

void psk1_asked(struct exchange *x)
{
	if (has_other(x->sa))
		exchange_hurry(x, ANSWER_MS);
}

/* As if this IKE SA had never said anything: another cookie, nothing agreed on. */
static enum reason begin_anew(struct ike_sa *sa, struct fault *f)
{
	own1_free(sa);
	record_unref(sa->proposal ? &sa->proposal->r : NULL);
	sa->proposal = NULL;
	sa->nat_local = sa->nat_remote = sa->encap = false;
	return own1_begin(sa, f) == R_OK ? main1_start(sa, f) : f->reason;
}

bool psk1_again(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	struct fault f = { 0 };

	if (x->steps != main_steps || x->state != MM_ID_SENT || own1_of(sa)->proven ||
	    !has_other(sa))
		return false;
	trace_step(sa->e, x->negotiation, ' ',
		   "%s does not take the current pre-shared key: once more by the previous one",
		   sa->peer->r.name);
	exchange_free(x);
	sa->psk_tried = true;
	turn(sa);
	if (begin_anew(sa, &f) != R_OK) {
		struct sa_end end = { .reason = f.reason, .fault = &f };

		trace_fail(sa->e, sa->negotiation, SIDE_LOCAL, &f);
		sa_end(sa, &end);
	}
	return true;
}

/* --- proven --- */

void psk1_proven(struct exchange *x)
{
	struct ike_sa *sa = x->sa;
	const struct sealed *key = sa_psk(sa);
	struct peer_run *run = sa->run;

	if (!run || !key)
		return;
	bool is_first = !is_same(run->psk.proven, key->fingerprint);

	run->psk.answered = false;
	text_copy(run->psk.proven, sizeof(run->psk.proven), key->fingerprint);
	if (!are_two(sa))
		return;
	trace_step(x->e, x->negotiation, ' ', "the peer has the %s pre-shared key",
		   sa->psk_previous ? "previous" : "current");
	if (is_first && !sa->psk_previous)
		engine_tell(x->e, EVT_PSK_CHANGED, sa, NULL, R_OK,
			    "%s has the new pre-shared key of the secret %s: its rotation can end",
			    sa->peer->r.name, sa->peer->psk);
}

/* fail1.c - how a phase 1 ends without an SA
 *
 * Before the hashes nothing is proven, so a single odd message ends nothing: it is noted and the
 * exchange waits. An honest peer with another key or other proposals sends the same again, and is
 * believed the second time; a damaged or forged message is followed by a good one. When time runs
 * out, what was noted is the verdict, since it says more than "no answer".
 *
 * Called by v1.c, info1.c. Thread: loop. Owns: nothing.
 */
#include "core/ike/v1/fail1.h"

#include <stdio.h>
#include <string.h>

#include "core/ike/engine_tell.h"
#include "core/ike/trace.h"
#include "core/ike/v1/ask1.h"
#include "core/ike/v1/build1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/phase1.h"
#include "core/ike/v1/steps1.h"
#include "core/ike/within.h"
#include "core/model/peer.h"
#include "core/wire/notify.h"
#include "core/wire/sa1.h"

enum { STRIKES = 2 };

/* The peer did not prove who it is. */
static bool is_of_proof(enum reason r)
{
	switch (r) {
	case R_AUTH_FAILED:
	case R_BAD_HASH:
	case R_NO_CERTIFICATE:
	case R_UNTRUSTED:
	case R_CERT_EXPIRED:
	case R_CERT_REVOKED:
	case R_CERT_KEY:
	case R_CERT_ID:
	case R_BAD_SIGNATURE:
		return true;
	default:
		return false;
	}
}

static void tell_auth_failed(struct ike_sa *sa, const struct fault *f)
{
	if (sa->nobody)
		return;
	if (is_of_proof(f->reason) || f->reason == R_BAD_ID)
		engine_tell(sa->e, EVT_AUTH_FAILED, sa, NULL, f->reason, "%s", f->text);
}

/* The peer hears why, protected by keys it proved to share, or whose signature was looked at. */
static void tell_peer(struct exchange *x, const struct fault *f)
{
	int type = reason_notify1(f->reason);
	struct notify n = { .doi = SA1_DOI_IPSEC,
			    .protocol = PROTO_ISAKMP,
			    .type = (uint16_t)type,
			    .spi = slice(&x->sa->cky, sizeof(x->sa->cky)) };

	struct own1 *o = own1_of(x->sa);

	if (!o->proven && x->type == XCHG_MAIN && x->state == MM_VERIFYING) {
		/* unproven, but the same that we have keys with; its message was the last. In aggressive
		 * mode the answer would tell strangers which names are known */
		memcpy(o->iv, o->next_iv, sizeof(o->iv));
	} else if (!o->proven) {
		return;
	}
	if (type)
		build1_notify(x->sa, &n);
}

void fail1_end(struct exchange *x, enum story_side side, const struct fault *f)
{
	struct fault kept = *f;
	struct ike_sa *sa = x->sa;

	if (psk1_again(x))
		return;

	struct sa_end end = { .reason = kept.reason, .text = kept.text, .fault = &kept };

	if (side == SIDE_LOCAL)
		tell_peer(x, &kept);
	/* with its last message the responder believes to be up */
	end.notify = side == SIDE_LOCAL && sa->role == ROLE_INITIATOR;
	trace_fail(x->e, x->negotiation, side, &kept);
	tell_auth_failed(sa, &kept);
	sa_end(sa, &end);
}

/* What no other message could mend. */
static bool is_final(const struct ike_sa *sa, enum reason r)
{
	switch (r) {
	case R_NO_MEMORY:
	case R_CRYPTO:
	case R_INTERNAL:
	case R_NO_SECRET:
	case R_BUSY:
		return true;
	default:
		return own1_of(sa)->proven;
	}
}

/* A body that does not parse after deciphering is what another key looks like. */
static void in_words(const struct exchange *x, const struct fault *f, struct fault *ret)
{
	const struct own1 *o = own1_of(x->sa);
	bool garbage =
		f->reason == R_MALFORMED || f->reason == R_BAD_PAYLOAD || f->reason == R_UNEXPECTED;

	*ret = *f;
	if (!o->keyed || o->proven || !garbage || sign1_wanted(x->sa->peer))
		return;
	fail_field(
		ret, R_AUTH_FAILED, "psk",
		"the message of %s does not decipher with our key: the pre-shared keys differ; no "
		"message shows the peer's",
		x->sa->peer->r.name);
	snprintf(ret->hint, sizeof(ret->hint),
		 "Write the same pre-shared key at both ends (secret %s here)", x->sa->peer->psk);
}

static void count(struct engine *e, enum reason r)
{
	if (r == R_BUSY)
		e->counters.dropped_busy++;
	else if (r == R_UNEXPECTED)
		e->counters.dropped_unexpected++;
	else if (is_of_proof(r))
		e->counters.dropped_unauthenticated++;
	else
		e->counters.dropped_malformed++;
}

bool fail1_refuse(struct exchange *x, const struct fault *f)
{
	struct own1 *o = own1_of(x->sa);
	struct fault said;

	if (f->reason == R_BAD_FLAGS) {
		/* anybody can send in the clear, and a peer's own older messages come late */
		x->e->counters.dropped_unexpected++;
		return false;
	}
	if (ask1_is(x)) {
		/* the verdict is known already; a better answer may come until time runs out */
		count(x->e, f->reason);
		return false;
	}
	in_words(x, f, &said);
	count(x->e, said.reason);
	if (!o->noted)
		trace_step(x->e, x->negotiation, '<', "refused a message: %s", said.text);
	own1_note(x->sa, SIDE_LOCAL, &said);
	if (!is_final(x->sa, said.reason) && ++o->strikes < STRIKES)
		return false;
	fail1_end(x, SIDE_LOCAL, &said);
	return true;
}

void fail1_silence(struct exchange *x, enum reason r)
{
	struct own1 *o = own1_of(x->sa);
	struct fault f = { 0 };
	char addr[ADDR_TEXT];

	if (o->noted) {
		f = *o->noted;
		fail1_end(x, o->noted_side, &f);
		return;
	}
	addr_text_port(&x->sa->remote, addr);
	if (x->sa->natt && x->role == ROLE_INITIATOR) {
		/* it did answer on the port of IKE */
		fail_field(
			&f, r, "nat_traversal",
			"%s did not answer after we moved to the NAT-T port, while we %s; it did "
			"on the port of IKE before",
			addr, exchange_story(x));
		snprintf(f.hint, sizeof(f.hint),
			 "Open UDP port %u between the two, at the peer and on the way; without a "
			 "NAT "
			 "nat_traversal can be off",
			 (unsigned)x->sa->remote.port);
		fail1_end(x, SIDE_REMOTE, &f);
		return;
	}
	fail_field(&f, r, r == R_NO_ANSWER ? "remote_address" : "",
		   r == R_NO_ANSWER ? "%s did not answer while we %s"
				    : "%s did not go on; we stood at: %s",
		   addr, exchange_story(x));
	rival_sa_overtaken(x->sa, &f);
	fail1_end(x, SIDE_REMOTE, &f);
}

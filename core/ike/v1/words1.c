/* words1.c - what a peer's refusal means, in words
 *
 * A notify says little: which step it answers, what the peer offered or asked for before and how far we
 * had come often tell the member. What is inferred says so.
 *
 * Called by: info1.c.  Thread: loop.  Owns: nothing.
 */
#include <stdio.h>

#include "core/ike/child.h"
#include "core/ike/heard.h"
#include "core/ike/v1/fail1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/phase1.h"
#include "core/model/peer.h"
#include "core/wire/notify.h"

enum { WORDS = 120 };

/* What was agreed is taken back at once: the other end could not install it. */
void words1_took_back(const struct ike_sa *sa, const char *how, struct fault *ret)
{
	if (sa->peer->nat_traversal != NATT_OFF) {
		fail(ret, R_PEER_REFUSED,
		     "%s took back what both had agreed on %s: inferred that it could not install "
		     "it",
		     sa->peer->r.name, how);
		return;
	}
	fail_field(ret, R_PEER_REFUSED, "nat_traversal",
		   "%s took back what both had agreed on %s: inferred that it cannot carry ESP "
		   "without UDP; it would be in UDP if nat_traversal were not off here",
		   sa->peer->r.name, how);
	snprintf(ret->hint, sizeof(ret->hint),
		 "Set nat_traversal of the peer %s to auto or force, or see the log of the peer",
		 sa->peer->r.name);
}

static const char *mode_word(const struct ike_sa *sa)
{
	return sa->exchange_mode == MODE_AGGRESSIVE ? "aggressive" : "main";
}

static const char *other_mode(const struct ike_sa *sa)
{
	return sa->exchange_mode == MODE_AGGRESSIVE ? "main" : "aggressive";
}

/* In main mode nobody said so far who we are: the address has to do. */
static const char *known_as(const struct ike_sa *sa, char ret[ADDR_TEXT])
{
	return *sa->local_id ? sa->local_id : addr_text(&sa->local, ret);
}

/* Before there are keys no secret can have been judged: it is the mode, or who we are. Who is known by its
 * address cannot well be somebody else. */
static void too_early(const struct ike_sa *sa, const struct notify *n, struct fault *ret)
{
	char words[WORDS], addr[ADDR_TEXT];
	bool called = heard_called(sa);

	snprintf(words, sizeof(words), "%s refused our first message and says %s", sa->peer->r.name,
		 notify_word(n->type));
	ret->reason = R_AUTH_FAILED;
	if (heard_other_mode(sa, words, ret))
		return;
	if (called || sa->local_id_type != IDK_ADDRESS)
		fail_field(ret, R_AUTH_FAILED, "local_id",
			   "%s, before any key was used, not why; inferred that it does not know "
			   "us as %s%s%s; what it expects is in no message",
			   words, known_as(sa, addr), called ? "" : ", or else takes no mode but ",
			   called ? "" : other_mode(sa));
	else
		fail_field(
			ret, R_AUTH_FAILED, "exchange_mode",
			"%s, before any key was used, not why; inferred that it uses %s mode, we "
			"call in %s mode, or else that it does not know us as %s; what it has is "
			"in no message",
			words, other_mode(sa), mode_word(sa), known_as(sa, addr));
	snprintf(ret->hint, sizeof(ret->hint),
		 "Compare exchange_mode, and local_id with what the peer expects");
}

/* It judged our certificate, our signature and who we say we are, and names none of them. */
static void refused_proof(const struct ike_sa *sa, const struct notify *n, struct fault *ret)
{
	fail_field(ret, ret->reason, "certificate",
		   "%s does not accept our certificate %s, our signature or our identity %s: it "
		   "says %s",
		   sa->peer->r.name, sa->peer->certificate, sa->local_id, notify_word(n->type));
	snprintf(ret->hint, sizeof(ret->hint),
		 "The peer must trust the authority of the certificate and expect our local_id, "
		 "which must be the certificate's subject or an alternative name of it");
}

static bool is_of_proof(enum reason r)
{
	switch (r) {
	case R_AUTH_FAILED:
	case R_BAD_HASH:
	case R_NO_SECRET:
	case R_NO_CERTIFICATE:
	case R_UNTRUSTED:
	case R_BAD_SIGNATURE:
		return true;
	default:
		return false;
	}
}

/* c: whose quick mode it is, NULL for phase 1. False: the peer does not say why, nothing that it
 * said before tells, and it may be asked. */
bool words1_refusal(const struct ike_sa *sa, const struct child *c, const struct notify *n,
		    struct fault *ret)
{
	enum reason r = reason_of_notify1(n->type);
	const char *field = "";
	bool quick = c != NULL;

	if (r == R_CERT_EXPIRED)
		r = R_UNTRUSTED; /* INVALID-CERTIFICATE, in whatever way it is */
	if (r == R_NO_PROPOSAL)
		field = quick ? "ipsec_proposals" : "ike_proposals";
	else if (r == R_BAD_ID || r == R_NO_TUNNEL)
		field = quick ? "remote_ts" : "local_id";
	else if (!quick && !sign1_wanted(sa->peer) &&
		 (r == R_AUTH_FAILED || r == R_BAD_HASH || r == R_NO_SECRET))
		field = "psk"; /* with certificates, or once there is an IKE SA, it is something else */
	else if (r == R_BAD_KEY)
		field = quick ? "pfs_group" : "dh_group";
	if (!c && r == R_AUTH_FAILED && !own1_of(sa)->keyed) {
		too_early(sa, n, ret);
		return true;
	}
	fail_field(ret, r, field, "%s refused and says %s", sa->peer->r.name, notify_word(n->type));
	if (!c && sign1_wanted(sa->peer) && is_of_proof(r)) {
		refused_proof(sa, n, ret);
		return true;
	}

	struct fault said = *ret;
	return (c ? heard_refused_esp(sa, c, said.text, ret)
		  : heard_refused_ike(sa, said.text, ret)) ||
	       !heard_may_ask(sa->e);
}

/* Who can say so under our keys has our pre-shared key: what it refuses is who we are. */
void words1_proven(const struct ike_sa *sa, const struct notify *n, struct fault *ret)
{
	char words[WORDS];
	bool called = heard_called(sa);

	words1_refusal(sa, NULL, n, ret);
	if (ret->reason != R_AUTH_FAILED || sign1_wanted(sa->peer))
		return;
	snprintf(words, sizeof(words), "%s has our pre-shared key, but refused us and says %s",
		 sa->peer->r.name, notify_word(n->type));
	if (heard_other_mode(sa, words, ret))
		return;
	fail_field(ret, R_AUTH_FAILED, "local_id",
		   "%s, not why; inferred that it does not accept our identity %s%s%s%s; what it "
		   "expects is in no message",
		   words, sa->local_id, called ? "" : ", or else wants ",
		   called ? "" : other_mode(sa), called ? "" : " mode, or certificates");
	snprintf(ret->hint, sizeof(ret->hint),
		 "Set local_id of the peer %s to what it expects, or correct what it expects",
		 sa->peer->r.name);
}

void words1_ended(const struct ike_sa *sa, struct fault *ret)
{
	bool sig = sign1_wanted(sa->peer);

	fail_field(ret, R_AUTH_FAILED, sig ? "certificate" : "local_id",
		   "%s ended it at once, without a reason: inferred that it does not accept our "
		   "%sidentity %s%s; what it expects is in no message",
		   sa->peer->r.name, sig ? "certificate or our " : "", sa->local_id,
		   sig ? "" : " (it proved our pre-shared key)");
	snprintf(ret->hint, sizeof(ret->hint),
		 "Set local_id of the peer %s to what it expects%s, unless somebody ended it there",
		 sa->peer->r.name, sig ? ", and have it trust our authority" : "");
}

/* hints.c - register: what to do about a failed negotiation
 *
 * One row per reason and side that refused. Written for somebody who has to get a tunnel up and
 * sees one end of it only.
 *
 * Called by: trace.c.  Thread: any.  Owns: nothing.
 */
#include "core/ike/hints.h"

#include "core/base/own.h"

enum when { ALWAYS, BY_KEY, BY_RSA, PHASE2 };

struct row {
	enum reason reason;
	enum story_side side; /* SIDE_NONE: any */
	enum when when; /* authentication by pre-shared key, by signature, in phase 2 */
	const char *field; /* "" none, or whoever fails names it */
	const char *hint;
};

/* clang-format off */
static const struct row rows[] = {
	{ R_NO_PROPOSAL,  SIDE_LOCAL, ALWAYS,   "",                 "Add what the peer offers to a proposal here, or change the peer's to one of ours" },
	{ R_NO_PROPOSAL,  SIDE_REMOTE, ALWAYS,  "",                 "The peer accepts none of our proposals: compare them with its own, member by member" },
	{ R_AUTH_FAILED,  SIDE_NONE, PHASE2,    "",                 "One end takes what the other sends under this IKE SA for forged: reset it, so that both have the same keys again" },
	{ R_AUTH_FAILED,  SIDE_REMOTE, BY_RSA,  "certificate",      "The peer must trust the authority of our certificate and expect our local_id, which the certificate must name" },
	{ R_AUTH_FAILED,  SIDE_NONE, BY_RSA,    "certificate_domain", "Its certificate must come from an authority of the peer's certificate_domain and name the remote_id" },
	{ R_AUTH_FAILED,  SIDE_NONE, BY_KEY,    "psk",              "Write the same pre-shared key at both ends" },
	{ R_BAD_HASH,     SIDE_NONE, PHASE2,    "",                 "A message was damaged or forged on its way, or the ends have different keys: reset the IKE SA" },
	{ R_BAD_HASH,     SIDE_NONE, BY_RSA,    "certificate",      "What is signed is this hash: look at the certificate and its key at the end that signs, and at the clocks" },
	{ R_BAD_HASH,     SIDE_NONE, BY_KEY,    "psk",              "Write the same pre-shared key at both ends" },
	{ R_NO_CERTIFICATE, SIDE_LOCAL, ALWAYS, "certificate",      "Name a certificate of ours with its private key; the peer must send its own" },
	{ R_UNTRUSTED,    SIDE_LOCAL, ALWAYS,   "certificate_domain", "Make an authority of the certificate that signed the peer's, in the peer's certificate_domain" },
	{ R_CERT_EXPIRED, SIDE_LOCAL, ALWAYS,   "",                 "Have the certificate or the revocation list renewed, and look at the clocks of both ends" },
	{ R_CERT_REVOKED, SIDE_LOCAL, ALWAYS,   "",                 "The authority took the peer's certificate back: it needs a new one" },
	{ R_CERT_KEY,     SIDE_LOCAL, ALWAYS,   "",                 "The peer needs a certificate with an RSA key of 2048 to 8192 bits" },
	{ R_CERT_ID,      SIDE_LOCAL, ALWAYS,   "remote_id",        "The peer's identity must be its certificate's subject or one of its alternative names" },
	{ R_BAD_SIGNATURE, SIDE_LOCAL, ALWAYS,  "certificate",      "The peer signs with another key than its certificate's: look at its configuration" },
	{ R_NO_SECRET,    SIDE_LOCAL, ALWAYS,   "psk",              "Give the peer a psk, and the secret it names a value" },
	{ R_BAD_ID,       SIDE_LOCAL, ALWAYS,   "",                 "What the peer presents must mirror this end: remote_id says who it is, local_ts and remote_ts what it may ask for" },
	{ R_BAD_ID,       SIDE_REMOTE, ALWAYS,  "",                 "The peer expects another identity or other traffic selectors: compare both ends" },
	{ R_NO_PEER,      SIDE_LOCAL, ALWAYS,   "remote_address",   "If this caller is wanted, make a peer with its address as remote_address" },
	{ R_NO_TUNNEL,    SIDE_LOCAL, ALWAYS,   "",                 "Make local_ts and remote_ts of a tunnel mirror what the peer asks for" },
	{ R_NO_TUNNEL,    SIDE_REMOTE, ALWAYS,  "",                 "The peer knows no such traffic: local_ts and remote_ts must mirror its own" },
	{ R_TRAFFIC_TAKEN, SIDE_LOCAL, ALWAYS,  "remote_ts",        "Hosts behind one NAT look alike: give each ports or an inner address of its own (tunnel mode), or reset the other's SA if it is gone" },
	{ R_BAD_KEY,      SIDE_NONE, ALWAYS,    "",                 "Both ends must name the same Diffie-Hellman group, or both none" },
	{ R_BAD_NATOA,    SIDE_NONE, ALWAYS,    "mode",             "Use tunnel mode at both ends, which needs no original addresses" },
	{ R_MODE_REFUSED, SIDE_NONE, ALWAYS,    "",                 "Both ends must use an exchange mode that the other allows" },
	{ R_NO_ADDRESS,   SIDE_LOCAL, ALWAYS,   "remote_address",   "Check the name, and that this machine's name service answers" },
	{ R_NO_ANSWER,    SIDE_NONE, ALWAYS,    "remote_address",   "Check that the peer is reachable, runs, and that UDP ports 500 and 4500 are open between the two" },
	{ R_TIMED_OUT,    SIDE_NONE, ALWAYS,    "",                 "The peer fell silent halfway: look at its log, and whether large packets get through" },
	{ R_PEER_REFUSED, SIDE_REMOTE, ALWAYS,  "",                 "The peer's log says why it refused" },
	{ R_BUSY,         SIDE_LOCAL, ALWAYS,   "",                 "Too much is under way here; it is tried again by itself" },
	{ R_PLANE,        SIDE_LOCAL, ALWAYS,   "",                 "The data plane refused the SA: see the data plane and its reason on the status page" },
};
/* clang-format on */

static bool applies(const struct row *r, const struct hint_ask *a)
{
	if (r->reason != a->reason || (r->side != SIDE_NONE && r->side != a->refused_by))
		return false;
	return r->when == ALWAYS || r->when == (a->phase2 ? PHASE2 : a->rsa ? BY_RSA : BY_KEY);
}

static const struct row *find(const struct hint_ask *a)
{
	static const struct row none = { .field = "", .hint = "" };

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (applies(&rows[i], a))
			return &rows[i];
	return &none;
}

const char *hints_field(const struct hint_ask *a)
{
	return find(a)->field;
}

const char *hints_for(const struct hint_ask *a)
{
	return find(a)->hint;
}

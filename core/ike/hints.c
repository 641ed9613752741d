/* hints.c - register: what to do about a failed negotiation
 *
 * One row per reason and side that refused. Written for somebody who has to get a tunnel up and
 * sees one end of it only.
 *
 * Called by: trace.c.  Thread: any.  Owns: nothing.
 */
#include "core/ike/hints.h"

#include "core/base/own.h"

struct row {
	enum reason reason;
	enum story_side side; /* SIDE_NONE: any */
	const char *field; /* "" none, or whoever fails names it */
	const char *hint;
};

/* clang-format off */
static const struct row rows[] = {
	{ R_NO_PROPOSAL,  SIDE_LOCAL,   "",                 "Add what the peer offers to a proposal here, or change the peer's to one of ours" },
	{ R_NO_PROPOSAL,  SIDE_REMOTE,  "",                 "The peer accepts none of our proposals: compare them with its own, member by member" },
	{ R_AUTH_FAILED,  SIDE_NONE,    "psk",              "Write the same pre-shared key at both ends" },
	{ R_BAD_HASH,     SIDE_NONE,    "psk",              "Write the same pre-shared key at both ends" },
	{ R_NO_CERTIFICATE, SIDE_LOCAL, "certificate",      "Name a certificate of ours with its private key; the peer must send its own" },
	{ R_UNTRUSTED,    SIDE_LOCAL,   "certificate_domain", "Make an authority of the certificate that signed the peer's, in the peer's certificate_domain" },
	{ R_CERT_EXPIRED, SIDE_LOCAL,   "",                 "Have the certificate or the revocation list renewed, and look at the clocks of both ends" },
	{ R_CERT_REVOKED, SIDE_LOCAL,   "",                 "The authority took the peer's certificate back: it needs a new one" },
	{ R_CERT_KEY,     SIDE_LOCAL,   "",                 "The peer needs a certificate with an RSA key of 2048 to 8192 bits" },
	{ R_CERT_ID,      SIDE_LOCAL,   "remote_id",        "The peer's identity must be its certificate's subject or one of its alternative names" },
	{ R_BAD_SIGNATURE, SIDE_LOCAL,  "certificate",      "The peer signs with another key than its certificate's: look at its configuration" },
	{ R_NO_SECRET,    SIDE_LOCAL,   "psk",              "Give the peer a psk, and the secret it names a value" },
	{ R_BAD_ID,       SIDE_LOCAL,   "",                 "What the peer presents must mirror this end: remote_id says who it is, local_ts and remote_ts what it may ask for" },
	{ R_BAD_ID,       SIDE_REMOTE,  "",                 "The peer expects another identity or other traffic selectors: compare both ends" },
	{ R_NO_PEER,      SIDE_LOCAL,   "remote_address",   "If this caller is wanted, make a peer with its address as remote_address" },
	{ R_NO_TUNNEL,    SIDE_LOCAL,   "",                 "Make local_ts and remote_ts of a tunnel mirror what the peer asks for" },
	{ R_NO_TUNNEL,    SIDE_REMOTE,  "",                 "The peer knows no such traffic: local_ts and remote_ts must mirror its own" },
	{ R_BAD_KEY,      SIDE_NONE,    "",                 "Both ends must name the same Diffie-Hellman group, or both none" },
	{ R_BAD_NATOA,    SIDE_NONE,    "mode",             "Use tunnel mode at both ends, which needs no original addresses" },
	{ R_MODE_REFUSED, SIDE_NONE,    "",                 "Both ends must use an exchange mode that the other allows" },
	{ R_NO_ADDRESS,   SIDE_LOCAL,   "remote_address",   "Check the name, and that this machine's name service answers" },
	{ R_NO_ANSWER,    SIDE_NONE,    "remote_address",   "Check that the peer is reachable, runs, and that UDP ports 500 and 4500 are open between the two" },
	{ R_TIMED_OUT,    SIDE_NONE,    "",                 "The peer fell silent halfway: look at its log, and whether large packets get through" },
	{ R_PEER_REFUSED, SIDE_REMOTE,  "",                 "The peer's log says why it refused" },
	{ R_BUSY,         SIDE_LOCAL,   "",                 "Too much is under way here; it is tried again by itself" },
	{ R_PLANE,        SIDE_LOCAL,   "",                 "The data plane refused the SA: see the data plane and its reason on the status page" },
};
/* clang-format on */

static const struct row *find(enum reason r, enum story_side refused_by)
{
	static const struct row none = { .field = "", .hint = "" };

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].reason == r &&
		    (rows[i].side == SIDE_NONE || rows[i].side == refused_by))
			return &rows[i];
	return &none;
}

const char *hints_field(enum reason r, enum story_side refused_by)
{
	return find(r, refused_by)->field;
}

const char *hints_for(enum reason r, enum story_side refused_by)
{
	return find(r, refused_by)->hint;
}

/* rules_pki.c - rules of certificates, their keys, authorities, and the peers that rest on them
 *
 * Facts were read from the texts before (core/daemon/inspect.c); here they only have to fit. A
 * peer names its authorities by domain, not one by one, so a change of an authority looks at
 * all peers once.
 *
 * Called by: rules.c through its tables.  Thread: loop (any: it keeps nothing).  Owns: nothing.
 */
#include <stddef.h>
#include <string.h>

#include "core/model/peer.h"
#include "core/model/pki.h"
#include "core/model/proposal.h"
#include "core/model/ruling.h"

enum { SOON_DAYS = 30, DAY_S = 86400 };

static void key_matches(struct ruling *r, const struct record *rec)
{
	const struct certificate *c = (const void *)rec;
	const struct private_key *k =
		c->private_key[0] ? config_private_key(r->after, c->private_key) : NULL;

	if (k && k->public_key[0] && c->facts.public_key[0] &&
	    strcmp(k->public_key, c->facts.public_key) != 0)
		rules_break(r, RULE_KEY_MATCHES, rec, offsetof(struct certificate, private_key),
			    "Name the key the certificate was requested with",
			    "certificate %s: private key %s belongs to another certificate",
			    rec->name, c->private_key);
}

/* A record that was just written knows what time it is. */
static void expiry(struct ruling *r, const struct record *rec)
{
	uint64_t end = pki_not_after_s(rec), now = (uint64_t)rec->changed_s;
	size_t at = rec->kind == K_CERTIFICATE ? offsetof(struct certificate, pem)
					       : offsetof(struct authority, pem);

	if (!end)
		return;
	if (end <= now)
		rules_break(r, RULE_PKI_EXPIRED, rec, at, "Have it renewed",
			    "%s %s has expired: negotiations will fail", kind_row(rec->kind)->word,
			    rec->name);
	else if (end - now < (uint64_t)SOON_DAYS * DAY_S)
		rules_break(r, RULE_PKI_EXPIRES, rec, at, "Have it renewed in time",
			    "%s %s expires in %llu days", kind_row(rec->kind)->word, rec->name,
			    (unsigned long long)((end - now) / DAY_S));
}

static void certificate_needed(struct ruling *r, const struct record *rec)
{
	const struct peer *p = (const void *)rec;
	const struct certificate *c =
		p->certificate[0] ? config_certificate(r->after, p->certificate) : NULL;

	if (p->auth_local != PEER_AUTH_RSA)
		return;
	if (!p->certificate[0])
		rules_break(r, RULE_CERTIFICATE_NEEDED, rec, offsetof(struct peer, certificate),
			    "Name a certificate of ours that has a private key",
			    "peer %s signs with RSA, but certificate names none", rec->name);
	else if (c && !c->private_key[0])
		rules_break(r, RULE_CERTIFICATE_NEEDED, rec, offsetof(struct peer, certificate),
			    "Name its key in private_key of the certificate",
			    "peer %s signs with RSA, but certificate %s has no private key",
			    rec->name, p->certificate);
}

/* The method is one attribute of the proposal (RFC 2409 appendix A): both ends use the same. */
static void auth_alike(struct ruling *r, const struct record *rec)
{
	const struct peer *p = (const void *)rec;

	if (p->auth_local != p->auth_remote)
		rules_break(r, RULE_AUTH_ALIKE, rec, offsetof(struct peer, auth_remote),
			    "Set auth.local and auth.remote to the same",
			    "peer %s: auth.remote must be the same as auth.local, IKEv1 has one "
			    "method for both ends",
			    rec->name);
}

static bool has_authority(const struct config *c, const char *domain)
{
	for (size_t i = 0; i < config_count(c, K_AUTHORITY); i++)
		if (authority_serves((const void *)config_at(c, K_AUTHORITY, i), domain))
			return true;
	return false;
}

static void authority_needed(struct ruling *r, const struct record *rec)
{
	const struct peer *p = (const void *)rec;

	if (p->auth_remote == PEER_AUTH_RSA && !has_authority(r->after, p->certificate_domain))
		rules_break(r, RULE_AUTHORITY_NEEDED, rec,
			    offsetof(struct peer, certificate_domain),
			    "Make an authority with that domain, or name the domain of one",
			    "peer %s signs with RSA, but there is no authority%s%s", rec->name,
			    p->certificate_domain[0] ? " in domain " : "", p->certificate_domain);
}

static void authorities_needed(struct ruling *r)
{
	for (size_t i = 0; i < config_count(r->after, K_PEER); i++)
		authority_needed(r, config_at(r->after, K_PEER, i));
}

static bool is_rsa(const struct ike_proposal *p)
{
	return p && p->authentication_method == AUTH_RSA_SIG;
}

static bool system_has_rsa(const struct config *c)
{
	for (size_t i = 0; i < config_count(c, K_IKE_PROPOSAL); i++) {
		const struct ike_proposal *p = (const void *)config_at(c, K_IKE_PROPOSAL, i);

		if (is_rsa(p) && (p->system || p->builtin))
			return true;
	}
	return false;
}

/* The method is an attribute of the proposal: one of another method is not even offered to this peer. */
static void rsa_proposal(struct ruling *r, const struct record *rec)
{
	const struct peer *p = (const void *)rec;
	bool called = system_has_rsa(r->after), calls = called && p->ike_proposals_n == 0;

	if (p->auth_local != PEER_AUTH_RSA || p->auth_remote != PEER_AUTH_RSA)
		return;
	for (size_t i = 0; i < p->ike_proposals_n; i++)
		calls = calls || is_rsa(config_ike_proposal(r->after, p->ike_proposals[i]));
	if (!calls || !called)
		rules_break(r, RULE_RSA_PROPOSAL, rec, offsetof(struct peer, ike_proposals),
			    "Make an IKE proposal with authentication_method rsa-sig",
			    "peer %s signs with RSA, but %s has the method rsa-sig: %s", rec->name,
			    called ? "none of its IKE proposals" : "no IKE proposal of the system",
			    calls    ? "it cannot call us"
			    : called ? "it cannot be called"
				     : "nothing can be negotiated with it");
}

static void rsa_proposals(struct ruling *r)
{
	for (size_t i = 0; i < config_count(r->after, K_PEER); i++)
		rsa_proposal(r, config_at(r->after, K_PEER, i));
}

const struct check rules_of_pki[] = {
	{ RULE_KEY_MATCHES, K_CERTIFICATE, ON(K_PRIVATE_KEY), key_matches },
	{ RULE_PKI_EXPIRES, K_CERTIFICATE, 0, expiry },
	{ RULE_PKI_EXPIRES, K_AUTHORITY, 0, expiry },
	{ RULE_AUTH_ALIKE, K_PEER, 0, auth_alike },
	{ RULE_CERTIFICATE_NEEDED, K_PEER, ON(K_CERTIFICATE), certificate_needed },
	{ RULE_AUTHORITY_NEEDED, K_PEER, 0, authority_needed },
	{ RULE_RSA_PROPOSAL, K_PEER, 0, rsa_proposal },
	{ .record = NULL },
};

const struct sweep rules_sweeps_of_pki[] = {
	{ RULE_AUTHORITY_NEEDED, K_AUTHORITY, authorities_needed },
	{ RULE_RSA_PROPOSAL, K_IKE_PROPOSAL, rsa_proposals },
	{ .all = NULL },
};

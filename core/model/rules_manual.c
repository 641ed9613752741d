/* rules_manual.c - rules of tunnels with manual keys
 *
 * What a negotiation would settle must stand in the record: SPIs, keys, one proposal, one pair of
 * selectors, one address of the peer.
 *
 * Called by: rules.c, through its tables.  Thread: any.  Owns: nothing.
 * Not here: whether the keys have the right length, since only the daemon can open them
 * (core/ike/manual_keys.c).
 */
#include "core/model/ruling.h"

#include <stdlib.h>

#include "core/base/hash.h"
#include "core/model/alg.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"
#include "core/model/tunnel.h"

#define MEMBER(m) offsetof(struct tunnel, m)

bool rules_only_manual(const struct config *c, const char *peer)
{
	const struct tunnel *at[64]; /* more of one peer are taken for negotiated ones */
	size_t n = config_tunnels_of(c, peer, at, COUNT_OF(at));

	for (size_t i = 0; i < n; i++)
		if (at[i]->keying != KEYING_MANUAL || i + 1 == COUNT_OF(at))
			return false;
	return n > 0;
}

/* A peer without a key had only tunnels with manual keys until now. */
static void peer_has_key(struct ruling *r, const struct record *rec)
{
	const struct tunnel *t = (const void *)rec;
	const struct peer *p = config_peer(r->after, t->peer);

	if (p && t->keying == KEYING_ISAKMP && p->auth_local == PEER_AUTH_PSK && !p->psk[0] &&
	    !rules_is_touched(r, &p->r))
		rules_break(r, RULE_PSK_NEEDED, rec, MEMBER(peer), "Give that peer a psk",
			    "tunnel %s is negotiated with peer %s, which names no pre-shared key",
			    rec->name, t->peer);
}

static void keying_fixed(struct ruling *r, const struct record *rec)
{
	const struct tunnel *t = (const void *)rec, *was = config_tunnel(r->before, rec->name);

	if (was && was->keying != t->keying)
		rules_break(r, RULE_KEYING_FIXED, rec, MEMBER(keying),
			    "Delete the tunnel and make it again",
			    "tunnel %s was made with %s keys, and that stays", rec->name,
			    was->keying == KEYING_MANUAL ? "manual" : "negotiated");
}

static void lacks(struct ruling *r, const struct record *rec, size_t member, const char *hint,
		  const char *what)
{
	rules_break(r, RULE_MANUAL_NEEDS, rec, member, hint, "tunnel %s has manual keys and %s",
		    rec->name, what);
}

static void lacks_keys(struct ruling *r, const struct tunnel *t)
{
	const char *spi = "The other end's spi_in is our spi_out, and the reverse";
	const char *key = "Name a secret; the other end's key_in is our key_out, and the reverse";

	if (!t->manual_spi_in)
		lacks(r, &t->r, MEMBER(manual_spi_in), spi, "no SPI to receive with");
	if (!t->manual_spi_out)
		lacks(r, &t->r, MEMBER(manual_spi_out), spi, "no SPI to send with");
	if (!*t->manual_key_in)
		lacks(r, &t->r, MEMBER(manual_key_in), key, "no keys to receive with");
	if (!*t->manual_key_out)
		lacks(r, &t->r, MEMBER(manual_key_out), key, "no keys to send with");
}

static void manual_needs(struct ruling *r, const struct record *rec)
{
	const struct tunnel *t = (const void *)rec;
	const struct peer *p = config_peer(r->after, t->peer);

	if (t->keying != KEYING_MANUAL)
		return;
	lacks_keys(r, t);
	if (t->ipsec_proposals_n > 1)
		lacks(r, rec, MEMBER(ipsec_proposals), "Name one",
		      "several proposals, between which nobody can choose");
	if ((t->local_ts_n > 1 || t->remote_ts_n > 1) && !t->aggregation)
		lacks(r, rec, t->local_ts_n > 1 ? MEMBER(local_ts) : MEMBER(remote_ts),
		      "Set aggregation, or make one tunnel for each pair",
		      "several pairs of traffic selectors, but keys for one pair of SAs");
	if (t->from_template)
		lacks(r, rec, MEMBER(from_template), "Set it to false",
		      "comes from a template, which waits for callers: none will call");
	if (p && rules_remote_sort(p) != REMOTE_HOST)
		lacks(r, rec, MEMBER(peer), "Give that peer one address",
		      "a peer without a single remote address");
}

/* RFC 4106 section 2: a counter that begins anew with the same key tells the plain text. */
static void manual_aead(struct ruling *r, const struct record *rec)
{
	const struct tunnel *t = (const void *)rec;

	for (size_t i = 0; t->keying == KEYING_MANUAL && i < t->ipsec_proposals_n; i++) {
		const struct ipsec_proposal *p =
			config_ipsec_proposal(r->after, t->ipsec_proposals[i]);

		if (!p || !alg_encr((enum encr)p->encryption_algorithm)->icv)
			continue;
		rules_break(
			r, RULE_MANUAL_AEAD, rec, MEMBER(ipsec_proposals),
			"Use a proposal with aes-cbc and an integrity algorithm",
			"tunnel %s has manual keys, and proposal %s a counter mode that must never "
			"see a key twice",
			rec->name, p->r.name);
	}
}

static void spi_unique(struct ruling *r)
{
	size_t n = config_count(r->after, K_TUNNEL);
	own(hash) seen = hash_new();
	bool ok = seen;

	for (size_t i = 0; ok && i < n; i++) {
		const struct tunnel *t = (const void *)config_at(r->after, K_TUNNEL, i), *other;
		struct slice key = slice(&t->manual_spi_in, sizeof(t->manual_spi_in));

		if (t->keying != KEYING_MANUAL || !t->manual_spi_in)
			continue;
		other = hash_find(seen, key);
		if (!other) {
			hash_put(seen, key, (void *)(uintptr_t)t, &ok);
			continue;
		}
		rules_break(r, RULE_MANUAL_SPI, rules_is_touched(r, &t->r) ? &t->r : &other->r,
			    MEMBER(manual_spi_in), "Give each tunnel an SPI of its own",
			    "tunnels %s and %s both receive with SPI %08x", other->r.name,
			    t->r.name, (unsigned)t->manual_spi_in);
	}
	if (!ok)
		r->no_memory = true;
}

const struct check rules_of_manual[] = {
	{ RULE_PSK_NEEDED, K_TUNNEL, 0, peer_has_key },
	{ RULE_KEYING_FIXED, K_TUNNEL, 0, keying_fixed },
	{ RULE_MANUAL_NEEDS, K_TUNNEL, ON(K_PEER), manual_needs },
	{ RULE_MANUAL_AEAD, K_TUNNEL, ON(K_IPSEC_PROPOSAL), manual_aead },
	{ .record = NULL },
};

const struct sweep rules_sweeps_of_manual[] = {
	{ RULE_MANUAL_SPI, K_TUNNEL, spi_unique },
	{ .all = NULL },
};

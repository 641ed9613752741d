/* rules_proposal.c - rules of IKE and IPsec proposals
 *
 * Algorithms come in three tiers (alg.def): current, weak, broken. A record may name a weak or
 * broken one only if it says allow_weak itself; it is then accepted and warned about.
 *
 * Called by: rules.c, through its tables.  Thread: any.  Owns: nothing.
 */
#include "core/model/ruling.h"

#include "core/model/alg.h"
#include "core/model/exception.h"
#include "core/model/proposal.h"

enum { SHORT_LIFETIME = 600 };

/* One algorithm of a record: what it is called, how good it is, where it stands. */
struct choice {
	const char *name;
	enum tier tier;
	size_t member;
};

enum { CHOICES = 4 + FURTHER_EXCHANGES };

static size_t ike_choices(const struct ike_proposal *p, struct choice ret[CHOICES])
{
	const struct encr_row *e = alg_encr((enum encr)p->encryption_algorithm);
	const struct integ_row *i = alg_integ((enum integ)p->integrity_algorithm);
	const struct integ_row *prf = alg_integ((enum integ)p->prf_algorithm);
	const struct group_row *g = alg_group((enum group)p->dh_group);
	size_t n = 4;

	ret[0] = (struct choice){ e->name, e->tier,
				  offsetof(struct ike_proposal, encryption_algorithm) };
	ret[1] = (struct choice){ i->name, i->tier,
				  offsetof(struct ike_proposal, integrity_algorithm) };
	ret[2] = (struct choice){ g->name, g->tier, offsetof(struct ike_proposal, dh_group) };
	ret[3] = (struct choice){ prf->name, prf->tier,
				  offsetof(struct ike_proposal, prf_algorithm) };
	for (size_t k = 0; k < p->additional_key_exchanges_n; k++) {
		g = alg_group(alg_group_of_name(p->additional_key_exchanges[k]));
		ret[n++] =
			(struct choice){ g->name, g->tier,
					 offsetof(struct ike_proposal, additional_key_exchanges) };
	}
	return n;
}

static size_t ipsec_choices(const struct ipsec_proposal *p, struct choice ret[CHOICES])
{
	const struct encr_row *e = alg_encr((enum encr)p->encryption_algorithm);
	const struct integ_row *i = alg_integ((enum integ)p->integrity_algorithm);
	const struct group_row *g = alg_group((enum group)p->pfs_group);

	ret[0] = (struct choice){ e->name, e->tier,
				  offsetof(struct ipsec_proposal, encryption_algorithm) };
	ret[1] = (struct choice){ i->name, i->tier,
				  offsetof(struct ipsec_proposal, integrity_algorithm) };
	ret[2] = (struct choice){ g->name, g->tier, offsetof(struct ipsec_proposal, pfs_group) };
	return 3;
}

/* A rule that refuses, or, where the record or an exception permits it, the one that only says so. */
static void say_weak(struct ruling *r, enum rule rule, const struct record *rec,
		     const struct choice *c, size_t n)
{
	const struct exception *x =
		exception_for(r->after, rec, EXCEPTION_WEAK_ALGORITHM, r->now_s);
	char text[EXCEPTION_TEXT];

	if (x && rule == RULE_PROPOSAL_WEAK)
		rule = RULE_PROPOSAL_WEAK_USED;
	if (x && rule == RULE_IPSEC_WEAK)
		rule = RULE_IPSEC_WEAK_USED;
	for (size_t i = 0; i < n; i++) {
		if (c[i].tier == TIER_CURRENT)
			continue;
		if (x)
			rules_break(r, rule, rec, c[i].member, x->reason,
				    "%s %s uses %s, which is %s: %s", kind_row(rec->kind)->word,
				    rec->name, c[i].name, tier_word(c[i].tier),
				    exception_text(x, text));
		else if (rule == RULE_PROPOSAL_WEAK || rule == RULE_IPSEC_WEAK)
			rules_break(r, rule, rec, c[i].member,
				    "Choose a current algorithm, say allow_weak: true, or make an "
				    "exception",
				    "%s %s: %s is %s", kind_row(rec->kind)->word, rec->name,
				    c[i].name, tier_word(c[i].tier));
		else
			rules_break(r, rule, rec, c[i].member,
				    "Move the peer to a current algorithm as soon as it can",
				    "%s %s uses %s, which is %s", kind_row(rec->kind)->word,
				    rec->name, c[i].name, tier_word(c[i].tier));
	}
}

static void proposal_weak(struct ruling *r, const struct record *rec)
{
	const struct ike_proposal *p = (const void *)rec;
	struct choice c[CHOICES];

	size_t n = ike_choices(p, c);
	if (!p->builtin)
		say_weak(r, p->allow_weak ? RULE_PROPOSAL_WEAK_USED : RULE_PROPOSAL_WEAK, rec, c,
			 n);
}

static void ipsec_weak(struct ruling *r, const struct record *rec)
{
	const struct ipsec_proposal *p = (const void *)rec;
	struct choice c[CHOICES];

	size_t n = ipsec_choices(p, c);
	say_weak(r, p->allow_weak ? RULE_IPSEC_WEAK_USED : RULE_IPSEC_WEAK, rec, c, n);
}

/* The manual's own default (DES, SHA-1, group 1) is weak whoever asks for it. */
static void comware_default(struct ruling *r, const struct record *rec)
{
	const struct settings_ike *s = (const void *)rec;

	if (s->comware_default_proposal)
		rules_break(
			r, RULE_PROPOSAL_WEAK_USED, rec,
			offsetof(struct settings_ike, comware_default_proposal),
			"Use it only while a peer knows nothing else",
			"the default proposal becomes des-cbc, sha1 and modp768, which is broken");
}

static void say_key(struct ruling *r, enum rule rule, const struct record *rec, size_t member,
		    unsigned bits)
{
	const struct encr_row *e = alg_encr((enum encr)(
		rec->kind == K_IKE_PROPOSAL
			? ((const struct ike_proposal *)(const void *)rec)->encryption_algorithm
			: ((const struct ipsec_proposal *)(const void *)rec)
				  ->encryption_algorithm));

	rules_break(r, rule, rec, member, e->variable ? "128, 192 or 256" : "Leave key_length at 0",
		    "%s %s: %s has no key of %u bits", kind_row(rec->kind)->word, rec->name,
		    e->name, bits);
}

static void proposal_key(struct ruling *r, const struct record *rec)
{
	const struct ike_proposal *p = (const void *)rec;

	if (!alg_key_bits_fit((enum encr)p->encryption_algorithm, p->key_length))
		say_key(r, RULE_PROPOSAL_KEY, rec, offsetof(struct ike_proposal, key_length),
			p->key_length);
}

static void ipsec_key(struct ruling *r, const struct record *rec)
{
	const struct ipsec_proposal *p = (const void *)rec;

	if (!alg_key_bits_fit((enum encr)p->encryption_algorithm, p->key_length))
		say_key(r, RULE_IPSEC_KEY, rec, offsetof(struct ipsec_proposal, key_length),
			p->key_length);
}

static void ipsec_aead(struct ruling *r, const struct record *rec)
{
	const struct ipsec_proposal *p = (const void *)rec;
	const struct encr_row *e = alg_encr((enum encr)p->encryption_algorithm);
	size_t member = offsetof(struct ipsec_proposal, integrity_algorithm);

	if (e->icv && p->integrity_algorithm != INTEG_NONE)
		rules_break(
			r, RULE_IPSEC_AEAD, rec, member, "Set integrity_algorithm to none",
			"IPsec proposal %s: %s authenticates by itself, %s has no place beside it",
			rec->name, e->name, alg_integ((enum integ)p->integrity_algorithm)->name);
	if (!e->icv && p->integrity_algorithm == INTEG_NONE)
		rules_break(r, RULE_IPSEC_AEAD, rec, member,
			    "Name an integrity algorithm, or use aes-gcm",
			    "IPsec proposal %s: %s does not authenticate, so it needs an integrity "
			    "algorithm",
			    rec->name, e->name);
}

static void proposal_short(struct ruling *r, const struct record *rec)
{
	const struct ike_proposal *p = (const void *)rec;

	if (p->lifetime_seconds < SHORT_LIFETIME)
		rules_break(r, RULE_PROPOSAL_SHORT, rec,
			    offsetof(struct ike_proposal, lifetime_seconds), "600 seconds or more",
			    "IKE proposal %s: a lifetime of %u seconds renegotiates very often, "
			    "which takes time",
			    rec->name, p->lifetime_seconds);
}

/* Listings are sorted by number, so the same number is next door. */
static void proposal_number(struct ruling *r)
{
	const struct ike_proposal *last = NULL;

	for (size_t i = 0; i < config_count(r->after, K_IKE_PROPOSAL); i++) {
		const struct ike_proposal *p = (const void *)config_at(r->after, K_IKE_PROPOSAL, i);

		if (last && last->number == p->number &&
		    (rules_is_touched(r, &p->r) || rules_is_touched(r, &last->r)))
			rules_break(r, RULE_PROPOSAL_NUMBER, &p->r,
				    offsetof(struct ike_proposal, number),
				    "Give one of them a number of its own, the smaller the sooner",
				    "number %u belongs to both %s and %s: it is the priority of an "
				    "IKE proposal and names it",
				    p->number, last->r.name, p->r.name);
		last = p;
	}
}

const struct check rules_of_proposals[] = {
	{ RULE_PROPOSAL_WEAK, K_IKE_PROPOSAL, ON(K_EXCEPTION), proposal_weak },
	{ RULE_PROPOSAL_WEAK_USED, K_SETTINGS_IKE, 0, comware_default },
	{ RULE_PROPOSAL_KEY, K_IKE_PROPOSAL, 0, proposal_key },
	{ RULE_PROPOSAL_SHORT, K_IKE_PROPOSAL, 0, proposal_short },
	{ RULE_IPSEC_WEAK, K_IPSEC_PROPOSAL, ON(K_EXCEPTION), ipsec_weak },
	{ RULE_IPSEC_KEY, K_IPSEC_PROPOSAL, 0, ipsec_key },
	{ RULE_IPSEC_AEAD, K_IPSEC_PROPOSAL, 0, ipsec_aead },
	{ .record = NULL },
};

const struct sweep rules_sweeps_of_proposals[] = {
	{ RULE_PROPOSAL_NUMBER, K_IKE_PROPOSAL, proposal_number },
	{ .all = NULL },
};

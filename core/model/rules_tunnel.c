/* rules_tunnel.c - rules of tunnels: selectors, proposals, order, who may start
 *
 * Overlaps are looked for once per change, over an index of all remote selectors sorted by
 * their first address (at a hub the remote ones tell tunnels apart best). Each touched tunnel
 * looks back from the end of its own range, and stops where no earlier range reaches it. The
 * work of one change is bounded: it is a warning, and must not stop the loop.
 *
 * Called by: rules.c, through its tables.  Thread: any.  Owns: nothing.
 */
#include "core/model/ruling.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"
#include "core/model/tunnel.h"

#define MEMBER(m) offsetof(struct tunnel, m)

enum { COMPARED_MOST = 100000 };

/* ---- one tunnel ---- */

static void tunnel_ts(struct ruling *r, const struct record *rec)
{
	const struct tunnel *t = (const void *)rec;

	if (!t->local_ts_n)
		rules_break(r, RULE_TUNNEL_TS, rec, MEMBER(local_ts), "For example 10.1.0.0/24",
			    "tunnel %s has no local traffic selector", rec->name);
	if (!t->remote_ts_n)
		rules_break(r, RULE_TUNNEL_TS, rec, MEMBER(remote_ts), "For example 10.2.0.0/24",
			    "tunnel %s has no remote traffic selector", rec->name);
}

static const char *selector_at(const struct tunnel *t, size_t i)
{
	return i < t->local_ts_n ? t->local_ts[i] : t->remote_ts[i - t->local_ts_n];
}

static void tunnel_family(struct ruling *r, const struct record *rec)
{
	const struct tunnel *t = (const void *)rec;
	const char *first = NULL;
	uint8_t family = 0;

	for (size_t i = 0; i < (size_t)t->local_ts_n + t->remote_ts_n; i++) {
		struct selector s;

		if (!selector_read(selector_at(t, i), &s))
			continue;
		if (!first) {
			first = selector_at(t, i);
			family = s.range.low.family;
		} else if (s.range.low.family != family) {
			rules_break(r, RULE_TUNNEL_FAMILY, rec,
				    i < t->local_ts_n ? MEMBER(local_ts) : MEMBER(remote_ts),
				    "Make one tunnel for IPv4 and one for IPv6",
				    "tunnel %s: %s and %s are of different address families",
				    rec->name, first, selector_at(t, i));
			return;
		}
	}
}

static void tunnel_proposals(struct ruling *r, const struct record *rec)
{
	const struct tunnel *t = (const void *)rec;

	if (!t->ipsec_proposals_n)
		rules_break(r, RULE_TUNNEL_PROPOSALS, rec, MEMBER(ipsec_proposals),
			    "Name one IPsec proposal or more, the best first",
			    "tunnel %s has no IPsec proposal", rec->name);
}

static void tunnel_pfs(struct ruling *r, const struct record *rec)
{
	const struct tunnel *t = (const void *)rec;
	const struct ipsec_proposal *first = NULL;

	for (size_t i = 0; i < t->ipsec_proposals_n; i++) {
		const struct ipsec_proposal *p =
			config_ipsec_proposal(r->after, t->ipsec_proposals[i]);

		if (!p)
			continue;
		if (!first)
			first = p;
		if (p->pfs_group == first->pfs_group)
			continue;
		rules_break(
			r, RULE_TUNNEL_PFS, rec, MEMBER(ipsec_proposals),
			"Give all its proposals one pfs_group",
			"tunnel %s: proposal %s says PFS group %s and %s says %s, but quick mode "
			"carries one key exchange",
			rec->name, first->r.name, alg_group((enum group)first->pfs_group)->name,
			p->r.name, alg_group((enum group)p->pfs_group)->name);
		return;
	}
}

static void template_never_starts(struct ruling *r, const struct record *rec)
{
	const struct tunnel *t = (const void *)rec;

	if (t->from_template && t->start_action == START_NOW)
		rules_break(r, RULE_TUNNEL_START, rec, MEMBER(start_action), "Use none",
			    "tunnel %s comes from a template, which never initiates: start_action "
			    "must not be start",
			    rec->name);
}

static void peer_cannot_start(struct ruling *r, const struct record *rec)
{
	const struct tunnel *t = (const void *)rec;
	const struct peer *p = config_peer(r->after, t->peer);
	enum remote_sort sort = p ? rules_remote_sort(p) : REMOTE_HOST;

	if (t->from_template || t->start_action == START_NONE || sort == REMOTE_HOST ||
	    sort == REMOTE_NAME)
		return;
	rules_break(
		r, RULE_TUNNEL_CANNOT_START, rec, MEMBER(start_action),
		"Set start_action to none, the peer has to start",
		"tunnel %s cannot be started by this end: peer %s has %s%.60s%s as remote address",
		rec->name, t->peer, sort == REMOTE_NONE ? "nothing" : "\"",
		sort == REMOTE_NONE ? "" : p->remote_address, sort == REMOTE_NONE ? "" : "\"");
}

/* One end of a transport mode tunnel: single addresses, and the tunnel's own where known. */
static bool is_own_host(const char *selector, const char *own)
{
	struct addr addr = { 0 };
	struct selector s;

	if (!selector_read(selector, &s))
		return true; /* its own member's fault */
	if (!addr_equal(&s.range.low, &s.range.high))
		return false;
	return !addr_read(own, &addr) || addr_equal(&addr, &s.range.low);
}

static void transport_hosts(struct ruling *r, const struct record *rec)
{
	const struct tunnel *t = (const void *)rec;
	const struct peer *p = config_peer(r->after, t->peer);

	if (t->mode != TUNNEL_TRANSPORT || !p)
		return;
	for (size_t i = 0; i < (size_t)t->local_ts_n + t->remote_ts_n; i++) {
		bool local = i < t->local_ts_n;

		if (is_own_host(selector_at(t, i), local ? p->local_address : p->remote_address))
			continue;
		rules_break(
			r, RULE_TRANSPORT_HOSTS, rec, local ? MEMBER(local_ts) : MEMBER(remote_ts),
			"Use tunnel mode for networks",
			"tunnel %s: transport mode protects only traffic between the tunnel's own "
			"addresses, and %s is none of them",
			rec->name, selector_at(t, i));
		return;
	}
}

/* ---- tunnels of one peer, in their order ---- */

/* Where the direct tunnels of a peer end and those from a template begin. */
struct order {
	const struct tunnel *last_direct, *first_template;
};

static void note_order(struct order *o, const struct tunnel *t)
{
	if (t->from_template) {
		if (!o->first_template || t->sequence < o->first_template->sequence)
			o->first_template = t;
	} else if (!o->last_direct || t->sequence > o->last_direct->sequence) {
		o->last_direct = t;
	}
}

static void say_order(struct ruling *r, const struct tunnel *t, const struct order *o)
{
	const struct tunnel *direct = t->from_template ? o->last_direct : t;
	const struct tunnel *template = t->from_template ? t : o->first_template;

	if (!direct || !template || direct->sequence < template->sequence)
		return;
	rules_break(
		r, RULE_TUNNEL_SEQUENCE, &t->r, MEMBER(sequence),
		"Give the tunnel from the template the larger sequence",
		"tunnel %s (sequence %u) comes from a template and must come after %s (%u), or it "
		"shadows it",
		template->r.name, template->sequence, direct->r.name, direct->sequence);
}

static void template_last(struct ruling *r)
{
	size_t n = config_count(r->after, K_TUNNEL), orders_n = 0;
	struct order *orders = calloc(n + 1, sizeof(*orders));
	own(hash) of_peer = hash_new();
	bool ok = orders && of_peer;

	for (size_t i = 0; ok && i < n; i++) {
		const struct tunnel *t = (const void *)config_at(r->after, K_TUNNEL, i);
		struct order *o = hash_find(of_peer, slice_str(t->peer));

		if (!o) {
			o = &orders[orders_n++];
			hash_put(of_peer, slice_str(t->peer), o, &ok);
		}
		note_order(o, t);
	}
	for (size_t i = 0; ok && i < n; i++) {
		const struct tunnel *t = (const void *)config_at(r->after, K_TUNNEL, i);

		if (rules_is_touched(r, &t->r))
			say_order(r, t, hash_find(of_peer, slice_str(t->peer)));
	}
	if (!ok)
		r->no_memory = true;
	free(orders);
}

/* ---- overlaps ---- */

struct area {
	struct selector remote;
	struct addr reach; /* the highest address of this and all earlier areas of its family */
	const struct tunnel *t;
};

static int compare_areas(const void *a, const void *b)
{
	return addr_compare(&((const struct area *)a)->remote.range.low,
			    &((const struct area *)b)->remote.range.low);
}

static struct area *index_areas(const struct config *c, size_t *ret_n)
{
	size_t tunnels = config_count(c, K_TUNNEL), most = 1, n = 0;

	for (size_t i = 0; i < tunnels; i++)
		most += ((const struct tunnel *)(const void *)config_at(c, K_TUNNEL, i))
				->remote_ts_n;
	struct area *areas = calloc(most, sizeof(*areas));
	for (size_t i = 0; areas && i < tunnels; i++) {
		const struct tunnel *t = (const void *)config_at(c, K_TUNNEL, i);

		for (size_t j = 0; t->enabled && j < t->remote_ts_n; j++) {
			areas[n].t = t;
			n += selector_read(t->remote_ts[j], &areas[n].remote);
		}
	}
	if (areas)
		qsort(areas, n, sizeof(*areas), compare_areas);
	for (size_t i = 0; i < n; i++) {
		areas[i].reach = areas[i].remote.range.high;
		if (i && addr_compare(&areas[i - 1].reach, &areas[i].reach) > 0)
			areas[i].reach = areas[i - 1].reach;
	}
	*ret_n = n;
	return areas;
}

static bool selectors_cross(const struct selector *a, const struct selector *b)
{
	if (a->protocol && b->protocol && a->protocol != b->protocol)
		return false;
	if (a->port && b->port && a->port != b->port)
		return false;
	return addr_compare(&a->range.low, &b->range.high) <= 0 &&
	       addr_compare(&b->range.low, &a->range.high) <= 0;
}

static bool locals_cross(const struct tunnel *a, const struct tunnel *b)
{
	struct selector sa, sb;

	for (size_t i = 0; i < a->local_ts_n; i++)
		for (size_t j = 0; j < b->local_ts_n; j++)
			if (selector_read(a->local_ts[i], &sa) &&
			    selector_read(b->local_ts[j], &sb) && selectors_cross(&sa, &sb))
				return true;
	return false;
}

/* A template is wide on purpose and comes last; two interfaces do not see the same packets. */
static bool may_clash(const struct tunnel *a, const struct tunnel *b)
{
	if (a == b || a->from_template != b->from_template)
		return false;
	return !a->interface[0] || !b->interface[0] || strcmp(a->interface, b->interface) == 0;
}

struct search {
	const struct area *areas;
	size_t n, compared;
};

/* The first area that starts above the address. */
static size_t first_above(const struct search *s, const struct addr *a)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare(&s->areas[middle].remote.range.low, a) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct tunnel *find_clash(struct search *s, const struct area *mine)
{
	for (size_t i = first_above(s, &mine->remote.range.high); i-- > 0;) {
		const struct area *other = &s->areas[i];

		if (addr_compare(&other->reach, &mine->remote.range.low) < 0 ||
		    ++s->compared > COMPARED_MOST)
			return NULL;
		if (may_clash(mine->t, other->t) &&
		    selectors_cross(&mine->remote, &other->remote) &&
		    locals_cross(mine->t, other->t))
			return other->t;
	}
	return NULL;
}

static bool is_before(const struct tunnel *a, const struct tunnel *b)
{
	if (a->sequence != b->sequence)
		return a->sequence < b->sequence;
	return strcmp(a->r.name, b->r.name) < 0;
}

static void overlap(struct ruling *r)
{
	struct search s = { 0 };
	struct area *areas = index_areas(r->after, &s.n);

	s.areas = areas;
	if (!areas)
		r->no_memory = true;
	for (size_t i = 0; i < s.n && s.compared <= COMPARED_MOST; i++) {
		const struct tunnel *t = areas[i].t, *other;

		if (!rules_is_touched(r, &t->r) || !(other = find_clash(&s, &areas[i])))
			continue;
		const struct tunnel *first = is_before(t, other) ? t : other;
		const struct tunnel *second = first == t ? other : t;
		rules_break(
			r, RULE_TUNNEL_OVERLAP, &t->r, MEMBER(remote_ts),
			"Give the narrower one the lower sequence",
			"the traffic selectors of tunnels %s (sequence %u) and %s (%u) overlap; "
			"%s wins",
			first->r.name, first->sequence, second->r.name, second->sequence,
			first->r.name);
	}
	free(areas);
}

const struct check rules_of_tunnels[] = {
	{ RULE_TUNNEL_TS, K_TUNNEL, 0, tunnel_ts },
	{ RULE_TUNNEL_FAMILY, K_TUNNEL, 0, tunnel_family },
	{ RULE_TUNNEL_PROPOSALS, K_TUNNEL, 0, tunnel_proposals },
	{ RULE_TUNNEL_PFS, K_TUNNEL, ON(K_IPSEC_PROPOSAL), tunnel_pfs },
	{ RULE_TUNNEL_START, K_TUNNEL, 0, template_never_starts },
	{ RULE_TUNNEL_CANNOT_START, K_TUNNEL, ON(K_PEER), peer_cannot_start },
	{ RULE_TRANSPORT_HOSTS, K_TUNNEL, ON(K_PEER), transport_hosts },
	{ .record = NULL },
};

const struct sweep rules_sweeps_of_tunnels[] = {
	{ RULE_TUNNEL_SEQUENCE, K_TUNNEL, template_last },
	{ RULE_TUNNEL_OVERLAP, K_TUNNEL, overlap },
	{ .all = NULL },
};

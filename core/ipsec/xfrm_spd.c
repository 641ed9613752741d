/* xfrm_spd.c - our policies in the kernel: which of them stands where several claim a place
 *
 * The kernel holds one policy for a selector and a direction, whatever else it says. Ours may
 * claim the same selectors several times: a tunnel's trap, and the child that came of it. So
 * each pair of selectors is a place with its claims; the first by priority, the newest among
 * equals, stands in the kernel, and when it goes the next takes its place at once, so that no
 * packet slips through in the clear between the two. Ranges that are no prefix are several
 * places. A policy of a stranger is never replaced.
 *
 * Called by: xfrm.c.  Thread: loop.  Owns: the places; the kernel's policies that are ours.
 */
#include "core/ipsec/xfrm_spd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"
#include "core/base/hash.h"
#include "core/base/list.h"
#include "core/ipsec/routes.h"

enum { SPLIT_MAX = 64, PLACES_MAX = 256, KEY = 2 * 18 + 5, WAYS = 3 };

struct place {
	struct xfrm_pair pair;
	uint32_t number; /* in the policy's index */
	struct link claims; /* first: stands in the kernel */
};

struct spd_policy;

struct claim {
	struct link link; /* in its place */
	struct place *place;
	struct spd_policy *policy;
};

struct spd_policy {
	struct plane_policy p;
	struct link link; /* in all */
	size_t n;
	struct claim claims[];
};

struct xfrm_spd {
	struct netlink *netlink;
	struct hash *places; /* by pair */
	struct hash *ids; /* by id */
	struct link all;
	uint32_t number;
	struct netlink_out out;
};

struct xfrm_spd *xfrm_spd_new(struct netlink *n)
{
	struct xfrm_spd *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->netlink = n;
	list_init(&d->all);
	d->places = hash_new();
	d->ids = hash_new();
	if (d->places && d->ids)
		return d;
	xfrm_spd_free(d);
	return NULL;
}

static struct slice key_of(const struct xfrm_pair *p, uint8_t ret[KEY])
{
	struct wr w = wr_of(ret, KEY);
	const struct prefix *both[] = { &p->local, &p->remote };

	for (size_t i = 0; i < COUNT_OF(both); i++) {
		wr_u8(&w, both[i]->addr.family);
		wr_slice(&w, slice(both[i]->addr.ip, 16));
		wr_u8(&w, both[i]->bits);
	}
	wr_u8(&w, p->protocol);
	wr_u16(&w, p->local_port);
	wr_u16(&w, p->remote_port);
	return wr_done(&w);
}

static struct slice id_key(const uint32_t *id)
{
	return slice(id, sizeof(*id));
}

static struct claim *standing(struct place *at)
{
	struct link *first = list_first(&at->claims);

	return first ? owner_of(first, struct claim, link) : NULL;
}

/* --- the kernel ------------------------------------------------------------------------ */

static int ways(const struct plane_policy *p)
{
	return p->transport ? 2 : WAYS; /* nothing is forwarded out of transport mode */
}

static void uninstall(struct xfrm_spd *d, const struct place *at, int n)
{
	netlink_begin(&d->out);
	for (int w = 0; w < n; w++)
		xfrm_build_policy_del(&d->out, &at->pair, (enum xfrm_way)w);
	if (n)
		netlink_ask(d->netlink, &d->out, "cannot delete a policy", NULL, NULL, NULL);
}

/* In place of one of ours: all directions in one message. */
static enum reason put_over(struct xfrm_spd *d, const struct claim *c, struct fault *f)
{
	netlink_begin(&d->out);
	for (int w = 0; w < ways(&c->policy->p); w++)
		xfrm_build_policy(&d->out, &c->policy->p, &c->place->pair, (enum xfrm_way)w,
				  c->place->number, true);
	return netlink_ask(d->netlink, &d->out, "cannot change a policy", NULL, NULL, f);
}

/* Where none of ours stood. One by one: what is taken back must not be a stranger's. */
static enum reason put_new(struct xfrm_spd *d, const struct claim *c, struct fault *f)
{
	for (int w = 0; w < ways(&c->policy->p); w++) {
		netlink_begin(&d->out);
		xfrm_build_policy(&d->out, &c->policy->p, &c->place->pair, (enum xfrm_way)w,
				  c->place->number, false);
		if (netlink_ask(d->netlink, &d->out, "cannot add a policy", NULL, NULL, f) == R_OK)
			continue;
		bool taken = netlink_errno(d->netlink) == EEXIST;
		uninstall(d, c->place, w);
		return taken ? fail(f, R_PLANE, "another program has a policy for this traffic")
			     : R_SYSTEM;
	}
	return R_OK;
}

/* What stands changes from `was` to what is first now. UPDPOLICY replaces without a gap. */
static enum reason replace(struct xfrm_spd *d, struct place *at, const struct claim *was,
			   struct fault *f)
{
	const struct claim *now = standing(at);

	if (was == now)
		return R_OK;
	if (was && now && was->policy->p.transport == now->policy->p.transport)
		return put_over(d, now, f);
	if (was) /* nothing follows, or the directions differ */
		uninstall(d, at, ways(&was->policy->p));
	return now ? put_new(d, now, f) : R_OK;
}

/* --- claims ---------------------------------------------------------------------------- */

static struct place *place_for(struct xfrm_spd *d, const struct xfrm_pair *pair)
{
	uint8_t key[KEY];
	struct slice k = key_of(pair, key);
	struct place *at = hash_find(d->places, k);
	bool ok = true;

	if (at)
		return at;
	at = calloc(1, sizeof(*at));
	if (!at)
		return NULL;
	at->pair = *pair;
	at->number = ++d->number;
	list_init(&at->claims);
	hash_put(d->places, k, at, &ok);
	if (ok)
		return at;
	free(at);
	return NULL;
}

static void drop_if_empty(struct xfrm_spd *d, struct place *at)
{
	uint8_t key[KEY];

	if (!list_is_empty(&at->claims))
		return;
	hash_remove(d->places, key_of(&at->pair, key));
	free(at);
}

/* Before the first that must stand back behind it. */
static void rank(struct claim *c)
{
	struct link *before = c->place->claims.next;

	while (before != &c->place->claims &&
	       owner_of(before, struct claim, link)->policy->p.priority < c->policy->p.priority)
		before = before->next;
	list_push(before, &c->link);
}

static enum reason stake(struct xfrm_spd *d, struct claim *c, struct fault *f)
{
	struct claim *was = standing(c->place);

	rank(c);
	enum reason r = replace(d, c->place, was, f);
	if (r == R_OK)
		return R_OK;
	list_remove(&c->link);
	if (was)
		put_over(d, was, NULL); /* as it was, whichever directions went well */
	return r;
}

static void give_up(struct xfrm_spd *d, struct claim *c)
{
	struct claim *was = standing(c->place);

	list_remove(&c->link);
	replace(d, c->place, was, NULL);
	drop_if_empty(d, c->place);
}

/* Pairs that together are the policy's selectors; 0: too many. */
static size_t pairs_of(const struct plane_policy *p, struct xfrm_pair ret[PLACES_MAX])
{
	struct prefix l[SPLIT_MAX], r[SPLIT_MAX];
	size_t ln = routes_split(&p->local_ts.range, l, SPLIT_MAX);
	size_t rn = routes_split(&p->remote_ts.range, r, SPLIT_MAX), n = 0;

	if (ln > SPLIT_MAX || rn > SPLIT_MAX || ln * rn > PLACES_MAX)
		return 0;
	for (size_t i = 0; i < ln; i++)
		for (size_t k = 0; k < rn; k++)
			ret[n++] = (struct xfrm_pair){
				.local = l[i],
				.remote = r[k],
				.protocol = p->local_ts.protocol ? p->local_ts.protocol
								 : p->remote_ts.protocol,
				.local_port = p->local_ts.port,
				.remote_port = p->remote_ts.port,
			};
	return n;
}

static void forget(struct xfrm_spd *d, struct spd_policy *y)
{
	while (y->n)
		give_up(d, &y->claims[--y->n]);
	list_remove(&y->link);
	hash_remove(d->ids, id_key(&y->p.id));
	free(y);
}

static enum reason fill(struct xfrm_spd *d, struct spd_policy *y, const struct xfrm_pair *pairs,
			size_t n, struct fault *f)
{
	enum reason r = R_OK;

	for (size_t i = 0; i < n && r == R_OK; i++) {
		struct claim *c = &y->claims[i];

		list_init(&c->link);
		c->policy = y;
		c->place = place_for(d, &pairs[i]);
		if (!c->place)
			return fail(f, R_NO_MEMORY, "no memory for a policy");
		r = stake(d, c, f);
		if (r == R_OK)
			y->n++;
		else
			drop_if_empty(d, c->place);
	}
	return r;
}

enum reason xfrm_spd_add(struct xfrm_spd *d, const struct plane_policy *p, struct fault *f)
{
	struct xfrm_pair pairs[PLACES_MAX];
	size_t n = pairs_of(p, pairs);
	bool ok = true;

	if (hash_find(d->ids, id_key(&p->id)))
		return fail(f, R_PLANE, "policy %u is there already", (unsigned)p->id);
	if (n == 0)
		return fail(f, R_PLANE,
			    "the kernel holds prefixes, and these ranges are more than %d",
			    PLACES_MAX);
	struct spd_policy *y = calloc(1, sizeof(*y) + n * sizeof(y->claims[0]));
	if (!y)
		return fail(f, R_NO_MEMORY, "no memory for a policy");
	y->p = *p;
	list_push(&d->all, &y->link);
	hash_put(d->ids, id_key(&p->id), y, &ok);
	enum reason r =
		ok ? fill(d, y, pairs, n, f) : fail(f, R_NO_MEMORY, "no memory for a policy");
	if (r != R_OK)
		forget(d, y);
	return r;
}

void xfrm_spd_del(struct xfrm_spd *d, uint32_t id)
{
	struct spd_policy *y = hash_find(d->ids, id_key(&id));

	if (y)
		forget(d, y);
}

const struct plane_policy *xfrm_spd_find(const struct xfrm_spd *d, const struct xfrm_pair *pair)
{
	uint8_t key[KEY];
	struct place *at = hash_find(d->places, key_of(pair, key));
	struct claim *c = at ? standing(at) : NULL;

	return c ? &c->policy->p : NULL;
}

enum reason xfrm_spd_move(struct xfrm_spd *d, uint32_t reqid, const struct addr *local,
			  const struct addr *remote, struct fault *f)
{
	enum reason r = R_OK;

	list_each (i, &d->all) {
		struct spd_policy *y = owner_of(i, struct spd_policy, link);

		if (y->p.reqid != reqid)
			continue;
		y->p.local = addr_with_port(*local, 0);
		y->p.remote = addr_with_port(*remote, 0);
		for (size_t k = 0; k < y->n && r == R_OK; k++)
			if (standing(y->claims[k].place) == &y->claims[k])
				r = put_over(d, &y->claims[k], f);
	}
	return r;
}

void xfrm_spd_free(struct xfrm_spd *d)
{
	if (!d)
		return;
	list_each (i, &d->all)
		forget(d, owner_of(i, struct spd_policy, link));
	hash_free(d->places);
	hash_free(d->ids);
	free(d);
}

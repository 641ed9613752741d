/* book_adopt.c - runs and flows of a configuration, made to fit by difference
 *
 * One run per peer, one per tunnel, one flow per pair of its traffic selectors. A new configuration
 * shares every record that did not change, so what differs is found by comparing pointers. Flows
 * whose selectors are still there keep their children; children of others go on without a flow
 * until they are reset or expire.
 *
 * Called by: engine.c.  Thread: loop.  Owns: runs and flows.
 */
#include <stdlib.h>
#include <string.h>

#include "core/ike/child.h"
#include "core/ike/callers.h"
#include "core/ike/inner_book.h"
#include "core/ike/names.h"
#include "core/ike/registry.h"
#include "core/ike/within.h"
#include "core/model/config.h"

/* --- flows --- */

static void flow_free(struct book *b, struct flow *fl)
{
	struct link *first;

	book_stop(fl);
	book_policy_remove(fl);
	while ((first = list_first(&fl->children))) {
		struct child *c = owner_of(first, struct child, flow_link);

		book_policy_leave(fl, c); /* a narrow one's own: nobody would know of it later */
		book_detach_child(c);
	}
	book_parts_free(b, fl);
	hash_remove(b->flows, book_id_key(&fl->id));
	list_remove(&fl->link);
	fl->run->flows_n--;
	free(fl);
}

static struct flow *flow_new(struct book *b, struct tunnel_run *t, const struct ts_pair *ts)
{
	struct flow *fl = calloc(1, sizeof(*fl));
	bool ok = true;

	if (!fl)
		return NULL;
	fl->e = t->e;
	fl->run = t;
	fl->id = engine_id(t->e);
	fl->local_ts = ts->local;
	fl->remote_ts = ts->remote;
	book_flow_init(fl);
	hash_put(b->flows, book_id_key(&fl->id), fl, &ok);
	if (!ok || !book_parts_make(b, fl)) {
		book_parts_free(b, fl);
		hash_remove(b->flows, book_id_key(&fl->id));
		free(fl);
		return NULL;
	}
	list_push(&t->flows, &fl->link);
	t->flows_n++;
	return fl;
}

/* Is this pair of selectors still negotiated? */
static bool has_pair(const struct ts_pair *list, size_t n, const struct flow *fl)
{
	for (size_t i = 0; i < n; i++)
		if (selector_equal(&list[i].local, &fl->local_ts) &&
		    selector_equal(&list[i].remote, &fl->remote_ts))
			return true;
	return false;
}

/* Its policies, as the record has them now. */
static void fit_parts(struct book *b, struct flow *fl)
{
	book_policy_remove(fl);
	book_parts_free(b, fl);
	book_parts_make(b, fl); /* without memory it has no policy, and its traffic is dropped */
}

/* The flows of the record as it is now; those that stay keep their children. */
static void fit_flows(struct book *b, struct tunnel_run *t)
{
	struct ts_pair list[BOOK_PAIRS];
	size_t n = book_pairs(t->tunnel, true, list);

	list_each (l, &t->flows) {
		struct flow *fl = owner_of(l, struct flow, link);

		if (!has_pair(list, n, fl))
			flow_free(b, fl);
		else if (t->tunnel->aggregation || fl->parts_n != 1)
			fit_parts(b, fl);
	}
	for (size_t i = 0; i < n; i++)
		if (!book_match_in(t, &list[i].local, &list[i].remote, true))
			flow_new(b, t, &list[i]);
}

/* --- tunnels --- */

static struct child *first_up(struct flow *fl)
{
	list_each (l, &fl->children) {
		struct child *c = owner_of(l, struct child, flow_link);

		if (!c->replaced && !c->narrow && c->state != CS_NEGOTIATING)
			return c;
	}
	return NULL;
}

static void fit_policies(struct tunnel_run *t)
{
	list_each (l, &t->flows) {
		struct flow *fl = owner_of(l, struct flow, link);

		book_policy(fl, first_up(fl));
		book_want(fl);
	}
}

/* The caller looks at the peer's state again: a tunnel that comes right back changes nothing. */
static void leave_peer(struct tunnel_run *t)
{
	if (!t->peer_run)
		return;
	list_each (l, &t->flows)
		book_stop(owner_of(l, struct flow, link));
	book_count_run(t, -1);
	list_remove(&t->peer_link);
	t->peer_run = NULL;
}

static void join_peer(struct tunnel_run *t, struct peer_run *p)
{
	t->peer_run = p;
	if (!p)
		return;
	book_count_run(t, 1);
	list_each (l, &p->tunnels) {
		struct tunnel_run *other = owner_of(l, struct tunnel_run, peer_link);

		if (other->tunnel->sequence > t->tunnel->sequence) {
			list_push(l, &t->peer_link); /* before it */
			return;
		}
	}
	list_push(&p->tunnels, &t->peer_link);
}

static void tunnel_remove(struct book *b, struct tunnel_run *t)
{
	struct peer_run *p = t->peer_run;

	leave_peer(t);
	if (p)
		book_look_peer(p);
	list_each (l, &t->flows)
		flow_free(b, owner_of(l, struct flow, link));
	hash_remove(b->tunnels, book_name_key(t->tunnel->r.name));
	record_unref(&t->tunnel->r);
	free(t);
}

static struct tunnel_run *tunnel_add(struct engine *e, struct book *b, const struct tunnel *rec)
{
	struct tunnel_run *t = calloc(1, sizeof(*t));
	bool ok = true;

	if (!t)
		return NULL;
	t->e = e;
	t->state = TS_DOWN;
	t->state_since_s = engine_wall_s(e);
	list_init(&t->flows);
	list_init(&t->peer_link);
	hash_put(b->tunnels, book_name_key(rec->r.name), t, &ok);
	if (ok)
		return t;
	free(t);
	return NULL;
}

static void tunnel_fit(struct engine *e, struct book *b, const struct tunnel *rec)
{
	struct tunnel_run *t = hash_find(b->tunnels, book_name_key(rec->r.name));
	struct peer_run *was;

	if (t && t->tunnel == rec)
		return;
	if (!t && !(t = tunnel_add(e, b, rec)))
		return; /* no memory: it is not there until the next change */
	was = t->peer_run;
	leave_peer(t);
	record_unref(t->tunnel ? &t->tunnel->r : NULL);
	record_ref(&rec->r);
	t->tunnel = rec;
	fit_flows(b, t);
	join_peer(t, hash_find(b->peers, book_name_key(rec->peer)));
	book_look(t);
	if (was && was != t->peer_run)
		book_look_peer(was);
	if (t->peer_run)
		book_fresh(t->peer_run);
	fit_policies(t);
}

/* --- peers --- */

static void peer_remove(struct engine *e, struct book *b, struct peer_run *p)
{
	names_stop(p);
	callers_remove(e, p);
	registry_peer_remove(e->registry, p);
	list_each (l, &p->tunnels)
		leave_peer(owner_of(l, struct tunnel_run, peer_link));
	list_each (l, &p->sas) {
		struct ike_sa *sa = owner_of(l, struct ike_sa, run_link);

		list_remove(&sa->run_link);
		sa->run = NULL;
	}
	hash_remove(b->peers, book_name_key(p->peer->r.name));
	record_unref(&p->peer->r);
	heard_forget(p);
	free(p);
}

static struct peer_run *peer_add(struct engine *e, struct book *b, const struct peer *rec)
{
	struct peer_run *p = calloc(1, sizeof(*p));
	bool ok = true;

	if (!p)
		return NULL;
	p->e = e;
	p->state = PS_WAITING;
	p->state_since_s = engine_wall_s(e);
	list_init(&p->sas);
	list_init(&p->tunnels);
	list_init(&p->waiting);
	list_init(&p->at_link);
	list_init(&p->name_link);
	names_init(p);
	hash_put(b->peers, book_name_key(rec->r.name), p, &ok);
	if (ok)
		return p;
	free(p);
	return NULL;
}

static void peer_fit(struct engine *e, struct book *b, const struct peer *rec)
{
	struct peer_run *p = hash_find(b->peers, book_name_key(rec->r.name));

	if (p && p->peer == rec)
		return;
	if (!p && !(p = peer_add(e, b, rec)))
		return;
	callers_remove(e, p);
	registry_peer_remove(e->registry, p);
	if (p->peer && strcmp(p->peer->remote_address, rec->remote_address) != 0)
		p->resolved = (struct addr){ 0 };
	record_unref(p->peer ? &p->peer->r : NULL);
	record_ref(&rec->r);
	p->peer = rec;
	registry_peer(e->registry, p, NULL);
	callers_add(e, p, NULL);
	names_learn(p);
	book_fresh(p);
	book_look_peer(p);
	list_each (l, &p->tunnels) {
		struct tunnel_run *t = owner_of(l, struct tunnel_run, peer_link);

		book_look(t);
		fit_policies(t);
	}
}

/* --- the whole --- */

struct book *book_new(struct engine *e)
{
	struct book *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->peers = hash_new();
	b->tunnels = hash_new();
	b->flows = hash_new();
	if (b->peers && b->tunnels && b->flows)
		return b;
	book_free(e, b);
	return NULL;
}

struct going {
	struct engine *e;
	struct book *b;
};

static void remove_tunnel(void *arg, struct slice key, void *value)
{
	struct going *g = arg;

	(void)key;
	tunnel_remove(g->b, value);
}

static void remove_peer(void *arg, struct slice key, void *value)
{
	struct going *g = arg;

	(void)key;
	peer_remove(g->e, g->b, value);
}

void book_free(struct engine *e, struct book *b)
{
	struct going g = { e, b };

	if (!b)
		return;
	if (b->tunnels)
		hash_each(b->tunnels, remove_tunnel, &g);
	if (b->peers)
		hash_each(b->peers, remove_peer, &g);
	hash_free(b->peers);
	hash_free(b->tunnels);
	hash_free(b->flows);
	free(b->peers_at);
	free(b->tunnels_at);
	free(b);
}

static void forget_order(struct book *b)
{
	free(b->peers_at);
	free(b->tunnels_at);
	b->peers_at = NULL;
	b->tunnels_at = NULL;
}

/* What is in `before` and not in the configuration now. */
static void remove_gone(struct engine *e, const struct config *before)
{
	struct book *b = e->book;

	for (size_t i = 0; i < config_count(before, K_TUNNEL); i++) {
		const char *name = config_at(before, K_TUNNEL, i)->name;
		struct tunnel_run *t = config_tunnel(e->config, name) ? NULL : book_tunnel(e, name);

		if (t)
			tunnel_remove(b, t);
	}
	for (size_t i = 0; i < config_count(before, K_PEER); i++) {
		const char *name = config_at(before, K_PEER, i)->name;
		struct peer_run *p = config_peer(e->config, name) ? NULL : book_peer(e, name);

		if (p)
			peer_remove(e, b, p);
	}
}

void book_adopt(struct engine *e, const struct config *before)
{
	const struct config *c = e->config;
	struct book *b = e->book;

	forget_order(b);
	if (before)
		remove_gone(e, before);
	for (size_t i = 0; i < config_count(c, K_PEER); i++)
		peer_fit(e, b, (const struct peer *)config_at(c, K_PEER, i));
	for (size_t i = 0; i < config_count(c, K_TUNNEL); i++)
		tunnel_fit(e, b, (const struct tunnel *)config_at(c, K_TUNNEL, i));
	e->changed = true;
}

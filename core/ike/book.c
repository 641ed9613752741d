/* book.c - looking up runs, flows, and what a caller's selectors mean
 *
 * By name and id over hashes. Only within one peer its tunnels and flows are walked: a caller that
 * proved to be that peer asks for one of its tunnels, the lowest sequence first.
 *
 * Called by: the engine and the IKE versions.  Thread: loop.  Owns: the sorted arrays.
 * Not here: where runs and flows come from, see book_adopt.c.
 */
#include "core/ike/book.h"

#include <stdio.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/ike/child.h"
#include "core/ike/ends.h"
#include "core/ike/inner_book.h"
#include "core/ike/manual_keys.h"
#include "core/ike/registry.h"
#include "core/ike/within.h"
#include "core/model/peer.h"
#include "core/model/tunnel.h"

/* --- look-ups --- */

struct peer_run *book_peer(struct engine *e, const char *name)
{
	return hash_find(e->book->peers, book_name_key(name));
}

struct tunnel_run *book_tunnel(struct engine *e, const char *name)
{
	return hash_find(e->book->tunnels, book_name_key(name));
}

struct flow *book_flow(struct engine *e, uint32_t id)
{
	return hash_find(e->book->flows, book_id_key(&id));
}

bool book_remote(const struct peer_run *p, struct addr *ret, struct fault *f)
{
	const struct peer *rec = p->peer;

	if (addr_read(rec->remote_address, ret))
		return true;
	*ret = (struct addr){ 0 };
	if (ends_is_name(rec)) {
		if (!rec->remote_dynamic)
			*ret = p->resolved;
		return true;
	}
	fail_field(f, R_INVALID, "remote_address",
		   "the peer %s has no single address to call (%s): it can only call us",
		   rec->r.name, *rec->remote_address ? rec->remote_address : "none");
	return false;
}

/* Within one of its pairs: of aggregation, what lies between them is no part of it. */
static bool has_part(const struct flow *fl, const struct selector *local,
		     const struct selector *remote)
{
	for (size_t i = 0; i < fl->parts_n; i++)
		if (selector_has(&fl->parts[i].ts.local, local) &&
		    selector_has(&fl->parts[i].ts.remote, remote))
			return true;
	return false;
}

struct flow *book_match_in(struct tunnel_run *t, const struct selector *local,
			   const struct selector *remote, bool equal)
{
	list_each (l, &t->flows) {
		struct flow *fl = owner_of(l, struct flow, link);

		if (equal ? selector_equal(&fl->local_ts, local) &&
				    selector_equal(&fl->remote_ts, remote)
			  : has_part(fl, local, remote))
			return fl;
	}
	return NULL;
}

/* Does it take callers? */
static bool answers(const struct tunnel_run *t)
{
	return t->tunnel->enabled && !manual_is(t->tunnel);
}

/* A tunnel that would do, were it enabled and negotiated. */
static const struct tunnel_run *silent_match(const struct peer_run *p, const struct selector *local,
					     const struct selector *remote)
{
	list_each (l, &p->tunnels) {
		struct tunnel_run *t = owner_of(l, struct tunnel_run, peer_link);

		if (!answers(t) && book_match_in(t, local, remote, false))
			return t;
	}
	return NULL;
}

static void refuse_match(const struct peer_run *p, const struct selector *local,
			 const struct selector *remote, struct fault *f)
{
	char wants[2][SELECTOR_TEXT], have[2][SELECTOR_TEXT];
	const struct link *first = list_first((struct link *)&p->tunnels);
	const struct tunnel_run *t = first ? owner_of(first, struct tunnel_run, peer_link) : NULL;
	const struct link *fl = t ? list_first((struct link *)&t->flows) : NULL;

	selector_text(remote, wants[0], SELECTOR_TEXT);
	selector_text(local, wants[1], SELECTOR_TEXT);
	const struct tunnel_run *off = silent_match(p, local, remote);
	if (off && off->tunnel->enabled) {
		fail_field(
			f, R_NO_TUNNEL, "keying",
			"the peer wants to negotiate %s to %s: the tunnel %s fits, but has manual "
			"keys here",
			wants[0], wants[1], off->tunnel->r.name);
		return;
	}
	if (off) {
		fail_field(f, R_NO_TUNNEL, "enabled",
			   "the peer wants %s to %s: the tunnel %s fits, but is disabled here",
			   wants[0], wants[1], off->tunnel->r.name);
		snprintf(f->hint, sizeof(f->hint), "Enable the tunnel %s, if it is wanted",
			 off->tunnel->r.name);
		return;
	}
	if (!fl) {
		fail_field(f, R_NO_TUNNEL, "peer",
			   "the peer wants %s to %s; there is no tunnel for it", wants[0],
			   wants[1]);
		return;
	}
	const struct flow *ours = owner_of(fl, struct flow, link);
	selector_text(&ours->remote_ts, have[0], SELECTOR_TEXT);
	selector_text(&ours->local_ts, have[1], SELECTOR_TEXT);
	/* the member of the end that does not fit; with both, the remote one */
	fail_field(f, R_NO_TUNNEL,
		   selector_has(&ours->remote_ts, remote) ? "local_ts" : "remote_ts",
		   "the peer wants %s to %s; %s protects %s to %s%s", wants[0], wants[1],
		   t->tunnel->r.name, have[0], have[1],
		   p->tunnels_n > 1 || t->flows_n > 1 ? ", others fit neither" : "");
}

struct flow *book_match(struct peer_run *p, const struct selector *local,
			const struct selector *remote, struct fault *f)
{
	for (int equal = 1; equal >= 0; equal--) {
		list_each (l, &p->tunnels) {
			struct tunnel_run *t = owner_of(l, struct tunnel_run, peer_link);
			struct flow *fl =
				answers(t) ? book_match_in(t, local, remote, equal) : NULL;

			if (fl)
				return fl;
		}
	}
	refuse_match(p, local, remote, f);
	return NULL;
}

/* --- a peer's children, wherever they hang --- */

static struct child *find_child(struct peer_run *p, bool (*fits)(const struct child *c, void *arg),
				void *arg)
{
	list_each (lt, &p->tunnels) {
		struct tunnel_run *t = owner_of(lt, struct tunnel_run, peer_link);

		list_each (lf, &t->flows) {
			struct flow *fl = owner_of(lf, struct flow, link);

			list_each (lc, &fl->children) {
				struct child *c = owner_of(lc, struct child, flow_link);

				if (fits(c, arg))
					return c;
			}
		}
	}
	return NULL;
}

struct spi_of {
	const struct ike_sa *sa;
	uint32_t spi;
};

/* Those whose own IKE SA is gone, or is another one of the same end. */
static bool has_spi_out(const struct child *c, void *arg)
{
	const struct spi_of *about = arg;

	return c->spi_out == about->spi && !manual_is(c->tunnel) && c->state != CS_NEGOTIATING &&
	       addr_equal(&c->remote, &about->sa->remote);
}

struct child *book_child_of_spi_out(struct ike_sa *sa, uint32_t spi)
{
	struct spi_of about = { sa, spi };

	return find_child(sa->run, has_spi_out, &about);
}

static bool is_forgotten(const struct child *c, void *arg)
{
	const struct ike_sa *sa = arg;

	return !c->sa && !manual_is(c->tunnel) && c->state != CS_NEGOTIATING &&
	       c->state != CS_DELETING && c->up_at < sa->born &&
	       addr_equal(&c->remote, &sa->remote);
}

void book_peer_lost_children(struct ike_sa *sa)
{
	struct child *c;

	while (sa->run && (c = find_child(sa->run, is_forgotten, sa)))
		child_end(c, R_REPLACED, false, NULL);
}

/* --- in order --- */

static int by_peer_index(const void *a, const void *b)
{
	uint32_t x = (*(struct peer_run *const *)a)->peer->r.index;
	uint32_t y = (*(struct peer_run *const *)b)->peer->r.index;

	return (x > y) - (x < y);
}

static int by_tunnel_index(const void *a, const void *b)
{
	uint32_t x = (*(struct tunnel_run *const *)a)->tunnel->r.index;
	uint32_t y = (*(struct tunnel_run *const *)b)->tunnel->r.index;

	return (x > y) - (x < y);
}

struct filling {
	void **at;
	size_t n;
};

static void fill(void *arg, struct slice key, void *value)
{
	struct filling *f = arg;

	(void)key;
	f->at[f->n++] = value;
}

static void **sorted(struct hash *h, int (*order)(const void *, const void *))
{
	struct filling f = { .at = calloc(hash_count(h) + 1, sizeof(void *)) };

	if (!f.at)
		return NULL;
	hash_each(h, fill, &f);
	qsort(f.at, f.n, sizeof(void *), order);
	return f.at;
}

struct peer_run *const *book_peers(struct engine *e, size_t *ret_n)
{
	struct book *b = e->book;

	if (!b->peers_at)
		b->peers_at = (struct peer_run **)sorted(b->peers, by_peer_index);
	*ret_n = b->peers_at ? hash_count(b->peers) : 0;
	return b->peers_at;
}

struct tunnel_run *const *book_tunnels(struct engine *e, size_t *ret_n)
{
	struct book *b = e->book;

	if (!b->tunnels_at)
		b->tunnels_at = (struct tunnel_run **)sorted(b->tunnels, by_tunnel_index);
	*ret_n = b->tunnels_at ? hash_count(b->tunnels) : 0;
	return b->tunnels_at;
}

/* holding.c - what the data plane really holds, beside what it should hold
 *
 * The plane tells its SAs and policies; the engine says whose each is. What bears our marks and is
 * nobody's is an orphan, what bears none is a stranger's, and what the engine believes to be there and the
 * plane did not tell is missing. Policies count what the SAs under their number carry.
 *
 * Called by: control.c.  Thread: loop.  Owns: the rows, while it is asked.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/daemon/inside.h"
#include "core/ike/whose.h"
#include "core/ipsec/plane.h"
#include "core/model/held.h"
#include "core/model/tunnel.h"

struct taking {
	struct daemon *d;
	struct held_sa *sas;
	struct held_policy *policies;
	size_t sas_n, sas_cap, policies_n, policies_cap;
	struct hash *seen; /* SAs that are known: SPI and direction */
	bool no_memory;
};

/* Room for one more of `size`; NULL: none. */
static void *room(struct taking *t, void **rows, size_t n, size_t *cap, size_t size)
{
	if (n == *cap) {
		size_t more = *cap ? *cap * 2 : 64;
		void *at = realloc(*rows, more * size);

		if (!at) {
			t->no_memory = true;
			return NULL;
		}
		*rows = at;
		*cap = more;
	}
	void *ret = (char *)*rows + n * size;
	memset(ret, 0, size);
	return ret;
}

static struct held_sa *one_sa(struct taking *t)
{
	void *rows = t->sas;
	struct held_sa *r = room(t, &rows, t->sas_n, &t->sas_cap, sizeof(*r));

	t->sas = rows;
	t->sas_n += r != NULL;
	return r;
}

static struct held_policy *one_policy(struct taking *t)
{
	void *rows = t->policies;
	struct held_policy *r = room(t, &rows, t->policies_n, &t->policies_cap, sizeof(*r));

	t->policies = rows;
	t->policies_n += r != NULL;
	return r;
}

static void put_addr(char ret[HELD_ADDRESS], const struct addr *a)
{
	if (a->family)
		addr_text(a, ret);
}

static const char *protocol_word(unsigned protocol, char ret[8])
{
	if (protocol == IPPROTO_ESP || protocol == IPPROTO_AH)
		return protocol == IPPROTO_ESP ? "esp" : "ah";
	snprintf(ret, 8, "%u", protocol & 0xff);
	return ret;
}

static void put_whose(struct held_sa *r, const struct whose_plane *w)
{
	r->child_sa = w->child;
	r->ike_sa = w->ike_sa;
	text_copy(r->peer, sizeof(r->peer), w->peer);
	text_copy(r->tunnel, sizeof(r->tunnel), w->tunnel);
}

static void put_key(struct held_sa *r)
{
	snprintf(r->key, sizeof(r->key), "%s/%s/0x%08x", r->destination_address, r->protocol,
		 (unsigned)r->spi);
}

/* ---- SAs ---- */

struct seen_key {
	uint32_t spi, inbound;
};

static struct slice seen_key(struct seen_key *k, uint32_t spi, bool inbound)
{
	*k = (struct seen_key){ spi, inbound };
	return slice(k, sizeof(*k));
}

static int64_t wall_s(uint64_t clock_ms)
{
	return clock_ms ? (clock_wall_ms() - (clock_now() - (int64_t)clock_ms)) / 1000 : 0;
}

static void put_count(struct held_sa *r, const struct plane_count *c)
{
	r->packets = c->packets;
	r->bytes = c->bytes;
	r->last_used_at = (uint64_t)wall_s(c->last_ms);
	r->errors_replay = c->replayed;
	r->errors_integrity = c->bad_icv;
	r->errors_other = c->other_errors;
}

static void take_state(void *arg, const struct plane_state *s)
{
	struct taking *t = arg;
	struct held_sa *r = one_sa(t);
	struct whose_plane w;
	struct seen_key k;
	char word[8];
	bool ok = true;

	if (!r)
		return;
	r->spi = s->spi;
	r->reqid = s->reqid;
	r->mode = s->transport ? TUNNEL_TRANSPORT : TUNNEL_TUNNEL;
	r->direction = !s->way_known ? HELD_UNKNOWN : s->inbound ? HELD_IN : HELD_OUT;
	r->encap = s->udp_encap;
	r->replay_window = s->replay_window;
	text_copy(r->protocol, sizeof(r->protocol), protocol_word(s->protocol, word));
	text_copy(r->proposal, sizeof(r->proposal), s->suite);
	put_addr(r->source_address, &s->from);
	put_addr(r->destination_address, &s->to);
	put_count(r, &s->count);
	put_key(r);
	r->standing = s->ours ? STANDING_ORPHAN : STANDING_FOREIGN;
	if (!s->ours || !s->way_known ||
	    !engine_whose_sa(t->d->engine, s->spi, s->inbound, s->reqid, &w))
		return;
	r->standing = STANDING_KNOWN;
	put_whose(r, &w);
	hash_put(t->seen, seen_key(&k, s->spi, s->inbound), t, &ok);
	t->no_memory |= !ok;
}

static void take_missing(void *arg, const struct whose_installed *i)
{
	struct taking *t = arg;
	struct held_sa *r;
	struct seen_key k;

	if (hash_find(t->seen, seen_key(&k, i->spi, i->inbound)) || !(r = one_sa(t)))
		return;
	r->spi = i->spi;
	r->direction = i->inbound ? HELD_IN : HELD_OUT;
	r->mode = i->transport ? TUNNEL_TRANSPORT : TUNNEL_TUNNEL;
	r->encap = i->encap;
	r->standing = STANDING_MISSING;
	text_copy(r->protocol, sizeof(r->protocol), "esp");
	put_addr(r->source_address, &i->from);
	put_addr(r->destination_address, &i->to);
	put_whose(r, &i->whose);
	put_key(r);
}

/* ---- policies ---- */

static const int ways[] = {
	[PLANE_OUT] = HELD_OUT, [PLANE_IN] = HELD_IN, [PLANE_FORWARD] = HELD_FORWARD
};

static void take_rule(void *arg, const struct plane_rule *s)
{
	static const char *const words[] = { "out", "in", "forward" };
	struct taking *t = arg;
	struct held_policy *r = one_policy(t);
	struct whose_plane w;

	if (!r)
		return;
	r->direction = ways[s->way];
	r->action = s->blocks ? HELD_BLOCK : s->protects ? HELD_PROTECT : HELD_ALLOW;
	r->mode = s->transport ? TUNNEL_TRANSPORT : TUNNEL_TUNNEL;
	r->priority = s->priority;
	r->reqid = s->reqid;
	r->policy = s->id;
	r->trap = s->trap;
	selector_text(&s->from_ts, r->source_ts, sizeof(r->source_ts));
	selector_text(&s->to_ts, r->destination_ts, sizeof(r->destination_ts));
	put_addr(r->source_address, &s->from);
	put_addr(r->destination_address, &s->to);
	snprintf(r->key, sizeof(r->key), "%s/%010u", words[s->way], (unsigned)s->number);
	r->standing = s->ours ? STANDING_ORPHAN : STANDING_FOREIGN;
	if (!s->ours || !s->id || !engine_whose_policy(t->d->engine, s->id, &w))
		return;
	r->standing = STANDING_KNOWN;
	r->child_sa = w.child;
	text_copy(r->peer, sizeof(r->peer), w.peer);
	text_copy(r->tunnel, sizeof(r->tunnel), w.tunnel);
}

struct carried {
	uint32_t reqid, inbound;
	uint32_t sas;
	uint64_t packets, bytes;
};

static int by_reqid(const void *pa, const void *pb)
{
	const struct carried *a = pa, *b = pb;

	if (a->reqid != b->reqid)
		return a->reqid < b->reqid ? -1 : 1;
	return (a->inbound > b->inbound) - (a->inbound < b->inbound);
}

/* What the SAs of each number and direction carried, one row each. */
static size_t sum_up(const struct taking *t, struct carried *c)
{
	size_t n = 0, last = 0;

	for (size_t i = 0; i < t->sas_n; i++) {
		const struct held_sa *s = &t->sas[i];

		if (s->standing == STANDING_KNOWN)
			c[n++] = (struct carried){ s->reqid, s->direction == HELD_IN, 1, s->packets,
						   s->bytes };
	}
	qsort(c, n, sizeof(*c), by_reqid);
	for (size_t i = 1; i < n; i++) {
		if (by_reqid(&c[last], &c[i]) != 0) {
			c[++last] = c[i];
			continue;
		}
		c[last].sas++;
		c[last].packets += c[i].packets;
		c[last].bytes += c[i].bytes;
	}
	return n ? last + 1 : 0;
}

static void count_policies(struct taking *t)
{
	struct carried *c = calloc(t->sas_n + 1, sizeof(*c)), *found;
	size_t n;

	if (!c) {
		t->no_memory = true;
		return;
	}
	n = sum_up(t, c);
	for (size_t i = 0; i < t->policies_n; i++) {
		struct held_policy *p = &t->policies[i];
		struct carried key = { .reqid = p->reqid, .inbound = p->direction != HELD_OUT };

		found = p->standing == STANDING_KNOWN ? bsearch(&key, c, n, sizeof(*c), by_reqid)
						      : NULL;
		if (!found)
			continue;
		p->sas = found->sas;
		p->packets = found->packets;
		p->bytes = found->bytes;
	}
	free(c);
}

/* ---- both ---- */

/* The key is the first member of either. */
static int by_key(const void *a, const void *b)
{
	return strcmp(a, b);
}

enum reason holding_look(void *ctx, void (*done)(void *arg, const struct holdings *h), void *arg,
			 struct fault *f)
{
	struct daemon *d = ctx;
	const struct plane *p = d->want.plane;
	struct taking t = { .d = d, .seen = hash_new() };
	enum reason r = t.seen ? R_OK : R_NO_MEMORY;

	loop_doing(d->loop, "looking at the data plane");
	if (r == R_OK)
		r = p->states(p->ctx, take_state, &t, f);
	if (r == R_OK)
		r = p->rules(p->ctx, take_rule, &t, f);
	if (r == R_OK) {
		engine_installed(d->engine, take_missing, &t);
		count_policies(&t);
	}
	if (r == R_NO_MEMORY || t.no_memory)
		r = fail(f, R_NO_MEMORY, "no memory for what the data plane holds");
	if (r == R_OK) {
		struct holdings h = { p->name, t.sas, t.policies, t.sas_n, t.policies_n };

		if (t.sas_n)
			qsort(t.sas, t.sas_n, sizeof(*t.sas), by_key);
		if (t.policies_n)
			qsort(t.policies, t.policies_n, sizeof(*t.policies), by_key);
		done(arg, &h);
	}
	hash_free(t.seen);
	free(t.sas);
	free(t.policies);
	return r;
}

/* lanes.c - the SAs and policies of the userspace plane, as its threads see them
 *
 * Inbound lanes hang in a fixed array of buckets: a thread follows one pointer or two. Policies
 * are one sorted array, copied and exchanged when one comes or goes. Whatever is taken out is
 * freed by grace.c. The loop alone changes anything, and keeps hashes of its own for what only
 * it asks: outbound lanes by SPI, outlets by reqid.
 *
 * Called by userspace.c, egress.c, ingress.c.  Thread: as lanes.h says.  Owns: all of it.
 */
#include "core/ipsec/lanes.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/rng.h"

enum { SPI_MIN = 256 };

static struct slice key_of(const uint32_t *number)
{
	return slice(number, sizeof(*number));
}

static void lane_end(void *what)
{
	struct lane *l = what;

	for (int i = 0; i < LANES_THREADS; i++)
		shield_free(l->shields[i]);
	bytes_free(l->keymat);
	free(l->way);
	wipe(l, sizeof(*l));
	free(l);
}

bool lanes_init(struct lanes *l)
{
	memset(l, 0, sizeof(*l));
	grace_init(&l->grace);
	l->buckets = calloc(LANES_BUCKETS, sizeof(*l->buckets));
	l->out = hash_new();
	l->outlets = hash_new();
	l->reserved = hash_new();
	struct guards *none = calloc(1, sizeof(*none));

	atomic_store(&l->guards, none);
	return l->buckets && l->out && l->outlets && l->reserved && none;
}

static void end_same(void *arg, struct slice key, void *value)
{
	struct lane *at = value, *next;

	(void)arg;
	(void)key;
	for (; at; at = next) {
		next = at->next_same;
		lane_end(at);
	}
}

static void end_inbound(_Atomic(struct lane *) *buckets)
{
	for (size_t i = 0; i < LANES_BUCKETS; i++) {
		for (struct lane *at = atomic_load(&buckets[i]), *next; at; at = next) {
			next = atomic_load(&at->next);
			lane_end(at);
		}
	}
}

static void free_value(void *arg, struct slice key, void *value)
{
	(void)arg;
	(void)key;
	free(value);
}

void lanes_done(struct lanes *l)
{
	struct guards *g = atomic_load(&l->guards);

	grace_done(&l->grace);
	if (l->buckets)
		end_inbound(l->buckets);
	if (l->out)
		hash_each(l->out, end_same, NULL);
	for (size_t i = 0; g && i < g->n; i++)
		free(g->at[i]);
	free(g);
	if (l->outlets)
		hash_each(l->outlets, free_value, NULL);
	hash_free(l->out);
	hash_free(l->outlets);
	hash_free(l->reserved);
	free(l->buckets);
}

/* --- packet threads ------------------------------------------------------------------ */

static _Atomic(struct lane *) *bucket(struct lanes *l, uint32_t spi)
{
	return &l->buckets[(spi ^ spi >> 16) % LANES_BUCKETS];
}

struct lane *lanes_inbound(struct lanes *l, uint32_t spi)
{
	struct lane *at = atomic_load(bucket(l, spi));

	while (at && at->sa.spi != spi)
		at = atomic_load(&at->next);
	return at;
}

struct guard *lanes_guard(const struct guards *g, const struct inner *i)
{
	for (size_t n = 0; n < g->n; n++)
		if (inner_fits(i, &g->at[n]->p.local_ts, &g->at[n]->p.remote_ts))
			return g->at[n];
	return NULL;
}

struct shield *lane_shield(struct lane *l, unsigned thread)
{
	if (!l->shields[thread])
		l->shields[thread] = shield_new(&l->sa.suite, slice_of(l->keymat), NULL);
	return l->shields[thread];
}

/* --- SPIs and lanes ------------------------------------------------------------------ */

enum reason lanes_spi(struct lanes *l, uint32_t *ret, struct fault *f)
{
	struct rng rng = rng_system();
	uint32_t spi;
	bool good;

	do {
		spi = rng_u32(&rng);
	} while (spi < SPI_MIN || lanes_inbound(l, spi) || hash_find(l->reserved, key_of(&spi)));
	hash_put(l->reserved, key_of(&spi), l, &good);
	if (!good)
		return fail(f, R_NO_MEMORY, "no memory for an SPI");
	*ret = spi;
	return R_OK;
}

void lanes_spi_drop(struct lanes *l, uint32_t spi)
{
	hash_remove(l->reserved, key_of(&spi));
}

static struct way *way_new(const struct addr *local, const struct addr *remote, bool udp_encap)
{
	struct way *w = calloc(1, sizeof(*w));
	struct addr to = udp_encap ? *remote : addr_with_port(*remote, 0);

	if (!w)
		return NULL;
	w->local = *local;
	w->remote = *remote;
	w->udp_encap = udp_encap;
	w->to_n = addr_to_sockaddr(&to, &w->to);
	return w;
}

static struct lane *lane_new(const struct plane_sa *sa, struct fault *f)
{
	struct lane *n = calloc(1, sizeof(*n));

	if (!n) {
		fail(f, R_NO_MEMORY, "no memory for an SA");
		return NULL;
	}
	n->sa = *sa;
	n->keymat = bytes_of(sa->keymat.at, sa->keymat.n);
	n->sa.keymat = slice_of(n->keymat);
	atomic_store(&n->way, way_new(&sa->local, &sa->remote, sa->udp_encap));
	esp_replay_init(&n->replay, sa->replay_window);
	if (!n->keymat || !atomic_load(&n->way))
		fail(f, R_NO_MEMORY, "no memory for an SA");
	else /* now, so that an unfit suite is refused and not found out by packets */
		n->shields[0] = shield_new(&sa->suite, sa->keymat, f);
	if (n->shields[0])
		return n;
	lane_end(n);
	return NULL;
}

/* The same SPI towards another peer is another SA. */
static struct lane *find_outbound(struct lanes *l, uint32_t spi, const struct addr *remote)
{
	for (struct lane *at = hash_find(l->out, key_of(&spi)); at; at = at->next_same) {
		const struct way *w = atomic_load(&at->way);

		if (addr_equal(&w->remote, remote) &&
		    (!w->udp_encap || !remote->port || remote->port == w->remote.port))
			return at;
	}
	return NULL;
}

struct lane *lanes_find(struct lanes *l, uint32_t spi, bool inbound, const struct addr *remote)
{
	return inbound ? lanes_inbound(l, spi) : find_outbound(l, spi, remote);
}

enum reason lanes_add(struct lanes *l, const struct plane_sa *sa, struct fault *f)
{
	if (lanes_find(l, sa->spi, sa->inbound, &sa->remote))
		return fail(f, R_PLANE, "SPI %08x is in use", (unsigned)sa->spi);
	struct lane *n = lane_new(sa, f);

	if (!n)
		return f ? f->reason : R_NO_MEMORY;
	if (sa->inbound) {
		_Atomic(struct lane *) *b = bucket(l, sa->spi);

		atomic_store(&n->next, atomic_load(b));
		atomic_store(b, n);
		lanes_spi_drop(l, sa->spi);
		return R_OK;
	}
	bool good;

	n->next_same = hash_find(l->out, key_of(&sa->spi));
	hash_put(l->out, key_of(&sa->spi), n, &good);
	if (good)
		return R_OK;
	lane_end(n);
	return fail(f, R_NO_MEMORY, "no memory for an SA");
}

static void unlink_inbound(struct lanes *l, struct lane *lane)
{
	_Atomic(struct lane *) *at = bucket(l, lane->sa.spi);

	while (atomic_load(at) != lane)
		at = &atomic_load(at)->next;
	atomic_store(at, atomic_load(&lane->next));
}

static void unlink_outbound(struct lanes *l, struct lane *lane)
{
	struct lane *first = hash_find(l->out, key_of(&lane->sa.spi)), **at = &first;

	while (*at != lane)
		at = &(*at)->next_same;
	*at = lane->next_same;
	if (first)
		hash_put(l->out, key_of(&lane->sa.spi), first, NULL);
	else
		hash_remove(l->out, key_of(&lane->sa.spi));
}

static void outlet_drop(struct lanes *l, struct outlet *o)
{
	if (--o->users)
		return;
	hash_remove(l->outlets, key_of(&o->reqid));
	grace_retire(&l->grace, o, free);
}

static struct outlet *outlet_take(struct lanes *l, uint32_t reqid)
{
	struct outlet *o = hash_find(l->outlets, key_of(&reqid));
	bool good = true;

	if (!o) {
		o = calloc(1, sizeof(*o));
		if (!o)
			return NULL;
		o->reqid = reqid;
		hash_put(l->outlets, key_of(&reqid), o, &good);
	}
	if (!good) {
		free(o);
		return NULL;
	}
	o->users++;
	return o;
}

void lanes_del(struct lanes *l, struct lane *lane)
{
	if (lane->sa.inbound) {
		unlink_inbound(l, lane);
	} else {
		struct outlet *o = hash_find(l->outlets, key_of(&lane->sa.reqid));

		unlink_outbound(l, lane);
		if (o && atomic_load(&o->lane) == lane) {
			atomic_store(&o->lane, NULL);
			atomic_fetch_add(&o->epoch, 1);
			outlet_drop(l, o);
		}
	}
	grace_retire(&l->grace, lane, lane_end);
}

struct lane *lanes_use(struct lanes *l, uint32_t reqid, uint32_t spi)
{
	struct lane *at = hash_find(l->out, key_of(&spi));

	while (at && at->sa.reqid != reqid)
		at = at->next_same;
	struct outlet *o = at ? outlet_take(l, reqid) : NULL;

	if (!o)
		return NULL;
	if (atomic_exchange(&o->lane, at))
		o->users--; /* the lane before it had one */
	o->uses++;
	return at;
}

enum reason lanes_move(struct lanes *l, struct lane *lane, const struct plane_move *m,
		       struct fault *f)
{
	struct way *w = way_new(&m->new_local, &m->new_remote, m->udp_encap);

	if (!w)
		return fail(f, R_NO_MEMORY, "no memory to move an SA");
	grace_retire(&l->grace, atomic_exchange(&lane->way, w), free);
	return R_OK;
}

static void end_sessions(void *arg, struct slice key, void *value)
{
	struct outlet *o = value;

	(void)arg;
	(void)key;
	atomic_fetch_add(&o->epoch, 1);
}

void lanes_end_sessions(struct lanes *l, uint32_t reqid)
{
	struct outlet *o = reqid ? hash_find(l->outlets, key_of(&reqid)) : NULL;

	if (o)
		end_sessions(NULL, key_of(&reqid), o);
	else if (!reqid)
		hash_each(l->outlets, end_sessions, NULL);
}

/* --- policies ------------------------------------------------------------------------ */

struct guards *lanes_guards(struct lanes *l)
{
	return atomic_load(&l->guards);
}

/* The same but for one more or one less; the old array goes when nobody reads it. */
static bool publish(struct lanes *l, struct guard *more, const struct guard *less)
{
	struct guards *old = lanes_guards(l);
	size_t n = old->n + (more ? 1 : 0) - (less ? 1 : 0), at = 0;
	struct guards *g = malloc(sizeof(*g) + n * sizeof(struct guard *));

	if (!g)
		return false;
	g->edition = ++l->edition;
	g->n = n;
	for (size_t i = 0; i < old->n; i++) {
		if (more && old->at[i]->p.priority > more->p.priority) {
			g->at[at++] = more;
			more = NULL;
		}
		if (old->at[i] != less)
			g->at[at++] = old->at[i];
	}
	if (more)
		g->at[at] = more;
	atomic_store(&l->guards, g);
	grace_retire(&l->grace, old, free);
	return true;
}

struct guard *lanes_guard_find(struct lanes *l, uint32_t policy_id)
{
	struct guards *g = lanes_guards(l);

	for (size_t i = 0; i < g->n; i++)
		if (g->at[i]->p.id == policy_id)
			return g->at[i];
	return NULL;
}

enum reason lanes_guard_add(struct lanes *l, const struct plane_policy *p, struct fault *f)
{
	struct guard *g = calloc(1, sizeof(*g));
	struct outlet *o = g ? outlet_take(l, p->reqid) : NULL;

	if (!o) {
		free(g);
		return fail(f, R_NO_MEMORY, "no memory for a policy");
	}
	g->p = *p;
	g->outlet = o;
	if (publish(l, g, NULL))
		return R_OK;
	outlet_drop(l, o);
	free(g);
	return fail(f, R_NO_MEMORY, "no memory for a policy");
}

void lanes_guard_del(struct lanes *l, struct guard *g)
{
	if (!publish(l, NULL, g))
		return; /* it stays: better one policy too many than a pointer to nothing */
	outlet_drop(l, g->outlet);
	grace_retire(&l->grace, g, free);
}

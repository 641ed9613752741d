/* sums.c - Diffie-Hellman as jobs, and a pool of key pairs made beforehand
 *
 * A sum goes out with values and the names of those who wait (handle of the SA, number of the
 * exchange), never with pointers to them: when it is back the two are looked up again, and if
 * they are gone the secret is wiped. A key pair moves into the job that uses it, since it is one
 * thread's at a time.
 *
 * Groups whose sum is a matter of 0.1 ms are computed where we stand as long as nothing is away.
 * While nothing at all is under way the crew fills a small pool of key pairs for the groups in
 * use, each pair for one exchange, so that a first answer costs no sum.
 *
 * Called by: the IKE versions, engine.c.  Thread: loop; work() runs on the crew.
 * Owns: the pool, and the jobs that are away.
 */
#include "core/ike/sums.h"

#include <stdlib.h>

#include "core/base/crew.h"
#include "core/ike/registry.h"
#include "core/ike/within.h"

enum { POOL = 16, BATCH = 4 };

struct keypool {
	struct link away; /* struct sum: jobs that know this engine */
	struct dh_key *pairs[GROUP_COUNT][POOL];
	unsigned n[GROUP_COUNT];
	unsigned filling; /* refills that are away */
	uint64_t used_of; /* revision the next is of, plus 1 */
	bool used[GROUP_COUNT];
};

struct sum {
	struct job job;
	struct link link;
	struct engine *e; /* NULL once it is gone */
	struct sa_ref sa;
	uint64_t exchange;
	enum xevent on;
	enum group group;
	struct dh_key *key;
	struct bytes *peer_public, *secret;
	struct fault fault; /* R_OK when it went well */
	struct dh_key *made[BATCH]; /* of a refill */
};

struct keypool *keypool_new(void)
{
	struct keypool *k = calloc(1, sizeof(*k));

	if (k)
		list_init(&k->away);
	return k;
}

void keypool_free(struct keypool *k)
{
	if (!k)
		return;
	list_each (l, &k->away) {
		owner_of(l, struct sum, link)->e = NULL;
		list_remove(l);
	}
	for (size_t g = 0; g < GROUP_COUNT; g++)
		while (k->n[g])
			dh_key_free(k->pairs[g][--k->n[g]]);
	free(k);
}

static void sum_free(struct sum *s)
{
	list_remove(&s->link);
	dh_key_free(s->key);
	bytes_free(s->peer_public);
	bytes_free(s->secret);
	for (size_t i = 0; i < BATCH; i++)
		dh_key_free(s->made[i]);
	free(s);
}

/* --- on the crew: only the job's own values --- */

static void work_key(struct job *j)
{
	struct sum *s = owner_of(j, struct sum, job);

	s->fault.reason = dh_generate(s->group, &s->key, &s->fault);
}

static void work_secret(struct job *j)
{
	struct sum *s = owner_of(j, struct sum, job);

	s->fault.reason = dh_shared(s->key, slice_of(s->peer_public), &s->secret, &s->fault);
}

static void work_refill(struct job *j)
{
	struct sum *s = owner_of(j, struct sum, job);

	for (size_t i = 0; i < BATCH; i++)
		if (dh_generate(s->group, &s->made[i], NULL) != R_OK)
			return;
}

/* --- back on the loop --- */

static struct exchange *who_waits(const struct sum *s)
{
	struct ike_sa *sa = registry_of_ref(s->e->registry, s->sa);

	return sa ? exchange_of_number(sa, s->exchange) : NULL;
}

static void done_for_exchange(struct job *j, bool cancelled)
{
	struct sum *s = owner_of(j, struct sum, job);
	struct engine *e = s->e;
	struct exchange *x;

	if (!e) {
		sum_free(s);
		return;
	}
	e->now = e->ports.now(e->ports.ctx);
	e->sums_open--;
	x = cancelled ? NULL : who_waits(s);
	if (!x) {
		sum_free(s);
		return;
	}
	x->summing = false;
	if (s->on == EV_KEY)
		x->key = give(s->key);
	else
		x->secret = give(s->secret);

	struct fault f = s->fault;
	enum xevent on = s->on;
	sum_free(s);
	x->sa->version->sum(x, on, &f);
}

static void done_refill(struct job *j, bool cancelled)
{
	struct sum *s = owner_of(j, struct sum, job);
	struct keypool *k = s->e ? s->e->keys : NULL;

	(void)cancelled;
	if (k) {
		k->filling--;
		for (size_t i = 0; i < BATCH; i++)
			if (s->made[i] && k->n[s->group] < POOL)
				k->pairs[s->group][k->n[s->group]++] = give(s->made[i]);
	}
	sum_free(s);
}

static struct sum *sum_new(struct engine *e, enum group g, void (*work)(struct job *j),
			   void (*done)(struct job *j, bool cancelled))
{
	struct sum *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->job.work = work;
	s->job.done = done;
	s->e = e;
	s->group = g;
	list_push(&e->keys->away, &s->link);
	return s;
}

/* --- what exchanges ask for --- */

static bool is_cheap(enum group g)
{
	return g == GROUP_X25519 || g == GROUP_ECP256;
}

static bool here(const struct engine *e, enum group g)
{
	return is_cheap(g) && e->sums_open == 0;
}

static enum reason at_once(struct exchange *x, enum xevent on)
{
	x->ready = true;
	x->ready_event = on;
	return R_OK;
}

static enum reason send_away(struct exchange *x, struct sum *s, enum xevent on, struct fault *f)
{
	struct engine *e = x->e;

	if (!s)
		return fail(f, R_NO_MEMORY, "no memory for a sum");
	s->sa = x->sa->ref;
	s->exchange = x->number;
	s->on = on;
	if (e->ports.crunch(e->ports.ctx, &s->job) != R_OK) {
		sum_free(s);
		return fail(f, R_BUSY, "too many sums are under way");
	}
	x->summing = true;
	e->sums_open++;
	return R_OK;
}

enum reason sums_key(struct exchange *x, enum group g, struct fault *f)
{
	struct engine *e = x->e;
	struct keypool *k = e->keys;

	x->group = g;
	if (x->summing)
		return fail(f, R_INTERNAL, "a sum of this exchange is under way");
	if (g == GROUP_NONE)
		return at_once(x, EV_KEY);
	dh_key_free(x->key);
	x->key = NULL;
	if (k->n[g]) {
		x->key = k->pairs[g][--k->n[g]];
		return at_once(x, EV_KEY);
	}
	if (here(e, g))
		return dh_generate(g, &x->key, f) == R_OK ? at_once(x, EV_KEY) : R_CRYPTO;
	return send_away(x, sum_new(e, g, work_key, done_for_exchange), EV_KEY, f);
}

enum reason sums_secret(struct exchange *x, struct fault *f)
{
	struct engine *e = x->e;

	if (x->summing)
		return fail(f, R_INTERNAL, "a sum of this exchange is under way");
	if (x->group == GROUP_NONE)
		return at_once(x, EV_SECRET);
	if (!x->key || !x->peer_public)
		return fail(f, R_INTERNAL, "a secret needs two values");
	if (dh_check_public(x->group, slice_of(x->peer_public), f) != R_OK)
		return R_BAD_KEY;
	bytes_free(x->secret);
	x->secret = NULL;
	if (here(e, x->group)) {
		enum reason r = dh_shared(x->key, slice_of(x->peer_public), &x->secret, f);

		dh_key_free(x->key);
		x->key = NULL;
		return r == R_OK ? at_once(x, EV_SECRET) : r;
	}

	struct sum *s = sum_new(e, x->group, work_secret, done_for_exchange);
	if (s && !(s->peer_public = bytes_dup(x->peer_public))) {
		sum_free(s);
		s = NULL;
	}
	if (s)
		s->key = give(x->key);
	return send_away(x, s, EV_SECRET, f);
}

/* --- the pool --- */

static void use(struct keypool *k, int group)
{
	if (group > GROUP_NONE && group < GROUP_COUNT)
		k->used[group] = true;
}

/* Groups that a negotiation may need. Without a peer nobody negotiates. */
static void find_used(struct keypool *k, const struct config *c)
{
	if (k->used_of == config_revision(c) + 1)
		return;
	k->used_of = config_revision(c) + 1;
	for (size_t g = 0; g < GROUP_COUNT; g++)
		k->used[g] = false;
	if (config_count(c, K_PEER) == 0)
		return;
	for (size_t i = 0; i < config_count(c, K_IKE_PROPOSAL); i++)
		use(k, ((const struct ike_proposal *)config_at(c, K_IKE_PROPOSAL, i))->dh_group);
	for (size_t i = 0; i < config_count(c, K_IPSEC_PROPOSAL); i++)
		use(k,
		    ((const struct ipsec_proposal *)config_at(c, K_IPSEC_PROPOSAL, i))->pfs_group);
}

void keypool_refill(struct engine *e)
{
	struct keypool *k = e->keys;
	enum group least = GROUP_NONE;

	if (e->sums_open || k->filling || e->stopping)
		return;
	find_used(k, e->config);
	for (enum group g = GROUP_NONE + 1; g < GROUP_COUNT; g++)
		if (k->used[g] && k->n[g] + BATCH <= POOL &&
		    (least == GROUP_NONE || k->n[g] < k->n[least]))
			least = g;
	if (least == GROUP_NONE)
		return;

	struct sum *s = sum_new(e, least, work_refill, done_refill);
	if (!s)
		return;
	if (e->ports.crunch(e->ports.ctx, &s->job) == R_OK)
		k->filling++;
	else
		sum_free(s);
}

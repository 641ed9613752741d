/* keypool.c - key pairs made beforehand, and the list of jobs that are away
 *
 * Groups are in use when a proposal of the configuration names them and there is a peer. Refills go
 * out one at a time and only while no exchange waits for a sum, so they never stand in the way.
 *
 * Called by: sums.c, engine.c.  Thread: loop; work() runs on the crew.  Owns: the pool.
 */
#include "core/ike/keypool.h"

#include <stdlib.h>

#include "core/crypto/dh.h"
#include "core/ike/away.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/proposal.h"

enum { POOL = 16, BATCH = 4 };

struct keypool {
	struct link away; /* struct away */
	struct dh_key *pairs[GROUP_COUNT][POOL];
	unsigned n[GROUP_COUNT];
	bool filling; /* a refill is away */
	uint64_t used_of; /* revision the next is of, plus 1 */
	bool used[GROUP_COUNT];
};

struct refill {
	struct away away;
	enum group group;
	struct dh_key *made[BATCH];
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
		owner_of(l, struct away, link)->e = NULL;
		list_remove(l);
	}
	for (size_t g = 0; g < GROUP_COUNT; g++)
		while (k->n[g])
			dh_key_free(k->pairs[g][--k->n[g]]);
	free(k);
}

void keypool_send(struct engine *e, struct away *a)
{
	a->e = e;
	list_push(&e->keys->away, &a->link);
}

struct dh_key *keypool_take(struct engine *e, enum group g)
{
	struct keypool *k = e->keys;

	return k->n[g] ? k->pairs[g][--k->n[g]] : NULL;
}

/* --- refilling --- */

static void work(struct job *j)
{
	struct refill *r = owner_of(j, struct refill, away.job);

	for (size_t i = 0; i < BATCH; i++)
		if (dh_generate(r->group, &r->made[i], NULL) != R_OK)
			return;
}

static void refill_free(struct refill *r)
{
	list_remove(&r->away.link);
	for (size_t i = 0; i < BATCH; i++)
		dh_key_free(r->made[i]);
	free(r);
}

static void done(struct job *j, bool cancelled)
{
	struct refill *r = owner_of(j, struct refill, away.job);
	struct keypool *k = r->away.e ? r->away.e->keys : NULL;

	(void)cancelled;
	if (k) {
		k->filling = false;
		for (size_t i = 0; i < BATCH; i++)
			if (r->made[i] && k->n[r->group] < POOL)
				k->pairs[r->group][k->n[r->group]++] = give(r->made[i]);
	}
	refill_free(r);
}

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

static enum group emptiest(const struct keypool *k)
{
	enum group least = GROUP_NONE;

	for (enum group g = GROUP_NONE + 1; g < GROUP_COUNT; g++)
		if (k->used[g] && k->n[g] + BATCH <= POOL &&
		    (least == GROUP_NONE || k->n[g] < k->n[least]))
			least = g;
	return least;
}

void keypool_refill(struct engine *e)
{
	struct keypool *k = e->keys;
	struct refill *r;
	enum group g;

	if (e->sums_open || k->filling || e->stopping)
		return;
	find_used(k, e->config);
	g = emptiest(k);
	r = g == GROUP_NONE ? NULL : calloc(1, sizeof(*r));
	if (!r)
		return;
	r->away.job.work = work;
	r->away.job.done = done;
	r->group = g;
	keypool_send(e, &r->away);
	k->filling = true;
	if (e->ports.crunch(e->ports.ctx, &r->away.job) == R_OK)
		return;
	k->filling = false;
	refill_free(r);
}

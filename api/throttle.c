/* throttle.c - guessing is slow
 *
 * A small table of keys (as SipHash: strangers choose them) with the times of their last five
 * tries. The table never grows: when it is full the key tried longest ago goes, and a stranger
 * who fills it from a thousand addresses has paid a thousand connections for one more try.
 *
 * Called by: signin.c.  Thread: loop.  Owns: the table.
 */
#include "api/throttle.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/rng.h"

struct tries {
	uint64_t key; /* 0: free */
	msec at[TRIES_MOST]; /* newest first */
	size_t n;
};

struct throttle {
	uint8_t seed[16];
	struct tries keys[THROTTLE_KEYS];
};

struct throttle *throttle_new(void)
{
	struct throttle *t = calloc(1, sizeof(*t));
	struct rng r = rng_system();

	if (t)
		rng_fill(&r, t->seed, sizeof(t->seed));
	return t;
}

void throttle_free(struct throttle *t)
{
	free(t);
}

static struct tries *find(struct throttle *t, const char *key)
{
	uint64_t want = hash_keyed(slice_str(key), t->seed) | 1;
	struct tries *spare = &t->keys[0];

	for (size_t i = 0; i < THROTTLE_KEYS; i++) {
		struct tries *k = &t->keys[i];

		if (k->key == want)
			return k;
		if (spare->key && (!k->key || k->at[0] < spare->at[0]))
			spare = k;
	}
	*spare = (struct tries){ .key = want };
	return spare;
}

uint32_t throttle_try(struct throttle *t, const char *key, msec now)
{
	struct tries *k = find(t, key);

	while (k->n && now - k->at[k->n - 1] >= TRIES_MS)
		k->n--;
	if (k->n == TRIES_MOST)
		return (uint32_t)((k->at[k->n - 1] + TRIES_MS - now + 999) / 1000);
	memmove(&k->at[1], &k->at[0], k->n * sizeof(k->at[0]));
	k->at[0] = now;
	k->n++;
	return 0;
}

void throttle_forgive(struct throttle *t, const char *key)
{
	struct tries *k = find(t, key);

	if (k->n)
		k->n--;
	memmove(&k->at[0], &k->at[1], k->n * sizeof(k->at[0]));
}

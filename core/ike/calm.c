/* calm.c - how often strangers hear an error
 *
 * An error in the clear answers whoever claims to send from an address, so it must never be worth
 * forging one: at most one a second towards an address, at most a hundred a second in all. The
 * table is small and fixed; two addresses that share a slot share the second.
 *
 * Called by the versions before they send an unprotected error. Thread: loop. Owns: nothing.
 */
#include "core/ike/calm.h"

#include "core/base/addr.h"
#include "core/base/hash.h"
#include "core/base/rng.h"

enum { A_SECOND = 1000, MOST_A_SECOND = 100 };

bool calm_may(struct calm *c, struct rng *rng, const struct addr *to, msec now)
{
	if (!c->keyed) {
		rng_fill(rng, c->key, sizeof(c->key));
		c->keyed = true;
	}
	if (now - c->second >= A_SECOND) {
		c->second = now;
		c->sent = 0;
	}
	msec *last = &c->last[hash_keyed(addr_slice(to), c->key) % CALM_SLOTS];

	if (c->sent >= MOST_A_SECOND || (*last && now - *last < A_SECOND))
		return false;
	*last = now ? now : 1;
	c->sent++;
	return true;
}

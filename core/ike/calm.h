/* calm.h - how often strangers hear an error: once a second and address, a hundred a second in all */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/timers.h"

struct addr; /* core/base/addr.h */
struct rng; /* core/base/rng.h */

enum { CALM_SLOTS = 256 };

struct calm {
	msec second;
	unsigned sent; /* within that second */
	uint8_t key[16]; /* drawn at the first use */
	bool keyed;
	msec last[CALM_SLOTS]; /* by keyed hash of the address; a collision keeps silent */
};

bool calm_may(struct calm *c, struct rng *rng, const struct addr *to, msec now);

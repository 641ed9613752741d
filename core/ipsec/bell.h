/* bell.h - packet threads ring, the loop hears
 *
 * What a packet thread has to tell is copied and posted. Bounded: a flood of packets must not
 * become a flood of closures.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"
#include "core/base/bytes.h"
#include "core/base/loop.h"
#include "core/base/own.h"

enum ring_kind { RING_HELD, RING_LIMIT_SOFT, RING_LIMIT_HARD, RING_MOVED, RING_UNKNOWN_SPI };

struct ring {
	enum ring_kind kind;
	uint32_t id; /* policy (HELD) or SPI */
	struct addr from;
	struct slice packet; /* HELD: a whole IP packet */
};

struct bell;

struct bell *bell_new(struct loop *l, void (*hear)(void *arg, const struct ring *r), void *arg);
void bell_free(struct bell *b); /* rings on their way are forgotten; memory goes with the last */
OWNABLE(bell)
bool bell_ring(struct bell *b, const struct ring *r); /* any thread; false: not told */

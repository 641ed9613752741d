/* rng.h - random bytes, and a seeded double for tests
 *
 * The system's source is getrandom(2); when it fails the process ends with a
 * sentence, since nothing may go on without it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/bytes.h"

struct rng {
	void (*fill)(struct rng *r, void *at, size_t n);
	uint64_t state[4]; /* the double's own */
};

struct rng rng_system(void);
struct rng rng_seeded(uint64_t seed); /* repeatable, not secret: tests only */
void rng_fill(struct rng *r, void *at, size_t n);
uint32_t rng_u32(struct rng *r);
uint64_t rng_u64(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t bound); /* 0 .. bound-1, unbiased */
struct bytes *rng_bytes(struct rng *r, size_t n);

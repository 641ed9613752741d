/* rng.c - random bytes, and a seeded double for tests
 *
 * Cookies, nonces, SPIs and keys come from getrandom(2). If the kernel refuses there is no
 * second best: the process says so and ends, before anything guessable leaves it. The
 * double (xoshiro256** seeded by splitmix64, both by Blackman and Vigna) gives a test the
 * same octets again and is good for nothing else.
 *
 * Called by core/crypto, core/ike, core/daemon and base/hash.
 * Thread: any for the system's, its owner's for a double.  Owns: nothing.
 * Not here: key pairs - those are made in core/crypto.
 */
#include "core/base/rng.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static void fill_from_system(struct rng *r, void *at, size_t n)
{
	uint8_t *to = at;
	size_t got = 0;

	(void)r;
	while (got < n) {
		ssize_t more = getrandom(&to[got], n - got, 0);

		if (more < 0 && errno != EINTR) {
			fprintf(stderr, "ikeeper: the system gives no random bytes (%s); ending\n",
				strerror(errno));
			_exit(70);
		}
		got += more > 0 ? (size_t)more : 0;
	}
}

static uint64_t rotl(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

static uint64_t next_of_double(uint64_t s[4])
{
	uint64_t out = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return out;
}

static void fill_from_seed(struct rng *r, void *at, size_t n)
{
	uint8_t *to = at;
	uint64_t v = 0;

	/* octet by octet from the low end, so the order of octets of the machine is no matter */
	for (size_t i = 0; i < n; i++) {
		if (i % 8 == 0)
			v = next_of_double(r->state);
		to[i] = (uint8_t)(v >> (8 * (i % 8)));
	}
}

struct rng rng_system(void)
{
	return (struct rng){ .fill = fill_from_system };
}

struct rng rng_seeded(uint64_t seed)
{
	struct rng r = { .fill = fill_from_seed };

	for (size_t i = 0; i < 4; i++) {
		uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
		r.state[i] = z ^ z >> 31;
	}
	return r;
}

void rng_fill(struct rng *r, void *at, size_t n)
{
	if (n)
		r->fill(r, at, n);
}

/* Numbers are read little endian on every machine, so a seed gives the same everywhere. */
uint64_t rng_u64(struct rng *r)
{
	uint8_t octets[8];
	uint64_t v = 0;

	rng_fill(r, octets, sizeof(octets));
	for (size_t i = sizeof(octets); i > 0; i--)
		v = v << 8 | octets[i - 1];
	return v;
}

uint32_t rng_u32(struct rng *r)
{
	return (uint32_t)rng_u64(r);
}

/* The remainder of 2^32 over the bound would favour the small, so draws there are repeated. */
uint32_t rng_below(struct rng *r, uint32_t bound)
{
	uint32_t v, least;

	if (bound < 2)
		return 0;
	least = -bound % bound;
	do {
		v = rng_u32(r);
	} while (v < least);
	return v % bound;
}

struct bytes *rng_bytes(struct rng *r, size_t n)
{
	struct bytes *b = bytes_new(n);

	if (b)
		rng_fill(r, b->at, n);
	return b;
}

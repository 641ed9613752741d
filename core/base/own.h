/* own.h - pointers that free themselves, and the word that gives them away
 *
 * OWNABLE(thing) beside `void thing_free(struct thing *)` makes own(thing) usable.
 * An own() pointer is freed on every way out of its scope; give(p) hands it to a
 * new owner and leaves NULL behind.
 */
#pragma once

#define own(type) __attribute__((cleanup(type##_drop))) struct type *

#define OWNABLE(type)                                   \
	static inline void type##_drop(struct type **p) \
	{                                               \
		type##_free(*p);                        \
	}

#define give(p)                           \
	({                                \
		__typeof__(p) out_ = (p); \
		(p) = NULL;               \
		out_;                     \
	})

#define COUNT_OF(a)  (sizeof(a) / sizeof((a)[0]))
#define MIN_OF(a, b) ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b) ((a) > (b) ? (a) : (b))

/* The struct around a member: how intrusive links find their owner. */
#define owner_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* grace.h - taking things away from readers that never wait
 *
 * Packet threads read shared tables without a lock. What the loop takes out of a table is freed
 * once every thread has passed a point where it held nothing.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { GRACE_READERS = 8 };

struct grace_dead {
	struct grace_dead *next;
	uint64_t since;
	void *what;
	void (*end)(void *what);
};

struct grace {
	_Atomic uint64_t now;
	_Atomic uint64_t seen[GRACE_READERS]; /* 0: holds nothing */
	struct grace_dead *dead, *last;
};

void grace_init(struct grace *g);
void grace_done(struct grace *g); /* the readers have ended: frees all */
/* A reader: between these two, what it finds in tables stays. */
static inline void grace_enter(struct grace *g, unsigned reader)
{
	atomic_store(&g->seen[reader], atomic_load(&g->now));
}

static inline void grace_leave(struct grace *g, unsigned reader)
{
	atomic_store(&g->seen[reader], 0);
}

/* The loop, after `what` was taken out of every table. */
void grace_retire(struct grace *g, void *what, void (*end)(void *what));
void grace_reap(struct grace *g); /* frees what nobody can hold any more */

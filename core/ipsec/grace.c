/* grace.c - taking things away from readers that never wait
 *
 * A clock counts removals. A reader notes the clock's time when it starts looking and zero when
 * it holds nothing. Something removed at time t may be freed when every reader notes zero or a
 * time after t: all orders are sequentially consistent, so a reader that notes later also reads
 * the tables later, and cannot find it.
 *
 * Called by lanes.c, egress.c, ingress.c, userspace.c.  Thread: enter and leave on packet
 * threads, the rest on the loop.  Owns: what was retired, until it is freed.
 */
#include "core/ipsec/grace.h"

#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

void grace_init(struct grace *g)
{
	g->now = 1;
	for (int i = 0; i < GRACE_READERS; i++)
		g->seen[i] = 0;
	g->dead = g->last = NULL;
}

static bool is_past(struct grace *g, uint64_t since)
{
	for (int i = 0; i < GRACE_READERS; i++) {
		uint64_t seen = atomic_load(&g->seen[i]);

		if (seen && seen <= since)
			return false;
	}
	return true;
}

void grace_reap(struct grace *g)
{
	while (g->dead && is_past(g, g->dead->since)) {
		struct grace_dead *d = g->dead;

		g->dead = d->next;
		if (!g->dead)
			g->last = NULL;
		d->end(d->what);
		free(d);
	}
}

void grace_retire(struct grace *g, void *what, void (*end)(void *what))
{
	struct grace_dead *d = malloc(sizeof(*d));
	uint64_t since = atomic_fetch_add(&g->now, 1);

	if (!d) { /* no memory to remember it by: readers hold things for microseconds */
		while (!is_past(g, since))
			sched_yield();
		end(what);
		return;
	}
	*d = (struct grace_dead){ .since = since, .what = what, .end = end };
	if (g->last)
		g->last->next = d;
	else
		g->dead = d;
	g->last = d;
	grace_reap(g);
}

void grace_done(struct grace *g)
{
	for (int i = 0; i < GRACE_READERS; i++)
		atomic_store(&g->seen[i], 0);
	grace_reap(g);
}

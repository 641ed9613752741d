/* bell.c - packet threads ring, the loop hears
 *
 * A ring is a closure for the loop that carries its own copy of everything. The bell outlives
 * its owner until the last closure has run, since the loop may run some after the plane closed.
 *
 * Called by egress.c and ingress.c (ring), userspace.c (hear).  Thread: ring from any, the rest
 * on the loop.  Owns: the rings on their way.
 */
#include "core/ipsec/bell.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ON_THE_WAY = 1024 };

struct bell {
	_Atomic unsigned refs;
	_Atomic unsigned on_the_way;
	struct loop *loop;
	void (*hear)(void *arg, const struct ring *r); /* NULL: closed */
	void *arg;
};

struct ringing {
	struct post post;
	struct bell *bell;
	struct ring ring;
	uint8_t packet[];
};

struct bell *bell_new(struct loop *l, void (*hear)(void *arg, const struct ring *r), void *arg)
{
	struct bell *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->refs = 1;
	b->loop = l;
	b->hear = hear;
	b->arg = arg;
	return b;
}

static void bell_unref(struct bell *b)
{
	if (atomic_fetch_sub(&b->refs, 1) == 1)
		free(b);
}

void bell_free(struct bell *b)
{
	if (!b)
		return;
	b->hear = NULL;
	bell_unref(b);
}

static void heard(struct post *p)
{
	struct ringing *r = owner_of(p, struct ringing, post);
	struct bell *b = r->bell;

	atomic_fetch_sub(&b->on_the_way, 1);
	if (b->hear)
		b->hear(b->arg, &r->ring);
	free(r);
	bell_unref(b);
}

bool bell_ring(struct bell *b, const struct ring *r)
{
	struct ringing *copy = NULL;

	if (atomic_fetch_add(&b->on_the_way, 1) < ON_THE_WAY)
		copy = malloc(sizeof(*copy) + r->packet.n);
	if (!copy) {
		atomic_fetch_sub(&b->on_the_way, 1);
		return false;
	}
	copy->post = (struct post){ .run = heard };
	copy->bell = b;
	copy->ring = *r;
	copy->ring.packet = slice(copy->packet, r->packet.n);
	if (r->packet.n)
		memcpy(copy->packet, r->packet.at, r->packet.n);
	atomic_fetch_add(&b->refs, 1);
	loop_post(b->loop, &copy->post);
	return true;
}

/* child_path.c - what went through a pair, and which way it goes
 *
 * Counters are the data plane's; what is new since the last look is added to the sums of the tunnel
 * and the peer, which survive the pair. When a NAT gave the peer another address both SAs move
 * there with their keys and counters.
 *
 * Called by: engine_picture.c, natt.c, engine.c, child.c.  Thread: loop.  Owns: nothing.
 */
#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/lifetime.h"
#include "core/ike/sa.h"
#include "core/ike/stray.h"
#include "core/ike/within.h"

/* --- counters --- */

bool child_has_received(struct child *c)
{
	const struct plane *p = c->e->ports.plane;
	struct plane_count n = { 0 };

	return c->in_installed && p->sa_count(p->ctx, c->spi_in, true, &c->local, &c->remote, &n) &&
	       n.packets > 0;
}

static uint64_t grown(uint64_t now, uint64_t seen)
{
	return now > seen ? now - seen : 0;
}

/* Octets of the last minute, from a mark that moves once a minute. */
static void look_at_minute(struct child *c)
{
	uint64_t all = c->seen_in.bytes + c->seen_out.bytes;
	msec passed = c->e->now - c->minute_at;

	if (passed < 60 * SECOND_MS) {
		c->minute_bytes = MAX_OF(c->minute_bytes, all - c->minute_mark);
		return;
	}
	c->minute_bytes = (all - c->minute_mark) * 60 * SECOND_MS / (uint64_t)passed;
	c->minute_mark = all;
	c->minute_at = c->e->now;
}

void child_count(struct child *c)
{
	const struct plane *p = c->e->ports.plane;
	struct plane_count in = c->seen_in, out = c->seen_out;

	if (c->in_installed)
		p->sa_count(p->ctx, c->spi_in, true, &c->local, &c->remote, &in);
	if (c->out_installed)
		p->sa_count(p->ctx, c->spi_out, false, &c->local, &c->remote, &out);
	struct plane_count in_more = { .packets = grown(in.packets, c->seen_in.packets),
				       .bytes = grown(in.bytes, c->seen_in.bytes) };
	struct plane_count out_more = { .packets = grown(out.packets, c->seen_out.packets),
					.bytes = grown(out.bytes, c->seen_out.bytes) };

	stray_errors(c, &in, &out);
	c->seen_in = in;
	c->seen_out = out;
	c->counted_at = c->e->now;
	book_traffic(c, &in_more, &out_more);
	look_at_minute(c);
}

/* --- another path --- */

static bool move_one(struct child *c, bool inbound, const struct addr *local,
		     const struct addr *remote)
{
	const struct plane *p = c->e->ports.plane;
	struct plane_move m = {
		.spi = inbound ? c->spi_in : c->spi_out,
		.inbound = inbound,
		.udp_encap = c->encap,
		.local = c->local,
		.remote = c->remote,
		.new_local = *local,
		.new_remote = *remote,
	};

	return p->sa_move && p->sa_move(p->ctx, &m, NULL) == R_OK;
}

bool child_move(struct child *c, const struct addr *local, const struct addr *remote)
{
	if (addr_equal_port(&c->local, local) && addr_equal_port(&c->remote, remote))
		return true;
	if ((c->in_installed && !move_one(c, true, local, remote)) ||
	    (c->out_installed && !move_one(c, false, local, remote)))
		return false;
	c->local = *local;
	c->remote = *remote;
	c->e->changed = true;
	if (c->flow)
		book_policy(c->flow, c);
	return true;
}

void child_follow(struct ike_sa *sa)
{
	list_each (l, &sa->children) {
		struct child *c = owner_of(l, struct child, sa_link);

		if (c->encap && !child_move(c, &sa->local, &sa->remote))
			lifetime_child_soft(c);
	}
}

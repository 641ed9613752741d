/* rival.c - both ends begin at once: which SA carries on
 *
 * As a rule the newer of two SAs carries on, and the end that initiated it deletes the older. When both
 * ends begin at once each sees another one come up last. Two things settle that without a word:
 *
 * 1. Who sees the peer's SA come up drops its own attempt while the peer cannot hold that for up:
 *    before our proof in main mode, before the last message in aggressive and quick mode. The peer
 *    never sees it come up, so both ends know one SA only.
 * 2. Else both come up at both ends. Then of two with different initiators, the later of which was
 *    begun before the earlier was up, the greater cookie wins, for pairs the greater SPI. What rule 1
 *    left over passed each other on the way, so both ends see that it was so.
 *
 * Not settled: a last message of aggressive or quick mode that was lost after both passed each other.
 * Then each end may prefer another SA; both work, and both stay until the end of their lives.
 *
 * Called by: sa.c, child.c, the IKE versions.  Thread: loop.  Owns: nothing.
 */
#include <string.h>

#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/exchange.h"
#include "core/ike/sa.h"
#include "core/ike/trace.h"
#include "core/ike/within.h"
#include "core/model/peer.h"

#define CAME_UP "gave way: one that the other end began at the same time came up first"

/* Ours came up at this end so long before the peer knew of it, and began its own, at most. */
enum { ROUND_TRIP_MS = 2000 };

/* The peer went away from a negotiation without saying what was wrong with it. */
static bool is_left_alone(const struct fault *f)
{
	return f->reason == R_TIMED_OUT || f->reason == R_NO_ANSWER || f->reason == R_PEER_DELETED;
}

/* --- IKE SAs --- */

bool rival_sa_yields(const struct ike_sa *sa, const struct ike_sa *before)
{
	return sa->role != before->role && sa->born_order < before->up_order &&
	       memcmp(sa->cky.i, before->cky.i, sizeof(sa->cky.i)) < 0;
}

static bool is_rival(const struct ike_sa *other, const struct ike_sa *sa)
{
	return other->role == ROLE_INITIATOR && other->state == SA_CONNECTING &&
	       other->version == sa->version && addr_equal(&other->remote, &sa->remote) &&
	       other->version->can_drop && other->version->can_drop(other);
}

void rival_sa_up(const struct ike_sa *sa)
{
	struct sa_end end = { .reason = R_REPLACED, .text = CAME_UP };

	if (sa->role != ROLE_RESPONDER || !sa->run || !sa_is_usable(sa) ||
	    sa->peer->unique != UNIQUE_REPLACE)
		return;
	list_each (l, &sa->run->sas) {
		struct ike_sa *other = owner_of(l, struct ike_sa, run_link);

		if (!is_rival(other, sa))
			continue;
		trace_gave_way(sa->e, other->negotiation, sa->id, 0, CAME_UP);
		sa_end(other, &end);
	}
}

void rival_sa_overtaken(const struct ike_sa *sa, struct fault *f)
{
	if (sa->role != ROLE_RESPONDER || sa->authenticated || !sa->run || !is_left_alone(f))
		return;
	list_each (l, &sa->run->sas) {
		const struct ike_sa *other = owner_of(l, struct ike_sa, run_link);

		if (other->role != ROLE_INITIATOR || !sa_is_usable(other) ||
		    other->up_at + ROUND_TRIP_MS < sa->born ||
		    !addr_equal(&other->remote, &sa->remote))
			continue;
		trace_gave_way(sa->e, sa->negotiation, other->id, 0, CAME_UP);
		f->reason = R_REPLACED;
		return;
	}
}

/* --- pairs of IPsec SAs --- */

static uint32_t greater_spi(const struct child *c)
{
	return MAX_OF(c->spi_in, c->spi_out);
}

bool rival_child_yields(const struct child *c, const struct child *before)
{
	if (c->role == before->role || c->replaces == before->id)
		return false;
	if (c->role == ROLE_RESPONDER && c->born_order < before->born_order)
		return true; /* the peer's was answered when we began ours: ours is the newer one */
	return c->born_order < before->up_order && greater_spi(c) < greater_spi(before);
}

void rival_child_up(const struct child *c)
{
	if (c->role != ROLE_RESPONDER || !c->flow || c->replaced)
		return;
	list_each (l, &c->flow->children) {
		struct child *other = owner_of(l, struct child, flow_link);

		if (other->state != CS_NEGOTIATING || other->role != ROLE_INITIATOR ||
		    !child_same_traffic(other, c))
			continue;
		trace_gave_way(c->e, other->negotiation, 0, c->id, CAME_UP);
		child_end(other, R_REPLACED, true, NULL);
	}
}

void rival_child_overtaken(const struct child *c, struct fault *f)
{
	if (c->role != ROLE_RESPONDER || !c->flow || !is_left_alone(f))
		return;
	list_each (l, &c->flow->children) {
		const struct child *other = owner_of(l, struct child, flow_link);

		if (other->state != CS_UP || other->role != ROLE_INITIATOR || other->replaced ||
		    other->up_at + ROUND_TRIP_MS < c->born || !child_same_traffic(other, c))
			continue;
		trace_gave_way(c->e, c->negotiation, 0, other->id, CAME_UP);
		f->reason = R_REPLACED;
		return;
	}
}

/* taken.c - two callers who ask for the same traffic
 *
 * Hosts behind one NAT have one address here. When they ask for the same ports (transport mode), or for
 * the same inner address (tunnel mode), no packet says which of them it is for: RFC 3948 section 5.1
 * and 5.2 want that prevented. So the second is refused while the first lives; the first is asked by
 * DPD at once, so that a dead one does not stand in the way for long. The same caller who comes back,
 * which shows by its identity, is no other. A caller from elsewhere has moved, as far as anyone can
 * tell, and takes its traffic along: that is told.
 *
 * Called by: child.c, the IKE versions.  Thread: loop.  Owns: nothing.
 */
#include "core/ike/child.h"
#include "core/ike/engine_tell.h"
#include "core/ike/liveness.h"
#include "core/ike/sa.h"
#include "core/ike/within.h"
#include "core/model/peer.h"
#include "core/model/tunnel.h"

static bool overlap(const struct selector *a, const struct selector *b)
{
	return a->range.low.family == b->range.low.family &&
	       addr_compare(&a->range.low, &b->range.high) <= 0 &&
	       addr_compare(&b->range.low, &a->range.high) <= 0 &&
	       (a->protocol == b->protocol || !a->protocol || !b->protocol) &&
	       (a->port == b->port || !a->port || !b->port);
}

/* In tunnel mode a part of another's traffic is a matter of order, and goes to the narrower. */
static bool want_the_same(const struct child *a, const struct child *b)
{
	if (!a->transport || !b->transport)
		return child_same_traffic(a, b);
	return overlap(&a->local_ts, &b->local_ts) && overlap(&a->remote_ts, &b->remote_ts);
}

static bool is_other_caller(const struct ike_sa *a, const struct ike_sa *b)
{
	return a && b && a != b && a->remote_id_body && b->remote_id_body &&
	       !slice_equal(slice_of(a->remote_id_body), slice_of(b->remote_id_body));
}

static bool is_behind_the_same_nat(const struct ike_sa *a, const struct ike_sa *b)
{
	return a->nat_remote && b->nat_remote && addr_equal(&a->remote, &b->remote) &&
	       a->remote.port != b->remote.port;
}

/* Callers behind NATs alone pay for this look at all pairs. */
static const struct child *holder(const struct child *c)
{
	if (!c->sa->nat_remote)
		return NULL;
	list_each (l, &c->e->children) {
		const struct child *other = owner_of(l, struct child, link);

		if (other != c && other->out_installed && !other->replaced &&
		    is_other_caller(c->sa, other->sa) && sa_is_usable(other->sa) &&
		    is_behind_the_same_nat(c->sa, other->sa) && want_the_same(c, other))
			return other;
	}
	return NULL;
}

enum reason child_taken(const struct child *c, struct fault *f)
{
	const struct child *other = holder(c);
	char theirs[SELECTOR_TEXT], nat[ADDR_TEXT];

	if (!other)
		return R_OK;
	liveness_ask(other->sa);
	return fail_field(
		f, R_TRAFFIC_TAKEN, "remote_ts",
		"%s and %s are both behind the NAT %s and want %s: %s has it (%s, IKE SA %u), "
		"and no packet would tell whose it is",
		c->sa->remote_id, other->sa->remote_id, addr_text(&c->sa->remote, nat),
		selector_text(&c->remote_ts, theirs, sizeof(theirs)), other->sa->remote_id,
		other->tunnel->r.name, (unsigned)other->sa->id);
}

void child_takes_over(const struct child *c, const struct child *before)
{
	char from[ADDR_TEXT], to[ADDR_TEXT], theirs[SELECTOR_TEXT];

	if (!is_other_caller(c->sa, before->sa))
		return;
	engine_tell(c->e, EVT_CHILD_TAKEN, c->sa, c, R_REPLACED,
		    "%s at %s asked for %s, which %s at %s had, and has it now", c->sa->remote_id,
		    addr_text(&c->sa->remote, to),
		    selector_text(&c->remote_ts, theirs, sizeof(theirs)), before->sa->remote_id,
		    addr_text(&before->sa->remote, from));
}

/* book_policy.c - the data plane's policies of flows
 *
 * Every flow of an enabled tunnel has a policy as long as it is configured: without SAs its traffic
 * asks for some or is dropped, but never leaves in the clear. Outer addresses are those of the pair
 * that is up, else what the configuration knows. A child with narrower selectors has a policy of
 * its own in front of the flow's; its successor takes it over, the last one removes it.
 *
 * Called by: book.c, child.c.  Thread: loop.  Owns: nothing.
 */
#include <string.h>

#include "core/base/log.h"
#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/within.h"
#include "core/model/peer.h"
#include "core/model/tunnel.h"

static void complain(const struct tunnel_run *t, const struct fault *f)
{
	log_line(LOG_WARN_, &(struct log_subject){ .topic = LOG_PLANE, .peer = t->tunnel->peer },
		 "the data plane refused a policy of the tunnel %s: %s", t->tunnel->r.name,
		 f->text);
}

static bool may_ask(const struct flow *fl)
{
	const struct tunnel_run *t = fl->run;
	struct addr remote;

	return (t->tunnel->start_action != START_NONE || fl->trap) && !t->tunnel->from_template &&
	       book_remote(t->peer_run, &remote, NULL);
}

/* Ends as far as the configuration knows them; family 0 where it does not. */
static void configured_path(const struct tunnel_run *t, struct plane_policy *ret)
{
	const struct engine *e = t->e;
	const struct peer *p = t->peer_run->peer;

	book_remote(t->peer_run, &ret->remote, NULL);
	if (!addr_read(p->local_address, &ret->local) && ret->remote.family)
		e->ports.source_for(e->ports.ctx, &ret->remote, &ret->local);
	ret->local.port = ret->remote.port = 0;
}

static struct plane_policy wanted(const struct flow *fl, const struct flow_part *part,
				  const struct child *c)
{
	const struct tunnel_run *t = fl->run;
	struct plane_policy p = {
		.id = part->id,
		.reqid = fl->id,
		.priority = 2 * t->tunnel->sequence + 1,
		.transport = t->tunnel->mode == TUNNEL_TRANSPORT,
		.trap = may_ask(fl),
		.local_ts = part->ts.local,
		.remote_ts = part->ts.remote,
	};

	if (c) {
		p.local = addr_with_port(c->local, 0);
		p.remote = addr_with_port(c->remote, 0);
	} else {
		configured_path(t, &p);
	}
	return p;
}

static bool is_same(const struct plane_policy *a, const struct plane_policy *b)
{
	return a->id == b->id && a->reqid == b->reqid && a->priority == b->priority &&
	       a->transport == b->transport && a->trap == b->trap &&
	       addr_equal(&a->local, &b->local) && addr_equal(&a->remote, &b->remote) &&
	       selector_equal(&a->local_ts, &b->local_ts) &&
	       selector_equal(&a->remote_ts, &b->remote_ts);
}

static bool put(const struct tunnel_run *t, const struct plane_policy *p)
{
	const struct plane *plane = t->e->ports.plane;
	struct fault f = { 0 };

	if (plane->policy_add(plane->ctx, p, &f) == R_OK)
		return true;
	complain(t, &f);
	return false;
}

void book_policy_remove(struct flow *fl)
{
	const struct plane *plane = fl->e->ports.plane;

	for (size_t i = 0; i < fl->parts_n; i++) {
		if (fl->parts[i].policy_there)
			plane->policy_del(plane->ctx, fl->parts[i].id);
		fl->parts[i].policy_there = false;
	}
}

/* --- narrow children --- */

/* Somebody else of the same lineage; holding: who has the policy now. */
static struct child *relative(const struct flow *fl, const struct child *c, bool holding)
{
	list_each (l, (struct link *)&fl->children) {
		struct child *other = owner_of(l, struct child, flow_link);

		if (other == c || !other->narrow || other->reqid != c->reqid)
			continue;
		if (holding ? other->policy_there : other->state == CS_UP && !other->replaced)
			return other;
	}
	return NULL;
}

static void narrow_policy(struct flow *fl, struct child *c)
{
	struct plane_policy p = wanted(fl, &fl->parts[0], c);
	struct child *holder = relative(fl, c, true);

	if (c->policy_there)
		return;
	if (holder) {
		holder->policy_there = false;
		c->policy_there = true;
		return;
	}
	p.id = p.reqid = c->reqid;
	p.priority--;
	p.trap = false;
	p.local_ts = c->local_ts;
	p.remote_ts = c->remote_ts;
	c->policy_there = put(fl->run, &p);
}

void book_policy_leave(struct flow *fl, struct child *c)
{
	const struct plane *plane = fl->e->ports.plane;
	struct child *heir;

	if (!c->policy_there)
		return;
	c->policy_there = false;
	heir = relative(fl, c, false);
	if (heir)
		heir->policy_there = true;
	else
		plane->policy_del(plane->ctx, c->reqid);
}

static void part_policy(struct flow *fl, struct flow_part *part, const struct child *c)
{
	const struct plane *plane = fl->e->ports.plane;
	struct plane_policy p = wanted(fl, part, c);

	if (part->policy_there && is_same(&p, &part->policy))
		return;
	if (part->policy_there)
		plane->policy_del(plane->ctx, part->id);
	part->policy = p;
	part->policy_there = put(fl->run, &p);
}

void book_policy(struct flow *fl, struct child *c)
{
	struct tunnel_run *t = fl->run;

	if (!t->tunnel->enabled || !t->peer_run || !t->peer_run->peer->enabled || !fl->parts_n) {
		book_policy_remove(fl);
		return;
	}
	if (c && c->narrow) {
		narrow_policy(fl, c);
		return;
	}
	if (c)
		fl->trap = false;
	for (size_t i = 0; i < fl->parts_n; i++)
		part_policy(fl, &fl->parts[i], c);
}

/* idle.c - IPsec SAs without traffic end
 *
 * One timer a pair, armed for the moment at which it would be idle for too long; when that comes and
 * there was traffic meanwhile, it is armed again. So traffic costs nothing.
 *
 * Called by: child.c, engine.c.  Thread: loop.  Owns: nothing; one timer per pair.
 */
#include "core/ike/lifetime.h"

#include "core/ike/child.h"
#include "core/ike/manual_keys.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/settings.h"
#include "core/model/tunnel.h"

static unsigned limit_s(const struct child *c)
{
	const struct tunnel *t = config_tunnel(c->e->config, c->tunnel->r.name);

	if (manual_is(c->tunnel))
		return 0; /* nobody could bring it back at the other end */
	if (t && t->sa_idle_seconds)
		return t->sa_idle_seconds;
	return config_ipsec(c->e->config)->sa_idle_seconds;
}

msec idle_since(struct child *c)
{
	msec last;

	child_count(c);
	last = (msec)MAX_OF(c->seen_in.last_ms, c->seen_out.last_ms);
	return MAX_OF(last, c->idle_from);
}

static void on_idle(struct timer *t, msec now)
{
	struct child *c = owner_of(t, struct child, idle);
	msec limit = (msec)limit_s(c) * SECOND_MS;

	if (limit && now - idle_since(c) >= limit)
		child_end(c, R_IDLE, true, NULL);
	else
		idle_arm(c);
}

void idle_arm(struct child *c)
{
	struct engine *e = c->e;
	msec limit = (msec)limit_s(c) * SECOND_MS;

	c->idle.fire = on_idle;
	if (!limit || c->replaced || (c->state != CS_UP && c->state != CS_REKEYING))
		timer_stop(&e->timers, &c->idle);
	else
		timer_arm(&e->timers, &c->idle, MAX_OF(idle_since(c) + limit, e->now + 1));
}

void idle_arm_all(struct engine *e)
{
	list_each (l, &e->children)
		idle_arm(owner_of(l, struct child, link));
}

/* sweep.c - after a new configuration: SAs without a place in it end, stale ones are told
 *
 * Adopting leaves SAs alone. What is merely older than the configuration runs on, and one event
 * says how many there are. What lost its peer or tunnel must not run on; whoever changed the
 * configuration resets it by name, and a timer makes sure of the rest.
 *
 * Called by: engine.c.  Thread: loop.  Owns: nothing; one timer of the engine.
 */
#include "core/ike/sweep.h"

#include "core/ike/child.h"
#include "core/ike/engine_tell.h"
#include "core/ike/sa.h"
#include "core/ike/stale.h"
#include "core/ike/within.h"
#include "core/model/config.h"

static void end_removed(struct timer *t, msec now)
{
	struct engine *e = owner_of(t, struct engine, sweep);
	struct sa_end end = { .reason = R_CONFIG_CHANGED, .with_children = true, .notify = true };

	(void)now;
	list_each (l, &e->children) {
		struct child *c = owner_of(l, struct child, link);
		bool removed = false;

		stale_child(c, e->config, NULL, &removed);
		if (removed)
			child_end(c, R_CONFIG_CHANGED, true, NULL);
	}
	/* ending one may free the next child, so the SAs have a walk of their own */
	list_each (l, &e->sas) {
		struct ike_sa *sa = owner_of(l, struct ike_sa, link);
		bool removed = false;

		stale_ike(sa, e->config, NULL, &removed);
		if (removed)
			sa_end(sa, &end);
	}
}

void sweep_init(struct engine *e)
{
	e->sweep.fire = end_removed;
}

static void tell(struct engine *e, unsigned ikes, unsigned children)
{
	if (ikes + children)
		engine_tell(e, EVT_SA_STALE, NULL, NULL, R_OK,
			    "%u IKE SAs and %u IPsec SAs are older than revision %llu and run on "
			    "until they are reset",
			    ikes, children, (unsigned long long)config_revision(e->config));
}

void sweep_after_adopt(struct engine *e)
{
	unsigned ikes = 0, children = 0;
	bool any_removed = false;

	list_each (l, &e->sas) {
		struct ike_sa *sa = owner_of(l, struct ike_sa, link);
		bool removed = false;
		bool stale = stale_ike(sa, e->config, NULL, &removed) >= IMPACT_IKE;

		any_removed |= removed;
		ikes += stale && !sa->stale_told;
		sa->stale_told = stale;
	}
	list_each (l, &e->children) {
		struct child *c = owner_of(l, struct child, link);
		bool removed = false;
		bool stale = stale_child(c, e->config, NULL, &removed) >= IMPACT_CHILD;

		any_removed |= removed;
		children += stale && !c->stale_told;
		c->stale_told = stale;
	}
	tell(e, ikes, children);
	if (any_removed)
		timer_arm(&e->timers, &e->sweep, e->now);
	e->changed = true;
}

/* lifetime.c - soft and hard ends, jitter, renegotiation
 *
 * The end that initiated an SA renegotiates it at a random 85 to 92 % of its lifetime, make before
 * break; the other end shows FD from 85 % on and steps in at 97 % when nothing happened. An attempt that fails is
 * repeated until the hard end. What was replaced goes a few seconds later, with a notice, by the
 * hand of the end that initiated its successor; the other end waits for that notice. When an IKE
 * SA reaches its hard end its children live on without it.
 *
 * Called by: sa.c, child.c, engine.c.  Thread: loop.  Owns: nothing; one timer per SA.
 */
#include "core/ike/lifetime.h"

#include "core/base/rng.h"
#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/sa.h"
#include "core/ike/within.h"

enum {
	SOFT_LEAST = 850, /* per mille of the lifetime */
	SOFT_MOST = 920,
	STEP_IN = 970,
	AGAIN_MS = 10000, /* between two attempts */
	REPLACED_LEAST_MS = 3000,
	REPLACED_MOST_MS = 5000,
	BUSY_MS = 5000,
};

static msec soft_of(struct engine *e, msec life_ms, enum sa_role role)
{
	msec part = role == ROLE_INITIATOR
			    ? SOFT_LEAST + rng_below(e->ports.rng, SOFT_MOST - SOFT_LEAST + 1)
			    : STEP_IN;

	return life_ms / 1000 * part;
}

/* FD: from now on a successor is due. Who initiated begins it; the other end begins to expect it. */
static msec fades_at(const struct ike_sa *sa)
{
	msec life = sa->hard_at - sa->up_at;

	return sa->role == ROLE_INITIATOR ? sa->soft_at : sa->up_at + life / 1000 * SOFT_LEAST;
}

static msec a_little(struct engine *e)
{
	return REPLACED_LEAST_MS +
	       rng_below(e->ports.rng, REPLACED_MOST_MS - REPLACED_LEAST_MS + 1);
}

/* The next attempt, or half of what is left: at least one more before the end. */
static msec next_try(const struct engine *e, msec hard_at)
{
	msec half = (hard_at - e->now) / 2;

	return e->now + MAX_OF(MIN_OF(half, (msec)AGAIN_MS), (msec)1);
}

/* --- IKE SAs --- */

static bool is_negotiating(const struct ike_sa *sa)
{
	list_each (l, (struct link *)&sa->children)
		if (owner_of(l, struct child, sa_link)->state == CS_NEGOTIATING)
			return true;
	return false;
}

static void end_ike(struct ike_sa *sa, enum reason r, const char *text)
{
	struct sa_end end = { .reason = r, .notify = true, .text = text };

	sa_end(sa, &end);
}

/* A quick mode that began over the old SA is let through, for as long as it may take. And while it is
 * not known whether the peer has the new one, the old one may be all that it has. */
static bool is_needed(const struct ike_sa *sa)
{
	const struct ike_sa *heir = sa_heir(sa);

	return is_negotiating(sa) || (heir && heir->unconfirmed);
}

static void end_replaced_ike(struct ike_sa *sa)
{
	struct engine *e = sa->e;

	if (sa->unwanted)
		end_ike(sa, R_REPLACED, "the peer has an IKE SA already, and unique says keep");
	else if (is_needed(sa) && e->now + BUSY_MS < sa->hard_at)
		timer_arm(&e->timers, &sa->life, e->now + BUSY_MS);
	else
		end_ike(sa, R_REPLACED, NULL);
}

static void renew_ike(struct ike_sa *sa)
{
	struct engine *e = sa->e;

	sa->fading = true;
	e->changed = true;
	if (e->now < sa->soft_at) {
		timer_arm(&e->timers, &sa->life, sa->soft_at);
		return;
	}
	if (!sa->rekeying)
		book_renew_ike(sa);
	timer_arm(&e->timers, &sa->life, next_try(e, sa->hard_at));
}

static void on_ike(struct timer *t, msec now)
{
	struct ike_sa *sa = owner_of(t, struct ike_sa, life);

	(void)now;
	if (sa->unwanted || (sa->replaced && sa->ours_to_end))
		end_replaced_ike(sa);
	else if (sa->e->now >= sa->hard_at)
		end_ike(sa, sa->replaced ? R_REPLACED : R_EXPIRED, NULL);
	else
		renew_ike(sa);
}

void lifetime_ike_up(struct ike_sa *sa)
{
	struct engine *e = sa->e;
	msec life = (msec)sa->lifetime_s * SECOND_MS;

	sa->life.fire = on_ike;
	if (life == 0)
		return;
	sa->hard_at = sa->up_at + life;
	sa->soft_at = sa->up_at + soft_of(e, life, sa->role);
	timer_arm(&e->timers, &sa->life, fades_at(sa));
}

void lifetime_ike_soft(struct ike_sa *sa)
{
	if (!sa_is_usable(sa) || (sa->soft_at && sa->e->now >= sa->soft_at))
		return; /* it is due already */
	sa->soft_at = sa->e->now;
	if (!sa->hard_at) /* without a lifetime it goes when its successor is up */
		sa->hard_at = sa->e->now + (msec)UINT32_MAX;
	timer_arm(&sa->e->timers, &sa->life, sa->e->now);
}

void lifetime_ike_replaced(struct ike_sa *sa)
{
	struct engine *e = sa->e;

	sa->life.fire = on_ike;
	if (sa->unwanted)
		timer_arm(&e->timers, &sa->life, e->now);
	else if (sa->ours_to_end)
		timer_arm(&e->timers, &sa->life, e->now + a_little(e));
	else if (sa->hard_at)
		timer_arm(&e->timers, &sa->life, sa->hard_at);
}

/* --- children --- */

static void renew_child(struct child *c)
{
	struct engine *e = c->e;
	struct fault f = { 0 };
	uint64_t negotiation;

	book_renew(c, &negotiation, &f);
	timer_arm(&e->timers, &c->life, next_try(e, c->hard_at));
}

static void on_child(struct timer *t, msec now)
{
	struct child *c = owner_of(t, struct child, life);

	(void)now;
	if (c->replaced)
		child_end(c, R_REPLACED, c->ours_to_end, NULL);
	else if (c->e->now >= c->hard_at)
		child_end(c, R_EXPIRED, true, NULL);
	else
		renew_child(c);
}

void lifetime_child_up(struct child *c)
{
	struct engine *e = c->e;
	msec life = (msec)c->lifetime_s * SECOND_MS;

	c->life.fire = on_child;
	if (life == 0)
		return;
	c->hard_at = c->up_at + life;
	c->soft_at = c->up_at + soft_of(e, life, c->role);
	timer_arm(&e->timers, &c->life, MAX_OF(c->soft_at, e->now + 1));
}

void lifetime_child_soft(struct child *c)
{
	struct fault f = { 0 };
	uint64_t negotiation;

	if (c->state == CS_UP && !c->replaced)
		book_renew(c, &negotiation, &f);
}

void lifetime_child_replaced(struct child *c)
{
	struct engine *e = c->e;

	c->life.fire = on_child;
	if (c->ours_to_end)
		timer_arm(&e->timers, &c->life, e->now + a_little(e));
	else if (c->hard_at)
		timer_arm(&e->timers, &c->life, c->hard_at);
}

void lifetime_bytes(const struct child *c, uint64_t *ret_soft, uint64_t *ret_hard)
{
	uint64_t limit = (uint64_t)c->lifetime_kb * 1024;
	uint64_t part = STEP_IN;

	if (c->role == ROLE_INITIATOR)
		part = SOFT_LEAST + rng_below(c->e->ports.rng, SOFT_MOST - SOFT_LEAST + 1);
	*ret_soft = limit / 1000 * part;
	*ret_hard = limit;
}

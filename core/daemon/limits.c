/* limits.c - the watch over what is refused because a limit was reached
 *
 * Half-open negotiations, the queue of sums and the like are bounded, and what is over a bound is
 * refused and counted. Every ten seconds the counts are compared; the first rise is told, then at
 * most one a minute, with how many it were, so that a flood of datagrams is not one of events. The
 * data plane's counts of what it threw away are looked at in the same go.
 *
 * Called by: daemon.c.  Thread: loop.  Owns: nothing.
 */
#include <inttypes.h>
#include <stdio.h>

#include "core/daemon/inside.h"

enum { EVERY_MS = 10 * 1000, QUIET_MS = 60 * 1000 };

uint64_t limits_due(struct limits *l, uint64_t refused, msec now)
{
	uint64_t more = refused - l->told;

	if (!more || (l->told_at && now - l->told_at < QUIET_MS))
		return 0;
	l->told = refused;
	l->told_at = now;
	return more;
}

/* Packets without an SA are told here, those that an SA refused by the engine: it counts its pairs
 * for a picture, which nobody may have asked for. */
static void look_at_plane(struct daemon *d)
{
	const struct plane_totals t = d->want.plane->totals(d->want.plane->ctx);
	uint64_t errors = t.replayed + t.bad_icv + t.errors;

	if (t.no_sa > d->limits.no_sa) {
		struct event e = { .id = EVT_CHILD_MISSING, .reason = R_BAD_SPI };
		snprintf(e.text, sizeof(e.text), "%" PRIu64 " packets belong to no IPsec SA",
			 t.no_sa - d->limits.no_sa);
		events_tell(&d->events, &e);
	}
	if (errors > d->limits.errors)
		publish_fresh(d);
	d->limits.no_sa = t.no_sa;
	d->limits.errors = errors;
}

static void on_look(struct timer *t, msec now)
{
	struct daemon *d = owner_of(t, struct daemon, limits_timer);
	uint64_t sums = crew_stats(d->want.crew).refused;
	uint64_t more = limits_due(&d->limits, engine_refusals(d->engine) + sums, now);

	if (more) {
		struct event e = { .id = EVT_EXHAUSTED };
		snprintf(e.text, sizeof(e.text),
			 "%" PRIu64
			 " negotiations, datagrams or sums were over a limit and refused",
			 more);
		events_tell(&d->events, &e);
	}
	look_at_plane(d);
	timer_arm(loop_timers(d->loop), t, now + EVERY_MS);
}

void limits_start(struct daemon *d)
{
	d->limits_timer.fire = on_look;
	timer_arm(loop_timers(d->loop), &d->limits_timer, clock_now() + EVERY_MS);
}

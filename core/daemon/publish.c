/* publish.c - engine state to view, and when to post it
 *
 * A picture is made at the end of a turn when something changed and 100 ms have passed, at
 * once when an SA came or went or somebody waits for it, and every second while somebody
 * looks, so that ages and counters move. Nobody looking costs nothing.
 *
 * Called by: daemon.c, change.c, control.c. Thread: loop. Owns: nothing but the timer.
 */
#include <string.h>

#include "core/base/text.h"
#include "core/daemon/inside.h"

enum { LEAST_MS = 100, LOOKED_MS = 1000 };

static uint32_t weak_records(const struct config *c)
{
	uint32_t n = 0;

	for (size_t i = 0; i < config_count(c, K_IKE_PROPOSAL); i++)
		n += ((const struct ike_proposal *)config_at(c, K_IKE_PROPOSAL, i))->allow_weak;
	for (size_t i = 0; i < config_count(c, K_IPSEC_PROPOSAL); i++)
		n += ((const struct ipsec_proposal *)config_at(c, K_IPSEC_PROPOSAL, i))->allow_weak;
	return n;
}

static void add_totals(struct daemon *d, struct counter_row *c)
{
	struct crew_stats crew = crew_stats(d->want.crew);
	struct loop_stats loop = loop_stats(d->loop);
	struct plane_totals p = d->want.plane->totals(d->want.plane->ctx);

	c->crew_queue = crew.queued + crew.running;
	c->crew_done = crew.done;
	c->crew_refused = crew.refused;
	c->loop_turns = loop.turns;
	c->loop_slow_turns = loop.slow_turns;
	c->loop_worst_turn_ms = loop.worst_turn_ms;
	c->plane_packets_in = p.packets_in;
	c->plane_packets_out = p.packets_out;
	c->plane_bytes_in = p.bytes_in;
	c->plane_bytes_out = p.bytes_out;
	c->plane_no_sa = p.no_sa;
	c->plane_replayed = p.replayed;
	c->plane_bad_icv = p.bad_icv;
	c->plane_no_policy = p.no_policy;
	c->plane_errors = p.errors;
	c->log_swallowed = log_swallowed();
}

static void publish(struct daemon *d, msec now)
{
	static uint64_t number;
	static int64_t started_s;

	loop_doing(d->loop, "making the picture");
	if (!started_s)
		started_s = clock_wall_ms() / 1000;
	struct view *v = engine_picture(d->engine, now);
	if (!v)
		return;
	v->number = ++number;
	v->made_wall_ms = (uint64_t)clock_wall_ms();
	v->started_at = (uint64_t)started_s;
	v->revision = config_revision(d->config);
	v->weak_records = weak_records(d->config);
	wiretap_count(d, v);
	text_copy(v->data_plane, sizeof(v->data_plane), d->want.plane->name);
	text_copy(v->data_plane_reason, sizeof(v->data_plane_reason), d->want.plane->reason);
	add_totals(d, &v->counters);
	board_post(d->board, v);
	d->published_at = now;
	d->publish_now = false;
}

static void on_timer(struct timer *t, msec now)
{
	struct daemon *d = owner_of(t, struct daemon, publish_timer);

	if (board_was_looked_at(d->board))
		publish(d, now);
	timer_arm(loop_timers(d->loop), t, now + LOOKED_MS);
}

void publish_start(struct daemon *d)
{
	d->publish_timer.fire = on_timer;
	timer_arm(loop_timers(d->loop), &d->publish_timer, clock_now() + LOOKED_MS);
	publish(d, clock_now());
}

void publish_turn_end(struct daemon *d, msec now)
{
	if (!d->publish_now && now - d->published_at < LEAST_MS)
		return;
	if (d->publish_now || engine_changed(d->engine))
		publish(d, now);
}

void publish_fresh(struct daemon *d)
{
	publish(d, clock_now());
}

/* control.c - fills control.h for the services
 *
 * A thin face: changes go to change.c, the rest to the engine. Nothing is decided here.
 *
 * Called by: daemon.c once; its functions by the services, on the loop thread. Owns: nothing.
 */
#include "core/daemon/inside.h"

static void control_reset(void *ctx, const struct reset_ask *ask, reset_done *done, void *arg)
{
	struct daemon *d = ctx;

	engine_reset(d->engine, clock_now(), ask, done, arg);
	d->publish_now = true;
}

static enum reason control_initiate(void *ctx, const char *tunnel, const char *who,
				    uint64_t *ret_id, struct fault *f)
{
	struct daemon *d = ctx;

	if (d->stopping)
		return fail(f, R_SHUTDOWN, "the gateway is stopping");
	return engine_initiate(d->engine, clock_now(), tunnel, who, ret_id, f);
}

static enum reason control_renew(void *ctx, const struct renew_ask *ask, uint64_t *ret_id,
				 struct fault *f)
{
	struct daemon *d = ctx;

	if (d->stopping)
		return fail(f, R_SHUTDOWN, "the gateway is stopping");
	return engine_renew(d->engine, clock_now(), ask, ret_id, f);
}

static enum reason control_ask_alive(void *ctx, uint32_t ike_sa, struct fault *f)
{
	struct daemon *d = ctx;

	return engine_ask_alive(d->engine, clock_now(), ike_sa, f);
}

static void control_stories(void *ctx, const char *peer, const char *tunnel, uint64_t before,
			    size_t most, story_each *each, void *arg)
{
	struct daemon *d = ctx;

	chronicle_read(d, &(struct story_ask){ peer, tunnel, before, most }, each, arg);
}

static bool control_story(void *ctx, uint64_t id, story_each *each, void *arg)
{
	return chronicle_find(ctx, id, each, arg);
}

static const char *control_sessions(void *ctx, const struct session_ask *ask, session_each *each,
				    void *arg)
{
	struct daemon *d = ctx;

	return engine_sessions(d->engine, clock_now(), ask, each, arg);
}

static enum reason control_sessions_end(void *ctx, uint32_t child_sa, struct fault *f)
{
	struct daemon *d = ctx;

	return engine_sessions_end(d->engine, child_sa, f);
}

static void control_fresh(void *ctx)
{
	journal_flush(ctx);
	publish_fresh(ctx);
}

void control_fill(struct daemon *d)
{
	d->control = (struct control){
		.ctx = d,
		.change = change_ask,
		.confirm = confirm_say,
		.confirming = confirm_look,
		.canarying = canary_look,
		.canary_end = canary_end,
		.reset = control_reset,
		.initiate = control_initiate,
		.renew = control_renew,
		.ask_alive = control_ask_alive,
		.stories = control_stories,
		.story = control_story,
		.replay = lastoffer_replay,
		.simulate = simulate_ask,
		.sessions = control_sessions,
		.sessions_end = control_sessions_end,
		.trace_start = wiretap_start,
		.trace_end = wiretap_end,
		.traces = wiretap_list,
		.trace_read = wiretap_read,
		.held = holding_look,
		.fresh = control_fresh,
		.events = &d->events,
		.repo = d->want.repo,
		.crew = d->want.crew,
		.board = d->board,
	};
}

/* confirm.c - a change that has to be confirmed, or it goes back by itself
 *
 * What is needed to go back (the revision before, until when, which tunnels were up) is a fact
 * that the store keeps in the same transaction as the change, so a daemon that was killed finds
 * it at its start and waits on, or goes back at once when the time is over. Going back is a
 * change like any other, by the edits between the two configurations: its SAs are reset, and
 * the tunnels that were up before are started again. Until then other changes are refused.
 *
 * Called by: change.c, control.c, daemon.c.  Thread: loop.  Owns: the list of tunnels.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/text.h"
#include "core/daemon/inside.h"

#define FACT "confirming" /* change.c keeps it with the change */
enum { LOOK_MS = 500, RETRY_MS = 10 * 1000, FACT_MOST = 256 * 1024 };

static int64_t now_s(void)
{
	return clock_wall_ms() / 1000;
}

static void tell(struct daemon *d, enum event_id id, const char *who, const char *text)
{
	struct event e = { .id = id, .revision = d->confirming.revision };

	text_copy(e.who, sizeof(e.who), who);
	text_copy(e.text, sizeof(e.text), text);
	events_tell(&d->events, &e);
}

static void forget(struct daemon *d)
{
	d->confirming = (struct confirming){ 0 };
	free(d->confirm_tunnels);
	d->confirm_tunnels = NULL;
	d->going_back = false;
	timer_stop(loop_timers(d->loop), &d->confirm_timer);
}

/* ---- the fact: "REVISION BACK UNTIL MODE WHO\n", then a tunnel a line ---- */

char *confirm_fact(const struct daemon *d, const struct change *c, const struct outcome *o)
{
	uint64_t back = config_revision(d->config);
	struct text t;

	text_init(&t, FACT_MOST - 1);
	if (c->confirm != CONFIRM_NOT) {
		text_add(&t, "%llu %llu %lld %d %s\n", (unsigned long long)back + 1,
			 (unsigned long long)back, (long long)(now_s() + c->confirm_s),
			 (int)c->confirm, c->who);
		size_t head = t.n;
		for (size_t i = 0; i < o->touched_n && !t.cut; i++) {
			const struct touched *s = &o->touched[i];

			if (s->is_child && !canary_names(t.at + head, s->tunnel))
				text_add(&t, "%s\n", s->tunnel);
		}
	}
	return text_give(&t);
}

static bool read_fact(struct daemon *d, const char *fact)
{
	struct confirming c = { 0 };
	unsigned long long revision, back;
	long long until;
	int mode, at = 0;

	if (sscanf(fact, "%llu %llu %lld %d %n", &revision, &back, &until, &mode, &at) < 4 || !at ||
	    mode <= CONFIRM_NOT || mode >= CONFIRM_COUNT)
		return false;
	c.revision = revision;
	c.back = back;
	c.until_s = until;
	c.mode = (enum confirm_mode)mode;
	size_t n = strcspn(fact + at, "\n");
	snprintf(c.who, sizeof(c.who), "%.*s", (int)n, fact + at);
	const char *rest = fact + at + n;
	rest += *rest == '\n';
	d->confirm_tunnels = strdup(rest);
	d->confirming = c;
	return d->confirm_tunnels != NULL;
}

static void count(struct daemon *d)
{
	tunnels_count(d, d->confirm_tunnels, &d->confirming.tunnels, &d->confirming.tunnels_up);
}

/* ---- the way back ---- */

void confirm_went_back(struct daemon *d)
{
	char text[120];

	snprintf(text, sizeof(text), "revision %llu went back to what was in revision %llu",
		 (unsigned long long)d->confirming.revision,
		 (unsigned long long)d->confirming.back);
	tell(d, EVT_CONFIG_BACK, d->confirming.who, text);
	tunnels_start(d, d->confirm_tunnels, d->confirming.who);
	forget(d);
}

static void try_later(struct daemon *d, const struct fault *f)
{
	log_say(LOG_ERROR_, LOG_DAEMON, "revision %llu could not go back: %s",
		(unsigned long long)d->confirming.revision, f->text);
	d->going_back = false;
	timer_arm(loop_timers(d->loop), &d->confirm_timer, clock_now() + RETRY_MS);
}

/* Good ones ended in confirm_went_back already. */
static void change_came(void *arg, const struct outcome *o)
{
	struct daemon *d = arg;

	if (o->reason == R_SHUTDOWN || o->reason == R_OK)
		return;
	try_later(d, o->errors.n ? &o->errors.at[0] : &o->fault);
}

static void past_came(void *arg, struct config *take_c, const struct fault *f)
{
	struct daemon *d = arg;
	own(config) past = take_c;
	struct fault mine = { .reason = R_NO_MEMORY };
	struct change c = { .goes_back = true,
			    .back = d->confirming.back,
			    .reset = RESET_AFFECTED,
			    .reinitiate = REINITIATE_ALWAYS };

	if (!past) {
		try_later(d, f);
		return;
	}
	if (!config_edits(d->config, past, &c.edits, &c.n)) {
		try_later(d, &mine);
		return;
	}
	text_copy(c.who, sizeof(c.who), d->confirming.who);
	text_copy(c.channel, sizeof(c.channel), "daemon");
	snprintf(c.comment, sizeof(c.comment), "revision %llu was not confirmed in time",
		 (unsigned long long)d->confirming.revision);
	change_ask(d, &c, change_came, d);
	edits_free(c.edits, c.n); /* when it was not taken */
}

static void go_back(struct daemon *d)
{
	if (d->going_back || d->stopping)
		return;
	d->going_back = true;
	d->want.repo->past(d->want.repo->ctx, d->confirming.back, past_came, d);
}

/* ---- staying ---- */

static enum reason stay(struct daemon *d, const char *who, const char *why, struct fault *f)
{
	char text[160];

	if (d->want.repo->fact_put(d->want.repo->ctx, FACT, "", f) != R_OK)
		return f->reason;
	snprintf(text, sizeof(text), "revision %llu stays: %s",
		 (unsigned long long)d->confirming.revision, why);
	tell(d, EVT_CONFIG_STAYS, who, text);
	forget(d);
	return R_OK;
}

static void on_timer(struct timer *t, msec now)
{
	struct daemon *d = owner_of(t, struct daemon, confirm_timer);
	struct fault f = { 0 };

	loop_doing(d->loop, "a change that waits to be confirmed");
	count(d);
	if (d->confirming.mode == CONFIRM_TUNNELS &&
	    d->confirming.tunnels_up == d->confirming.tunnels) {
		if (stay(d, d->confirming.who, "its tunnels are up", &f) == R_OK)
			return;
		log_say(LOG_ERROR_, LOG_DAEMON, "the confirmation could not be kept: %s", f.text);
	}
	timer_arm(loop_timers(d->loop), t, now + LOOK_MS);
	if (now_s() >= d->confirming.until_s)
		go_back(d);
}

static void wait_on(struct daemon *d)
{
	d->confirm_timer.fire = on_timer;
	timer_arm(loop_timers(d->loop), &d->confirm_timer, clock_now() + LOOK_MS);
}

void confirm_begin(struct daemon *d, const char *fact)
{
	char text[120];

	if (!read_fact(d, fact)) {
		forget(d);
		return;
	}
	snprintf(text, sizeof(text), "revision %llu goes back in %lld s unless it is confirmed",
		 (unsigned long long)d->confirming.revision,
		 (long long)(d->confirming.until_s - now_s()));
	tell(d, EVT_CONFIG_WAITS, d->confirming.who, text);
	wait_on(d);
}

void confirm_start(struct daemon *d)
{
	char *fact = calloc(1, FACT_MOST);

	if (fact && d->want.repo->fact_get(d->want.repo->ctx, FACT, fact, FACT_MOST) && *fact &&
	    read_fact(d, fact) && d->confirming.revision == config_revision(d->config)) {
		log_say(LOG_NOTE_, LOG_DAEMON,
			"revision %llu of an earlier life waits to be confirmed",
			(unsigned long long)d->confirming.revision);
		wait_on(d);
	} else {
		forget(d);
	}
	free(fact);
}

void confirm_stop(struct daemon *d)
{
	forget(d);
}

/* ---- asked ---- */

bool confirm_is_back(const struct daemon *d, const struct change *c)
{
	return d->confirming.revision && c->goes_back && c->back == d->confirming.back;
}

enum reason confirm_may(const struct daemon *d, const struct change *c, struct fault *f)
{
	if (!d->confirming.revision || c->dry_run || confirm_is_back(d, c))
		return R_OK;
	fail(f, R_CONFIRM_WAITS, "revision %llu by %s waits to be confirmed, for %lld s more",
	     (unsigned long long)d->confirming.revision, d->confirming.who,
	     (long long)MAX_OF(d->confirming.until_s - now_s(), 0));
	snprintf(f->hint, sizeof(f->hint),
		 "POST /api/v1/commits/%llu/confirm, or /commits/%llu/rollback, then again",
		 (unsigned long long)d->confirming.revision,
		 (unsigned long long)d->confirming.back);
	return f->reason;
}

enum reason confirm_say(void *ctx, uint64_t revision, const char *who, struct fault *f)
{
	struct daemon *d = ctx;

	if (!d->confirming.revision || revision != d->confirming.revision)
		return fail(f, R_NOT_FOUND, "revision %llu does not wait to be confirmed",
			    (unsigned long long)revision);
	if (d->going_back)
		return fail(f, R_STALE, "revision %llu is on its way back already",
			    (unsigned long long)revision);
	return stay(d, who, "it was confirmed", f);
}

void confirm_look(void *ctx, struct confirming *ret)
{
	struct daemon *d = ctx;

	if (d->confirming.revision)
		count(d);
	*ret = d->confirming;
}

/* overlap.c - previous pre-shared keys end on time
 *
 * A key that was rotated counts until its overlap ends; the engine looks at the clock itself. Here its
 * octets go then, too: one change for all that are due, like any other in history and audit log,
 * that resets nothing. SAs that were proven by it show as stale from then on. One whose time was
 * over while no daemon ran goes at the start. While another change waits to be confirmed this one
 * waits as well.
 *
 * Called by: daemon.c, change.c.  Thread: loop.  Owns: nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/text.h"
#include "core/daemon/inside.h"

enum { AGAIN_MS = 10 * 1000, LONGEST_MS = 3600 * 1000 };

static int64_t now_s(void)
{
	return clock_wall_ms() / 1000;
}

static const struct secret *rotated_at(const struct config *c, size_t i)
{
	const struct secret *s = (const void *)config_at(c, K_SECRET, i);

	return s->previous.n || s->previous_until_s ? s : NULL;
}

static bool is_due(const struct secret *s)
{
	return s && (int64_t)s->previous_until_s <= now_s();
}

/* How many SAs were proven by it: who was not changed yet. */
static unsigned left_behind(struct daemon *d, const struct secret *s)
{
	const struct view *v;
	unsigned n = 0;

	publish_fresh(d);
	v = board_look(d->board);
	const struct ike_sa_row *row = view_ike_sas(v);
	for (uint32_t i = 0; i < v->ike_sas_n; i++) {
		const struct peer *p = config_peer(d->config, row[i].peer);

		n += p && row[i].psk == PSK_GONE && config_secret(d->config, p->psk) == s;
	}
	view_unref(v);
	return n;
}

static void tell(struct daemon *d, const char *name)
{
	const struct secret *s = config_secret(d->config, name);
	struct event e = { .id = EVT_PSK_ENDED, .revision = config_revision(d->config) };
	unsigned n = s ? left_behind(d, s) : 0;

	if (n)
		snprintf(e.text, sizeof(e.text),
			 "the previous value of the secret %s counts no more; %u IKE SAs were "
			 "proven by it and cannot be renegotiated until the peer has the new one",
			 name, n);
	else
		snprintf(e.text, sizeof(e.text),
			 "the previous value of the secret %s counts no more", name);
	events_tell(&d->events, &e);
}

/* What one change ends. */
struct ending {
	struct daemon *d;
	size_t n;
	char name[][NAME_SIZE];
};

static void came(void *arg, const struct outcome *o)
{
	struct ending *e = arg;

	for (size_t i = 0; o->reason == R_OK && i < e->n; i++)
		tell(e->d, e->name[i]);
	/* the timer runs already: it is tried again */
	if (o->reason != R_OK && o->reason != R_SHUTDOWN && o->reason != R_CONFIRM_WAITS)
		log_say(LOG_ERROR_, LOG_DAEMON,
			"a previous pre-shared key could not be removed: %s",
			o->errors.n ? o->errors.at[0].text : o->fault.text);
	free(e);
}

/* False: no memory. */
static bool fill(struct ending *e, struct change *c, size_t most)
{
	const struct config *now = e->d->config;

	c->edits = calloc(most + 1, sizeof(*c->edits));
	for (size_t i = 0; c->edits && i < most; i++) {
		const struct secret *s = rotated_at(now, i);
		struct record *rec;

		if (!is_due(s))
			continue;
		if (!(rec = record_copy(&s->r)))
			return false;
		secret_finish((struct secret *)rec);
		c->edits[c->n] = (struct edit){
			.op = EDIT_PUT, .kind = K_SECRET, .rec = rec, .if_match = s->r.revision
		};
		text_copy(c->edits[c->n++].name, NAME_SIZE, s->r.name);
		text_copy(e->name[e->n++], NAME_SIZE, s->r.name);
	}
	return c->edits != NULL;
}

static void end_due(struct daemon *d)
{
	size_t most = config_count(d->config, K_SECRET);
	struct ending *e = calloc(1, sizeof(*e) + most * NAME_SIZE);
	struct change c = { 0 };

	if (!e)
		return;
	e->d = d;
	if (!fill(e, &c, most) || !c.n) {
		free(e);
	} else {
		text_copy(c.who, sizeof(c.who), "ikeeperd");
		text_copy(c.channel, sizeof(c.channel), "daemon");
		text_copy(c.comment, sizeof(c.comment), "the overlap of a rotation is over");
		change_ask(d, &c, came, e);
	}
	edits_free(c.edits, c.n); /* when it was not taken */
}

static bool are_due(const struct daemon *d)
{
	for (size_t i = 0; i < config_count(d->config, K_SECRET); i++)
		if (is_due(rotated_at(d->config, i)))
			return true;
	return false;
}

static void on_timer(struct timer *t, msec now)
{
	struct daemon *d = owner_of(t, struct daemon, overlap_timer);

	loop_doing(d->loop, "a pre-shared key that was rotated");
	if (!are_due(d)) { /* the clock was set, or the wait was long */
		overlap_look(d);
		return;
	}
	timer_arm(loop_timers(d->loop), t, now + AGAIN_MS);
	if (!d->stopping)
		end_due(d);
}

/* Wall clocks jump: it is looked at every hour at least. */
void overlap_look(struct daemon *d)
{
	int64_t first = 0;

	d->overlap_timer.fire = on_timer;
	timer_stop(loop_timers(d->loop), &d->overlap_timer);
	for (size_t i = 0; i < config_count(d->config, K_SECRET); i++) {
		const struct secret *s = rotated_at(d->config, i);

		if (s && (!first || (int64_t)s->previous_until_s < first))
			first = MAX_OF((int64_t)s->previous_until_s, 1);
	}
	if (!first)
		return;
	int64_t wait_ms = (first - now_s()) * 1000;
	timer_arm(loop_timers(d->loop), &d->overlap_timer,
		  clock_now() + MIN_OF(MAX_OF(wait_ms, 0), LONGEST_MS));
}

void overlap_stop(struct daemon *d)
{
	timer_stop(loop_timers(d->loop), &d->overlap_timer);
}

/* journal.c - two listeners: the log, and what the store keeps of events
 *
 * Events become one log line each, subject first. Those that are journalled are written in
 * one batch a second; when the store is slow or full they are dropped before a change of the
 * configuration ever is.
 *
 * Called by: daemon.c. Thread: loop. Owns: the batch.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/daemon/inside.h"

enum { FLUSH_MS = 1000, BATCH_MOST = 4096 };

static void hear_log(struct listener *l, const struct event *e)
{
	const struct event_row *row = event_row(e->id);
	enum log_topic topic = e->ike_sa || e->peer[0] ? LOG_IKE : LOG_DAEMON;
	char addr[ADDR_TEXT] = "";

	(void)l;
	if (!log_wants(topic, row->level))
		return;
	if (e->remote.family)
		addr_text(&e->remote, addr);
	struct log_subject s = {
		.topic = topic,
		.sa = e->ike_sa,
		.peer = e->peer[0] ? e->peer : NULL,
		.addr = addr[0] ? addr : NULL,
		.negotiation = e->negotiation,
	};
	/* The number under which REST, the pages and SNMP tell the same story. */
	char story[40] = "";
	if (e->negotiation)
		snprintf(story, sizeof(story), " (negotiation %llu)",
			 (unsigned long long)e->negotiation);
	log_line(row->level, &s, "%s%s%s%s%s%s%s", row->title, e->tunnel[0] ? " [" : "", e->tunnel,
		 e->tunnel[0] ? "]" : "", e->text[0] ? ": " : "", e->text, story);
}

static void hear_journal(struct listener *l, const struct event *e)
{
	struct daemon *d = owner_of(l, struct daemon, journal_listener);

	if (!event_row(e->id)->journalled || d->batch_n == BATCH_MOST)
		return;
	if (d->batch_n == d->batch_cap) {
		size_t cap = d->batch_cap ? d->batch_cap * 2 : 64;
		struct event *more = realloc(d->batch, cap * sizeof(*more));
		if (!more)
			return;
		d->batch = more;
		d->batch_cap = cap;
	}
	d->batch[d->batch_n++] = *e;
}

void journal_flush(struct daemon *d)
{
	if (!d->batch_n)
		return;
	d->want.repo->journal(d->want.repo->ctx, d->batch, d->batch_n);
	d->batch_n = 0;
}

static void on_timer(struct timer *t, msec now)
{
	struct daemon *d = owner_of(t, struct daemon, journal_timer);

	loop_doing(d->loop, "writing the journal");
	journal_flush(d);
	timer_arm(loop_timers(d->loop), t, now + FLUSH_MS);
}

void journal_start(struct daemon *d)
{
	d->log_listener.hear = hear_log;
	d->journal_listener.hear = hear_journal;
	events_listen(&d->events, &d->log_listener);
	events_listen(&d->events, &d->journal_listener);
	d->journal_timer.fire = on_timer;
	timer_arm(loop_timers(d->loop), &d->journal_timer, clock_now() + FLUSH_MS);
}

void journal_stop(struct daemon *d)
{
	timer_stop(loop_timers(d->loop), &d->journal_timer);
	journal_flush(d);
	free(d->batch);
	d->batch = NULL;
}

/* chronicle.c - stories of ended negotiations, from the engine's ring into the store
 *
 * A listener notes which negotiations ended; once a second they are written, so many a turn that no
 * turn gets long. Who asks sees one list: what the ring has, and below it what the store has. Ids go
 * on where an earlier life of the daemon ended.
 *
 * Called by: daemon.c, control.c.  Thread: loop.  Owns: the list of what ended.
 */
#include <stdlib.h>
#include <string.h>

#include "core/daemon/inside.h"

enum { FLUSH_MS = 1000, NEXT_MS = 20, A_TURN = 32, ENDED_MOST = 512 };

struct chronicle {
	uint64_t ended[ENDED_MOST]; /* ids, oldest first */
	size_t n;
};

static void hear(struct listener *l, const struct event *e)
{
	struct daemon *d = owner_of(l, struct daemon, story_listener);
	struct chronicle *c = d->chronicle;

	if ((e->id != EVT_NEGO_DONE && e->id != EVT_NEGO_FAILED) || !e->negotiation ||
	    c->n == ENDED_MOST) /* as many as the ring has */
		return;
	if (!c->n)
		timer_arm(loop_timers(d->loop), &d->story_timer, clock_now() + FLUSH_MS);
	c->ended[c->n++] = e->negotiation;
}

struct copies {
	struct story *at[A_TURN];
	size_t n;
};

static void copy(void *arg, const struct story *s)
{
	struct copies *c = arg;

	if (s->verdict == VERDICT_RUNNING || !(c->at[c->n] = malloc(sizeof(*s))))
		return;
	*c->at[c->n++] = *s;
}

static void flush(struct daemon *d)
{
	struct chronicle *c = d->chronicle;
	struct repo *repo = d->want.repo;
	size_t n = MIN_OF(c->n, (size_t)A_TURN);
	struct copies copies = { .n = 0 };

	for (size_t i = 0; i < n; i++)
		engine_story(d->engine, c->ended[i], copy, &copies);
	memmove(c->ended, c->ended + n, (c->n - n) * sizeof(c->ended[0]));
	c->n -= n;
	if (repo->stories_keep)
		repo->stories_keep(repo->ctx, (const struct story *const *)copies.at, copies.n);
	while (copies.n)
		free(copies.at[--copies.n]);
}

static void on_timer(struct timer *t, msec now)
{
	struct daemon *d = owner_of(t, struct daemon, story_timer);

	loop_doing(d->loop, "keeping negotiations");
	flush(d);
	if (d->chronicle->n)
		timer_arm(loop_timers(d->loop), t, now + NEXT_MS);
}

/* Before the engine: what it tells is heard from its birth on. */
bool chronicle_start(struct daemon *d)
{
	d->chronicle = calloc(1, sizeof(*d->chronicle));
	if (!d->chronicle)
		return false;
	d->story_timer.fire = on_timer;
	d->story_listener.hear = hear;
	events_listen(&d->events, &d->story_listener);
	return true;
}

void chronicle_resume(struct daemon *d)
{
	struct repo *repo = d->want.repo;

	if (repo->stories_last)
		engine_stories_after(d->engine, repo->stories_last(repo->ctx));
}

void chronicle_stop(struct daemon *d)
{
	timer_stop(loop_timers(d->loop), &d->story_timer);
	while (d->engine && d->chronicle && d->chronicle->n)
		flush(d);
	free(d->chronicle);
	d->chronicle = NULL;
}

/* ---- reading ---- */

struct passing {
	story_each *each;
	void *arg;
	size_t given;
};

static void pass(void *arg, const struct story *s)
{
	struct passing *p = arg;

	if (!s)
		return; /* the store goes on */
	p->given++;
	p->each(p->arg, s);
}

void chronicle_read(struct daemon *d, const struct story_ask *ask, story_each *each, void *arg)
{
	struct passing p = { each, arg, 0 };
	struct repo *repo = d->want.repo;
	uint64_t oldest = engine_stories_oldest(d->engine);

	engine_stories(d->engine, ask->peer, ask->tunnel, ask->before, ask->most, pass, &p);
	if (p.given < ask->most && oldest > 1 && repo->stories)
		repo->stories(repo->ctx, ask->peer, ask->tunnel,
			      ask->before ? MIN_OF(ask->before, oldest) : oldest,
			      ask->most - p.given, each, arg);
	else
		each(arg, NULL);
}

struct finding {
	uint64_t id;
	story_each *each;
	void *arg;
	bool found;
};

static void find(void *arg, const struct story *s)
{
	struct finding *f = arg;

	if (!s || s->id != f->id)
		return;
	f->found = true;
	f->each(f->arg, s);
}

bool chronicle_find(struct daemon *d, uint64_t id, story_each *each, void *arg)
{
	struct finding f = { id, each, arg, false };
	struct repo *repo = d->want.repo;

	if (engine_story(d->engine, id, each, arg))
		return true;
	if (repo->stories && id < INT64_MAX)
		repo->stories(repo->ctx, "", "", id + 1, 1, find, &f);
	return f.found;
}

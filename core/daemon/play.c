/* play.c - two engines in one process, with time that only the play moves
 *
 * Datagrams take 10 ms from one end to the other, sums none; then time jumps to whatever is due next.
 * The play ends when nothing negotiates any more, or after a few minutes of its own time. What the
 * engines told is the result: the first failure is the verdict, else that all came up. Where the other end
 * fell silent its own story tells why.
 *
 * Called by: simulate.c.  Thread: any, on a crew thread as a rule.  Owns: both engines.
 */
#include "core/daemon/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/crew.h"
#include "core/base/rng.h"
#include "core/base/text.h"
#include "core/ike/engine.h"
#include "core/ike/v1/v1.h"
#include "core/ipsec/choose.h"
#include "core/model/config.h"
#include "core/model/event.h"
#include "core/model/pki.h"
#include "core/model/simulation.h"
#include "core/model/view.h"

enum {
	START_MS = 1000000,
	LATENCY_MS = 10,
	LAST_MS = 240 * 1000, /* of its own time */
	QUIET_MS = 3000, /* what a refusal makes an end ask comes within */
	TURNS_MOST = 20000,
	LETTERS_MOST = 2000,
	TUNNELS_MOST = 4,
};
static const int64_t wall_at_zero = 1750000000000;

struct letter {
	struct letter *next;
	msec at;
	int to;
	struct packet packet;
	struct bytes *octets;
};

struct errand {
	struct errand *next;
	struct job *job;
};

struct stage;

struct end {
	struct stage *stage;
	int which;
	struct addr addr;
	struct ports ports;
	struct rng rng;
	struct events events;
	struct plane *plane;
	struct engine *engine;
	struct errand *errands; /* oldest first */
};

struct stage {
	msec now;
	struct end end[2];
	struct letter *letters; /* by time */
	unsigned sent;
};

/* ---- ports ---- */

static void port_send(void *ctx, const struct packet *p)
{
	struct end *from = ctx;
	struct stage *s = from->stage;
	struct end *to = &s->end[!from->which];
	struct letter **at = &s->letters, *l;
	struct addr where = p->remote, who = to->addr;

	where.port = who.port = 0;
	if (!addr_equal(&where, &who) || s->sent >= LETTERS_MOST || !(l = calloc(1, sizeof(*l))))
		return;
	s->sent++;
	*l = (struct letter){ .at = s->now + LATENCY_MS, .to = to->which, .packet = *p };
	l->packet.local = p->remote;
	l->packet.remote = p->local;
	l->octets = bytes_of(p->octets.at, p->octets.n);
	l->packet.octets = slice_of(l->octets);
	while (*at)
		at = &(*at)->next;
	*at = l;
}

static enum reason port_crunch(void *ctx, struct job *take_j)
{
	struct end *end = ctx;
	struct errand **at = &end->errands, *e = calloc(1, sizeof(*e));

	if (!e)
		return R_BUSY;
	e->job = take_j;
	while (*at)
		at = &(*at)->next;
	*at = e;
	return R_OK;
}

static msec port_now(void *ctx)
{
	return ((struct end *)ctx)->stage->now;
}

static int64_t port_wall_ms(void *ctx)
{
	return wall_at_zero + ((struct end *)ctx)->stage->now;
}

/* Secrets of a play are their own plain text. */
static enum reason port_secret(void *ctx, const struct secret *s, struct bytes **ret,
			       struct fault *f)
{
	(void)ctx;
	if (s->value.n == 0)
		return fail(f, R_NO_SECRET, "the secret %s has no value here", s->r.name);
	*ret = bytes_of(s->value.at, s->value.n);
	return *ret ? R_OK : fail(f, R_NO_MEMORY, "no memory");
}

static enum reason port_private_key(void *ctx, const struct private_key *k, struct bytes **ret,
				    struct fault *f)
{
	(void)ctx;
	if (k->key.n == 0)
		return fail(f, R_NO_CERTIFICATE, "the private key %s has no value here", k->r.name);
	*ret = bytes_of(k->key.at, k->key.n);
	return *ret ? R_OK : fail(f, R_NO_MEMORY, "no memory");
}

static bool port_source_for(void *ctx, const struct addr *remote, struct addr *ret)
{
	*ret = ((struct end *)ctx)->addr;
	return remote->family == ret->family;
}

/* Every host name leads to the other end. */
static enum reason port_resolve(void *ctx, const char *name, unsigned family, struct addr *ret,
				struct fault *f)
{
	struct end *end = ctx;

	(void)family;
	(void)name;
	(void)f;
	*ret = end->stage->end[!end->which].addr;
	return R_OK;
}

/* ---- life ---- */

static bool raise_end(struct stage *s, int which, const struct play *p)
{
	static const struct version *const versions[] = { &version1, NULL };
	struct end *end = &s->end[which];

	end->stage = s;
	end->which = which;
	end->addr = p->addr[which];
	end->rng = rng_system();
	events_init(&end->events);
	if (!(end->plane = plane_recording()))
		return false;
	end->ports = (struct ports){
		.ctx = end,
		.send = port_send,
		.crunch = port_crunch,
		.now = port_now,
		.wall_ms = port_wall_ms,
		.secret = port_secret,
		.private_key = port_private_key,
		.source_for = port_source_for,
		.resolve = port_resolve,
		.plane = end->plane,
		.rng = &end->rng,
		.events = &end->events,
		.port = 500,
		.nat_port = 4500,
	};
	text_copy(end->ports.host_name, sizeof(end->ports.host_name), which ? "there" : "here");
	end->engine = engine_new(&end->ports, versions, p->config[which], s->now);
	return end->engine != NULL;
}

static bool errand_run(struct end *end, bool cancelled)
{
	struct errand *e = end->errands;

	if (!e)
		return false;
	end->errands = e->next;
	if (!cancelled)
		e->job->work(e->job);
	e->job->done(e->job, cancelled);
	free(e);
	return true;
}

static void lower(struct stage *s)
{
	for (int i = 0; i < 2; i++) {
		struct end *end = &s->end[i];

		while (errand_run(end, true))
			;
		engine_free(end->engine);
		while (errand_run(end, true))
			;
		if (end->plane)
			plane_free(end->plane);
	}
	for (struct letter *l; (l = s->letters);) {
		s->letters = l->next;
		bytes_free(l->octets);
		free(l);
	}
}

/* ---- time ---- */

static bool deliver(struct stage *s)
{
	struct letter *l = s->letters;

	if (!l || l->at > s->now)
		return false;
	s->letters = l->next;
	engine_packet(s->end[l->to].engine, s->now, &l->packet);
	bytes_free(l->octets);
	free(l);
	return true;
}

/* All that is due; then when the next thing is, -1 never. */
static msec turn(struct stage *s)
{
	for (unsigned i = 0; i < TURNS_MOST; i++) {
		bool busy = deliver(s);
		msec next = -1;

		for (int k = 0; k < 2; k++) {
			busy |= errand_run(&s->end[k], false);
			msec in = engine_tick(s->end[k].engine, s->now);
			busy |= in == 0;
			if (in > 0 && (next < 0 || s->now + in < next))
				next = s->now + in;
		}
		if (s->letters && (next < 0 || s->letters->at < next))
			next = s->letters->at;
		if (!busy && (!s->letters || s->letters->at > s->now))
			return next;
	}
	return -1;
}

struct look {
	struct story *at; /* NULL: only counting */
	size_t n, running;
};

static void look_at(void *arg, const struct story *s)
{
	struct look *l = arg;

	if (!s)
		return;
	l->running += s->verdict == VERDICT_RUNNING;
	if (l->at && l->n < SIMULATION_STORIES)
		l->at[l->n++] = *s;
}

static bool is_quiet(struct stage *s)
{
	struct look l = { 0 };

	for (int k = 0; k < 2; k++)
		engine_stories(s->end[k].engine, "", "", 0, SIMULATION_STORIES, look_at, &l);
	return l.running == 0;
}

static void pass_time(struct stage *s)
{
	msec end = s->now + LAST_MS, quiet = -1;

	for (unsigned i = 0; i < TURNS_MOST; i++) {
		msec next = turn(s);

		if (!is_quiet(s))
			quiet = -1;
		else if (quiet < 0)
			quiet = s->now + QUIET_MS;
		if (next < 0 || next > end || (quiet >= 0 && next > quiet))
			return;
		s->now = next;
	}
}

/* ---- what came of it ---- */

static size_t gather(struct engine *e, struct story *ret)
{
	struct look l = { .at = ret };

	engine_stories(e, "", "", 0, SIMULATION_STORIES, look_at, &l);
	for (size_t i = 0; i < l.n / 2; i++) {
		struct story s = ret[i];

		ret[i] = ret[l.n - 1 - i];
		ret[l.n - 1 - i] = s;
	}
	return l.n;
}

static void judge(struct simulation *ret, const struct story *s)
{
	ret->verdict = s->verdict == VERDICT_UP ? VERDICT_UP : VERDICT_FAILED;
	ret->reason = s->verdict == VERDICT_RUNNING ? R_NO_ANSWER : s->reason;
	ret->side = s->side;
	text_copy(ret->field, sizeof(ret->field), s->field);
	text_copy(ret->hint, sizeof(ret->hint), s->hint);
	text_copy(ret->text, sizeof(ret->text),
		  s->verdict == VERDICT_RUNNING ? "it did not end" : s->text);
}

/* A member of theirs as our record has it: what is remote there is local here. */
static const char *mirrored(const char *field)
{
	static const char *const pairs[][2] = { { "local_ts", "remote_ts" },
						{ "local_id", "remote_id" },
						{ "local_address", "remote_address" } };

	for (size_t i = 0; i < COUNT_OF(pairs); i++)
		for (int k = 0; k < 2; k++)
			if (strcmp(field, pairs[i][k]) == 0)
				return pairs[i][!k];
	return field;
}

/* A play sees what no real end can: why the other one fell silent, or what it did not say. A real one is
 * asked what it would take, and often tells; ours may be stricter. */
static void judge_silence(struct simulation *ret)
{
	static const enum story_side other[] = {
		[SIDE_NONE] = SIDE_NONE, [SIDE_LOCAL] = SIDE_REMOTE, [SIDE_REMOTE] = SIDE_LOCAL
	};
	const struct story *s = NULL;

	if (ret->reason != R_NO_ANSWER && ret->reason != R_TIMED_OUT && ret->reason != R_BAD_ID)
		return;
	for (size_t i = 0; i < ret->there_n && !s; i++)
		if (ret->there[i].verdict == VERDICT_FAILED && ret->there[i].side == SIDE_LOCAL)
			s = &ret->there[i];
	if (!s)
		return;
	judge(ret, s);
	ret->side = other[s->side];
	text_copy(ret->field, sizeof(ret->field), mirrored(s->field));
	snprintf(ret->text, sizeof(ret->text), "the other end says to itself: %.200s", s->text);
	snprintf(ret->hint, sizeof(ret->hint), "At the other end: %.130s", s->hint);
}

/* The first of ours that did not come up, else our last. Where nothing reached us, theirs. */
static void verdict(struct simulation *ret)
{
	const struct story *at = ret->here_n ? ret->here : ret->there;
	size_t n = ret->here_n ? ret->here_n : ret->there_n, i = 0;

	while (i + 1 < n && at[i].verdict == VERDICT_UP)
		i++;
	if (n)
		judge(ret, &at[i]);
	if (at == ret->here)
		judge_silence(ret);
}

int64_t play_began_s(void)
{
	return (wall_at_zero + START_MS) / 1000;
}

void play_run(const struct play *p, struct simulation *ret)
{
	struct stage s = { .now = START_MS };
	const struct tunnel *tunnels[TUNNELS_MOST];
	struct fault f = { 0 };
	int who = p->they_begin;
	size_t n = config_tunnels_of(p->config[who], p->peer[who], tunnels, TUNNELS_MOST);
	uint64_t id;

	ret->verdict = VERDICT_FAILED;
	ret->they_began = p->they_begin;
	if (raise_end(&s, 0, p) && raise_end(&s, 1, p)) {
		for (size_t i = 0; i < n; i++)
			engine_initiate(s.end[who].engine, s.now, tunnels[i]->r.name, "the play",
					&id, &f);
		pass_time(&s);
		ret->here_n = gather(s.end[0].engine, ret->here);
		ret->there_n = gather(s.end[1].engine, ret->there);
	}
	ret->virtual_ms = (uint32_t)(s.now - START_MS);
	ret->datagrams = s.sent;
	ret->reason = f.reason == R_OK ? R_NO_TUNNEL : f.reason;
	text_copy(ret->text, sizeof(ret->text),
		  *f.text ? f.text : "there is no tunnel that could be started");
	verdict(ret);
	lower(&s);
}

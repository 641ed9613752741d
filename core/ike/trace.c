/* trace.c - the story of one negotiation: steps, offers, verdict
 *
 * A ring of stories by rising id; the newest overwrites the oldest, so a flood costs nothing but
 * old stories. Whoever negotiates tells steps as they happen; the verdict closes the story. Each
 * step and each verdict is an event too, and only from here, so the live page, the journal and
 * the kept story say the same.
 *
 * Called by: exchange.c, the IKE versions, child.c, sa.c.  Thread: loop.  Owns: the stories.
 */
#include "core/ike/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/ike/engine.h"
#include "core/ike/hints.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/event.h"
#include "core/model/peer.h"
#include "core/wire/header.h"

enum { STRANGERS_A_SECOND = 10 };

struct traces {
	uint64_t last_id;
	uint64_t before; /* the last of an earlier life */
	struct story *ring[TRACE_KEPT];
	msec second;
	unsigned strangers; /* stories of unknown callers within that second */
	struct trace_arrow *arrow; /* being taken */
	struct failure_row failures[FAILURES_KEPT]; /* as a ring */
	uint64_t failures_n; /* ever */
};

struct traces *traces_new(void)
{
	return calloc(1, sizeof(struct traces));
}

void traces_free(struct traces *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < TRACE_KEPT; i++)
		free(t->ring[i]);
	free(t);
}

static struct story *find(struct engine *e, uint64_t id)
{
	struct story *s = id ? e->traces->ring[id % TRACE_KEPT] : NULL;

	return s && s->id == id ? s : NULL;
}

/* One that is still being told; an ended story stays as it is. */
static struct story *open_story(struct engine *e, uint64_t id)
{
	struct story *s = find(e, id);

	return s && s->verdict == VERDICT_RUNNING ? s : NULL;
}

const struct story *trace_find(struct engine *e, uint64_t id)
{
	return find(e, id);
}

static void tell(struct engine *e, enum event_id id, const struct story *s, const char *text)
{
	const struct peer *p = *s->peer ? config_peer(e->config, s->peer) : NULL;
	struct event ev = {
		.id = id,
		.reason = s->reason,
		.peer_index = p ? p->r.index : 0,
		.ike_sa = s->ike_sa,
		.child_sa = s->child_sa,
		.negotiation = s->id,
		.remote = s->remote,
		.revision = s->revision,
	};

	text_copy(ev.peer, sizeof(ev.peer), s->peer);
	text_copy(ev.tunnel, sizeof(ev.tunnel), s->tunnel);
	text_copy(ev.text, sizeof(ev.text), text);
	events_tell(e->ports.events, &ev);
}

/* Strangers may knock as often as they like; they do not get to write all of our memory. */
static bool is_too_often(struct engine *e, const char *peer)
{
	struct traces *t = e->traces;

	if (*peer)
		return false;
	if (e->now - t->second >= SECOND_MS) {
		t->second = e->now;
		t->strangers = 0;
	}
	return t->strangers++ >= STRANGERS_A_SECOND;
}

static const char *what(const struct story *s)
{
	return exchange_word((unsigned)s->exchange);
}

uint64_t trace_begin(struct engine *e, const struct trace_start *s)
{
	struct traces *t = e->traces;
	uint64_t *count = s->role == ROLE_INITIATOR ? &e->counters.negotiations_initiated
						    : &e->counters.negotiations_answered;
	char text[200], addr[ADDR_TEXT];

	++*count;
	if (is_too_often(e, s->peer))
		return 0;

	struct story **at = &t->ring[(t->last_id + 1) % TRACE_KEPT];
	if (!*at && !(*at = malloc(sizeof(**at))))
		return 0;
	struct story *st = *at;
	*st = (struct story){
		.id = ++t->last_id,
		.ike_sa = s->ike_sa,
		.child_sa = s->child_sa,
		.exchange = s->exchange,
		.role = (int)s->role,
		.local = s->local,
		.remote = s->remote,
		.started_ms = engine_wall_ms(e),
		.revision = config_revision(e->config),
	};
	text_copy(st->peer, sizeof(st->peer), s->peer);
	text_copy(st->tunnel, sizeof(st->tunnel), s->tunnel);
	snprintf(text, sizeof(text), "%s %s %s%s%s%s", what(st),
		 s->role == ROLE_INITIATOR ? "with" : "asked for by",
		 *s->peer ? s->peer : addr_text_port(&s->remote, addr), *s->tunnel ? " for " : "",
		 s->tunnel, s->who && *s->who ? ", wanted by a person" : "");
	tell(e, EVT_NEGOTIATION, st, text);
	return st->id;
}

static void add_step(struct engine *e, struct story *s, char direction, const char *text)
{
	struct story_step *p = &s->steps[MIN_OF(s->steps_n, STORY_STEPS - 1u)];

	/* The last place shows the newest step: how it ended matters more than its middle. */
	*p = (struct story_step){ .wall_ms = engine_wall_ms(e), .direction = direction };
	text_copy(p->text, sizeof(p->text), text);
	if (s->steps_n < STORY_STEPS)
		s->steps_n++;
	tell(e, EVT_NEGO_STEP, s, p->text);
}

void trace_step(struct engine *e, uint64_t id, char direction, const char *fmt, ...)
{
	struct story *s = open_story(e, id);
	char text[sizeof(s->steps[0].text)];
	va_list args;

	if (!s)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	add_step(e, s, direction, text);
}

void trace_about(struct engine *e, uint64_t id, const char *peer, const char *tunnel)
{
	struct story *s = open_story(e, id);

	if (!s)
		return;
	if (*peer)
		text_copy(s->peer, sizeof(s->peer), peer);
	if (*tunnel)
		text_copy(s->tunnel, sizeof(s->tunnel), tunnel);
}

void trace_sas(struct engine *e, uint64_t id, uint32_t ike_sa, uint32_t child_sa)
{
	struct story *s = open_story(e, id);

	if (!s)
		return;
	s->ike_sa = ike_sa;
	s->child_sa = child_sa;
}

void trace_ends(struct engine *e, uint64_t id, const struct addr *local, const struct addr *remote)
{
	struct story *s = open_story(e, id);

	if (!s)
		return;
	s->local = *local;
	s->remote = *remote;
}

void trace_ours(struct engine *e, uint64_t id, const char *lines)
{
	struct story *s = open_story(e, id);

	if (s && lines)
		text_copy(s->ours, sizeof(s->ours), lines);
}

void trace_theirs(struct engine *e, uint64_t id, const char *lines)
{
	struct story *s = open_story(e, id);

	if (s && lines)
		text_copy(s->theirs, sizeof(s->theirs), lines);
}

void trace_offer(struct engine *e, uint64_t id, struct slice body)
{
	struct story *s = open_story(e, id);

	if (!s || body.n > sizeof(s->offer))
		return;
	memcpy(s->offer, body.at, body.n);
	s->offer_n = body.n;
}

void trace_ids(struct engine *e, uint64_t id, const char *local, const char *remote)
{
	struct story *s = open_story(e, id);

	if (!s)
		return;
	text_copy(s->local_id, sizeof(s->local_id), local);
	text_copy(s->remote_id, sizeof(s->remote_id), remote);
}

void trace_chosen(struct engine *e, uint64_t id, const char *text)
{
	struct story *s = open_story(e, id);

	if (s)
		text_copy(s->chosen, sizeof(s->chosen), text);
}

/* The arrow that is being taken becomes a step, if it is this story's. */
static void tell_arrow(struct engine *e, uint64_t id)
{
	struct trace_arrow *a = e->traces->arrow;
	struct story *s = open_story(e, id);

	if (!a || !s || a->id != id || a->told)
		return;
	a->told = true;
	add_step(e, s,
		 e->counters.datagrams_out != a->datagrams_before ? '>'
		 : a->from_message                                ? '<'
								  : ' ',
		 a->story);
}

void trace_arrow_begin(struct engine *e, struct trace_arrow *a)
{
	a->outer = e->traces->arrow;
	a->datagrams_before = e->counters.datagrams_out;
	e->traces->arrow = a;
}

void trace_arrow_end(struct engine *e, struct trace_arrow *a, bool taken)
{
	if (taken)
		tell_arrow(e, a->id);
	e->traces->arrow = a->outer;
}

void trace_up(struct engine *e, uint64_t id)
{
	struct story *s;

	tell_arrow(e, id);
	s = open_story(e, id);
	if (!s)
		return;
	s->verdict = VERDICT_UP;
	s->ended_ms = engine_wall_ms(e);
	snprintf(s->text, sizeof(s->text), "%s is up%s%s", what(s), *s->chosen ? ": " : "",
		 s->chosen);
	tell(e, EVT_NEGO_DONE, s, s->text);
}

void trace_gave_way(struct engine *e, uint64_t id, uint32_t ike_sa, uint32_t child_sa,
		    const char *text)
{
	struct story *s = open_story(e, id);

	if (!s)
		return;
	trace_sas(e, id, ike_sa ? ike_sa : s->ike_sa, child_sa ? child_sa : s->child_sa);
	s->verdict = VERDICT_UP;
	s->ended_ms = engine_wall_ms(e);
	text_copy(s->text, sizeof(s->text), text);
	tell(e, EVT_NEGO_DONE, s, s->text);
}

static void count_failure(struct counter_row *c, const struct story *s, enum reason r)
{
	if (s->role == ROLE_INITIATOR)
		c->negotiations_initiated_failed++;
	else
		c->negotiations_answered_failed++;
	if (r == R_NO_PROPOSAL)
		c->no_proposal_failures++;
	else if (r == R_AUTH_FAILED || r == R_BAD_HASH || r == R_NO_SECRET)
		c->auth_failures++;
	else if (r == R_BAD_ID || r == R_NO_PEER || r == R_NO_TUNNEL || r == R_TRAFFIC_TAKEN)
		c->id_failures++;
}

static bool signs(const struct engine *e, const struct story *s)
{
	const struct peer *p = *s->peer ? config_peer(e->config, s->peer) : NULL;

	return p && p->auth_remote == PEER_AUTH_RSA;
}

static void fail_story(struct engine *e, struct story *s, enum story_side side,
		       const struct fault *f)
{
	const struct hint_ask ask = { f->reason, side, signs(e, s), s->exchange == XCHG_QUICK };

	s->verdict = VERDICT_FAILED;
	s->ended_ms = engine_wall_ms(e);
	s->reason = f->reason;
	s->side = side;
	/* a fault names members as JSON pointers, a story as field tables do */
	text_copy(s->field, sizeof(s->field),
		  *f->field == '/' ? f->field + 1
		  : *f->field      ? f->field
				   : hints_field(&ask));
	for (char *c = s->field; *c; c++)
		if (*c == '/')
			*c = '.';
	text_copy(s->text, sizeof(s->text), *f->text ? f->text : reason_title(f->reason));
	text_copy(s->hint, sizeof(s->hint), *f->hint ? f->hint : hints_for(&ask));
}

/* Kept apart from the ring of stories: good ones push nothing out here. */
static void keep_failure(struct engine *e, const struct story *s)
{
	struct traces *t = e->traces;
	struct failure_row *r = &t->failures[t->failures_n++ % FAILURES_KEPT];
	const struct peer *p = *s->peer ? config_peer(e->config, s->peer) : NULL;

	failure_row_of(s, r);
	r->peer_index = p ? p->r.index : 0;
}

uint32_t trace_failures(const struct engine *e, struct failure_row *ret)
{
	const struct traces *t = e->traces;
	uint32_t n = (uint32_t)MIN_OF(t->failures_n, (uint64_t)FAILURES_KEPT);

	if (ret && n)
		memcpy(ret, t->failures, n * sizeof(*ret));
	return n;
}

void trace_fail(struct engine *e, uint64_t id, enum story_side side, const struct fault *f)
{
	struct story *s = open_story(e, id);

	if (!s)
		return;
	fail_story(e, s, side, f);
	keep_failure(e, s);
	count_failure(&e->counters, s, f->reason);
	tell(e, EVT_NEGO_FAILED, s, s->text);
}

void trace_asked(struct engine *e, uint64_t id, enum story_side side, const struct fault *f)
{
	struct story *s = open_story(e, id);

	if (s)
		fail_story(e, s, side, f);
}

void trace_unsay(struct engine *e, uint64_t id, enum story_side side, const struct fault *f)
{
	struct story *s = find(e, id);

	if (!s || s->verdict != VERDICT_UP)
		return;
	s->verdict = VERDICT_RUNNING;
	trace_fail(e, id, side, f);
}

/* Newest first. */
void engine_stories(struct engine *e, const char *peer, const char *tunnel, uint64_t before,
		    size_t most, engine_story_each *each, void *arg)
{
	uint64_t id = before ? before - 1 : e->traces->last_id;

	for (size_t left = TRACE_KEPT; left && most && id; left--, id--) {
		const struct story *s = find(e, id);

		if (!s || (*peer && strcmp(peer, s->peer) != 0) ||
		    (*tunnel && strcmp(tunnel, s->tunnel) != 0))
			continue;
		each(arg, s);
		most--;
	}
	each(arg, NULL);
}

bool engine_story(struct engine *e, uint64_t id, engine_story_each *each, void *arg)
{
	const struct story *s = find(e, id);

	if (s)
		each(arg, s);
	return s != NULL;
}

void engine_stories_after(struct engine *e, uint64_t last)
{
	e->traces->last_id = MAX_OF(e->traces->last_id, last);
	e->traces->before = e->traces->last_id;
}

uint64_t engine_stories_oldest(const struct engine *e)
{
	const struct traces *t = e->traces;
	uint64_t in_ring = t->last_id < TRACE_KEPT ? 1 : t->last_id - TRACE_KEPT + 1;

	return MAX_OF(in_ring, t->before + 1);
}

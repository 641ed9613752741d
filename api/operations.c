/* operations.c - tickets: what a write that lasts longer than its caller waits becomes
 *
 * A handler knows nothing of it: it parks and answers as ever. When its answer is late the caller
 * has a ticket, and the answer is kept here. Who sends Prefer waits for more than the answer: SAs
 * that are brought back and tunnels that were started name negotiations, and the answer is held
 * until each of them ended, with "reestablished" or "failed" according to how it did.
 *
 * Called by: request.c, entry.c, router.c.  Thread: loop; operations_prefer and the handlers: http
 * until parked.  Owns: the kept answers, OPERATIONS_MOST at most, oldest ended one out first.
 */
#include "api/operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/story.h"
#include "api/json.h"
#include "api/leaf.h"
#include "api/router.h"

enum {
	OPERATIONS_MOST = 256,
	OPERATION_TEXT = 8 * 1024 * 1024, /* octets of an answer that is kept */
	LOOK_MS = 200, /* between looks at negotiations */
	LOOKS_MOST = 256, /* negotiations of one operation looked at in one go */
	QUICK_MS = 10 * 1000, /* after phase 1 the tunnel has to be negotiated within */
	WAIT_MOST_S = 300,
};

struct operation {
	uint64_t id; /* 0: free */
	enum method method;
	char path[160], who[WHO_SIZE];
	int64_t started_s, ended_s; /* wall clock; 0 not yet */
	int status; /* of the answer; 0 not yet */
	bool failed; /* the answer is a problem, or a negotiation of it failed */
	bool cut; /* the answer was too long to be kept */
	json_t *answer; /* NULL none */
	json_t **waiting; /* objects within answer whose negotiation runs */
	size_t waiting_n, next; /* how many; where the next look begins */
	char tunnel[NAME_SIZE]; /* that was asked for, "" another kind of wish */
	struct call *held; /* it waits for us to answer; NULL none */
};

struct operations {
	struct server *server;
	struct timer look;
	uint64_t last_id;
	struct operation at[OPERATIONS_MOST];
};

static void look(struct timer *t, msec now);

struct operations *operations_new(struct server *s)
{
	struct operations *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->server = s;
	o->look.fire = look;
	return o;
}

static void clear(struct operation *op)
{
	json_decref(op->answer);
	free(op->waiting);
	*op = (struct operation){ 0 };
}

void operations_stop(struct operations *o)
{
	timer_stop(loop_timers(o->server->loop), &o->look);
}

void operations_free(struct operations *o)
{
	for (size_t i = 0; o && i < OPERATIONS_MOST; i++)
		clear(&o->at[i]);
	free(o);
}

/* ---- the wish ---- */

void operations_prefer(struct call *c, const char *header)
{
	bool async = false;
	long wait = -1;

	for (const char *at = header; at && *at; at += strcspn(at, ",")) {
		at += strspn(at, ", \t");
		size_t n = strcspn(at, ",; \t");
		size_t digits = n > 5 ? strspn(at + 5, "0123456789") : 0;

		if (n == 13 && strncasecmp(at, "respond-async", n) == 0)
			async = true;
		else if (digits && digits <= 5 && digits == n - 5 &&
			 strncasecmp(at, "wait=", 5) == 0 && wait < 0)
			wait = strtol(at + 5, NULL, 10);
	}
	if (wait > WAIT_MOST_S)
		wait = WAIT_MOST_S;
	if (wait >= 0)
		snprintf(c->applied, sizeof(c->applied), "wait=%ld", wait);
	else if (async)
		text_copy(c->applied, sizeof(c->applied), "respond-async");
	c->prefers = async || wait >= 0;
	c->wait_ms = wait > 0 ? wait * 1000 : 0;
}

/* Writes outside of "access": a password or a token is no matter for a kept answer. */
static bool may_wait(const struct call *c)
{
	const struct request *r = &c->r;

	return r->route && r->method != M_GET && r->method != M_HEAD && !c->overtaking &&
	       strcmp(r->route->area, "access") != 0;
}

msec operations_wait(const struct call *c)
{
	return c->prefers && may_wait(c) ? c->wait_ms : PARK_MS;
}

/* ---- keeping ---- */

static struct operation *find(struct operations *o, uint64_t id)
{
	for (size_t i = 0; i < OPERATIONS_MOST && id; i++)
		if (o->at[i].id == id)
			return &o->at[i];
	return NULL;
}

static struct operation *find_held(struct operations *o, const struct call *c)
{
	for (size_t i = 0; i < OPERATIONS_MOST; i++)
		if (o->at[i].id && o->at[i].held == c)
			return &o->at[i];
	return NULL;
}

/* A free place, or that of the oldest that ended; NULL when all are under way. */
static struct operation *make(struct operations *o, const struct call *c)
{
	struct operation *best = NULL;

	for (size_t i = 0; i < OPERATIONS_MOST; i++) {
		struct operation *op = &o->at[i];

		if (op->id && !op->ended_s)
			continue;
		if (!best || op->id < best->id)
			best = op;
	}
	if (!best)
		return NULL;
	clear(best);
	best->id = ++o->last_id;
	best->method = c->r.method;
	snprintf(best->path, sizeof(best->path), "/api/v1%.150s", c->r.path);
	text_copy(best->who, sizeof(best->who), c->r.who);
	if (strcmp(c->r.route->path, "/tunnels/{name}/initiate") == 0)
		text_copy(best->tunnel, sizeof(best->tunnel), c->r.name);
	best->started_s = clock_wall_ms() / 1000;
	return best;
}

/* Every object in an answer that names a negotiation: results of a reset, tunnels of a peer. */
static void collect(struct operation *op, json_t *v)
{
	const char *key;
	json_t *inner;
	size_t i;

	if (json_integer_value(json_object_get(v, "negotiation")) > 0) {
		json_t **more = realloc(op->waiting, (op->waiting_n + 1) * sizeof(json_t *));

		if (more) {
			more[op->waiting_n++] = v;
			op->waiting = more;
		}
	}
	json_object_foreach(v, key, inner)
	{
		if (json_is_object(inner) || json_is_array(inner))
			collect(op, inner);
	}
	json_array_foreach(v, i, inner) collect(op, inner);
}

static void keep(struct operation *op, int status, struct slice text)
{
	json_error_t e;

	op->status = status;
	op->failed |= status >= 400;
	op->cut = text.n > OPERATION_TEXT;
	op->answer = text.n && !op->cut
			     ? json_loadb((const char *)text.at, text.n, JSON_DECODE_ANY, &e)
			     : NULL;
	if (op->answer)
		collect(op, op->answer);
}

/* ---- how negotiations end ---- */

struct seen {
	uint64_t id;
	enum story_verdict verdict;
	bool has_tunnel;
	int64_t ended_ms;
	char text[240];
};

static void see(void *arg, const struct story *s)
{
	struct seen *w = arg;

	if (!s)
		return;
	w->id = s->id;
	w->verdict = s->verdict;
	w->has_tunnel = *s->tunnel;
	w->ended_ms = s->ended_ms;
	text_copy(w->text, sizeof(w->text), s->text);
}

/* With phase 1 the tunnel is not up yet: its own negotiation comes after it, under a number that
 * nobody could know. False: that has not ended. */
static bool see_tunnel(struct control *c, const char *tunnel, struct seen *w)
{
	struct seen own = { .verdict = VERDICT_RUNNING };

	c->stories(c->ctx, "", tunnel, 0, 1, see, &own);
	if (own.id > w->id) {
		*w = own;
		return own.verdict != VERDICT_RUNNING;
	}
	if (clock_wall_ms() - w->ended_ms < QUICK_MS)
		return false;
	w->verdict = VERDICT_FAILED;
	snprintf(w->text, sizeof(w->text), "the IKE SA is up, but %.60s was not negotiated",
		 tunnel);
	return true;
}

/* Writes into the answer how it ended; false: it has not. One that nobody remembers has ended. */
static bool settle(struct operations *o, struct operation *op, json_t *v)
{
	struct control *c = o->server->control;
	uint64_t id = (uint64_t)json_integer_value(json_object_get(v, "negotiation"));
	struct seen w = { .verdict = VERDICT_RUNNING };
	const char *tunnel = json_string_value(json_object_get(v, "tunnel"));

	if (!c->story(c->ctx, id, see, &w))
		return true;
	if (w.verdict == VERDICT_RUNNING)
		return false;
	tunnel = tunnel ? tunnel : op->tunnel;
	if (w.verdict == VERDICT_UP && !w.has_tunnel && *tunnel && !see_tunnel(c, tunnel, &w))
		return false;
	bool failed = w.verdict == VERDICT_FAILED;
	op->failed |= failed;
	json_object_set_new(v, "verdict", json_string(failed ? "failed" : "up"));
	if (json_object_get(v, "result")) {
		json_object_set_new(v, "result", json_string(failed ? "failed" : "reestablished"));
		if (failed)
			json_object_set_new(v, "reason", json_string(w.text));
	} else if (failed && json_object_get(v, "error")) {
		json_object_set_new(v, "error", json_string(w.text));
	}
	return true;
}

/* The caller waited long enough to hear how it ended: the answer as it would have been. */
static void answer_held(struct operation *op)
{
	struct call *c = op->held;
	struct text t;
	char *s = json_dumps(op->answer, JSON_COMPACT | JSON_ENCODE_ANY);
	int status = op->status == 202 ? 200 : op->status;

	text_init(&t, 0);
	text_add_str(&t, s ? s : "{}");
	free(s);
	clear(op);
	c->held = c->prefers = false;
	request_text(&c->r, status, "application/json", &t);
}

static void go_on(struct operations *o, struct operation *op)
{
	size_t looks = MIN_OF(op->waiting_n, (size_t)LOOKS_MOST);

	while (looks--) {
		size_t i = op->next % op->waiting_n;

		if (!settle(o, op, op->waiting[i]))
			op->next = i + 1;
		else if (--op->waiting_n == 0)
			break;
		else
			op->waiting[i] = op->waiting[op->waiting_n];
	}
	if (op->waiting_n)
		return;
	op->ended_s = clock_wall_ms() / 1000;
	if (op->held)
		answer_held(op);
}

static void look(struct timer *t, msec now)
{
	struct operations *o = owner_of(t, struct operations, look);
	bool more = false;

	for (size_t i = 0; i < OPERATIONS_MOST; i++) {
		struct operation *op = &o->at[i];

		if (op->id && op->waiting_n)
			go_on(o, op);
		more |= op->waiting_n > 0;
	}
	if (more)
		timer_arm(loop_timers(o->server->loop), t, now + LOOK_MS);
}

/* Not at once: the handler that just answered may still look at its request. */
static void look_soon(struct operations *o)
{
	if (o->server->started && !o->look.slot)
		timer_arm(loop_timers(o->server->loop), &o->look, clock_now());
}

bool operations_take(struct call *c, int status, struct slice text)
{
	struct operations *o = c->r.server->operations;
	struct operation *op = find(o, c->ticket);

	if (c->ticket && c->answered) {
		if (op) {
			keep(op, status, text);
			op->ended_s = op->waiting_n ? 0 : clock_wall_ms() / 1000;
			if (op->waiting_n)
				look_soon(o);
		}
		return true;
	}
	if (!c->prefers || c->answered || status >= 300 || !may_wait(c))
		return false;
	op = make(o, c);
	if (!op)
		return false;
	keep(op, status, text);
	if (!op->waiting_n) {
		clear(op);
		return false;
	}
	op->held = c;
	c->held = true;
	look_soon(o);
	return true;
}

void operations_release(struct call *c)
{
	struct operation *op = find_held(c->r.server->operations, c);

	c->held = false;
	if (op)
		op->held = NULL;
}

/* ---- what is said about one ---- */

static const char *state_word(const struct operation *op)
{
	if (!op->ended_s)
		return "running";
	return op->failed ? "failed" : "succeeded";
}

static void put_time(struct text *t, const char *name, int64_t s)
{
	text_add(t, ",\"%s\":", name);
	if (s)
		json_time(t, s);
	else
		text_add_str(t, "null");
}

static void put_operation(struct text *t, const struct operation *op, bool whole)
{
	char *s =
		whole && op->answer ? json_dumps(op->answer, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	text_add(t, "{\"id\":%llu", (unsigned long long)op->id);
	text_add_member(t, "state", state_word(op));
	text_add_member(t, "method", method_word(op->method));
	text_add_member(t, "path", op->path);
	text_add_member(t, "who", op->who);
	put_time(t, "started_at", op->started_s);
	put_time(t, "ended_at", op->ended_s);
	text_add(t, ",\"negotiations_running\":%zu,\"status\":", op->waiting_n);
	if (op->status)
		text_add(t, "%d", op->status);
	else
		text_add_str(t, "null");
	if (whole)
		text_add(t, ",\"cut\":%s,\"result\":%s", op->cut ? "true" : "false",
			 s ? s : "null");
	text_add_str(t, "}");
	free(s);
}

bool operations_ticket(struct call *c)
{
	struct operations *o = c->r.server->operations;
	struct operation *op = c->held ? find_held(o, c) : NULL;
	char where[64];
	struct text t;

	if (!may_wait(c) || c->answered || c->r.server->stopping)
		return false;
	op = op ? op : make(o, c);
	if (!op)
		return false;
	op->held = NULL;
	c->held = false;
	c->overtaking = true;
	c->ticket = op->id;
	c->headers_n = 0; /* what the answer itself would have said of its place */
	*c->etag_text = '\0';
	snprintf(where, sizeof(where), "/api/v1/operations/%llu", (unsigned long long)op->id);
	request_header(&c->r, "Location", where);
	request_header(&c->r, "Retry-After", "1");
	text_init(&t, 0);
	put_operation(&t, op, true);
	request_text(&c->r, 202, "application/json", &t);
	return true;
}

/* ---- the handlers ---- */

static void run_get(struct request *r)
{
	struct operation *op = find(r->server->operations, r->id);
	struct fault f = { 0 };
	struct text t;

	if (!op) {
		fail(&f, R_NOT_FOUND, "there is no operation %llu, or not any more",
		     (unsigned long long)r->id);
		request_fault(r, &f);
		return;
	}
	if (!op->ended_s)
		request_header(r, "Retry-After", "1");
	text_init(&t, 0);
	put_operation(&t, op, true);
	request_text(r, 200, "application/json", &t);
}

void operations_get(struct request *r)
{
	if (request_query_ok(r, NULL))
		request_park(r, run_get);
}

static void run_list(struct request *r)
{
	struct operations *o = r->server->operations;
	struct leaf *l = r->work;
	uint64_t id = l->before ? l->before : o->last_id + 1;

	while (--id > 0 && o->last_id - id < OPERATIONS_MOST * 4) {
		const struct operation *op = find(o, id);

		if (op && !op->held && leaf_takes(l, op->id, true))
			put_operation(&l->t, op, false);
	}
	leaf_end(l);
}

void operations_list(struct request *r)
{
	static const char *const known[] = { NULL };

	leaf_begin(r, known, run_list);
}

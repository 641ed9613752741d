/* again.c - Idempotency-Key: a POST that is sent twice is done once
 *
 * A script that loses the answer to a POST cannot know whether it was done. With a key of its own
 * choice (draft-ietf-httpapi-idempotency-key-header) it may simply ask again. An entry is found by
 * who asks, what for, and the key; the body has to be the same, or it is another wish (422).
 * While the first is under way the second is told to come back. Keys mean nothing where answers
 * hold something that is shown once: signing in, users, tokens.
 *
 * Called by: entry.c, request.c.  Thread: http, or the loop once parked; one lock, held for a
 * walk over the table.  Owns: the kept answers.
 */
#include "api/again.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/rng.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

struct mark {
	uint64_t high, low; /* SipHash under two keys of our own */
};

struct entry {
	struct mark key, body;
	msec since; /* 0: free */
	bool done;
	int status;
	char *text;
	size_t n;
	char type[40], location[160];
};

struct again {
	pthread_mutex_t lock;
	uint8_t seed[32];
	struct entry at[AGAIN_MOST];
};

struct again *again_new(void)
{
	struct again *a = calloc(1, sizeof(*a));
	struct rng r = rng_system();

	if (!a)
		return NULL;
	pthread_mutex_init(&a->lock, NULL);
	rng_fill(&r, a->seed, sizeof(a->seed));
	return a;
}

static void empty(struct entry *e)
{
	free(e->text);
	*e = (struct entry){ 0 };
}

void again_free(struct again *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < AGAIN_MOST; i++)
		empty(&a->at[i]);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

static struct mark mark_of(const struct again *a, struct slice s)
{
	return (struct mark){ hash_keyed(s, a->seed), hash_keyed(s, a->seed + 16) };
}

static bool same(struct mark a, struct mark b)
{
	return a.high == b.high && a.low == b.low;
}

/* Who, what for, under which key; lines cannot be mixed up, none holds a line end. */
static struct mark key_mark(const struct again *a, const struct call *c, const char *key)
{
	struct text t;

	text_init(&t, 0);
	text_add(&t, "%s\n%s\n%s", c->r.who, c->uri, key);
	struct mark m = mark_of(a, slice(t.at, t.n));
	text_done(&t);
	return m;
}

/* The entry of this key, or NULL and the place for a new one. Lock held. */
static struct entry *find(struct again *a, struct mark key, msec now, struct entry **ret_place)
{
	struct entry *oldest = &a->at[0];

	for (size_t i = 0; i < AGAIN_MOST; i++) {
		struct entry *e = &a->at[i];

		if (e->since && now - e->since > DAY_MS)
			empty(e);
		if (e->since && same(e->key, key))
			return e;
		if (e->since < oldest->since)
			oldest = e;
	}
	*ret_place = oldest;
	return NULL;
}

static void replay(struct call *c, const struct entry *e)
{
	struct text t;

	text_init(&t, 0);
	text_add_n(&t, e->text, e->n);
	request_header(&c->r, "Idempotency-Replayed", "true");
	if (*e->location)
		request_header(&c->r, "Location", e->location);
	c->repeated = false;
	request_text(&c->r, e->status, e->type, &t);
}

static void refuse(struct call *c, enum reason r, const char *text)
{
	struct fault f = { 0 };

	fail(&f, r, "%s", text);
	text_copy(f.rule, sizeof(f.rule), "request.idempotency_key");
	c->repeated = false;
	request_fault(&c->r, &f);
}

/* Answers with what is kept. Lock held, so that it stays. */
static void answer(struct call *c, const struct entry *e, struct mark body)
{
	if (!same(e->body, body))
		refuse(c, R_INVALID, "this Idempotency-Key was used with another body");
	else if (!e->done)
		refuse(c, R_BUSY, "the first request under this Idempotency-Key is under way");
	else
		replay(c, e);
}

bool again_seen(struct call *c)
{
	struct again *a = c->r.server->again;
	const char *key = call_header(c, "Idempotency-Key");
	struct entry *place;

	if (!key || c->r.method != M_POST || strcmp(c->r.route->area, "access") == 0)
		return false;
	if (!*key || strlen(key) > AGAIN_KEY) {
		refuse(c, R_BAD_REQUEST, "an Idempotency-Key has 1 to 128 characters");
		return true;
	}
	struct mark body = mark_of(a, slice(c->r.body, c->r.body_n));
	c->mark_high = key_mark(a, c, key).high;
	c->mark_low = key_mark(a, c, key).low;
	pthread_mutex_lock(&a->lock);
	struct entry *e = find(a, (struct mark){ c->mark_high, c->mark_low }, clock_now(), &place);
	if (e) {
		answer(c, e, body);
	} else {
		empty(place);
		*place = (struct entry){ .key = { c->mark_high, c->mark_low },
					 .body = body,
					 .since = MAX_OF(clock_now(), 1) };
		c->repeated = true;
	}
	pthread_mutex_unlock(&a->lock);
	return e != NULL;
}

static const char *location_of(const struct call *c)
{
	for (size_t i = 0; i < c->headers_n; i++)
		if (strcmp(c->headers[i].name, "Location") == 0)
			return c->headers[i].value;
	return "";
}

void again_keep(struct call *c, int status, const char *type, struct slice text)
{
	struct again *a = c->r.server->again;
	struct entry *place;

	if (!c->repeated)
		return;
	c->repeated = false;
	pthread_mutex_lock(&a->lock);
	struct entry *e = find(a, (struct mark){ c->mark_high, c->mark_low }, clock_now(), &place);
	if (e && (status >= 500 || status == 429 || text.n > AGAIN_TEXT)) {
		empty(e);
	} else if (e) {
		e->text = malloc(text.n + 1);
		if (e->text && text.n)
			memcpy(e->text, text.at, text.n);
		e->n = e->text ? text.n : 0;
		e->status = status;
		text_copy(e->type, sizeof(e->type), type);
		text_copy(e->location, sizeof(e->location), location_of(c));
		e->done = true;
	}
	pthread_mutex_unlock(&a->lock);
}

/* hooks.c - webhooks: events posted to whoever wants them
 *
 * A listener on the loop writes an event once as text for each webhook that wants it, into a
 * bounded queue; a thread of our own sends, so neither the loop nor an http thread ever waits for
 * a stranger. Events of one webhook go in their order. A webhook that does not answer 2xx is
 * asked again after 1, 2, 4 ... 300 s, which holds up nobody else's events; an event that waited
 * for a day, one that is refused for good (4xx but 408 and 429), and one that finds the queue full
 * are dropped and counted. What was taken may come twice: at least once, by X-Ikeeper-Delivery.
 *
 * Lock: the queue and the tallies. Called by: server.c, router.c.  Thread: loop, http, its own.
 * Owns: the thread, the queue.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/hookwire.h"
#include "api/audit.h"
#include "api/doors.h"
#include "api/json.h"
#include "api/stamp.h"

enum {
	QUEUE_MOST = 4096, /* of all webhooks */
	QUEUE_OF_ONE = 1000,
	HOOKS_MOST = 64, /* tallies kept */
	GIVE_UP_MS = 24 * 3600 * 1000,
	BACK_OFF_MOST_S = 300,
};

struct item {
	struct link link;
	char hook[NAME_SIZE];
	const char *event;
	char delivery[48];
	char *body;
	size_t n;
	msec since;
	struct call *trial; /* a parked request that waits for it, NULL none */
	struct hook_answer answer; /* of a trial */
	struct hooks *hooks;
	struct post post;
};

struct tally {
	char name[NAME_SIZE];
	uint64_t queued, delivered, failed, dropped;
	unsigned failures; /* in a row */
	msec retry_at; /* 0: at once */
	int64_t last_s, retry_s; /* wall clock */
	long status;
	char error[160];
};

struct hooks {
	struct server *server;
	struct listener listener;
	pthread_t thread;
	bool runs;
	atomic_bool stop;
	pthread_mutex_t lock;
	pthread_cond_t news;
	struct link queue;
	size_t queued;
	char boot[16];
	uint64_t trials;
	struct tally tallies[HOOKS_MOST];
};

/* ---- lock held ---- */

static struct tally *tally_of(struct hooks *h, const char *name)
{
	struct tally *room = NULL;

	for (size_t i = 0; i < HOOKS_MOST; i++) {
		if (strcmp(h->tallies[i].name, name) == 0)
			return &h->tallies[i];
		if (!*h->tallies[i].name) {
			room = &h->tallies[i];
			break;
		}
		if (!room && !h->tallies[i].queued)
			room = &h->tallies[i];
	}
	if (!room)
		return NULL;
	*room = (struct tally){ 0 };
	text_copy(room->name, sizeof(room->name), name);
	return room;
}

static void item_free(struct item *i)
{
	free(i->body);
	free(i);
}

static void take_out(struct hooks *h, struct item *i)
{
	struct tally *t = tally_of(h, i->hook);

	list_remove(&i->link);
	h->queued--;
	if (t && t->queued)
		t->queued--;
}

static bool put_in(struct hooks *h, struct item *i)
{
	struct tally *t = tally_of(h, i->hook);
	bool fits = t && h->queued < QUEUE_MOST && t->queued < QUEUE_OF_ONE && !h->stop;

	if (fits) {
		list_push(&h->queue, &i->link);
		h->queued++;
		t->queued++;
		pthread_cond_signal(&h->news);
	} else if (t) {
		t->dropped++;
	}
	return fits;
}

/* The first that may go: trials at once, else the oldest of a webhook that is not backing off. */
static struct item *next_due(struct hooks *h, msec now, msec *ret_wait)
{
	struct item *found = NULL;

	*ret_wait = 60 * 1000;
	for (struct link *l = h->queue.next; l != &h->queue; l = l->next) {
		struct item *i = owner_of(l, struct item, link);
		struct tally *t = tally_of(h, i->hook);

		if (i->trial)
			return i;
		if (found || !t)
			continue;
		if (t->retry_at <= now)
			found = i;
		else
			*ret_wait = MIN_OF(*ret_wait, t->retry_at - now);
	}
	return found;
}

static bool is_final(long status)
{
	return (status >= 200 && status < 300) ||
	       (status >= 400 && status < 500 && status != 408 && status != 429);
}

/* True: done with it, one way or the other. */
static bool note(struct hooks *h, const struct item *i, const struct hook_answer *a)
{
	struct tally *t = tally_of(h, i->hook);
	bool good = a->status >= 200 && a->status < 300;
	msec now = clock_now();

	if (!t)
		return true;
	t->last_s = clock_wall_ms() / 1000;
	t->status = a->status;
	text_copy(t->error, sizeof(t->error), a->error);
	t->delivered += good;
	t->failed += !good;
	if (is_final(a->status) || i->trial) {
		t->dropped += !good && !i->trial;
		t->failures = 0;
		t->retry_at = t->retry_s = 0;
		return true;
	}
	msec pause = BACK_OFF_MOST_S;
	if (t->failures < 8)
		pause = 1 << t->failures;
	t->failures++;
	t->retry_at = now + MIN_OF(pause, (msec)BACK_OFF_MOST_S) * 1000;
	t->retry_s = t->last_s + MIN_OF(pause, (msec)BACK_OFF_MOST_S);
	if (now - i->since < GIVE_UP_MS)
		return false;
	t->dropped++;
	return true;
}

/* ---- the thread ---- */

static struct bytes *key_of(struct hooks *h, const struct config *c, const struct webhook *w)
{
	const struct secret *s = *w->secret ? config_secret(c, w->secret) : NULL;
	struct bytes *key = NULL;
	char about[SECRET_ABOUT];

	if (s && s->value.n)
		secret_open(h->server->keyring, secret_about(s->r.name, about),
			    slice(s->value.at, s->value.n), &key, NULL);
	return key;
}

/* With the record as it is now; false: it is gone or disabled. */
static bool post_item(struct hooks *h, const struct item *i, struct hook_answer *ret)
{
	const struct config *c = board_config(h->server->control->board);
	const struct webhook *w = config_webhook(c, i->hook);
	bool wanted = w && (w->enabled || i->trial);

	*ret = (struct hook_answer){ 0 };
	if (wanted) {
		own(bytes) key = key_of(h, c, w);

		if (*w->secret && !key)
			snprintf(ret->error, sizeof(ret->error),
				 "secret %s has no value: nothing is sent unsigned", w->secret);
		else
			hookwire_send(
				&(struct hook_post){ .to = w,
						     .key = key ? slice_of(key) : slice("", 0),
						     .event = i->event,
						     .delivery = i->delivery,
						     .body = slice(i->body, i->n),
						     .stop = &h->stop },
				ret);
	}
	config_unref(c);
	return wanted;
}

static void answer_trial(struct post *p);

static void work_on(struct hooks *h, struct item *i)
{
	struct hook_answer a;

	pthread_mutex_unlock(&h->lock);
	bool wanted = post_item(h, i, &a);
	pthread_mutex_lock(&h->lock);
	if (wanted && !note(h, i, &a))
		return;
	take_out(h, i);
	if (!i->trial) {
		item_free(i);
		return;
	}
	i->answer = a;
	i->post.run = answer_trial;
	loop_post(h->server->loop, &i->post);
}

static void *run(void *arg)
{
	struct hooks *h = arg;

	pthread_mutex_lock(&h->lock);
	while (!h->stop) {
		msec wait;
		struct item *i = next_due(h, clock_now(), &wait);
		struct timespec until;

		if (i) {
			work_on(h, i);
			continue;
		}
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += wait / 1000;
		until.tv_nsec += wait % 1000 * 1000000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&h->news, &h->lock, &until);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

/* It begins with the first event that somebody wants; loop thread. */
static void start(struct hooks *h)
{
	if (!h->runs && !h->stop)
		h->runs = pthread_create(&h->thread, NULL, run, h) == 0;
}

/* ---- what happens ---- */

static struct item *item_new(struct hooks *h, const char *hook, const char *event,
			     struct text *take)
{
	struct item *i = calloc(1, sizeof(*i));

	if (!i) {
		text_done(take);
		return NULL;
	}
	text_copy(i->hook, sizeof(i->hook), hook);
	i->event = event;
	i->hooks = h;
	i->n = take->n;
	i->body = text_give(take);
	i->since = clock_now();
	list_init(&i->link);
	return i;
}

static void offer(struct hooks *h, const struct webhook *w, const struct event *e)
{
	struct text t;

	text_init(&t, 0);
	text_add(&t, "{\"delivery\":\"%s-%llu\"", h->boot, (unsigned long long)e->seq);
	text_add_member(&t, "webhook", w->r.name);
	text_add_str(&t, ",\"event\":");
	event_json(e, &t);
	text_add_str(&t, "}");
	struct item *i = item_new(h, w->r.name, event_row(e->id)->name, &t);

	if (!i)
		return;
	snprintf(i->delivery, sizeof(i->delivery), "%s-%llu", h->boot, (unsigned long long)e->seq);
	pthread_mutex_lock(&h->lock);
	bool taken = put_in(h, i);
	pthread_mutex_unlock(&h->lock);
	if (taken)
		start(h);
	else
		item_free(i);
}

static void hear(struct listener *l, const struct event *e)
{
	struct hooks *h = owner_of(l, struct hooks, listener);
	const struct event_row *row = event_row(e->id);
	const struct config *c = board_config(h->server->control->board);

	for (size_t i = 0; c && i < config_count(c, K_WEBHOOK); i++) {
		const struct webhook *w = (const void *)config_at(c, K_WEBHOOK, i);

		if (w->enabled && webhook_wants(w, row->name, row->topic, row->journalled))
			offer(h, w, e);
	}
	config_unref(c);
}

/* ---- life ---- */

struct hooks *hooks_new(struct server *s)
{
	struct hooks *h = calloc(1, sizeof(*h));
	pthread_condattr_t attr;

	if (!h)
		return NULL;
	hookwire_open();
	h->server = s;
	atomic_init(&h->stop, false);
	pthread_mutex_init(&h->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&h->news, &attr);
	pthread_condattr_destroy(&attr);
	list_init(&h->queue);
	token_random(h->boot, sizeof(h->boot), 6);
	h->listener.hear = hear;
	events_listen(s->control->events, &h->listener);
	return h;
}

void hooks_stop(struct hooks *h)
{
	if (atomic_exchange(&h->stop, true))
		return;
	events_unlisten(&h->listener);
	pthread_mutex_lock(&h->lock);
	pthread_cond_signal(&h->news);
	pthread_mutex_unlock(&h->lock);
	if (h->runs)
		pthread_join(h->thread, NULL);
	h->runs = false;
	while (!list_is_empty(&h->queue)) {
		struct item *i = owner_of(list_first(&h->queue), struct item, link);

		take_out(h, i);
		if (i->trial)
			answer_trial(&i->post);
		else
			item_free(i);
	}
}

void hooks_free(struct hooks *h)
{
	if (!h)
		return;
	pthread_cond_destroy(&h->news);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

/* ---- the handlers ---- */

static const char *known_hook(struct request *r)
{
	const struct config *c = board_config(r->control->board);
	bool known = config_webhook(c, r->name) != NULL;
	struct fault f = { 0 };

	config_unref(c);
	if (known)
		return r->name;
	fail(&f, R_NOT_FOUND, "there is no webhook %.64s", r->name);
	request_fault(r, &f);
	return NULL;
}

static json_t *text_or_null(const char *s)
{
	return *s ? json_string(s) : json_null();
}

void hooks_status(struct request *r)
{
	struct hooks *h = r->server->hooks;
	struct tally t = { 0 };

	if (!request_query_ok(r, NULL) || !known_hook(r))
		return;
	pthread_mutex_lock(&h->lock);
	struct tally *now = tally_of(h, r->name);
	if (now)
		t = *now;
	pthread_mutex_unlock(&h->lock);
	request_json(r, 200,
		     json_pack("{ss,sI,sI,sI,sI,so,so,so,so}", "name", r->name, "queued",
			       (json_int_t)t.queued, "delivered", (json_int_t)t.delivered,
			       "failed_attempts", (json_int_t)t.failed, "dropped",
			       (json_int_t)t.dropped, "last_status",
			       t.status ? json_integer(t.status) : json_null(), "last_error",
			       text_or_null(t.error), "last_attempt_at", stamp_json(t.last_s),
			       "next_attempt_at", stamp_json(t.retry_s)));
}

/* On the loop: how the trial went. */
static void answer_trial(struct post *p)
{
	struct item *i = owner_of(p, struct item, post);
	const struct hook_answer *a = &i->answer;
	bool good = a->status >= 200 && a->status < 300;

	request_json(&i->trial->r, 200,
		     json_pack("{sb,so,so,sI}", "delivered", good, "status",
			       a->status ? json_integer(a->status) : json_null(), "error",
			       text_or_null(a->error), "milliseconds", (json_int_t)a->took_ms));
	item_free(i);
}

static void run_test(struct request *r)
{
	struct hooks *h = r->server->hooks;
	struct fault f = { 0 };
	struct text t;

	if (!known_hook(r) || !audit_act(r, DEED_TEST, "webhooks", r->name, NULL))
		return;
	text_init(&t, 0);
	text_add(&t, "{\"delivery\":\"%s-test-%llu\"", h->boot, (unsigned long long)++h->trials);
	text_add_member(&t, "webhook", r->name);
	text_add_str(&t, ",\"event\":{\"event\":\"webhook.test\",\"time\":");
	json_time(&t, clock_wall_ms() / 1000);
	text_add_member(&t, "who", r->who);
	text_add_str(&t, ",\"text\":\"A trial, nothing happened\"}}");
	struct item *i = item_new(h, r->name, "webhook.test", &t);

	if (i) {
		snprintf(i->delivery, sizeof(i->delivery), "%s-test-%llu", h->boot,
			 (unsigned long long)h->trials);
		i->trial = call_of(r);
	}
	pthread_mutex_lock(&h->lock);
	bool taken = i && put_in(h, i);
	pthread_mutex_unlock(&h->lock);
	if (taken) {
		start(h);
		return;
	}
	if (i)
		item_free(i);
	fail(&f, R_BUSY, "too many events wait to be sent");
	request_fault(r, &f);
}

void hooks_test(struct request *r)
{
	struct faults errors = { 0 };

	if (!request_query_ok(r, NULL))
		return;
	if (r->json && json_object_size(r->json)) {
		faults_add(&errors, R_INVALID, "member.unknown", "", "nothing can be said here");
		request_faults(r, R_INVALID, &errors, NULL);
		return;
	}
	request_park(r, run_test);
}

/* stream.c - server-sent events
 *
 * A listener on the loop thread writes every event once, as text, into a ring of 4,096. Each
 * reader has a place in the ring; on its http thread it takes what is new, and when there is
 * nothing its connection is suspended until the loop has news, a heartbeat (15 s) or a new
 * picture (once a second at most). A reader that falls out of the ring, or comes back with the
 * number of another life of the daemon, hears "resync" and asks for everything again.
 *
 * An event's id is "<boot>-<seq>". Pictures carry none: they are news, not history.
 *
 * Lock: the ring and the list of readers; taken inside libmicrohttpd's lock of the answer,
 * never the other way round. Called by: router.c, server.c.  Thread: loop and http.
 * Owns: the ring, the readers.
 */
#include "api/stream.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "api/scope.h"

enum { TOPIC_SA = 1, TOPIC_CONFIG = 2, TOPIC_TRACE = 4, TOPIC_SYSTEM = 8, TOPIC_PICTURE = 16 };
enum { FRAMES_MOST = 32 * 1024 }; /* taken from the ring at a time */

static const struct name topics[] = {
	{ TOPIC_SA, "sa" },         { TOPIC_CONFIG, "config" },   { TOPIC_TRACE, "trace" },
	{ TOPIC_SYSTEM, "system" }, { TOPIC_PICTURE, "picture" }, { 0, NULL },
};

struct kept {
	uint64_t seq;
	int topic;
	char peer[NAME_SIZE]; /* it is about, "" none */
	char *frame; /* "id: ...\nevent: ...\ndata: ...\n\n" */
};

struct stream {
	struct server *server;
	struct listener listener;
	pthread_mutex_t lock;
	char boot[16];
	struct kept ring[STREAM_RING];
	uint64_t newest; /* seq of the newest event, 0 none yet */
	uint64_t oldest; /* seq of the oldest in the ring */
	uint64_t picture; /* number of the newest picture */
	struct link readers;
	size_t readers_n;
	bool stopped;
};

struct reader {
	struct link link;
	struct stream *stream;
	struct call *call;
	int topics;
	uint64_t seq; /* of the last event taken */
	uint64_t picture;
	msec spoke; /* last time anything was sent */
	bool suspended, beat, over;
	struct text out; /* what is being sent */
	size_t out_at;
};

/* ---- the ring ---- */

static void hear(struct listener *l, const struct event *e)
{
	struct stream *t = owner_of(l, struct stream, listener);
	const struct event_row *row = event_row(e->id);
	struct kept *k = &t->ring[e->seq % STREAM_RING];
	struct text frame;
	int topic = 0;

	name_find(topics, row->topic, &topic);
	text_init(&frame, 0);
	text_add(&frame, "id: %s-%llu\nevent: %s\ndata: ", t->boot, (unsigned long long)e->seq,
		 row->name);
	event_json(e, &frame);
	text_add_str(&frame, "\n\n");
	pthread_mutex_lock(&t->lock);
	free(k->frame);
	*k = (struct kept){ .seq = e->seq, .topic = topic, .frame = text_give(&frame) };
	text_copy(k->peer, sizeof(k->peer), e->peer);
	t->newest = e->seq;
	if (!t->oldest)
		t->oldest = e->seq;
	else if (t->newest - t->oldest >= STREAM_RING)
		t->oldest = t->newest - STREAM_RING + 1;
	list_each (i, &t->readers) {
		struct reader *r = owner_of(i, struct reader, link);

		if (r->suspended && r->topics & topic) {
			r->suspended = false;
			MHD_resume_connection(r->call->conn);
		}
	}
	pthread_mutex_unlock(&t->lock);
}

struct stream *stream_new(struct server *s)
{
	struct stream *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->server = s;
	pthread_mutex_init(&t->lock, NULL);
	list_init(&t->readers);
	token_random(t->boot, sizeof(t->boot), 6);
	for (char *p = t->boot; *p; p++)
		if (*p == '-')
			*p = '_'; /* the dash separates the number */
	t->newest = s->control->events->last_seq;
	t->oldest = t->newest + 1;
	t->listener.hear = hear;
	events_listen(s->control->events, &t->listener);
	return t;
}

void stream_free(struct stream *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < STREAM_RING; i++)
		free(t->ring[i].frame);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* ---- one reader ---- */

static void say_resync(struct reader *r)
{
	text_add(&r->out, "event: resync\ndata: {\"boot\":\"%s\",\"seq\":%llu}\n\n",
		 r->stream->boot, (unsigned long long)r->stream->newest);
	r->seq = r->stream->newest;
}

/* What is new, into r->out. Lock held. */
static void gather(struct reader *r)
{
	struct stream *t = r->stream;

	if (r->seq + 1 < t->oldest)
		say_resync(r);
	while (r->seq < t->newest && r->out.n < FRAMES_MOST) {
		const struct kept *k = &t->ring[++r->seq % STREAM_RING];

		if (k->seq == r->seq && k->frame && k->topic & r->topics &&
		    scope_holds_now(&r->call->r, k->peer))
			text_add_str(&r->out, k->frame);
	}
	if (r->topics & TOPIC_PICTURE && r->picture != t->picture) {
		r->picture = t->picture;
		text_add(&r->out, "event: picture\ndata: {\"number\":%llu}\n\n",
			 (unsigned long long)t->picture);
	}
	if (r->beat && !r->out.n)
		text_add_str(&r->out, ": still here\n\n");
	r->beat = false;
}

/* libmicrohttpd asks for octets. Suspending here is what its header allows. */
static ssize_t give_octets(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct reader *r = cls;
	struct stream *t = r->stream;
	size_t n;

	(void)pos;
	if (r->out_at == r->out.n) {
		bool over;

		r->out.n = r->out_at = 0;
		pthread_mutex_lock(&t->lock);
		over = r->over;
		if (!over)
			gather(r);
		if (!over && !r->out.n) {
			r->suspended = true;
			MHD_suspend_connection(r->call->conn);
		} else {
			r->spoke = clock_now();
		}
		pthread_mutex_unlock(&t->lock);
		if (over)
			return MHD_CONTENT_READER_END_OF_STREAM;
		if (r->out.cut)
			return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	n = MIN_OF(max, r->out.n - r->out_at);
	if (n)
		memcpy(buf, r->out.at + r->out_at, n);
	r->out_at += n;
	return (ssize_t)n;
}

static void close_reader(void *cls)
{
	struct reader *r = cls;
	struct stream *t = r->stream;
	struct call *c = r->call;

	pthread_mutex_lock(&t->lock);
	list_remove(&r->link);
	t->readers_n--;
	pthread_mutex_unlock(&t->lock);
	text_done(&r->out);
	free(r);
	call_unref(c);
}

/* Lock held. */
static void wake(struct reader *r)
{
	if (!r->suspended)
		return;
	r->suspended = false;
	MHD_resume_connection(r->call->conn);
}

/* While a connection is suspended the library does not look at it: we ask whether the other end
 * has hung up, or whoever reloads a page a hundred times would use up all streams. */
static bool is_gone(const struct reader *r)
{
	struct pollfd p = { .fd = r->call->line->fd, .events = POLLRDHUP };

	return r->suspended && poll(&p, 1, 0) == 1;
}

void stream_tick(struct stream *t, msec now)
{
	uint64_t picture = 0;
	bool wanted = false;

	pthread_mutex_lock(&t->lock);
	list_each (i, &t->readers)
		wanted |= (owner_of(i, struct reader, link)->topics & TOPIC_PICTURE) != 0;
	pthread_mutex_unlock(&t->lock);
	if (wanted) {
		const struct view *v = board_look(t->server->control->board);

		picture = v->number;
		view_unref(v);
	}
	pthread_mutex_lock(&t->lock);
	if (wanted)
		t->picture = picture;
	list_each (i, &t->readers) {
		struct reader *r = owner_of(i, struct reader, link);

		r->over |= is_gone(r);
		if (now - r->spoke >= STREAM_BEAT_MS || r->over) {
			r->beat = true;
			r->over |= !auth_still(r->call);
			wake(r);
		} else if (r->topics & TOPIC_PICTURE && r->picture != t->picture) {
			wake(r);
		}
	}
	pthread_mutex_unlock(&t->lock);
}

/* The list empties from the http threads, as connections notice. */
void stream_stop(struct stream *t)
{
	struct server *s = t->server;

	if (t->stopped)
		return;
	events_unlisten(&t->listener);
	pthread_mutex_lock(&t->lock);
	t->stopped = true;
	list_each (i, &t->readers) {
		struct reader *r = owner_of(i, struct reader, link);

		pthread_mutex_lock(&s->lock);
		if (!r->call->leaves && !r->call->left) {
			r->call->leaves = true;
			s->leaving++;
		}
		pthread_mutex_unlock(&s->lock);
		r->over = true;
		wake(r);
	}
	pthread_mutex_unlock(&t->lock);
}

/* ---- opening one ---- */

static bool read_topics(const char *list, int *ret, struct fault *f)
{
	char word[16];

	*ret = 0;
	for (const char *at = list; *at;) {
		size_t n = strcspn(at, ",");
		int bit;

		snprintf(word, sizeof(word), "%.*s", (int)n, at);
		if (n >= sizeof(word) || !name_find(topics, word, &bit)) {
			fail(f, R_BAD_REQUEST, "topics are sa, config, trace, system and picture");
			return false;
		}
		*ret |= bit;
		at += n + (at[n] == ',');
	}
	return *ret != 0 || !fail(f, R_BAD_REQUEST, "name at least one topic");
}

/* Where to go on; false: the past is gone. */
static bool find_place(struct stream *t, const char *last_id, uint64_t *ret)
{
	const char *dash = last_id ? strrchr(last_id, '-') : NULL;
	char *end;

	*ret = t->newest;
	if (!last_id)
		return true;
	if (!dash || strlen(t->boot) != (size_t)(dash - last_id) ||
	    strncmp(last_id, t->boot, (size_t)(dash - last_id)) != 0)
		return false;
	uint64_t seq = strtoull(dash + 1, &end, 10);
	if (*end || end == dash + 1 || seq > t->newest || seq + 1 < t->oldest)
		return false;
	*ret = seq;
	return true;
}

/* A fresh reader in the list; false: there are too many. */
static bool enlist(struct reader *r, const char *last_id)
{
	struct stream *t = r->stream;

	pthread_mutex_lock(&t->lock);
	bool room = t->readers_n < STREAMS_MOST && !t->stopped;
	if (room) {
		bool resumed = find_place(t, last_id, &r->seq);

		text_add(&r->out, "retry: 3000\nid: %s-%llu\nevent: hello\ndata: {}\n\n", t->boot,
			 (unsigned long long)r->seq);
		if (!resumed)
			say_resync(r);
		r->spoke = clock_now();
		list_push(&t->readers, &r->link);
		t->readers_n++;
		atomic_fetch_add(&r->call->refs, 1);
	}
	pthread_mutex_unlock(&t->lock);
	return room;
}

static void refuse(struct request *q, struct reader *r, enum reason reason, const char *text)
{
	struct fault f = { 0 };

	if (r)
		text_done(&r->out);
	free(r);
	fail(&f, reason, "%s", text);
	request_fault(q, &f);
}

void events_stream(struct request *q)
{
	static const char *const known[] = { "topics", NULL };
	struct call *c = call_of(q);
	const char *list = request_query(q, "topics");
	struct fault f = { 0 };
	struct MHD_Response *resp;
	struct reader *r;
	int wanted;

	if (!request_query_ok(q, known))
		return;
	if (!read_topics(list ? list : "sa,config,trace,system,picture", &wanted, &f)) {
		request_fault(q, &f);
		return;
	}
	request_header(q, "Content-Type", "text/event-stream");
	request_header(q, "X-Accel-Buffering", "no");
	if (q->method == M_HEAD) {
		request_empty(q, 200);
		return;
	}
	r = calloc(1, sizeof(*r));
	if (!r) {
		refuse(q, r, R_NO_MEMORY, "no memory for a stream");
		return;
	}
	r->stream = q->server->stream;
	r->call = c;
	r->topics = wanted;
	text_init(&r->out, 0);
	if (!enlist(r, call_header(c, "Last-Event-ID"))) {
		refuse(q, r, R_BUSY, "there are 100 streams already, or the gateway is stopping");
		return;
	}
	resp = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16 * 1024, give_octets, r,
						 close_reader);
	if (!resp) {
		close_reader(r);
		refuse(q, NULL, R_NO_MEMORY, "no memory for a stream");
		return;
	}
	c->is_stream = true;
	call_answer(c, 200, resp);
}

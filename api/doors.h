/* doors.h - what the files of this room share, and nobody else sees
 *
 * A `call` is a request with its private half: the connection it came by, its body while it
 * grows, and the answer while it waits to be sent. Two may hold a call: the connection, until
 * libmicrohttpd says it is completed, and the closure of a parked request, until it answered.
 * Whoever comes last frees it, so a client that leaves early surprises nobody.
 */
#pragma once

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "core/base/list.h"
#include "api/request.h"
#include "api/router.h"
#include "api/server.h"

struct again;
struct changesets;
struct draft; /* draft.h */
struct operations;
struct hooks;
struct auth;
struct stream;
struct pulse;

/* Limits, all explicit: reliability asks for each of them. */
enum {
	BODY_MOST = 256 * 1024, /* of a request; beyond: 413 */
	BODY_STRANGER = 4 * 1024, /* of a request open to anybody */
	BODY_DRAIN = 1024 * 1024, /* read and thrown away so that the client hears the 413 */
	HEADERS_MOST = 16 * 1024, /* 431 */
	URI_MOST = 8 * 1024, /* 414 */
	CONNECTION_MEMORY = 48 * 1024,
	CONNECTIONS_MOST = 800,
	CONNECTIONS_PER_ADDRESS = 640,
	QUERY_MOST = 16, /* members of a query */
	HEADERS_OUT = 8, /* further headers a handler may set */
	ARRIVE_MS = 30 * 1000, /* a request has to be whole by then */
	LEAVE_MS = 120 * 1000, /* an answer has to be gone by then */
	PARK_MS = 30 * 1000,
	VIEW_AGE_MS = 300, /* an older picture is made anew before it is shown */
};

struct server {
	atomic_uint refs; /* main's, and one per call */
	struct loop *loop;
	struct control *control;
	struct keyring *keyring;
	struct MHD_Daemon *tls, *local;
	int tls_fd, local_fd;
	uint16_t port;
	char listen_address[64], unix_path[108], webui_dir[256];
	uint32_t unix_group;
	bool started; /* the tick is armed */

	/* The lock covers the lists and numbers below, for the length of a few pointers. */
	pthread_mutex_t lock;
	struct link conns, parked;
	bool stopping;
	size_t leaving; /* calls answered while stopping, not yet completed */
	pthread_cond_t left;

	struct timer tick; /* once a second: reaper, heartbeats, pictures */
	struct auth *auth;
	struct again *again;
	struct changesets *changesets; /* loop thread */
	struct operations *operations; /* loop thread */
	struct stream *stream;
	struct pulse *pulse;
	struct hooks *hooks;
};

/* One connection, from accept to close. */
struct conn {
	struct link link;
	int fd;
	msec deadline; /* 0: none */
	bool is_local; /* Unix socket */
	bool is_trusted; /* root, our own user, or the group */
	uint32_t uid;
};

struct header_out {
	char name[32], value[256];
};

struct query {
	char *name, *value; /* decoded, inside query_text */
};

enum credential { CRED_NONE, CRED_LOCAL, CRED_TOKEN, CRED_SESSION };

struct call {
	struct request r;
	atomic_uint refs;
	struct MHD_Connection *conn; /* http thread, or whoever may resume it */
	struct conn *line;
	char *uri; /* raw, as it came */
	char *query_text;
	struct query query[QUERY_MOST];
	size_t query_n;

	bool begun, draining, expects, close;
	bool ran; /* the handler was called */
	uint64_t announced; /* Content-Length, 0 none */
	bool has_body;
	char *body;
	size_t body_cap, body_most, swallowed;

	/* Parked: the loop's until it answers. */
	bool parked, overtaking;
	atomic_bool answered; /* the loop may answer while the handler is on its way back */
	bool looked, again; /* a new picture was asked for; it is there, ask the handler again */
	void (*run)(struct request *);
	struct post post;
	struct timer deadline;
	struct link parked_link;

	/* Prefer: how long the caller waits before the answer becomes a ticket. */
	bool prefers;
	msec wait_ms;
	char applied[24]; /* "wait=10" */
	bool held; /* the handler has answered, the answer waits for negotiations */
	uint64_t ticket; /* of the operation that keeps the late answer, 0 none */

	/* Idempotency-Key: the answer is to be kept under this mark. */
	bool repeated;
	uint64_t mark_high, mark_low;

	/* The answer. */
	struct header_out headers[HEADERS_OUT];
	size_t headers_n;
	uint64_t etag; /* 0 none */
	char etag_text[24];
	unsigned status;
	struct MHD_Response *response;
	bool is_page; /* of the web UI: other headers */
	bool is_stream; /* it may last for ever */
	bool leaves, left; /* counted in server->leaving; completed */

	/* Who it is, to ask again while a stream is open. */
	enum credential credential;
	uint8_t session[32];
	char token_id[16];
	bool forwarded; /* came by a proxy: the socket's word does not count */
	char host[128];
};

static inline struct call *call_of(const struct request *r)
{
	return (struct call *)(void *)r;
}

/* request.c, arrival.c */
struct call *call_new(struct server *s, struct MHD_Connection *conn, const char *uri);
void call_unref(struct call *c);
/* The answer given while the handler is still at work, or before it was asked: deadline, stop. */
void call_overtake(struct call *c, const struct fault *f);
enum MHD_Result call_send(struct call *c);
/* A path and a query as they came, into the request; R_OK or what to answer. */
bool call_is_probe(const struct call *c); /* /livez, /readyz, /metrics: routes without /api/v1 */
enum reason call_read_uri(struct call *c, struct fault *f);
enum reason call_read_body(struct call *c, struct fault *f);
bool call_take_body(struct call *c, const char *at, size_t n); /* false: give up, close */
size_t call_body_most(struct call *c);
bool call_is_lines(const struct call *c); /* its body is one JSON text a line: ndjson.c reads it */
const char *call_header(const struct call *c, const char *name);
/* Any status with any body; for what reasons do not cover (414) and for streams. */
void call_answer(struct call *c, int status, struct MHD_Response *take_response);
void call_problem(struct call *c, int status, const struct fault *f);

/* server.c */
struct server *server_ref(struct server *s);
void server_unref(struct server *s);

/* changesets.c: edits that wait to be applied together; loop thread */
struct changesets *changesets_new(const struct control *control); /* with what was kept */
void changesets_free(struct changesets *c);
void changesets_forget(struct server *s, uint64_t id); /* it was applied */
void changesets_tried(struct server *s, uint64_t id); /* on a few peers first; the rest waits */
/* A draft as a set of its own, in the name of whoever asks. R_BUSY: there are too many. */
enum reason changesets_keep(struct request *r, const struct draft *draft, const char *comment,
			    uint64_t *ret_id, struct fault *f);
/* What is staged in it, own it (draft_done). R_NOT_FOUND. */
enum reason changesets_copy(struct server *s, uint64_t id, struct draft *ret, struct fault *f);

/* operations.c: writes that outlast their callers; loop thread */
struct operations *operations_new(struct server *s);
void operations_stop(struct operations *o); /* before the loop ends */
void operations_free(struct operations *o);

/* hooks.c: webhooks, with a thread of their own */
struct hooks *hooks_new(struct server *s);
void hooks_stop(struct hooks *h); /* loop thread: joins the thread, listens no more */
void hooks_free(struct hooks *h);

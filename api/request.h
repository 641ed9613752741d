/* request.h - one request: what came, what goes back, and waiting in between
 *
 * A handler runs on an http thread with the whole body at hand. It answers, or parks:
 *
 *	request_park(r, run);          suspends, then posts run(r) to the loop thread
 *	...on the loop: control->change(..., done, r) ... in done: request_json(r, ...)
 *
 * An answer given on the loop thread resumes the request. Every park has a deadline (30 s),
 * after which the answer is 503.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/fault.h"
#include "core/base/text.h"
#include "core/model/control.h"

struct server;
struct route;

enum method { M_GET, M_POST, M_PUT, M_PATCH, M_DELETE, M_HEAD, M_COUNT };

struct request {
	struct server *server;
	const struct route *route;
	enum method method;
	char path[512]; /* raw path below /api/v1 */
	char segment[4][256]; /* decoded segments of that path: {"peers", "hub", "initiate"} */
	size_t segments;
	enum kind kind; /* of a configuration route */
	const char *name; /* the {name} segment, NULL none */
	uint64_t id; /* the {id} segment */
	const char *body;
	size_t body_n;
	json_t *json; /* parsed body, NULL when there was none */
	uint64_t if_match; /* 0: none given */
	bool has_if_match, if_match_any, if_none_match_any;
	char if_none_match[24];
	enum role role;
	char scope[SCOPE_TEXT]; /* labels of the peers this is limited to; "" none */
	char who[WHO_SIZE];
	char channel[16]; /* rest, web, cli */
	char request_id[40];
	char remote[64];
	struct control *control; /* its functions: loop thread only. board: any thread */
	void *work; /* the handler's own; given to drop at the end, or to free() without one */
	void (*drop)(void *work);
};

/* Query members; NULL when absent. A doubled or unknown member is refused before the handler:
 * request_query_ok lists those a handler knows and answers 400 itself when one is unknown. */
const char *request_query(const struct request *r, const char *name);
bool request_query_ok(struct request *r, const char *const *known);

/* Answers: exactly one per request, from the http thread or, once parked, the loop thread. */
void request_json(struct request *r, int status, json_t *take_body);
void request_text(struct request *r, int status, const char *type, struct text *take_body);
/* 200 with keys in it: never kept for a ticket or a repeated request, and wiped when it was sent. */
void request_secret(struct request *r, const char *type, struct text *take_body);
void request_empty(struct request *r, int status);
void request_fault(struct request *r, const struct fault *f); /* problem+json, status by reason */
/* Several faults at once (status of `reason`), with warnings beside. */
void request_faults(struct request *r, enum reason reason, const struct faults *errors,
		    const struct faults *warnings);
/* Before the answer. */
void request_header(struct request *r, const char *name, const char *value);
void request_etag(struct request *r, uint64_t revision);

/* Suspend, then run on the loop thread. */
void request_park(struct request *r, void (*run)(struct request *r));
/* The picture, at most 0.3 s old; give it back with view_unref. NULL: it is being made, the
 * handler returns at once and is called again. Before anything else is done with the request. */
const struct view *request_view(struct request *r);

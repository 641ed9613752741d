/* request.c - one request: what came, what goes back, and waiting in between
 *
 * A call is made when the request line was read and lives until both its connection and its
 * closure let go. While a request is parked the loop thread alone may touch it: it answers,
 * the connection is resumed, and the http thread finds the answer ready. When the deadline or
 * the end of the server came first, the answer was given in the handler's stead and what the
 * handler says later is dropped.
 *
 * Called by: server.c and every handler.  Thread: http, or the loop once parked.
 * Owns: the call, its body (wiped when freed, passwords come by here), its answer.
 */
#include "api/doors.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/again.h"
#include "api/operations.h"
#include "api/problem.h"

static const char API_CSP[] = "default-src 'none'; frame-ancestors 'none'";
static const char PAGE_CSP[] =
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
	"require-trusted-types-for 'script'; trusted-types 'none'";

struct call *call_new(struct server *s, struct MHD_Connection *conn, const char *uri)
{
	struct call *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	atomic_init(&c->refs, 1);
	c->conn = conn;
	c->uri = strdup(uri);
	c->r.server = server_ref(s);
	c->r.control = s->control;
	c->r.kind = K_COUNT;
	list_init(&c->parked_link);
	if (!c->uri) {
		call_unref(c);
		return NULL;
	}
	return c;
}

void call_unref(struct call *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return;
	if (c->response)
		MHD_destroy_response(c->response);
	if (c->body)
		wipe(c->body, c->body_cap);
	json_decref(c->r.json);
	free(c->body);
	free(c->uri);
	free(c->query_text);
	if (c->r.work && c->r.drop)
		c->r.drop(c->r.work);
	else
		free(c->r.work);
	server_unref(c->r.server);
	wipe(c, sizeof(*c));
	free(c);
}

const char *call_header(const struct call *c, const char *name)
{
	return MHD_lookup_connection_value(c->conn, MHD_HEADER_KIND, name);
}

/* ---- what goes back ---- */

static void add(struct MHD_Response *resp, const char *name, const char *value)
{
	MHD_add_response_header(resp, name, value);
}

static void dress(struct call *c, struct MHD_Response *resp)
{
	add(resp, "X-Content-Type-Options", "nosniff");
	add(resp, "Referrer-Policy", "no-referrer");
	add(resp, "Cross-Origin-Opener-Policy", "same-origin");
	add(resp, "Cross-Origin-Resource-Policy", "same-origin");
	add(resp, "X-Frame-Options", "DENY");
	add(resp, "Content-Security-Policy", c->is_page ? PAGE_CSP : API_CSP);
	if (!c->is_page)
		add(resp, "Cache-Control", "no-store");
	if (*c->r.request_id)
		add(resp, "X-Request-Id", c->r.request_id);
	if (*c->etag_text)
		add(resp, "ETag", c->etag_text);
	for (size_t i = 0; i < c->headers_n; i++)
		add(resp, c->headers[i].name, c->headers[i].value);
	if (*c->applied && (c->parked || c->ticket) && c->r.method != M_GET &&
	    c->r.method != M_HEAD)
		add(resp, "Preference-Applied", c->applied);
	if (c->close)
		add(resp, "Connection", "close");
}

static bool is_unchanged(const struct call *c, int status)
{
	const struct request *r = &c->r;

	if (status != 200 || (r->method != M_GET && r->method != M_HEAD) || !*c->etag_text)
		return false;
	if (r->if_none_match_any)
		return true;
	size_t n = strlen(r->if_none_match);
	return n && strncmp(c->etag_text + 1, r->if_none_match, n) == 0 &&
	       strcmp(c->etag_text + 1 + n, "\"") == 0;
}

/* The loop's last touch of a parked call. */
static void resume(struct call *c)
{
	struct server *s = c->r.server;

	timer_stop(loop_timers(s->loop), &c->deadline);
	pthread_mutex_lock(&s->lock);
	list_remove(&c->parked_link);
	if (s->stopping) {
		c->leaves = true;
		s->leaving++;
	}
	pthread_mutex_unlock(&s->lock);
	MHD_resume_connection(c->conn);
}

static void unref_later(struct post *p)
{
	call_unref(owner_of(p, struct call, post));
}

/* The handler has answered and may still look at the request until it returns to the loop. */
static void let_go(struct call *c)
{
	c->post.run = unref_later;
	loop_post(c->r.server->loop, &c->post);
}

void call_answer(struct call *c, int status, struct MHD_Response *take_response)
{
	if (c->answered) { /* somebody was quicker: the deadline, or the end of the server */
		if (take_response)
			MHD_destroy_response(take_response);
		if (c->parked)
			let_go(c);
		return;
	}
	if (take_response && is_unchanged(c, status)) {
		MHD_destroy_response(take_response);
		take_response = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
		status = 304;
	}
	if (take_response)
		dress(c, take_response);
	c->response = take_response;
	c->status = (unsigned)status;
	c->answered = true;
	if (!c->parked)
		return;
	bool overtaking = c->overtaking;
	resume(c);
	if (!overtaking)
		let_go(c);
}

/* The closure keeps its hold on the call, and lets go when it answers at last; the closure of a
 * held call has answered. */
void call_overtake(struct call *c, const struct fault *f)
{
	bool held = c->held;

	if (c->answered)
		return;
	c->overtaking = true;
	if (held)
		operations_release(c);
	request_fault(&c->r, f);
	if (held)
		let_go(c);
}

enum MHD_Result call_send(struct call *c)
{
	struct MHD_Response *resp = c->response;

	if (!resp)
		return MHD_NO; /* out of memory while answering: close */
	c->response = NULL;
	enum MHD_Result ret = MHD_queue_response(c->conn, c->status, resp);
	MHD_destroy_response(resp);
	return ret;
}

/* True: the answer went to its operation instead. */
static bool goes_elsewhere(struct call *c, int status, struct slice text)
{
	if (!c->parked || c->overtaking != (c->ticket != 0) || !operations_take(c, status, text))
		return false;
	if (c->answered)
		let_go(c);
	return true;
}

static void answer_text(struct call *c, int status, const char *type, char *take, size_t n)
{
	struct MHD_Response *resp = NULL;

	if (goes_elsewhere(c, status, slice(take, take ? n : 0))) {
		free(take);
		return;
	}
	if (!c->answered)
		again_keep(c, status, type ? type : "", slice(take, take ? n : 0));
	if (take)
		resp = MHD_create_response_from_buffer(n, take, MHD_RESPMEM_MUST_FREE);
	if (!resp)
		free(take);
	else if (type)
		add(resp, "Content-Type", type);
	call_answer(c, status, resp);
}

void request_json(struct request *r, int status, json_t *take_body)
{
	char *out = take_body ? json_dumps(take_body, JSON_COMPACT) : NULL;
	const char *type = status >= 400 ? "application/problem+json" : "application/json";

	json_decref(take_body);
	answer_text(call_of(r), status, type, out, out ? strlen(out) : 0);
}

void request_text(struct request *r, int status, const char *type, struct text *take_body)
{
	size_t n = take_body->n;
	bool cut = take_body->cut;
	char *out = text_give(take_body);

	if (cut) {
		free(out);
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY,
						  .text = "the answer does not fit in memory" });
		return;
	}
	answer_text(call_of(r), status, type, out, n);
}

static void wipe_away(void *at)
{
	wipe(at, malloc_usable_size(at));
	free(at);
}

void request_secret(struct request *r, const char *type, struct text *take_body)
{
	struct MHD_Response *resp = NULL;
	size_t n = take_body->n;
	char *at = take_body->cut ? NULL : take_body->at;

	if (at)
		resp = MHD_create_response_from_buffer_with_free_callback(n, at, wipe_away);
	if (resp)
		add(resp, "Content-Type", type);
	else if (take_body->at)
		wipe_away(take_body->at);
	text_init(take_body, 0);
	call_answer(call_of(r), 200, resp);
}

void request_empty(struct request *r, int status)
{
	if (!goes_elsewhere(call_of(r), status, slice("", 0)))
		call_answer(call_of(r), status,
			    MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT));
}

void request_faults(struct request *r, enum reason reason, const struct faults *errors,
		    const struct faults *warnings)
{
	if (reason == R_UNAUTHENTICATED)
		request_header(r, "WWW-Authenticate", "Bearer realm=\"ikeeper\"");
	if (reason_http(reason) == 503)
		request_header(r, "Retry-After", "2");
	request_json(r, reason_http(reason), problem_of(r, reason, errors, warnings));
}

void request_fault(struct request *r, const struct fault *f)
{
	struct faults *one = calloc(1, sizeof(*one));

	if (one) {
		one->n = 1;
		one->at[0] = *f;
	}
	request_faults(r, f->reason, one, NULL);
	free(one);
}

void call_problem(struct call *c, int status, const struct fault *f)
{
	struct faults *one = calloc(1, sizeof(*one));

	if (one) {
		one->n = 1;
		one->at[0] = *f;
	}
	json_t *p = problem_of(&c->r, f->reason, one, NULL);
	json_object_set_new(p, "status", json_integer(status));
	free(one);
	request_json(&c->r, status, p);
}

void request_header(struct request *r, const char *name, const char *value)
{
	struct call *c = call_of(r);

	if (c->answered || c->headers_n == HEADERS_OUT)
		return;
	text_copy(c->headers[c->headers_n].name, sizeof(c->headers[0].name), name);
	text_copy(c->headers[c->headers_n].value, sizeof(c->headers[0].value), value);
	c->headers_n++;
}

void request_etag(struct request *r, uint64_t revision)
{
	struct call *c = call_of(r);

	if (!c->answered)
		snprintf(c->etag_text, sizeof(c->etag_text), "\"%llu\"",
			 (unsigned long long)revision);
}

/* ---- waiting ---- */

static bool call_ticket(struct call *c)
{
	bool held = c->held;

	if (!operations_ticket(c))
		return false;
	if (held)
		let_go(c);
	return true;
}

static void too_late(struct timer *t, msec now)
{
	struct call *c = owner_of(t, struct call, deadline);

	(void)now;
	if (!call_ticket(c))
		call_overtake(c, &(struct fault){
					 .reason = R_BUSY,
					 .text = "the gateway did not answer within 30 seconds" });
}

static void run_parked(struct post *p)
{
	struct call *c = owner_of(p, struct call, post);

	if (c->answered) { /* the server stopped meanwhile */
		call_unref(c);
		return;
	}
	c->deadline.fire = too_late;
	timer_arm(loop_timers(c->r.server->loop), &c->deadline, clock_now() + operations_wait(c));
	c->run(&c->r);
}

/* The picture is new: the handler shall be asked again, on its own thread (entry.c). */
static void ask_again(struct request *r)
{
	struct call *c = call_of(r);
	struct server *s = r->server;

	r->control->fresh(r->control->ctx);
	timer_stop(loop_timers(s->loop), &c->deadline);
	pthread_mutex_lock(&s->lock);
	list_remove(&c->parked_link);
	pthread_mutex_unlock(&s->lock);
	c->again = true;
	MHD_resume_connection(c->conn);
	call_unref(c);
}

const struct view *request_view(struct request *r)
{
	struct call *c = call_of(r);
	const struct view *v = board_look(r->control->board);
	int64_t age_ms = clock_wall_ms() - (int64_t)v->made_wall_ms;

	if (c->looked || (age_ms >= 0 && age_ms < VIEW_AGE_MS))
		return v;
	view_unref(v);
	c->looked = true;
	request_park(r, ask_again);
	return NULL;
}

void request_park(struct request *r, void (*run)(struct request *r))
{
	struct call *c = call_of(r);
	struct server *s = r->server;

	pthread_mutex_lock(&s->lock);
	bool stopping = s->stopping;
	if (!stopping) {
		c->parked = true;
		c->run = run;
		c->post.run = run_parked;
		atomic_fetch_add(&c->refs, 1);
		list_push(&s->parked, &c->parked_link);
		MHD_suspend_connection(c->conn);
	}
	pthread_mutex_unlock(&s->lock);
	if (stopping)
		request_fault(r, &(struct fault){ .reason = R_SHUTDOWN,
						  .text = "the gateway is stopping" });
	else
		loop_post(s->loop, &c->post);
}

/* entry.c - the way of a request through the house
 *
 * libmicrohttpd calls three times: when the request line is there (entry_line), then with the
 * headers, pieces of the body and its end (entry_answer), and when all is over. Everything
 * that can be refused is refused at the headers, before a body is taken in. An answer may not
 * be queued while a piece of body is handed over, so refusals wait for the body's end, unless
 * the client asked first (Expect) or announced more than we are willing to throw away.
 *
 * Called by: libmicrohttpd.  Thread: http.  Owns: the call, together with request.c.
 */
#include "api/entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "api/again.h"
#include "api/assets.h"
#include "api/auth.h"
#include "api/guard.h"
#include "api/operations.h"
#include "api/reaper.h"

void *entry_line(void *cls, const char *uri, struct MHD_Connection *conn)
{
	return call_new(cls, conn, uri);
}

/* ---- collecting what the guard looks at ---- */

static enum MHD_Result collect(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n,
			       const char *value, size_t value_n)
{
	struct guard_ask *a = cls;

	(void)kind;
	if (a->headers_n == GUARD_HEADERS)
		a->dropped++;
	else
		a->headers[a->headers_n++] = (struct guard_header){
			.name = name,
			.name_n = name_n,
			.value = value ? value : "",
			.value_n = value_n,
		};
	return MHD_YES;
}

static void add_host(struct guard_ask *a, const char *host)
{
	if (*host && a->hosts_n < GUARD_HOSTS)
		a->hosts[a->hosts_n++] = host;
}

/* The address a connection came to is always a name of ours. */
static void local_address(const struct conn *line, char ret[ADDR_TEXT])
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);
	struct addr a;

	*ret = '\0';
	if (!line->is_local && getsockname(line->fd, (struct sockaddr *)&ss, &n) == 0 &&
	    addr_of_sockaddr((struct sockaddr *)&ss, &a))
		addr_text(&a, ret);
}

static bool guard(struct call *c, const char *method, const char *version, struct guard_say *ret)
{
	struct server *s = c->r.server;
	const struct config *conf = board_config(s->control->board);
	const struct settings_api *api = conf ? config_api(conf) : NULL;
	struct guard_ask a = { .method = method, .uri = c->uri, .version = version };
	char here[ADDR_TEXT];

	/* In-place parsing is a habit of this library's 0.9 series, not a promise. */
	a.contiguous = MHD_VERSION < 0x00097600 && strncmp(MHD_get_version(), "0.9.75", 6) == 0;
	a.octets = MHD_get_connection_info(c->conn, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)
			   ->header_size;
	MHD_get_connection_values_n(c->conn, MHD_HEADER_KIND, collect, &a);
	local_address(c->line, here);
	add_host(&a, "localhost");
	add_host(&a, "127.0.0.1");
	add_host(&a, "::1");
	add_host(&a, s->listen_address);
	add_host(&a, here);
	for (size_t i = 0; api && i < api->hosts_n; i++)
		add_host(&a, api->hosts[i]);
	bool ok = guard_check(&a, ret);
	config_unref(conf);
	return ok;
}

/* ---- headers into the request ---- */

static void name_request(struct call *c)
{
	const char *given = call_header(c, "X-Request-Id");
	size_t n = given ? strlen(given) : 0;

	if (n && n < sizeof(c->r.request_id) &&
	    strspn(given, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == n)
		text_copy(c->r.request_id, sizeof(c->r.request_id), given);
	else
		token_random(c->r.request_id, sizeof(c->r.request_id), 12);
}

static void name_remote(struct call *c)
{
	const union MHD_ConnectionInfo *i =
		MHD_get_connection_info(c->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct addr a;

	text_copy(c->r.remote, sizeof(c->r.remote), "local");
	if (!c->line->is_local && i && i->client_addr && addr_of_sockaddr(i->client_addr, &a))
		addr_text(&a, c->r.remote);
}

/* "41" with or without quotes or the W/ a compressing proxy puts before it: a revision says
 * exactly which record it was, so a weak tag is as good. */
static bool read_tag(const char *tag, char *ret, size_t cap)
{
	size_t n = strlen(tag);

	if (strncmp(tag, "W/", 2) == 0) {
		tag += 2;
		n -= 2;
	}
	if (n >= 2 && tag[0] == '"' && tag[n - 1] == '"') {
		tag++;
		n -= 2;
	}
	if (n == 0 || n >= cap || memchr(tag, '"', n))
		return false;
	snprintf(ret, cap, "%.*s", (int)n, tag);
	return true;
}

static enum reason read_conditions(struct call *c, struct fault *f)
{
	const char *match = call_header(c, "If-Match");
	const char *none = call_header(c, "If-None-Match");
	char tag[24];
	char *end;

	if (none && strcmp(none, "*") == 0)
		c->r.if_none_match_any = true;
	else if (none && !read_tag(none, c->r.if_none_match, sizeof(c->r.if_none_match)))
		c->r.if_none_match[0] = '\0'; /* not one of ours: simply no match */
	if (!match)
		return R_OK;
	c->r.has_if_match = true;
	if (strcmp(match, "*") == 0) {
		c->r.if_match_any = true;
		return R_OK;
	}
	if (!read_tag(match, tag, sizeof(tag)) || tag[strspn(tag, "0123456789")] != '\0')
		return fail(f, R_STALE, "If-Match is no revision of ours");
	c->r.if_match = strtoull(tag, &end, 10);
	return R_OK;
}

static enum reason check_body(struct call *c, const struct guard_say *g, struct fault *f)
{
	const char *type = call_header(c, "Content-Type");
	const char *coding = call_header(c, "Content-Encoding");
	size_t most = call_body_most(c);

	if (!g->has_body)
		return R_OK;
	if (c->r.method == M_GET || c->r.method == M_HEAD)
		return fail(f, R_BAD_REQUEST, "a %s carries no body", method_word(c->r.method));
	if (g->announced > most)
		return fail(f, R_TOO_LARGE, "the body is over %zu octets", most);
	if (coding && strcasecmp(coding, "identity") != 0)
		return fail(f, R_MEDIA_TYPE, "the body must not be compressed");
	if (call_is_lines(c) && !(type && guard_is_lines(type)))
		return fail(f, R_MEDIA_TYPE, "the body must be application/x-ndjson");
	if (!call_is_lines(c) && !(type && guard_is_json(type)))
		return fail(f, R_MEDIA_TYPE,
			    "the body must be application/json or application/merge-patch+json");
	return R_OK;
}

static enum reason refuse_method(struct call *c, unsigned allow, struct fault *f)
{
	struct text t;

	text_init(&t, 0);
	router_allow(allow, &t);
	request_header(&c->r, "Allow", t.at ? t.at : "");
	text_done(&t);
	return fail(f, R_BAD_METHOD, "this method is not allowed here");
}

static enum reason find_route(struct call *c, struct fault *f)
{
	struct request *r = &c->r;
	unsigned allow;

	if (call_read_uri(c, f) != R_OK)
		return f->reason;
	r->route = router_find(r->method, (const char(*)[256])r->segment, r->segments, &allow);
	if (!r->route && allow)
		return refuse_method(c, allow, f);
	if (!r->route)
		return fail(f, R_NOT_FOUND, "there is nothing at this path");
	r->kind = r->route->kind;
	for (size_t i = 0; i < r->segments; i++) {
		const char *digits = r->segment[i];
		size_t n = strspn(digits, "0123456789");

		if (strcmp(r->route->segment[i], "{name}") == 0)
			r->name = r->segment[i];
		else if (strcmp(r->route->segment[i], "{id}") == 0 && n < 20 && !digits[n])
			r->id = strtoull(digits, NULL, 10);
	}
	return R_OK;
}

/* ---- the way ---- */

static enum reason begin_page(struct call *c, const struct guard_say *g, struct fault *f)
{
	c->is_page = true;
	if (c->r.method != M_GET && c->r.method != M_HEAD)
		return refuse_method(c, 1u << M_GET | 1u << M_HEAD, f);
	read_conditions(c, f);
	return check_body(c, g, f);
}

/* Everything that can be said before the body. */
static enum reason begin(struct call *c, const char *method, const struct guard_say *g,
			 struct fault *f)
{
	static const unsigned every = (1u << M_COUNT) - 1;

	c->r.method = method_of_word(method);
	c->announced = g->announced;
	c->forwarded = g->forwarded;
	operations_prefer(c, call_header(c, "Prefer"));
	if (c->r.method == M_COUNT)
		return refuse_method(c, every, f);
	if (strncmp(c->uri, "/api", 4) != 0 && !call_is_probe(c))
		return begin_page(c, g, f);
	if (find_route(c, f) != R_OK || auth_admit(c, f) != R_OK || check_body(c, g, f) != R_OK)
		return f->reason;
	return read_conditions(c, f);
}

static enum MHD_Result send_off(struct call *c)
{
	reaper_allow(c->r.server, c->line, c->is_stream ? 0 : clock_now() + LEAVE_MS);
	return call_send(c);
}

static enum MHD_Result first_look(struct call *c, const char *method, const char *version)
{
	struct guard_say g = { 0 };
	struct fault f = { 0 };

	c->begun = true;
	c->line = reaper_line(c->conn);
	if (!c->line)
		return MHD_NO;
	name_request(c);
	name_remote(c);
	if (!guard(c, method, version, &g)) {
		c->close = true;
		call_problem(c, g.status, &g.fault);
		return send_off(c);
	}
	c->has_body = g.has_body;
	c->expects = g.expects;
	if (begin(c, method, &g, &f) == R_OK)
		return MHD_YES;
	request_fault(&c->r, &f);
	if (c->has_body && (c->expects || c->announced > BODY_DRAIN)) {
		c->close = true;
		return send_off(c);
	}
	c->draining = true;
	return MHD_YES;
}

static void run(struct call *c)
{
	struct fault f = { 0 };

	c->ran = true;
	reaper_allow(c->r.server, c->line, 0);
	if (c->is_page)
		assets_answer(c);
	else if (call_read_body(c, &f) != R_OK)
		request_fault(&c->r, &f);
	else if (!again_seen(c))
		c->r.route->handle(&c->r);
	if (c->parked || c->answered)
		return;
	fail(&f, R_INTERNAL, "the request was not answered");
	request_fault(&c->r, &f);
}

/* clang-format off: eight parameters are libmicrohttpd's idea */
enum MHD_Result entry_answer(void *cls, struct MHD_Connection *conn, const char *url,
			     const char *method, const char *version, const char *upload,
			     size_t *upload_n, void **req_cls)
{ /* clang-format on */
	struct call *c = *req_cls;

	(void)cls;
	(void)conn;
	(void)url;
	if (!c)
		return MHD_NO;
	if (!c->begun)
		return first_look(c, method, version);
	if (*upload_n) {
		size_t n = *upload_n;

		*upload_n = 0;
		return call_take_body(c, upload, n) ? MHD_YES : MHD_NO;
	}
	if (c->parked && !c->again)
		return send_off(c); /* resumed: the answer is there */
	c->parked = c->again = false;
	if (!c->answered)
		run(c);
	return c->parked ? MHD_YES : send_off(c);
}

void entry_completed(void *cls, struct MHD_Connection *conn, void **req_cls,
		     enum MHD_RequestTerminationCode how)
{
	struct server *s = cls;
	struct call *c = *req_cls;

	(void)conn;
	(void)how;
	*req_cls = NULL;
	if (!c)
		return;
	if (c->line)
		reaper_allow(s, c->line, clock_now() + ARRIVE_MS);
	pthread_mutex_lock(&s->lock);
	c->left = true;
	if (c->leaves && --s->leaving == 0)
		pthread_cond_signal(&s->left);
	pthread_mutex_unlock(&s->lock);
	log_say(LOG_DEBUG_, LOG_API, "%s %s %s %s: %u", c->r.remote, c->r.who,
		c->r.method < M_COUNT ? method_word(c->r.method) : "?", c->r.path, c->status);
	call_unref(c);
}

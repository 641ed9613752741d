/* client.c - requests to the daemon's local socket
 *
 * The command line is a client like any other: HTTP over the Unix socket, where the kernel
 * tells the daemon who is asking. Nothing is done here that cannot be done with curl.
 *
 * Called by: every verb.  Thread: the only one.  Owns: the libcurl handle.
 */
#include "api/ctl/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 64 << 20, PAGES_MAX = 1000 };

struct client {
	CURL *curl;
	const char *socket;
	unsigned timeout_s;
	char error[CURL_ERROR_SIZE];
	struct slice lines; /* body of the next request */
};

struct client *client_new(const char *socket, unsigned timeout_s)
{
	struct client *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	c->curl = curl_easy_init();
	c->socket = socket;
	c->timeout_s = timeout_s;
	if (c->curl)
		return c;
	client_free(c);
	return NULL;
}

void client_free(struct client *c)
{
	if (!c)
		return;
	curl_easy_cleanup(c->curl);
	curl_global_cleanup();
	free(c);
}

void client_escape(struct text *t, const char *word)
{
	for (const char *s = word; *s; s++) {
		unsigned char o = (unsigned char)*s;

		if ((o | 32) >= 'a' && (o | 32) <= 'z')
			text_add_n(t, s, 1);
		else if ((o >= '0' && o <= '9') || strchr("-._~", o))
			text_add_n(t, s, 1);
		else
			text_add(t, "%%%02X", o);
	}
}

static size_t take(char *at, size_t size, size_t n, void *arg)
{
	struct text *body = arg;

	(void)size; /* always 1 */
	text_add_n(body, at, n);
	return body->cut ? 0 : n;
}

static bool set_up(struct client *c, const struct ask *a, struct answer *ret)
{
	struct text url;

	curl_easy_reset(c->curl);
	text_init(&url, 0);
	text_add(&url, "http://localhost/api/v1%s", a->path);
	bool ok = url.at && !url.cut && curl_easy_setopt(c->curl, CURLOPT_URL, url.at) == CURLE_OK;
	text_done(&url);
	curl_easy_setopt(c->curl, CURLOPT_UNIX_SOCKET_PATH, c->socket);
	curl_easy_setopt(c->curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(c->curl, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, a->method);
	curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, (long)c->timeout_s * 1000);
	curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &ret->body);
	return ok;
}

static enum code no_answer(struct client *c, CURLcode r, const struct answer *a, struct fault *f)
{
	long os = 0;

	curl_easy_getinfo(c->curl, CURLINFO_OS_ERRNO, &os);
	if (r == CURLE_OPERATION_TIMEDOUT) {
		fail(f, R_NO_ANSWER, "no answer within %u seconds", c->timeout_s);
		text_copy(f->hint, sizeof(f->hint), "--timeout SECONDS waits longer");
		return CODE_TIMEOUT;
	}
	if (a->body.cut) {
		fail(f, R_TOO_LARGE, "the answer is larger than %d MiB", BODY_MAX >> 20);
		return CODE_FAILED;
	}
	if (r != CURLE_COULDNT_CONNECT) {
		fail(f, R_SYSTEM, "the connection broke: %s",
		     *c->error ? c->error : curl_easy_strerror(r));
		return CODE_UNREACHABLE;
	}
	fail(f, R_NOT_READY, "nobody answers at %.120s: %s", c->socket,
	     os ? strerror((int)os) : "no connection");
	text_copy(f->hint, sizeof(f->hint),
		  os == EACCES || os == EPERM
			  ? "Use sudo, or join the group that owns the socket"
			  : "Is ikeeperd running? --socket PATH or IKEEPER_SOCKET says where");
	return CODE_UNREACHABLE;
}

static struct curl_slist *headers_of(const struct client *c, const struct ask *a)
{
	struct curl_slist *h = curl_slist_append(NULL, "Accept: application/json");

	if (a->body)
		h = curl_slist_append(h, "Content-Type: application/json");
	if (c->lines.n)
		h = curl_slist_append(h, "Content-Type: application/x-ndjson");
	if (a->precondition)
		h = curl_slist_append(h, a->precondition);
	return h;
}

void client_lines(struct client *c, struct slice lines)
{
	c->lines = lines;
}

enum code client_ask(struct client *c, const struct ask *a, struct answer *ret, struct fault *f)
{
	struct curl_slist *headers = headers_of(c, a);
	char *body = a->body ? json_dumps(a->body, JSON_COMPACT) : NULL;
	CURLcode r = CURLE_OUT_OF_MEMORY;

	*ret = (struct answer){ 0 };
	text_init(&ret->body, BODY_MAX);
	if (headers && (body || !a->body) && set_up(c, a, ret)) {
		curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
		if (c->lines.n) {
			curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE,
					 (curl_off_t)c->lines.n);
			curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, c->lines.at);
		}
		if (body)
			curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body);
		r = curl_easy_perform(c->curl);
		curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &ret->status);
	}
	curl_slist_free_all(headers);
	c->lines = (struct slice){ 0 };
	if (body)
		wipe(body, strlen(body)); /* a password or a key may be in it */
	free(body);
	if (r != CURLE_OK) {
		enum code code = no_answer(c, r, ret, f);

		answer_done(ret);
		return code;
	}
	ret->json = ret->body.n ? json_loadb(ret->body.at, ret->body.n, 0, NULL) : NULL;
	return CODE_OK;
}

void answer_done(struct answer *a)
{
	json_decref(a->json);
	text_done(&a->body);
	*a = (struct answer){ 0 };
}

enum code answer_code(const struct answer *a)
{
	if (a->status >= 200 && a->status < 300)
		return CODE_OK;
	switch (a->status) {
	case 404:
		return CODE_NOT_FOUND;
	case 409:
	case 412:
	case 423:
	case 428:
		return CODE_CONFLICT;
	case 422:
		return CODE_VALIDATION;
	case 408:
	case 504:
		return CODE_TIMEOUT;
	default:
		return CODE_FAILED;
	}
}

static void page_path(struct text *t, const char *path, const char *cursor)
{
	text_init(t, 0);
	text_add(t, "%s%slimit=1000", path, strchr(path, '?') ? "&" : "?");
	if (cursor) {
		text_add_str(t, "&cursor=");
		client_escape(t, cursor);
	}
}

static enum code one_page(struct client *c, const char *path, const char *cursor,
			  struct answer *ret, struct fault *f)
{
	struct text url;

	page_path(&url, path, cursor);
	enum code r = client_ask(c, &(struct ask){ .method = "GET", .path = url.at }, ret, f);
	text_done(&url);
	return r;
}

enum code client_list(struct client *c, const char *path, struct answer *ret, struct fault *f)
{
	enum code r = one_page(c, path, NULL, ret, f);
	json_t *all = r == CODE_OK ? json_object_get(ret->json, "items") : NULL;
	const char *cursor = json_string_value(json_object_get(ret->json, "next_cursor"));
	char *next = cursor ? strdup(cursor) : NULL;

	for (int i = 0; all && next && i < PAGES_MAX; i++) {
		struct answer page;

		r = one_page(c, path, next, &page, f);
		free(next);
		next = NULL;
		if (r != CODE_OK)
			break;
		json_array_extend(all, json_object_get(page.json, "items"));
		cursor = json_string_value(json_object_get(page.json, "next_cursor"));
		next = cursor ? strdup(cursor) : NULL;
		answer_done(&page);
	}
	free(next);
	if (r != CODE_OK)
		answer_done(ret);
	else if (all)
		json_object_del(ret->json, "next_cursor");
	return r;
}

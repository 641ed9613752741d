/* arrival.c - what came with a request: path, query, body
 *
 * Paths and queries arrive as they were sent and are decoded here piece by piece, so that an
 * escaped slash or ampersand never becomes a real one. Whatever is doubled, cut or unknown is
 * a mistake of the caller and said as such. Bodies come in pieces and are bounded; what goes
 * beyond is read away so that the caller hears why.
 *
 * Called by: entry.c; request_query of every handler.  Thread: http.  Owns: nothing, the
 * call holds what is read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/doors.h"
#include "api/json.h"

static enum reason read_member(struct call *c, const char *at, size_t n, char **out,
			       struct fault *f)
{
	size_t name_n = (size_t)(strchrnul(at, '=') - at);
	struct query *q = &c->query[c->query_n];
	size_t room = 3 * n + 2;

	if (c->query_n == QUERY_MOST)
		return fail(f, R_BAD_REQUEST, "more than %d query members", QUERY_MOST);
	if (name_n >= n)
		return fail(f, R_BAD_REQUEST, "a query member has no value");
	q->name = *out;
	if (!name_n || !router_decode(at, name_n, q->name, room))
		return fail(f, R_BAD_REQUEST, "the name of a query member cannot be read");
	q->value = q->name + strlen(q->name) + 1;
	if (!router_decode(at + name_n + 1, n - name_n - 1, q->value, room))
		return fail(f, R_BAD_REQUEST, "the value of a query member cannot be read");
	*out = q->value + strlen(q->value) + 1;
	for (size_t i = 0; i < c->query_n; i++)
		if (strcmp(c->query[i].name, q->name) == 0)
			return fail_field(f, R_BAD_REQUEST, q->name,
					  "the query member %s is given twice", q->name);
	c->query_n++;
	return R_OK;
}

/* Decoding never makes text longer, so twice its length holds names and values. */
static enum reason read_query(struct call *c, const char *query, struct fault *f)
{
	char *copy = strdup(query), *out;
	enum reason r = R_OK;

	c->query_text = calloc(2, strlen(query) + 2);
	out = c->query_text;
	if (!copy || !out) {
		free(copy);
		return fail(f, R_NO_MEMORY, "no memory for the query");
	}
	for (char *p = copy; *p; p++)
		if (*p == '+')
			*p = ' ';
	for (char *at = copy, *end; r == R_OK && *at; at = end) {
		end = strchrnul(at, '&');
		size_t n = (size_t)(end - at);

		if (*end)
			*end++ = '\0';
		if (n)
			r = read_member(c, at, n, &out, f);
	}
	free(copy);
	return r;
}

/* Where the programs that watch daemons look for these, beside their place in the API. */
bool call_is_probe(const struct call *c)
{
	static const char *const probes[] = { "/livez", "/readyz", "/metrics" };
	size_t n = strcspn(c->uri, "?");

	for (size_t i = 0; i < COUNT_OF(probes); i++)
		if (strlen(probes[i]) == n && strncmp(c->uri, probes[i], n) == 0)
			return true;
	return false;
}

enum reason call_read_uri(struct call *c, struct fault *f)
{
	static const char base[] = "/api/v1/";
	size_t n = strcspn(c->uri, "?");
	bool probe = call_is_probe(c);
	struct request *r = &c->r;

	if (!probe && (strncmp(c->uri, base, sizeof(base) - 1) != 0 || n < sizeof(base)))
		return fail(f, R_NOT_FOUND, "there is nothing at this path");
	const char *at = c->uri + (probe ? 0 : sizeof(base) - 2);
	const char *end = c->uri + n;
	if ((size_t)(end - at) >= sizeof(r->path))
		return fail(f, R_NOT_FOUND, "there is nothing at a path this long");
	snprintf(r->path, sizeof(r->path), "%.*s", (int)(end - at), at);
	while (at < end) {
		const char *stop = ++at;

		stop = memchr(at, '/', (size_t)(end - at));
		stop = stop ? stop : end;
		if (r->segments == ROUTE_SEGMENTS || stop == at)
			return fail(f, R_NOT_FOUND, "there is nothing at this path");
		if (!router_decode(at, (size_t)(stop - at), r->segment[r->segments],
				   sizeof(r->segment[0])))
			return fail(f, R_BAD_REQUEST, "the path cannot be read");
		r->segments++;
		at = stop;
	}
	return *end ? read_query(c, end + 1, f) : R_OK;
}

bool call_is_lines(const struct call *c)
{
	return c->r.route && c->r.route->handle == ndjson_import;
}

/* Bodies with many records may be as large as the settings say. */
size_t call_body_most(struct call *c)
{
	bool many = call_is_lines(c) || (c->r.route && (c->r.route->handle == document_put ||
							c->r.route->handle == backups_restore));

	if (c->r.role == ROLE_NONE)
		return BODY_STRANGER;
	if (!many)
		return BODY_MOST;
	if (!c->body_most) {
		const struct config *conf = board_config(c->r.control->board);

		c->body_most =
			(conf ? config_api(conf)->bulk_body_mebibytes : 16) * (size_t)1048576;
		config_unref(conf);
	}
	return c->body_most;
}

bool call_take_body(struct call *c, const char *at, size_t n)
{
	size_t most = call_body_most(c);

	if (!c->draining && c->r.body_n + n > most) {
		struct fault f;

		fail(&f, R_TOO_LARGE, "the body is over %zu octets", most);
		request_fault(&c->r, &f);
		c->draining = true;
		c->close = true;
	}
	if (c->draining) {
		c->swallowed += n;
		return c->swallowed <= BODY_DRAIN;
	}
	if (c->r.body_n + n > c->body_cap) {
		size_t cap = MAX_OF(c->body_cap * 2, c->r.body_n + n + 1024);
		char *bigger = malloc(cap);

		if (!bigger)
			return false;
		if (c->body) {
			memcpy(bigger, c->body, c->r.body_n);
			wipe(c->body, c->body_cap);
			free(c->body);
		}
		c->body = bigger;
		c->body_cap = cap;
	}
	memcpy(c->body + c->r.body_n, at, n);
	c->r.body_n += n;
	c->r.body = c->body;
	return true;
}

enum reason call_read_body(struct call *c, struct fault *f)
{
	if (c->r.body_n == 0 || call_is_lines(c))
		return R_OK;
	return json_parse(c->r.body, c->r.body_n, &c->r.json, f);
}

const char *request_query(const struct request *r, const char *name)
{
	const struct call *c = call_of(r);

	for (size_t i = 0; i < c->query_n; i++)
		if (strcmp(c->query[i].name, name) == 0)
			return c->query[i].value;
	return NULL;
}

bool request_query_ok(struct request *r, const char *const *known)
{
	const struct call *c = call_of(r);
	struct fault f;

	for (size_t i = 0; i < c->query_n; i++) {
		const char *const *k = known;

		while (k && *k && strcmp(*k, c->query[i].name) != 0)
			k++;
		if (k && *k)
			continue;
		fail(&f, R_BAD_REQUEST, "there is no query member %.64s here", c->query[i].name);
		text_copy(f.rule, sizeof(f.rule), "query.unknown");
		request_fault(r, &f);
		return false;
	}
	return true;
}

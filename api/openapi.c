/* openapi.c - GET /openapi.json: the contract, made from the registers
 *
 * Routes come from route.def, what they take and give from contract.def, members from the field
 * tables, problems from reason.def. Nothing is written twice, so the document cannot say
 * anything but what the daemon does. It is the same for the whole life of the daemon and made
 * once, when somebody first asks.
 *
 * Called by: router.c.  Thread: http.  Owns: the text, for ever.
 */
#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "api/auth.h"
#include "api/openschema.h"

struct door {
	void (*handle)(struct request *r);
	const char *body, *answers, *query;
};

static const struct door doors[] = {
#define DOOR(handler, body, answers, query) { handler, body, answers, query },
#include "api/contract.def"
#undef DOOR
};

struct ask {
	const char *name, *where, *type, *text;
};

static const struct ask asks[] = {
#define ASK(name, where, type, text) { name, where, type, text },
#include "api/contract.def"
#undef ASK
};

static const struct {
	const char *name, *text;
} areas[] = {
	{ "system", "The daemon itself" },
	{ "access", "People, tokens and sessions" },
	{ "configuration", "What is wanted: records, with revision, dry run and reset" },
	{ "state", "What is: SAs, tunnels and peers as they are, and the story of every attempt" },
	{ "actions", "Start and end SAs" },
	{ "events", "What happened, and what happens" },
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char *document;

static const struct door *door_of(const struct route *r)
{
	for (size_t i = 0; i < COUNT_OF(doors); i++)
		if (doors[i].handle == r->handle)
			return &doors[i];
	return NULL;
}

/* "@Write" of the peers is "PeerWrite". */
static char *schema_name(const struct route *r, const char *word, size_t n, char *ret)
{
	char kind[48] = "";

	if (r->kind < K_COUNT)
		openschema_kind(r->kind, kind);
	if (n && *word == '@')
		snprintf(ret, 96, "%s%.*s", kind, (int)n - 1, word + 1);
	else
		snprintf(ret, 96, "%.*s", (int)n, word);
	return ret;
}

static json_t *reference(const char *section, const char *name)
{
	char text[160];

	snprintf(text, sizeof(text), "#/components/%s/%s", section, name);
	return json_pack("{s:s}", "$ref", text);
}

/* ---- what a route is asked with ---- */

static void put_path_members(json_t *list, const struct route *r)
{
	bool token = strncmp(r->path, "/api-tokens", 11) == 0;

	for (size_t i = 0; i < r->segments; i++) {
		bool name = strcmp(r->segment[i], "{name}") == 0;

		if (!name && strcmp(r->segment[i], "{id}") != 0)
			continue;
		json_array_append_new(
			list, json_pack("{s:s,s:s,s:b,s:s,s:{s:s}}", "name", name ? "name" : "id",
					"in", "path", "required", 1, "description",
					name ? "Name of the record" : "Number of the row", "schema",
					"type", name || token ? "string" : "integer"));
	}
}

static void put_filters(json_t *list, const struct route *r, const char *word, size_t n)
{
	static const char *const paging[] = { "limit", "cursor", "sort", "fields", "count", "q" };
	char table[96];
	const struct field *fl = openschema_table(schema_name(r, word + 1, n - 1, table));

	for (size_t i = 0; i < COUNT_OF(paging); i++)
		json_array_append_new(list, reference("parameters", paging[i]));
	for (; fl && fl->name; fl++) {
		if (fl->kind == F_SECRET)
			continue;
		json_array_append_new(list,
				      json_pack("{s:s,s:s,s:s,s:b,s:o}", "name", fl->name, "in",
						"query", "description", fl->help ? fl->help : "",
						"explode", 0, "schema", openschema_filter(fl)));
	}
}

static json_t *parameters(const struct route *r, const struct door *d)
{
	json_t *list = json_array();
	char word[96];

	put_path_members(list, r);
	for (const char *at = d->query; *at;) {
		size_t n = strcspn(at, " ");

		if (*at == '*')
			put_filters(list, r, at, n);
		else
			json_array_append_new(list,
					      reference("parameters", schema_name(r, at, n, word)));
		at += n;
		at += strspn(at, " ");
	}
	return list;
}

static json_t *content(json_t *take_schema, const char *type)
{
	return json_pack("{s:{s:o}}", type, "schema", take_schema);
}

static json_t *body_of(const struct route *r, const char *schema)
{
	bool patch = r->method == M_PATCH, lines = strcmp(schema, "BulkLine") == 0;
	json_t *c = content(reference("schemas", schema), patch   ? "application/merge-patch+json"
							  : lines ? "application/x-ndjson"
								  : "application/json");

	if (patch)
		json_object_set_new(c, "application/json",
				    json_pack("{s:o}", "schema", reference("schemas", schema)));
	return json_pack("{s:b,s:o}", "required", strcmp(schema, "Nothing") != 0, "content", c);
}

/* ---- what it answers ---- */

/* "A" or "A|B". */
static json_t *schema_of(const struct route *r, const char *at, size_t n)
{
	const char *bar = memchr(at, '|', n);
	char one[96], two[96];

	if (!bar)
		return reference("schemas", schema_name(r, at, n, one));
	schema_name(r, at, (size_t)(bar - at), one);
	schema_name(r, bar + 1, n - (size_t)(bar + 1 - at), two);
	return json_pack("{s:[o,o]}", "anyOf", reference("schemas", one),
			 reference("schemas", two));
}

static const char *status_text(int status)
{
	switch (status) {
	case 201:
		return "Made";
	case 202:
		return "Begun";
	case 204:
		return "Done, nothing to say";
	case 304:
		return "The same as before";
	default:
		return "Well";
	}
}

static const char *media(const char *schema, size_t n)
{
	if (strncmp(schema, "EventStream", n) == 0)
		return "text/event-stream";
	if (strncmp(schema, "BackupFile", n) == 0 || strncmp(schema, "CaptureFile", n) == 0)
		return "application/octet-stream";
	if (strncmp(schema, "Metrics", n) == 0 || strncmp(schema, "Generated", n) == 0 ||
	    strncmp(schema, "KeyTable", n) == 0)
		return "text/plain";
	return "application/json";
}

static void put_answers(json_t *all, const struct route *r, const char *answers)
{
	for (const char *at = answers; *at;) {
		char status[4];
		size_t n = strcspn(at + 4, ",");
		json_t *a;

		snprintf(status, sizeof(status), "%.3s", at);
		a = json_pack("{s:s}", "description", status_text(atoi(status)));
		if (at[4] != '-')
			json_object_set_new(a, "content",
					    content(schema_of(r, at + 4, n), media(at + 4, n)));
		if (strncmp(at + 4, "AuditList", n) == 0) /* lines for who accepts them */
			json_object_set_new(
				json_object_get(a, "content"), "application/x-ndjson",
				json_pack("{s:o}", "schema", reference("schemas", "AuditRow")));
		json_object_set_new(all, status, a);
		at += 4 + n;
		at += strspn(at, ", ");
	}
}

static void put_problem(json_t *all, int status)
{
	char word[8];

	snprintf(word, sizeof(word), "%d", status);
	json_object_set_new(all, word, reference("responses", word));
}

static bool asks_for(const struct door *d, const char *word)
{
	return strstr(d->query, word) != NULL;
}

static void put_problems(json_t *all, const struct route *r, const struct door *d)
{
	bool writes = r->method != M_GET;

	put_problem(all, 400);
	if (r->role != ROLE_NONE || writes)
		put_problem(all, 401);
	if (r->role > ROLE_VIEWER || writes)
		put_problem(all, 403);
	if (strchr(r->path, '{'))
		put_problem(all, 404);
	if (*d->body) {
		put_problem(all, 413);
		put_problem(all, 415);
		put_problem(all, 422);
	}
	if (writes && (r->kind < K_COUNT || strncmp(r->path, "/users", 6) == 0 ||
		       strcmp(r->path, "/api-tokens") == 0))
		put_problem(all, 409);
	if (asks_for(d, "If-")) {
		put_problem(all, 412);
		put_problem(all, 422);
		put_problem(all, 428);
	}
	if (strcmp(r->path, "/login") == 0 || strcmp(r->path, "/setup") == 0 ||
	    (writes && strncmp(r->path, "/users", 6) == 0))
		put_problem(all, 429);
	if (asks_for(d, "Idempotency-Key"))
		put_problem(all, 422);
	put_problem(all, 503);
	json_object_set_new(all, "default", reference("responses", "other"));
}

/* ---- the document ---- */

static json_t *operation(const struct route *r, const struct door *d)
{
	json_t *answers = json_object(), *op;
	char id[96], schema[96];
	size_t n = (size_t)snprintf(id, sizeof(id), "%s", method_word(r->method));

	for (const char *s = r->path; *s && n + 1 < sizeof(id); s++) {
		if (isalnum((unsigned char)*s))
			id[n++] = *s;
		else if (id[n - 1] != '_')
			id[n++] = '_';
	}
	n -= id[n - 1] == '_';
	id[n] = '\0';
	for (char *s = id; *s; s++)
		*s = (char)tolower((unsigned char)*s);
	put_answers(answers, r, d->answers);
	put_problems(answers, r, d);
	op = json_pack("{s:s,s:s,s:[s],s:s,s:o}", "operationId", id, "summary", r->summary, "tags",
		       r->area, "x-role", name_of(role_names, (int)r->role), "parameters",
		       parameters(r, d));
	if (r->role == ROLE_NONE)
		json_object_set_new(op, "security", json_array());
	if (*d->body)
		json_object_set_new(op, "requestBody",
				    body_of(r, schema_name(r, d->body, strlen(d->body), schema)));
	json_object_set_new(op, "responses", answers);
	return op;
}

static json_t *paths(void)
{
	json_t *all = json_object();

	for (size_t i = 0; i < router_count(); i++) {
		const struct route *r = router_at(i);
		const struct door *d = door_of(r);
		json_t *item = json_object_get(all, r->path);
		char method[8];
		size_t n = 0;

		if (!d)
			continue; /* the matrix of the tests finds it missing */
		if (!item) {
			item = json_object();
			json_object_set_new(all, r->path, item);
		}
		for (const char *s = method_word(r->method); *s; s++)
			method[n++] = (char)tolower((unsigned char)*s);
		method[n] = '\0';
		json_object_set_new(item, method, operation(r, d));
	}
	return all;
}

static json_t *problem_answer(const char *text)
{
	return json_pack("{s:s,s:o}", "description", text, "content",
			 content(reference("schemas", "Problem"), "application/problem+json"));
}

/* One per status, told with the first reason that has it. */
static json_t *problems(void)
{
	static const int statuses[] = {
		400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 503
	};
	static const struct {
		int status;
		const char *text;
	} plain[] = {
		{ 400, "The request cannot be read" },
		{ 409, "It does not go together with what is there" },
		{ 503, "Not now, try again" },
	};
	json_t *all = json_object();
	char word[8];

	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		const char *text = NULL;

		for (size_t k = 0; k < COUNT_OF(plain); k++)
			if (plain[k].status == statuses[i])
				text = plain[k].text;
		for (int k = 0; k < R_COUNT && !text; k++)
			if (reason_http((enum reason)k) == statuses[i])
				text = reason_title((enum reason)k);
		snprintf(word, sizeof(word), "%d", statuses[i]);
		json_object_set_new(all, word, problem_answer(text ? text : ""));
	}
	json_object_set_new(all, "other", problem_answer("Any other refusal"));
	return all;
}

static json_t *ask_json(const struct ask *a)
{
	return json_pack("{s:s,s:s,s:s,s:o}", "name", a->name, "in", a->where, "description",
			 a->text, "schema", openschema_type(a->type));
}

static json_t *components(void)
{
	json_t *members = json_object();

	for (size_t i = 0; i < COUNT_OF(asks); i++)
		json_object_set_new(members, asks[i].name, ask_json(&asks[i]));
	return json_pack(
		"{s:o,s:o,s:o,s:{s:{s:s,s:s,s:s},s:{s:s,s:s,s:s,s:s}}}", "schemas",
		openschema_all(), "parameters", members, "responses", problems(), "securitySchemes",
		"bearer", "type", "http", "scheme", "bearer", "description",
		"A token of POST /api-tokens. On the Unix socket none is needed.", "session",
		"type", "apiKey", "in", "cookie", "name", "__Host-ikeeper", "description",
		"A session of POST /login; what changes something repeats X-CSRF-Token.");
}

static json_t *tags(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < COUNT_OF(areas); i++)
		json_array_append_new(list, json_pack("{s:s,s:s}", "name", areas[i].name,
						      "description", areas[i].text));
	return list;
}

static void make(void)
{
	json_t *all = json_pack(
		"{s:s,s:{s:s,s:s,s:s,s:{s:s,s:s}},s:[{s:s,s:s}],s:o,s:[{s:[]},{s:[]}],s:o,s:o}",
		"openapi", "3.1.0", "info", "title", "ikeeper", "version", IKEEPER_VERSION,
		"description", "The REST interface of the ikeeper gateway.", "license", "name",
		"Apache-2.0", "identifier", "Apache-2.0", "servers", "url", "/api/v1",
		"description", "This gateway", "tags", tags(), "security", "bearer", "session",
		"paths", paths(), "components", components());

	document = all ? json_dumps(all, JSON_COMPACT) : NULL;
	json_decref(all);
}

const char *openapi_document(void)
{
	pthread_once(&once, make);
	return document;
}

void openapi_get(struct request *r)
{
	static const uint8_t key[16];
	struct text t;

	if (!request_query_ok(r, NULL))
		return;
	if (!openapi_document()) {
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
		return;
	}
	text_init(&t, 0);
	text_add_str(&t, document);
	request_etag(r, hash_keyed(slice(t.at, t.n), key));
	request_text(r, 200, "application/json", &t);
}

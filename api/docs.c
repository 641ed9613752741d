/* docs.c - the contract as a page for people
 *
 * The same document that programs get at /openapi.json, as plain HTML: operations by their area,
 * each with what it takes and gives, then every shape with its members, then the problems. All is
 * linked within the page. No script and nothing from elsewhere, so the policy of the web UI's
 * pages holds; the look is /docs.css.
 *
 * Called by: assets.c.  Thread: http.  Owns: the page, for ever.
 */
#include "api/docs.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fault.h"
#include "core/base/text.h"
#include "api/openschema.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char *page;

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void put_text(struct text *t, const char *s)
{
	for (; *s; s++) {
		if (*s == '<')
			text_add_str(t, "&lt;");
		else if (*s == '>')
			text_add_str(t, "&gt;");
		else if (*s == '&')
			text_add_str(t, "&amp;");
		else if (*s == '"')
			text_add_str(t, "&quot;");
		else
			text_add_n(t, s, 1);
	}
}

static void put(struct text *t, const char *open, const char *s, const char *close)
{
	text_add_str(t, open);
	put_text(t, s);
	text_add_str(t, close);
}

/* ---- types, in words ---- */

static const char *last_segment(const char *ref)
{
	const char *slash = strrchr(ref, '/');

	return slash ? slash + 1 : ref;
}

static void put_shape(struct text *t, const char *ref)
{
	const char *name = last_segment(ref);

	put(t, "<a href=\"#shape-", name, "\">");
	put(t, "", name, "</a>");
}

static void put_value(struct text *t, const json_t *v)
{
	char *s = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);

	put(t, "<code>", s ? s : "", "</code>");
	free(s);
}

static void put_choice(struct text *t, const json_t *list, const char *between)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		text_add_str(t, i ? between : "");
		put_value(t, json_array_get(list, i));
	}
}

static void put_bounds(struct text *t, const json_t *s)
{
	static const struct {
		const char *key, *text;
	} bounds[] = {
		{ "minimum", ", from " },       { "maximum", ", up to " },
		{ "minLength", ", at least " }, { "maxLength", ", at most " },
		{ "default", ", preset " },     { "format", ", " },
		{ "pattern", ", as " },
	};

	for (size_t i = 0; i < COUNT_OF(bounds); i++) {
		const json_t *v = json_object_get(s, bounds[i].key);

		if (!v)
			continue;
		text_add_str(t, bounds[i].text);
		put_value(t, v);
	}
}

static void put_type(struct text *t, const json_t *s);

static void put_any_of(struct text *t, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		text_add_str(t, i ? " or " : "");
		put_type(t, json_array_get(list, i));
	}
}

static void put_plain_type(struct text *t, const json_t *s)
{
	const json_t *type = json_object_get(s, "type");

	for (size_t i = 0; i < json_array_size(type); i++)
		put(t, i ? " or " : "", json_string_value(json_array_get(type, i)), "");
	put_text(t, json_is_string(type) ? json_string_value(type) : type ? "" : "anything");
	put_bounds(t, s);
}

static void put_type(struct text *t, const json_t *s)
{
	if (*word(s, "$ref")) {
		put_shape(t, word(s, "$ref"));
	} else if (json_object_get(s, "anyOf")) {
		put_any_of(t, json_object_get(s, "anyOf"));
	} else if (json_object_get(s, "allOf")) {
		put_any_of(t, json_object_get(s, "allOf"));
	} else if (json_object_get(s, "enum")) {
		put_choice(t, json_object_get(s, "enum"), " | ");
		put_bounds(t, s);
	} else if (json_object_get(s, "items")) {
		text_add_str(t, "list of ");
		put_type(t, json_object_get(s, "items"));
	} else {
		put_plain_type(t, s);
	}
}

/* ---- members ---- */

static bool is_in(const json_t *list, const char *name)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), name) == 0)
			return true;
	return false;
}

static void put_row(struct text *t, const char *name, const json_t *schema, const char *about,
		    const char *note)
{
	put(t, "<tr><th scope=\"row\"><code>", name, "</code></th><td>");
	put_type(t, schema);
	put(t, "</td><td>", about, "");
	put(t, *note ? " <em>" : "", note, *note ? "</em>" : "");
	text_add_str(t, "</td></tr>\n");
}

static void put_members(struct text *t, const json_t *shape)
{
	json_t *all = json_object_get(shape, "properties"), *v;
	const json_t *required = json_object_get(shape, "required");
	const char *key;

	if (!json_object_size(all))
		return;
	text_add_str(t, "<table>\n");
	json_object_foreach(all, key, v)
	{
		put_row(t, key, v, word(v, "description"),
			is_in(required, key) ? "always there" : "");
		if (json_object_get(v, "properties"))
			put_members(t, v);
	}
	text_add_str(t, "</table>\n");
}

/* Parameters that many routes share stand in one place of the document. */
static const json_t *resolved(const json_t *doc, const json_t *p)
{
	const json_t *all = json_object_get(json_object_get(doc, "components"), "parameters");

	return *word(p, "$ref") ? json_object_get(all, last_segment(word(p, "$ref"))) : p;
}

static void put_parameters(struct text *t, const json_t *doc, const json_t *list)
{
	if (!json_array_size(list))
		return;
	text_add_str(t, "<details><summary>Takes</summary><table>\n");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *p = resolved(doc, json_array_get(list, i));

		put_row(t, word(p, "name"), json_object_get(p, "schema"), word(p, "description"),
			word(p, "in"));
	}
	text_add_str(t, "</table></details>\n");
}

static void put_content(struct text *t, const json_t *content)
{
	void *first = json_object_iter((json_t *)(uintptr_t)content);

	if (!first)
		return;
	text_add_str(t, " ");
	put_type(t, json_object_get(json_object_iter_value(first), "schema"));
	put(t, " <em>", json_object_iter_key(first), "</em>");
}

/* ---- operations ---- */

static void put_answers(struct text *t, json_t *answers)
{
	const char *status;
	json_t *a;

	text_add_str(t, "<ul>\n");
	json_object_foreach(answers, status, a)
	{
		if (*word(a, "$ref"))
			continue;
		put(t, "<li><code>", status, "</code> ");
		put_text(t, word(a, "description"));
		put_content(t, json_object_get(a, "content"));
		text_add_str(t, "</li>\n");
	}
	text_add_str(t, "<li>Refusals:");
	json_object_foreach(answers, status, a)
	{
		if (*word(a, "$ref") && strcmp(status, "default") != 0)
			put(t, " <code>", status, "</code>");
	}
	text_add_str(t, ", each a <a href=\"#shape-Problem\">Problem</a></li></ul>\n");
}

static void put_operation(struct text *t, const json_t *doc, const char *path, const char *method,
			  const json_t *op)
{
	const json_t *body = json_object_get(op, "requestBody");
	char big[16];
	size_t n = 0;

	for (; method[n] && n + 1 < sizeof(big); n++)
		big[n] = (char)toupper((unsigned char)method[n]);
	big[n] = '\0';
	put(t, "<section id=\"", word(op, "operationId"), "\"><h3>");
	put(t, "<b>", big, "</b> ");
	put(t, "<code>", path, "</code></h3>\n");
	put(t, "<p>", word(op, "summary"), ".");
	put(t, " <em>", word(op, "x-role"), "</em></p>\n");
	put_parameters(t, doc, json_object_get(op, "parameters"));
	if (body) {
		text_add_str(t, "<p>Body:");
		put_content(t, json_object_get(body, "content"));
		text_add_str(t, "</p>\n");
	}
	put_answers(t, json_object_get(op, "responses"));
	text_add_str(t, "</section>\n");
}

static void put_area(struct text *t, const json_t *doc, const char *area)
{
	json_t *paths = json_object_get(doc, "paths"), *item, *op;
	const char *path, *method;

	json_object_foreach(paths, path, item)
	{
		json_object_foreach(item, method, op)
		{
			const json_t *tags = json_object_get(op, "tags");

			if (is_in(tags, area))
				put_operation(t, doc, path, method, op);
		}
	}
}

/* ---- the page ---- */

static void put_head(struct text *t, const json_t *tags, const char *version)
{
	text_add_str(t, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
			"<meta name=\"viewport\" content=\"width=device-width\">"
			"<title>ikeeper: the REST interface</title>"
			"<link rel=\"stylesheet\" href=\"/docs.css\"></head><body>\n"
			"<header><h1>The REST interface</h1>\n");
	put(t, "<p>ikeeper ", version, ", below <code>/api/v1</code>. ");
	text_add_str(t,
		     "For programs: <a href=\"/api/v1/openapi.json\">openapi.json</a>.</p>\n<nav>");
	for (size_t i = 0; i < json_array_size(tags); i++) {
		const char *name = word(json_array_get(tags, i), "name");

		put(t, "<a href=\"#area-", name, "\">");
		put(t, "", name, "</a> ");
	}
	text_add_str(t, "<a href=\"#shapes\">shapes</a> <a href=\"#problems\">problems</a></nav>"
			"</header>\n<main>\n");
}

static void put_shapes(struct text *t, json_t *all)
{
	const char *name;
	json_t *s;

	text_add_str(t, "<h2 id=\"shapes\">Shapes</h2>\n");
	json_object_foreach(all, name, s)
	{
		put(t, "<section id=\"shape-", name, "\"><h3>");
		put(t, "", name, "</h3>\n");
		put(t, "<p>", word(s, "description"), "</p>\n");
		if (!json_object_get(s, "properties")) {
			text_add_str(t, "<p>");
			put_type(t, s);
			text_add_str(t, "</p>");
		}
		put_members(t, s);
		text_add_str(t, "</section>\n");
	}
}

static void put_problems(struct text *t)
{
	text_add_str(t, "<h2 id=\"problems\">Problems</h2>\n<table>\n");
	for (int r = 1; r < R_COUNT; r++) {
		const char *slug = reason_slug((enum reason)r);

		put(t, "<tr><th scope=\"row\"><a href=\"/problems/", slug, "\">");
		put(t, "", slug, "</a></th>");
		text_add(t, "<td>%d</td>", reason_http((enum reason)r));
		put(t, "<td>", reason_title((enum reason)r), "</td></tr>\n");
	}
	text_add_str(t, "</table>\n");
}

static void make(void)
{
	const char *source = openapi_document();
	json_t *doc = source ? json_loads(source, 0, NULL) : NULL;
	const json_t *tags = json_object_get(doc, "tags");
	struct text t;

	if (!doc)
		return;
	text_init(&t, 0);
	put_head(&t, tags, word(json_object_get(doc, "info"), "version"));
	for (size_t i = 0; i < json_array_size(tags); i++) {
		const json_t *area = json_array_get(tags, i);

		put(&t, "<h2 id=\"area-", word(area, "name"), "\">");
		put(&t, "", word(area, "name"), "</h2>\n");
		put(&t, "<p>", word(area, "description"), ".</p>\n");
		put_area(&t, doc, word(area, "name"));
	}
	put_shapes(&t, json_object_get(json_object_get(doc, "components"), "schemas"));
	put_problems(&t);
	text_add_str(&t, "</main></body></html>\n");
	json_decref(doc);
	if (t.cut)
		text_done(&t);
	else
		page = text_give(&t);
}

const char *docs_page(void)
{
	pthread_once(&once, make);
	return page;
}

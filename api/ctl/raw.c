/* raw.c - `ikeeper api METHOD PATH [BODY|-]`: any request, the answer as it came
 *
 * The way out for whatever has no verb yet. Writes carry If-Match: *, since whoever types a
 * request by hand has just looked.
 *
 * Called by: ctl.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/verbs.h"

#include <stdio.h>
#include <string.h>

#include "api/ctl/complain.h"

static json_t *read_body(const char *word, json_error_t *ret_why)
{
	if (strcmp(word, "-") == 0)
		return json_loadf(stdin, JSON_REJECT_DUPLICATES, ret_why);
	return json_loads(word, JSON_REJECT_DUPLICATES, ret_why);
}

static bool is_method(const char *word)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };

	for (size_t i = 0; i < COUNT_OF(methods); i++)
		if (strcmp(word, methods[i]) == 0)
			return true;
	return false;
}

enum code raw_run(struct ctl *c)
{
	const struct wants *w = &c->want;
	json_error_t why = { 0 };
	struct answer a;

	if (w->words_n < 3 || w->words_n > 4 || !is_method(w->words[1]) || *w->words[2] != '/')
		return complain_usage("api GET|POST|PUT|PATCH|DELETE /PATH [BODY|-]");
	json_t *body = w->words_n == 4 ? read_body(w->words[3], &why) : NULL;
	if (w->words_n == 4 && !body)
		return complain_usage("the body is no JSON: line %d, column %d: %s", why.line,
				      why.column, why.text);
	bool changes = strchr("PD", *w->words[1]) && strcmp(w->words[1], "POST") != 0;
	struct ask ask = { w->words[1], w->words[2], changes ? "If-Match: *" : NULL, body };

	enum code r = verbs_ask(c, &ask, &a);
	json_decref(body);
	if (r != CODE_OK)
		return r;
	if (a.json)
		paper_json(&c->paper, a.json);
	else if (a.body.n)
		text_add_n(&c->paper.text, a.body.at, a.body.n);
	answer_done(&a);
	return CODE_OK;
}

/* problem.c - faults as RFC 9457 problem+json
 *
 * The reason's row in reason.def gives type, title and status; the fault's sentence is the
 * detail and travels unchanged from where it was known. Several faults are listed with
 * pointer (RFC 6901), rule, message and hint, so that a form can show each beside its member.
 *
 * Called by: request.c and the handlers.  Thread: any.  Owns: nothing.
 */
#include "api/problem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *problem_text(const char *s)
{
	size_t n = strlen(s);
	struct text t;

	if (is_utf8(s, n))
		return json_stringn_nocheck(s, n);
	for (size_t cut = 1; cut <= 3 && cut < n; cut++)
		if (is_utf8(s, n - cut))
			return json_stringn_nocheck(s, n - cut);
	text_init(&t, 0);
	text_add_clean(&t, slice_str(s));
	json_t *j = json_string(t.at ? t.at : "");
	text_done(&t);
	return j;
}

static json_t *text_or_null(const char *s)
{
	return *s ? problem_text(s) : json_null();
}

json_t *problem_list(const struct faults *l)
{
	json_t *list = json_array();

	for (size_t i = 0; l && i < l->n; i++) {
		const struct fault *f = &l->at[i];

		json_array_append_new(
			list, json_pack("{so,so,so,so}", "pointer", problem_text(f->field), "rule",
					text_or_null(f->rule), "message", problem_text(f->text),
					"hint", text_or_null(f->hint)));
	}
	return list;
}

/* "2 faults in peer branch7", or the only sentence there is. */
static json_t *detail(const struct request *r, enum reason reason, const struct faults *errors)
{
	char text[200];
	bool named = r && r->name && *r->name && r->kind < K_COUNT;

	if (!errors || errors->n == 0)
		return json_string(reason_title(reason));
	if (errors->n == 1 && errors->dropped == 0)
		return problem_text(errors->at[0].text);
	snprintf(text, sizeof(text), "%zu faults%s%s%s%.40s", errors->n + errors->dropped,
		 named ? " in " : "", named ? kind_row(r->kind)->word : "", named ? " " : "",
		 named ? r->name : "");
	return problem_text(text);
}

/* Programs read errors[] and nothing else, so every refusal has one; what no rule says is known
 * by its reason. */
static json_t *errors_of(const struct faults *l)
{
	json_t *list = problem_list(l);

	for (size_t i = 0; l && i < l->n; i++)
		if (!*l->at[i].rule)
			json_object_set_new(json_array_get(list, i), "rule",
					    json_string(reason_slug(l->at[i].reason)));
	return list;
}

json_t *problem_of(const struct request *r, enum reason reason, const struct faults *errors,
		   const struct faults *warnings)
{
	char word[560];
	json_t *p = json_object();

	snprintf(word, sizeof(word), "/problems/%s", reason_slug(reason));
	json_object_set_new(p, "type", json_string(word));
	json_object_set_new(p, "title", json_string(reason_title(reason)));
	json_object_set_new(p, "status", json_integer(reason_http(reason)));
	json_object_set_new(p, "detail", detail(r, reason, errors));
	if (r) {
		snprintf(word, sizeof(word), "/api/v1%s", r->path);
		json_object_set_new(p, "instance", problem_text(word));
		json_object_set_new(p, "request_id", problem_text(r->request_id));
	}
	json_object_set_new(p, "errors", errors_of(errors));
	if (warnings && warnings->n)
		json_object_set_new(p, "warnings", problem_list(warnings));
	return p;
}

void problem_send(struct request *r, enum reason reason, json_t *take_problem)
{
	struct text t;
	char *out = json_dumps(take_problem, JSON_COMPACT);

	text_init(&t, 0);
	text_add_str(&t, out ? out : "{}");
	free(out);
	json_decref(take_problem);
	request_text(r, reason_http(reason), "application/problem+json", &t);
}

static void put_rules(struct text *t)
{
	text_add_str(t, "\nThe rules a configuration has to keep:\n");
	for (int r = 0; r < RULE_COUNT; r++)
		text_add(t, "\n%s\n\t%s.\n", rule_row((enum rule)r)->name,
			 rule_row((enum rule)r)->text);
}

bool problem_page(const char *slug, struct text *t)
{
	enum reason r = reason_of_slug(slug);

	if (r == R_COUNT || r == R_OK)
		return false;
	text_add(t, "%s.\n\nReason: %s\nHTTP status: %d\n", reason_title(r), reason_slug(r),
		 reason_http(r));
	if (reason_notify1(r))
		text_add(t, "IKEv1 notification: %d\n", reason_notify1(r));
	if (r == R_INVALID)
		put_rules(t);
	return true;
}

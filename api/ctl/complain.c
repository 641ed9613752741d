/* complain.c - saying what went wrong, on standard error
 *
 * The daemon's sentences are passed on as they are: which member, what about it, which rule
 * says so and what to do. Here they only get their indentation.
 *
 * Called by: every verb.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void say(struct text *t)
{
	fwrite(t->at ? t->at : "", 1, t->n, stderr);
	text_done(t);
}

enum code complain_usage(const char *fmt, ...)
{
	va_list args;

	fputs("ikeeper: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputs("\n(ikeeper help says what there is)\n", stderr);
	return CODE_USAGE;
}

enum code complain_fault(const struct ctl *c, enum code code, const struct fault *f)
{
	(void)c;
	fprintf(stderr, "ikeeper: %s\n", f->text);
	if (*f->hint)
		fprintf(stderr, "    %s\n", f->hint);
	return code;
}

static const char *string_at(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* Said already, word for word, and nothing beside it. */
static bool is_said(const json_t *one, const char *detail)
{
	return !*string_at(one, "pointer") && !*string_at(one, "hint") &&
	       !strchr(string_at(one, "rule"), '.') &&
	       strcmp(string_at(one, "message"), detail) == 0;
}

void complain_list(struct text *t, const json_t *list, const char *word)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const char *pointer = string_at(one, "pointer"), *rule = string_at(one, "rule");
		const char *hint = string_at(one, "hint");

		text_add(t, "  %s", word);
		text_add_clean(t, slice_str(pointer));
		text_add_str(t, *pointer ? ": " : "");
		text_add_clean(t, slice_str(string_at(one, "message")));
		if (*rule) {
			text_add_str(t, " [");
			text_add_clean(t, slice_str(rule));
			text_add_str(t, "]");
		}
		text_add_str(t, "\n");
		if (!*hint)
			continue;
		text_add_str(t, "      ");
		text_add_clean(t, slice_str(hint));
		text_add_str(t, "\n");
	}
}

/* Who still needs the record that was to go. */
static void put_referrers(struct text *t, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		text_add_str(t, "  used by ");
		text_add_clean(t, slice_str(string_at(one, "kind")));
		text_add_str(t, "/");
		text_add_clean(t, slice_str(string_at(one, "name")));
		text_add_str(t, "\n");
	}
}

enum code complain_answer(struct ctl *c, const struct answer *a)
{
	const char *detail = string_at(a->json, "detail");
	struct text t;

	if (c->paper.json && a->json)
		paper_json(&c->paper, a->json);
	text_init(&t, 0);
	text_add_str(&t, "ikeeper: ");
	if (*detail)
		text_add_clean(&t, slice_str(detail));
	else
		text_add(&t, "the daemon answered with status %ld", a->status);
	text_add_str(&t, "\n");
	const json_t *errors = json_object_get(a->json, "errors");
	if (json_array_size(errors) != 1 || !is_said(json_array_get(errors, 0), detail))
		complain_list(&t, errors, "");
	complain_list(&t, json_object_get(a->json, "warnings"), "warning: ");
	put_referrers(&t, json_object_get(a->json, "referrers"));
	say(&t);
	return answer_code(a);
}

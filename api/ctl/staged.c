/* staged.c - many edits as one change: stage, diff, impact, apply, discard; and the way back
 *
 * `set` and `delete` with --stage, and `stage`, put edits into a change set: the one of --set ID, else
 * the newest there is, else a new one. diff and impact look at it, apply makes it so. history,
 * rollback and confirm are about what was applied.
 *
 * Called by: ctl.c, alter.c, back.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/verbs.h"

#include <stdlib.h>
#include <string.h>

#include "api/ctl/complain.h"
#include "api/ctl/table.h"

static const struct column record_columns[] = {
	{ "OP", "op", SHAPE_PLAIN },        { "KIND", "kind", SHAPE_PLAIN },
	{ "NAME", "name", SHAPE_PLAIN },    { "MEMBER", "member", SHAPE_PLAIN },
	{ "FROM", "from", SHAPE_PLAIN },    { "TO", "to", SHAPE_PLAIN },
	{ "IMPACT", "impact", SHAPE_LAST }, { 0 },
};

static const struct column commit_columns[] = {
	{ "REVISION", "revision", SHAPE_PLAIN },
	{ "TIME", "at", SHAPE_PLAIN },
	{ "WHO", "who", SHAPE_PLAIN },
	{ "BY", "channel", SHAPE_PLAIN },
	{ "RECORDS", "records", SHAPE_PLAIN },
	{ "COMMENT", "comment", SHAPE_LAST },
	{ 0 },
};

/* One row a member; a record that goes has no members to show. */
static void put_records(struct paper *p, const json_t *records)
{
	json_t *rows = json_array();
	json_t *record, *change;
	size_t i, k;

	json_array_foreach(records, i, record)
	{
		json_t *changes = json_object_get(record, "changes");

		if (!json_array_size(changes))
			json_array_append(rows, record);
		json_array_foreach(changes, k, change)
		{
			json_t *row = json_copy(change);

			json_object_set(row, "op", json_object_get(record, "op"));
			json_object_set(row, "kind", json_object_get(record, "kind"));
			json_object_set(row, "name", json_object_get(record, "name"));
			json_array_append_new(rows, row);
		}
	}
	if (json_array_size(rows))
		table_print(p, record_columns, rows);
	else
		text_add_str(&p->text, "Nothing differs.\n");
	json_decref(rows);
}

/* ---- which set ---- */

/* The newest, 0 when there is none. */
static enum code newest(struct ctl *c, long long *ret)
{
	struct answer a;
	enum code r = verbs_get(c, "/changesets", &a);
	json_t *set;
	size_t i;

	*ret = 0;
	if (r != CODE_OK)
		return r;
	json_array_foreach(json_object_get(a.json, "items"), i, set)
	{
		long long id = json_integer_value(json_object_get(set, "id"));

		*ret = id > *ret ? id : *ret;
	}
	answer_done(&a);
	return CODE_OK;
}

/* CODE_OK with 0: none is there and none was named. */
static enum code which(struct ctl *c, long long *ret)
{
	char *end;

	if (!c->want.set)
		return newest(c, ret);
	*ret = strtoll(c->want.set, &end, 10);
	if (*end || *ret < 1)
		return complain_usage("--set takes the number of a change set");
	return CODE_OK;
}

static enum code which_path(struct ctl *c, const char *rest, struct text *t)
{
	long long id;
	enum code r = which(c, &id);

	text_init(t, 0);
	if (r == CODE_OK && !id) {
		text_add_str(&c->paper.text, "Nothing is staged.\n");
		r = CODE_NOT_FOUND;
	}
	text_add(t, "/changesets/%lld%s", id, rest);
	return r;
}

/* ---- staging ---- */

enum code staged_add(struct ctl *c, json_t *take_edits)
{
	json_t *body = json_pack("{so}", "edits", take_edits);
	struct ask ask = { "POST", "/changesets", NULL, body };
	struct answer a;
	struct text path;
	long long id;
	enum code r = which(c, &id);

	text_init(&path, 0);
	if (r == CODE_OK && id) {
		text_add(&path, "/changesets/%lld", id);
		ask.method = "PATCH";
		ask.path = path.at;
	}
	if (r == CODE_OK)
		r = verbs_ask(c, &ask, &a);
	text_done(&path);
	json_decref(body);
	if (r != CODE_OK)
		return r;
	if (c->paper.json)
		paper_json(&c->paper, a.json);
	else
		text_add(&c->paper.text,
			 "Staged in change set %lld: %zu records differ. Next: diff, impact, "
			 "apply.\n",
			 (long long)json_integer_value(json_object_get(a.json, "id")),
			 json_array_size(json_object_get(a.json, "records")));
	answer_done(&a);
	return CODE_OK;
}

/* A list of {"op", "path", "value"} out of a file or standard input. */
enum code staged_stage(struct ctl *c)
{
	const char *file = c->want.words_n > 1 ? c->want.words[1] : "-";
	json_error_t why = { 0 };
	json_t *edits;

	if (c->want.words_n > 2)
		return complain_usage("stage [FILE|-]");
	edits = strcmp(file, "-") == 0 ? json_loadf(stdin, JSON_REJECT_DUPLICATES, &why)
				       : json_load_file(file, JSON_REJECT_DUPLICATES, &why);
	if (!edits)
		return complain_usage("%.60s: line %d: %s", file, why.line, why.text);
	return staged_add(c, edits);
}

/* ---- looking ---- */

static bool is_number(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0' && strlen(s) < 19;
}

/* diff: the set; diff N: revision N against now; diff N M. */
enum code staged_diff(struct ctl *c)
{
	const struct wants *w = &c->want;
	struct answer a;
	struct text path;
	enum code r = CODE_OK;

	for (int i = 1; i < w->words_n; i++)
		if (i > 2 || !is_number(w->words[i]))
			return complain_usage("diff [REVISION [REVISION]]");
	if (w->words_n == 1) {
		r = which_path(c, "", &path);
	} else {
		text_init(&path, 0);
		text_add(&path, "/commits/%s/diff", w->words[1]);
		if (w->words_n > 2)
			text_add(&path, "?to=%s", w->words[2]);
	}
	if (r == CODE_OK)
		r = verbs_get(c, path.at, &a);
	text_done(&path);
	if (r != CODE_OK)
		return r;
	if (c->paper.json)
		paper_json(&c->paper, a.json);
	else
		put_records(&c->paper, json_object_get(a.json, "records"));
	answer_done(&a);
	return CODE_OK;
}

enum code staged_history(struct ctl *c)
{
	struct answer a;
	char path[48];

	if (c->want.words_n > 1)
		return complain_usage("history [--limit N]");
	snprintf(path, sizeof(path), "/commits?limit=%u", c->want.limit ? c->want.limit : 20);
	enum code r = verbs_get(c, path, &a);
	if (r != CODE_OK)
		return r;
	if (c->paper.json)
		paper_json(&c->paper, a.json);
	else
		table_print(&c->paper, commit_columns, json_object_get(a.json, "items"));
	answer_done(&a);
	return CODE_OK;
}

/* ---- doing ---- */

enum code staged_preview(struct ctl *c, const json_t *j)
{
	struct paper *p = &c->paper;
	bool valid = json_is_true(json_object_get(j, "valid"));

	if (p->json) {
		paper_json(p, j);
		return valid ? CODE_OK : CODE_VALIDATION;
	}
	text_add_str(&p->text,
		     valid ? "Would be accepted; nothing was changed.\n" : "Would be refused:\n");
	complain_list(&p->text, json_object_get(j, "errors"), "");
	complain_list(&p->text, json_object_get(j, "warnings"), "warning: ");
	put_records(p, json_object_get(j, "records"));
	if (valid)
		effect_impact(p, json_object_get(j, "impact"));
	canary_said(p, j);
	whatif_line(p, json_object_get(j, "replay"));
	return valid ? CODE_OK : CODE_VALIDATION;
}

enum code staged_applied(struct ctl *c, const json_t *j)
{
	const json_t *waits = json_object_get(j, "confirming");
	struct paper *p = &c->paper;

	if (p->json) {
		paper_json(p, j);
		return CODE_OK;
	}
	text_add(&p->text, "Revision %lld.\n",
		 (long long)json_integer_value(json_object_get(j, "revision")));
	complain_list(&p->text, json_object_get(j, "warnings"), "warning: ");
	if (json_is_object(json_object_get(j, "reset")))
		effect_reset(p, json_object_get(j, "reset"));
	else
		effect_impact(p, json_object_get(j, "impact"));
	canary_said(p, j);
	if (json_is_object(waits)) {
		text_add_str(&p->text, "It goes back at ");
		paper_clean(p, json_string_value(json_object_get(waits, "until")));
		text_add_str(&p->text,
			     strcmp(json_string_value(json_object_get(waits, "mode")), "manual") ==
					     0
				     ? " unless you say: ikeeper confirm\n"
				     : " unless its tunnels are up, or you say: ikeeper confirm\n");
	}
	return CODE_OK;
}

long staged_seconds(const char *s)
{
	char *end;
	long n = strtol(s, &end, 10);
	long unit = *end == 'm' ? 60 : *end == 'h' ? 3600 : *end == 'd' ? 86400 : 1;

	if (*s < '0' || *s > '9' || n < 1 || n > 86400 ||
	    (*end && (!strchr("smhd", *end) || end[1])))
		return 0;
	return n * unit;
}

/* Options into a body; NULL: complained. */
json_t *staged_terms(const struct wants *w, const char *reset)
{
	json_t *body = json_object(), *confirm;
	long s = w->confirm ? staged_seconds(w->confirm) : 120;
	bool established = w->confirm_on && strcmp(w->confirm_on, "established") == 0;

	if (s == 0 || (w->confirm_on && !established && strcmp(w->confirm_on, "manual") != 0)) {
		json_decref(body);
		complain_usage(s ? "--confirm-on is established or manual"
				 : "--confirm takes a time: 120s, 5m, 1h");
		return NULL;
	}
	if (w->reset || !w->canary) /* the gateway's preset with a canary is another one */
		json_object_set_new(body, "reset", json_string(w->reset ? w->reset : reset));
	if (w->reinitiate)
		json_object_set_new(body, "reinitiate", json_string(w->reinitiate));
	if (w->comment)
		json_object_set_new(body, "comment", json_string(w->comment));
	if (w->confirm || w->confirm_on) {
		confirm =
			json_pack("{ss,si}", "mode", established ? "tunnels_established" : "manual",
				  "timeout_seconds", (int)s);
		json_object_set_new(body, "confirm", confirm);
	}
	if (canary_terms(w, body))
		return body;
	json_decref(body);
	return NULL;
}

enum code staged_post(struct ctl *c, struct text *path, const char *reset)
{
	json_t *body = staged_terms(&c->want, reset);
	struct answer a;

	if (!body)
		return CODE_USAGE;
	if (c->want.dry_run)
		text_add_str(path, "?dry_run=true");
	enum code r = verbs_ask(c, &(struct ask){ "POST", path->at, NULL, body }, &a);
	json_decref(body);
	if (r != CODE_OK)
		return r;
	r = c->want.dry_run ? staged_preview(c, a.json) : staged_applied(c, a.json);
	answer_done(&a);
	return r;
}

static enum code no_words(const struct ctl *c)
{
	return c->want.words_n > 1
		       ? complain_usage("%s takes no %s", c->want.words[0], c->want.words[1])
		       : CODE_OK;
}

enum code staged_apply(struct ctl *c)
{
	struct text path;
	enum code r = no_words(c);

	if (r != CODE_OK)
		return r;
	r = which_path(c, "/apply", &path);
	if (r == CODE_OK)
		r = staged_post(c, &path, "none");
	text_done(&path);
	return r;
}

enum code staged_impact(struct ctl *c)
{
	enum code r = no_words(c);

	if (r != CODE_OK)
		return r;
	c->want.dry_run = true;
	return staged_apply(c);
}

enum code staged_discard(struct ctl *c)
{
	struct text path;
	struct answer a;
	enum code r = no_words(c);

	if (r != CODE_OK)
		return r;
	r = which_path(c, "", &path);
	if (r == CODE_OK)
		r = verbs_ask(c, &(struct ask){ "DELETE", path.at, NULL, NULL }, &a);
	text_done(&path);
	if (r != CODE_OK)
		return r;
	answer_done(&a);
	text_add_str(&c->paper.text, c->paper.json ? "{}\n" : "Discarded.\n");
	return CODE_OK;
}

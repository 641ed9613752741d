/* alter.c - set and delete
 *
 * `set` changes the members that are named and leaves the others alone: a merge patch, which
 * the daemon merges onto what is there now. A record that is not there is made, unless
 * --must-exist; --new refuses one that is. A dry run says what would happen to which SAs.
 *
 * Called by: ctl.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/verbs.h"

#include <string.h>

#include "api/ctl/assign.h"
#include "api/ctl/complain.h"
#include "api/ctl/noun.h"

static const struct column change_columns[] = {
	{ "MEMBER", "member", SHAPE_PLAIN },
	{ "FROM", "from", SHAPE_PLAIN },
	{ "TO", "to", SHAPE_PLAIN },
	{ "IMPACT", "impact", SHAPE_LAST },
	{ 0 },
};

/* /peers/NAME?reset=...&dry_run=true */
static void write_path(struct text *t, const struct noun *n, const struct wants *w)
{
	const char *between = "?";

	text_init(t, 0);
	text_add_str(t, n->one);
	client_escape(t, w->words[2]);
	if (w->dry_run) {
		text_add(t, "%sdry_run=true", between);
		between = "&";
	}
	if (w->reset) {
		text_add(t, "%sreset=%s", between, w->reset);
		between = "&";
	}
	if (w->comment) {
		text_add(t, "%scomment=", between);
		client_escape(t, w->comment);
	}
}

static enum code check(const struct wants *w, const struct noun *n, unsigned use)
{
	struct text t;

	if (w->reset && strcmp(w->reset, "affected") != 0 && strcmp(w->reset, "none") != 0)
		return complain_usage("--reset is affected or none, not %s", w->reset);
	if (!n || !(n->uses & use)) {
		text_init(&t, 0);
		noun_words(&t, use);
		complain_usage("%s what? One of %s", w->words[0], t.at);
		text_done(&t);
		return CODE_USAGE;
	}
	if (w->words_n < 3)
		return complain_usage("which %s?", n->word);
	return CODE_OK;
}

static void put_warnings(struct paper *p, const json_t *answer)
{
	complain_list(&p->text, json_object_get(answer, "warnings"), "warning: ");
}

enum code alter_preview(struct ctl *c, const json_t *j)
{
	struct paper *p = &c->paper;
	bool valid = json_is_true(json_object_get(j, "valid"));
	const json_t *changes = json_object_get(j, "changes");

	text_add_str(&p->text,
		     valid ? "Would be accepted; nothing was changed.\n" : "Would be refused:\n");
	complain_list(&p->text, json_object_get(j, "errors"), "");
	put_warnings(p, j);
	if (json_array_size(changes))
		table_print(p, change_columns, changes);
	if (valid)
		effect_impact(p, json_object_get(j, "impact"));
	whatif_line(p, json_object_get(j, "replay"));
	return valid ? CODE_OK : CODE_VALIDATION;
}

static void print_written(struct ctl *c, const struct noun *n, const struct answer *a)
{
	struct paper *p = &c->paper;
	const json_t *revision = json_object_get(a->json, "revision");

	text_add(&p->text, "%s ", n->word);
	paper_clean(p, c->want.words[2]);
	text_add_str(&p->text, a->status == 201 ? " was made" : " is set");
	if (json_is_integer(revision))
		text_add(&p->text, ", revision %lld", (long long)json_integer_value(revision));
	text_add_str(&p->text, ".\n");
	put_warnings(p, a->json);
	if (!c->want.reset || strcmp(c->want.reset, "affected") != 0)
		effect_impact(p, json_object_get(a->json, "impact"));
	effect_reset(p, json_object_get(a->json, "reset"));
}

static enum code print_set(struct ctl *c, const struct noun *n, const struct answer *a)
{
	bool valid = json_is_true(json_object_get(a->json, "valid"));

	if (c->paper.json) {
		paper_json(&c->paper, a->json);
		return c->want.dry_run && !valid ? CODE_VALIDATION : CODE_OK;
	}
	if (c->want.dry_run)
		return alter_preview(c, a->json);
	print_written(c, n, a);
	return CODE_OK;
}

/* Change it; when it is not there, make it. */
static enum code write_record(struct ctl *c, const char *path, const json_t *body,
			      struct answer *ret)
{
	struct ask patch = { "PATCH", path, "If-Match: *", body };
	struct ask put = { "PUT", path, "If-None-Match: *", body };
	struct fault f = { 0 };

	if (c->want.is_new)
		return verbs_ask(c, &put, ret);
	enum code r = client_ask(c->client, &patch, ret, &f);
	if (r != CODE_OK)
		return complain_fault(c, r, &f);
	if (ret->status == 404 && !c->want.must_exist) {
		answer_done(ret);
		return verbs_ask(c, &put, ret);
	}
	if (answer_code(ret) == CODE_OK)
		return CODE_OK;
	r = complain_answer(c, ret);
	answer_done(ret);
	return r;
}

/* The members of this noun's kind, out of the schema. */
static json_t *members_of(const json_t *schema, const struct noun *n, const char *name)
{
	char kind[64];
	size_t len = strlen(n->one);

	text_copy(kind, sizeof(kind), n->one + 1);
	kind[len - 2] = '\0'; /* without slashes around it: "peers" */
	if (n->uses & NOUN_OBJECT) {
		strncat(kind, "/", sizeof(kind) - strlen(kind) - 1);
		strncat(kind, name, sizeof(kind) - strlen(kind) - 1);
	}
	return json_object_get(json_object_get(json_object_get(schema, "kinds"), kind), "members");
}

static enum code read_body(struct ctl *c, const struct noun *n, json_t **ret)
{
	const struct wants *w = &c->want;
	struct answer schema;
	struct fault f = { 0 };
	enum code r = verbs_get(c, "/schema", &schema);

	if (r != CODE_OK)
		return r;
	*ret = assign_body(members_of(schema.json, n, w->words[2]), w->words + 3, w->words_n - 3,
			   &f);
	answer_done(&schema);
	return *ret ? CODE_OK : complain_fault(c, CODE_USAGE, &f);
}

/* One edit of a change set instead of a change. */
static enum code stage(struct ctl *c, const struct noun *n, const char *op, json_t *value)
{
	struct text path;
	json_t *edit;

	text_init(&path, 0);
	text_add(&path, "%s%s", n->one, c->want.words[2]);
	edit = value ? json_pack("{ss,ss,sO}", "op", op, "path", path.at, "value", value)
		     : json_pack("{ss,ss}", "op", op, "path", path.at);
	text_done(&path);
	if (!edit)
		return complain_usage("the name cannot be read");
	return staged_add(c, json_pack("[o]", edit));
}

enum code alter_unstage(struct ctl *c)
{
	const struct wants *w = &c->want;
	const struct noun *n = w->words_n == 3 ? noun_find(w->words[1]) : NULL;

	if (!n || !(n->uses & NOUN_CONFIG))
		return complain_usage("unstage NOUN NAME [--set ID]");
	return stage(c, n, "forget", NULL);
}

static enum code no_stage(const struct wants *w)
{
	if (w->set && !w->stage)
		return complain_usage("--set goes with --stage");
	if (w->stage && (w->dry_run || w->reset || w->must_exist || w->comment))
		return complain_usage(
			"--stage goes with --set and --new only; see impact and apply");
	return CODE_OK;
}

enum code alter_set(struct ctl *c)
{
	const struct noun *n = c->want.words_n > 1 ? noun_find(c->want.words[1]) : NULL;
	enum code r = check(&c->want, n, NOUN_SET);
	struct answer a;
	struct text path;
	json_t *body = NULL;

	if (r == CODE_OK && c->want.is_new && c->want.must_exist)
		r = complain_usage("--new and --must-exist contradict each other");
	if (r == CODE_OK)
		r = no_stage(&c->want);
	if (r == CODE_OK)
		r = read_body(c, n, &body);
	if (r != CODE_OK)
		return r;
	if (c->want.stage) {
		r = stage(c, n, c->want.is_new ? "add" : "merge", body);
		json_decref(body);
		return r;
	}
	write_path(&path, n, &c->want);
	r = write_record(c, path.at, body, &a);
	if (r == CODE_OK) {
		r = print_set(c, n, &a);
		answer_done(&a);
	}
	text_done(&path);
	json_decref(body);
	return r;
}

static enum code print_deleted(struct ctl *c, const struct noun *n, const struct answer *a)
{
	struct paper *p = &c->paper;

	if (p->json && a->json) {
		paper_json(p, a->json);
	} else if (p->json) {
		json_t *said = json_pack("{ss}", "deleted", c->want.words[2]);

		paper_json(p, said);
		json_decref(said);
	} else if (c->want.dry_run) {
		return alter_preview(c, a->json);
	} else {
		text_add(&p->text, "%s ", n->word);
		paper_clean(p, c->want.words[2]);
		text_add_str(&p->text, " is deleted.\n");
		put_warnings(p, a->json);
		effect_reset(p, json_object_get(a->json, "reset"));
		if (json_object_get(a->json, "results"))
			effect_reset(p, a->json);
	}
	return c->want.dry_run && !json_is_true(json_object_get(a->json, "valid")) ? CODE_VALIDATION
										   : CODE_OK;
}

enum code alter_delete(struct ctl *c)
{
	const struct noun *n = c->want.words_n > 1 ? noun_find(c->want.words[1]) : NULL;
	enum code r = check(&c->want, n, NOUN_DELETE);
	struct answer a;
	struct text path;

	if (r == CODE_OK && c->want.words_n > 3)
		r = complain_usage("one at a time: %s is one too many", c->want.words[3]);
	if (r == CODE_OK && !(n->uses & NOUN_CONFIG) && (c->want.dry_run || c->want.reset))
		r = complain_usage("a %s takes neither --dry-run nor --reset", n->word);
	if (r == CODE_OK)
		r = no_stage(&c->want);
	if (r == CODE_OK && c->want.stage)
		return n->uses & NOUN_CONFIG ? stage(c, n, "remove", NULL)
					     : complain_usage("a %s cannot be staged", n->word);
	if (r != CODE_OK)
		return r;
	write_path(&path, n, &c->want);
	r = verbs_ask(c, &(struct ask){ "DELETE", path.at, "If-Match: *", NULL }, &a);
	text_done(&path);
	if (r != CODE_OK)
		return r;
	r = print_deleted(c, n, &a);
	answer_done(&a);
	return r;
}

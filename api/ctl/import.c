/* import.c - `import --from LANGUAGE FILE`: another product's configuration as one change
 *
 * The text is read here (core/dialect), the change is made by the daemon: a change set with one
 * write a record, its impact looked at, and applied as a whole when that is wanted. Without
 * --apply, and without a yes on a terminal, nothing is changed; with --stage the change set waits.
 *
 * A record of the text takes the place of one of its name. Settings and secrets are merged: a key
 * that the text does not tell stays what it is.
 *
 * Called by: ctl.c.  Thread: the only one.  Owns: the text and the sketch, which are wiped.
 */
#include "api/ctl/verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/ctl/complain.h"
#include "core/dialect/dialect.h"

/* The whole file; NULL: it cannot be read, is empty or too long. */
struct bytes *import_read(const char *name)
{
	FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	struct bytes *all = f ? bytes_new(DIALECT_TEXT_MAX + 1) : NULL;

	if (all)
		all->n = fread(all->at, 1, DIALECT_TEXT_MAX + 1, f);
	bool ok = all && !ferror(f) && all->n && all->n <= DIALECT_TEXT_MAX;
	if (f && f != stdin)
		fclose(f);
	if (ok)
		return all;
	bytes_free(all);
	return NULL;
}

static void say_languages(struct text *t)
{
	text_init(t, 0);
	for (const struct dialect *d = dialects; d->word; d++)
		if (d->read)
			text_add(t, "%s%s", t->n ? ", " : "", d->word);
}

/* ---- the writes ---- */

static json_t *value_of(const struct entry *e)
{
	struct text t;

	text_init(&t, 0);
	entry_json(e, &t);
	json_t *v = t.at && !t.cut ? json_loadb(t.at, t.n, 0, NULL) : NULL;
	if (t.at)
		wipe(t.at, t.n);
	text_done(&t);
	return v;
}

static json_t *write_of(const struct entry *e)
{
	enum kind k = e->rec->kind;
	struct text path;

	text_init(&path, 0);
	entry_path(e, &path);
	json_t *w = json_pack("{ss,ss,so*}", "op",
			      k == K_SECRET || kind_row(k)->single ? "merge" : "replace", "path",
			      path.at, "value", value_of(e));
	text_done(&path);
	return w;
}

static json_t *writes_of(const struct sketch *d)
{
	json_t *all = json_array();

	for (size_t i = 0; i < d->n; i++)
		if (json_array_append_new(all, write_of(d->at[i])) != 0) {
			json_decref(all);
			return NULL;
		}
	return all;
}

/* jansson would only free what stood in the values. */
static void drop_writes(json_t *writes)
{
	for (size_t i = 0; i < json_array_size(writes); i++) {
		json_t *v = json_object_get(json_array_get(writes, i), "value");
		json_t *s = json_object_get(v, "value");

		if (json_is_string(s))
			wipe((void *)(uintptr_t)json_string_value(s), json_string_length(s));
	}
	json_decref(writes);
}

/* ---- what is said about it ---- */

void import_notes(struct text *t, const struct sketch *d)
{
	for (size_t i = 0; i < d->notes_n; i++) {
		const struct note *n = &d->notes[i];

		text_add_str(t, n->sort == NOTE_LEFT_OUT ? "left out" : "mind");
		if (n->line)
			text_add(t, ", line %u", n->line);
		text_add_str(t, ": ");
		if (*n->words) {
			text_add_clean(t, slice_str(n->words));
			text_add_str(t, ": ");
		}
		text_add_clean(t, slice_str(n->text));
		text_add_str(t, "\n");
	}
	if (d->notes_dropped)
		text_add(t, "and %zu further notes\n", d->notes_dropped);
}

json_t *import_notes_json(const struct sketch *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->notes_n; i++) {
		const struct note *n = &d->notes[i];

		json_array_append_new(
			list, json_pack("{ss,si,ss%,ss%}", "sort",
					n->sort == NOTE_LEFT_OUT ? "left_out" : "mind", "line",
					(int)n->line, "words", n->words, strlen(n->words), "text",
					n->text, strlen(n->text)));
	}
	return list;
}

/* The writes as they may be shown. */
static json_t *without_keys(const json_t *writes)
{
	json_t *shown = json_array();

	for (size_t i = 0; i < json_array_size(writes); i++) {
		json_t *w = json_copy(json_array_get(writes, i));
		json_t *v = json_copy(json_object_get(w, "value"));

		if (json_is_string(json_object_get(v, "value")))
			json_object_set_new(v, "value", json_string("(not shown)"));
		json_object_set_new(w, "value", v);
		json_array_append_new(shown, w);
	}
	return shown;
}

static void print_writes(struct paper *p, const json_t *writes)
{
	json_t *shown = without_keys(writes);

	text_add(&p->text, "%zu records:\n", json_array_size(shown));
	for (size_t i = 0; i < json_array_size(shown); i++) {
		const json_t *w = json_array_get(shown, i);
		char *s = json_dumps(json_object_get(w, "value"), JSON_COMPACT);

		text_add(&p->text, "  %s ", json_string_value(json_object_get(w, "path")));
		paper_clean(p, s ? s : "");
		text_add_str(&p->text, "\n");
		free(s);
	}
	json_decref(shown);
}

/* ---- the change set ---- */

static enum code open_set(struct ctl *c, json_t *writes, struct text *ret_path)
{
	struct fault f = { 0 };
	struct answer a = { 0 };
	json_t *body = json_pack("{sO,ss*}", "edits", writes, "comment", c->want.comment);
	enum code r =
		client_ask(c->client, &(struct ask){ "POST", "/changesets", NULL, body }, &a, &f);

	json_decref(body);
	if (r != CODE_OK)
		return complain_fault(c, r, &f);
	json_t *id = json_object_get(a.json, "id");
	if (a.status == 404 || a.status == 405) {
		fail(&f, R_NOT_FOUND,
		     "this daemon cannot take several records as one change (it has no "
		     "/changesets): nothing was changed");
		r = complain_fault(c, CODE_FAILED, &f);
	} else if (answer_code(&a) != CODE_OK) {
		r = complain_answer(c, &a);
	} else if (json_is_integer(id)) {
		text_add(ret_path, "/changesets/%lld", (long long)json_integer_value(id));
	} else {
		text_add(ret_path, "/changesets/%s",
			 json_is_string(id) ? json_string_value(id) : "");
	}
	answer_done(&a);
	return r;
}

static enum code ask_set(struct ctl *c, const char *method, const char *set, const char *tail,
			 const json_t *body, struct answer *ret)
{
	struct text path;

	text_init(&path, 0);
	text_add(&path, "%s%s", set, tail);
	enum code r = verbs_ask(c, &(struct ask){ method, path.at, "If-Match: *", body }, ret);
	text_done(&path);
	return r;
}

bool import_says_yes(void)
{
	return persons_say_yes("Apply this as one change?");
}

static enum code apply(struct ctl *c, const char *set, json_t *said)
{
	const struct wants *w = &c->want;
	struct answer a = { 0 };
	json_t *body = json_pack("{ss*}", "reset", w->reset);
	enum code r = ask_set(c, "POST", set, "/apply", body, &a);

	json_decref(body);
	if (r != CODE_OK)
		return r;
	json_object_set(said, "applied", a.json);
	if (!c->paper.json) {
		text_add_str(&c->paper.text, "Applied as one change.\n");
		effect_reset(&c->paper, json_object_get(a.json, "reset"));
	}
	answer_done(&a);
	return CODE_OK;
}

static void forget(struct ctl *c, const char *set)
{
	struct answer a = { 0 };
	struct fault f = { 0 };

	if (client_ask(c->client, &(struct ask){ "DELETE", set, "If-Match: *", NULL }, &a, &f) ==
	    CODE_OK)
		answer_done(&a);
}

/* The daemon's dry run of the whole; CODE_VALIDATION: it would refuse it. */
static enum code preview(struct ctl *c, const char *set, json_t *said)
{
	struct answer a = { 0 };
	enum code r = ask_set(c, "GET", set, "/impact", NULL, &a);

	if (r != CODE_OK)
		return r;
	json_object_set(said, "impact", a.json);
	if (!json_is_true(json_object_get(a.json, "valid")))
		r = CODE_VALIDATION;
	if (!c->paper.json) {
		alter_preview(c, a.json);
		paper_flush(&c->paper);
	}
	answer_done(&a);
	return r;
}

/* It waits, beside what may be staged further. */
static void say_staged(struct ctl *c, const char *set, json_t *said)
{
	const char *id = strrchr(set, '/') + 1;

	json_object_set_new(said, "changeset", json_string(id));
	if (!c->paper.json)
		text_add(&c->paper.text, "Staged: ikeeper apply --set %s\n", id);
}

static enum code change(struct ctl *c, json_t *writes, json_t *said)
{
	struct text set;

	text_init(&set, 0);
	enum code r = open_set(c, writes, &set);
	if (r == CODE_OK)
		r = preview(c, set.at, said);
	if (r == CODE_OK && c->want.stage)
		say_staged(c, set.at, said);
	else if (r == CODE_OK && (c->want.apply || import_says_yes()))
		r = apply(c, set.at, said);
	else if (set.n)
		forget(c, set.at);
	text_done(&set);
	return r;
}

static enum code offer(struct ctl *c, const struct sketch *d, json_t *writes)
{
	struct fault f = { 0 };
	enum code r = CODE_VALIDATION;

	if (!c->paper.json) {
		import_notes(&c->paper.text, d);
		print_writes(&c->paper, writes);
		paper_flush(&c->paper);
	}
	json_t *said = json_pack("{so,so}", "notes", import_notes_json(d), "records",
				 without_keys(writes));
	if (json_array_size(writes)) {
		r = change(c, writes, said);
	} else {
		fail(&f, R_INVALID, "nothing in this text is about IKE or IPsec");
		complain_fault(c, r, &f);
	}
	if (c->paper.json)
		paper_json(&c->paper, said);
	json_decref(said);
	return r;
}

static enum code import_text(struct ctl *c, const struct dialect *from, struct slice text)
{
	struct sketch d;

	sketch_init(&d);
	from->read(text, &d);
	json_t *writes = d.no_memory ? NULL : writes_of(&d);
	enum code r = writes ? offer(c, &d, writes) : complain_usage("out of memory");
	drop_writes(writes);
	sketch_done(&d);
	return r;
}

enum code import_run(struct ctl *c)
{
	const struct wants *w = &c->want;
	const struct dialect *from = w->from ? dialect_find(w->from) : NULL;
	struct text languages;

	if (w->from && strcmp(w->from, "ndjson") == 0)
		return load_run(c);
	if (!from || !from->read) {
		say_languages(&languages);
		text_add_str(&languages, ", ndjson");
		complain_usage("import --from what? One of %s", languages.at);
		text_done(&languages);
		return CODE_USAGE;
	}
	if (w->words_n != 2)
		return complain_usage("import --from %s FILE, or - for standard input", from->word);
	own(bytes) text = import_read(w->words[1]);
	if (!text)
		return complain_usage("%s cannot be read, is empty, or longer than %d octets",
				      w->words[1], DIALECT_TEXT_MAX);
	return import_text(c, from, slice_of(text));
}

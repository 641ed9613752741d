/* load.c - `import --from ndjson FILE`: records of our own, one a line, as one change
 *
 * The lines go to the daemon as they are (POST /bulk): first as a dry run, then, with --apply or
 * a yes on a terminal, in earnest. Faults name their line. What `export --to ndjson` would be is
 * GET /config; there is one shape of a record everywhere.
 *
 * Called by: import.c.  Thread: the only one.  Owns: the text, which is wiped: keys may be in it.
 */
#include "api/ctl/verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/ctl/complain.h"

enum { LINES_MOST = 1 << 30 };

/* All of it; NULL: it cannot be read, or is empty. */
static struct bytes *read_all(const char *name)
{
	FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	size_t cap = 1 << 20, n = 0;
	struct bytes *all = f ? bytes_new(cap) : NULL;

	while (all) {
		n += fread(all->at + n, 1, cap - n, f);
		if (n < cap || cap >= LINES_MOST)
			break;
		struct bytes *more = bytes_new(cap * 2);

		if (more)
			memcpy(more->at, all->at, n);
		bytes_free(all);
		all = more;
		cap *= 2;
	}
	bool ok = all && !ferror(f) && n > 0 && n < LINES_MOST;
	if (f && f != stdin)
		fclose(f);
	if (all)
		all->n = n;
	if (ok)
		return all;
	bytes_free(all);
	return NULL;
}

static void put_tally(struct paper *p, json_t *tally)
{
	static const char *const words[] = { "created", "updated", "deleted", "unchanged" };
	const char *kind;
	json_t *row;

	json_object_foreach(tally, kind, row)
	{
		text_add_str(&p->text, "  ");
		paper_clean(p, kind);
		for (size_t i = 0; i < COUNT_OF(words); i++) {
			json_int_t n = json_integer_value(json_object_get(row, words[i]));

			if (n)
				text_add(&p->text, ", %lld %s", (long long)n, words[i]);
		}
		text_add_str(&p->text, "\n");
	}
}

static enum code send(struct ctl *c, struct slice lines, bool dry_run, struct answer *ret)
{
	const struct wants *w = &c->want;
	struct text path;

	text_init(&path, 0);
	text_add(&path, "/bulk?dry_run=%s", dry_run ? "true" : "false");
	if (w->reset)
		text_add(&path, "&reset=%s", w->reset);
	if (w->comment) {
		text_add_str(&path, "&comment=");
		client_escape(&path, w->comment);
	}
	struct ask a = { .method = "POST", .path = path.at };
	client_lines(c->client, lines);
	enum code r = verbs_ask(c, &a, ret);
	text_done(&path);
	return r;
}

/* CODE_OK: the daemon would take it. */
static enum code preview(struct ctl *c, struct slice lines)
{
	struct answer a = { 0 };
	enum code r = send(c, lines, true, &a);

	if (r != CODE_OK)
		return r;
	bool valid = json_is_true(json_object_get(a.json, "valid"));
	if (c->paper.json && (!valid || !c->want.apply))
		paper_json(&c->paper, a.json);
	if (!c->paper.json) {
		put_tally(&c->paper, json_object_get(a.json, "tally"));
		alter_preview(c, a.json);
		paper_flush(&c->paper);
	}
	answer_done(&a);
	return valid ? CODE_OK : CODE_VALIDATION;
}

static enum code apply(struct ctl *c, struct slice lines)
{
	struct answer a = { 0 };
	enum code r = send(c, lines, false, &a);

	if (r != CODE_OK)
		return r;
	if (c->paper.json) {
		paper_json(&c->paper, a.json);
	} else {
		text_add(&c->paper.text, "Applied as one change, revision %lld.\n",
			 (long long)json_integer_value(json_object_get(a.json, "revision")));
		effect_reset(&c->paper, json_object_get(a.json, "reset"));
	}
	answer_done(&a);
	return CODE_OK;
}

enum code load_run(struct ctl *c)
{
	const struct wants *w = &c->want;

	if (w->words_n != 2)
		return complain_usage("import --from ndjson FILE, or - for standard input");
	if (w->stage)
		return complain_usage("lines are not staged: --apply, or leave it at a look");
	own(bytes) text = read_all(w->words[1]);
	if (!text)
		return complain_usage("%s cannot be read, or is empty", w->words[1]);
	enum code r = preview(c, slice_of(text));
	if (r == CODE_OK && (w->apply || import_says_yes()))
		r = apply(c, slice_of(text));
	return r;
}

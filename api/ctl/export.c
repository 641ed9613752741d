/* export.c - `export --to LANGUAGE` and `generate peer NAME --for LANGUAGE`
 *
 * Both are done here, with what anybody may read of the daemon: no key is ever in the text, only
 * words that stand for one. What the language cannot say goes to standard error, so that the text
 * can be sent into a file.
 *
 * Called by: ctl.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/verbs.h"

#include <stdio.h>
#include <string.h>

#include "api/ctl/complain.h"
#include "api/ctl/gather.h"
#include "core/dialect/dialect.h"

static enum code say_languages(const char *what, bool whole)
{
	struct text t;

	text_init(&t, 0);
	for (const struct dialect *d = dialects; d->word; d++)
		if (d->write && (d->whole || !whole))
			text_add(&t, "%s%s", t.n ? ", " : "", d->word);
	complain_usage("%s One of %s", what, t.at);
	text_done(&t);
	return CODE_USAGE;
}

/* The text on standard output, the notes on standard error; with --json both in one object. */
static void print(struct ctl *c, const struct text *text, const struct sketch *notes)
{
	const char *at = text->at ? text->at : "";
	struct text t;

	if (c->paper.json) {
		json_t *said = json_pack("{ss%,so}", "text", at, text->n, "notes",
					 import_notes_json(notes));

		paper_json(&c->paper, said);
		json_decref(said);
		return;
	}
	text_init(&t, 0);
	import_notes(&t, notes);
	fwrite(t.at ? t.at : "", 1, t.n, stderr);
	text_done(&t);
	text_add_n(&c->paper.text, at, text->n);
}

enum code export_run(struct ctl *c)
{
	const struct dialect *to = c->want.to ? dialect_find(c->want.to) : NULL;
	struct sketch records, notes;
	struct text text;

	if (!to || !to->write || !to->whole)
		return say_languages("export --to what?", true);
	if (c->want.words_n != 1)
		return complain_usage("export --to %s prints the text", to->word);
	sketch_init(&records);
	sketch_init(&notes);
	text_init(&text, 0);
	enum code r = gather_records(c, &records);
	if (r == CODE_OK) {
		to->write(&records, &text, &notes);
		print(c, &text, &notes);
	}
	text_done(&text);
	sketch_done(&records);
	sketch_done(&notes);
	return r;
}

enum code export_generate(struct ctl *c)
{
	const struct wants *w = &c->want;
	const struct dialect *to = w->for_whom ? dialect_find(w->for_whom) : NULL;
	struct sketch records, notes;
	struct fault f = { 0 };
	struct text text;

	if (!to || !to->write)
		return say_languages("generate for what?", false);
	if (w->words_n != 3 || strcmp(w->words[1], "peer") != 0)
		return complain_usage("generate peer NAME --for %s [--remote ADDRESS]", to->word);
	sketch_init(&records);
	sketch_init(&notes);
	text_init(&text, 0);
	enum code r = gather_records(c, &records);
	if (r == CODE_OK &&
	    !dialect_other_side(to, &records, w->words[2], w->remote, &text, &notes)) {
		fail(&f, R_NOT_FOUND, "there is no peer %.60s", w->words[2]);
		r = complain_fault(c, CODE_NOT_FOUND, &f);
	} else if (r == CODE_OK) {
		print(c, &text, &notes);
	}
	text_done(&text);
	sketch_done(&records);
	sketch_done(&notes);
	return r;
}

/* setshelf.c - change sets that wait, here and in the store
 *
 * A set is in the store before anybody is told that it is there, so a restart or a SIGKILL loses none.
 * What it holds is read once, at the start; after that only rows that were touched are written. A day
 * without a touch forgets a set, here and there.
 *
 * Called by: changesets.c.  Thread: loop.  Owns: the sets.
 */
#include "api/setshelf.h"

#include <stdlib.h>

#include "core/base/log.h"
#include "core/base/text.h"
#include "core/base/timers.h"

void setshelf_free(struct set *s)
{
	if (s)
		draft_done(&s->draft);
	free(s);
}

static int64_t now_s(void)
{
	return clock_wall_ms() / 1000;
}

static void let_go(struct changesets *c, size_t i)
{
	setshelf_free(c->at[i]);
	c->at[i] = c->at[--c->n];
}

static size_t place_of(const struct changesets *c, uint64_t id)
{
	size_t i = 0;

	while (i < c->n && c->at[i]->id != id)
		i++;
	return i;
}

struct set *setshelf_find(const struct changesets *c, uint64_t id)
{
	size_t i = place_of(c, id);

	return i < c->n ? c->at[i] : NULL;
}

void setshelf_drop(struct changesets *c, uint64_t id)
{
	size_t i = place_of(c, id);

	if (i < c->n)
		let_go(c, i);
}

enum reason setshelf_discard(struct changesets *c, uint64_t id, const struct audit_row *row,
			     struct fault *f)
{
	const struct repo *repo = c->control->repo;
	enum reason r = repo->changeset_drop(repo->ctx, id, row, f);

	if (r == R_OK)
		setshelf_drop(c, id);
	return r;
}

void setshelf_forget_old(struct changesets *c)
{
	struct fault f = { 0 };

	setshelf_follow(c);
	for (size_t i = c->n; i-- > 0;)
		if (c->at[i]->id != c->tried && now_s() - c->at[i]->touched_s > CHANGESET_AGE_S &&
		    setshelf_discard(c, c->at[i]->id, NULL, &f) != R_OK)
			log_say(LOG_WARN_, LOG_API, "an old change set stays: %s", f.text);
}

/* ---- out of the store ---- */

static struct set *read_set(const struct changeset *kept)
{
	struct set *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->id = kept->id;
	s->created_s = kept->created_s;
	s->touched_s = kept->touched_s;
	s->revision = kept->revision;
	text_copy(s->who, sizeof(s->who), kept->who);
	text_copy(s->comment, sizeof(s->comment), kept->comment);
	text_copy(s->note, sizeof(s->note), kept->note);
	if (draft_restore(&s->draft, kept->rows, kept->n))
		return s;
	setshelf_free(s);
	return NULL;
}

static void each_set(void *arg, const struct changeset *kept)
{
	struct changesets *c = arg;
	struct set *s = kept && c->n < CHANGESETS_MOST ? read_set(kept) : NULL;

	if (s)
		c->at[c->n++] = s;
	else if (kept)
		log_say(LOG_WARN_, LOG_API, "change set %llu could not be taken up again",
			(unsigned long long)kept->id);
}

void setshelf_load(struct changesets *c)
{
	const struct repo *repo = c->control->repo;
	struct fault f = { 0 };

	c->last = repo->changesets_last(repo->ctx);
	if (repo->changesets(repo->ctx, 0, each_set, c, &f) != R_OK)
		log_say(LOG_ERROR_, LOG_API, "change sets could not be read: %s", f.text);
	struct canarying is = { 0 };
	c->control->canarying(c->control->ctx, &is);
	c->tried = is.changeset;
	setshelf_forget_old(c);
}

/* ---- tried on a few peers first ---- */

static void each_note(void *arg, const struct changeset *kept)
{
	struct set *s = arg;

	if (!kept)
		return;
	s->touched_s = kept->touched_s;
	text_copy(s->note, sizeof(s->note), kept->note);
}

/* It went back: records are what they were, under other revisions. */
static void follow_records(struct set *s, const struct config *now)
{
	for (size_t i = 0; i < s->draft.n; i++) {
		struct staged *row = &s->draft.at[i];
		const struct record *rec = config_find(now, row->kind, row->name);

		if (!rec || !row->before || !record_same(rec, row->before))
			continue;
		record_unref(row->before);
		row->before = record_ref(rec);
		row->is_kept = false;
	}
}

void setshelf_follow(struct changesets *c)
{
	const struct repo *repo = c->control->repo;
	struct set *s = setshelf_find(c, c->tried);
	struct canarying is = { 0 };
	struct fault f = { 0 };

	if (!c->tried)
		return;
	c->control->canarying(c->control->ctx, &is);
	if (is.revision && is.changeset == c->tried)
		return;
	c->tried = 0;
	if (!s)
		return;
	*s->note = '\0';
	if (repo->changesets(repo->ctx, s->id, each_note, s, &f) != R_OK || !*s->note) {
		setshelf_drop(c, s->id); /* it is for all now */
		return;
	}
	const struct config *now = board_config(c->control->board);
	follow_records(s, now);
	config_unref(now);
}

/* ---- into it ---- */

/* Rows that the store does not have as they are. False: no memory. */
static bool fresh_rows(const struct draft *d, struct changeset *kept)
{
	kept->rows = calloc(d->n + 1, sizeof(*kept->rows));
	for (size_t i = 0; kept->rows && i < d->n; i++) {
		const struct staged *s = &d->at[i];
		struct changeset_row *row = &kept->rows[kept->n];

		if (s->is_kept)
			continue;
		row->kind = s->kind;
		text_copy(row->name, sizeof(row->name), s->name);
		row->before = s->before;
		row->after = s->rec;
		kept->n++;
	}
	return kept->rows != NULL;
}

static enum reason keep(struct changesets *c, const struct set *s, struct draft *d,
			const struct audit_row *row, struct fault *f)
{
	const struct repo *repo = c->control->repo;
	struct changeset kept = { .id = s->id,
				  .created_s = s->created_s,
				  .touched_s = now_s(),
				  .revision = s->revision };

	text_copy(kept.who, sizeof(kept.who), s->who);
	text_copy(kept.comment, sizeof(kept.comment), s->comment);
	text_copy(kept.note, sizeof(kept.note), s->note);
	if (!fresh_rows(d, &kept))
		return fail(f, R_NO_MEMORY, "no memory for the change set");
	enum reason r = repo->changeset_put(repo->ctx, &kept, row, f);
	free(kept.rows);
	for (size_t i = 0; r == R_OK && i < d->n; i++)
		d->at[i].is_kept = true;
	return r;
}

struct set *setshelf_new(struct changesets *c, const char *who, const char *comment,
			 struct fault *f)
{
	struct set *s;

	setshelf_forget_old(c);
	if (c->n == CHANGESETS_MOST || !(s = calloc(1, sizeof(*s)))) {
		fail(f, R_BUSY, "there are %zu change sets already; apply or discard some", c->n);
		return NULL;
	}
	const struct config *now = board_config(c->control->board);
	s->id = ++c->last;
	s->created_s = s->touched_s = now_s();
	s->revision = config_revision(now);
	config_unref(now);
	text_copy(s->who, sizeof(s->who), who);
	text_copy(s->comment, sizeof(s->comment), comment ? comment : "");
	return s;
}

enum reason setshelf_add(struct changesets *c, struct set *take_s, const struct audit_row *row,
			 struct fault *f)
{
	enum reason r = keep(c, take_s, &take_s->draft, row, f);

	if (r == R_OK)
		c->at[c->n++] = take_s;
	return r;
}

enum reason setshelf_edit(struct changesets *c, struct set *s, struct draft *take_draft,
			  const struct audit_row *row, struct fault *f)
{
	enum reason r = keep(c, s, take_draft, row, f);

	if (r != R_OK)
		return r;
	draft_done(&s->draft);
	s->draft = *take_draft;
	*take_draft = (struct draft){ 0 };
	s->touched_s = now_s();
	return R_OK;
}

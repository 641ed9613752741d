/* changes.c - a whole configuration out of the store, and one change into it
 *
 * A change is one transaction: every record it writes, a tombstone for every one it removes, a
 * line of history each, and the revision, which only goes on from the one the change was made
 * for. When COMMIT returned it is durable; when anything failed nothing of it happened.
 * Then the log is emptied: replaced secrets lie in it, and of a damaged log sqlite believes in
 * silence what is before the damage, which would be an older configuration.
 *
 * Called by: the daemon, through struct repo.  Thread: loop.  Owns: nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "store/parts.h"

static void finish(save_done *done, void *arg, const struct fault *f)
{
	done(arg, f->reason, f);
}

/* ---- load ---- */

/* Numbers of records that are gone: nobody else may be known by them in a MIB. */
static enum reason spend_indexes(struct store *s, struct config *c, struct fault *f)
{
	sqlite3_stmt *st =
		store_prepare(s, "SELECT kind, max(record_index) FROM tombstones GROUP BY kind", f);
	int rc;

	if (!st)
		return f->reason;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		enum kind k = kind_of_path(store_text(st, 0));

		if (k != K_COUNT)
			config_spend_index(c, k, (uint32_t)sqlite3_column_int64(st, 1));
	}
	enum reason r = rc == SQLITE_DONE ? R_OK : store_fault(s, f, "reading");
	sqlite3_finalize(st);
	return r;
}

void changes_load(void *ctx, load_done *done, void *arg)
{
	struct store *s = ctx;
	struct fault f = { .reason = R_OK };
	struct row_list l = { 0 };
	own(config) c = NULL;
	enum reason r = R_OK;

	for (int k = 0; k < K_COUNT && r == R_OK; k++)
		r = rows_load(s, (enum kind)k, &l, &f);
	uint64_t revision = store_number(s, "SELECT revision FROM standing");
	if (r == R_OK)
		r = seal_check(s, &f);
	if (r == R_OK) {
		c = config_of_records(l.at, l.n, revision, &f);
		l.n = 0; /* taken */
	}
	if (c)
		bounds_take(s, c);
	if (c && spend_indexes(s, c, &f) != R_OK) {
		config_unref(c);
		c = NULL;
	}
	for (size_t i = 0; i < l.n; i++)
		record_unref(l.at[i]);
	free(l.at);
	done(arg, give(c), &f);
}

/* ---- save ---- */

/* The revision goes on by one step from what the change was made for, or not at all. */
static enum reason raise_revision(struct store *s, const struct save *save, struct fault *f)
{
	sqlite3_stmt *st = store_prepare(
		s, "UPDATE standing SET revision = ?1, changed_s = ?2 WHERE revision = ?3", f);

	if (!st)
		return f->reason;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)config_revision(save->after));
	sqlite3_bind_int64(st, 2, save->now_s);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)config_revision(save->before));
	enum reason r = store_finish(s, st, f);
	if (r == R_OK && sqlite3_changes(s->db) != 1)
		return fail(f, R_STALE,
			    "the store is at revision %llu, the change was made for %llu",
			    (unsigned long long)store_number(s, "SELECT revision FROM standing"),
			    (unsigned long long)config_revision(save->before));
	return r;
}

static enum reason put_tombstone(struct store *s, const struct save *save, const struct edit *e,
				 struct fault *f)
{
	sqlite3_stmt *st = store_prepare(s,
					 "INSERT OR REPLACE INTO tombstones "
					 "(kind, name, scope, record_index, revision, at_s, who) "
					 "VALUES (?, ?, ?, ?, ?, ?, ?)",
					 f);
	const struct record *old = config_find(save->before, e->kind, e->name);

	if (!st)
		return f->reason;
	store_bind_text(st, 1, kind_row(e->kind)->path);
	store_bind_text(st, 2, e->name);
	store_bind_text(st, 3, old ? old->scope : "this");
	sqlite3_bind_int64(st, 4, old ? old->index : 0);
	sqlite3_bind_int64(st, 5, (sqlite3_int64)config_revision(save->after));
	sqlite3_bind_int64(st, 6, save->now_s);
	store_bind_text(st, 7, save->who);
	return store_finish(s, st, f);
}

static enum reason lift_tombstone(struct store *s, const struct edit *e, struct fault *f)
{
	sqlite3_stmt *st =
		store_prepare(s, "DELETE FROM tombstones WHERE kind = ? AND name = ?", f);

	if (!st)
		return f->reason;
	store_bind_text(st, 1, kind_row(e->kind)->path);
	store_bind_text(st, 2, e->name);
	return store_finish(s, st, f);
}

static const struct record *record_after(const struct save *save, const struct edit *e)
{
	return config_find(save->after, e->kind, e->name);
}

static enum reason save_edit(struct store *s, const struct save *save, const struct edit *e,
			     struct fault *f)
{
	const struct record *rec = record_after(save, e);
	enum reason r = kept_put_away(s, save, e, f);

	if (r == R_OK && rec)
		r = rows_put(s, rec, f);
	else if (r == R_OK)
		r = rows_delete(s, e->kind, e->name, f);
	if (r == R_OK)
		r = rec ? lift_tombstone(s, e, f) : put_tombstone(s, save, e, f);
	return r == R_OK ? ledger_note(s, save, e, f) : r;
}

static enum reason save_edits(struct store *s, const struct save *save, struct fault *f)
{
	struct seal seal;
	enum reason r = seal_begin(s, &seal, f);

	for (size_t i = 0; i < save->n && r == R_OK; i++) {
		const struct edit *e = &save->edits[i];
		const struct record *rec = record_after(save, e);
		const char *name = rec ? rec->name : e->name;

		r = seal_row(s, &seal, e->kind, name, false, f);
		if (r == R_OK)
			r = save_edit(s, save, e, f);
		if (r == R_OK)
			r = seal_row(s, &seal, e->kind, name, true, f);
	}
	if (r != R_OK)
		return r;
	return seal_end(s, &seal, config_revision(save->after) - config_revision(save->before), f);
}

/* What the daemon has to know with the change, or not at all. */
static enum reason save_fact(struct store *s, const struct save *save, struct fault *f)
{
	return save->fact.name ? accounts_fact_put(s, save->fact.name, save->fact.value, f) : R_OK;
}

void changes_save(void *ctx, const struct save *save, save_done *done, void *arg)
{
	struct store *s = ctx;
	struct fault f = { .reason = R_OK };
	enum reason r = store_begin(s, &f);

	if (r != R_OK) {
		finish(done, arg, &f);
		return;
	}
	bool other_bounds = bounds_take(s, save->after);
	r = raise_revision(s, save, &f);
	if (r == R_OK)
		r = save_edits(s, save, &f);
	if (r == R_OK)
		r = kept_shorten(s, save, &f);
	if (r == R_OK && other_bounds)
		r = stories_shorten(s, save->now_s * 1000, &f);
	if (r == R_OK)
		r = save_fact(s, save, &f);
	if (r == R_OK)
		r = sets_save(s, save, &f);
	r = store_end(s, r, &f);
	if (r != R_OK)
		bounds_take(s, save->before);
	if (r == R_OK || s->is_unclean)
		store_scrub(s);
	finish(done, arg, &f);
}

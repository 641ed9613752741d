/* sets.c - change sets that wait to be applied
 *
 * A set is a row, and a row for each record it touches: what the record was when it was first
 * touched and what it is to be, as octets with sealed secrets. What goes, goes from the disk: a set
 * may hold a secret that nobody uses yet.
 *
 * The number of sets and their age are the api's to bound; here they only are kept.
 *
 * Called by: changes.c, the api and the daemon through struct repo.  Thread: loop.  Owns: nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "store/parts.h"

/* ---- in ---- */

static bool bind_body(sqlite3_stmt *st, int at, const struct record *rec)
{
	struct text body;

	if (!rec)
		return true; /* NULL already */
	text_init(&body, 0);
	body_put(&body, rec);
	bool good = !body.cut &&
		    sqlite3_bind_blob(st, at, body.at, (int)body.n, SQLITE_TRANSIENT) == SQLITE_OK;
	wipe(body.at, body.n);
	text_done(&body);
	return good;
}

static enum reason put_row(struct store *s, uint64_t id, const struct changeset_row *row,
			   struct fault *f)
{
	static const struct record none;
	const struct record *old = row->before ? row->before : &none;
	sqlite3_stmt *st = store_prepare(
		s,
		"INSERT INTO changeset_rows (changeset, kind, name, revision, record_index, "
		"created_s, changed_s, before, after) VALUES (?, ?, ?, ?4, ?5, ?6, ?7, ?8, ?9) "
		"ON CONFLICT (changeset, kind, name) DO UPDATE SET revision = ?4, "
		"record_index = ?5, created_s = ?6, changed_s = ?7, before = ?8, after = ?9",
		f);

	if (!st)
		return f->reason;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)id);
	store_bind_text(st, 2, kind_row(row->kind)->path);
	store_bind_text(st, 3, row->name);
	sqlite3_bind_int64(st, 4, (sqlite3_int64)old->revision);
	sqlite3_bind_int64(st, 5, old->index);
	sqlite3_bind_int64(st, 6, old->created_s);
	sqlite3_bind_int64(st, 7, old->changed_s);
	if (bind_body(st, 8, row->before) && bind_body(st, 9, row->after))
		return store_finish(s, st, f);
	sqlite3_finalize(st);
	return fail(f, R_NO_MEMORY, "no memory to keep a change set");
}

static enum reason put_head(struct store *s, const struct changeset *c, struct fault *f)
{
	sqlite3_stmt *st = store_prepare(
		s,
		"INSERT INTO changesets (id, created_s, touched_s, revision, who, comment, note) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET "
		"touched_s = ?3, comment = ?6, note = ?7",
		f);

	if (!st)
		return f->reason;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)c->id);
	sqlite3_bind_int64(st, 2, c->created_s);
	sqlite3_bind_int64(st, 3, c->touched_s);
	sqlite3_bind_int64(st, 4, (sqlite3_int64)c->revision);
	store_bind_text(st, 5, c->who);
	store_bind_text(st, 6, c->comment);
	store_bind_text(st, 7, c->note);
	return store_finish(s, st, f);
}

enum reason sets_put(void *ctx, const struct changeset *c, const struct audit_row *row,
		     struct fault *f)
{
	struct store *s = ctx;
	enum reason r = store_begin(s, f);

	if (r != R_OK)
		return r;
	r = put_head(s, c, f);
	for (size_t i = 0; i < c->n && r == R_OK; i++)
		r = put_row(s, c->id, &c->rows[i], f);
	if (r == R_OK && row)
		r = audit_append(s, row, f);
	r = store_end(s, r, f);
	if (r == R_OK && c->n) /* what a row was before may have been a secret */
		store_scrub(s);
	return r;
}

/* ---- out again ---- */

static enum reason run_for(struct store *s, const char *sql, uint64_t id, struct fault *f)
{
	sqlite3_stmt *st = store_prepare(s, sql, f);

	if (!st)
		return f->reason;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)id);
	return store_finish(s, st, f);
}

static enum reason drop(struct store *s, uint64_t id, struct fault *f)
{
	enum reason r = run_for(s, "DELETE FROM changeset_rows WHERE changeset = ?", id, f);

	return r == R_OK ? run_for(s, "DELETE FROM changesets WHERE id = ?", id, f) : r;
}

enum reason sets_drop(void *ctx, uint64_t id, const struct audit_row *row, struct fault *f)
{
	struct store *s = ctx;
	enum reason r = store_begin(s, f);

	if (r != R_OK)
		return r;
	r = drop(s, id, f);
	if (r == R_OK && row)
		r = audit_append(s, row, f);
	r = store_end(s, r, f);
	if (r == R_OK)
		store_scrub(s);
	return r;
}

enum reason sets_save(struct store *s, const struct save *save, struct fault *f)
{
	sqlite3_stmt *st;

	if (!save->set.id)
		return R_OK;
	if (!save->set.note)
		return drop(s, save->set.id, f);
	st = store_prepare(s, "UPDATE changesets SET note = ?, touched_s = ? WHERE id = ?", f);
	if (!st)
		return f->reason;
	store_bind_text(st, 1, save->set.note);
	sqlite3_bind_int64(st, 2, save->now_s);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)save->set.id);
	return store_finish(s, st, f);
}

/* ---- reading ---- */

static void rows_free(struct changeset *c)
{
	for (size_t i = 0; i < c->n; i++) {
		record_unref(c->rows[i].before);
		record_unref(c->rows[i].after);
	}
	free(c->rows);
	c->rows = NULL;
	c->n = 0;
}

/* NULL with R_OK: the column is NULL. */
static enum reason read_record(sqlite3_stmt *st, int at, const struct changeset_row *row,
			       const struct record **ret, struct fault *f)
{
	own(record) rec = NULL;

	if (sqlite3_column_type(st, at) == SQLITE_NULL)
		return R_OK;
	rec = record_new(row->kind);
	if (!rec)
		return fail(f, R_NO_MEMORY, "no memory for a record");
	text_copy(rec->name, sizeof(rec->name), row->name);
	rec->revision = (uint64_t)sqlite3_column_int64(st, 2);
	rec->index = (uint32_t)sqlite3_column_int64(st, 3);
	rec->created_s = sqlite3_column_int64(st, 4);
	rec->changed_s = sqlite3_column_int64(st, 5);
	const void *blob = sqlite3_column_blob(st, at);
	if (body_read(rec, slice(blob, (size_t)sqlite3_column_bytes(st, at)), f) != R_OK)
		return f->reason;
	*ret = give(rec);
	return R_OK;
}

static enum reason read_row(sqlite3_stmt *st, struct changeset *c, size_t *cap, struct fault *f)
{
	enum kind k = kind_of_path(store_text(st, 0));
	struct changeset_row *row;

	if (k == K_COUNT)
		return R_OK; /* a kind that is no more */
	if (c->n == *cap) {
		size_t most = *cap ? 2 * *cap : 16;
		struct changeset_row *more = realloc(c->rows, most * sizeof(*more));

		if (!more)
			return fail(f, R_NO_MEMORY, "no memory for a change set");
		c->rows = more;
		*cap = most;
	}
	row = &c->rows[c->n++];
	*row = (struct changeset_row){ .kind = k };
	text_copy(row->name, sizeof(row->name), store_text(st, 1));
	enum reason r = read_record(st, 6, row, &row->before, f);
	return r == R_OK ? read_record(st, 7, row, &row->after, f) : r;
}

static enum reason read_rows(struct store *s, struct changeset *c, struct fault *f)
{
	sqlite3_stmt *st = store_prepare(
		s,
		"SELECT kind, name, revision, record_index, created_s, changed_s, before, after "
		"FROM changeset_rows WHERE changeset = ? ORDER BY id",
		f);
	enum reason r = st ? R_OK : f->reason;
	int rc = SQLITE_DONE;
	size_t cap = 0;

	if (st)
		sqlite3_bind_int64(st, 1, (sqlite3_int64)c->id);
	while (r == R_OK && (rc = sqlite3_step(st)) == SQLITE_ROW)
		r = read_row(st, c, &cap, f);
	if (r == R_OK && rc != SQLITE_DONE)
		r = store_fault(s, f, "reading a change set");
	sqlite3_finalize(st);
	return r;
}

static void read_head(sqlite3_stmt *st, struct changeset *c)
{
	*c = (struct changeset){ .id = (uint64_t)sqlite3_column_int64(st, 0),
				 .created_s = sqlite3_column_int64(st, 1),
				 .touched_s = sqlite3_column_int64(st, 2),
				 .revision = (uint64_t)sqlite3_column_int64(st, 3) };
	text_copy(c->who, sizeof(c->who), store_text(st, 4));
	text_copy(c->comment, sizeof(c->comment), store_text(st, 5));
	text_copy(c->note, sizeof(c->note), store_text(st, 6));
}

enum reason sets_read(void *ctx, uint64_t id, changeset_each *each, void *arg, struct fault *f)
{
	struct store *s = ctx;
	sqlite3_stmt *st = store_prepare(
		s,
		"SELECT id, created_s, touched_s, revision, who, comment, note FROM changesets "
		"WHERE ?1 IN (0, id) ORDER BY id",
		f);
	enum reason r = st ? R_OK : f->reason;

	if (st)
		sqlite3_bind_int64(st, 1, (sqlite3_int64)id);
	while (r == R_OK && sqlite3_step(st) == SQLITE_ROW) {
		struct changeset c;

		read_head(st, &c);
		r = read_rows(s, &c, f);
		if (r == R_OK)
			each(arg, &c);
		rows_free(&c);
	}
	sqlite3_finalize(st);
	each(arg, NULL);
	return r;
}

uint64_t sets_last(void *ctx)
{
	return store_number(ctx, "SELECT seq FROM sqlite_sequence WHERE name = 'changesets'");
}

/* kept.c - what records were: any earlier configuration out of the store
 *
 * Before a change overwrites or removes a record, the record as it was is put away with the
 * revisions it stood from and until. The configuration of revision n is then what stands now and
 * was written by n, with what was put away and stood at n. Sealed secrets are put away sealed, so
 * that going back brings them back; they come out by no other way.
 *
 * It is bounded by count and by age: the oldest revisions go whole, so what is still reached is
 * complete. What the last change replaced never goes: a change that waits to be confirmed needs it.
 *
 * Called by: changes.c writes, the daemon and the api read through struct repo.  Thread: loop.
 * Owns: nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/parts.h"

enum reason kept_put_away(struct store *s, const struct save *save, const struct edit *e,
			  struct fault *f)
{
	const struct record *old = config_find(save->before, e->kind, e->name);
	struct text body;
	enum reason r;

	if (!old)
		return R_OK;
	sqlite3_stmt *st = store_prepare(
		s,
		"INSERT INTO kept (kind, name, since, until, record_index, created_s, changed_s, "
		"body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		f);
	if (!st)
		return f->reason;
	text_init(&body, 0);
	body_put(&body, old);
	store_bind_text(st, 1, kind_row(e->kind)->path);
	store_bind_text(st, 2, old->name);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)old->revision);
	sqlite3_bind_int64(st, 4, (sqlite3_int64)config_revision(save->after));
	sqlite3_bind_int64(st, 5, old->index);
	sqlite3_bind_int64(st, 6, old->created_s);
	sqlite3_bind_int64(st, 7, old->changed_s);
	sqlite3_bind_blob(st, 8, body.at, (int)body.n, SQLITE_TRANSIENT);
	if (body.cut) {
		sqlite3_finalize(st);
		r = fail(f, R_NO_MEMORY, "no memory to keep what the record was");
	} else {
		r = store_finish(s, st, f);
	}
	wipe(body.at, body.n);
	text_done(&body);
	return r;
}

/* ---- not for ever ---- */

/* One number of a question about one number; 0 when there is none or it cannot be read, and then
 * nothing is forgotten for its age. */
static uint64_t ask(struct store *s, const char *sql, uint64_t about)
{
	sqlite3_stmt *st = store_prepare(s, sql, NULL);
	uint64_t n = 0;

	if (!st)
		return 0;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)about);
	if (sqlite3_step(st) == SQLITE_ROW)
		n = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

/* Revisions before that one cannot be gone back to from here on. */
static enum reason forget(struct store *s, uint64_t until, struct fault *f)
{
	static const char *const sql[] = { "DELETE FROM kept WHERE until <= ?",
					   "UPDATE kept_since SET revision = max(revision, ?)" };
	enum reason r = R_OK;

	for (size_t i = 0; i < COUNT_OF(sql) && r == R_OK; i++) {
		sqlite3_stmt *st = store_prepare(s, sql[i], f);

		if (!st)
			return f->reason;
		sqlite3_bind_int64(st, 1, (sqlite3_int64)until);
		r = store_finish(s, st, f);
	}
	return r;
}

enum reason kept_shorten(struct store *s, const struct save *save, struct fault *f)
{
	uint64_t last = config_revision(save->after);
	uint64_t n = store_number(s, "SELECT count(*) FROM kept");
	enum reason r = R_OK;

	while (r == R_OK && n) {
		uint64_t until = store_number(s, "SELECT min(until) FROM kept");
		int64_t at_s = (int64_t)ask(
			s, "SELECT at_s FROM changes WHERE revision = ? LIMIT 1", until);

		bool is_old = at_s && at_s < save->now_s - s->kept_age_s;
		if (!until || until >= last || (n <= s->kept_most && !is_old))
			break;
		n -= MIN_OF(n, ask(s, "SELECT count(*) FROM kept WHERE until = ?", until));
		r = forget(s, until, f);
	}
	return r;
}

static enum reason read_row(struct store *s, sqlite3_stmt *st, struct row_list *l, struct fault *f)
{
	enum kind k = kind_of_path(store_text(st, 0));
	struct fault why = { 0 };

	if (k == K_COUNT)
		return R_OK; /* a kind that is no more */
	own(record) rec = record_new(k);
	if (!rec)
		return fail(f, R_NO_MEMORY, "no memory for a record");
	text_copy(rec->name, sizeof(rec->name), store_text(st, 1));
	rec->revision = (uint64_t)sqlite3_column_int64(st, 2);
	rec->index = (uint32_t)sqlite3_column_int64(st, 3);
	rec->created_s = sqlite3_column_int64(st, 4);
	rec->changed_s = sqlite3_column_int64(st, 5);
	const void *blob = sqlite3_column_blob(st, 6);
	struct slice body = slice(blob, (size_t)sqlite3_column_bytes(st, 6));
	if (body_read(rec, body, &why) != R_OK)
		return fail(f, R_STORE_DAMAGED, "%s: the %s %s as it was in revision %llu: %.120s",
			    s->path, kind_row(k)->word, rec->name,
			    (unsigned long long)rec->revision, why.text);
	return rows_append(l, give(rec), f);
}

/* What was put away and stood at that revision. */
static enum reason load_kept(struct store *s, uint64_t revision, struct row_list *l,
			     struct fault *f)
{
	sqlite3_stmt *st = store_prepare(s,
					 "SELECT kind, name, since, record_index, created_s, "
					 "changed_s, body FROM kept WHERE since <= ?1 AND until > "
					 "?1 ORDER BY kind, name",
					 f);
	int rc = SQLITE_DONE;
	enum reason r = st ? R_OK : f->reason;

	if (st)
		sqlite3_bind_int64(st, 1, (sqlite3_int64)revision);
	while (r == R_OK && (rc = sqlite3_step(st)) == SQLITE_ROW)
		r = read_row(s, st, l, f);
	if (r == R_OK && rc != SQLITE_DONE)
		r = store_fault(s, f, "reading what was");
	sqlite3_finalize(st);
	return r;
}

/* Drops from a list what was written after that revision. */
static void only_until(struct row_list *l, uint64_t revision)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (l->at[i]->revision <= revision)
			l->at[n++] = l->at[i];
		else
			record_unref(l->at[i]);
	}
	l->n = n;
}

/* Secrets that were something else at that revision, and what they were is gone by `first`. */
static void name_gone(struct store *s, uint64_t revision, uint64_t first, struct text *t)
{
	sqlite3_stmt *st = store_prepare(s,
					 "SELECT DISTINCT name FROM changes WHERE kind = ?1 AND "
					 "revision > ?2 AND revision <= ?3 AND before <> '' "
					 "ORDER BY name LIMIT 5",
					 NULL);
	int n = 0;

	if (!st)
		return;
	store_bind_text(st, 1, kind_row(K_SECRET)->path);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)revision);
	sqlite3_bind_int64(st, 3, (sqlite3_int64)first);
	for (; sqlite3_step(st) == SQLITE_ROW; n++)
		if (n < 4)
			text_add(t, "%s%s", n ? ", " : "; gone with it: secret ",
				 store_text(st, 0));
	if (n > 4)
		text_add_str(t, " and more");
	sqlite3_finalize(st);
}

static enum reason gone(struct store *s, uint64_t revision, uint64_t first, struct fault *f)
{
	struct text names;

	text_init(&names, 0);
	name_gone(s, revision, first, &names);
	fail(f, R_NOT_FOUND, "what records were is kept since revision %llu%s",
	     (unsigned long long)first, names.at ? names.at : "");
	text_done(&names);
	return f->reason;
}

static enum reason may_look(struct store *s, uint64_t revision, struct fault *f)
{
	uint64_t now = store_number(s, "SELECT revision FROM standing");
	uint64_t first = store_number(s, "SELECT revision FROM kept_since");

	if (revision > now)
		return fail(f, R_NOT_FOUND, "there is no revision %llu yet, the last is %llu",
			    (unsigned long long)revision, (unsigned long long)now);
	if (revision < first)
		return gone(s, revision, first, f);
	return R_OK;
}

void kept_load(void *ctx, uint64_t revision, load_done *done, void *arg)
{
	struct store *s = ctx;
	struct fault f = { .reason = R_OK };
	struct row_list l = { 0 };
	own(config) c = NULL;
	enum reason r = may_look(s, revision, &f);

	for (int k = 0; k < K_COUNT && r == R_OK; k++)
		r = rows_load(s, (enum kind)k, &l, &f);
	if (r == R_OK) {
		only_until(&l, revision);
		r = load_kept(s, revision, &l, &f);
	}
	if (r == R_OK) {
		c = config_of_records(l.at, l.n, revision, &f);
		l.n = 0; /* taken */
	}
	for (size_t i = 0; i < l.n; i++)
		record_unref(l.at[i]);
	free(l.at);
	done(arg, give(c), &f);
}

/* rows.c - any record to and from a row of its table, by its field table
 *
 * Values are checked again as they are read, by the same code that checks what people type: a
 * row that was changed by hand is told from one of ours by a sentence that names it, not by
 * what happens later.
 *
 * Called by: changes.c, kept.c.  Thread: loop.  Owns: nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/parts.h"

enum { FIXED = 7 }; /* columns of every record, before those of its kind */

/* ---- to a row ---- */

static void bind_list(sqlite3_stmt *st, int at, const struct field *fl, const void *rec)
{
	struct text t;

	text_init(&t, 0);
	for (size_t i = 0; i < field_count(fl, rec); i++)
		text_add(&t, "%s%s", i ? "\n" : "", field_str(fl, rec, i));
	sqlite3_bind_text(st, at, t.at ? t.at : "", -1, SQLITE_TRANSIENT);
	text_done(&t);
}

static void bind_secret(sqlite3_stmt *st, int at, const struct field *fl, const void *rec)
{
	struct slice sealed = field_sealed_octets(fl, rec);

	if (sealed.n)
		sqlite3_bind_blob(st, at, sealed.at, (int)sealed.n, SQLITE_STATIC);
	store_bind_text(st, at + 1, field_sealed(fl, rec)->fingerprint);
}

static int bind_member(sqlite3_stmt *st, int at, const struct field *fl, const void *rec)
{
	if (fl->many) {
		bind_list(st, at, fl, rec);
		return 1;
	}
	switch (fl->kind) {
	case F_UINT:
	case F_FLAG:
		sqlite3_bind_int64(st, at, (sqlite3_int64)field_uint(fl, rec));
		return 1;
	case F_CHOICE:
		store_bind_text(st, at, name_of(fl->names, (int)field_uint(fl, rec)));
		return 1;
	case F_REF:
		if (*field_str(fl, rec, 0))
			store_bind_text(st, at, field_str(fl, rec, 0));
		return 1;
	case F_SECRET:
		bind_secret(st, at, fl, rec);
		return 2;
	case F_TEXT:
	case F_ADDRESS:
	case F_KINDS:
	default:
		store_bind_text(st, at, field_str(fl, rec, 0));
		return 1;
	}
}

static sqlite3_stmt *put_statement(struct store *s, enum kind k, struct fault *f)
{
	struct text sql;

	if (s->put[k])
		return s->put[k];
	text_init(&sql, 0);
	columns_put(k, &sql);
	if (sql.cut)
		fail(f, R_NO_MEMORY, "no memory for a statement");
	else
		s->put[k] = store_prepare(s, sql.at, f);
	text_done(&sql);
	return s->put[k];
}

enum reason rows_put(struct store *s, const struct record *rec, struct fault *f)
{
	sqlite3_stmt *st = put_statement(s, rec->kind, f);
	enum reason r = R_OK;
	int at = FIXED + 1;

	if (!st)
		return f->reason;
	store_bind_text(st, 1, rec->name);
	store_bind_text(st, 2, rec->scope);
	sqlite3_bind_int64(st, 3, rec->index);
	sqlite3_bind_int64(st, 4, (sqlite3_int64)rec->revision);
	sqlite3_bind_int64(st, 5, rec->created_s);
	sqlite3_bind_int64(st, 6, rec->changed_s);
	store_bind_text(st, 7, rec->changed_by);
	for (const struct field *fl = kind_row(rec->kind)->fields; fl->name; fl++)
		if (columns_has(fl))
			at += bind_member(st, at, fl, rec);
	if (sqlite3_step(st) != SQLITE_DONE)
		r = store_fault(s, f, "keeping a record");
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return r;
}

enum reason rows_delete(struct store *s, enum kind k, const char *name, struct fault *f)
{
	char table[NAME_SIZE], sql[96];

	snprintf(sql, sizeof(sql), "DELETE FROM \"%s\" WHERE name = ?", columns_table(k, table));
	sqlite3_stmt *st = store_prepare(s, sql, f);
	if (!st)
		return f->reason;
	store_bind_text(st, 1, name);
	return store_finish(s, st, f);
}

/* ---- from a row ---- */

static enum reason read_list(const struct field *fl, void *rec, const char *lines, struct fault *f)
{
	char entry[512];

	*((uint8_t *)rec + fl->count_at) = 0;
	for (size_t i = 0; *lines; i++) {
		size_t n = strcspn(lines, "\n");

		if (n >= sizeof(entry))
			return fail(f, R_INVALID, "an entry is too long");
		memcpy(entry, lines, n);
		entry[n] = '\0';
		if (field_set_text(fl, rec, i, entry, f) != R_OK)
			return f->reason;
		lines += n + (lines[n] == '\n');
	}
	return R_OK;
}

static enum reason read_text(const struct field *fl, void *rec, const char *text, struct fault *f)
{
	if (*text)
		return field_set_text(fl, rec, 0, text, f);
	memset((char *)rec + fl->offset, 0, fl->size); /* empty, which the preset may not be */
	return R_OK;
}

static enum reason read_secret(const struct field *fl, void *rec, sqlite3_stmt *st, int at,
			       struct fault *f)
{
	const void *blob = sqlite3_column_blob(st, at); /* before its length is asked for */
	size_t n = (size_t)sqlite3_column_bytes(st, at);

	return field_set_sealed(fl, rec, slice(blob, n), store_text(st, at + 1), f);
}

static enum reason read_member(const struct field *fl, void *rec, sqlite3_stmt *st, int at,
			       struct fault *f)
{
	if (fl->many)
		return read_list(fl, rec, store_text(st, at), f);
	switch (fl->kind) {
	case F_UINT:
		return field_set_uint(fl, rec, (uint64_t)sqlite3_column_int64(st, at), f);
	case F_FLAG:
		return field_set_flag(fl, rec, sqlite3_column_int64(st, at) != 0, f);
	case F_SECRET:
		return read_secret(fl, rec, st, at, f);
	case F_TEXT:
	case F_ADDRESS:
	case F_REF:
	case F_CHOICE:
	case F_KINDS:
	default:
		return read_text(fl, rec, store_text(st, at), f);
	}
}

static enum reason read_row(struct store *s, sqlite3_stmt *st, struct record *rec, struct fault *f)
{
	const struct kind_row *row = kind_row(rec->kind);
	struct fault why = { 0 };
	int at = FIXED;

	text_copy(rec->name, sizeof(rec->name), store_text(st, 0));
	text_copy(rec->scope, sizeof(rec->scope), store_text(st, 1));
	rec->index = (uint32_t)sqlite3_column_int64(st, 2);
	rec->revision = (uint64_t)sqlite3_column_int64(st, 3);
	rec->created_s = sqlite3_column_int64(st, 4);
	rec->changed_s = sqlite3_column_int64(st, 5);
	text_copy(rec->changed_by, sizeof(rec->changed_by), store_text(st, 6));
	for (const struct field *fl = row->fields; fl->name; fl++) {
		if (!columns_has(fl))
			continue;
		if (read_member(fl, rec, st, at, &why) != R_OK)
			return fail(f, R_STORE_DAMAGED, "%s: %s %s has a bad %s: %s", s->path,
				    row->word, rec->name, fl->name, why.text);
		at += fl->kind == F_SECRET ? 2 : 1;
	}
	return R_OK;
}

enum reason rows_append(struct row_list *l, struct record *take_rec, struct fault *f)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		struct record **more = realloc(l->at, cap * sizeof(struct record *));

		if (!more) {
			record_unref(take_rec);
			return fail(f, R_NO_MEMORY, "no memory for the configuration");
		}
		l->at = more;
		l->cap = cap;
	}
	l->at[l->n++] = take_rec;
	return R_OK;
}

enum reason rows_load(struct store *s, enum kind k, struct row_list *l, struct fault *f)
{
	char table[NAME_SIZE];
	enum reason r = R_OK;
	struct text sql;
	int rc = SQLITE_DONE;

	text_init(&sql, 0);
	text_add_str(&sql, "SELECT ");
	columns_list(k, &sql);
	text_add(&sql, " FROM \"%s\" ORDER BY name", columns_table(k, table));
	sqlite3_stmt *st = store_prepare(s, sql.at, f);
	text_done(&sql);
	if (!st)
		return f->reason;
	while (r == R_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		own(record) rec = record_new(k);

		if (!rec)
			r = fail(f, R_NO_MEMORY, "no memory for the configuration");
		else if ((r = read_row(s, st, rec, f)) == R_OK)
			r = rows_append(l, give(rec), f);
	}
	if (r == R_OK && rc != SQLITE_DONE)
		r = store_fault(s, f, "reading");
	sqlite3_finalize(st);
	return r;
}

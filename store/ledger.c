/* ledger.c - the history of changes: who changed what, when, from what to what
 *
 * A line per record of a change, and a row of the audit log, with the record before and after as JSON in the members' own
 * order. A secret is never in it, sealed or not: it reads "set", or "changed" where the change
 * replaced it. The JSON is written here once and given out as it is.
 *
 * Called by: changes.c writes, the api reads through struct repo.  Thread: loop.  Owns: nothing.
 */
#include <stdio.h>
#include <string.h>

#include "core/model/deed.h"
#include "store/parts.h"

/* ---- a record as JSON ---- */

static void put_list(struct text *t, const struct field *fl, const void *rec)
{
	text_add_str(t, "[");
	for (size_t i = 0; i < field_count(fl, rec); i++) {
		text_add_str(t, i ? "," : "");
		text_add_json(t, field_str(fl, rec, i), strlen(field_str(fl, rec, i)));
	}
	text_add_str(t, "]");
}

/* `old` is the record before the change when `rec` is the one after it. */
static void put_secret(struct text *t, const struct field *fl, const void *rec, const void *old)
{
	if (!field_sealed(fl, rec)->n)
		text_add_str(t, "null");
	else if (old && field_sealed(fl, old)->n && !field_equal(fl, old, rec))
		text_add_str(t, "\"changed\"");
	else
		text_add_str(t, "\"set\"");
}

static void put_value(struct text *t, const struct field *fl, const void *rec, const void *old)
{
	if (fl->many) {
		put_list(t, fl, rec);
		return;
	}
	switch (fl->kind) {
	case F_UINT:
		text_add(t, "%llu", (unsigned long long)field_uint(fl, rec));
		break;
	case F_FLAG:
		text_add_str(t, field_uint(fl, rec) ? "true" : "false");
		break;
	case F_CHOICE:
		text_add_json_str(t, name_of(fl->names, (int)field_uint(fl, rec)));
		break;
	case F_SECRET:
		put_secret(t, fl, rec, old);
		break;
	case F_TEXT:
	case F_ADDRESS:
	case F_REF:
	case F_KINDS:
	default:
		text_add_json_str(t, field_str(fl, rec, 0));
		break;
	}
}

/* Members with a dot nest, one deep; those that share an object stand side by side. */
static void put_record(struct text *t, const struct record *rec, const struct record *old)
{
	const char *open = NULL;
	size_t open_n = 0;

	text_add_str(t, "{");
	for (const struct field *fl = kind_row(rec->kind)->fields; fl->name; fl++) {
		const char *dot = strchr(fl->name, '.');
		size_t n = dot ? (size_t)(dot - fl->name) : 0;
		bool same = open && n == open_n && strncmp(open, fl->name, n) == 0;

		if (open && !same) {
			text_add_str(t, "}");
			open = NULL;
		}
		if (fl != kind_row(rec->kind)->fields && !(dot && same && t->at[t->n - 1] == '{'))
			text_add_str(t, ",");
		if (dot && !same) {
			text_add(t, "\"%.*s\":{", (int)n, fl->name);
			open = fl->name;
			open_n = n;
		}
		text_add(t, "\"%s\":", dot ? dot + 1 : fl->name);
		put_value(t, fl, rec, old);
	}
	text_add_str(t, open ? "}}" : "}");
}

/* ---- the lines ---- */

static enum reason insert(struct store *s, const struct save *save, const struct edit *e,
			  const struct text *sides, struct fault *f)
{
	const char *op = !sides[1].at ? "delete" : (sides[0].at ? "update" : "create");
	sqlite3_stmt *st = store_prepare(
		s,
		"INSERT INTO changes (revision, at_s, who, channel, comment, request_id, kind, "
		"name, op, before, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		f);

	if (!st)
		return f->reason;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)config_revision(save->after));
	sqlite3_bind_int64(st, 2, save->now_s);
	store_bind_text(st, 3, save->who);
	store_bind_text(st, 4, save->channel);
	store_bind_text(st, 5, save->comment);
	store_bind_text(st, 6, save->request_id);
	store_bind_text(st, 7, kind_row(e->kind)->path);
	store_bind_text(st, 8, e->name);
	store_bind_text(st, 9, op);
	store_bind_text(st, 10, sides[0].at);
	store_bind_text(st, 11, sides[1].at);
	return store_finish(s, st, f);
}

/* The same, in the chain that tells when somebody touches it. */
static enum reason put_on_record(struct store *s, const struct save *save, const struct edit *e,
				 const struct text *sides, struct fault *f)
{
	const struct kind_row *kind = kind_row(e->kind);
	struct audit_row row = { .at_s = save->now_s, .before = sides[0].at, .after = sides[1].at };

	text_copy(row.who, sizeof(row.who), save->who);
	text_copy(row.channel, sizeof(row.channel), save->channel);
	text_copy(row.request_id, sizeof(row.request_id), save->request_id);
	text_copy(row.action, sizeof(row.action),
		  deed_word(!sides[1].at  ? DEED_DELETE
			    : sides[0].at ? DEED_UPDATE
					  : DEED_CREATE));
	snprintf(row.object, sizeof(row.object), "%s%s%s", kind->path, kind->single ? "" : "/",
		 kind->single ? "" : e->name);
	return audit_append(s, &row, f);
}

enum reason ledger_note(struct store *s, const struct save *save, const struct edit *e,
			struct fault *f)
{
	const struct record *old = config_find(save->before, e->kind, e->name);
	const struct record *new = config_find(save->after, e->kind, e->name);
	struct text sides[2];
	enum reason r = R_OK;

	text_init(&sides[0], 0);
	text_init(&sides[1], 0);
	if (old)
		put_record(&sides[0], old, NULL);
	if (new)
		put_record(&sides[1], new, old);
	if (sides[0].cut || sides[1].cut)
		r = fail(f, R_NO_MEMORY, "no memory for the history of the change");
	else if (old || new)
		r = insert(s, save, e, sides, f);
	if (r == R_OK && (old || new))
		r = put_on_record(s, save, e, sides, f);
	text_done(&sides[0]);
	text_done(&sides[1]);
	return r;
}

static void read_row(sqlite3_stmt *st, struct history_row *h)
{
	*h = (struct history_row){ .id = (uint64_t)sqlite3_column_int64(st, 0),
				   .revision = (uint64_t)sqlite3_column_int64(st, 1),
				   .at_s = sqlite3_column_int64(st, 2),
				   .before = store_text(st, 10),
				   .after = store_text(st, 11) };
	text_copy(h->who, sizeof(h->who), store_text(st, 3));
	text_copy(h->channel, sizeof(h->channel), store_text(st, 4));
	text_copy(h->comment, sizeof(h->comment), store_text(st, 5));
	text_copy(h->request_id, sizeof(h->request_id), store_text(st, 6));
	text_copy(h->kind, sizeof(h->kind), store_text(st, 7));
	text_copy(h->name, sizeof(h->name), store_text(st, 8));
	text_copy(h->op, sizeof(h->op), store_text(st, 9));
}

void ledger_read(void *ctx, const char *kind, const char *name, uint64_t before, size_t most,
		 history_each *each, void *arg)
{
	struct store *s = ctx;
	sqlite3_stmt *st = store_prepare(
		s,
		"SELECT id, revision, at_s, who, channel, comment, request_id, kind, name, op, "
		"before, after FROM changes WHERE id < ?1 AND (?2 = '' OR kind = ?2) AND "
		"(?3 = '' OR name = ?3) ORDER BY id DESC LIMIT ?4",
		NULL);
	struct history_row h;

	if (st) {
		sqlite3_bind_int64(st, 1, before ? (sqlite3_int64)before : INT64_MAX);
		store_bind_text(st, 2, kind);
		store_bind_text(st, 3, name);
		sqlite3_bind_int64(st, 4, (sqlite3_int64)most);
	}
	while (st && sqlite3_step(st) == SQLITE_ROW) {
		read_row(st, &h);
		each(arg, &h);
	}
	sqlite3_finalize(st);
	each(arg, NULL);
}

void ledger_commit(void *ctx, uint64_t revision, history_each *each, void *arg)
{
	struct store *s = ctx;
	sqlite3_stmt *st = store_prepare(
		s,
		"SELECT id, revision, at_s, who, channel, comment, request_id, kind, name, op, "
		"before, after FROM changes WHERE revision = ? ORDER BY id",
		NULL);
	struct history_row h;

	if (st)
		sqlite3_bind_int64(st, 1, (sqlite3_int64)revision);
	while (st && sqlite3_step(st) == SQLITE_ROW) {
		read_row(st, &h);
		each(arg, &h);
	}
	sqlite3_finalize(st);
	each(arg, NULL);
}

void ledger_commits(void *ctx, uint64_t before, size_t most, commit_each *each, void *arg)
{
	struct store *s = ctx;
	sqlite3_stmt *st = store_prepare(
		s,
		"SELECT revision, at_s, who, channel, comment, request_id, count(*) FROM changes "
		"WHERE revision < ?1 GROUP BY revision ORDER BY revision DESC LIMIT ?2",
		NULL);
	struct commit c;

	if (st) {
		sqlite3_bind_int64(st, 1, before ? (sqlite3_int64)before : INT64_MAX);
		sqlite3_bind_int64(st, 2, (sqlite3_int64)most);
	}
	while (st && sqlite3_step(st) == SQLITE_ROW) {
		c = (struct commit){ .revision = (uint64_t)sqlite3_column_int64(st, 0),
				     .at_s = sqlite3_column_int64(st, 1),
				     .records = (uint32_t)sqlite3_column_int(st, 6) };
		text_copy(c.who, sizeof(c.who), store_text(st, 2));
		text_copy(c.channel, sizeof(c.channel), store_text(st, 3));
		text_copy(c.comment, sizeof(c.comment), store_text(st, 4));
		text_copy(c.request_id, sizeof(c.request_id), store_text(st, 5));
		each(arg, &c);
	}
	sqlite3_finalize(st);
	each(arg, NULL);
}

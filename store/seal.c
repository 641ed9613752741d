/* seal.c - one number over the whole configuration, to notice when it is no longer what was written
 *
 * sqlite notices pages that make no sense, not an octet of an address that turned over on the
 * disk. So every change leaves, in its transaction, the sum of what all rows of records say with
 * the revision, and every load adds it up again: a configuration that differs in silence is
 * refused with the file's name. A row is summed as it stands in its table, before anybody
 * understands it, and a change reads only the rows it touches, before and after. The sum is
 * against accidents: who can write the file can write the sum. A migration that makes a table
 * again seals what it made.
 *
 * Called by: changes.c, migrate.c.  Thread: loop.  Owns: nothing.
 */
#include <string.h>

#include "store/parts.h"

static void mix(uint64_t *h, const void *octets, size_t n) /* FNV-1a */
{
	const uint8_t *at = octets;

	for (size_t i = 0; i < n; i++)
		*h = (*h ^ at[i]) * 0x100000001b3;
}

static void mix_column(uint64_t *h, sqlite3_stmt *st, int at)
{
	int type = sqlite3_column_type(st, at);
	int64_t number = type == SQLITE_INTEGER ? sqlite3_column_int64(st, at) : 0;

	if (type == SQLITE_TEXT || type == SQLITE_BLOB) {
		const void *octets = sqlite3_column_blob(st, at);

		number = sqlite3_column_bytes(st, at);
		mix(h, octets, (size_t)number);
	}
	mix(h, &type, sizeof(type));
	mix(h, &number, sizeof(number));
}

static uint64_t seal_of_row(enum kind k, sqlite3_stmt *st)
{
	uint64_t h = 0xcbf29ce484222325;

	mix(&h, kind_row(k)->path, strlen(kind_row(k)->path));
	for (int at = 0; at < sqlite3_column_count(st); at++)
		mix_column(&h, st, at);
	return h ^ h >> 29;
}

static sqlite3_stmt *select_rows(struct store *s, enum kind k, const char *where, struct fault *f)
{
	char table[NAME_SIZE];
	struct text sql;

	text_init(&sql, 0);
	text_add_str(&sql, "SELECT ");
	columns_list(k, &sql);
	text_add(&sql, " FROM \"%s\"%s", columns_table(k, table), where);
	sqlite3_stmt *st = sql.cut ? NULL : store_prepare(s, sql.at, f);
	if (sql.cut)
		fail(f, R_NO_MEMORY, "no memory for a statement");
	text_done(&sql);
	return st;
}

static enum reason add_up(struct store *s, sqlite3_stmt *st, enum kind k, uint64_t *sum,
			  struct fault *f)
{
	int rc;

	*sum = 0;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		*sum += seal_of_row(k, st);
	return rc == SQLITE_DONE ? R_OK : store_fault(s, f, "reading");
}

/* The whole, without the revision, by the way rows_load reads it: through the index of the names. */
static enum reason sum_of_all(struct store *s, uint64_t *ret, struct fault *f)
{
	enum reason r = R_OK;
	uint64_t part;

	*ret = 0;
	for (int k = 0; k < K_COUNT && r == R_OK; k++) {
		sqlite3_stmt *st = select_rows(s, (enum kind)k, " ORDER BY name", f);

		if (!st)
			return f->reason;
		r = add_up(s, st, (enum kind)k, &part, f);
		*ret += part;
		sqlite3_finalize(st);
	}
	return r;
}

static enum reason damaged(const struct store *s, struct fault *f)
{
	return fail(f, R_STORE_DAMAGED,
		    "%s is damaged (what stands in it is not what was written): restore a backup "
		    "of it",
		    s->path);
}

/* There is one row since the first start. */
static enum reason read_seal(struct store *s, uint64_t *ret, struct fault *f)
{
	sqlite3_stmt *st = store_prepare(s, "SELECT sum FROM seal WHERE one = 1", f);
	enum reason r = R_OK;
	int rc;

	if (!st)
		return f->reason;
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*ret = (uint64_t)sqlite3_column_int64(st, 0);
	else
		r = rc == SQLITE_DONE ? damaged(s, f) : store_fault(s, f, "reading");
	sqlite3_finalize(st);
	return r;
}

static enum reason put(struct store *s, uint64_t sum, struct fault *f)
{
	sqlite3_stmt *st = store_prepare(s, "INSERT OR REPLACE INTO seal VALUES (1, ?)", f);

	if (!st)
		return f->reason;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)sum);
	return store_finish(s, st, f);
}

enum reason seal_begin(struct store *s, struct seal *ret, struct fault *f)
{
	return read_seal(s, &ret->sum, f);
}

enum reason seal_anew(struct store *s, struct fault *f)
{
	uint64_t sum;

	if (sum_of_all(s, &sum, f) != R_OK)
		return f->reason;
	return put(s, sum + store_number(s, "SELECT revision FROM standing"), f);
}

enum reason seal_row(struct store *s, struct seal *seal, enum kind k, const char *name, bool is_new,
		     struct fault *f)
{
	sqlite3_stmt *st = s->look[k];
	uint64_t sum;

	if (!st)
		st = s->look[k] = select_rows(s, k, " WHERE name = ?", f);
	if (!st)
		return f->reason;
	store_bind_text(st, 1, name);
	enum reason r = add_up(s, st, k, &sum, f);
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	seal->sum += is_new ? sum : 0 - sum;
	return r;
}

enum reason seal_end(struct store *s, struct seal *seal, uint64_t revisions, struct fault *f)
{
	return put(s, seal->sum + revisions, f);
}

enum reason seal_check(struct store *s, struct fault *f)
{
	uint64_t sum, sealed;

	if (read_seal(s, &sealed, f) != R_OK || sum_of_all(s, &sum, f) != R_OK)
		return f->reason;
	sum += store_number(s, "SELECT revision FROM standing");
	return sum == sealed ? R_OK : damaged(s, f);
}

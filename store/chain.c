/* chain.c - the audit log: a chain of rows that tells when somebody touched it
 *
 * Each row has the SHA-256 over itself and the hash before it; `audit_head` keeps the number and
 * hash of the last, so that rows cut off at the end are told too. What goes into a hash is the
 * number, the time and every text, each with its length before it, so that no two rows read alike.
 * Whoever can write the file and knows this can make the whole chain anew: against him helps only
 * a hash that was noted elsewhere.
 *
 * A change of the configuration writes its rows within its own transaction; everything else is a
 * transaction of its own. It is never shortened.
 *
 * Called by: ledger.c, and the api through struct repo.  Thread: loop.
 * Owns: the statements it keeps.
 */
#include <string.h>

#include "core/crypto/prf.h"
#include "store/parts.h"

enum { HASHED = 9, PREFIX = 8, PIECES = 1 + 2 * HASHED };

/* ---- the hash ---- */

static void put_be64(uint8_t *at, uint64_t v)
{
	for (int i = 0; i < PREFIX; i++)
		at[i] = (uint8_t)(v >> (56 - 8 * i));
}

static enum reason hash_of(const struct audit_row *row, const uint8_t before[AUDIT_HASH],
			   uint8_t ret[AUDIT_HASH])
{
	uint8_t numbers[2][PREFIX], lengths[HASHED][PREFIX], full[DIGEST_MAX];
	struct slice all[PIECES] = { slice(before, AUDIT_HASH) };
	const struct slice parts[HASHED] = {
		slice(numbers[0], PREFIX),
		slice(numbers[1], PREFIX),
		slice_str(row->who),
		slice_str(row->channel),
		slice_str(row->request_id),
		slice_str(row->action),
		slice_str(row->object),
		slice_str(row->before ? row->before : ""),
		slice_str(row->after ? row->after : ""),
	};

	put_be64(numbers[0], row->number);
	put_be64(numbers[1], (uint64_t)row->at_s);
	for (size_t i = 0; i < HASHED; i++) {
		put_be64(lengths[i], parts[i].n);
		all[1 + 2 * i] = slice(lengths[i], PREFIX);
		all[2 + 2 * i] = parts[i];
	}
	enum reason r = prf_hash(INTEG_SHA256, all, PIECES, full);
	if (r == R_OK)
		memcpy(ret, full, AUDIT_HASH);
	return r;
}

/* ---- writing ---- */

/* Kept: a change may write thousands of rows. */
static sqlite3_stmt *kept(struct store *s, enum audit_statement which, const char *sql,
			  struct fault *f)
{
	if (!s->audit[which])
		s->audit[which] = store_prepare(s, sql, f);
	return s->audit[which];
}

static enum reason run(struct store *s, sqlite3_stmt *st, struct fault *f)
{
	enum reason r =
		sqlite3_step(st) == SQLITE_DONE ? R_OK : store_fault(s, f, "writing the audit log");

	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return r;
}

static void take_hash(sqlite3_stmt *st, int at, uint8_t ret[AUDIT_HASH])
{
	memset(ret, 0, AUDIT_HASH);
	if (sqlite3_column_bytes(st, at) == AUDIT_HASH)
		memcpy(ret, sqlite3_column_blob(st, at), AUDIT_HASH);
}

/* The next free number, also where somebody took the head back: a log that was touched is told,
 * but holds nobody up. */
static enum reason read_head(struct store *s, uint64_t *ret_next, uint8_t ret[AUDIT_HASH],
			     struct fault *f)
{
	sqlite3_stmt *st = kept(s, AUDIT_HEAD,
				"SELECT max(coalesce((SELECT number FROM audit_head), 0), "
				"coalesce((SELECT max(number) FROM audit), 0)), "
				"(SELECT hash FROM audit_head)",
				f);

	if (!st)
		return f->reason;
	enum reason r =
		sqlite3_step(st) == SQLITE_ROW ? R_OK : store_fault(s, f, "reading the audit log");
	if (r == R_OK) {
		*ret_next = (uint64_t)sqlite3_column_int64(st, 0) + 1;
		take_hash(st, 1, ret);
	}
	sqlite3_reset(st);
	return r;
}

static enum reason insert(struct store *s, const struct audit_row *row, struct fault *f)
{
	sqlite3_stmt *st =
		kept(s, AUDIT_INSERT,
		     "INSERT INTO audit (number, at_s, who, channel, request_id, action, "
		     "object, before, after, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		     f);

	if (!st)
		return f->reason;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)row->number);
	sqlite3_bind_int64(st, 2, row->at_s);
	store_bind_text(st, 3, row->who);
	store_bind_text(st, 4, row->channel);
	store_bind_text(st, 5, row->request_id);
	store_bind_text(st, 6, row->action);
	store_bind_text(st, 7, row->object);
	store_bind_text(st, 8, row->before);
	store_bind_text(st, 9, row->after);
	sqlite3_bind_blob(st, 10, row->hash, AUDIT_HASH, SQLITE_STATIC);
	return run(s, st, f);
}

static enum reason move_head(struct store *s, const struct audit_row *row, struct fault *f)
{
	sqlite3_stmt *st = kept(s, AUDIT_MOVE,
				"INSERT INTO audit_head VALUES (1, ?1, ?2) "
				"ON CONFLICT (one) DO UPDATE SET number = ?1, hash = ?2",
				f);

	if (!st)
		return f->reason;
	sqlite3_bind_int64(st, 1, (sqlite3_int64)row->number);
	sqlite3_bind_blob(st, 2, row->hash, AUDIT_HASH, SQLITE_STATIC);
	return run(s, st, f);
}

enum reason audit_append(struct store *s, const struct audit_row *row, struct fault *f)
{
	struct audit_row mine = *row;
	uint8_t before[AUDIT_HASH];

	if (read_head(s, &mine.number, before, f) != R_OK)
		return f->reason;
	if (hash_of(&mine, before, mine.hash) != R_OK)
		return fail(f, R_INTERNAL, "the audit log could not be hashed");
	if (insert(s, &mine, f) != R_OK)
		return f->reason;
	return move_head(s, &mine, f);
}

enum reason audit_put(void *ctx, const struct audit_row *row, struct fault *f)
{
	struct store *s = ctx;
	enum reason r = store_begin(s, f);

	if (r == R_OK)
		r = store_end(s, audit_append(s, row, f), f);
	return r;
}

void audit_close(struct store *s)
{
	for (size_t i = 0; i < COUNT_OF(s->audit); i++)
		sqlite3_finalize(s->audit[i]);
}

/* ---- reading ---- */

#define COLUMNS "number, at_s, who, channel, request_id, action, object, before, after, hash"

/* False: a text is longer than any that was written here. Before and after live until the next
 * step. */
static bool read_row(sqlite3_stmt *st, struct audit_row *row)
{
	*row = (struct audit_row){ .number = (uint64_t)sqlite3_column_int64(st, 0),
				   .at_s = sqlite3_column_int64(st, 1),
				   .before = store_text(st, 7),
				   .after = store_text(st, 8) };
	take_hash(st, 9, row->hash);
	bool who = text_copy(row->who, sizeof(row->who), store_text(st, 2));
	bool channel = text_copy(row->channel, sizeof(row->channel), store_text(st, 3));
	bool id = text_copy(row->request_id, sizeof(row->request_id), store_text(st, 4));
	bool action = text_copy(row->action, sizeof(row->action), store_text(st, 5));
	bool object = text_copy(row->object, sizeof(row->object), store_text(st, 6));
	return who && channel && id && action && object;
}

void audit_read(void *ctx, const struct audit_ask *ask, audit_each *each, void *arg)
{
	struct store *s = ctx;
	sqlite3_stmt *st = store_prepare(
		s,
		"SELECT " COLUMNS " FROM audit WHERE number < ?1 AND (?2 = '' OR who = ?2) AND "
		"(?3 = '' OR action = ?3) AND (?4 = '' OR object = ?4 OR "
		"substr(object, 1, length(?4) + 1) = ?4 || '/') ORDER BY number DESC LIMIT ?5",
		NULL);
	struct audit_row row;

	if (st) {
		sqlite3_bind_int64(st, 1, ask->before ? (sqlite3_int64)ask->before : INT64_MAX);
		store_bind_text(st, 2, ask->who);
		store_bind_text(st, 3, ask->action);
		store_bind_text(st, 4, ask->object);
		sqlite3_bind_int64(st, 5, (sqlite3_int64)ask->most);
	}
	while (st && sqlite3_step(st) == SQLITE_ROW) {
		read_row(st, &row);
		each(arg, &row);
	}
	sqlite3_finalize(st);
	each(arg, NULL);
}

/* ---- is it whole? ---- */

static bool is_same(const uint8_t one[AUDIT_HASH], const uint8_t other[AUDIT_HASH])
{
	return slice_equal_secret(slice(one, AUDIT_HASH), slice(other, AUDIT_HASH));
}

static bool breaks(struct audit_check *c, uint64_t number, const char *why)
{
	c->broken = number;
	c->why = why;
	c->is_over = true;
	return false;
}

static bool check_row(struct audit_check *c, sqlite3_stmt *st)
{
	uint8_t due[AUDIT_HASH];
	struct audit_row row;
	bool fits = read_row(st, &row);

	if (row.number != c->rows + 1)
		return breaks(c, c->rows + 1, "the row of this number is missing");
	if (!fits || hash_of(&row, c->hash, due) != R_OK || !is_same(due, row.hash))
		return breaks(c, row.number, "this row, or one before it, is not what was written");
	c->rows = row.number;
	memcpy(c->hash, row.hash, AUDIT_HASH);
	return true;
}

static void check_head(struct store *s, struct audit_check *c)
{
	sqlite3_stmt *st = store_prepare(s, "SELECT number, hash FROM audit_head", NULL);
	uint8_t hash[AUDIT_HASH] = { 0 };
	uint64_t number = 0;

	if (st && sqlite3_step(st) == SQLITE_ROW) {
		number = (uint64_t)sqlite3_column_int64(st, 0);
		take_hash(st, 1, hash);
	}
	sqlite3_finalize(st);
	c->is_over = true;
	if (number > c->rows)
		breaks(c, c->rows + 1, "the rows from this number on were cut off");
	else if (number < c->rows || !is_same(hash, c->hash))
		breaks(c, number + 1, "the log was not written on from here by this gateway");
}

void audit_check(void *ctx, struct audit_check *c, size_t most)
{
	struct store *s = ctx;
	sqlite3_stmt *st = store_prepare(
		s, "SELECT " COLUMNS " FROM audit WHERE number > ? ORDER BY number LIMIT ?", NULL);
	size_t n = 0;

	if (!st) {
		breaks(c, c->rows + 1, "the log cannot be read");
		return;
	}
	sqlite3_bind_int64(st, 1, c->rows ? (sqlite3_int64)c->rows : INT64_MIN);
	sqlite3_bind_int64(st, 2, (sqlite3_int64)most);
	int rc = SQLITE_DONE;
	while (!c->is_over && (rc = sqlite3_step(st)) == SQLITE_ROW && check_row(c, st))
		n++;
	sqlite3_finalize(st);
	if (!c->is_over && rc != SQLITE_DONE)
		breaks(c, c->rows + 1, "the log cannot be read");
	else if (!c->is_over && n < most)
		check_head(s, c);
}

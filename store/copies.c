/* copies.c - the configuration as a database of its own, to keep elsewhere, and read again
 *
 * sqlite's backup API copies the open database into memory, some pages a turn of the loop; the rest is
 * done wherever the caller likes, since nobody else has the copy. What is not the configuration goes
 * out of the copy before anybody sees it: people's and tokens' hashes, facts of this machine,
 * events, stories, what records were. A table that is not named here does not travel. Then the
 * copy is made anew, so that nothing lies in free pages, and read again as a restore would.
 *
 * A copy that comes back is a file of a stranger: it is opened in memory under the same guard as
 * the store's own file, checked, brought to this schema and summed up against its seal.
 *
 * Called by: the api, through struct repo.  Thread: loop; finishing and loading any.
 * Owns: the databases in memory.
 */
#include <stdlib.h>
#include <string.h>

#include "store/parts.h"

enum { HEAD = 100, WRITE_VERSION = 18, READ_VERSION = 19 }; /* of a database file */

/* Beside the tables of records. History has no secret in it, sealed or not. */
static const char *const travel[] = { "standing", "tombstones", "changes", "kept_since", "seal" };

static bool travels(const char *table)
{
	char name[NAME_SIZE];

	for (size_t i = 0; i < COUNT_OF(travel); i++)
		if (strcmp(table, travel[i]) == 0)
			return true;
	for (int k = 0; k < K_COUNT; k++)
		if (strcmp(table, columns_table((enum kind)k, name)) == 0)
			return true;
	return strncmp(table, "sqlite_", 7) == 0;
}

static void done_with(struct store *c)
{
	for (int k = 0; k < K_COUNT; k++) {
		sqlite3_finalize(c->put[k]);
		sqlite3_finalize(c->look[k]);
	}
	sqlite3_close(c->db);
	free(c);
}

/* A store without a file: never the loop's, nobody else has its connection. */
static struct store *in_memory(struct fault *f)
{
	struct store *c = calloc(1, sizeof(*c));

	if (!c) {
		fail(f, R_NO_MEMORY, "no memory for a copy of the store");
		return NULL;
	}
	c->lock = -1;
	text_copy(c->path, sizeof(c->path), "the backup");
	if (sqlite3_open_v2(":memory:", &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK) {
		fail(f, R_NO_MEMORY, "no memory for a copy of the store");
		done_with(c);
		return NULL;
	}
	return c;
}

/* A copy that is being made. */
struct copying {
	struct store *from; /* NULL: it was closed meanwhile */
	struct store *to;
	sqlite3_backup *b; /* NULL: all pages are there, or none will come */
	int rc;
};

void copies_stop(struct store *s)
{
	struct copying *c = s->copying;

	if (!c)
		return;
	if (c->b)
		sqlite3_backup_finish(c->b);
	c->rc = c->b ? SQLITE_ABORT : c->rc;
	c->b = NULL;
	c->from = NULL;
	s->copying = NULL;
}

void copies_end(struct copying *c)
{
	if (!c)
		return;
	if (c->from)
		copies_stop(c->from);
	done_with(c->to);
	free(c);
}

enum reason copies_begin(void *ctx, struct copying **ret, struct fault *f)
{
	struct store *s = ctx;
	struct copying *c;

	*ret = NULL;
	if (s->copying)
		return fail(f, R_BUSY, "another backup is under way");
	c = calloc(1, sizeof(*c));
	if (!c || !(c->to = in_memory(f))) {
		free(c);
		return fail(f, R_NO_MEMORY, "no memory for a copy of the store");
	}
	c->from = s;
	c->b = sqlite3_backup_init(c->to->db, "main", s->db, "main");
	if (!c->b) {
		enum reason r = store_fault(c->to, f, "copying the store");

		done_with(c->to);
		free(c);
		return r;
	}
	s->copying = c;
	*ret = c;
	return R_OK;
}

/* What is changed between two steps over this connection goes into the copy by itself. */
bool copies_step(struct copying *c, size_t pages)
{
	if (!c->b)
		return true;
	c->rc = sqlite3_backup_step(c->b, (int)pages);
	if (c->rc == SQLITE_OK)
		return false;
	sqlite3_backup_finish(c->b);
	c->b = NULL;
	return true;
}

static enum reason strip(struct store *c, struct fault *f)
{
	sqlite3_stmt *st = store_prepare(
		c, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", f);
	struct text sql;

	if (!st)
		return f->reason;
	text_init(&sql, 0);
	while (sqlite3_step(st) == SQLITE_ROW)
		if (!travels(store_text(st, 0)))
			text_add(&sql, "DELETE FROM \"%s\";", store_text(st, 0));
	sqlite3_finalize(st);
	/* going back further than the copy is not in it */
	text_add_str(&sql, "UPDATE kept_since SET revision = (SELECT revision FROM standing);"
			   "VACUUM");
	enum reason r = sql.cut ? fail(f, R_NO_MEMORY, "no memory for a copy of the store")
				: store_run(c, sql.at, f);
	text_done(&sql);
	return r;
}

static enum reason pour_out(struct store *c, struct bytes **ret, struct fault *f)
{
	sqlite3_int64 n = 0;
	unsigned char *at = sqlite3_serialize(c->db, "main", &n, 0);

	*ret = at && n >= HEAD ? bytes_of(at, (size_t)n) : NULL;
	sqlite3_free(at);
	if (!*ret)
		return fail(f, R_NO_MEMORY, "no memory for a copy of the store");
	/* a database in memory has no write-ahead log to be opened with */
	(*ret)->at[WRITE_VERSION] = (*ret)->at[READ_VERSION] = 1;
	return R_OK;
}

static void hear_check(void *arg, struct config *take_c, const struct fault *f)
{
	*(struct fault *)arg = *f;
	config_unref(take_c);
}

enum reason copies_finish(struct copying *c, struct bytes **ret, struct fault *f)
{
	own(bytes) made = NULL;

	*ret = NULL;
	if (c->rc != SQLITE_DONE)
		return fail(f, R_STORE, "the store could not be copied (%s)",
			    sqlite3_errstr(c->rc));
	enum reason r = strip(c->to, f);
	if (r == R_OK)
		r = pour_out(c->to, &made, f);
	if (r != R_OK)
		return r;
	copies_load(NULL, slice_of(made), hear_check, f);
	if (f->reason != R_OK)
		return f->reason;
	*ret = give(made);
	return R_OK;
}

/* ---- in ---- */

static enum reason pour_in(struct store *c, struct slice copy, struct fault *f)
{
	unsigned char *at = copy.n >= HEAD ? sqlite3_malloc64(copy.n) : NULL;

	if (!at)
		return fail(f, R_STORE_DAMAGED, "the backup holds no database");
	memcpy(at, copy.at, copy.n);
	at[WRITE_VERSION] = at[READ_VERSION] = 1;
	if (sqlite3_deserialize(c->db, "main", at, (sqlite3_int64)copy.n, (sqlite3_int64)copy.n,
				SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) !=
	    SQLITE_OK)
		return store_fault(c, f, "opening");
	return R_OK;
}

static enum reason check(struct store *c, struct fault *f)
{
	sqlite3_stmt *st = store_prepare(c, "PRAGMA integrity_check(1)", f);
	enum reason r = R_OK;

	if (!st)
		return f->reason;
	if (sqlite3_step(st) != SQLITE_ROW)
		r = store_fault(c, f, "checking");
	else if (strcmp(store_text(st, 0), "ok") != 0)
		r = fail(f, R_STORE_DAMAGED, "the backup is damaged (%.120s)", store_text(st, 0));
	sqlite3_finalize(st);
	if (r == R_OK && store_number(c, "PRAGMA application_id") != APPLICATION_ID)
		r = fail(f, R_STORE_DAMAGED, "the backup holds a database of another program");
	return r;
}

void copies_load(void *ctx, struct slice copy, load_done *done, void *arg)
{
	struct fault f = { .reason = R_OK };
	struct store *c = in_memory(&f);

	(void)ctx; /* the store itself is not touched */
	if (!c) {
		done(arg, NULL, &f);
		return;
	}
	if (pour_in(c, copy, &f) == R_OK && store_guard(c, &f) == R_OK && check(c, &f) == R_OK &&
	    migrate_may(c, &f) == R_OK && migrate_all(c, &f) == R_OK)
		changes_load(c, done, arg);
	else
		done(arg, NULL, &f);
	done_with(c);
}

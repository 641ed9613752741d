/* migrate.c - register: the schema, version by version
 *
 * What is not a record has its tables here, one row per version; `user_version` says how far a
 * file is. Tables of records are made from the field register instead and follow it at every
 * start: when the text of a table is no longer what the register says (a new member, another
 * word, another preset) it is made again and its rows are copied by name; new columns get
 * their presets. A column that the register does not know is never dropped in silence: that
 * takes a row here that renames or drops it.
 *
 * All of it is one transaction with foreign keys off and checked at its end, as sqlite asks
 * for when tables are rebuilt. A file that is not ours, or newer, is refused unchanged.
 *
 * Called by: store.c.  Thread: loop.  Owns: nothing.
 */
#include <stdio.h>
#include <string.h>

#include "store/parts.h"

enum { SEALED_SINCE = 3 };

struct migration {
	int version; /* what the file is after it */
	const char *what;
	const char *sql;
};

/* clang-format off */
static const struct migration migrations[] = {
	{ 1, "the first schema",
	  "CREATE TABLE standing (one INTEGER PRIMARY KEY CHECK (one = 1),"
	  " revision INTEGER NOT NULL, changed_s INTEGER NOT NULL) STRICT;"
	  "INSERT INTO standing VALUES (1, 0, 0);"
	  "CREATE TABLE tombstones (kind TEXT NOT NULL, name TEXT NOT NULL, scope TEXT NOT NULL,"
	  " record_index INTEGER NOT NULL, revision INTEGER NOT NULL, at_s INTEGER NOT NULL,"
	  " who TEXT NOT NULL, PRIMARY KEY (kind, name)) STRICT;"
	  "CREATE TABLE changes (id INTEGER PRIMARY KEY AUTOINCREMENT, revision INTEGER NOT NULL,"
	  " at_s INTEGER NOT NULL, who TEXT NOT NULL, channel TEXT NOT NULL, comment TEXT NOT NULL,"
	  " request_id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, op TEXT NOT NULL,"
	  " before TEXT NOT NULL, after TEXT NOT NULL) STRICT;"
	  "CREATE INDEX changes_by_record ON changes (kind, name, id);"
	  "CREATE TABLE events (id INTEGER PRIMARY KEY, wall_ms INTEGER NOT NULL,"
	  " event TEXT NOT NULL, reason TEXT NOT NULL, peer TEXT NOT NULL, tunnel TEXT NOT NULL,"
	  " peer_index INTEGER NOT NULL, ike_sa INTEGER NOT NULL, child_sa INTEGER NOT NULL,"
	  " negotiation INTEGER NOT NULL, remote TEXT NOT NULL, remote_port INTEGER NOT NULL,"
	  " revision INTEGER NOT NULL, who TEXT NOT NULL, text TEXT NOT NULL) STRICT;"
	  "CREATE TABLE users (name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL,"
	  " created_s INTEGER NOT NULL, last_in_s INTEGER NOT NULL,"
	  " disabled INTEGER NOT NULL CHECK (disabled IN (0, 1))) STRICT;"
	  "CREATE TABLE tokens (id TEXT PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL,"
	  " role TEXT NOT NULL, hash BLOB NOT NULL CHECK (length(hash) = 32),"
	  " created_s INTEGER NOT NULL, expires_s INTEGER NOT NULL,"
	  " last_used_s INTEGER NOT NULL) STRICT;"
	  "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;" },
	{ 2, "what records were, to go back to",
	  "CREATE TABLE kept (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,"
	  " since INTEGER NOT NULL, until INTEGER NOT NULL, record_index INTEGER NOT NULL,"
	  " created_s INTEGER NOT NULL, changed_s INTEGER NOT NULL, body BLOB NOT NULL) STRICT;"
	  "CREATE INDEX kept_by_until ON kept (until, since);"
	  "CREATE TABLE kept_since (one INTEGER PRIMARY KEY CHECK (one = 1),"
	  " revision INTEGER NOT NULL) STRICT;"
	  "INSERT INTO kept_since SELECT 1, revision FROM standing;"
	  "CREATE INDEX changes_by_revision ON changes (revision, id);" },
	{ 3, "the sum over the configuration",
	  "CREATE TABLE seal (one INTEGER PRIMARY KEY CHECK (one = 1),"
	  " sum INTEGER NOT NULL) STRICT;" },
	{ 4, "how negotiations went",
	  "CREATE TABLE stories (id INTEGER PRIMARY KEY, peer TEXT NOT NULL, tunnel TEXT NOT NULL,"
	  " ike_sa INTEGER NOT NULL, child_sa INTEGER NOT NULL, exchange INTEGER NOT NULL,"
	  " role INTEGER NOT NULL, local TEXT NOT NULL, local_port INTEGER NOT NULL,"
	  " remote TEXT NOT NULL, remote_port INTEGER NOT NULL, started_ms INTEGER NOT NULL,"
	  " ended_ms INTEGER NOT NULL, verdict INTEGER NOT NULL, reason TEXT NOT NULL,"
	  " side INTEGER NOT NULL, field TEXT NOT NULL, text TEXT NOT NULL, hint TEXT NOT NULL,"
	  " ours TEXT NOT NULL, theirs TEXT NOT NULL, chosen TEXT NOT NULL,"
	  " revision INTEGER NOT NULL, local_id TEXT NOT NULL, remote_id TEXT NOT NULL,"
	  " offer BLOB NOT NULL, steps TEXT NOT NULL) STRICT;"
	  "CREATE INDEX stories_by_peer ON stories (peer, id);"
	  "CREATE INDEX stories_by_tunnel ON stories (tunnel, id);"
	  "CREATE INDEX stories_by_age ON stories (started_ms);" },
	{ 5, "who did what, in a chain",
	  "CREATE TABLE audit (number INTEGER PRIMARY KEY, at_s INTEGER NOT NULL,"
	  " who TEXT NOT NULL, channel TEXT NOT NULL, request_id TEXT NOT NULL,"
	  " action TEXT NOT NULL, object TEXT NOT NULL, before TEXT NOT NULL,"
	  " after TEXT NOT NULL, hash BLOB NOT NULL) STRICT;"
	  "CREATE TABLE audit_head (one INTEGER PRIMARY KEY CHECK (one = 1),"
	  " number INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;"
	  "INSERT INTO audit_head VALUES (1, 0, zeroblob(32));" },
	{ 6, "change sets that wait to be applied",
	  "CREATE TABLE changesets (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	  " created_s INTEGER NOT NULL, touched_s INTEGER NOT NULL, revision INTEGER NOT NULL,"
	  " who TEXT NOT NULL, comment TEXT NOT NULL, note TEXT NOT NULL) STRICT;"
	  "CREATE TABLE changeset_rows (id INTEGER PRIMARY KEY, changeset INTEGER NOT NULL"
	  " REFERENCES changesets (id), kind TEXT NOT NULL, name TEXT NOT NULL,"
	  " revision INTEGER NOT NULL, record_index INTEGER NOT NULL, created_s INTEGER NOT NULL,"
	  " changed_s INTEGER NOT NULL, before BLOB, after BLOB,"
	  " UNIQUE (changeset, kind, name)) STRICT;" },
	{ 7, "people and tokens with limits",
	  "ALTER TABLE users ADD COLUMN scope TEXT NOT NULL DEFAULT '';"
	  "ALTER TABLE tokens ADD COLUMN scope TEXT NOT NULL DEFAULT '';"
	  "ALTER TABLE tokens ADD COLUMN sources TEXT NOT NULL DEFAULT '';" },
};
/* clang-format on */

enum reason migrate_may(struct store *s, struct fault *f)
{
	uint64_t newest = (uint64_t)migrations[COUNT_OF(migrations) - 1].version;
	uint64_t id = store_number(s, "PRAGMA application_id");
	uint64_t version = store_number(s, "PRAGMA user_version");
	uint64_t tables = store_number(s, "SELECT count(*) FROM sqlite_schema");

	if (id != APPLICATION_ID && (id || version || tables))
		return fail(f, R_STORE, "%s is a database of another program", s->path);
	if (version > newest)
		return fail(f, R_STORE,
			    "%s was written by a newer ikeeper (schema %llu, this one knows %llu)",
			    s->path, (unsigned long long)version, (unsigned long long)newest);
	return R_OK;
}

static enum reason climb(struct store *s, uint64_t version, struct fault *f)
{
	char sql[64];

	for (size_t i = 0; i < COUNT_OF(migrations); i++) {
		const struct migration *m = &migrations[i];

		if ((uint64_t)m->version <= version)
			continue;
		snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", m->version);
		if (store_run(s, m->sql, f) != R_OK || store_run(s, sql, f) != R_OK)
			return f->reason;
	}
	return R_OK;
}

/* ---- tables of records ---- */

/* The text a table was made with; "" when there is none. */
static void text_of_table(struct store *s, const char *table, struct text *t)
{
	sqlite3_stmt *st = store_prepare(
		s, "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?", NULL);

	if (!st)
		return;
	store_bind_text(st, 1, table);
	if (sqlite3_step(st) == SQLITE_ROW)
		text_add_str(t, store_text(st, 0));
	sqlite3_finalize(st);
}

static bool has_column(struct store *s, const char *table, const char *column)
{
	sqlite3_stmt *st =
		store_prepare(s, "SELECT 1 FROM pragma_table_info(?) WHERE name = ?", NULL);
	bool found;

	if (!st)
		return false;
	store_bind_text(st, 1, table);
	store_bind_text(st, 2, column);
	found = sqlite3_step(st) == SQLITE_ROW;
	sqlite3_finalize(st);
	return found;
}

/* Columns of the old table, quoted; every one must be in the new one. */
static enum reason list_old(struct store *s, const char *old, const char *new, struct text *t,
			    struct fault *f)
{
	sqlite3_stmt *st = store_prepare(s, "SELECT name FROM pragma_table_info(?)", f);
	enum reason r = st ? R_OK : f->reason;

	if (st)
		store_bind_text(st, 1, old);
	while (r == R_OK && sqlite3_step(st) == SQLITE_ROW) {
		if (!has_column(s, new, store_text(st, 0)))
			r = fail(f, R_STORE,
				 "%s has a column %s.%s that this ikeeper does not know: it was "
				 "written by another version",
				 s->path, old, store_text(st, 0));
		text_add(t, "%s\"%s\"", t->n ? ", " : "", store_text(st, 0));
	}
	sqlite3_finalize(st);
	return r;
}

static enum reason copy_and_swap(struct store *s, const char *table, const char *fresh,
				 struct fault *f)
{
	struct text columns, sql;
	enum reason r;

	text_init(&columns, 0);
	text_init(&sql, 0);
	r = list_old(s, table, fresh, &columns, f);
	if (r == R_OK) {
		text_add(&sql,
			 "INSERT INTO \"%s\" (%s) SELECT %s FROM \"%s\"; DROP TABLE \"%s\"; "
			 "ALTER TABLE \"%s\" RENAME TO \"%s\"",
			 fresh, columns.at, columns.at, table, table, fresh, table);
		r = columns.cut || sql.cut ? fail(f, R_NO_MEMORY, "no memory to migrate")
					   : store_run(s, sql.at, f);
	}
	text_done(&columns);
	text_done(&sql);
	return r;
}

static enum reason rebuild(struct store *s, enum kind k, const char *table, struct fault *f)
{
	char fresh[NAME_SIZE + 8];
	struct text sql;
	enum reason r;

	snprintf(fresh, sizeof(fresh), "%s_new", table);
	text_init(&sql, 0);
	columns_create(k, fresh, &sql);
	r = sql.cut ? fail(f, R_NO_MEMORY, "no memory to migrate") : store_run(s, sql.at, f);
	text_done(&sql);
	s->is_reshaped = true; /* other members, another sum */
	return r == R_OK ? copy_and_swap(s, table, fresh, f) : r;
}

static enum reason follow_register(struct store *s, enum kind k, struct fault *f)
{
	char table[NAME_SIZE];
	struct text now, due;
	enum reason r = R_OK;

	columns_table(k, table);
	text_init(&now, 0);
	text_init(&due, 0);
	text_of_table(s, table, &now);
	columns_create(k, table, &due);
	if (due.cut || now.cut)
		r = fail(f, R_NO_MEMORY, "no memory to migrate");
	else if (!now.n)
		r = store_run(s, due.at, f);
	else if (strcmp(now.at, due.at) != 0)
		r = rebuild(s, k, table, f);
	text_done(&now);
	text_done(&due);
	return r;
}

static enum reason check_references(struct store *s, struct fault *f)
{
	if (store_number(s, "SELECT count(*) FROM pragma_foreign_key_check"))
		return fail(f, R_STORE_DAMAGED,
			    "%s is damaged: a record refers to one that is not there", s->path);
	return R_OK;
}

enum reason migrate_all(struct store *s, struct fault *f)
{
	uint64_t version = store_number(s, "PRAGMA user_version");
	char sql[64];
	enum reason r;

	if (store_run(s, "PRAGMA foreign_keys = OFF", f) != R_OK || store_begin(s, f) != R_OK)
		return f->reason;
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d", APPLICATION_ID);
	r = store_run(s, sql, f);
	if (r == R_OK)
		r = climb(s, version, f);
	for (int k = 0; k < K_COUNT && r == R_OK; k++)
		r = follow_register(s, (enum kind)k, f);
	if (r == R_OK)
		r = check_references(s, f);
	if (r == R_OK && (s->is_reshaped || version < SEALED_SINCE))
		r = seal_anew(s, f);
	return store_end(s, r, f);
}

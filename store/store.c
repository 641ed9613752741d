/* store.c - one sqlite database: opened safely, closed clean, behind repo.h
 *
 * What has to be true before the first byte is trusted: the file is ours alone (made by us
 * with 0600 before sqlite sees it; its log takes the same mode), no second daemon has it (a
 * lock file, since closing a second descriptor of the database would drop sqlite's own locks),
 * it is whole (quick_check), it is an ikeeper database and no newer than this program.
 *
 * Write-ahead log with synchronous FULL: a COMMIT that returned survives a power cut. Every
 * write says BEGIN IMMEDIATE, since a transaction that turns into a writer later may fail
 * whatever the time-out. Secrets that were replaced are overwritten (secure_delete) and the
 * log, where their pages still lie, is emptied.
 *
 * Called by: main.c opens and closes; the daemon and the api through struct repo.
 * Thread: loop.  Owns: the connection.  Not here: what stands in the tables.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/crypto/suite.h"
#include "store/parts.h"

static enum reason reason_of(sqlite3 *db)
{
	switch (sqlite3_errcode(db)) {
	case SQLITE_FULL:
		return R_STORE_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return R_STORE_DAMAGED;
	case SQLITE_NOMEM:
		return R_NO_MEMORY;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return R_BUSY;
	case SQLITE_IOERR:
		if (sqlite3_system_errno(db) == ENOSPC || sqlite3_system_errno(db) == EDQUOT)
			return R_STORE_FULL;
		return R_STORE;
	default:
		return R_STORE;
	}
}

enum reason store_fault(const struct store *s, struct fault *f, const char *doing)
{
	enum reason r = reason_of(s->db);

	if (r == R_STORE_DAMAGED)
		return fail(f, r, "%s is damaged (%s): restore a backup of it", s->path,
			    sqlite3_errmsg(s->db));
	if (r == R_STORE_FULL)
		return fail(f, r, "there is no room left for %s: nothing was changed", s->path);
	return fail(f, r, "%s: %s: %s", s->path, doing, sqlite3_errmsg(s->db));
}

enum reason store_run(struct store *s, const char *sql, struct fault *f)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_fault(s, f, sql);
	return R_OK;
}

sqlite3_stmt *store_prepare(struct store *s, const char *sql, struct fault *f)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) != SQLITE_OK) {
		store_fault(s, f, sql);
		return NULL;
	}
	return st;
}

enum reason store_finish(struct store *s, sqlite3_stmt *st, struct fault *f)
{
	enum reason r = R_OK;
	int rc;

	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		;
	if (rc != SQLITE_DONE)
		r = store_fault(s, f, "writing");
	sqlite3_finalize(st);
	return r;
}

uint64_t store_number(struct store *s, const char *sql)
{
	sqlite3_stmt *st = store_prepare(s, sql, NULL);
	uint64_t n = 0;

	if (st && sqlite3_step(st) == SQLITE_ROW)
		n = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

enum reason store_begin(struct store *s, struct fault *f)
{
	return store_run(s, "BEGIN IMMEDIATE", f);
}

enum reason store_end(struct store *s, enum reason so_far, struct fault *f)
{
	if (so_far == R_OK)
		so_far = store_run(s, "COMMIT", f);
	if (so_far != R_OK && !sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return so_far;
}

void store_scrub(struct store *s)
{
	s->is_unclean = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
						  NULL) != SQLITE_OK;
}

void store_bind_text(sqlite3_stmt *st, int at, const char *text)
{
	sqlite3_bind_text(st, at, text ? text : "", -1, SQLITE_STATIC);
}

const char *store_text(sqlite3_stmt *st, int at)
{
	const unsigned char *text = sqlite3_column_text(st, at);

	return text ? (const char *)text : "";
}

/* ---- opening ---- */

static enum reason make_dir(const char *dir, struct fault *f)
{
	struct stat st;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return fail(f, errno == ENOSPC ? R_STORE_FULL : R_STORE, "cannot make %s: %s", dir,
			    strerror(errno));
	if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode))
		return fail(f, R_STORE, "%s is no directory", dir);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return fail(f, R_STORE, "%s can be written by others: chmod 700 it first", dir);
	return R_OK;
}

/* A file that only its owner may touch, whatever the umask and whoever made it. */
static int open_private(const char *path, struct fault *f)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0) {
		fail(f, errno == ENOSPC ? R_STORE_FULL : R_STORE, "cannot open %s: %s", path,
		     strerror(errno));
		return -1;
	}
	struct stat st;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    ((st.st_mode & 0777) != 0600 && fchmod(fd, 0600) < 0)) {
		fail(f, R_STORE, "%s must be a file that is ours alone", path);
		close(fd);
		return -1;
	}
	return fd;
}

static enum reason take_lock(struct store *s, const char *dir, struct fault *f)
{
	char path[PATH_MOST + 16];

	snprintf(path, sizeof(path), "%s/ikeeper.lock", dir);
	s->lock = open_private(path, f);
	if (s->lock < 0)
		return f->reason;
	if (flock(s->lock, LOCK_EX | LOCK_NB) < 0)
		return fail(f, R_STORE, "another ikeeperd has %s open", s->path);
	return R_OK;
}

/* Before sqlite: the file, its mode, and that what stands in it can be a database at all. */
static enum reason make_file(struct store *s, struct fault *f)
{
	int fd = open_private(s->path, f);

	if (fd < 0)
		return f->reason;
	close(fd);
	return R_OK;
}

enum reason store_guard(struct store *s, struct fault *f)
{
	static const struct {
		int option, on;
	} flags[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },      { SQLITE_DBCONFIG_DQS_DML, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },        { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 }, { SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
	};

	for (size_t i = 0; i < COUNT_OF(flags); i++)
		if (sqlite3_db_config(s->db, flags[i].option, flags[i].on, NULL) != SQLITE_OK)
			return store_fault(s, f, "guarding the connection");
	sqlite3_busy_timeout(s->db, 2000);
	return store_run(s,
			 "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;"
			 "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;",
			 f);
}

static enum reason check_whole(struct store *s, struct fault *f)
{
	sqlite3_stmt *st = store_prepare(s, "PRAGMA quick_check(1)", f);
	char said[120] = "";

	if (!st)
		return f->reason;
	if (sqlite3_step(st) != SQLITE_ROW) {
		store_fault(s, f, "checking");
		sqlite3_finalize(st);
		return f->reason;
	}
	text_copy(said, sizeof(said), store_text(st, 0));
	sqlite3_finalize(st);
	if (strcmp(said, "ok") != 0)
		return fail(f, R_STORE_DAMAGED, "%s is damaged (%s): restore a backup of it",
			    s->path, said);
	return R_OK;
}

static enum reason set_durable(struct store *s, struct fault *f)
{
	sqlite3_stmt *st = store_prepare(s, "PRAGMA journal_mode = WAL", f);
	bool is_wal;

	if (!st)
		return f->reason;
	if (sqlite3_step(st) != SQLITE_ROW) {
		store_fault(s, f, "opening the log");
		sqlite3_finalize(st);
		return f->reason;
	}
	is_wal = strcmp(store_text(st, 0), "wal") == 0;
	sqlite3_finalize(st);
	if (!is_wal)
		return fail(f, R_STORE, "%s: this file system cannot hold a write-ahead log",
			    s->path);
	return store_run(s, "PRAGMA synchronous = FULL", f);
}

/* What was made and removed so far stays so when the power fails: sqlite removes the journal of
 * the first tables without syncing its directory, and one that came back would undo everything. */
static enum reason make_last(const struct store *s, const char *dir, struct fault *f)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (!good)
		fail(f, errno == ENOSPC ? R_STORE_FULL : R_STORE, "%s cannot be kept: %s", s->path,
		     strerror(errno));
	if (fd >= 0)
		close(fd);
	return good ? R_OK : f->reason;
}

static enum reason open_all(struct store *s, const char *dir, struct fault *f)
{
	if (crypto_open(f) != R_OK || make_dir(dir, f) != R_OK || take_lock(s, dir, f) != R_OK ||
	    make_file(s, f) != R_OK)
		return f->reason;
	if (sqlite3_open_v2(s->path, &s->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
			    NULL) != SQLITE_OK)
		return store_fault(s, f, "opening");
	sqlite3_extended_result_codes(s->db, 0);
	if (store_guard(s, f) != R_OK || check_whole(s, f) != R_OK || migrate_may(s, f) != R_OK ||
	    set_durable(s, f) != R_OK || migrate_all(s, f) != R_OK ||
	    store_run(s, "PRAGMA foreign_keys = ON", f) != R_OK || make_last(s, dir, f) != R_OK)
		return f->reason;
	store_scrub(s); /* rows that a migration copied, and what a crash left in the log */
	happened_start(s);
	return R_OK;
}

static void fill_repo(struct store *s)
{
	s->repo = (struct repo){
		.ctx = s,
		.load = changes_load,
		.save = changes_save,
		.history = ledger_read,
		.commits = ledger_commits,
		.commit = ledger_commit,
		.past = kept_load,
		.changeset_put = sets_put,
		.changeset_drop = sets_drop,
		.changesets = sets_read,
		.changesets_last = sets_last,
		.audit = audit_put,
		.audits = audit_read,
		.audit_check = audit_check,
		.copy_begin = copies_begin,
		.copy_step = copies_step,
		.copy_finish = copies_finish,
		.copy_end = copies_end,
		.copied = copies_load,
		.journal = happened_keep,
		.events = happened_read,
		.stories_keep = stories_keep,
		.stories = stories_read,
		.stories_last = stories_last,
		.users = accounts_users,
		.user_put = accounts_user_put,
		.user_delete = accounts_user_delete,
		.tokens = accounts_tokens,
		.token_put = accounts_token_put,
		.token_delete = accounts_token_delete,
		.fact_get = accounts_fact_get,
		.fact_put = accounts_fact_put,
	};
}

struct store *store_open(const char *dir, struct fault *f)
{
	struct store *s = calloc(1, sizeof(*s));
	struct fault mine = { 0 };

	if (!f)
		f = &mine;
	if (!s) {
		fail(f, R_NO_MEMORY, "no memory to open the store");
		return NULL;
	}
	s->lock = -1;
	if (snprintf(s->path, sizeof(s->path), "%s/ikeeper.db", dir) >= (int)sizeof(s->path)) {
		fail(f, R_STORE, "the name of the state directory is too long");
		free(s);
		return NULL;
	}
	if (open_all(s, dir, f) != R_OK) {
		store_close(s);
		return NULL;
	}
	fill_repo(s);
	return s;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	for (int k = 0; k < K_COUNT; k++) {
		sqlite3_finalize(s->put[k]);
		sqlite3_finalize(s->look[k]);
	}
	audit_close(s);
	copies_stop(s);
	if (s->db)
		store_scrub(s);
	sqlite3_close(s->db);
	if (s->lock >= 0)
		close(s->lock);
	free(s);
}

struct repo *store_repo(struct store *s)
{
	return &s->repo;
}

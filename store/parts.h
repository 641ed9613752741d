/* parts.h - what the files of the store share, and nobody else sees */
#pragma once

#include <sqlite3.h>

#include "core/base/text.h"
#include "core/model/changeset.h"
#include "core/model/repo.h"
#include "store/store.h"

enum {
	APPLICATION_ID = 0x696b6570, /* "ikep", in the head of the file */
	EVENTS_KEPT = 100000,
	EVENTS_SLACK = 1000, /* beyond before the oldest go */
	PATH_MOST = 4096,
};

enum audit_statement { AUDIT_HEAD, AUDIT_INSERT, AUDIT_MOVE, AUDIT_STATEMENTS };

struct store {
	sqlite3 *db;
	struct repo repo;
	char path[PATH_MOST];
	int lock; /* descriptor of the lock file */
	/* kept: a change may write thousands of records */
	sqlite3_stmt *put[K_COUNT], *look[K_COUNT], *audit[AUDIT_STATEMENTS];
	uint64_t event_base; /* number of the last event of earlier lives */
	uint64_t event_last, events_n;
	uint64_t kept_most; /* as the settings say, from here on */
	int64_t kept_age_s;
	uint64_t stories_most, strangers_most;
	int64_t stories_age_ms;
	bool is_reshaped; /* this start made a table again */
	size_t stories_since_pruned;
	struct copying *copying; /* the backup under way */
	bool is_unclean; /* replaced secrets may still lie in the write-ahead log */
};

/* store.c: the fault of the last call, with the file and what was being done. */
enum reason store_fault(const struct store *s, struct fault *f, const char *doing);
enum reason store_run(struct store *s, const char *sql, struct fault *f);
/* NULL with the fault set. */
sqlite3_stmt *store_prepare(struct store *s, const char *sql, struct fault *f);
/* Step to the end, throw rows away, finalize. */
enum reason store_finish(struct store *s, sqlite3_stmt *st, struct fault *f);
uint64_t store_number(struct store *s, const char *sql); /* one number, 0 when none */
enum reason store_begin(struct store *s, struct fault *f);
/* COMMIT when `so_far` is R_OK, else or when that fails ROLLBACK. */
enum reason store_end(struct store *s, enum reason so_far, struct fault *f);
/* What a connection may never do, whatever stands in the file. */
enum reason store_guard(struct store *s, struct fault *f);
void store_scrub(struct store *s); /* empty the log after a secret went; best effort, again later */
void store_bind_text(sqlite3_stmt *st, int at, const char *text); /* borrowed until reset */
const char *store_text(sqlite3_stmt *st, int at); /* never NULL; until the next step */

/* migrate.c */
/* Ours, and not newer than this program: otherwise it is refused and stays as it is. */
enum reason migrate_may(struct store *s, struct fault *f);
enum reason migrate_all(struct store *s, struct fault *f);

/* columns.c: the SQL of a kind's table, made from its field table. */
char *columns_table(enum kind k, char *ret); /* "ike_proposals"; ret holds NAME_SIZE */
void columns_create(enum kind k, const char *table, struct text *t);
void columns_list(enum kind k, struct text *t); /* all columns in their order, by commas */
void columns_put(enum kind k, struct text *t); /* the upsert */
void columns_name(const struct field *fl, struct text *t); /* quoted */
bool columns_has(const struct field *fl); /* false: the record's name, which is the key */

/* rows.c */
enum reason rows_put(struct store *s, const struct record *rec, struct fault *f);
enum reason rows_delete(struct store *s, enum kind k, const char *name, struct fault *f);
/* Appends to a list that grows; the caller owns records and list, also after a fault. */
struct row_list {
	struct record **at;
	size_t n, cap;
};
enum reason rows_load(struct store *s, enum kind k, struct row_list *l, struct fault *f);

enum reason rows_append(struct row_list *l, struct record *take_rec, struct fault *f);

/* body.c: a record as octets, and back; sealed secrets stay sealed. Wipe what was put. */
void body_put(struct text *t, const struct record *r);
enum reason body_read(struct record *rec, struct slice rest, struct fault *f);

/* kept.c: what records were */
enum reason kept_put_away(struct store *s, const struct save *save, const struct edit *e,
			  struct fault *f);
/* Within the transaction of a change, after its rows: what is too old or too much goes for good. */
enum reason kept_shorten(struct store *s, const struct save *save, struct fault *f);
void kept_load(void *ctx, uint64_t revision, load_done *done, void *arg);

/* seal.c: is it what was written? Within the transaction of a change: begin, each row before it is
 * touched and after, end with how far the revision went on. */
struct seal {
	uint64_t sum;
};
enum reason seal_begin(struct store *s, struct seal *ret, struct fault *f);
enum reason seal_row(struct store *s, struct seal *seal, enum kind k, const char *name, bool is_new,
		     struct fault *f);
enum reason seal_end(struct store *s, struct seal *seal, uint64_t revisions, struct fault *f);
enum reason seal_anew(struct store *s, struct fault *f); /* of what stands there now */
enum reason seal_check(struct store *s, struct fault *f); /* R_STORE_DAMAGED: it is not */

/* sets.c: change sets that wait to be applied */
enum reason sets_put(void *ctx, const struct changeset *c, const struct audit_row *row,
		     struct fault *f);
enum reason sets_drop(void *ctx, uint64_t id, const struct audit_row *row, struct fault *f);
enum reason sets_read(void *ctx, uint64_t id, changeset_each *each, void *arg, struct fault *f);
uint64_t sets_last(void *ctx);
/* Within the transaction of a change. */
enum reason sets_save(struct store *s, const struct save *save, struct fault *f);

/* copies.c: the configuration as a database of its own, out and in again */
enum reason copies_begin(void *ctx, struct copying **ret, struct fault *f);
bool copies_step(struct copying *c, size_t pages);
enum reason copies_finish(struct copying *c, struct bytes **ret, struct fault *f);
void copies_end(struct copying *c);
void copies_stop(struct store *s); /* the database is closed under it */
void copies_load(void *ctx, struct slice copy, load_done *done, void *arg);

/* changes.c */
void changes_load(void *ctx, load_done *done, void *arg);
void changes_save(void *ctx, const struct save *save, save_done *done, void *arg);

/* ledger.c: the history of changes */
enum reason ledger_note(struct store *s, const struct save *save, const struct edit *e,
			struct fault *f);
void ledger_read(void *ctx, const char *kind, const char *name, uint64_t before, size_t most,
		 history_each *each, void *arg);
void ledger_commits(void *ctx, uint64_t before, size_t most, commit_each *each, void *arg);
void ledger_commit(void *ctx, uint64_t revision, history_each *each, void *arg);

/* chain.c: the audit log, a chain of rows. Append within a transaction, put is one of its own. */
enum reason audit_append(struct store *s, const struct audit_row *row, struct fault *f);
enum reason audit_put(void *ctx, const struct audit_row *row, struct fault *f);
void audit_read(void *ctx, const struct audit_ask *ask, audit_each *each, void *arg);
void audit_check(void *ctx, struct audit_check *c, size_t most);
void audit_close(struct store *s);

/* happened.c: the journal of events */
void happened_start(struct store *s);
void happened_keep(void *ctx, const struct event *events, size_t n);
void happened_read(void *ctx, uint64_t before, size_t most, event_each *each, void *arg);

/* bounds.c: how much is kept, by settings/logging. True: it is less or more than before. */
bool bounds_take(struct store *s, const struct config *c);

/* stories.c: negotiations that ended */
void stories_keep(void *ctx, const struct story *const *stories, size_t n);
void stories_read(void *ctx, const char *peer, const char *tunnel, uint64_t before, size_t most,
		  story_each *each, void *arg);
uint64_t stories_last(void *ctx);
/* Within a transaction: what is too old or too much goes. */
enum reason stories_shorten(struct store *s, int64_t now_ms, struct fault *f);

/* accounts.c: users, tokens, facts */
void accounts_users(void *ctx, user_each *each, void *arg);
void accounts_user_put(void *ctx, const struct user *u, const struct audit_row *row,
		       save_done *done, void *arg);
void accounts_user_delete(void *ctx, const char *name, const struct audit_row *row, save_done *done,
			  void *arg);
void accounts_tokens(void *ctx, token_each *each, void *arg);
void accounts_token_put(void *ctx, const struct token *t, const struct audit_row *row,
			save_done *done, void *arg);
void accounts_token_delete(void *ctx, const char *id, const struct audit_row *row, save_done *done,
			   void *arg);
bool accounts_fact_get(void *ctx, const char *name, char *ret, size_t cap);
enum reason accounts_fact_put(void *ctx, const char *name, const char *value, struct fault *f);

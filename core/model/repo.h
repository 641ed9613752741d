/* repo.h - what must be remembered
 *
 * The store fills it with sqlite; a fleet's database or a test's memory would fill it too.
 * Calls are made on the loop thread and finish by callback, maybe before they return. No
 * SQL and no foreign type above it. Secrets arrive sealed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/model/config.h"
#include "core/model/event.h"
#include "core/model/story.h"

struct copying;
struct changeset; /* core/model/changeset.h */

/* Each may what those before it may, but that the audit log is an auditor's and an admin's only. */
enum role { ROLE_NONE, ROLE_VIEWER, ROLE_AUDITOR, ROLE_OPERATOR, ROLE_EDITOR, ROLE_ADMIN };

enum { LIST_TEXT = 256, SCOPE_TEXT = 2 * LIST_TEXT }; /* words with commas between them */

struct user {
	char name[NAME_SIZE];
	enum role role;
	char password[160]; /* PHC string */
	int64_t created_s, last_in_s;
	bool disabled;
	char scope[LIST_TEXT]; /* "site=berlin,env=prod": only peers that carry these; "" all */
};

struct token {
	char id[16]; /* public part, the look-up key */
	char name[NAME_SIZE];
	char owner[NAME_SIZE];
	enum role role;
	uint8_t hash[32]; /* SHA-256 of the secret part */
	int64_t created_s, expires_s, last_used_s;
	char scope[LIST_TEXT]; /* as a user's; both have to be met */
	char sources[LIST_TEXT]; /* "10.0.0.0/8,2001:db8::/32": from where it counts; "" anywhere */
};

/* What a change leaves behind: one row per record. Secrets show as "changed". */
struct history_row {
	uint64_t id, revision;
	int64_t at_s;
	char who[WHO_SIZE], channel[16], comment[128], request_id[40];
	char kind[32], name[NAME_SIZE], op[8]; /* create, update, delete */
	const char *before, *after; /* JSON, "" none */
};

/* One change as a whole: what all its rows share. */
struct commit {
	uint64_t revision;
	int64_t at_s;
	char who[WHO_SIZE], channel[16], comment[128], request_id[40];
	uint32_t records;
};

/* The audit log: rows are numbered from 1 without a gap and chained. The hash of each is SHA-256 over
 * the row and the hash before it, so that a row changed, removed or put in later is told by its
 * number. Nothing in it is secret: of secrets it says that they are set, or were changed. */
enum { AUDIT_OBJECT = 160, AUDIT_HASH = 32, AUDIT_ACTION = 16 };

struct audit_row {
	uint64_t number; /* given by the store, and so is the hash */
	int64_t at_s; /* wall clock */
	char who[WHO_SIZE], channel[16], request_id[40];
	char action[AUDIT_ACTION]; /* deed_word() */
	char object[AUDIT_OBJECT]; /* "peers/hub" */
	const char *before, *after; /* JSON, "" none; borrowed */
	uint8_t hash[AUDIT_HASH];
};

/* "" is any; an object without its name ("peers") is every one of that kind. */
struct audit_ask {
	const char *who, *action, *object;
	uint64_t before; /* numbers below it; 0: newest */
	size_t most;
};

/* A look at the whole chain, some rows at a time; all zero begins it. */
struct audit_check {
	uint64_t rows; /* looked at so far; the number of the last */
	uint8_t hash[AUDIT_HASH]; /* of the last */
	bool is_over;
	uint64_t broken; /* number at which the chain breaks, 0: whole */
	const char *why; /* why it breaks, one sentence; NULL: whole */
};

/* A fact that is kept with a change or not at all. */
struct save_fact {
	const char *name, *value; /* value "": forgotten */
};

/* What becomes of the change set that a change came from, with the change or not at all. */
struct save_set {
	uint64_t id; /* 0: none */
	const char *note; /* it stays, with this note; NULL: it goes */
};

struct save {
	const struct edit *edits;
	size_t n;
	const struct config *before, *after; /* `after` has the records as they are to be kept */
	const char *who, *channel, *comment, *request_id;
	int64_t now_s;
	struct save_fact fact; /* name NULL: none */
	struct save_set set;
};

typedef void save_done(void *arg, enum reason r, const struct fault *f);
typedef void load_done(void *arg, struct config *take_c, const struct fault *f);
typedef void user_each(void *arg, const struct user *u); /* NULL ends */
typedef void token_each(void *arg, const struct token *t); /* NULL ends */
typedef void history_each(void *arg, const struct history_row *h); /* NULL ends */
typedef void audit_each(void *arg, const struct audit_row *row); /* NULL ends */
typedef void commit_each(void *arg, const struct commit *c); /* NULL ends */
typedef void changeset_each(void *arg, const struct changeset *s); /* borrowed; NULL ends */
typedef void event_each(void *arg, const struct event *e); /* NULL ends */

struct repo {
	void *ctx;
	void (*load)(void *ctx, load_done *done, void *arg);
	/* Durable when `done` hears R_OK: one transaction, one revision, tombstones for deletions. */
	void (*save)(void *ctx, const struct save *s, save_done *done, void *arg);
	/* Newest first, ids below `before` (0: newest); kind and name "" are any. */
	void (*history)(void *ctx, const char *kind, const char *name, uint64_t before, size_t most,
			history_each *each, void *arg);
	/* Changes newest first, revisions below `before` (0: newest). */
	void (*commits)(void *ctx, uint64_t before, size_t most, commit_each *each, void *arg);
	/* The rows of one revision, in the order in which they were kept; none: unknown. */
	void (*commit)(void *ctx, uint64_t revision, history_each *each, void *arg);
	/* The configuration as it was, secrets too. R_NOT_FOUND: not kept that far, or not yet. */
	void (*past)(void *ctx, uint64_t revision, load_done *done, void *arg);
	/* Keeps a change set, and of its rows these: others that are kept of it stay as they are. Rows
	 * of the audit log (NULL: none) as below. */
	enum reason (*changeset_put)(void *ctx, const struct changeset *s,
				     const struct audit_row *row, struct fault *f);
	enum reason (*changeset_drop)(void *ctx, uint64_t id, const struct audit_row *row,
				      struct fault *f); /* R_OK also when it is gone */
	/* The one of this id, or all (0), by id. The first fault ends it. */
	enum reason (*changesets)(void *ctx, uint64_t id, changeset_each *each, void *arg,
				  struct fault *f);
	uint64_t (*changesets_last)(void *ctx); /* the highest id ever given, 0 none */
	/* One more row of the audit log; its number and hash are the store's. Changes of the
	 * configuration write theirs in save(). */
	enum reason (*audit)(void *ctx, const struct audit_row *row, struct fault *f);
	void (*audits)(void *ctx, const struct audit_ask *ask, audit_each *each, void *arg);
	/* Goes on by at most so many rows: called again until c->is_over. */
	void (*audit_check)(void *ctx, struct audit_check *c, size_t most);
	/* The configuration and its history as a database of its own, checked, to keep elsewhere: no users,
	 * no tokens, no facts, nothing that happened. Secrets in it are sealed as they are here. Its pages
	 * are taken some at a time, on the loop; changes may come between. R_BUSY: another is under way. */
	enum reason (*copy_begin)(void *ctx, struct copying **ret, struct fault *f);
	/* True: that was all of them, or it failed, which copy_finish says. */
	bool (*copy_step)(struct copying *c, size_t pages);
	/* Any thread, and it may take long: nobody else has this copy. */
	enum reason (*copy_finish)(struct copying *c, struct bytes **ret, struct fault *f);
	void (*copy_end)(struct copying *c); /* loop; NULL is fine */
	/* The configuration in such a copy; any thread: what is kept here is not touched. R_STORE_DAMAGED, or R_STORE
	 * when it is of a newer program. */
	void (*copied)(void *ctx, struct slice copy, load_done *done, void *arg);
	void (*journal)(void *ctx, const struct event *events, size_t n); /* batched, best effort */
	void (*events)(void *ctx, uint64_t before, size_t most, event_each *each, void *arg);
	/* Stories of negotiations that ended: batched, best effort, bounded in number and age. One whose
	 * id is kept already replaces it. */
	void (*stories_keep)(void *ctx, const struct story *const *stories, size_t n);
	/* Newest first, ids below `before` (0: newest); peer and tunnel "" are any. */
	void (*stories)(void *ctx, const char *peer, const char *tunnel, uint64_t before,
			size_t most, story_each *each, void *arg);
	uint64_t (*stories_last)(void *ctx); /* the highest id kept, 0 none */
	/* Users and tokens; a row of the audit log (NULL: none) is written with the act or not at all. */
	void (*users)(void *ctx, user_each *each, void *arg);
	void (*user_put)(void *ctx, const struct user *u, const struct audit_row *row,
			 save_done *done, void *arg);
	void (*user_delete)(void *ctx, const char *name, const struct audit_row *row,
			    save_done *done, void *arg);
	void (*tokens)(void *ctx, token_each *each, void *arg);
	void (*token_put)(void *ctx, const struct token *t, const struct audit_row *row,
			  save_done *done, void *arg);
	void (*token_delete)(void *ctx, const char *id, const struct audit_row *row,
			     save_done *done, void *arg);
	/* Small facts of the daemon itself: engine boots, last index. "" when absent. */
	bool (*fact_get)(void *ctx, const char *name, char *ret, size_t cap);
	enum reason (*fact_put)(void *ctx, const char *name, const char *value, struct fault *f);
};

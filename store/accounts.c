/* accounts.c - people, their tokens, and small facts of the daemon
 *
 * Only hashes come here: scrypt strings of passwords, SHA-256 of tokens. A password's hash that
 * was replaced is removed from the disk as a secret is.
 *
 * Called by: the api and the daemon, through struct repo.  Thread: loop.  Owns: nothing.
 */
#include <string.h>

#include "store/parts.h"

static const struct name roles[] = {
	{ ROLE_NONE, "none" },
	{ ROLE_VIEWER, "viewer" },
	{ ROLE_AUDITOR, "auditor" },
	{ ROLE_OPERATOR, "operator" },
	{ ROLE_EDITOR, "editor" },
	{ ROLE_ADMIN, "admin" },
	{ 0, NULL },
};

static enum role role_of(const char *word)
{
	int role = ROLE_NONE;

	name_find(roles, word, &role);
	return (enum role)role;
}

/* The act and its row of the audit log, in one transaction. */
static void finish(struct store *s, sqlite3_stmt *st, const struct audit_row *row, struct fault *f,
		   save_done *done, void *arg)
{
	enum reason r = st ? store_begin(s, f) : f->reason;

	if (st && r == R_OK) {
		r = store_finish(s, st, f);
		if (r == R_OK && row)
			r = audit_append(s, row, f);
		r = store_end(s, r, f);
	} else {
		sqlite3_finalize(st);
	}
	if (r == R_OK && s->is_unclean)
		store_scrub(s);
	done(arg, r, f);
}

/* ---- users ---- */

void accounts_users(void *ctx, user_each *each, void *arg)
{
	struct store *s = ctx;
	sqlite3_stmt *st = store_prepare(
		s,
		"SELECT name, role, password, created_s, last_in_s, disabled, scope FROM users "
		"ORDER BY name",
		NULL);

	while (st && sqlite3_step(st) == SQLITE_ROW) {
		struct user u = { .role = role_of(store_text(st, 1)),
				  .created_s = sqlite3_column_int64(st, 3),
				  .last_in_s = sqlite3_column_int64(st, 4),
				  .disabled = sqlite3_column_int(st, 5) != 0 };

		text_copy(u.name, sizeof(u.name), store_text(st, 0));
		text_copy(u.password, sizeof(u.password), store_text(st, 2));
		if (!text_copy(u.scope, sizeof(u.scope), store_text(st, 6)))
			u.role = ROLE_NONE; /* half a limit is none */
		each(arg, &u);
	}
	sqlite3_finalize(st);
	each(arg, NULL);
}

/* Another password stands there, which will go. */
static bool has_other_password(struct store *s, const char *name, const char *password)
{
	sqlite3_stmt *st = store_prepare(
		s, "SELECT 1 FROM users WHERE name = ? AND password <> ? AND password <> ''", NULL);
	bool found;

	if (!st)
		return true;
	store_bind_text(st, 1, name);
	store_bind_text(st, 2, password);
	found = sqlite3_step(st) == SQLITE_ROW;
	sqlite3_finalize(st);
	return found;
}

void accounts_user_put(void *ctx, const struct user *u, const struct audit_row *row,
		       save_done *done, void *arg)
{
	struct store *s = ctx;
	struct fault f = { .reason = R_OK };

	s->is_unclean |= has_other_password(s, u->name, u->password);
	sqlite3_stmt *st = store_prepare(
		s,
		"INSERT INTO users (name, role, password, created_s, last_in_s, disabled, scope) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (name) DO UPDATE SET "
		"role = ?2, password = ?3, created_s = ?4, last_in_s = ?5, disabled = ?6, "
		"scope = ?7",
		&f);
	if (st) {
		store_bind_text(st, 1, u->name);
		store_bind_text(st, 2, name_of(roles, (int)u->role));
		store_bind_text(st, 3, u->password);
		sqlite3_bind_int64(st, 4, u->created_s);
		sqlite3_bind_int64(st, 5, u->last_in_s);
		sqlite3_bind_int(st, 6, u->disabled);
		store_bind_text(st, 7, u->scope);
	}
	finish(s, st, row, &f, done, arg);
}

void accounts_user_delete(void *ctx, const char *name, const struct audit_row *row, save_done *done,
			  void *arg)
{
	struct store *s = ctx;
	struct fault f = { .reason = R_OK };
	sqlite3_stmt *st = store_prepare(s, "DELETE FROM users WHERE name = ?", &f);

	s->is_unclean = true;
	if (st)
		store_bind_text(st, 1, name);
	finish(s, st, row, &f, done, arg);
}

/* ---- tokens ---- */

void accounts_tokens(void *ctx, token_each *each, void *arg)
{
	struct store *s = ctx;
	sqlite3_stmt *st = store_prepare(
		s,
		"SELECT id, name, owner, role, hash, created_s, expires_s, last_used_s, scope, "
		"sources FROM tokens ORDER BY id",
		NULL);

	while (st && sqlite3_step(st) == SQLITE_ROW) {
		struct token t = { .role = role_of(store_text(st, 3)),
				   .created_s = sqlite3_column_int64(st, 5),
				   .expires_s = sqlite3_column_int64(st, 6),
				   .last_used_s = sqlite3_column_int64(st, 7) };

		text_copy(t.id, sizeof(t.id), store_text(st, 0));
		text_copy(t.name, sizeof(t.name), store_text(st, 1));
		text_copy(t.owner, sizeof(t.owner), store_text(st, 2));
		if (!text_copy(t.scope, sizeof(t.scope), store_text(st, 8)) ||
		    !text_copy(t.sources, sizeof(t.sources), store_text(st, 9)))
			t.role = ROLE_NONE; /* half a limit is none */
		if (sqlite3_column_bytes(st, 4) == (int)sizeof(t.hash))
			memcpy(t.hash, sqlite3_column_blob(st, 4), sizeof(t.hash));
		else
			t.role = ROLE_NONE; /* nothing can be equal to it, and nothing is allowed */
		each(arg, &t);
	}
	sqlite3_finalize(st);
	each(arg, NULL);
}

void accounts_token_put(void *ctx, const struct token *t, const struct audit_row *row,
			save_done *done, void *arg)
{
	struct store *s = ctx;
	struct fault f = { .reason = R_OK };
	sqlite3_stmt *st = store_prepare(
		s,
		"INSERT INTO tokens (id, name, owner, role, hash, created_s, expires_s, "
		"last_used_s, scope, sources) "
		"VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO UPDATE SET "
		"name = ?2, owner = ?3, role = ?4, hash = ?5, created_s = ?6, expires_s = ?7, "
		"last_used_s = ?8, scope = ?9, sources = ?10",
		&f);

	if (st) {
		store_bind_text(st, 1, t->id);
		store_bind_text(st, 2, t->name);
		store_bind_text(st, 3, t->owner);
		store_bind_text(st, 4, name_of(roles, (int)t->role));
		sqlite3_bind_blob(st, 5, t->hash, sizeof(t->hash), SQLITE_STATIC);
		sqlite3_bind_int64(st, 6, t->created_s);
		sqlite3_bind_int64(st, 7, t->expires_s);
		sqlite3_bind_int64(st, 8, t->last_used_s);
		store_bind_text(st, 9, t->scope);
		store_bind_text(st, 10, t->sources);
	}
	finish(s, st, row, &f, done, arg);
}

void accounts_token_delete(void *ctx, const char *id, const struct audit_row *row, save_done *done,
			   void *arg)
{
	struct store *s = ctx;
	struct fault f = { .reason = R_OK };
	sqlite3_stmt *st = store_prepare(s, "DELETE FROM tokens WHERE id = ?", &f);

	if (st)
		store_bind_text(st, 1, id);
	finish(s, st, row, &f, done, arg);
}

/* ---- facts ---- */

bool accounts_fact_get(void *ctx, const char *name, char *ret, size_t cap)
{
	struct store *s = ctx;
	sqlite3_stmt *st = store_prepare(s, "SELECT value FROM facts WHERE name = ?", NULL);
	bool found;

	text_copy(ret, cap, "");
	if (!st)
		return false;
	store_bind_text(st, 1, name);
	found = sqlite3_step(st) == SQLITE_ROW && text_copy(ret, cap, store_text(st, 0));
	sqlite3_finalize(st);
	return found;
}

enum reason accounts_fact_put(void *ctx, const char *name, const char *value, struct fault *f)
{
	struct store *s = ctx;
	struct fault mine;

	if (!f)
		f = &mine;
	sqlite3_stmt *st = store_prepare(s,
					 "INSERT INTO facts (name, value) VALUES (?1, ?2) "
					 "ON CONFLICT (name) DO UPDATE SET value = ?2",
					 f);
	if (!st)
		return f->reason;
	store_bind_text(st, 1, name);
	store_bind_text(st, 2, value);
	return store_finish(s, st, f);
}

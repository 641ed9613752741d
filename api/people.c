/* people.c - users and tokens, as the store knows them, at hand for every thread
 *
 * Two sorted arrays under one lock. They are short (a thousand each at most), read with every
 * request and written seldom, so copying a row out under the lock is all there is to it.
 *
 * Called by: auth.c, signin.c, users.c, tokens.c.  Thread: any; people_load and people_tick
 * the loop.  Owns: its copies.
 */
#include "api/people.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"

enum { SAVE_EVERY_MS = 60 * 1000 };

struct people {
	pthread_mutex_t lock;
	struct user *users;
	struct token *tokens;
	bool *shown; /* beside tokens: used since last saved */
	size_t users_n, tokens_n;
	atomic_bool users_came, tokens_came;
	msec saved_at;
};

struct people *people_new(void)
{
	struct people *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	p->users = calloc(USERS_MOST, sizeof(*p->users));
	p->tokens = calloc(TOKENS_MOST, sizeof(*p->tokens));
	p->shown = calloc(TOKENS_MOST, sizeof(*p->shown));
	if (p->users && p->tokens && p->shown)
		return p;
	people_free(p);
	return NULL;
}

void people_free(struct people *p)
{
	if (!p)
		return;
	pthread_mutex_destroy(&p->lock);
	free(p->users);
	free(p->tokens);
	free(p->shown);
	free(p);
}

static void user_came(void *arg, const struct user *u)
{
	struct people *p = arg;

	if (u)
		people_put_user(p, u);
	else
		p->users_came = true;
}

static void token_came(void *arg, const struct token *t)
{
	struct people *p = arg;

	if (t)
		people_put_token(p, t);
	else
		p->tokens_came = true;
}

void people_load(struct people *p, struct repo *repo)
{
	repo->users(repo->ctx, user_came, p);
	repo->tokens(repo->ctx, token_came, p);
}

bool people_are_known(struct people *p)
{
	return p->users_came && p->tokens_came;
}

size_t people_count(struct people *p)
{
	pthread_mutex_lock(&p->lock);
	size_t n = p->users_n;
	pthread_mutex_unlock(&p->lock);
	return n;
}

/* Place of the first row not below the key; rows begin with it. */
static size_t place(const void *rows, size_t n, size_t size, const char *key)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp((const char *)rows + mid * size, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static size_t user_at(const struct people *p, const char *name)
{
	return place(p->users, p->users_n, sizeof(*p->users), name);
}

static size_t token_at(const struct people *p, const char *id)
{
	return place(p->tokens, p->tokens_n, sizeof(*p->tokens), id);
}

static bool is_user(const struct people *p, size_t i, const char *name)
{
	return i < p->users_n && strcmp(p->users[i].name, name) == 0;
}

static bool is_token(const struct people *p, size_t i, const char *id)
{
	return i < p->tokens_n && strcmp(p->tokens[i].id, id) == 0;
}

bool people_user(struct people *p, const char *name, struct user *ret)
{
	pthread_mutex_lock(&p->lock);
	size_t i = user_at(p, name);
	bool found = is_user(p, i, name);
	if (found)
		*ret = p->users[i];
	pthread_mutex_unlock(&p->lock);
	return found;
}

bool people_token(struct people *p, const char *id, struct token *ret)
{
	pthread_mutex_lock(&p->lock);
	size_t i = token_at(p, id);
	bool found = is_token(p, i, id);
	if (found)
		*ret = p->tokens[i];
	pthread_mutex_unlock(&p->lock);
	return found;
}

static void *copy(const void *rows, size_t n, size_t size)
{
	void *out = malloc(n * size + 1);

	if (out)
		memcpy(out, rows, n * size);
	return out;
}

size_t people_users(struct people *p, struct user **ret)
{
	pthread_mutex_lock(&p->lock);
	size_t n = p->users_n;
	*ret = copy(p->users, n, sizeof(*p->users));
	pthread_mutex_unlock(&p->lock);
	return *ret ? n : 0;
}

size_t people_tokens(struct people *p, struct token **ret)
{
	pthread_mutex_lock(&p->lock);
	size_t n = p->tokens_n;
	*ret = copy(p->tokens, n, sizeof(*p->tokens));
	pthread_mutex_unlock(&p->lock);
	return *ret ? n : 0;
}

bool people_put_user(struct people *p, const struct user *u)
{
	pthread_mutex_lock(&p->lock);
	size_t i = user_at(p, u->name);
	bool there = is_user(p, i, u->name);
	bool room = there || p->users_n < USERS_MOST;
	if (!there && room) {
		memmove(&p->users[i + 1], &p->users[i], (p->users_n - i) * sizeof(*u));
		p->users_n++;
	}
	if (room)
		p->users[i] = *u;
	pthread_mutex_unlock(&p->lock);
	return room;
}

bool people_put_token(struct people *p, const struct token *t)
{
	pthread_mutex_lock(&p->lock);
	size_t i = token_at(p, t->id);
	bool there = is_token(p, i, t->id);
	bool room = there || p->tokens_n < TOKENS_MOST;
	if (!there && room) {
		memmove(&p->tokens[i + 1], &p->tokens[i], (p->tokens_n - i) * sizeof(*t));
		memmove(&p->shown[i + 1], &p->shown[i], (p->tokens_n - i) * sizeof(*p->shown));
		p->shown[i] = false;
		p->tokens_n++;
	}
	if (room)
		p->tokens[i] = *t;
	pthread_mutex_unlock(&p->lock);
	return room;
}

void people_drop_user(struct people *p, const char *name)
{
	pthread_mutex_lock(&p->lock);
	size_t i = user_at(p, name);
	if (is_user(p, i, name)) {
		p->users_n--;
		memmove(&p->users[i], &p->users[i + 1], (p->users_n - i) * sizeof(*p->users));
	}
	pthread_mutex_unlock(&p->lock);
}

void people_drop_token(struct people *p, const char *id)
{
	pthread_mutex_lock(&p->lock);
	size_t i = token_at(p, id);
	if (is_token(p, i, id)) {
		p->tokens_n--;
		memmove(&p->tokens[i], &p->tokens[i + 1], (p->tokens_n - i) * sizeof(*p->tokens));
		memmove(&p->shown[i], &p->shown[i + 1], (p->tokens_n - i) * sizeof(*p->shown));
	}
	pthread_mutex_unlock(&p->lock);
}

bool people_other_admin(struct people *p, const char *name)
{
	bool found = false;

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->users_n && !found; i++)
		found = p->users[i].role == ROLE_ADMIN && !p->users[i].disabled &&
			strcmp(p->users[i].name, name) != 0;
	pthread_mutex_unlock(&p->lock);
	return found;
}

void people_used(struct people *p, const char *id, int64_t now_s)
{
	pthread_mutex_lock(&p->lock);
	size_t i = token_at(p, id);
	if (is_token(p, i, id)) {
		p->tokens[i].last_used_s = now_s;
		p->shown[i] = true;
	}
	pthread_mutex_unlock(&p->lock);
}

static void saved(void *arg, enum reason r, const struct fault *f)
{
	(void)arg; /* when a token was last used is nice to know, and no more */
	(void)r;
	(void)f;
}

/* One token a turn at most, so that the store never has a burst of these. */
void people_tick(struct people *p, struct repo *repo, msec now)
{
	struct token t;
	bool due = false;

	if (now < p->saved_at + SAVE_EVERY_MS)
		return;
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->tokens_n && !due; i++) {
		if (!p->shown[i])
			continue;
		p->shown[i] = false;
		t = p->tokens[i];
		due = true;
	}
	pthread_mutex_unlock(&p->lock);
	if (due)
		repo->token_put(repo->ctx, &t, NULL, saved, NULL);
	else
		p->saved_at = now;
}

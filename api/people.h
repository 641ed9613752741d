/* people.h - users and tokens, as the store knows them, at hand for every thread
 *
 * Every request has to know whether its token still counts, so the few rows there are lie in
 * memory under one lock. The store stays the truth: whatever is put here was saved first, and
 * whatever is dropped here stops at once.
 */
#pragma once

#include <stddef.h>

#include "core/base/own.h"
#include "core/base/timers.h"
#include "core/model/repo.h"

enum { USERS_MOST = 1000, TOKENS_MOST = 1000 };

struct people;

struct people *people_new(void);
void people_free(struct people *p);
OWNABLE(people)
void people_load(struct people *p, struct repo *repo); /* loop thread */
bool people_are_known(struct people *p); /* both lists have come */

size_t people_count(struct people *p);
bool people_user(struct people *p, const char *name, struct user *ret);
bool people_token(struct people *p, const char *id, struct token *ret);
/* Copies, sorted; free() them. */
size_t people_users(struct people *p, struct user **ret);
size_t people_tokens(struct people *p, struct token **ret);
/* New or changed; false: no room. */
bool people_put_user(struct people *p, const struct user *u);
bool people_put_token(struct people *p, const struct token *t);
void people_drop_user(struct people *p, const char *name);
void people_drop_token(struct people *p, const char *id);
/* Is there an enabled admin beside this one? */
bool people_other_admin(struct people *p, const char *name);
/* A token was shown; saved now and then by people_tick. Any thread. */
void people_used(struct people *p, const char *id, int64_t now_s);
void people_tick(struct people *p, struct repo *repo, msec now); /* loop thread */

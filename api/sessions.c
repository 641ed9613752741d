/* sessions.c - who is signed in with a browser
 *
 * Found by hash, so how long a look-up takes says nothing about the cookie. A table of 256 is
 * searched end to end: signed-in people are few.
 *
 * Called by: auth.c, signin.c, users.c, stream.c.  Thread: any.  Owns: the table.
 */
#include "api/sessions.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/crypto/secret.h"

struct sessions {
	pthread_mutex_t lock;
	size_t n;
	struct session at[SESSIONS_MOST];
};

struct sessions *sessions_new(void)
{
	struct sessions *s = calloc(1, sizeof(*s));

	if (s)
		pthread_mutex_init(&s->lock, NULL);
	return s;
}

void sessions_free(struct sessions *s)
{
	if (!s)
		return;
	pthread_mutex_destroy(&s->lock);
	wipe(s, sizeof(*s));
	free(s);
}

static void drop(struct sessions *s, size_t i)
{
	s->at[i] = s->at[--s->n];
	wipe(&s->at[s->n], sizeof(s->at[0]));
}

static bool is_over(const struct session *e, struct session_limits l, msec now)
{
	return now - e->used >= l.idle || now - e->made >= l.whole;
}

/* The one used longest ago, of this user or (NULL) of all. */
static size_t oldest(const struct sessions *s, const char *user, size_t *ret_n)
{
	size_t best = s->n, n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (user && strcmp(s->at[i].user, user) != 0)
			continue;
		n++;
		if (best == s->n || s->at[i].used < s->at[best].used)
			best = i;
	}
	*ret_n = n;
	return best;
}

void sessions_open(struct sessions *s, const char *user, msec now, char *ret_cookie, char *ret_csrf)
{
	struct session e = { .made = now, .used = now };
	size_t n;

	token_random(ret_cookie, SESSION_TEXT, 32);
	token_random(ret_csrf, SESSION_TEXT, 32);
	token_hash(ret_cookie, e.key);
	text_copy(e.csrf, sizeof(e.csrf), ret_csrf);
	text_copy(e.user, sizeof(e.user), user);
	pthread_mutex_lock(&s->lock);
	size_t his = oldest(s, user, &n);
	if (n >= SESSIONS_PER_USER)
		drop(s, his);
	if (s->n == SESSIONS_MOST)
		drop(s, oldest(s, NULL, &n));
	s->at[s->n++] = e;
	pthread_mutex_unlock(&s->lock);
}

static struct session *find(struct sessions *s, const uint8_t key[32])
{
	for (size_t i = 0; i < s->n; i++)
		if (slice_equal_secret(slice(s->at[i].key, sizeof(s->at[i].key)), slice(key, 32)))
			return &s->at[i];
	return NULL;
}

bool sessions_find(struct sessions *s, const char *cookie, struct session_limits l, msec now,
		   struct session *ret)
{
	uint8_t key[32];

	token_hash(cookie, key);
	pthread_mutex_lock(&s->lock);
	struct session *e = find(s, key);
	bool good = e && !is_over(e, l, now);
	if (good) {
		e->used = now;
		*ret = *e;
	} else if (e) {
		drop(s, (size_t)(e - s->at));
	}
	pthread_mutex_unlock(&s->lock);
	return good;
}

bool sessions_still(struct sessions *s, const uint8_t key[32], struct session_limits l, msec now)
{
	pthread_mutex_lock(&s->lock);
	const struct session *e = find(s, key);
	bool good = e && !is_over(e, l, now);
	pthread_mutex_unlock(&s->lock);
	return good;
}

bool sessions_csrf(struct sessions *s, const uint8_t key[32], char *ret)
{
	pthread_mutex_lock(&s->lock);
	const struct session *e = find(s, key);
	if (e)
		text_copy(ret, SESSION_TEXT, e->csrf);
	pthread_mutex_unlock(&s->lock);
	return e != NULL;
}

void sessions_close(struct sessions *s, const uint8_t key[32])
{
	pthread_mutex_lock(&s->lock);
	const struct session *e = find(s, key);
	if (e)
		drop(s, (size_t)(e - s->at));
	pthread_mutex_unlock(&s->lock);
}

void sessions_close_of(struct sessions *s, const char *user, const uint8_t *but)
{
	pthread_mutex_lock(&s->lock);
	for (size_t i = s->n; i-- > 0;)
		if (strcmp(s->at[i].user, user) == 0 &&
		    !(but && slice_equal_secret(slice(s->at[i].key, sizeof(s->at[i].key)),
						slice(but, 32))))
			drop(s, i);
	pthread_mutex_unlock(&s->lock);
}

/* sessions.h - who is signed in with a browser
 *
 * Kept in memory only: a restart signs everybody out. The cookie's 256 bits are stored as
 * their SHA-256, so the table cannot be used to sign in. Any thread.
 */
#pragma once

#include <stdint.h>

#include "core/base/own.h"
#include "core/base/timers.h"
#include "core/model/record.h"

enum { SESSIONS_MOST = 256, SESSIONS_PER_USER = 16, SESSION_TEXT = 44 };

struct session {
	uint8_t key[32]; /* SHA-256 of the cookie */
	char user[NAME_SIZE];
	char csrf[SESSION_TEXT];
	msec made, used;
};

struct session_limits {
	msec idle, whole;
};

struct sessions;

struct sessions *sessions_new(void);
void sessions_free(struct sessions *s);
OWNABLE(sessions)
/* ret_cookie and ret_csrf hold SESSION_TEXT. The oldest makes room when there is none. */
void sessions_open(struct sessions *s, const char *user, msec now, char *ret_cookie,
		   char *ret_csrf);
/* Counts as use. False: unknown or over. */
bool sessions_find(struct sessions *s, const char *cookie, struct session_limits l, msec now,
		   struct session *ret);
/* Does not count as use: for streams. */
bool sessions_still(struct sessions *s, const uint8_t key[32], struct session_limits l, msec now);
/* The CSRF token; false: gone. */
bool sessions_csrf(struct sessions *s, const uint8_t key[32], char *ret);
void sessions_close(struct sessions *s, const uint8_t key[32]);
/* All of a user but one (NULL: all). */
void sessions_close_of(struct sessions *s, const char *user, const uint8_t *but);

/* auth.h - who is calling, and may they
 *
 * Three proofs: a bearer token, a session cookie (with a CSRF token for whatever changes
 * something), or the kernel's word about the caller on the Unix socket.
 */
#pragma once

#include "api/doors.h"
#include "api/people.h"
#include "api/sessions.h"

struct lane;
struct throttle;

enum { SETUP_MS = 15 * 60 * 1000, SETUP_TEXT = 44, FAILURES_AN_HOUR = 200, HOUR_MS = 3600 * 1000 };

struct auth {
	struct people *people;
	struct sessions *sessions;
	struct lane *lane; /* one slow hash at a time */
	struct throttle *throttle;

	/* The one-time link; loop thread. */
	char setup_token[SETUP_TEXT];
	msec setup_until;
	bool setting_up;

	/* Refused sign-ins of this hour, which bound what strangers can put on record; loop thread. */
	unsigned failures;
	msec failures_since;
};

extern const struct name role_names[];
/* May somebody of this role do what asks for that one? */
bool role_admits(enum role is, enum role least);

struct auth *auth_new(struct server *s);
void auth_free(struct auth *a);
OWNABLE(auth)
/* Nobody waits for a hash any more. Loop thread. */
void auth_stop(struct auth *a);
/* Sets role, who, channel; R_OK, or why this route is closed to them. */
enum reason auth_admit(struct call *c, struct fault *f);
/* A stream asks again now and then: the token may be revoked, the session over. Any thread. */
bool auth_still(const struct call *c);
/* The name of the one-time link's path; "" when it is not needed. */
void auth_setup_link(struct auth *a, char *ret, size_t cap);
/* Tell everybody who listens. Loop thread. */
void auth_tell(struct server *s, int event_id, const char *who, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

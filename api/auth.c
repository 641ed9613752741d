/* auth.c - who is calling, and may they
 *
 * Bearer tokens read "ik_<id>_<43 characters>": the id finds the row, SHA-256 of the rest is
 * compared in constant time. A token is never more than its owner is now. Sessions are the
 * browser's; what changes something needs the session's CSRF token in a header, which no
 * other origin can read or set, and the browser's word that our own page asks. On the Unix
 * socket the kernel tells who calls; a request that was relayed by a proxy or comes from a
 * page has to prove itself like any other.
 *
 * Whether a user or token still counts is asked with every request, so revoking is at once.
 *
 * Called by: entry.c, stream.c.  Thread: http; auth_new, auth_tell the loop.
 * Owns: people, sessions, lane, throttle.
 */
#include "api/auth.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/guard.h"
#include "api/scope.h"
#include "api/lane.h"
#include "api/throttle.h"

enum { TOKEN_ID_TEXT = 12, TOKEN_SECRET_TEXT = 43 };

const struct name role_names[] = {
	{ ROLE_NONE, "none" },
	{ ROLE_VIEWER, "viewer" },
	{ ROLE_AUDITOR, "auditor" },
	{ ROLE_OPERATOR, "operator" },
	{ ROLE_EDITOR, "editor" },
	{ ROLE_ADMIN, "admin" },
	{ 0, NULL },
};

struct auth *auth_new(struct server *s)
{
	struct auth *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->people = people_new();
	a->sessions = sessions_new();
	a->lane = lane_new(s->control->crew);
	a->throttle = throttle_new();
	if (!a->people || !a->sessions || !a->lane || !a->throttle) {
		auth_free(a);
		return NULL;
	}
	people_load(a->people, s->control->repo);
	return a;
}

void auth_free(struct auth *a)
{
	if (!a)
		return;
	people_free(a->people);
	sessions_free(a->sessions);
	lane_free(a->lane);
	throttle_free(a->throttle);
	wipe(a, sizeof(*a));
	free(a);
}

void auth_stop(struct auth *a)
{
	lane_stop(a->lane);
}

void auth_tell(struct server *s, int event_id, const char *who, const char *fmt, ...)
{
	struct event ev = { .id = (enum event_id)event_id };
	va_list ap;

	text_copy(ev.who, sizeof(ev.who), who);
	va_start(ap, fmt);
	vsnprintf(ev.text, sizeof(ev.text), fmt, ap);
	va_end(ap);
	events_tell(s->control->events, &ev);
}

static struct session_limits limits(struct server *s)
{
	struct session_limits l = { .idle = 30 * 60 * 1000, .whole = 12 * 60 * 60 * 1000 };
	const struct config *c = board_config(s->control->board);

	if (c) {
		l.idle = (msec)config_api(c)->session_idle_seconds * 1000;
		l.whole = (msec)config_api(c)->session_limit_seconds * 1000;
	}
	config_unref(c);
	return l;
}

/* ---- three proofs ---- */

bool role_admits(enum role is, enum role least)
{
	return least == ROLE_AUDITOR ? is == ROLE_AUDITOR || is >= ROLE_ADMIN : is >= least;
}

/* What both may. An operator is no auditor, nor the other way round: together they are viewers. */
static enum role role_both(enum role a, enum role b)
{
	enum role less = MIN_OF(a, b);

	return less == ROLE_AUDITOR && !role_admits(MAX_OF(a, b), ROLE_AUDITOR) ? ROLE_VIEWER
										: less;
}

/* What a token may do today: its owner may have been demoted, disabled or removed. Owners
 * "local:..." made it on the Unix socket and are no users of ours. */
static enum role token_role(struct people *p, const struct token *t, int64_t now_s)
{
	struct user u;

	if (t->expires_s && now_s >= t->expires_s)
		return ROLE_NONE;
	if (strncmp(t->owner, "local:", 6) == 0)
		return t->role;
	if (!people_user(p, t->owner, &u) || u.disabled || u.created_s > t->created_s)
		return ROLE_NONE;
	return role_both(t->role, u.role);
}

/* A token's own limits, and its owner's. */
static void token_scope(struct people *p, const struct token *t, char ret[SCOPE_TEXT])
{
	struct user u;
	bool owned =
		strncmp(t->owner, "local:", 6) != 0 && people_user(p, t->owner, &u) && *u.scope;

	snprintf(ret, SCOPE_TEXT, "%s%s%s", t->scope, owned && *t->scope ? "," : "",
		 owned ? u.scope : "");
}

static bool read_token(const char *given, char id[16], char secret[TOKEN_SECRET_TEXT + 1])
{
	const char *at = given + 3;
	size_t id_n;

	if (strncmp(given, "ik_", 3) != 0 || strlen(given) < 3 + 1 + 1 + TOKEN_SECRET_TEXT)
		return false;
	/* From the end: base64url may hold an underscore, but its length is known. */
	id_n = strlen(at) - TOKEN_SECRET_TEXT - 1;
	if (id_n >= 16 || at[id_n] != '_')
		return false;
	snprintf(id, 16, "%.*s", (int)id_n, at);
	snprintf(secret, TOKEN_SECRET_TEXT + 1, "%s", at + id_n + 1);
	return true;
}

static enum reason by_token(struct call *c, const char *header, struct fault *f)
{
	struct people *p = c->r.server->auth->people;
	char secret[TOKEN_SECRET_TEXT + 1];
	int64_t now_s = clock_wall_ms() / 1000;
	uint8_t hash[32];
	struct token t;

	if (strncasecmp(header, "Bearer ", 7) != 0 || !read_token(header + 7, c->token_id, secret))
		return fail(f, R_UNAUTHENTICATED,
			    "the Authorization header holds no token of ours");
	bool known = people_token(p, c->token_id, &t);
	token_hash(secret, hash);
	if (!known)
		memset(t.hash, 0, sizeof(t.hash));
	if (!slice_equal_secret(slice(hash, 32), slice(t.hash, 32)) || !known)
		return fail(f, R_UNAUTHENTICATED, "the token is unknown");
	c->r.role = token_role(p, &t, now_s);
	if (c->r.role == ROLE_NONE)
		return fail(f, R_UNAUTHENTICATED, "the token has expired or its owner is gone");
	if (!scope_has_source(t.sources, c->r.remote))
		return fail(f, R_FORBIDDEN, "the token %s may not be used from here (%s)", t.name,
			    c->r.remote);
	token_scope(p, &t, c->r.scope);
	c->credential = CRED_TOKEN;
	snprintf(c->r.who, sizeof(c->r.who), "token:%s", t.name);
	text_copy(c->r.channel, sizeof(c->r.channel), "rest");
	if (t.last_used_s != now_s)
		people_used(p, t.id, now_s);
	return R_OK;
}

static enum reason check_csrf(const struct call *c, const char *want, struct fault *f)
{
	const char *site = call_header(c, "Sec-Fetch-Site");
	const char *origin = call_header(c, "Origin");
	const char *host = call_header(c, "Host");
	const char *given = call_header(c, "X-CSRF-Token");

	if (c->r.method == M_GET || c->r.method == M_HEAD)
		return R_OK;
	bool same = (site && strcmp(site, "same-origin") == 0) ||
		    (origin && host && guard_origin(origin, host));
	if (!same || (origin && !(host && guard_origin(origin, host))))
		return fail(f, R_FORBIDDEN, "the request does not come from our own pages");
	if (!given || !slice_equal_secret(slice_str(given), slice_str(want)))
		return fail(f, R_FORBIDDEN,
			    "the X-CSRF-Token header must repeat csrf_token of GET /session");
	return R_OK;
}

static enum reason by_session(struct call *c, const char *cookie, struct fault *f)
{
	struct server *s = c->r.server;
	struct session e;
	struct user u;

	if (!sessions_find(s->auth->sessions, cookie, limits(s), clock_now(), &e))
		return fail(f, R_UNAUTHENTICATED, "the session is over; sign in again");
	if (!people_user(s->auth->people, e.user, &u) || u.disabled) {
		sessions_close(s->auth->sessions, e.key);
		return fail(f, R_UNAUTHENTICATED, "the user is gone or disabled");
	}
	c->credential = CRED_SESSION;
	memcpy(c->session, e.key, sizeof(c->session));
	c->r.role = u.role;
	text_copy(c->r.scope, sizeof(c->r.scope), u.scope);
	text_copy(c->r.who, sizeof(c->r.who), u.name);
	text_copy(c->r.channel, sizeof(c->r.channel), "web");
	return check_csrf(c, e.csrf, f);
}

static void by_socket(struct call *c)
{
	char text[1024];
	struct passwd pw, *found = NULL;

	c->credential = CRED_LOCAL;
	c->r.role = ROLE_ADMIN;
	text_copy(c->r.channel, sizeof(c->r.channel), "cli");
	if (getpwuid_r(c->line->uid, &pw, text, sizeof(text), &found) == 0 && found)
		snprintf(c->r.who, sizeof(c->r.who), "local:%s", found->pw_name);
	else
		snprintf(c->r.who, sizeof(c->r.who), "local:%u", c->line->uid);
}

/* A page of a stranger's may not sign people in either. */
static enum reason check_stranger(const struct call *c, struct fault *f)
{
	const char *site = call_header(c, "Sec-Fetch-Site");
	const char *origin = call_header(c, "Origin");
	const char *host = call_header(c, "Host");

	if (c->r.method == M_GET || c->r.method == M_HEAD)
		return R_OK;
	if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return fail(f, R_FORBIDDEN, "the request does not come from our own pages");
	if (origin && !(host && guard_origin(origin, host)))
		return fail(f, R_FORBIDDEN, "the request does not come from our own pages");
	return R_OK;
}

static enum reason identify(struct call *c, struct fault *f)
{
	const char *header = call_header(c, "Authorization");
	const char *cookie =
		MHD_lookup_connection_value(c->conn, MHD_COOKIE_KIND, "__Host-ikeeper");

	if (c->line->is_local && !c->line->is_trusted && !c->forwarded)
		return fail(f, R_FORBIDDEN, "this user may not use the socket");
	if (header)
		return by_token(c, header, f);
	if (c->line->is_trusted && !c->forwarded)
		by_socket(c);
	else if (cookie)
		return by_session(c, cookie, f);
	return R_OK;
}

enum reason auth_admit(struct call *c, struct fault *f)
{
	enum role least = c->r.route->role;

	if (!people_are_known(c->r.server->auth->people))
		return fail(f, R_NOT_READY, "the store is not loaded yet");
	if (identify(c, f) != R_OK) {
		/* Whoever signs in again may still carry the cookie of an old session. */
		if (least != ROLE_NONE || f->reason != R_UNAUTHENTICATED)
			return f->reason;
		c->credential = CRED_NONE;
	}
	if (c->credential == CRED_NONE) {
		c->r.role = ROLE_NONE;
		if (least != ROLE_NONE)
			return fail(f, R_UNAUTHENTICATED, "sign in, or send a token");
		return check_stranger(c, f);
	}
	if (!role_admits(c->r.role, least))
		return fail(f, R_FORBIDDEN, "this needs the role %s; %s is %s",
			    name_of(role_names, least), c->r.who, name_of(role_names, c->r.role));
	return scope_admit(&c->r, f);
}

bool auth_still(const struct call *c)
{
	struct server *s = c->r.server;
	enum role least = c->r.route->role;
	char scope[SCOPE_TEXT];
	struct token t;
	struct user u;

	switch (c->credential) {
	case CRED_LOCAL:
		return true;
	case CRED_TOKEN:
		if (!people_token(s->auth->people, c->token_id, &t))
			return false;
		token_scope(s->auth->people, &t, scope);
		return strcmp(scope, c->r.scope) == 0 &&
		       role_admits(token_role(s->auth->people, &t, clock_wall_ms() / 1000), least);
	case CRED_SESSION:
		return sessions_still(s->auth->sessions, c->session, limits(s), clock_now()) &&
		       people_user(s->auth->people, c->r.who, &u) && !u.disabled &&
		       role_admits(u.role, least) && strcmp(u.scope, c->r.scope) == 0;
	case CRED_NONE:
	default:
		return least == ROLE_NONE;
	}
}

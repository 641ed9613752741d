/* signin.c - signing in and out, and the very first user
 *
 * A password is checked on the crew's one lane (lane.c), after the throttle let the source
 * and the name pass. An unknown name costs the same time and gets the same sentence as a
 * wrong password. The session's cookie is the browser's only; its CSRF token is handed to our
 * page by GET /session.
 *
 * While there is no user at all, a one-time token (15 minutes, in the log as a link) makes the
 * first admin.
 *
 * Called by: router.c; auth_setup_link main.  Thread: http until parked, then the loop.
 * Owns: nothing; the state is auth's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/audit.h"
#include "api/auth.h"
#include "api/lane.h"
#include "api/scope.h"
#include "api/signup.h"
#include "api/throttle.h"

#define COOKIE "__Host-ikeeper"
#define ASIDE  "; Path=/; Secure; HttpOnly; SameSite=Strict"

static void open_session(struct request *r, const struct user *u, int status)
{
	char cookie[SESSION_TEXT], csrf[SESSION_TEXT], header[160];

	sessions_open(r->server->auth->sessions, u->name, clock_now(), cookie, csrf);
	snprintf(header, sizeof(header), COOKIE "=%s" ASIDE, cookie);
	request_header(r, "Set-Cookie", header);
	wipe(header, sizeof(header));
	wipe(cookie, sizeof(cookie));
	request_json(r, status,
		     json_pack("{ss,ss,ss}", "user", u->name, "role",
			       name_of(role_names, (int)u->role), "csrf_token", csrf));
}

static void saved(void *arg, enum reason r, const struct fault *f)
{
	(void)arg; /* a full disk keeps nobody out: whoever is to mend it has to come in */
	if (r != R_OK)
		log_say(LOG_WARN_, LOG_API, "a sign-in is not in the audit log: %s", f->text);
}

/* Names of strangers go to the log and the journal only when they could be names at all. */
static const char *decent(const char *name, char *ret, size_t cap)
{
	struct fault f = { 0 };

	if (syntax_check(SYN_NAME, name, ret, cap, &f) != R_OK)
		text_copy(ret, cap, "?");
	return ret;
}

/* Anybody can fail, as often as he has addresses: beyond so many an hour they are in the log and the
 * journal only, and a row without a name says so. */
static void record_failure(struct request *r, const char *name)
{
	struct auth *a = r->server->auth;
	msec now = clock_now();

	if (!a->failures || now - a->failures_since >= HOUR_MS) {
		a->failures = 0;
		a->failures_since = now;
	}
	if (a->failures <= FAILURES_AN_HOUR)
		audit_note_user(r, DEED_SIGN_IN_FAILED, a->failures < FAILURES_AN_HOUR ? name : "");
	a->failures++;
}

static void refuse_login(struct request *r, const char *given)
{
	struct fault f = { 0 };
	char name[WHO_SIZE];

	decent(given, name, sizeof(name));
	auth_tell(r->server, EVT_SIGN_IN_FAILED, name, "a sign-in as %.64s from %s failed", name,
		  r->remote);
	record_failure(r, name);
	fail(&f, R_UNAUTHENTICATED, "the name or the password is wrong");
	request_fault(r, &f);
}

static void busy(struct request *r)
{
	struct fault f = { 0 };

	request_header(r, "Retry-After", "5");
	fail(&f, R_THROTTLED, "too many are signing in at this moment");
	request_fault(r, &f);
}

/* Whoever has an IPv6 address has 2^64 of them: the network counts as the source. */
static const char *source_key(const struct request *r, char ret[80])
{
	struct addr a;
	char text[ADDR_TEXT];

	text_copy(ret, 80, r->remote);
	if (addr_read(r->remote, &a) && a.family == 6) {
		a = addr_masked(&a, 64);
		text_copy(ret, 80, addr_text(&a, text));
	}
	return ret;
}

static const char *name_key(const char *name, char ret[80])
{
	snprintf(ret, 80, "name %s", name);
	return ret;
}

static void login_checked(struct hashing *h, bool cancelled)
{
	struct request *r = h->r;
	struct auth *a = r->server->auth;
	struct audit_slip slip;
	struct user u;
	char key[80];

	if (cancelled) {
		busy(r);
		return;
	}
	/* Meanwhile the user may have been disabled, or the password changed. */
	if (!h->good || !people_user(a->people, h->name, &u) || u.disabled ||
	    !slice_equal_secret(slice_str(u.password), slice_str(h->phc))) {
		refuse_login(r, h->name);
		return;
	}
	throttle_forgive(a->throttle, source_key(r, key));
	throttle_forgive(a->throttle, name_key(h->name, key));
	u.last_in_s = clock_wall_ms() / 1000;
	people_put_user(a->people, &u);
	audit_slip_user(&slip, r, DEED_SIGN_IN, u.name);
	r->control->repo->user_put(r->control->repo->ctx, &u, &slip.row, saved, NULL);
	audit_slip_done(&slip);
	auth_tell(r->server, EVT_SIGNED_IN, u.name, "%s signed in from %s", u.name, r->remote);
	open_session(r, &u, 200);
}

static bool throttled(struct request *r, const char *key)
{
	uint32_t wait_s = throttle_try(r->server->auth->throttle, key, clock_now());
	struct fault f = { 0 };
	char text[16];

	if (!wait_s)
		return false;
	snprintf(text, sizeof(text), "%u", wait_s);
	request_header(r, "Retry-After", text);
	fail(&f, R_THROTTLED, "too many tries; wait %u seconds", wait_s);
	request_fault(r, &f);
	return true;
}

static void login_run(struct request *r)
{
	struct auth *a = r->server->auth;
	struct hashing *h = r->work;
	struct user u;
	char key[80];

	r->work = NULL;
	if (throttled(r, source_key(r, key)) || throttled(r, name_key(h->name, key))) {
		lane_forget(h);
		return;
	}
	h->check = true;
	h->known = people_user(a->people, h->name, &u) && !u.disabled;
	text_copy(h->phc, sizeof(h->phc), h->known ? u.password : "");
	h->then = login_checked;
	if (!lane_ask(a->lane, h))
		busy(r);
}

void auth_login(struct request *r)
{
	struct fault f = { 0 };
	struct hashing *h;

	if (!request_query_ok(r, NULL))
		return;
	h = signup_take(r, "name", NULL, &f);
	if (!h) {
		request_fault(r, &f);
		return;
	}
	r->work = h;
	r->drop = lane_forget;
	request_park(r, login_run);
}

static void run_logout(struct request *r)
{
	audit_note_user(r, DEED_SIGN_OUT, r->who);
	request_header(r, "Set-Cookie", COOKIE "=" ASIDE "; Max-Age=0");
	request_empty(r, 204);
}

void auth_logout(struct request *r)
{
	struct call *c = call_of(r);

	if (!request_query_ok(r, NULL))
		return;
	if (c->credential == CRED_SESSION) {
		sessions_close(r->server->auth->sessions, c->session);
		request_park(r, run_logout);
		return;
	}
	request_header(r, "Set-Cookie", COOKIE "=" ASIDE "; Max-Age=0");
	request_empty(r, 204);
}

void auth_session(struct request *r)
{
	const struct call *c = call_of(r);
	json_t *may = json_array();
	json_t *body;

	if (!request_query_ok(r, NULL)) {
		json_decref(may);
		return;
	}
	for (int role = ROLE_VIEWER; role <= (int)r->role; role++)
		if (role_admits(r->role, (enum role)role))
			json_array_append_new(may, json_string(name_of(role_names, role)));
	body = json_pack("{ss,ss,so,ss,so,sn}", "user", r->who, "role",
			 name_of(role_names, (int)r->role), "scope", scope_list(r->scope),
			 "channel", r->channel, "may", may, "csrf_token");
	if (c->credential == CRED_SESSION) {
		char csrf[SESSION_TEXT];

		if (sessions_csrf(r->server->auth->sessions, c->session, csrf))
			json_object_set_new(body, "csrf_token", json_string(csrf));
	}
	request_json(r, 200, body);
}

/* ---- the first user ---- */

void auth_setup_link(struct auth *a, char *ret, size_t cap)
{
	*ret = '\0';
	if (!people_are_known(a->people) || people_count(a->people))
		return;
	if (!*a->setup_token || clock_now() >= a->setup_until) {
		token_random(a->setup_token, sizeof(a->setup_token), 32);
		a->setup_until = clock_now() + SETUP_MS;
	}
	snprintf(ret, cap, "/#setup=%s", a->setup_token);
}

struct setup {
	struct request *r;
	struct user u;
};

static void setup_saved(void *arg, enum reason reason, const struct fault *f)
{
	struct setup *s = arg;
	struct request *r = s->r;
	struct auth *a = r->server->auth;

	a->setting_up = false;
	if (reason != R_OK) {
		request_fault(r, f);
	} else {
		people_put_user(a->people, &s->u);
		wipe(a->setup_token, sizeof(a->setup_token));
		auth_tell(r->server, EVT_SIGNED_IN, s->u.name,
			  "%s, the first user, was made from %s", s->u.name, r->remote);
		open_session(r, &s->u, 201);
	}
	free(s);
}

static void setup_hashed(struct hashing *h, bool cancelled)
{
	struct request *r = h->r;
	struct repo *repo = r->control->repo;
	struct audit_slip slip;
	struct setup *s = cancelled ? NULL : calloc(1, sizeof(*s));

	if (!s || h->fault.reason != R_OK) {
		r->server->auth->setting_up = false;
		free(s);
		if (!cancelled && h->fault.reason != R_OK)
			request_fault(r, &h->fault);
		else
			busy(r);
		return;
	}
	s->r = r;
	text_copy(s->u.name, sizeof(s->u.name), h->name);
	text_copy(s->u.password, sizeof(s->u.password), h->phc);
	s->u.role = ROLE_ADMIN;
	s->u.created_s = s->u.last_in_s = clock_wall_ms() / 1000;
	audit_slip_user(&slip, r, DEED_CREATE, s->u.name);
	repo->user_put(repo->ctx, &s->u, &slip.row, setup_saved, s);
	audit_slip_done(&slip);
}

static enum reason check_setup(struct request *r, struct fault *f)
{
	struct auth *a = r->server->auth;
	const char *given = json_string_value(json_object_get(r->json, "token"));

	if (people_count(a->people) || a->setting_up)
		return fail(f, R_FORBIDDEN, "there are users already; sign in");
	if (!*a->setup_token || !slice_equal_secret(slice_str(given), slice_str(a->setup_token)))
		return fail(f, R_FORBIDDEN, "the set-up link is not the one we gave out");
	if (clock_now() >= a->setup_until)
		return fail(f, R_FORBIDDEN,
			    "the set-up link is older than 15 minutes; restart the daemon");
	return R_OK;
}

static void setup_run(struct request *r)
{
	struct auth *a = r->server->auth;
	struct hashing *h = r->work;
	struct fault f = { 0 };
	char key[80];

	r->work = NULL;
	if (throttled(r, source_key(r, key))) {
		lane_forget(h);
		return;
	}
	if (check_setup(r, &f) != R_OK) {
		lane_forget(h);
		request_fault(r, &f);
		return;
	}
	throttle_forgive(a->throttle, key);
	a->setting_up = true;
	h->then = setup_hashed;
	if (!lane_ask(a->lane, h)) {
		a->setting_up = false;
		busy(r);
	}
}

void auth_setup(struct request *r)
{
	struct faults *errors;
	struct fault f = { 0 };
	struct hashing *h;

	if (!request_query_ok(r, NULL))
		return;
	h = signup_take(r, "name", "token", &f);
	if (!h) {
		request_fault(r, &f);
		return;
	}
	errors = calloc(1, sizeof(*errors));
	if (errors) {
		signup_rules(h->name, h->password, errors);
		if (!errors->n) {
			r->work = h;
			r->drop = lane_forget;
			request_park(r, setup_run);
			free(errors);
			return;
		}
		request_faults(r, R_INVALID, errors, NULL);
	} else {
		fail(&f, R_NO_MEMORY, "no memory");
		request_fault(r, &f);
	}
	free(errors);
	lane_forget(h);
}

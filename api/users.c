/* users.c - people: list, add, change, remove
 *
 * Admins only. Password hashes never leave; new passwords go through the lane like a sign-in.
 * A removed or disabled user, and his tokens, stop with the next request they make. The last
 * enabled admin cannot be removed, demoted or disabled (user.last_admin), or nobody could
 * repair anything but from the machine itself.
 *
 * Called by: router.c.  Thread: http until parked, then the loop.  Owns: nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "api/audit.h"
#include "api/auth.h"
#include "api/lane.h"
#include "api/scope.h"
#include "api/signup.h"
#include "api/stamp.h"

/* One change on its way: what the body said, then the user as it will be. */
struct edit_user {
	struct request *r;
	struct user u, old;
	bool is_new, has_role, has_scope, has_disabled, has_password;
	struct hashing *h; /* with the password, until the lane has it */
};

static json_t *user_json(const struct user *u)
{
	return json_pack("{ss,ss,so,sb,so,so}", "name", u->name, "role",
			 name_of(role_names, (int)u->role), "scope", scope_list(u->scope),
			 "disabled", (int)u->disabled, "created_at", stamp_json(u->created_s),
			 "last_in_at", stamp_json(u->last_in_s));
}

void users_list(struct request *r)
{
	struct user *users;
	json_t *items = json_array();

	if (!request_query_ok(r, NULL)) {
		json_decref(items);
		return;
	}
	size_t n = people_users(r->server->auth->people, &users);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(items, user_json(&users[i]));
	free(users);
	request_json(r, 200, json_pack("{so,sn}", "items", items, "next_cursor"));
}

static void unknown(struct request *r)
{
	struct fault f = { 0 };

	fail(&f, R_NOT_FOUND, "there is no user %.64s", r->name);
	request_fault(r, &f);
}

void users_get(struct request *r)
{
	struct user u;

	if (!request_query_ok(r, NULL))
		return;
	if (people_user(r->server->auth->people, r->name, &u))
		request_json(r, 200, user_json(&u));
	else
		unknown(r);
}

/* ---- a change ---- */

static void drop_edit(void *edit)
{
	struct edit_user *e = edit;

	lane_forget(e->h);
	wipe(e, sizeof(*e));
	free(e);
}

static void refuse(struct edit_user *e, enum reason reason, const char *rule, const char *field,
		   const char *text)
{
	struct faults *errors = calloc(1, sizeof(*errors));
	struct request *r = e->r;

	if (errors)
		faults_add(errors, reason, rule, field, "%s", text);
	request_faults(r, reason, errors, NULL);
	free(errors);
	drop_edit(e);
}

/* As it stands in the audit log. */
static json_t *record_of(const struct user *u, const char *password)
{
	return json_pack("{ss,ss,so,sb,ss}", "name", u->name, "role",
			 name_of(role_names, (int)u->role), "scope", scope_list(u->scope),
			 "disabled", (int)u->disabled, "password", password);
}

static void saved(void *arg, enum reason reason, const struct fault *f)
{
	struct edit_user *e = arg;
	struct request *r = e->r;
	struct auth *a = r->server->auth;
	char path[128];

	if (reason != R_OK) {
		request_fault(r, f);
		drop_edit(e);
		return;
	}
	people_put_user(a->people, &e->u);
	if (e->u.disabled || (e->has_password && !e->is_new))
		sessions_close_of(a->sessions, e->u.name, call_of(r)->session);
	log_say(LOG_NOTE_, LOG_API, "%s %s the user %s (%s)", r->who,
		e->is_new ? "made" : "changed", e->u.name, name_of(role_names, (int)e->u.role));
	if (e->is_new) {
		snprintf(path, sizeof(path), "/api/v1/users/%s", e->u.name);
		request_header(r, "Location", path);
	}
	request_json(r, e->is_new ? 201 : 200, user_json(&e->u));
	drop_edit(e);
}

/* With its row of the audit log, or not at all. */
static void put_with_row(struct edit_user *e, struct repo *repo)
{
	bool changed = !e->is_new && e->has_password;
	struct audit_slip slip;

	audit_slip(&slip, e->r, e->is_new ? DEED_CREATE : DEED_UPDATE, "users", e->u.name);
	audit_slip_texts(&slip, e->is_new ? NULL : record_of(&e->old, "set"),
			 record_of(&e->u, changed ? "changed" : "set"));
	repo->user_put(repo->ctx, &e->u, &slip.row, saved, e);
	audit_slip_done(&slip);
}

/* The user as it is at this moment, with what the body said over it. */
static void apply(struct edit_user *e)
{
	struct people *p = e->r->server->auth->people;
	struct repo *repo = e->r->control->repo;
	struct user now;
	bool there = people_user(p, e->u.name, &now);

	if (e->is_new && there) {
		refuse(e, R_NAME_TAKEN, "", "name", "there is a user of this name");
		return;
	}
	if (e->is_new && people_count(p) >= USERS_MOST) {
		refuse(e, R_INVALID, "user.too_many", "", "there are 1000 users already");
		return;
	}
	if (!e->is_new && !there) {
		struct request *r = e->r;

		unknown(r);
		drop_edit(e);
		return;
	}
	if (e->is_new) {
		e->u.created_s = clock_wall_ms() / 1000;
	} else {
		e->old = now;
		now.role = e->has_role ? e->u.role : now.role;
		if (e->has_scope)
			text_copy(now.scope, sizeof(now.scope), e->u.scope);
		now.disabled = e->has_disabled ? e->u.disabled : now.disabled;
		if (e->has_password)
			text_copy(now.password, sizeof(now.password), e->u.password);
		e->u = now;
	}
	if (!scope_fits_role(e->u.scope, e->u.role)) {
		refuse(e, R_INVALID, scope_role_rule, "scope", scope_role_text);
		return;
	}
	if (there && (e->u.role != ROLE_ADMIN || e->u.disabled) &&
	    !people_other_admin(p, e->u.name)) {
		refuse(e, R_INVALID, "user.last_admin", e->has_role ? "role" : "disabled",
		       "nobody else is an enabled admin");
		return;
	}
	put_with_row(e, repo);
}

static void hashed(struct hashing *h, bool cancelled)
{
	struct request *r = h->r;
	struct edit_user *e = r->work;

	r->work = NULL;
	if (cancelled || h->fault.reason != R_OK) {
		if (cancelled)
			fail(&h->fault, R_BUSY, "the password could not be hashed now");
		request_fault(r, &h->fault);
		drop_edit(e);
		return;
	}
	text_copy(e->u.password, sizeof(e->u.password), h->phc);
	apply(e);
}

static void edit_run(struct request *r)
{
	struct edit_user *e = r->work;
	struct fault f = { 0 };

	if (!e->has_password) {
		r->work = NULL;
		apply(e);
		return;
	}
	e->h->then = hashed;
	if (lane_ask(r->server->auth->lane, give(e->h)))
		return;
	request_header(r, "Retry-After", "5");
	fail(&f, R_THROTTLED, "too many passwords are being hashed at this moment");
	r->work = NULL;
	drop_edit(e);
	request_fault(r, &f);
}

static void read_member(struct edit_user *e, const char *key, json_t *value, struct faults *errors)
{
	const char *text = json_string_value(value);
	struct fault f = { 0 };
	int role;

	if (strcmp(key, "name") == 0) {
		if (!text || (!e->is_new && strcmp(text, e->u.name) != 0))
			faults_add(errors, R_INVALID, "", key, "names the user for ever");
		else if (!*text || strlen(text) >= NAME_SIZE)
			faults_add(errors, R_INVALID, "user.name", key,
				   "a name has 1 to %d characters", NAME_MAX_);
		else
			text_copy(e->u.name, sizeof(e->u.name), text);
	} else if (strcmp(key, "role") == 0) {
		e->has_role = text && name_find(role_names, text, &role) && role != ROLE_NONE;
		if (e->has_role)
			e->u.role = (enum role)role;
		else
			faults_add(errors, R_INVALID, "user.role", key,
				   "a role is viewer, auditor, operator, editor or admin");
	} else if (strcmp(key, "scope") == 0) {
		e->has_scope = true;
		scope_read_labels(value, e->u.scope, errors);
	} else if (strcmp(key, "disabled") == 0) {
		e->has_disabled = json_is_boolean(value);
		e->u.disabled = json_is_true(value);
		if (!e->has_disabled)
			faults_add(errors, R_INVALID, "", key, "must be true or false");
	} else if (strcmp(key, "password") == 0) {
		e->has_password = signup_move(value, e->h, &f) == R_OK;
		if (!e->has_password)
			faults_add(errors, R_INVALID, "", key, "%s", f.text);
	} else {
		faults_add(errors, R_INVALID, "", key, "there is no such member");
	}
}

static void read_body(struct edit_user *e, struct faults *errors)
{
	json_t *value;
	const char *key;

	if (!json_is_object(e->r->json)) {
		faults_add(errors, R_INVALID, "", "", "the body must be a JSON object");
		return;
	}
	json_object_foreach(e->r->json, key, value)
	{
		read_member(e, key, value, errors);
	}
	if (e->is_new && !json_object_get(e->r->json, "name"))
		faults_add(errors, R_INVALID, "user.name", "name", "a name is needed");
	if (e->is_new && !json_object_get(e->r->json, "role"))
		faults_add(errors, R_INVALID, "user.role", "role", "a role is needed");
	if (e->is_new && !json_object_get(e->r->json, "password"))
		faults_add(errors, R_INVALID, "user.password_length", "password",
			   "a password is needed");
	signup_rules(*e->u.name ? e->u.name : NULL, e->has_password ? e->h->password : NULL,
		     errors);
}

static void edit(struct request *r, bool is_new)
{
	struct edit_user *e;
	struct faults *errors;

	if (!request_query_ok(r, NULL))
		return;
	e = calloc(1, sizeof(*e));
	errors = calloc(1, sizeof(*errors));
	if (e)
		e->h = calloc(1, sizeof(*e->h));
	if (!e || !e->h || !errors) {
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY, .text = "no memory" });
		free(e);
		free(errors);
		return;
	}
	e->r = e->h->r = r;
	e->is_new = is_new;
	if (!is_new)
		text_copy(e->u.name, sizeof(e->u.name), r->name);
	read_body(e, errors);
	if (errors->n) {
		request_faults(r, R_INVALID, errors, NULL);
		drop_edit(e);
	} else {
		r->work = e;
		r->drop = drop_edit;
		request_park(r, edit_run);
	}
	free(errors);
}

void users_create(struct request *r)
{
	edit(r, true);
}

void users_patch(struct request *r)
{
	edit(r, false);
}

/* ---- the end of one ---- */

struct ending {
	struct request *r;
	struct user u;
};

static void token_gone(void *arg, enum reason r, const struct fault *f)
{
	(void)arg; /* without its owner it is dead anyway */
	(void)r;
	(void)f;
}

static void drop_tokens(struct request *r, const char *owner)
{
	struct people *p = r->server->auth->people;
	struct repo *repo = r->control->repo;
	struct token *tokens;
	size_t n = people_tokens(p, &tokens);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(tokens[i].owner, owner) != 0)
			continue;
		struct audit_slip slip;

		people_drop_token(p, tokens[i].id);
		audit_slip(&slip, r, DEED_DELETE, "api-tokens", tokens[i].id);
		audit_slip_texts(
			&slip, json_pack("{ss,ss}", "name", tokens[i].name, "owner", owner), NULL);
		repo->token_delete(repo->ctx, tokens[i].id, &slip.row, token_gone, NULL);
		audit_slip_done(&slip);
	}
	free(tokens);
}

static void deleted(void *arg, enum reason reason, const struct fault *f)
{
	struct ending *e = arg;
	struct request *r = e->r;
	struct auth *a = r->server->auth;

	if (reason != R_OK) {
		request_fault(r, f);
	} else {
		people_drop_user(a->people, e->u.name);
		sessions_close_of(a->sessions, e->u.name, NULL);
		drop_tokens(r, e->u.name);
		log_say(LOG_NOTE_, LOG_API, "%s removed the user %s", r->who, e->u.name);
		request_empty(r, 204);
	}
	wipe(e, sizeof(*e));
	free(e);
}

static void delete_run(struct request *r)
{
	struct people *p = r->server->auth->people;
	struct repo *repo = r->control->repo;
	struct edit_user *e;
	struct ending *end;
	struct audit_slip slip;
	struct user u;

	if (!people_user(p, r->name, &u)) {
		unknown(r);
		return;
	}
	if (!people_other_admin(p, r->name)) {
		e = calloc(1, sizeof(*e));
		if (e) {
			e->r = r;
			refuse(e, R_INVALID, "user.last_admin", "",
			       "nobody else is an enabled admin");
			return;
		}
	}
	end = calloc(1, sizeof(*end));
	if (!end) {
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY, .text = "no memory" });
		return;
	}
	end->r = r;
	end->u = u;
	audit_slip(&slip, r, DEED_DELETE, "users", u.name);
	audit_slip_texts(&slip, record_of(&u, "set"), NULL);
	repo->user_delete(repo->ctx, end->u.name, &slip.row, deleted, end);
	audit_slip_done(&slip);
}

void users_delete(struct request *r)
{
	if (request_query_ok(r, NULL))
		request_park(r, delete_run);
}

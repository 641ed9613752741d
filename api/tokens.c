/* tokens.c - bearer tokens: list, make, revoke
 *
 * "ik_<id>_<43 characters>" is shown once, in the answer that makes it; the store and the
 * memory hold SHA-256 of the last part (256 random bits need no slow hash). A token belongs to
 * whoever made it and never may more than its owner.
 *
 * Called by: router.c.  Thread: http until parked, then the loop.  Owns: nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "api/audit.h"
#include "api/auth.h"
#include "api/scope.h"
#include "api/signup.h"
#include "api/stamp.h"

enum { DAYS_MOST = 3650, DAY_S = 24 * 60 * 60 };

struct making {
	struct request *r;
	struct token t;
	char secret[44];
};

static json_t *token_json(const struct token *t)
{
	return json_pack("{ss,ss,ss,ss,so,so,so,so,so}", "id", t->id, "name", t->name, "owner",
			 t->owner, "role", name_of(role_names, (int)t->role), "scope",
			 scope_list(t->scope), "sources", scope_list(t->sources), "created_at",
			 stamp_json(t->created_s), "expires_at", stamp_json(t->expires_s),
			 "last_used_at", stamp_json(t->last_used_s));
}

void tokens_list(struct request *r)
{
	struct token *tokens;
	json_t *items;

	if (!request_query_ok(r, NULL))
		return;
	items = json_array();
	size_t n = people_tokens(r->server->auth->people, &tokens);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(items, token_json(&tokens[i]));
	free(tokens);
	request_json(r, 200, json_pack("{so,sn}", "items", items, "next_cursor"));
}

static void drop(void *making)
{
	wipe(making, sizeof(struct making));
	free(making);
}

static void made(void *arg, enum reason reason, const struct fault *f)
{
	struct making *m = arg;
	struct request *r = m->r;
	char text[80];
	json_t *body;

	if (reason != R_OK) {
		request_fault(r, f);
		drop(m);
		return;
	}
	people_put_token(r->server->auth->people, &m->t);
	log_say(LOG_NOTE_, LOG_API, "%s made the token %s (%s)", r->who, m->t.name,
		name_of(role_names, (int)m->t.role));
	body = token_json(&m->t);
	snprintf(text, sizeof(text), "ik_%s_%s", m->t.id, m->secret);
	json_object_set_new(body, "token", json_string(text));
	wipe(text, sizeof(text));
	request_json(r, 201, body);
	drop(m);
}

static bool is_taken(struct people *p, const char *name)
{
	struct token *tokens;
	size_t n = people_tokens(p, &tokens);
	bool taken = false;

	for (size_t i = 0; i < n && !taken; i++)
		taken = strcmp(tokens[i].name, name) == 0;
	free(tokens);
	return taken || n >= TOKENS_MOST;
}

static void make_run(struct request *r)
{
	struct making *m = r->work;
	struct repo *repo = r->control->repo;
	struct audit_slip slip;
	struct fault f = { 0 };

	r->work = NULL;
	if (is_taken(r->server->auth->people, m->t.name)) {
		fail_field(&f, R_NAME_TAKEN, "name",
			   "a token of this name exists, or there are 1000 already");
		request_fault(r, &f);
		drop(m);
		return;
	}
	audit_slip(&slip, r, DEED_CREATE, "api-tokens", m->t.id);
	audit_slip_texts(&slip, NULL, token_json(&m->t));
	repo->token_put(repo->ctx, &m->t, &slip.row, made, m);
	audit_slip_done(&slip);
}

static void read_days(struct making *m, json_t *days, struct faults *errors)
{
	json_int_t n = json_integer_value(days);

	if (!json_is_integer(days) || n < 1 || n > DAYS_MOST)
		faults_add(errors, R_INVALID, "", "expires_in_days", "is 1 to %d days", DAYS_MOST);
	else
		m->t.expires_s = m->t.created_s + n * DAY_S;
}

static void read_body(struct making *m, struct faults *errors)
{
	json_t *name = json_object_get(m->r->json, "name");
	json_t *role = json_object_get(m->r->json, "role");
	int value = ROLE_NONE;
	const char *key;
	json_t *member;

	if (!json_is_object(m->r->json)) {
		faults_add(errors, R_INVALID, "", "", "the body must be a JSON object");
		return;
	}
	json_object_foreach(m->r->json, key, member)
	{
		if (strcmp(key, "expires_in_days") == 0 && !json_is_null(member))
			read_days(m, member, errors);
		else if (strcmp(key, "scope") == 0)
			scope_read_labels(member, m->t.scope, errors);
		else if (strcmp(key, "sources") == 0)
			scope_read_prefixes(member, m->t.sources, errors);
		else if (strcmp(key, "name") != 0 && strcmp(key, "role") != 0 &&
			 strcmp(key, "expires_in_days") != 0)
			faults_add(errors, R_INVALID, "", key, "there is no such member");
	}
	if (!json_is_string(name) || json_string_length(name) == 0)
		faults_add(errors, R_INVALID, "token.name", "name", "a name is needed");
	else
		signup_rules(json_string_value(name), NULL, errors);
	if (!json_is_string(role) || !name_find(role_names, json_string_value(role), &value) ||
	    value == ROLE_NONE)
		faults_add(errors, R_INVALID, "token.role", "role",
			   "a role is viewer, auditor, operator, editor or admin");
	if (!scope_fits_role(m->t.scope, (enum role)value))
		faults_add(errors, R_INVALID, scope_role_rule, "scope", "%s", scope_role_text);
	text_copy(m->t.name, sizeof(m->t.name),
		  json_is_string(name) ? json_string_value(name) : "");
	m->t.role = (enum role)value;
}

/* Tokens made with a token belong to whoever owns that one. */
static void read_owner(struct making *m)
{
	const struct call *c = call_of(m->r);
	struct token t;

	if (c->credential == CRED_TOKEN &&
	    people_token(m->r->server->auth->people, c->token_id, &t))
		text_copy(m->t.owner, sizeof(m->t.owner), t.owner);
	else
		text_copy(m->t.owner, sizeof(m->t.owner), m->r->who);
}

static void draw(struct making *m)
{
	token_random(m->t.id, 13, 9);
	for (char *p = m->t.id; *p; p++)
		if (*p == '_' || *p == '-')
			*p = 'x'; /* the underscore separates */
	token_random(m->secret, sizeof(m->secret), 32);
	token_hash(m->secret, m->t.hash);
}

void tokens_create(struct request *r)
{
	struct making *m;
	struct faults *errors;

	if (!request_query_ok(r, NULL))
		return;
	m = calloc(1, sizeof(*m));
	errors = calloc(1, sizeof(*errors));
	if (!m || !errors) {
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY, .text = "no memory" });
		free(m);
		free(errors);
		return;
	}
	m->r = r;
	m->t.created_s = clock_wall_ms() / 1000;
	read_body(m, errors);
	read_owner(m);
	if (errors->n) {
		request_faults(r, R_INVALID, errors, NULL);
		drop(m);
	} else {
		draw(m);
		r->work = m;
		r->drop = drop;
		request_park(r, make_run);
	}
	free(errors);
}

/* ---- revoking ---- */

struct revoking {
	struct request *r;
	struct token t;
};

static void revoked(void *arg, enum reason reason, const struct fault *f)
{
	struct revoking *v = arg;
	struct request *r = v->r;

	if (reason != R_OK) {
		people_put_token(r->server->auth->people, &v->t);
		request_fault(r, f);
	} else {
		log_say(LOG_NOTE_, LOG_API, "%s revoked the token %s", r->who, v->t.name);
		request_empty(r, 204);
	}
	free(v);
}

static void revoke_run(struct request *r)
{
	struct revoking *v = r->work;
	struct people *p = r->server->auth->people;
	struct repo *repo = r->control->repo;
	struct audit_slip slip;
	struct fault f = { 0 };

	r->work = NULL;
	if (strlen(r->segment[1]) >= sizeof(v->t.id) || !people_token(p, r->segment[1], &v->t)) {
		fail(&f, R_NOT_FOUND, "there is no such token");
		request_fault(r, &f);
		free(v);
		return;
	}
	people_drop_token(p, v->t.id); /* it stops now, whatever the store says */
	audit_slip(&slip, r, DEED_DELETE, "api-tokens", v->t.id);
	audit_slip_texts(&slip, token_json(&v->t), NULL);
	repo->token_delete(repo->ctx, v->t.id, &slip.row, revoked, v);
	audit_slip_done(&slip);
}

void tokens_delete(struct request *r)
{
	struct revoking *v;

	if (!request_query_ok(r, NULL))
		return;
	v = calloc(1, sizeof(*v));
	if (!v) {
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY, .text = "no memory" });
		return;
	}
	v->r = r;
	r->work = v;
	request_park(r, revoke_run);
}

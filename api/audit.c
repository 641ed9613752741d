/* audit.c - the audit log: who did what, and is the log what was written
 *
 * GET /audit is a page, or lines for who accepts application/x-ndjson: to be kept elsewhere.
 * GET /audit/verify looks at every row, some thousands a turn of the loop, so that a long log
 * holds up no negotiation. Before and after are JSON that was written here or in the store,
 * without secrets, and go out as they are.
 *
 * Called by: router.c; audit_note the handlers that act.  Thread: http until parked, then the loop.
 * Owns: nothing.
 */
#include "api/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "api/doors.h"
#include "api/json.h"
#include "api/leaf.h"
#include "api/query.h"
#include "api/router.h"

enum { ROWS_A_TURN = 2000, HASH_TEXT = 2 * AUDIT_HASH + 1 };

/* ---- writing ---- */

static void name_row(struct audit_row *row, struct request *r, enum deed d, const char *who)
{
	*row = (struct audit_row){ .at_s = clock_wall_ms() / 1000 };
	text_copy(row->who, sizeof(row->who), who);
	text_copy(row->channel, sizeof(row->channel), r->channel);
	text_copy(row->request_id, sizeof(row->request_id), r->request_id);
	text_copy(row->action, sizeof(row->action), deed_word(d));
}

void audit_slip(struct audit_slip *ret, struct request *r, enum deed d, const char *path,
		const char *name)
{
	*ret = (struct audit_slip){ 0 };
	name_row(&ret->row, r, d, r->who);
	snprintf(ret->row.object, sizeof(ret->row.object), "%s%s%s", path, *name ? "/" : "", name);
}

void audit_slip_texts(struct audit_slip *s, json_t *take_before, json_t *take_after)
{
	s->before = take_before ? json_dumps(take_before, JSON_COMPACT) : NULL;
	s->after = take_after ? json_dumps(take_after, JSON_COMPACT) : NULL;
	s->row.before = s->before;
	s->row.after = s->after;
	json_decref(take_before);
	json_decref(take_after);
}

void audit_slip_user(struct audit_slip *ret, struct request *r, enum deed d, const char *who)
{
	audit_slip(ret, r, d, "users", who);
	text_copy(ret->row.who, sizeof(ret->row.who), who);
	audit_slip_texts(ret, NULL, json_pack("{ss}", "from", r->remote));
}

void audit_slip_done(struct audit_slip *s)
{
	free(s->before);
	free(s->after);
	*s = (struct audit_slip){ 0 };
}

static enum reason put(struct request *r, struct audit_slip *s, struct fault *f)
{
	const struct repo *repo = r->control->repo;
	enum reason reason = repo->audit(repo->ctx, &s->row, f);

	if (reason != R_OK)
		log_say(LOG_WARN_, LOG_API, "%s of %s by %s is not in the audit log: %s",
			s->row.action, s->row.object, s->row.who, f->text);
	audit_slip_done(s);
	return reason;
}

void audit_note(struct request *r, enum deed d, const char *path, const char *name,
		json_t *take_before, json_t *take_after)
{
	struct audit_slip s;
	struct fault f = { 0 };

	audit_slip(&s, r, d, path, name);
	audit_slip_texts(&s, take_before, take_after);
	put(r, &s, &f);
}

bool audit_act(struct request *r, enum deed d, const char *path, const char *name,
	       json_t *take_after)
{
	struct audit_slip s;
	struct fault f = { 0 };

	audit_slip(&s, r, d, path, name);
	audit_slip_texts(&s, NULL, take_after);
	if (put(r, &s, &f) == R_OK)
		return true;
	request_fault(r, &f);
	return false;
}

void audit_note_user(struct request *r, enum deed d, const char *who)
{
	struct audit_slip s;
	struct fault f = { 0 };

	audit_slip_user(&s, r, d, who);
	put(r, &s, &f);
}

/* ---- the list ---- */

static char *hex(const uint8_t hash[AUDIT_HASH], char ret[HASH_TEXT])
{
	for (size_t i = 0; i < AUDIT_HASH; i++)
		snprintf(ret + 2 * i, 3, "%02x", hash[i]);
	return ret;
}

static void put_json(struct text *t, const char *key, const char *json)
{
	text_add(t, ",\"%s\":", key);
	text_add_str(t, json && *json ? json : "null");
}

static void each_row(void *arg, const struct audit_row *row)
{
	struct leaf *l = arg;
	char text[HASH_TEXT];

	if (!row) {
		leaf_end(l);
		return;
	}
	if (!leaf_takes(l, row->number, true))
		return;
	text_add(&l->t, "{\"number\":%llu,\"time\":", (unsigned long long)row->number);
	json_time(&l->t, row->at_s);
	text_add_member(&l->t, "actor", row->who);
	text_add_member(&l->t, "channel", row->channel);
	text_add_member(&l->t, "request_id", row->request_id);
	text_add_member(&l->t, "action", row->action);
	text_add_member(&l->t, "object", row->object);
	put_json(&l->t, "before", row->before);
	put_json(&l->t, "after", row->after);
	text_add_member(&l->t, "hash", hex(row->hash, text));
	text_add_str(&l->t, "}");
}

static const char *asked(const struct request *r, const char *name)
{
	const char *s = request_query(r, name);

	return s ? s : "";
}

static void run_list(struct request *r)
{
	struct repo *repo = r->control->repo;
	struct leaf *l = r->work;
	struct audit_ask ask = { asked(r, "actor"), asked(r, "action"), asked(r, "object"),
				 l->before, l->scan };

	repo->audits(repo->ctx, &ask, each_row, l);
}

/* "create, update, ..." */
static const char *deeds(char ret[400])
{
	struct text t;

	text_init(&t, 399);
	for (int i = 0; i < DEED_COUNT; i++)
		text_add(&t, "%s%s", i ? ", " : "", deed_word((enum deed)i));
	text_copy(ret, 400, t.at ? t.at : "");
	text_done(&t);
	return ret;
}

void audit_list(struct request *r)
{
	char all[400];
	static const char *const known[] = { "actor", "action", "object", NULL };
	const char *action = request_query(r, "action");

	if (action && !deed_is_word(action))
		query_refuse(r, "action", "is no action of the audit log", deeds(all));
	else
		leaf_begin_export(r, known, run_list);
}

/* ---- is it whole? ---- */

struct verifying {
	struct request *r;
	struct audit_check check;
	struct post post;
};

static void answer(struct request *r, const struct audit_check *c)
{
	char text[HASH_TEXT];

	request_json(r, 200,
		     json_pack("{sb,sI,ss,so,so}", "whole", !c->broken, "rows", (json_int_t)c->rows,
			       "hash", hex(c->hash, text), "broken_at",
			       c->broken ? json_integer((json_int_t)c->broken) : json_null(),
			       "reason", c->why ? json_string(c->why) : json_null()));
}

static void go_on(struct post *p)
{
	struct verifying *v = owner_of(p, struct verifying, post);
	struct request *r = v->r;
	struct repo *repo = r->control->repo;

	repo->audit_check(repo->ctx, &v->check, ROWS_A_TURN);
	if (v->check.is_over)
		answer(r, &v->check);
	else
		loop_post(r->server->loop, &v->post);
}

static void run_verify(struct request *r)
{
	struct verifying *v = r->work;

	go_on(&v->post);
}

void audit_verify(struct request *r)
{
	struct verifying *v;

	if (!request_query_ok(r, NULL))
		return;
	v = calloc(1, sizeof(*v));
	if (!v) {
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
		return;
	}
	v->r = r;
	v->post.run = go_on;
	r->work = v;
	request_park(r, run_verify);
}

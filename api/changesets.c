/* changesets.c - edits that wait to be applied together
 *
 * A set is made empty or with edits, gets more, is looked at (what differs, what rules say, which
 * SAs it would touch) and is applied as one change, or discarded. They are in the store too, with
 * sealed secrets, so a restart keeps them; a day without a touch forgets them.
 * Everybody who may edit sees all sets; whoever stages or applies has to be allowed to write each
 * kind of record himself.
 *
 * Called by: router.c.  Thread: http until parked, then loop.  Owns: nothing (setshelf.c does).
 */
#include "api/bulk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/audit.h"
#include "api/canaries.h"
#include "api/doors.h"
#include "api/json.h"
#include "api/query.h"
#include "api/router.h"
#include "api/setshelf.h"

struct changesets *changesets_new(const struct control *control)
{
	struct changesets *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->control = control;
	setshelf_load(c);
	return c;
}

void changesets_free(struct changesets *c)
{
	for (size_t i = 0; c && i < c->n; i++)
		setshelf_free(c->at[i]);
	free(c);
}

void changesets_tried(struct server *s, uint64_t id)
{
	s->changesets->tried = id;
}

void changesets_forget(struct server *s, uint64_t id)
{
	setshelf_drop(s->changesets, id);
}

static struct set *find(struct request *r)
{
	struct changesets *c = r->server->changesets;
	struct fault f = { 0 };
	struct set *s;

	setshelf_forget_old(c);
	s = setshelf_find(c, r->id);
	if (s)
		return s;
	fail(&f, R_NOT_FOUND, "there is no change set %llu", (unsigned long long)r->id);
	request_fault(r, &f);
	return NULL;
}

/* One that nobody else waits for. */
static struct set *find_free(struct request *r)
{
	struct set *s = find(r);

	return s && !canaries_holds(r, s->id) ? s : NULL;
}

/* ---- answers ---- */

static void put_set(struct text *t, const struct set *s, const struct config *now,
		    const struct canarying *tried)
{
	bool is_tried = tried->revision && tried->changeset == s->id;
	json_t *conflicts = is_tried ? NULL : draft_conflicts(&s->draft, now);
	char *list = conflicts ? json_dumps(conflicts, JSON_COMPACT) : NULL;

	text_add(t, "{\"id\":%llu,\"created_at\":", (unsigned long long)s->id);
	json_time(t, s->created_s);
	text_add_member(t, "who", s->who);
	text_add_member(t, "comment", s->comment);
	text_add(t, ",\"revision\":%llu,\"records\":", (unsigned long long)s->revision);
	draft_report(&s->draft, t);
	text_add(t, ",\"conflicts\":%s,\"status\":\"%s\"", list ? list : "[]",
		 is_tried ? canaries_state(tried->state) : "staged");
	text_add_member(t, "note", s->note);
	text_add_str(t, ",\"canary\":");
	canaries_put(t, is_tried ? tried : &(struct canarying){ 0 });
	text_add_str(t, "}");
	free(list);
	json_decref(conflicts);
}

static void answer_set(struct request *r, const struct set *s, int status)
{
	const struct config *now = board_config(r->control->board);
	char where[64];
	struct canarying tried = { 0 };
	struct text t;

	r->control->canarying(r->control->ctx, &tried);
	text_init(&t, 0);
	put_set(&t, s, now, &tried);
	config_unref(now);
	if (status == 201) {
		snprintf(where, sizeof(where), "/api/v1/changesets/%llu",
			 (unsigned long long)s->id);
		request_header(r, "Location", where);
	}
	request_text(r, status, "application/json", &t);
}

/* ---- staging ---- */

static void slip_of(struct audit_slip *ret, struct request *r, enum deed d, uint64_t id,
		    const struct draft *draft)
{
	char name[24];

	snprintf(name, sizeof(name), "%llu", (unsigned long long)id);
	audit_slip(ret, r, d, "changesets", name);
	if (draft)
		audit_slip_texts(ret, NULL, json_pack("{sI}", "records", (json_int_t)draft->n));
}

enum reason changesets_copy(struct server *s, uint64_t id, struct draft *ret, struct fault *f)
{
	const struct set *set = setshelf_find(s->changesets, id);

	if (!set)
		return fail(f, R_NOT_FOUND, "there is no change set %llu", (unsigned long long)id);
	if (!draft_copy(&set->draft, ret))
		return fail(f, R_NO_MEMORY, "no memory for the change set");
	return R_OK;
}

/* The set's edits with these after them; false: answered. */
static bool stage_all(struct request *r, const struct set *s, json_t *edits, struct draft *ret)
{
	const struct config *now = board_config(r->control->board);
	struct faults errors = { 0 };
	struct desk desk = { now, r->server->keyring, r->role, &errors };
	json_t *edit;
	size_t i;

	if (!draft_copy(&s->draft, ret))
		faults_add(&errors, R_NO_MEMORY, "", "", "no memory for the change set");
	else
		json_array_foreach(edits, i, edit) draft_stage(ret, &desk, edit, i);
	config_unref(now);
	if (errors.n == 0)
		return true;
	draft_done(ret);
	request_faults(r, errors.at[0].reason, &errors, NULL);
	return false;
}

static void bad_body(struct request *r)
{
	request_fault(r, &(struct fault){ .reason = R_INVALID,
					  .rule = "body.object",
					  .text = "a list of edits is due",
					  .hint = "{\"edits\": [{\"op\", \"path\", \"value\"}]}" });
}

static enum reason add(struct request *r, struct set *take_s, struct fault *f)
{
	struct audit_slip slip;

	slip_of(&slip, r, DEED_CREATE, take_s->id, &take_s->draft);
	enum reason reason = setshelf_add(r->server->changesets, take_s, &slip.row, f);
	audit_slip_done(&slip);
	return reason;
}

enum reason changesets_keep(struct request *r, const struct draft *draft, const char *comment,
			    uint64_t *ret_id, struct fault *f)
{
	struct changesets *c = r->server->changesets;
	struct set *s = setshelf_new(c, r->who, comment, f);

	if (!s)
		return f->reason;
	if (!draft_copy(draft, &s->draft)) {
		setshelf_free(s);
		return fail(f, R_NO_MEMORY, "no memory for the change set");
	}
	for (size_t i = 0; i < s->draft.n; i++)
		s->draft.at[i].line = 0; /* nobody has that text when it is applied */
	if (add(r, s, f) != R_OK) {
		setshelf_free(s);
		return f->reason;
	}
	*ret_id = s->id;
	return R_OK;
}

static void run_create(struct request *r)
{
	struct changesets *c = r->server->changesets;
	json_t *edits = json_object_get(r->json, "edits");
	struct draft draft = { 0 };
	struct fault f = { 0 };
	struct set *s =
		setshelf_new(c, r->who, json_string_value(json_object_get(r->json, "comment")), &f);

	if (!s) {
		request_fault(r, &f);
		return;
	}
	if (edits && !stage_all(r, s, edits, &draft)) {
		setshelf_free(s);
		return;
	}
	s->draft = draft;
	if (add(r, s, &f) != R_OK) {
		setshelf_free(s);
		request_fault(r, &f);
		return;
	}
	answer_set(r, s, 201);
}

static const char *const no_query[] = { NULL };

/* {"edits": [...], "comment": "..."}, both may be missing. */
void changesets_create(struct request *r)
{
	json_t *edits = json_object_get(r->json, "edits"),
	       *comment = json_object_get(r->json, "comment");
	size_t known = (edits != NULL) + (comment != NULL);

	if (!request_query_ok(r, no_query))
		return;
	if ((r->json && json_object_size(r->json) != known) || (edits && !json_is_array(edits)) ||
	    (comment && (!json_is_string(comment) || json_string_length(comment) > 127)))
		bad_body(r);
	else
		request_park(r, run_create);
}

static void run_patch(struct request *r)
{
	struct set *s = find_free(r);
	struct audit_slip slip;
	struct fault f = { 0 };
	struct draft draft;

	if (!s || !stage_all(r, s, json_object_get(r->json, "edits"), &draft))
		return;
	slip_of(&slip, r, DEED_UPDATE, s->id, &draft);
	if (setshelf_edit(r->server->changesets, s, &draft, &slip.row, &f) != R_OK)
		request_fault(r, &f);
	else
		answer_set(r, s, 200);
	audit_slip_done(&slip);
	draft_done(&draft); /* when it was not taken */
}

void changesets_patch(struct request *r)
{
	json_t *edits = json_object_get(r->json, "edits");

	if (!request_query_ok(r, no_query))
		return;
	if (!json_is_array(edits) || json_object_size(r->json) != 1)
		bad_body(r);
	else
		request_park(r, run_patch);
}

/* ---- looking ---- */

static void run_get(struct request *r)
{
	struct set *s = find(r);

	if (s)
		answer_set(r, s, 200);
}

void changesets_get(struct request *r)
{
	if (request_query_ok(r, no_query))
		request_park(r, run_get);
}

static void run_list(struct request *r)
{
	struct changesets *c = r->server->changesets;
	const struct config *now = board_config(r->control->board);
	struct canarying tried = { 0 };
	struct text t;

	setshelf_forget_old(c);
	r->control->canarying(r->control->ctx, &tried);
	text_init(&t, 0);
	text_add_str(&t, "{\"items\":[");
	for (size_t i = 0; i < c->n; i++) {
		text_add_str(&t, i ? "," : "");
		put_set(&t, c->at[i], now, &tried);
	}
	text_add(&t, "],\"next_cursor\":null,\"generation\":%llu}",
		 (unsigned long long)config_revision(now));
	config_unref(now);
	request_text(r, 200, "application/json", &t);
}

void changesets_list(struct request *r)
{
	if (request_query_ok(r, no_query))
		request_park(r, run_list);
}

static void run_delete(struct request *r)
{
	struct set *s = find_free(r);

	struct audit_slip slip;
	struct fault f = { 0 };

	if (!s)
		return;
	slip_of(&slip, r, DEED_DELETE, s->id, NULL);
	if (setshelf_discard(r->server->changesets, s->id, &slip.row, &f) != R_OK)
		request_fault(r, &f);
	else
		request_empty(r, 204);
	audit_slip_done(&slip);
}

void changesets_delete(struct request *r)
{
	if (request_query_ok(r, no_query))
		request_park(r, run_delete);
}

/* ---- applying ---- */

static void run_bulk(struct request *r)
{
	struct bulk *b = r->work;
	struct set *s = find_free(r);

	if (!s)
		return;
	if (!draft_copy(&s->draft, &b->draft)) {
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
		return;
	}
	if (!*b->terms.comment)
		text_copy(b->terms.comment, sizeof(b->terms.comment), s->comment);
	b->set = s->id;
	bulk_run(r);
}

void changesets_impact(struct request *r)
{
	struct bulk *b = bulk_begin(r);

	if (!b)
		return;
	b->dry_run = true;
	request_park(r, run_bulk);
}

void changesets_apply(struct request *r)
{
	struct bulk *b = bulk_begin(r);

	if (!b)
		return;
	b->may_canary = true;
	if (bulk_body(r, b))
		request_park(r, run_bulk);
}

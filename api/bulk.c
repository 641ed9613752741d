/* bulk.c - one change of many records: from the draft to the answer
 *
 * A change set, a whole document and the way back to an earlier revision end here: the rows of a
 * draft become edits, the edits one change (validate, prepare, save, adopt, reset), and the
 * outcome the answer. A record that changed underneath is named with the members that differ.
 *
 * Called by: changesets.c, commits.c, document.c.  Thread: loop, but bulk_begin: http.
 * Owns: the bulk, which hangs on the request.
 */
#include "api/bulk.h"

#include <stdlib.h>
#include <string.h>

#include "api/canaries.h"
#include "api/doors.h"
#include "api/json.h"
#include "api/problem.h"
#include "api/query.h"
#include "api/replays.h"
#include "api/report.h"

static void drop(void *bulk)
{
	struct bulk *b = bulk;

	draft_done(&b->draft);
	if (b->free_own)
		b->free_own(b->own);
	free(b);
}

void bulk_hang(struct request *r, struct bulk *b)
{
	r->work = b;
	r->drop = drop;
}

struct bulk *bulk_begin(struct request *r)
{
	static const char *const known[] = { "dry_run", TERMS_QUERY, NULL };
	struct bulk *b = calloc(1, sizeof(*b));

	if (!b) {
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
		return NULL;
	}
	bulk_hang(r, b);
	if (!request_query_ok(r, known) || !query_flag(r, "dry_run", &b->dry_run) ||
	    !terms_query(r, &b->terms))
		return NULL;
	return b;
}

bool bulk_body(struct request *r, struct bulk *b)
{
	struct faults errors = { 0 };
	const char *key;
	json_t *unused;

	if (!r->json)
		return true;
	json_object_foreach(r->json, key, unused)
	{
		if (!terms_owns(key) && !(b->may_canary && strcmp(key, "canary") == 0))
			faults_add(&errors, R_INVALID, "member.unknown", "",
				   "%.40s is not known here: reset, reinitiate, confirm, comment",
				   key);
	}
	terms_body(r->json, &b->terms, &errors);
	if (b->may_canary && json_object_get(r->json, "canary"))
		canaries_read(json_object_get(r->json, "canary"), &b->terms.canary, &errors);
	if (errors.n)
		request_faults(r, R_INVALID, &errors, NULL);
	return errors.n == 0;
}

void bulk_confirming(struct text *t, const struct confirming *c)
{
	if (!c->revision) {
		text_add_str(t, "null");
		return;
	}
	text_add(t, "{\"revision\":%llu,\"back\":%llu,\"until\":", (unsigned long long)c->revision,
		 (unsigned long long)c->back);
	json_time(t, c->until_s);
	text_add_member(t, "mode", name_of(confirm_words, (int)c->mode));
	text_add_member(t, "who", c->who);
	text_add(t, ",\"tunnels\":%u,\"tunnels_up\":%u}", c->tunnels, c->tunnels_up);
}

static void put_records(struct text *t, const struct bulk *b)
{
	text_add_str(t, b->by_lines ? ",\"tally\":" : ",\"records\":");
	if (b->by_lines)
		draft_tally(&b->draft, t);
	else
		draft_report(&b->draft, t);
}

/* What is said about an edit is about the line it came from: that is its pointer's first word. */
static void put_lines(const struct bulk *b, struct faults *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct fault *f = &l->at[i];
		const struct staged *s = draft_row_of_edit(&b->draft, f->edit);
		char old[sizeof(f->field)];

		if (!s || !s->line)
			continue;
		text_copy(old, sizeof(old), f->field);
		snprintf(f->field, sizeof(f->field), "/%zu%.42s", s->line, old);
		f->edit = 0;
	}
}

static void answer_preview(struct request *r, struct bulk *b, const struct outcome *o,
			   const struct faults *errors)
{
	static const struct outcome nothing;
	struct text t;

	text_init(&t, 0);
	text_add(&t, "{\"valid\":%s,\"errors\":", errors->n ? "false" : "true");
	report_faults(&t, errors);
	text_add_str(&t, ",\"warnings\":");
	report_faults(&t, o ? &o->warnings : NULL);
	put_records(&t, b);
	text_add_str(&t, ",\"impact\":");
	report_impact(&t, o ? o : &nothing);
	text_add_str(&t, ",\"canary\":");
	canaries_put_cut(&t, o ? o : &nothing);
	replays_put_draft(r, &b->draft, o && !errors->n ? o->config : NULL, &t);
	if (b->more && !b->more(r, b, &t)) {
		text_done(&t);
		return;
	}
	text_add_str(&t, "}");
	request_text(r, b->status ? b->status : 200, "application/json", &t);
}

static void answer_applied(struct request *r, const struct bulk *b, const struct outcome *o)
{
	struct confirming c = { 0 };
	struct text t;

	r->control->confirming(r->control->ctx, &c);
	text_init(&t, 0);
	text_add(&t, "{\"revision\":%llu", (unsigned long long)o->revision);
	put_records(&t, b);
	text_add_str(&t, ",\"warnings\":");
	report_faults(&t, &o->warnings);
	text_add_str(&t, ",\"impact\":");
	report_impact(&t, o);
	text_add_str(&t, ",\"reset\":");
	if (b->terms.reset == RESET_NONE && !o->reset.n)
		text_add_str(&t, "null");
	else
		report_reset(&t, &o->reset);
	text_add_str(&t, ",\"confirming\":");
	bulk_confirming(&t, &c);
	text_add_str(&t, ",\"canary\":");
	canaries_put_cut(&t, o);
	text_add_str(&t, "}");
	query_etag(r, o->revision);
	request_text(r, 200, "application/json", &t);
}

void bulk_refuse(struct request *r, struct bulk *b)
{
	enum reason why = b->errors.n ? b->errors.at[0].reason : R_INVALID;

	if (b->dry_run && why == R_INVALID)
		answer_preview(r, b, NULL, &b->errors);
	else
		request_faults(r, why, &b->errors, NULL);
}

/* A record that was to go and is gone already changed underneath, too: 412. */
static void answer_refusal(struct request *r, const struct bulk *b, const struct outcome *o,
			   const struct faults *errors)
{
	enum reason reason = o->reason == R_NOT_FOUND ? R_STALE : o->reason;
	json_t *p = problem_of(r, reason, errors, &o->warnings);
	bool moved = reason == R_STALE || reason == R_NAME_TAKEN;
	json_t *conflicts = moved && o->config ? draft_conflicts(&b->draft, o->config) : NULL;

	if (conflicts)
		json_object_set_new(p, "conflicts", conflicts);
	if (reason == R_STALE && o->config)
		json_object_set_new(p, "current_revision",
				    json_integer((json_int_t)config_revision(o->config)));
	problem_send(r, reason, p);
}

static void done(void *arg, const struct outcome *was)
{
	struct request *r = arg;
	struct bulk *b = r->work;
	struct outcome mine = *was, *o = &mine;
	struct faults errors = o->errors;

	if (o->reason != R_OK && errors.n == 0) {
		errors.at[0] = o->fault;
		errors.n = 1;
	}
	put_lines(b, &errors);
	put_lines(b, &o->warnings);
	if (b->dry_run && (o->reason == R_OK || o->reason == R_INVALID || o->reason == R_IN_USE)) {
		answer_preview(r, b, o, &errors);
	} else if (o->reason != R_OK) {
		answer_refusal(r, b, o, &errors);
	} else {
		if (b->set && !o->canary_peers)
			changesets_forget(r->server, b->set);
		else if (b->set)
			changesets_tried(r->server, b->set);
		answer_applied(r, b, o);
	}
}

/* Nothing to be done is done: no revision is made for it. */
static void answer_idle(struct request *r, struct bulk *b)
{
	const struct config *c = board_config(r->control->board);
	struct outcome o = { .config = c, .revision = config_revision(c) };
	struct faults none = { 0 };

	if (b->dry_run)
		answer_preview(r, b, &o, &none);
	else
		answer_applied(r, b, &o);
	config_unref(c);
}

void bulk_run(struct request *r)
{
	struct bulk *b = r->work;
	struct change c = { .dry_run = b->dry_run,
			    .goes_back = b->goes_back,
			    .back = b->back,
			    .made_for = b->made_for,
			    .changeset = b->set };
	struct fault f = { 0 };

	if (draft_may(&b->draft, r->role, &f) != R_OK) {
		request_fault(r, &f);
		return;
	}
	if (!draft_edits(&b->draft, &c.edits, &c.n)) {
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
		return;
	}
	if (c.n == 0 && !b->goes_back) {
		edits_free(c.edits, 0);
		answer_idle(r, b);
		return;
	}
	terms_fill(&b->terms, r, &c);
	r->control->change(r->control->ctx, &c, done, r);
	edits_free(c.edits, c.n); /* when it was not taken */
}

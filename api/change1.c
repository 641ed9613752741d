/* change1.c - one write of one record: from the wish to the answer
 *
 * The http thread merges the body onto the record it sees on the board and parks. The loop
 * hands the edit to control->change (validate, prepare, save, adopt) and writes the answer in
 * its callback: the record, what was warned about, which SAs are older now, and what a reset
 * did. A dry run goes the same way and says what would be.
 *
 * Between the two the configuration may move. The edit carries the revision it was merged
 * onto, so nothing is overwritten unseen: who gave If-Match with a number hears 412, who gave
 * "*" gets his members merged again onto what is there now.
 *
 * Called by: resources.c, rotate.c.  Thread: http until parked, then loop.  Owns: the wish.
 */
#include "api/change1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/json.h"
#include "api/problem.h"
#include "api/query.h"
#include "api/replays.h"
#include "api/report.h"
#include "api/doors.h"

enum { TRIES = 3 };

static void run(struct request *r);

static void let_go(struct wish *w)
{
	record_unref(w->rec);
	record_unref(w->before);
	w->rec = NULL;
	w->before = NULL;
}

static void drop(void *wish)
{
	let_go(wish);
	free(wish);
}

struct wish *change1_begin(struct request *r, enum edit_op op)
{
	static const char *const known[] = { "dry_run", TERMS_QUERY, NULL };
	struct wish *w = calloc(1, sizeof(*w));
	bool dry_run = false;

	if (!w) {
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
		return NULL;
	}
	r->work = w;
	r->drop = drop;
	if (!request_query_ok(r, known) || !query_flag(r, "dry_run", &dry_run))
		return NULL;
	if (!terms_query(r, &w->terms))
		return NULL;
	w->op = op;
	w->kind = r->kind;
	w->dry_run = dry_run;
	return w;
}

const struct record *change1_find(const struct config *c, enum kind k, const char *name)
{
	if (kind_row(k)->single)
		return config_at(c, k, 0);
	return name ? config_find(c, k, name) : NULL;
}

void change1_refuse(struct request *r, struct wish *w, const struct fault *f)
{
	let_go(w);
	request_fault(r, f);
}

void change1_stale(struct request *r, struct wish *w, uint64_t now)
{
	struct faults one = { 0 };
	struct fault *f = faults_add(&one, R_STALE, "", "", "the record is at revision %llu now",
				     (unsigned long long)now);

	text_copy(f->hint, sizeof(f->hint), "Read it again and decide anew");
	let_go(w);
	query_etag(r, now);
	json_t *p = problem_of(r, R_STALE, &one, NULL);
	json_object_set_new(p, "current_revision", json_integer((json_int_t)now));
	problem_send(r, R_STALE, p);
}

static void answer_dry_run(struct request *r, const struct wish *w, const struct faults *errors,
			   const struct outcome *o)
{
	static const struct outcome nothing;
	bool valid = errors->n == 0;
	const struct record *rec;
	struct text t;

	text_init(&t, 0);
	text_add(&t, "{\"valid\":%s,\"errors\":", valid ? "true" : "false");
	report_faults(&t, errors);
	text_add_str(&t, ",\"warnings\":");
	report_faults(&t, o ? &o->warnings : NULL);
	text_add_str(&t, ",\"changes\":");
	report_members(&t, w->kind, w->before, w->rec);
	text_add_str(&t, ",\"impact\":");
	report_impact(&t, o ? o : &nothing);
	replays_put(r, w->kind, w->name, valid && o ? o->config : NULL, &t);
	text_add_str(&t, ",\"record\":");
	rec = valid && o && w->op == EDIT_PUT ? change1_find(o->config, w->kind, w->name) : NULL;
	if (rec)
		json_record(&t, rec, NULL);
	else
		text_add_str(&t, "null");
	text_add_str(&t, "}");
	request_text(r, 200, "application/json", &t);
}

struct naming {
	json_t *list;
};

static void name_referrer(void *arg, const struct record *referrer)
{
	struct naming *n = arg;

	json_array_append_new(n->list, json_pack("{ss,ss}", "kind", kind_row(referrer->kind)->path,
						 "name", referrer->name));
}

static void answer_refusal(struct request *r, const struct wish *w, const struct outcome *o,
			   const struct faults *errors)
{
	json_t *p = problem_of(r, o->reason, errors, &o->warnings);

	if (o->reason == R_IN_USE && o->config) {
		struct naming n = { json_array() };

		config_referrers(o->config, w->kind, w->name, name_referrer, &n);
		json_object_set_new(p, "referrers", n.list);
	}
	problem_send(r, o->reason, p);
}

/* A record with what is to be said about its writing. */
static void put_beside(struct text *t, const struct wish *w, const struct outcome *o)
{
	text_add_str(t, ",\"warnings\":");
	report_faults(t, &o->warnings);
	if (o->touched_n) {
		text_add_str(t, ",\"impact\":");
		report_impact(t, o);
	}
	if (w->terms.reset != RESET_NONE) {
		text_add_str(t, ",\"reset\":");
		report_reset(t, &o->reset);
	}
	text_add_str(t, "}");
}

static void answer_written(struct request *r, const struct wish *w, const struct outcome *o)
{
	const struct record *rec = change1_find(o->config, w->kind, w->name);
	char where[128];
	struct text t;

	text_init(&t, 0);
	if (!rec) { /* cannot be: it was adopted a moment ago */
		request_fault(r, &(struct fault){ .reason = R_INTERNAL });
		return;
	}
	json_record(&t, rec, NULL);
	if (t.n)
		t.n--; /* its closing brace comes after what stands beside */
	put_beside(&t, w, o);
	query_etag(r, rec->revision);
	if (!w->before) {
		snprintf(where, sizeof(where), "/api/v1/%s/%s", kind_row(w->kind)->path, w->name);
		request_header(r, "Location", where);
	}
	request_text(r, w->before ? 200 : 201, "application/json", &t);
}

static void answer_deleted(struct request *r, const struct wish *w, const struct outcome *o)
{
	struct text t;

	if (!w->terms.says_reset && o->warnings.n == 0 && o->touched_n == 0) {
		request_empty(r, 204);
		return;
	}
	text_init(&t, 0);
	text_add(&t, "{\"deleted\":\"%s\"", w->name);
	put_beside(&t, w, o);
	request_text(r, 200, "application/json", &t);
}

static uint64_t revision_now(const struct wish *w, const struct config *c)
{
	const struct record *rec = c ? change1_find(c, w->kind, w->name) : NULL;

	return rec ? rec->revision : 0;
}

static void done(void *arg, const struct outcome *o)
{
	struct request *r = arg;
	struct wish *w = r->work;
	struct faults errors = o->errors;

	if (o->reason == R_STALE && r->if_match_any && ++w->tries < TRIES) {
		run(r);
		return;
	}
	if (o->reason == R_STALE) {
		change1_stale(r, w, revision_now(w, o->config));
		return;
	}
	if (o->reason != R_OK && errors.n == 0) {
		errors.at[0] = o->fault;
		errors.n = 1;
	}
	if (w->dry_run && (o->reason == R_OK || o->reason == R_INVALID || o->reason == R_IN_USE))
		answer_dry_run(r, w, &errors, o);
	else if (o->reason != R_OK)
		answer_refusal(r, w, o, &errors);
	else if (w->op == EDIT_DELETE)
		answer_deleted(r, w, o);
	else
		answer_written(r, w, o);
	let_go(w);
}

/* Fills w->rec with the body merged onto w->before. */
static enum reason merge(struct request *r, struct wish *w, struct faults *errors)
{
	struct fault f = { 0 };

	record_unref(w->rec);
	w->rec = w->before ? record_copy(w->before) : record_new(w->kind);
	if (!w->rec)
		return R_NO_MEMORY;
	if (!w->before && *w->name) {
		const struct field *key = field_find(kind_row(w->kind)->fields, "name");
		if (key && field_set_text(key, w->rec, 0, w->name, &f) != R_OK) {
			faults_add(errors, R_INVALID, "member.value", "name", "%s", f.text);
			return R_INVALID;
		}
	}
	if (w->make)
		return w->make(r, w, errors);
	return json_merge(w->rec, r->json, w->whole, call_of(r)->r.server->keyring, errors);
}

/* The body once more, onto what is there now; false when it was answered. */
static bool merge_again(struct request *r, struct wish *w)
{
	const struct config *c = board_config(r->control->board);
	const struct record *now = change1_find(c, w->kind, w->name);
	struct faults errors = { 0 };
	bool same = now == w->before || (now && w->before && now->revision == w->before->revision);
	bool moved = w->before && !same;

	if (moved && (!r->if_match_any || !now)) {
		change1_stale(r, w, now ? now->revision : 0);
	} else if (moved) {
		record_unref(w->before);
		w->before = record_ref(now);
		if (w->op == EDIT_PUT && merge(r, w, &errors) != R_OK) {
			request_faults(r, R_INVALID, &errors, NULL);
			let_go(w);
			now = NULL;
		}
	}
	bool go_on = !moved || (now && w->before);
	config_unref(c);
	return go_on;
}

static void run(struct request *r)
{
	struct wish *w = r->work;
	struct change c = { .n = 1, .dry_run = w->dry_run };

	if (!merge_again(r, w))
		return;
	c.edits = calloc(1, sizeof(*c.edits));
	if (!c.edits) {
		change1_refuse(r, w, &(struct fault){ .reason = R_NO_MEMORY });
		return;
	}
	c.edits->op = w->op;
	c.edits->kind = w->kind;
	text_copy(c.edits->name, sizeof(c.edits->name), w->name);
	c.edits->rec = w->op == EDIT_PUT ? record_copy(w->rec) : NULL;
	c.edits->if_match = w->before ? w->before->revision : MATCH_ANY;
	c.edits->must_be_new = w->must_be_new;
	terms_fill(&w->terms, r, &c);
	r->control->change(r->control->ctx, &c, done, r);
	if (c.edits) { /* not taken: no memory over there */
		record_unref(c.edits->rec);
		free(c.edits);
	}
}

void change1_write(struct request *r, struct wish *w)
{
	struct faults errors = { 0 };

	if (!r->json && !w->make) {
		change1_refuse(r, w,
			       &(struct fault){ .reason = R_BAD_JSON,
						.text = "a JSON object is due in the body" });
		return;
	}
	enum reason reason = merge(r, w, &errors);
	if (reason == R_OK) {
		text_copy(w->name, sizeof(w->name), w->rec->name);
		request_park(r, run);
		return;
	}
	if (reason == R_INVALID && w->dry_run)
		answer_dry_run(r, w, &errors, NULL);
	else
		request_faults(r, reason, &errors, NULL);
	let_go(w);
}

void change1_delete(struct request *r, struct wish *w)
{
	request_park(r, run);
	(void)w;
}

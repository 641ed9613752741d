/* commits.c - every change as one: looked at, compared, gone back to, confirmed
 *
 * A commit is a revision of the configuration: who made it, by which way, why, and each record
 * before and after. Any revision that is kept can be compared with any other and gone back to;
 * going back is a new change by the edits that lie between, so it has a preview, warnings and
 * resets as any other, and secrets go back too without being shown.
 *
 * Called by: router.c.  Thread: http until parked, then loop.  Owns: nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/audit.h"
#include "api/bulk.h"
#include "api/canaries.h"
#include "api/json.h"
#include "api/leaf.h"
#include "api/query.h"
#include "api/router.h"

static void put_commit(struct text *t, const struct commit *c)
{
	text_add(t, "{\"revision\":%llu,\"at\":", (unsigned long long)c->revision);
	json_time(t, c->at_s);
	text_add_member(t, "who", c->who);
	text_add_member(t, "channel", c->channel);
	text_add_member(t, "comment", c->comment);
	text_add_member(t, "request_id", c->request_id);
	text_add(t, ",\"records\":%u", c->records);
}

/* ---- the list ---- */

static void each_commit(void *arg, const struct commit *c)
{
	struct leaf *l = arg;

	if (!c) {
		leaf_end(l);
		return;
	}
	if (leaf_takes(l, c->revision, true)) {
		put_commit(&l->t, c);
		text_add_str(&l->t, "}");
	}
}

static void run_list(struct request *r)
{
	struct leaf *l = r->work;
	struct repo *repo = r->control->repo;

	repo->commits(repo->ctx, l->before, l->scan, each_commit, l);
}

void commits_list(struct request *r)
{
	static const char *const known[] = { NULL };

	leaf_begin(r, known, run_list);
}

/* ---- one ---- */

struct one {
	struct request *r;
	struct text t, rows;
	struct commit commit;
};

static void put_side(struct text *t, const char *key, const char *json)
{
	text_add(t, ",\"%s\":", key);
	text_add_str(t, json && *json ? json : "null");
}

/* The request, and `o` with it, may be gone as soon as it is answered. */
static void answer_one(struct one *o)
{
	struct request *r = o->r;
	struct confirming c = { 0 };
	struct fault f = { 0 };

	if (!o->commit.records) {
		fail(&f, R_NOT_FOUND, "there is no commit %llu", (unsigned long long)r->id);
		request_fault(r, &f);
		return;
	}
	r->control->confirming(r->control->ctx, &c);
	put_commit(&o->t, &o->commit);
	text_add_str(&o->t, ",\"confirming\":");
	if (c.revision != o->commit.revision)
		c.revision = 0;
	bulk_confirming(&o->t, &c);
	text_add_str(&o->t, ",\"changes\":[");
	text_add_n(&o->t, o->rows.at, o->rows.n);
	text_add_str(&o->t, "]}");
	request_text(r, 200, "application/json", &o->t);
}

static void each_row(void *arg, const struct history_row *h)
{
	struct one *o = arg;

	if (!h) {
		answer_one(o);
		return;
	}
	if (!o->commit.records++) {
		o->commit.revision = h->revision;
		o->commit.at_s = h->at_s;
		text_copy(o->commit.who, sizeof(o->commit.who), h->who);
		text_copy(o->commit.channel, sizeof(o->commit.channel), h->channel);
		text_copy(o->commit.comment, sizeof(o->commit.comment), h->comment);
		text_copy(o->commit.request_id, sizeof(o->commit.request_id), h->request_id);
	}
	text_add(&o->rows, "%s{\"op\":\"%s\"", o->rows.n ? "," : "", h->op);
	text_add_member(&o->rows, "kind", h->kind);
	text_add_member(&o->rows, "name", h->name);
	put_side(&o->rows, "before", h->before);
	put_side(&o->rows, "after", h->after);
	text_add_str(&o->rows, "}");
}

static void drop_one(void *work)
{
	struct one *o = work;

	text_done(&o->t);
	text_done(&o->rows);
	free(o);
}

static void run_get(struct request *r)
{
	struct one *o = r->work;
	struct repo *repo = r->control->repo;

	repo->commit(repo->ctx, r->id, each_row, o);
}

void commits_get(struct request *r)
{
	static const char *const known[] = { NULL };
	struct one *o;

	if (!request_query_ok(r, known))
		return;
	if (!(o = calloc(1, sizeof(*o)))) {
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
		return;
	}
	o->r = r;
	text_init(&o->t, 0);
	text_init(&o->rows, 0);
	r->work = o;
	r->drop = drop_one;
	request_park(r, run_get);
}

/* ---- two compared ---- */

struct compare {
	struct request *r;
	uint64_t to;
	const struct config *from;
};

static void drop_compare(void *work)
{
	struct compare *c = work;

	config_unref(c->from);
	free(c);
}

static void put_compared(struct request *r, const struct config *from, const struct config *to)
{
	struct draft d = { 0 };
	struct edit *edits;
	struct text t;
	size_t n;

	if (!config_edits(from, to, &edits, &n) || !draft_take_edits(&d, from, edits, n)) {
		draft_done(&d);
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
		return;
	}
	text_init(&t, 0);
	text_add(&t, "{\"from\":%llu,\"to\":%llu,\"records\":",
		 (unsigned long long)config_revision(from),
		 (unsigned long long)config_revision(to));
	draft_report(&d, &t);
	text_add_str(&t, "}");
	draft_done(&d);
	request_text(r, 200, "application/json", &t);
}

static void to_came(void *arg, struct config *take_c, const struct fault *f)
{
	struct compare *c = arg;

	if (take_c)
		put_compared(c->r, c->from, take_c);
	else
		request_fault(c->r, f);
	config_unref(take_c);
}

static void from_came(void *arg, struct config *take_c, const struct fault *f)
{
	struct compare *c = arg;
	struct repo *repo = c->r->control->repo;

	c->from = take_c;
	if (take_c)
		repo->past(repo->ctx, c->to, to_came, c);
	else
		request_fault(c->r, f);
}

static void run_diff(struct request *r)
{
	struct compare *c = r->work;
	struct repo *repo = r->control->repo;

	if (!request_query(r, "to")) {
		const struct config *now = board_config(r->control->board);

		c->to = config_revision(now);
		config_unref(now);
	}
	repo->past(repo->ctx, r->id, from_came, c);
}

void commits_diff(struct request *r)
{
	static const char *const known[] = { "to", NULL };
	struct compare *c;
	uint64_t to = 0;

	if (!request_query_ok(r, known) || !query_uint(r, "to", 0, INT64_MAX, &to))
		return;
	if (!(c = calloc(1, sizeof(*c)))) {
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
		return;
	}
	c->r = r;
	c->to = to;
	r->work = c;
	r->drop = drop_compare;
	request_park(r, run_diff);
}

/* ---- going back ---- */

static void past_came(void *arg, struct config *take_c, const struct fault *f)
{
	struct request *r = arg;
	struct bulk *b = r->work;
	const struct config *now = board_config(r->control->board);
	own(config) past = take_c;
	struct edit *edits;
	size_t n;

	b->made_for = config_revision(now);
	if (!past)
		request_fault(r, f);
	else if (!config_edits(now, past, &edits, &n) ||
		 !draft_take_edits(&b->draft, now, edits, n))
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
	else
		bulk_run(r);
	config_unref(now);
}

static void run_rollback(struct request *r)
{
	struct bulk *b = r->work;
	struct repo *repo = r->control->repo;
	struct confirming c = { 0 };
	struct canarying tried = { 0 };

	r->control->confirming(r->control->ctx, &c);
	r->control->canarying(r->control->ctx, &tried);
	b->back = r->id;
	b->goes_back = (c.revision && c.back == r->id) || (tried.revision && tried.back == r->id);
	if (!*b->terms.comment)
		snprintf(b->terms.comment, sizeof(b->terms.comment), "back to revision %llu",
			 (unsigned long long)r->id);
	repo->past(repo->ctx, r->id, past_came, r);
}

void commits_rollback(struct request *r)
{
	struct bulk *b = bulk_begin(r);

	if (b && bulk_body(r, b))
		request_park(r, run_rollback);
}

/* ---- confirming ---- */

static void run_confirm(struct request *r)
{
	struct confirming now = { 0 };
	struct fault f = { 0 };
	char name[24];
	struct text t;

	snprintf(name, sizeof(name), "%llu", (unsigned long long)r->id);
	r->control->confirming(r->control->ctx, &now);
	if (now.revision && now.revision == r->id &&
	    !audit_act(r, DEED_CONFIRM, "commits", name, NULL))
		return;
	if (r->control->confirm(r->control->ctx, r->id, r->who, &f) != R_OK) {
		request_fault(r, &f);
		return;
	}
	text_init(&t, 0);
	text_add(&t, "{\"revision\":%llu,\"confirmed\":true}", (unsigned long long)r->id);
	request_text(r, 200, "application/json", &t);
}

void commits_confirm(struct request *r)
{
	static const char *const known[] = { NULL };

	if (!request_query_ok(r, known))
		return;
	if (json_object_size(r->json))
		request_fault(r, &(struct fault){ .reason = R_INVALID,
						  .rule = "body.object",
						  .text = "no members are known here" });
	else
		request_park(r, run_confirm);
}

static void run_confirming(struct request *r)
{
	struct confirming c = { 0 };
	struct canarying tried = { 0 };
	struct text t;

	r->control->confirming(r->control->ctx, &c);
	r->control->canarying(r->control->ctx, &tried);
	text_init(&t, 0);
	text_add_str(&t, "{\"confirming\":");
	bulk_confirming(&t, &c);
	text_add_str(&t, ",\"canary\":");
	canaries_put(&t, &tried);
	text_add_str(&t, "}");
	request_text(r, 200, "application/json", &t);
}

void commits_confirming(struct request *r)
{
	static const char *const known[] = { NULL };

	if (request_query_ok(r, known))
		request_park(r, run_confirming);
}

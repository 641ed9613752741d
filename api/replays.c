/* replays.c - a peer's real offer against the present configuration, or one that might be
 *
 * POST /negotiations/{id}/replay asks for one story: as things are, with a change set, or with edits
 * in the body. Those take the way of every change up to where it would be saved, so what is replayed
 * against is what the rules would let through. Nothing is kept.
 *
 * Called by: router.c, change1.c, bulk.c.  Thread: http until parked, then the loop.
 * Owns: the try, which hangs on the request.
 */
#include "api/replays.h"

#include <stdlib.h>

#include "api/doors.h"
#include "api/problem.h"
#include "core/model/replay.h"

enum { RECORDS_MOST = 4 }; /* of a change set, looked at */

/* ---- beside a dry run ---- */

static bool find(struct request *r, const struct replay_ask *ask, const struct config *c,
		 struct replay *ret)
{
	struct fault f = { 0 };

	if (ask->kind != K_PEER && ask->kind != K_TUNNEL && ask->kind != K_IKE_PROPOSAL &&
	    ask->kind != K_IPSEC_PROPOSAL)
		return false;
	return r->control->replay(r->control->ctx, ask, c, ret, &f) == R_OK;
}

static void put(struct text *t, const struct replay *found)
{
	text_add_str(t, ",\"replay\":");
	if (found)
		replay_json(found, t);
	else
		text_add_str(t, "null");
}

void replays_put(struct request *r, enum kind k, const char *name, const struct config *c,
		 struct text *t)
{
	struct replay_ask ask = { .kind = k, .name = name };
	struct replay *one = c ? calloc(1, sizeof(*one)) : NULL;

	put(t, one && find(r, &ask, c, one) ? one : NULL);
	free(one);
}

void replays_put_draft(struct request *r, const struct draft *d, const struct config *c,
		       struct text *t)
{
	struct replay *two = c ? calloc(2, sizeof(*two)) : NULL;
	const struct replay *best = NULL;
	size_t looked = 0;

	for (size_t i = 0; two && i < d->n && looked < RECORDS_MOST; i++) {
		struct replay_ask ask = { .kind = d->at[i].kind, .name = d->at[i].name };

		if (staged_is_idle(&d->at[i]))
			continue;
		if (!find(r, &ask, c, &two[best != NULL]))
			continue;
		looked++;
		if (best && !two[1].matches)
			best = &two[1];
		else if (!best)
			best = &two[0];
		if (!best->matches)
			break;
	}
	put(t, best);
	free(two);
}

/* ---- POST /negotiations/{id}/replay ---- */

struct attempt {
	struct draft draft;
	json_t *edits; /* borrowed from the body */
	uint64_t set;
};

static void drop(void *attempt)
{
	struct attempt *a = attempt;

	draft_done(&a->draft);
	free(a);
}

static void answer(struct request *r, const struct config *c)
{
	struct replay_ask ask = { .negotiation = r->id };
	struct replay *one = calloc(1, sizeof(*one));
	struct fault f = { .reason = R_NO_MEMORY };
	struct text t;

	if (one && r->control->replay(r->control->ctx, &ask, c, one, &f) == R_OK) {
		text_init(&t, 0);
		replay_json(one, &t);
		request_text(r, 200, "application/json", &t);
	} else {
		request_fault(r, &f);
	}
	free(one);
}

static void weighed(void *arg, const struct outcome *o)
{
	struct request *r = arg;
	struct faults errors = o->errors;

	if (o->reason == R_OK) {
		answer(r, o->config);
		return;
	}
	if (errors.n == 0) {
		errors.at[0] = o->fault;
		errors.n = 1;
	}
	request_faults(r, o->reason, &errors, &o->warnings);
}

/* What is staged, or what the body says; false: answered. */
static bool collect(struct request *r, struct attempt *a)
{
	const struct config *now = board_config(r->control->board);
	struct faults errors = { 0 };
	struct desk desk = { now, r->server->keyring, r->role, &errors };
	struct fault f = { 0 };
	json_t *edit;
	size_t i;

	if (a->set && changesets_copy(r->server, a->set, &a->draft, &f) != R_OK)
		faults_add(&errors, f.reason, "", "/changeset", "%s", f.text);
	json_array_foreach(a->edits, i, edit) draft_stage(&a->draft, &desk, edit, i);
	config_unref(now);
	if (!errors.n && draft_may(&a->draft, r->role, &f) != R_OK)
		faults_add(&errors, f.reason, "", "", "%s", f.text);
	if (errors.n)
		request_faults(r, errors.at[0].reason, &errors, NULL);
	return errors.n == 0;
}

static void run(struct request *r)
{
	struct attempt *a = r->work;
	struct change c = { .dry_run = true };

	if (!collect(r, a))
		return;
	if (!draft_edits(&a->draft, &c.edits, &c.n)) {
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
		return;
	}
	if (c.n == 0) {
		edits_free(c.edits, 0);
		answer(r, NULL);
		return;
	}
	text_copy(c.who, sizeof(c.who), r->who);
	text_copy(c.channel, sizeof(c.channel), r->channel);
	r->control->change(r->control->ctx, &c, weighed, r);
	edits_free(c.edits, c.n); /* when it was not taken */
}

static bool read_body(struct request *r, struct attempt *a)
{
	json_t *set = json_object_get(r->json, "changeset");
	struct faults errors = { 0 };

	a->edits = json_object_get(r->json, "edits");
	if (r->json && json_object_size(r->json) != (set != NULL) + (size_t)(a->edits != NULL))
		faults_add(&errors, R_INVALID, "member.unknown", "",
			   "changeset and edits are all that is known here");
	if (a->edits && !json_is_array(a->edits))
		faults_add(&errors, R_INVALID, "body.object", "/edits", "a list of edits is due");
	if (set && (!json_is_integer(set) || json_integer_value(set) < 1))
		faults_add(&errors, R_INVALID, "member.value", "/changeset",
			   "the number of a change set is due");
	if ((set || a->edits) && r->role < ROLE_EDITOR)
		faults_add(&errors, R_FORBIDDEN, "", "",
			   "trying other configurations takes an editor");
	a->set = set ? (uint64_t)json_integer_value(set) : 0;
	if (errors.n)
		request_faults(r, errors.at[0].reason, &errors, NULL);
	return errors.n == 0;
}

void negotiations_replay(struct request *r)
{
	struct attempt *a;

	if (!request_query_ok(r, NULL))
		return;
	a = calloc(1, sizeof(*a));
	if (!a) {
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
		return;
	}
	r->work = a;
	r->drop = drop;
	if (read_body(r, a))
		request_park(r, run);
}

/* rekey.c - new keys for an SA now, or a question whether its peer is there
 *
 * The answer is 202 with the number of the negotiation, as when a tunnel is started. In IKEv1 a
 * renegotiated IKE SA proves both ends again, so rekey and reauth are the same act there. What
 * DPD hears shows in the IKE SA and in events.
 *
 * Called by: router.c.  Thread: http until parked, then the loop.  Owns: nothing.
 */
#include <stdio.h>

#include "api/audit.h"
#include "api/initiate.h"
#include "api/json.h"
#include "api/router.h"
#include "core/base/text.h"

static bool has_id(struct request *r)
{
	struct fault f = { 0 };

	if (r->id > 0 && r->id <= UINT32_MAX)
		return true;
	fail(&f, R_NOT_FOUND, "there is no SA of that number");
	request_fault(r, &f);
	return false;
}

/* What is not there is not put on record. */
static bool is_there(struct request *r, bool is_child)
{
	const struct view *v;
	bool found = false;

	r->control->fresh(r->control->ctx);
	if (!(v = board_look(r->control->board)))
		return false;
	struct view *rows = (struct view *)(uintptr_t)v;
	for (uint32_t i = 0; !is_child && i < v->ike_sas_n; i++)
		found |= view_ike_sas(rows)[i].id == r->id;
	for (uint32_t i = 0; is_child && i < v->children_n; i++)
		found |= view_children(rows)[i].id == r->id;
	view_unref(v);
	return found;
}

static void renew(struct request *r, bool is_child)
{
	struct control *c = r->control;
	struct renew_ask ask = { .is_child = is_child, .id = (uint32_t)r->id };
	struct fault f = { 0 };
	uint64_t id = 0;
	char name[16];

	text_copy(ask.who, sizeof(ask.who), r->who);
	snprintf(name, sizeof(name), "%u", ask.id);
	if (is_there(r, is_child) &&
	    !audit_act(r, DEED_REKEY, is_child ? "child-sas" : "ike-sas", name, NULL))
		return;
	if (c->renew(c->ctx, &ask, &id, &f) != R_OK) {
		request_fault(r, &f);
		return;
	}
	initiate_record(r, id, is_child ? "child-sas" : "ike-sas", name);
	initiate_answer(r, id, json_object());
}

static void run_ike(struct request *r)
{
	renew(r, false);
}

static void run_child(struct request *r)
{
	renew(r, true);
}

static void run_check(struct request *r)
{
	struct control *c = r->control;
	struct fault f = { 0 };
	char name[16];

	snprintf(name, sizeof(name), "%u", (uint32_t)r->id);
	if (is_there(r, false) && !audit_act(r, DEED_CHECK, "ike-sas", name, NULL))
		return;
	if (c->ask_alive(c->ctx, (uint32_t)r->id, &f) == R_OK)
		request_json(r, 202, json_pack("{sb}", "asked", 1));
	else
		request_fault(r, &f);
}

static void start(struct request *r, void (*run)(struct request *r))
{
	if (request_query_ok(r, NULL) && initiate_body_is_empty(r) && has_id(r))
		request_park(r, run);
}

void ike_sas_rekey(struct request *r)
{
	start(r, run_ike);
}

void ike_sas_reauth(struct request *r)
{
	start(r, run_ike);
}

void ike_sas_dpd_check(struct request *r)
{
	start(r, run_check);
}

void child_sas_rekey(struct request *r)
{
	start(r, run_child);
}

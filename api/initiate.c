/* initiate.c - start a tunnel, or every tunnel of a peer, now
 *
 * The answer is 202 with the number of the negotiation, whose story tells how it goes; null
 * when the tunnel is up already, and then it is 200. A peer is started tunnel by tunnel: what
 * cannot be started says why and does not hold up the others.
 *
 * Called by: router.c.  Thread: http until parked, then the loop.  Owns: nothing.
 */
#include "api/initiate.h"

#include <stdio.h>
#include <string.h>

#include "api/audit.h"
#include "api/json.h"
#include "api/router.h"

enum { TUNNELS_MOST = 512 };

void initiate_answer(struct request *r, uint64_t id, json_t *body)
{
	char where[64];

	if (id) {
		snprintf(where, sizeof(where), "/api/v1/negotiations/%llu", (unsigned long long)id);
		request_header(r, "Location", where);
	}
	json_object_set_new(body, "negotiation", id ? json_integer((json_int_t)id) : json_null());
	request_json(r, id ? 202 : 200, body);
}

void initiate_record(struct request *r, uint64_t id, const char *path, const char *name)
{
	char number[24], of[AUDIT_OBJECT];

	if (!id)
		return;
	snprintf(number, sizeof(number), "%llu", (unsigned long long)id);
	snprintf(of, sizeof(of), "%s/%s", path, name);
	audit_note(r, DEED_NEGOTIATE, "negotiations", number, NULL, json_pack("{ss}", "of", of));
}

static void run_tunnel(struct request *r)
{
	struct control *c = r->control;
	struct fault f = { 0 };
	uint64_t id = 0;

	const struct config *now = board_config(c->board);
	bool known = config_tunnel(now, r->name) != NULL;

	config_unref(now);
	if (known && !audit_act(r, DEED_INITIATE, "tunnels", r->name, NULL))
		return;
	if (c->initiate(c->ctx, r->name, r->who, &id, &f) != R_OK) {
		request_fault(r, &f);
		return;
	}
	initiate_record(r, id, "tunnels", r->name);
	initiate_answer(r, id, json_object());
}

/* One tunnel of a peer: {"tunnel", "negotiation", "error"}. */
static uint64_t start(struct request *r, const struct tunnel *t, json_t *list)
{
	struct control *c = r->control;
	struct fault f = { 0 };
	uint64_t id = 0;
	enum reason reason = R_OK;

	if (!t->enabled)
		reason = fail(&f, R_INVALID, "the tunnel is disabled");
	else if (t->from_template)
		reason = fail(&f, R_INVALID, "a tunnel from a template only answers");
	else
		reason = c->initiate(c->ctx, t->r.name, r->who, &id, &f);
	if (reason == R_OK)
		initiate_record(r, id, "tunnels", t->r.name);
	json_array_append_new(
		list, json_pack("{ss,so,so}", "tunnel", t->r.name, "negotiation",
				reason == R_OK && id ? json_integer((json_int_t)id) : json_null(),
				"error", reason == R_OK ? json_null() : json_string(f.text)));
	return reason == R_OK ? id : 0;
}

static void run_peer(struct request *r)
{
	const struct config *c = board_config(r->control->board);
	const struct tunnel *tunnels[TUNNELS_MOST];
	struct fault f = { 0 };

	if (!config_peer(c, r->name)) {
		fail(&f, R_NOT_FOUND, "there is no peer %.64s", r->name);
		request_fault(r, &f);
		config_unref(c);
		return;
	}
	if (!audit_act(r, DEED_INITIATE, "peers", r->name, NULL)) {
		config_unref(c);
		return;
	}
	size_t n = config_tunnels_of(c, r->name, tunnels, TUNNELS_MOST);
	json_t *list = json_array();
	uint64_t first = 0;

	for (size_t i = 0; i < n && i < TUNNELS_MOST; i++) {
		uint64_t id = start(r, tunnels[i], list);

		first = first ? first : id;
	}
	config_unref(c);
	initiate_answer(r, first, json_pack("{so}", "tunnels", list));
}

bool initiate_body_is_empty(struct request *r)
{
	struct faults errors = { 0 };

	if (!r->json || (json_is_object(r->json) && json_object_size(r->json) == 0))
		return true;
	faults_add(&errors, R_INVALID, "member.unknown", "", "nothing can be said in this body");
	request_faults(r, R_INVALID, &errors, NULL);
	return false;
}

void tunnel_initiate(struct request *r)
{
	if (request_query_ok(r, NULL) && initiate_body_is_empty(r))
		request_park(r, run_tunnel);
}

void peer_initiate(struct request *r)
{
	if (request_query_ok(r, NULL) && initiate_body_is_empty(r))
		request_park(r, run_peer);
}

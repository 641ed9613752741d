/* plays.c - a peer's other end, played from a pasted configuration
 *
 * Texts of other products are read where the play is prepared. The configuration of another gateway of
 * ours (GET /config) is JSON, so it is read here, as PUT /config would: secrets in it are sealed at once,
 * and those that only say that they are set come without a value.
 *
 * Called by: router.c.  Thread: http until parked, then the loop.  Owns: nothing.
 */
#include <stdio.h>
#include <string.h>

#include "api/audit.h"
#include "api/doors.h"
#include "api/draft.h"
#include "api/router.h"
#include "core/model/simulation.h"

static void played(void *arg, const struct simulation *s, const struct fault *f)
{
	struct request *r = arg;
	struct text t;

	if (!s) {
		request_fault(r, f);
		return;
	}
	text_init(&t, 0);
	simulation_json(s, &t);
	request_text(r, 200, "application/json", &t);
}

/* ---- records ---- */

/* What a negotiation rests on; the rest of the other gateway is its own matter. */
static const enum kind played_kinds[] = { K_SECRET,         K_PRIVATE_KEY, K_CERTIFICATE,
					  K_AUTHORITY,      K_DPD_PROFILE, K_IKE_PROPOSAL,
					  K_IPSEC_PROPOSAL, K_PEER,        K_TUNNEL };

static void read_kind(struct draft *d, const struct desk *desk, enum kind k, json_t *list)
{
	const char *path = kind_row(k)->path;
	char field[64];
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		const char *name = json_string_value(json_object_get(v, "name"));

		snprintf(field, sizeof(field), "%s/%zu", path, i);
		if (!name || !*name || strlen(name) >= NAME_SIZE)
			faults_add(desk->errors, R_INVALID, "member.type", field,
				   "a record with a name is due");
		else
			draft_put(d, desk, k, name, v, field);
	}
}

static void read_records(struct draft *d, const struct desk *desk, json_t *document)
{
	json_t *ike = json_object_get(json_object_get(document, "settings"), "ike");

	if (json_is_object(ike))
		draft_put(d, desk, K_SETTINGS_IKE, "ike", ike, "settings/ike");
	for (size_t i = 0; i < COUNT_OF(played_kinds); i++)
		read_kind(d, desk, played_kinds[i],
			  json_object_get(document, kind_row(played_kinds[i])->path));
}

static void play_records(struct request *r, struct simulate_ask *ask, json_t *document)
{
	struct config *empty = config_new();
	struct faults errors = { 0 };
	struct desk desk = { empty, r->server->keyring, ROLE_ADMIN, &errors };
	struct fault f = { .reason = R_NO_MEMORY };
	struct draft draft = { 0 };
	struct edit *edits = NULL;
	size_t n = 0;

	if (empty)
		read_records(&draft, &desk, document);
	if (errors.n) {
		request_faults(r, R_INVALID, &errors, NULL);
	} else if (!empty || !draft_edits(&draft, &edits, &n)) {
		request_fault(r, &f);
	} else {
		ask->edits = edits;
		ask->edits_n = n;
		f.reason = R_OK;
		if (r->control->simulate(r->control->ctx, ask, played, r, &f) != R_OK)
			request_fault(r, &f);
	}
	edits_free(edits, n);
	draft_done(&draft);
	config_unref(empty);
}

/* ---- both ---- */

static void run(struct request *r)
{
	const char *text = json_string_value(json_object_get(r->json, "text"));
	struct simulate_ask ask = {
		.peer = r->name,
		.language = json_string_value(json_object_get(r->json, "from")),
		.text = slice_str(text),
	};
	const struct config *c = board_config(r->control->board);
	bool known = config_peer(c, r->name) != NULL;
	struct fault f = { 0 };
	json_t *document;

	config_unref(c);
	if (known &&
	    !audit_act(r, DEED_SIMULATE, "peers", r->name, json_pack("{ss}", "from", ask.language)))
		return;
	if (strcmp(ask.language, SIMULATE_RECORDS) != 0) {
		if (r->control->simulate(r->control->ctx, &ask, played, r, &f) != R_OK)
			request_fault(r, &f);
		return;
	}
	document = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(document))
		play_records(r, &ask, document);
	else
		request_fault(r, &(struct fault){ .reason = R_INVALID,
						  .rule = "body.object",
						  .field = "text",
						  .text = "the text is no configuration as GET "
							  "/config gives it" });
	json_decref(document);
}

void peer_simulate(struct request *r)
{
	const json_t *text = json_object_get(r->json, "text");

	if (!request_query_ok(r, NULL))
		return;
	if (json_object_size(r->json) != 2 || !json_string_length(text) ||
	    !json_is_string(json_object_get(r->json, "from")))
		request_fault(r, &(struct fault){ .reason = R_INVALID,
						  .rule = "body.object",
						  .text = "a configuration text of the other end "
							  "and its language are due",
						  .hint = "{\"from\": \"swanctl\", \"text\": "
							  "\"...\"}" });
	else
		request_park(r, run);
}

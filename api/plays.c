/* plays.c - a peer's other end, played from a pasted configuration
 *
 * Called by: router.c.  Thread: http until parked, then the loop.  Owns: nothing.
 */
#include <string.h>

#include "api/audit.h"
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

static void run(struct request *r)
{
	const char *text = json_string_value(json_object_get(r->json, "text"));
	struct simulate_ask ask = {
		.peer = r->name,
		.language = json_string_value(json_object_get(r->json, "from")),
		.text = slice_str(text),
	};
	const struct config *c = board_config(r->control->board);
	struct fault f = { 0 };
	bool known = config_peer(c, r->name) != NULL;

	config_unref(c);
	if (known &&
	    !audit_act(r, DEED_SIMULATE, "peers", r->name, json_pack("{ss}", "from", ask.language)))
		return;
	if (r->control->simulate(r->control->ctx, &ask, played, r, &f) != R_OK)
		request_fault(r, &f);
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

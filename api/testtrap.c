/* testtrap.c - a test notification, when somebody wants to see whether his receiver gets it
 *
 * The answer says where it goes to. That it was received nobody can say: a trap is one datagram,
 * and whether an inform was confirmed is in the log.
 *
 * Called by: router.c.  Thread: http until parked, then the loop.  Owns: nothing.
 */
#include <stdio.h>

#include "api/audit.h"
#include "api/initiate.h"
#include "api/json.h"
#include "api/router.h"
#include "core/base/text.h"

/* Where it goes to. False: nowhere, and why. */
static bool targets(const struct settings_snmp *s, json_t *ret, struct fault *f)
{
	if (s->mode == SNMP_OFF) {
		fail(f, R_INVALID, "SNMP is off: set settings/snmp mode first");
		return false;
	}
	if (s->mode == SNMP_STANDALONE && !s->trap_targets_n) {
		fail(f, R_INVALID, "there is no target: set settings/snmp trap_targets first");
		return false;
	}
	for (size_t i = 0; s->mode == SNMP_STANDALONE && i < s->trap_targets_n; i++)
		json_array_append_new(ret, json_string(s->trap_targets[i]));
	return true;
}

static void run(struct request *r)
{
	struct control *c = r->control;
	const struct config *config = board_config(c->board);
	const struct settings_snmp *s = config_snmp(config);
	struct event e = { .id = EVT_SNMP_TEST };
	struct fault f = { 0 };
	json_t *to = json_array();
	bool informs = s->trap_informs && s->mode == SNMP_STANDALONE;

	if (!targets(s, to, &f)) {
		json_decref(to);
		request_fault(r, &f);
	} else if (!audit_act(r, DEED_TEST, "settings/snmp", "",
			      json_pack("{sO}", "targets", to))) {
		json_decref(to);
	} else {
		text_copy(e.who, sizeof(e.who), r->who);
		snprintf(e.text, sizeof(e.text), "a test, asked for by %s", r->who);
		events_tell(c->events, &e);
		request_json(
			r, 202,
			json_pack("{sb,so,sb}", "asked", 1, "targets", to, "informs", informs));
	}
	config_unref(config);
}

void snmp_test_trap(struct request *r)
{
	if (request_query_ok(r, NULL) && initiate_body_is_empty(r))
		request_park(r, run);
}

/* system.c - is it well, what is it, and the picture in a few numbers
 *
 * All from the board: nothing here asks the loop for anything. /health is open to anybody and
 * says no more than a load balancer needs.
 *
 * Called by: router.c.  Thread: http.  Owns: nothing.
 */
#include <stdlib.h>

#include "api/doors.h"
#include "api/json.h"
#include "api/pulse.h"
#include "api/stamp.h"

static uint64_t revision_of(struct request *r)
{
	const struct config *c = board_config(r->control->board);
	uint64_t revision = c ? config_revision(c) : 0;

	config_unref(c);
	return revision;
}

void system_health(struct request *r)
{
	if (!request_query_ok(r, NULL))
		return;
	const struct view *v = board_look(r->control->board);
	json_t *body = json_pack("{ss,sI,ss}", "status", "ok", "revision",
				 (json_int_t)revision_of(r), "data_plane", v->data_plane);

	view_unref(v);
	request_json(r, 200, body);
}

static void say_alive(struct request *r)
{
	request_json(r, 200, json_pack("{ss}", "status", "alive"));
}

/* Only the loop itself can say that it turns; a park has a deadline, after which it is 503. */
void system_livez(struct request *r)
{
	if (request_query_ok(r, NULL))
		request_park(r, say_alive);
}

void system_readyz(struct request *r)
{
	struct fault f;

	if (!request_query_ok(r, NULL))
		return;
	const struct config *c = board_config(r->control->board);
	const struct view *v = board_look(r->control->board);
	bool ready = c && *v->data_plane;

	view_unref(v);
	config_unref(c);
	if (ready) {
		request_json(r, 200, json_pack("{ss}", "status", "ready"));
		return;
	}
	fail(&f, R_NOT_READY, "the daemon is starting");
	request_fault(r, &f);
}

static void snmp_state(struct request *r, char *ret, size_t cap)
{
	const struct config *c = board_config(r->control->board);
	int mode = c ? config_snmp(c)->mode : SNMP_OFF;

	config_unref(c);
	pulse_snmp(r->server->pulse, ret, cap);
	if (!*ret)
		text_copy(ret, cap, mode == SNMP_OFF ? "is off" : "is starting");
}

void system_version(struct request *r)
{
	char snmp[128];

	if (!request_query_ok(r, NULL))
		return;
	const struct view *v = board_look(r->control->board);
	snmp_state(r, snmp, sizeof(snmp));
	json_t *body =
		json_pack("{ss,ss,ss,ss,so,ss,sI}", "product", "ikeeper", "version",
			  IKEEPER_VERSION, "data_plane", v->data_plane, "data_plane_reason",
			  v->data_plane_reason, "started_at", stamp_json((int64_t)v->started_at),
			  "snmp", snmp, "revision", (json_int_t)revision_of(r));

	view_unref(v);
	request_json(r, 200, body);
}

void system_counters(struct request *r)
{
	const struct view *v = request_view(r);
	struct text t;

	if (!v || !request_query_ok(r, NULL)) {
		view_unref(v);
		return;
	}
	text_init(&t, 0);
	json_row(&t, counter_row_fields, &v->counters, NULL);
	view_unref(v);
	request_text(r, 200, "application/json", &t);
}

struct tally {
	int up, down, disabled, other;
};

static void tally_peers(const struct view *v, struct tally *ret)
{
	const struct peer_row *p = view_peers(v);

	for (size_t i = 0; i < v->peers_n; i++) {
		if (!p[i].enabled || p[i].state == PS_DISABLED)
			ret->disabled++;
		else if (p[i].state == PS_UP)
			ret->up++;
		else if (p[i].state == PS_PARTIAL || p[i].state == PS_CONNECTING ||
			 p[i].state == PS_TIMEOUT)
			ret->other++;
		else
			ret->down++;
	}
}

static void tally_tunnels(const struct view *v, struct tally *ret)
{
	const struct tunnel_row *t = view_tunnels(v);

	for (size_t i = 0; i < v->tunnels_n; i++) {
		if (!t[i].enabled || t[i].state == TS_DISABLED)
			ret->disabled++;
		else if (t[i].state == TS_UP)
			ret->up++;
		else if (t[i].state == TS_CONNECTING)
			ret->other++;
		else
			ret->down++;
	}
}

static json_t *tally_json(const struct tally *t, size_t all, const char *other)
{
	return json_pack("{sI,si,si,si,si}", "configured", (json_int_t)all, "up", t->up, "down",
			 t->down, other, t->other, "disabled", t->disabled);
}

static json_t *traffic_json(const struct view *v)
{
	const struct tunnel_row *t = view_tunnels(v);
	uint64_t in = 0, out = 0;

	for (size_t i = 0; i < v->tunnels_n; i++) {
		in += t[i].bytes_in;
		out += t[i].bytes_out;
	}
	return json_pack("{sI,sI}", "bytes_in", (json_int_t)in, "bytes_out", (json_int_t)out);
}

void system_status(struct request *r)
{
	struct tally peers = { 0 }, tunnels = { 0 };
	const struct view *v = request_view(r);
	json_t *body;

	if (!v || !request_query_ok(r, NULL)) {
		view_unref(v);
		return;
	}
	tally_peers(v, &peers);
	tally_tunnels(v, &tunnels);
	body = json_pack(
		"{sI,sI,so,sI,sI,so,so,so,sI,sI,si,sI,sI,sI,so,ss}", "view", (json_int_t)v->number,
		"revision", (json_int_t)v->revision, "revision_at",
		stamp_json((int64_t)v->revision_at), "ike_sas", (json_int_t)v->ike_sas_n,
		"child_sas", (json_int_t)v->children_n, "peers",
		tally_json(&peers, v->peers_n, "partial"), "tunnels",
		tally_json(&tunnels, v->tunnels_n, "connecting"), "traffic", traffic_json(v),
		"stale_ike_sas", (json_int_t)v->stale_ike_sas, "stale_child_sas",
		(json_int_t)v->stale_children, "weak_records", (int)v->weak_records,
		"failed_last_hour", (json_int_t)pulse_failed_last_hour(r->server->pulse), "traces",
		(json_int_t)v->traces, "secret_traces", (json_int_t)v->secret_traces, "started_at",
		stamp_json((int64_t)v->started_at), "data_plane", v->data_plane);
	view_unref(v);
	request_json(r, 200, body);
}

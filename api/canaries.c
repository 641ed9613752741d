/* canaries.c - a change that is tried on a few peers first: asked for, shown, widened, taken back
 *
 * What is judged and when is the daemon's (core/daemon/canary.c); here are its words.
 *
 * Called by: router.c, bulk.c, changesets.c, commits.c.  Thread: as the header says.  Owns: nothing.
 */
#include "api/canaries.h"

#include <string.h>

#include "api/audit.h"
#include "api/json.h"
#include "api/query.h"
#include "api/report.h"
#include "api/router.h"

static const struct name state_words[] = {
	{ CANARY_WATCHED, "canary" },
	{ CANARY_HEALTHY, "healthy" },
	{ CANARY_WIDENING, "widening" },
	{ CANARY_GOING_BACK, "going_back" },
	{ 0, NULL },
};

const char *canaries_state(enum canary_state s)
{
	return name_of(state_words, (int)s);
}

/* ---- asked ---- */

static void read_peers(json_t *v, struct canary_ask *ret, struct faults *errors)
{
	json_t *one;
	size_t i;

	if (!json_is_array(v) || !json_array_size(v) || json_array_size(v) > CANARY_PEERS) {
		faults_add(errors, R_INVALID, "member.type", "canary.peers",
			   "peers must be a list of 1 to %d names", CANARY_PEERS);
		return;
	}
	json_array_foreach(v, i, one)
	{
		const char *name = json_string_value(one);

		if (!name || !*name ||
		    !text_copy(ret->peers[ret->peers_n], sizeof(ret->peers[0]), name))
			faults_add(errors, R_INVALID, "member.value", "canary.peers",
				   "entry %zu is no name of a peer", i + 1);
		else
			ret->peers_n++;
	}
}

static void read_label(json_t *v, struct canary_ask *ret, struct faults *errors)
{
	const char *s = json_string_value(v), *equals = s ? strchr(s, '=') : NULL;

	if (!equals || equals == s || !equals[1] || !text_copy(ret->label, sizeof(ret->label), s))
		faults_add(errors, R_INVALID, "member.value", "canary.label",
			   "label must be KEY=VALUE, as peers have it");
}

static void read_rest(json_t *v, struct canary_ask *ret, struct faults *errors)
{
	json_t *hold = json_object_get(v, "hold_seconds"), *widen = json_object_get(v, "widen");
	json_int_t s = hold ? json_integer_value(hold) : CANARY_PRESET_S;
	const char *how = widen ? json_string_value(widen) : "auto";

	if (s < CANARY_LEAST_S || s > CANARY_MOST_S)
		faults_add(errors, R_INVALID, "member.value", "canary.hold_seconds",
			   "hold_seconds must be %d to %d", CANARY_LEAST_S, CANARY_MOST_S);
	if (!how || (strcmp(how, "auto") != 0 && strcmp(how, "manual") != 0))
		faults_add(errors, R_INVALID, "member.value", "canary.widen",
			   "widen must be auto or manual");
	ret->hold_s = (uint32_t)s;
	ret->manual = how && strcmp(how, "manual") == 0;
}

void canaries_read(json_t *v, struct canary_ask *ret, struct faults *errors)
{
	static const char *const members = " peers label hold_seconds widen ";
	json_t *peers = json_object_get(v, "peers"), *label = json_object_get(v, "label");
	const char *key;
	json_t *unused;

	*ret = (struct canary_ask){ 0 };
	if (json_is_null(v))
		return;
	json_object_foreach(v, key, unused)
	{
		const char *at = strstr(members, key);

		if (!*key || !at || at[-1] != ' ' || at[strlen(key)] != ' ')
			faults_add(errors, R_INVALID, "member.unknown", "canary",
				   "%.40s is no member of canary", key);
	}
	if (!peers == !label) {
		faults_add(errors, R_INVALID, "canary.who", "canary",
			   "canary must be an object with either peers or a label");
		return;
	}
	if (peers)
		read_peers(peers, ret, errors);
	else
		read_label(label, ret, errors);
	read_rest(v, ret, errors);
}

/* ---- shown ---- */

static void put_names(struct text *t, const char *lines)
{
	text_add_str(t, "[");
	for (const char *at = lines; at && *at;) {
		size_t n = strcspn(at, "\n");

		text_add(t, "%s\"%.*s\"", at == lines ? "" : ",", (int)n, at);
		at += n + (at[n] == '\n');
	}
	text_add_str(t, "]");
}

void canaries_put_cut(struct text *t, const struct outcome *o)
{
	if (!o->canary_peers) {
		text_add_str(t, "null");
		return;
	}
	text_add(t, "{\"first\":\"%s\",\"peers\":", o->canary_shared ? "resets" : "records");
	put_names(t, o->canary_peers);
	text_add(t, ",\"waiting_records\":%zu,\"waiting_sas\":%zu}", o->waiting_records,
		 o->waiting_sas);
}

void canaries_put(struct text *t, const struct canarying *c)
{
	if (!c->revision) {
		text_add_str(t, "null");
		return;
	}
	text_add(t,
		 "{\"changeset\":%llu,\"state\":\"%s\",\"revision\":%llu,\"back\":%llu,\"until\":",
		 (unsigned long long)c->changeset, canaries_state(c->state),
		 (unsigned long long)c->revision, (unsigned long long)c->back);
	if (c->state == CANARY_WATCHED)
		json_time(t, c->until_s);
	else
		text_add_str(t, "null");
	text_add_member(t, "widen", c->manual ? "manual" : "auto");
	text_add_member(t, "first", c->is_shared ? "resets" : "records");
	text_add_member(t, "who", c->who);
	text_add_str(t, ",\"peers\":");
	put_names(t, c->peers);
	text_add(t, ",\"tunnels\":%u,\"tunnels_up\":%u,\"waiting_sas\":%u}", c->tunnels,
		 c->tunnels_up, c->held);
}

bool canaries_holds(struct request *r, uint64_t changeset)
{
	struct canarying c = { 0 };
	struct fault f = { 0 };

	r->control->canarying(r->control->ctx, &c);
	if (!c.revision || c.changeset != changeset)
		return false;
	fail(&f, R_CANARY_WAITS, "change set %llu is tried on a few peers first",
	     (unsigned long long)changeset);
	snprintf(f.hint, sizeof(f.hint), "POST /api/v1/changesets/%llu/widen, or .../rollback",
		 (unsigned long long)changeset);
	request_fault(r, &f);
	return true;
}

/* ---- ended ---- */

static void ended(void *arg, const struct outcome *o)
{
	struct request *r = arg;
	struct faults errors = o->errors;
	struct text t;

	if (o->reason != R_OK) {
		if (errors.n == 0) {
			errors.at[0] = o->fault;
			errors.n = 1;
		}
		request_faults(r, o->reason, &errors, &o->warnings);
		return;
	}
	text_init(&t, 0);
	text_add(&t,
		 "{\"changeset\":%llu,\"revision\":%llu,\"warnings\":", (unsigned long long)r->id,
		 (unsigned long long)o->revision);
	report_faults(&t, &o->warnings);
	text_add_str(&t, ",\"impact\":");
	report_impact(&t, o);
	text_add_str(&t, ",\"reset\":");
	report_reset(&t, &o->reset);
	text_add_str(&t, "}");
	request_text(r, 200, "application/json", &t);
}

static void run_end(struct request *r, bool widen)
{
	struct canary_end e = { .changeset = r->id, .widen = widen };
	struct canarying now = { 0 };
	char name[24];

	snprintf(name, sizeof(name), "%llu", (unsigned long long)r->id);
	r->control->canarying(r->control->ctx, &now);
	if (now.revision && now.changeset == r->id &&
	    !audit_act(r, widen ? DEED_WIDEN : DEED_ROLLBACK, "changesets", name, NULL))
		return;

	text_copy(e.who, sizeof(e.who), r->who);
	text_copy(e.channel, sizeof(e.channel), r->channel);
	text_copy(e.request_id, sizeof(e.request_id), r->request_id);
	r->control->canary_end(r->control->ctx, &e, ended, r);
}

static void run_widen(struct request *r)
{
	run_end(r, true);
}

static void run_back(struct request *r)
{
	run_end(r, false);
}

static void end(struct request *r, void (*run)(struct request *))
{
	static const char *const known[] = { NULL };

	if (!request_query_ok(r, known))
		return;
	if (json_object_size(r->json))
		request_fault(r, &(struct fault){ .reason = R_INVALID,
						  .rule = "body.object",
						  .text = "no members are known here" });
	else
		request_park(r, run);
}

void changesets_widen(struct request *r)
{
	end(r, run_widen);
}

void changesets_rollback(struct request *r)
{
	end(r, run_back);
}

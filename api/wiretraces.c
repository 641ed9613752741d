/* wiretraces.c - traces of IKE datagrams: started, listed, read, ended
 *
 * An operator sees that they run, and reads the messages in words. Starting one and reading it as a
 * capture, with the keys of its messages when it was started with secrets, takes an admin, and both are
 * put on record; that it ended is put on record by the daemon, whoever ended it. A body with keys is
 * wiped when it was sent, and is kept for no ticket and no repeated request.
 *
 * Called by: router.c.  Thread: http until parked, then the loop.  Owns: nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/audit.h"
#include "api/router.h"
#include "core/model/wiretrace.h"

static void answer_row(struct request *r, int status, const struct wiretrace *w)
{
	struct text t;

	text_init(&t, 0);
	wiretrace_json(w, &t);
	request_text(r, status, "application/json", &t);
}

/* ---- started ---- */

static bool read_seconds(const json_t *v, uint32_t *ret)
{
	json_int_t n = json_integer_value(v);

	if (!v)
		return true;
	if (!json_is_integer(v) || n < 1 || n > WIRETRACE_SECONDS_MOST)
		return false;
	*ret = (uint32_t)n;
	return true;
}

static bool read_ask(struct request *r, struct wiretrace_ask *ret)
{
	const json_t *peer = json_object_get(r->json, "peer");
	const json_t *seconds = json_object_get(r->json, "seconds");
	const json_t *secrets = json_object_get(r->json, "secrets");
	bool any = !peer || json_is_null(peer);
	struct faults errors = { 0 };

	*ret = (struct wiretrace_ask){ .peer = any ? "" : json_string_value(peer),
				       .seconds = WIRETRACE_SECONDS_PRESET,
				       .secrets = json_is_true(secrets),
				       .who = r->who };
	if (json_object_size(r->json) !=
	    (size_t)(peer != NULL) + (size_t)(seconds != NULL) + (size_t)(secrets != NULL))
		faults_add(&errors, R_INVALID, "member.unknown", "",
			   "peer, seconds and secrets are all that is known here");
	if (!ret->peer || (!any && !*ret->peer))
		faults_add(&errors, R_INVALID, "member.value", "/peer",
			   "the name of a peer is due, or null for every one");
	if (!read_seconds(seconds, &ret->seconds))
		faults_add(&errors, R_INVALID, "member.value", "/seconds",
			   "a number of seconds from 1 to %d is due", WIRETRACE_SECONDS_MOST);
	if (secrets && !json_is_boolean(secrets))
		faults_add(&errors, R_INVALID, "member.value", "/secrets", "true or false is due");
	if (errors.n)
		request_faults(r, R_INVALID, &errors, NULL);
	return errors.n == 0;
}

static void run_start(struct request *r)
{
	struct control *c = r->control;
	struct wiretrace_ask ask;
	struct fault f = { 0 };
	struct wiretrace w;
	char id[24], path[48];

	if (!read_ask(r, &ask))
		return;
	if (c->trace_start(c->ctx, &ask, &w, &f) != R_OK) {
		request_fault(r, &f);
		return;
	}
	snprintf(id, sizeof(id), "%" PRIu64, w.id);
	snprintf(path, sizeof(path), "/api/v1/traces/%s", id);
	if (!audit_act(r, DEED_TRACE_START, "traces", id,
		       json_pack("{ss,sI,sb}", "peer", ask.peer, "seconds", (json_int_t)ask.seconds,
				 "secrets", (int)ask.secrets))) {
		c->trace_end(c->ctx, w.id, r->who, true,
			     &f); /* what is not on record is not done */
		return;
	}
	request_header(r, "Location", path);
	answer_row(r, 201, &w);
}

void wiretraces_create(struct request *r)
{
	if (request_query_ok(r, NULL))
		request_park(r, run_start);
}

/* ---- listed, ended ---- */

struct rows {
	struct text t;
	unsigned n;
	uint64_t only; /* this one alone, 0: all */
};

static void each(void *arg, const struct wiretrace *w)
{
	struct rows *rows = arg;

	if (!w || (rows->only && w->id != rows->only))
		return;
	text_add_str(&rows->t, rows->n++ ? "," : "");
	wiretrace_json(w, &rows->t);
}

static void run_list(struct request *r)
{
	struct rows rows = { .n = 0 };

	text_init(&rows.t, 0);
	text_add_str(&rows.t, "{\"items\":[");
	r->control->traces(r->control->ctx, each, &rows);
	text_add_str(&rows.t, "]}");
	request_text(r, 200, "application/json", &rows.t);
}

void wiretraces_list(struct request *r)
{
	if (request_query_ok(r, NULL))
		request_park(r, run_list);
}

static void run_stop(struct request *r)
{
	struct rows rows = { .only = r->id };
	struct control *c = r->control;
	struct fault f = { 0 };

	if (c->trace_end(c->ctx, r->id, r->who, false, &f) != R_OK) {
		request_fault(r, &f);
		return;
	}
	text_init(&rows.t, 0);
	c->traces(c->ctx, each, &rows);
	request_text(r, 200, "application/json", &rows.t);
}

void wiretraces_stop(struct request *r)
{
	if (request_query_ok(r, NULL))
		request_park(r, run_stop);
}

static void run_delete(struct request *r)
{
	struct fault f = { 0 };

	if (r->control->trace_end(r->control->ctx, r->id, r->who, true, &f) == R_OK)
		request_empty(r, 204);
	else
		request_fault(r, &f);
}

void wiretraces_delete(struct request *r)
{
	if (request_query_ok(r, NULL))
		request_park(r, run_delete);
}

/* ---- read ---- */

static void run_get(struct request *r)
{
	struct control *c = r->control;
	struct fault f = { 0 };
	struct wiretrace w;
	struct text t;

	text_init(&t, 0);
	if (c->trace_read(c->ctx, r->id, WIRETRACE_JSON, &t, &w, &f) == R_OK)
		request_text(r, 200, "application/json", &t);
	else
		request_fault(r, &f);
}

void wiretraces_get(struct request *r)
{
	if (request_query_ok(r, NULL))
		request_park(r, run_get);
}

static void hand_out(struct request *r, enum wiretrace_form form, const char *type,
		     const char *file)
{
	struct control *c = r->control;
	struct fault f = { 0 };
	struct wiretrace w;
	struct text t;
	char id[24], as[120];

	text_init(&t, 0);
	if (c->trace_read(c->ctx, r->id, form, &t, &w, &f) != R_OK) {
		request_fault(r, &f);
		return;
	}
	snprintf(id, sizeof(id), "%" PRIu64, w.id);
	if (!audit_act(r, DEED_TRACE_READ, "traces", id,
		       json_pack("{ss,sb}", "as", file, "secrets", (int)w.secrets))) {
		wipe(t.at, t.n);
		text_done(&t);
		return;
	}
	if (form == WIRETRACE_PCAPNG)
		snprintf(as, sizeof(as), "attachment; filename=\"trace-%s.pcapng\"", id);
	else
		snprintf(as, sizeof(as), "attachment; filename=\"%s\"", file);
	request_header(r, "Content-Disposition", as);
	request_secret(r, type, &t);
}

static void run_pcapng(struct request *r)
{
	hand_out(r, WIRETRACE_PCAPNG, "application/octet-stream", "pcapng");
}

static void run_ikev1_table(struct request *r)
{
	hand_out(r, WIRETRACE_IKEV1_TABLE, "text/plain", "ikev1_decryption_table");
}

static void run_esp_table(struct request *r)
{
	hand_out(r, WIRETRACE_ESP_TABLE, "text/plain", "esp_sa");
}

void wiretraces_pcapng(struct request *r)
{
	if (request_query_ok(r, NULL))
		request_park(r, run_pcapng);
}

void wiretraces_ikev1_table(struct request *r)
{
	if (request_query_ok(r, NULL))
		request_park(r, run_ikev1_table);
}

void wiretraces_esp_table(struct request *r)
{
	if (request_query_ok(r, NULL))
		request_park(r, run_esp_table);
}

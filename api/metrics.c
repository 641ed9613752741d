/* metrics.c - GET /metrics: the picture as Prometheus text, by the same tables as everything else
 *
 * A number of a row table is a metric of the same name: what FF_COUNTER marks ends in _total, a
 * time in _timestamp_seconds, milliseconds and octets become seconds and bytes. A tunnel or peer
 * that is configured but down has its series like any other and reads 0, so that an alarm can see
 * it. Beyond `series` rows of a table the rest is left out and counted.
 *
 * The samples of one metric stand together, as the format wants it; so the outer loop goes over
 * members, the inner over rows.
 *
 * Called by: router.c.  Thread: http.  Owns: nothing.
 * https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4)
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/doors.h"

enum { SERIES = 2000, SERIES_MOST = 100000 };

static const char type_of_metrics[] = "text/plain; version=0.0.4; charset=utf-8";

/* Rows of one table and what tells them apart. */
struct rows {
	const char *prefix;
	const struct field *fields;
	const char *at;
	size_t n, size;
	void (*labels)(struct text *t, const void *row);
};

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* Numbers that name something are no measure of anything. */
static bool is_measure(const struct field *f)
{
	return (f->kind == F_UINT || f->kind == F_FLAG) && !ends_in(f->name, "index") &&
	       !ends_in(f->name, "port") && strcmp(f->name, "last_negotiation") != 0;
}

static void add_label(struct text *t, const char *name, const char *value)
{
	text_add(t, "%s%s=\"", t->n && t->at[t->n - 1] != '{' ? "," : "", name);
	for (; *value; value++) {
		if (*value == '\n')
			text_add_str(t, "\\n");
		else
			text_add(t, "%s%c", *value == '"' || *value == '\\' ? "\\" : "", *value);
	}
	text_add_str(t, "\"");
}

static void peer_labels(struct text *t, const void *row)
{
	add_label(t, "peer", ((const struct peer_row *)row)->name);
}

static void tunnel_labels(struct text *t, const void *row)
{
	add_label(t, "tunnel", ((const struct tunnel_row *)row)->name);
	add_label(t, "peer", ((const struct tunnel_row *)row)->peer);
}

/* "octets_in" of the counters is ikeeper_bytes_in_total. */
static void metric_name(const struct rows *rows, const struct field *f, char *ret, size_t cap)
{
	const char *name = f->name, *end = f->flags & FF_COUNTER ? "_total" : "";
	int n = (int)strlen(name);

	if (ends_in(name, "_ms")) {
		n -= 3;
		end = "_seconds";
	} else if (f->flags & FF_TIME) {
		n -= ends_in(name, "_at") ? 3 : 0;
		end = "_timestamp_seconds";
	}
	if (strncmp(name, "octets", 6) == 0)
		snprintf(ret, cap, "ikeeper_%sbytes%.*s%s", rows->prefix, n - 6, name + 6, end);
	else
		snprintf(ret, cap, "ikeeper_%s%.*s%s", rows->prefix, n, name, end);
}

static void add_head(struct text *t, const char *name, const char *help, bool counts)
{
	text_add(t, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, counts ? "counter" : "gauge");
}

static void add_value(struct text *t, const struct field *f, const void *row)
{
	uint64_t v = field_uint(f, row);

	if (ends_in(f->name, "_ms"))
		text_add(t, " %" PRIu64 ".%03u\n", v / 1000, (unsigned)(v % 1000));
	else
		text_add(t, " %" PRIu64 "\n", v);
}

static void add_metric(struct text *t, const struct rows *rows, const struct field *f)
{
	char name[96];

	metric_name(rows, f, name, sizeof(name));
	add_head(t, name, f->help, f->flags & FF_COUNTER);
	for (size_t i = 0; i < rows->n; i++) {
		const char *row = rows->at + i * rows->size;

		text_add_str(t, name);
		if (rows->labels) {
			text_add_str(t, "{");
			rows->labels(t, row);
			text_add_str(t, "}");
		}
		add_value(t, f, row);
	}
}

static void add_table(struct text *t, const struct rows *rows)
{
	for (const struct field *f = rows->fields; f->name; f++)
		if (is_measure(f))
			add_metric(t, rows, f);
}

/* 1 up, 0 not: what alarms are made of. */
static void add_up(struct text *t, const struct rows *rows, int up)
{
	const struct field *state = field_find(rows->fields, "state");
	char name[40];

	snprintf(name, sizeof(name), "ikeeper_%sup", rows->prefix);
	add_head(t, name, "1 when it is up, 0 when it is configured and not up", false);
	for (size_t i = 0; i < rows->n; i++) {
		const char *row = rows->at + i * rows->size;

		text_add(t, "%s{", name);
		rows->labels(t, row);
		text_add(t, "} %d\n", field_uint(state, row) == (uint64_t)up);
	}
}

static void add_number(struct text *t, const char *name, const char *help, uint64_t value)
{
	add_head(t, name, help, false);
	text_add(t, "%s %" PRIu64 "\n", name, value);
}

static void add_whole(struct text *t, const struct view *v)
{
	add_head(t, "ikeeper_build_info", "Version and data plane in use", false);
	text_add_str(t, "ikeeper_build_info{");
	add_label(t, "version", IKEEPER_VERSION);
	add_label(t, "data_plane", v->data_plane);
	text_add_str(t, "} 1\n");
	add_number(t, "ikeeper_start_time_seconds", "When the daemon started", v->started_at);
	add_number(t, "ikeeper_config_revision", "Revision of the configuration", v->revision);
	add_number(t, "ikeeper_peers", "Configured peers", v->peers_n);
	add_number(t, "ikeeper_peers_up", "Peers that are up", v->peers_up);
	add_number(t, "ikeeper_tunnels", "Configured tunnels", v->tunnels_n);
	add_number(t, "ikeeper_tunnels_up", "Tunnels that are up", v->tunnels_up);
	add_number(t, "ikeeper_stale_ike_sas", "IKE SAs older than the configuration",
		   v->stale_ike_sas);
	add_number(t, "ikeeper_stale_child_sas", "IPsec SA pairs older than the configuration",
		   v->stale_children);
	add_number(t, "ikeeper_weak_records", "Records that allow weak algorithms",
		   v->weak_records);
}

static bool read_series(struct request *r, size_t *ret)
{
	const char *text = request_query(r, "series");
	struct fault f;
	char *end;

	*ret = SERIES;
	if (!text)
		return true;
	*ret = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && *ret <= SERIES_MOST)
		return true;
	fail_field(&f, R_BAD_REQUEST, "series", "series is a number from 0 to %d", SERIES_MOST);
	request_fault(r, &f);
	return false;
}

void system_metrics(struct request *r)
{
	static const char *const known[] = { "series", NULL };
	const struct view *v;
	struct text t;
	size_t most;

	if (!request_query_ok(r, known) || !read_series(r, &most) || !(v = request_view(r)))
		return;
	struct rows whole = { "", counter_row_fields, (const char *)&v->counters, 1, 0, NULL };
	struct rows peers = { "peer_",
			      peer_row_fields,
			      (const char *)view_peers(v),
			      MIN_OF(v->peers_n, most),
			      sizeof(struct peer_row),
			      peer_labels };
	struct rows tunnels = { "tunnel_",
				tunnel_row_fields,
				(const char *)view_tunnels(v),
				MIN_OF(v->tunnels_n, most),
				sizeof(struct tunnel_row),
				tunnel_labels };
	text_init(&t, 0);
	add_whole(&t, v);
	add_table(&t, &whole);
	add_up(&t, &peers, PS_UP);
	add_table(&t, &peers);
	add_up(&t, &tunnels, TS_UP);
	add_table(&t, &tunnels);
	add_number(&t, "ikeeper_rows_left_out", "Peers and tunnels beyond ?series=",
		   v->peers_n - peers.n + v->tunnels_n - tunnels.n);
	view_unref(v);
	request_text(r, 200, type_of_metrics, &t);
}

/* overview.c - `ikeeper status`: everything on one screen
 *
 * What the gateway is, how many of what are up, and a line for every peer and tunnel that
 * needs a look: down, failed, or older than the configuration. When all is well it is short.
 *
 * Called by: ctl.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/verbs.h"

#include <string.h>

#include "api/ctl/complain.h"
#include "api/ctl/noun.h"

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static long long number(const json_t *o, const char *member)
{
	return (long long)json_integer_value(table_member(o, member));
}

static void put_head(struct paper *p, const json_t *version, const json_t *status)
{
	text_add_str(&p->text, "ikeeper ");
	paper_clean(p, word(version, "version"));
	text_add_str(&p->text, ", running since ");
	paper_clean(p, word(version, "started_at"));
	text_add(&p->text, ", configuration %lld\ndata plane ", number(status, "revision"));
	paper_clean(p, word(version, "data_plane"));
	if (*word(version, "data_plane_reason")) {
		text_add_str(&p->text, ": ");
		paper_clean(p, word(version, "data_plane_reason"));
	}
	text_add_str(&p->text, "\nSNMP ");
	paper_clean(p, word(version, "snmp"));
	text_add_str(&p->text, "\n\n");
}

static void put_tally(struct paper *p, const json_t *tally, const char *what, const char *between)
{
	long long down = number(tally, "down"), mid = number(tally, between);

	text_add(&p->text, "%lld %s: ", number(tally, "configured"), what);
	paper_ink(p, INK_GOOD);
	text_add(&p->text, "%lld up", number(tally, "up"));
	paper_ink(p, INK_PLAIN);
	text_add_str(&p->text, ", ");
	paper_ink(p, mid ? INK_WAIT : INK_PLAIN);
	text_add(&p->text, "%lld %s", mid, between);
	paper_ink(p, INK_PLAIN);
	text_add_str(&p->text, ", ");
	paper_ink(p, down ? INK_BAD : INK_PLAIN);
	text_add(&p->text, "%lld down", down);
	paper_ink(p, INK_PLAIN);
	if (number(tally, "disabled"))
		text_add(&p->text, ", %lld disabled", number(tally, "disabled"));
	text_add_str(&p->text, "\n");
}

static void put_totals(struct paper *p, const json_t *status)
{
	long long stale = number(status, "stale_ike_sas"), kids = number(status, "stale_child_sas");

	text_add(&p->text, "%lld IKE SAs, %lld IPsec SA pairs", number(status, "ike_sas"),
		 number(status, "child_sas"));
	if (stale + kids) {
		text_add_str(&p->text, "; ");
		paper_ink(p, INK_WAIT);
		text_add(&p->text, "%lld and %lld are older than the configuration (stale)", stale,
			 kids);
		paper_ink(p, INK_PLAIN);
	}
	text_add_str(&p->text, "\nreceived ");
	table_bytes(&p->text, (uint64_t)number(status, "traffic.bytes_in"));
	text_add_str(&p->text, ", sent ");
	table_bytes(&p->text, (uint64_t)number(status, "traffic.bytes_out"));
	text_add(&p->text, "; %lld negotiations failed within an hour\n",
		 number(status, "failed_last_hour"));
	if (number(status, "weak_records"))
		text_add(&p->text, "%lld records use weak algorithms\n",
			 number(status, "weak_records"));
}

/* Those that are not simply up or switched off. */
static json_t *worth_a_look(const json_t *items)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < json_array_size(items); i++) {
		json_t *row = json_array_get(items, i);
		const char *state = word(row, "state");
		bool well = strcmp(state, "up") == 0 || strcmp(state, "disabled") == 0;

		if (!well || json_is_true(json_object_get(row, "stale")))
			json_array_append(rows, row);
	}
	return rows;
}

static enum code put_rows(struct ctl *c, const char *noun, json_t *whole)
{
	const struct noun *n = noun_find(noun);
	struct answer a = { 0 };
	struct fault f = { 0 };
	enum code r = client_list(c->client, n->list, &a, &f);

	if (r != CODE_OK)
		return complain_fault(c, r, &f);
	if (answer_code(&a) != CODE_OK) {
		r = complain_answer(c, &a);
	} else {
		json_t *rows = worth_a_look(json_object_get(a.json, "items"));

		if (!c->paper.json && json_array_size(rows)) {
			text_add_str(&c->paper.text, "\n");
			table_print(&c->paper, n->columns, rows);
		}
		json_object_set_new(whole, n->alias, rows);
	}
	answer_done(&a);
	return r;
}

static enum code fetch(struct ctl *c, const char *path, json_t *whole, const char *key)
{
	struct answer a;
	enum code r = verbs_get(c, path, &a);

	if (r != CODE_OK)
		return r;
	json_object_set(whole, key, a.json);
	answer_done(&a);
	return CODE_OK;
}

enum code overview_run(struct ctl *c)
{
	json_t *whole = json_object();
	enum code r = CODE_OK;

	if (c->want.words_n > 1)
		r = complain_usage("status takes no %s", c->want.words[1]);
	if (r == CODE_OK)
		r = fetch(c, "/version", whole, "version");
	if (r == CODE_OK)
		r = fetch(c, "/status", whole, "status");
	if (r == CODE_OK && !c->paper.json) {
		const json_t *s = json_object_get(whole, "status");

		put_head(&c->paper, json_object_get(whole, "version"), s);
		put_tally(&c->paper, json_object_get(s, "peers"), "peers", "partial");
		put_tally(&c->paper, json_object_get(s, "tunnels"), "tunnels", "connecting");
		put_totals(&c->paper, s);
	}
	if (r == CODE_OK)
		r = put_rows(c, "peer", whole);
	if (r == CODE_OK)
		r = put_rows(c, "tunnel", whole);
	if (r == CODE_OK && c->paper.json)
		paper_json(&c->paper, whole);
	json_decref(whole);
	return r;
}

/* effect.c - what a change or a reset does to living SAs, in words
 *
 * The daemon lists the SAs in the order in which notices go out: children before their IKE
 * SA. That order is kept.
 *
 * Called by: alter.c, act.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/table.h"
#include "api/ctl/verbs.h"

static const struct column touched_columns[] = {
	{ "SA", "kind", SHAPE_PLAIN },       { "ID", "id", SHAPE_PLAIN },
	{ "PEER", "peer", SHAPE_PLAIN },     { "TUNNEL", "tunnel", SHAPE_PLAIN },
	{ "ACTION", "action", SHAPE_PLAIN }, { "LAST MINUTE", "bytes_last_minute", SHAPE_BYTES },
	{ "SINCE", "reason", SHAPE_LAST },   { 0 },
};

static const struct column result_columns[] = {
	{ "SA", "type", SHAPE_PLAIN },       { "ID", "id", SHAPE_PLAIN },
	{ "PEER", "peer", SHAPE_PLAIN },     { "TUNNEL", "tunnel", SHAPE_PLAIN },
	{ "RESULT", "result", SHAPE_STATE }, { "NEGOTIATION", "negotiation", SHAPE_PLAIN },
	{ "SINCE", "reason", SHAPE_LAST },   { 0 },
};

static void add_touched(json_t *rows, const json_t *list, const char *kind)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *row = json_copy(json_array_get(list, i));

		json_object_set_new(row, "kind", json_string(kind));
		json_array_append_new(rows, row);
	}
}

void effect_impact(struct paper *p, const json_t *impact)
{
	const json_t *untouched = json_object_get(impact, "unaffected_ike_sas");
	json_t *rows;

	if (!json_is_object(impact))
		return;
	rows = json_array();
	add_touched(rows, json_object_get(impact, "child_sas"), "child_sa");
	add_touched(rows, json_object_get(impact, "ike_sas"), "ike_sa");
	if (json_array_size(rows))
		table_print(p, touched_columns, rows);
	else
		text_add_str(&p->text, "No SA is touched.\n");
	if (json_array_size(rows) && json_integer_value(untouched) > 0)
		text_add(&p->text, "%lld other IKE SAs are not touched.\n",
			 (long long)json_integer_value(untouched));
	json_decref(rows);
}

void effect_reset(struct paper *p, const json_t *reset)
{
	const json_t *results = json_object_get(reset, "results");
	const char *warning = json_string_value(json_object_get(reset, "warning"));

	if (!json_is_object(reset))
		return;
	if (json_array_size(results))
		table_print(p, result_columns, results);
	text_add(&p->text, "%lld IKE SAs and %lld IPsec SA pairs, %lld notices sent.\n",
		 (long long)json_integer_value(json_object_get(reset, "ike_sas")),
		 (long long)json_integer_value(json_object_get(reset, "child_sas")),
		 (long long)json_integer_value(json_object_get(reset, "notices")));
	if (warning) {
		text_add_str(&p->text, "warning: ");
		paper_clean(p, warning);
		text_add_str(&p->text, "\n");
	}
}

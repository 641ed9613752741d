/* replay.c - an offer held against a configuration, as JSON
 *
 * Called by: api.  Thread: any.  Owns: nothing.
 */
#include "core/model/replay.h"

#include "core/base/text.h"
#include "core/model/moment.h"

static void put_row(const struct replay_row *row, struct text *t)
{
	text_add_str(t, "{\"proposal\":");
	text_add_json_str(t, row->proposal);
	text_add_member(t, "tunnel", row->tunnel);
	text_add_member_id(t, "number", row->number);
	text_add(t, ",\"matches\":%s", row->peer_transform ? "true" : "false");
	text_add_member_id(t, "peer_transform", row->peer_transform);
	text_add_member(t, "field", row->field);
	text_add_member(t, "text", row->text);
	text_add_str(t, "}");
}

void replay_json(const struct replay *r, struct text *t)
{
	text_add(t, "{\"negotiation\":%llu", (unsigned long long)r->negotiation);
	text_add_member(t, "peer", r->peer);
	text_add_member(t, "tunnel", r->tunnel);
	text_add(t, ",\"phase\":%u,\"offered_at\":", r->phase);
	moment_json(r->offered_ms, t);
	text_add_member_id(t, "revision", r->revision);
	text_add(t, ",\"knowable\":%s,\"matches\":%s", r->knowable ? "true" : "false",
		 r->matches ? "true" : "false");
	text_add_member(t, "would_match", r->would_match);
	text_add_member_id(t, "number", r->number);
	text_add_member_id(t, "peer_transform", r->peer_transform);
	text_add_member(t, "reason", r->reason == R_OK ? "" : reason_slug(r->reason));
	text_add_member(t, "field", r->field);
	text_add_member(t, "text", r->text);
	text_add_str(t, ",\"proposals\":[");
	for (size_t i = 0; i < r->n; i++) {
		text_add_str(t, i ? "," : "");
		put_row(&r->row[i], t);
	}
	text_add_str(t, "]}");
}

/* simulation.c - a played negotiation as JSON: the verdict, and the stories of both ends
 *
 * Called by: api.  Thread: any.  Owns: nothing.
 */
#include "core/model/simulation.h"

#include "core/base/text.h"

static const struct name sides[] = {
	{ SIDE_NONE, "none" }, { SIDE_LOCAL, "local" }, { SIDE_REMOTE, "remote" }, { 0, NULL }
};

static void put_stories(const char *key, const struct story *at, size_t n, struct text *t)
{
	text_add(t, ",\"%s\":[", key);
	for (size_t i = 0; i < n; i++) {
		text_add_str(t, i ? "," : "");
		story_json(&at[i], true, t);
	}
	text_add_str(t, "]");
}

void simulation_json(const struct simulation *s, struct text *t)
{
	text_add_str(t, "{\"peer\":");
	text_add_json_str(t, s->peer);
	text_add_member(t, "verdict", s->verdict == VERDICT_UP ? "up" : "failed");
	text_add_member(t, "reason", s->reason == R_OK ? "" : reason_slug(s->reason));
	text_add_member(t, "side", name_of(sides, (int)s->side));
	text_add_member(t, "field", s->field);
	text_add_member(t, "text", s->text);
	text_add_member(t, "hint", s->hint);
	text_add_member(t, "began", s->they_began ? "there" : "here");
	text_add(t, ",\"virtual_ms\":%u,\"datagrams\":%u,\"notes\":[", s->virtual_ms, s->datagrams);
	for (size_t i = 0; i < s->notes_n; i++) {
		text_add_str(t, i ? "," : "");
		text_add_json_str(t, s->note[i]);
	}
	text_add_str(t, "]");
	put_stories("here", s->here, s->here_n, t);
	put_stories("there", s->there, s->there_n, t);
	text_add_str(t, "}");
}

/* story.c - one negotiation's story as JSON
 *
 * What the explain page, the command line and the tests read. The short form has the verdict:
 * a reason for programs, a sentence for people, on which side and in which member to look.
 * The whole form adds both offers, one entry a line, and every step.
 *
 * Called by: api.  Thread: any.  Owns: nothing.
 */
#include "core/model/story.h"

#include <string.h>

#include "core/model/moment.h"
#include "core/model/storywords.h"
#include "core/model/view.h"

/* Exchange types of RFC 2408 section 3.1 and RFC 2409 (IKEv1). */
const struct name story_exchanges[] = {
	{ 2, "main" }, { 4, "aggressive" }, { 5, "informational" }, { 32, "quick" }, { 0, NULL },
};
const struct name story_roles[] = { { ROLE_INITIATOR, "initiator" },
				    { ROLE_RESPONDER, "responder" },
				    { 0, NULL } };
static const struct name verdicts[] = { { VERDICT_RUNNING, "running" },
					{ VERDICT_UP, "up" },
					{ VERDICT_FAILED, "failed" },
					{ 0, NULL } };
const struct name story_sides[] = {
	{ SIDE_NONE, "none" }, { SIDE_LOCAL, "local" }, { SIDE_REMOTE, "remote" }, { 0, NULL }
};
static const struct name directions[] = {
	{ '>', "sent" }, { '<', "received" }, { ' ', "within" }, { 0, NULL }
};

static void put_moment(struct text *t, const char *key, int64_t wall_ms)
{
	text_add(t, ",\"%s\":", key);
	moment_json(wall_ms, t);
}

static void put_end(struct text *t, const char *which, const struct addr *a)
{
	char words[ADDR_TEXT], key[32];

	text_copy(key, sizeof(key), which);
	strcat(key, "_address");
	text_add_member(t, key, a->family ? addr_text(a, words) : "");
	text_add(t, ",\"%s_port\":%u", which, a->port);
}

/* Lines of an offer as an array: people compare them one beside the other. */
static void put_lines(struct text *t, const char *key, const char *lines)
{
	bool comma = false;

	text_add(t, ",\"%s\":[", key);
	while (*lines) {
		size_t n = strcspn(lines, "\n");

		if (n) {
			text_add_str(t, comma ? "," : "");
			text_add_json(t, lines, n);
			comma = true;
		}
		lines += n + (lines[n] == '\n');
	}
	text_add_str(t, "]");
}

static void put_steps(struct text *t, const struct story *s)
{
	text_add_str(t, ",\"steps\":[");
	for (size_t i = 0; i < s->steps_n && i < STORY_STEPS; i++) {
		const struct story_step *p = &s->steps[i];

		text_add_str(t, i ? ",{\"at\":" : "{\"at\":");
		moment_json(p->wall_ms, t);
		text_add_member(t, "direction", name_of(directions, p->direction));
		text_add_member(t, "text", p->text);
		text_add_str(t, "}");
	}
	text_add_str(t, "]");
}

void story_json(const struct story *s, bool whole, struct text *t)
{
	text_add(t, "{\"id\":%llu", (unsigned long long)s->id);
	text_add_member(t, "peer", s->peer);
	text_add_member(t, "tunnel", s->tunnel);
	text_add_member_id(t, "ike_sa", s->ike_sa);
	text_add_member_id(t, "child_sa", s->child_sa);
	text_add_member(t, "exchange", name_of(story_exchanges, s->exchange));
	text_add_member(t, "role", name_of(story_roles, s->role));
	put_end(t, "local", &s->local);
	put_end(t, "remote", &s->remote);
	put_moment(t, "started_at", s->started_ms);
	put_moment(t, "ended_at", s->ended_ms);
	text_add_member(t, "verdict", name_of(verdicts, (int)s->verdict));
	text_add_member(t, "reason", s->reason == R_OK ? "" : reason_slug(s->reason));
	text_add_member(t, "side", name_of(story_sides, (int)s->side));
	text_add_member(t, "field", s->field);
	text_add_member(t, "text", s->text);
	text_add_member(t, "hint", s->hint);
	text_add_member(t, "chosen", s->chosen);
	text_add_member_id(t, "revision", s->revision);
	text_add_member(t, "local_id", s->local_id);
	text_add_member(t, "remote_id", s->remote_id);
	if (whole) {
		put_lines(t, "ours", s->ours);
		put_lines(t, "theirs", s->theirs);
		put_steps(t, s);
	}
	text_add_str(t, "}");
}

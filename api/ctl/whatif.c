/* whatif.c - what would be: a peer's real offer against a configuration; a play with the other end
 *
 * Called by: ctl.c, alter.c, staged.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/verbs.h"

#include <stdlib.h>
#include <string.h>

#include "api/ctl/complain.h"
#include "api/ctl/table.h"

static const struct column row_columns[] = {
	{ "NUMBER", "number", SHAPE_PLAIN },
	{ "PROPOSAL", "proposal", SHAPE_PLAIN },
	{ "TUNNEL", "tunnel", SHAPE_PLAIN },
	{ "MATCHES", "matches", SHAPE_MARK },
	{ "TRANSFORM", "peer_transform", SHAPE_PLAIN },
	{ "FIRST DIFFERS IN", "field", SHAPE_PLAIN },
	{ "WHY", "text", SHAPE_LAST },
	{ 0 },
};

void whatif_line(struct paper *p, const json_t *replay)
{
	if (!json_is_object(replay) || !json_is_true(json_object_get(replay, "knowable")))
		return;
	text_add(&p->text, "What %s offered last (negotiation %lld): ",
		 json_string_length(json_object_get(replay, "peer")) ? "the peer" : "a caller",
		 (long long)json_integer_value(json_object_get(replay, "negotiation")));
	paper_clean(p, json_string_value(json_object_get(replay, "text")));
	text_add_str(&p->text, "\n");
}

static enum code put_replay(struct ctl *c, const json_t *replay)
{
	struct paper *p = &c->paper;
	const json_t *rows = json_object_get(replay, "proposals");
	const char *field = json_string_value(json_object_get(replay, "field"));

	if (p->json) {
		paper_json(p, replay);
		return CODE_OK;
	}
	paper_clean(p, json_string_value(json_object_get(replay, "text")));
	text_add_str(&p->text, "\n");
	if (field) {
		text_add_str(&p->text, "The first attribute that differs: ");
		paper_inked(p, INK_BAD, field);
		text_add_str(&p->text, "\n");
	}
	if (json_array_size(rows))
		table_print(p, row_columns, rows);
	return CODE_OK;
}

enum code whatif_replay(struct ctl *c)
{
	const struct wants *w = &c->want;
	const char *id = w->words_n == 3 ? w->words[2] : "", *set = w->changeset;
	json_t *number = words_id(id), *changeset = set ? words_id(set) : NULL, *body;
	struct answer a;
	struct text path;

	if (!number || (set && !changeset) || strcmp(w->words[1], "negotiation") != 0) {
		json_decref(number);
		json_decref(changeset);
		return complain_usage("replay negotiation ID [--changeset ID]");
	}
	json_decref(number);
	body = json_object();
	if (changeset)
		json_object_set_new(body, "changeset", changeset);
	text_init(&path, 0);
	text_add(&path, "/negotiations/%s/replay", id);
	enum code r = verbs_ask(c, &(struct ask){ "POST", path.at, NULL, body }, &a);
	text_done(&path);
	json_decref(body);
	if (r != CODE_OK)
		return r;
	r = put_replay(c, a.json);
	answer_done(&a);
	return r;
}

/* ---- a play ---- */

static void put_play(struct paper *p, const json_t *play)
{
	const json_t *notes = json_object_get(play, "notes"), *stories;
	static const char *const ends[][2] = { { "here", "HERE" }, { "there", "THERE" } };

	for (size_t i = 0; i < json_array_size(notes); i++) {
		paper_clean(p, json_string_value(json_array_get(notes, i)));
		text_add_str(&p->text, "\n");
	}
	const char *verdict = json_string_value(json_object_get(play, "verdict"));
	paper_inked(p, paper_ink_of(verdict ? verdict : ""), verdict ? verdict : "");
	text_add_str(&p->text, ": ");
	paper_clean(p, json_string_value(json_object_get(play, "text")));
	text_add_str(&p->text, "\n");
	for (size_t k = 0; k < COUNT_OF(ends); k++) {
		stories = json_object_get(play, ends[k][0]);
		text_add_str(&p->text, "\n");
		paper_inked(p, INK_BOLD, ends[k][1]);
		text_add_str(&p->text, "\n");
		for (size_t i = 0; i < json_array_size(stories); i++)
			explain_story(p, json_array_get(stories, i));
	}
}

enum code whatif_simulate(struct ctl *c)
{
	const struct wants *w = &c->want;
	struct answer a;
	struct text path;

	if (w->words_n != 3 || strcmp(w->words[1], "peer") != 0 || !w->against || !w->from)
		return complain_usage("simulate peer NAME --against FILE|- --from "
				      "comware|swanctl|ipsec.conf|ikeeper");
	own(bytes) text = import_read(w->against);
	if (!text)
		return complain_usage("%s cannot be read, is empty, or too long", w->against);
	json_t *body =
		json_pack("{ss,ss%}", "from", w->from, "text", (const char *)text->at, text->n);
	if (!body)
		return complain_usage("%s is no text", w->against);
	text_init(&path, 0);
	text_add_str(&path, "/peers/");
	client_escape(&path, w->words[2]);
	text_add_str(&path, "/simulate");
	enum code r = verbs_ask(c, &(struct ask){ "POST", path.at, NULL, body }, &a);
	text_done(&path);
	json_decref(body);
	if (r != CODE_OK)
		return r;
	bool up = strcmp(json_string_value(json_object_get(a.json, "verdict")), "up") == 0;
	if (c->paper.json)
		paper_json(&c->paper, a.json);
	else
		put_play(&c->paper, a.json);
	answer_done(&a);
	return up ? CODE_OK : CODE_FAILED;
}

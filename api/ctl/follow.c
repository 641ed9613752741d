/* follow.c - telling a negotiation's steps as they happen
 *
 * A tunnel comes up in two attempts with a story each: phase 1, which belongs to the peer, and
 * the quick mode of the tunnel. When the first is up the second is looked for; over a living
 * IKE SA there is only the second. The exit code is the verdict.
 *
 * Called by: act.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/verbs.h"

#include <string.h>
#include <time.h>

#include "api/ctl/complain.h"

enum { LOOK_MS = 100 };

/* One look a tenth of a second, as long as --timeout allows. */
struct patience {
	unsigned left_ms;
};

static bool wait_more(struct patience *p)
{
	if (p->left_ms < LOOK_MS)
		return false;
	p->left_ms -= LOOK_MS;
	nanosleep(&(struct timespec){ .tv_nsec = LOOK_MS * 1000000L }, NULL);
	return true;
}

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void put_steps(struct paper *p, const json_t *story, size_t from)
{
	const json_t *steps = json_object_get(story, "steps");

	for (size_t i = from; i < json_array_size(steps); i++) {
		const json_t *s = json_array_get(steps, i);
		const char *way = word(s, "direction");

		text_add(&p->text, "%s ", *way == 's' ? ">" : *way == 'r' ? "<" : " ");
		paper_clean(p, word(s, "text"));
		text_add_str(&p->text, "\n");
	}
	paper_flush(p);
}

/* Until this story has a verdict: then CODE_OK, and the story is ret's. */
static enum code follow_one(struct ctl *c, long long id, struct patience *p, json_t **ret)
{
	struct answer a;
	struct text path;
	size_t told = 0;
	enum code r;

	text_init(&path, 0);
	text_add(&path, "/negotiations/%lld", id);
	do {
		r = verbs_get(c, path.at, &a);
		if (r != CODE_OK)
			break;
		if (!c->paper.json)
			put_steps(&c->paper, a.json, told);
		told = json_array_size(json_object_get(a.json, "steps"));
		if (strcmp(word(a.json, "verdict"), "running") != 0)
			*ret = json_incref(a.json);
		else
			r = CODE_TIMEOUT;
		answer_done(&a);
	} while (r == CODE_TIMEOUT && wait_more(p));
	text_done(&path);
	return r;
}

/* The tunnel's own story that began after this one; 0: not yet. */
static enum code next_of(struct ctl *c, const char *tunnel, long long after, long long *ret)
{
	struct answer a;
	struct text path;

	text_init(&path, 0);
	text_add_str(&path, "/negotiations?limit=1&tunnel=");
	client_escape(&path, tunnel);
	enum code r = verbs_get(c, path.at, &a);
	text_done(&path);
	if (r != CODE_OK)
		return r;
	const json_t *newest = json_array_get(json_object_get(a.json, "items"), 0);
	long long id = (long long)json_integer_value(json_object_get(newest, "id"));
	*ret = id > after ? id : 0;
	answer_done(&a);
	return CODE_OK;
}

static enum code still_running(struct ctl *c)
{
	struct fault f = { 0 };

	fail(&f, R_TIMED_OUT, "it is still under way after %u seconds", c->want.timeout_s);
	text_copy(f.hint, sizeof(f.hint), "ikeeper explain --last says more");
	return complain_fault(c, CODE_TIMEOUT, &f);
}

static enum code conclude(struct ctl *c, const json_t *story)
{
	bool up = strcmp(word(story, "verdict"), "up") == 0;

	if (c->paper.json)
		paper_json(&c->paper, story);
	else if (!up)
		explain_story(&c->paper, story);
	else
		paper_inked(&c->paper, INK_GOOD, "up");
	if (up && !c->paper.json)
		text_add_str(&c->paper.text, "\n");
	return up ? CODE_OK : CODE_FAILED;
}

enum code follow_tunnel(struct ctl *c, const char *tunnel, long long id)
{
	struct patience p = { c->want.timeout_s * 1000 };
	enum code r;

	for (;;) {
		json_t *story = NULL;

		if (!c->paper.json)
			text_add(&c->paper.text, "negotiation %lld\n", id);
		r = follow_one(c, id, &p, &story);
		bool phase1_up = r == CODE_OK && strcmp(word(story, "verdict"), "up") == 0 &&
				 !*word(story, "tunnel");
		if (r == CODE_OK && !phase1_up)
			r = conclude(c, story);
		json_decref(story);
		if (!phase1_up)
			break;
		long long next = 0;
		do {
			r = next_of(c, tunnel, id, &next);
		} while (r == CODE_OK && !next && wait_more(&p));
		if (r != CODE_OK || !next) {
			r = r == CODE_OK ? CODE_TIMEOUT : r;
			break;
		}
		id = next;
	}
	return r == CODE_TIMEOUT ? still_running(c) : r;
}

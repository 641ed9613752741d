/* explain.c - the story of a negotiation, as people read it
 *
 * Verdict first: what happened, on which side, in which member, and what to do. Then both
 * offers side by side with the nearest pair and where it first differs, since that is the
 * question in nearly every failed negotiation. Then what was sent and heard.
 *
 * Called by: ctl.c, show.c, act.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/ctl/complain.h"

enum { LINE = 200, PIECES = 12 };

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void put_line(struct paper *p, const char *head, const char *text)
{
	if (!*text)
		return;
	paper_inked(p, INK_DIM, head);
	paper_pad(p, 11 - MIN_OF(strlen(head), (size_t)10));
	paper_clean(p, text);
	text_add_str(&p->text, "\n");
}

/* --- two offers ------------------------------------------------------------------------ */

/* "aes-cbc-256/sha256/modp2048/psk": the pieces between slashes, without what follows a blank. */
static size_t split(const char *line, char *copy, const char *pieces[PIECES])
{
	size_t n = 0;

	snprintf(copy, LINE, "%s", line);
	copy[strcspn(copy, " ")] = '\0';
	for (char *at = copy; at && n < PIECES; n++) {
		pieces[n] = at;
		at = strchr(at, '/');
		if (at)
			*at++ = '\0';
	}
	return n;
}

/* How many leading pieces are the same. The first that is not: its number. */
static size_t common(const char *a, const char *b, char *ret_a, char *ret_b)
{
	char ca[LINE], cb[LINE];
	const char *pa[PIECES], *pb[PIECES];
	size_t na = split(a, ca, pa), nb = split(b, cb, pb), i = 0, same = 0;

	while (i < na && i < nb && strcmp(pa[i], pb[i]) == 0)
		i++;
	snprintf(ret_a, LINE, "%s", i < na ? pa[i] : "nothing");
	snprintf(ret_b, LINE, "%s", i < nb ? pb[i] : "nothing");
	if (i == na && i == nb)
		return PIECES; /* no difference */
	for (size_t k = 0; k < na && k < nb; k++)
		same += strcmp(pa[k], pb[k]) == 0;
	return same;
}

struct pair {
	const char *ours, *theirs;
	char a[LINE], b[LINE]; /* where they first differ */
	size_t same;
};

static struct pair nearest(const json_t *ours, const json_t *theirs)
{
	struct pair best = { 0 };

	for (size_t i = 0; i < json_array_size(ours); i++) {
		for (size_t k = 0; k < json_array_size(theirs); k++) {
			struct pair p = { json_string_value(json_array_get(ours, i)),
					  json_string_value(json_array_get(theirs, k)), "", "", 0 };

			if (!p.ours || !p.theirs)
				continue;
			p.same = common(p.ours, p.theirs, p.a, p.b);
			if (!best.ours || p.same > best.same)
				best = p;
		}
	}
	return best;
}

static size_t widest(const json_t *lines, size_t least)
{
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const char *s = json_string_value(json_array_get(lines, i));

		least = MAX_OF(least, s ? paper_width(s) : 0);
	}
	return MIN_OF(least, (size_t)78);
}

/* One cell; the line of the nearest pair stands out. */
static size_t put_offer(struct paper *p, const json_t *lines, size_t i, const char *near)
{
	const char *s = json_string_value(json_array_get(lines, i));
	size_t before = p->text.n;

	if (s)
		text_add_clean(&p->text, slice_str(s));
	size_t wide = p->text.n > before ? paper_width(p->text.at + before) : 0;
	if (s && s == near && wide) {
		text_add_str(&p->text, " *");
		wide += 2;
	}
	return wide;
}

static void put_offers(struct paper *p, const json_t *story)
{
	const json_t *ours = json_object_get(story, "ours");
	const json_t *theirs = json_object_get(story, "theirs");
	size_t rows = MAX_OF(json_array_size(ours), json_array_size(theirs));
	size_t width = widest(ours, 4) + 4;
	bool failed = strcmp(word(story, "reason"), "no-proposal-chosen") == 0;
	struct pair near = failed ? nearest(ours, theirs) : (struct pair){ 0 };

	if (!rows)
		return;
	text_add_str(&p->text, "\n");
	paper_inked(p, INK_BOLD, "OURS");
	paper_pad(p, width - 4);
	paper_inked(p, INK_BOLD, "THEIRS");
	text_add_str(&p->text, "\n");
	for (size_t i = 0; i < rows; i++) {
		size_t wide = put_offer(p, ours, i, near.ours);

		paper_pad(p, width > wide ? width - wide : 1);
		put_offer(p, theirs, i, near.theirs);
		text_add_str(&p->text, "\n");
	}
	if (!near.ours || near.same >= PIECES)
		return;
	text_add_str(&p->text, "The nearest pair (*) first differs in ");
	paper_inked(p, INK_BAD, near.a);
	text_add_str(&p->text, " here against ");
	paper_inked(p, INK_BAD, near.b);
	text_add_str(&p->text, " there.\n");
}

/* --- the story ------------------------------------------------------------------------- */

static void put_steps(struct paper *p, const json_t *story)
{
	const json_t *steps = json_object_get(story, "steps");

	if (json_array_size(steps))
		text_add_str(&p->text, "\n");
	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *s = json_array_get(steps, i);
		const char *at = word(s, "at"), *way = word(s, "direction");
		const char *clock = strchr(at, 'T');

		paper_inked(p, INK_DIM, clock ? clock + 1 : at);
		text_add(&p->text, " %s ", *way == 's' ? ">" : *way == 'r' ? "<" : " ");
		paper_clean(p, word(s, "text"));
		text_add_str(&p->text, "\n");
	}
}

static void put_heading(struct paper *p, const json_t *story)
{
	text_add(&p->text,
		 "negotiation %lld: ", (long long)json_integer_value(json_object_get(story, "id")));
	paper_inked(p, paper_ink_of(word(story, "verdict")), word(story, "verdict"));
	text_add_str(&p->text, *word(story, "reason") ? " (" : "");
	paper_clean(p, word(story, "reason"));
	text_add_str(&p->text, *word(story, "reason") ? ")\n" : "\n");
}

static void put_about(struct paper *p, const json_t *story)
{
	struct text t;

	text_init(&t, 0);
	text_add(&t, "%s%s%s, %s mode, we were the %s", word(story, "peer"),
		 *word(story, "tunnel") ? " / " : "", word(story, "tunnel"),
		 word(story, "exchange"), word(story, "role"));
	put_line(p, "peer", t.at ? t.at : "");
	text_done(&t);
	text_init(&t, 0);
	text_add(&t, "%s port %lld - %s port %lld", word(story, "local_address"),
		 (long long)json_integer_value(json_object_get(story, "local_port")),
		 word(story, "remote_address"),
		 (long long)json_integer_value(json_object_get(story, "remote_port")));
	if (*word(story, "remote_address"))
		put_line(p, "between", t.at ? t.at : "");
	text_done(&t);
	put_line(p, "we are", word(story, "local_id"));
	put_line(p, "peer is", word(story, "remote_id"));
	put_line(p, "started", word(story, "started_at"));
}

void explain_story(struct paper *p, const json_t *story)
{
	const char *side = word(story, "side");

	put_heading(p, story);
	put_about(p, story);
	put_line(p, "what", word(story, "text"));
	if (strcmp(side, "local") == 0)
		put_line(p, "side", "here");
	else if (strcmp(side, "remote") == 0)
		put_line(p, "side", "at the peer");
	put_line(p, "member", word(story, "field"));
	put_line(p, "chosen", word(story, "chosen"));
	put_line(p, "to do", word(story, "hint"));
	put_offers(p, story);
	put_steps(p, story);
}

/* --- which one ------------------------------------------------------------------------- */

static enum code tell(struct ctl *c, long long id)
{
	struct answer a;
	struct text path;

	text_init(&path, 0);
	text_add(&path, "/negotiations/%lld", id);
	enum code r = verbs_get(c, path.at, &a);
	text_done(&path);
	if (r != CODE_OK)
		return r;
	if (c->paper.json)
		paper_json(&c->paper, a.json);
	else
		explain_story(&c->paper, a.json);
	answer_done(&a);
	return CODE_OK;
}

/* The newest of a peer, of a tunnel, or of all. */
static enum code tell_newest(struct ctl *c, const char *filter, const char *name)
{
	struct answer a;
	struct text path;
	struct fault f = { 0 };

	text_init(&path, 0);
	text_add_str(&path, "/negotiations?limit=1");
	if (filter) {
		text_add(&path, "&%s=", filter);
		client_escape(&path, name);
	}
	enum code r = verbs_get(c, path.at, &a);
	text_done(&path);
	if (r != CODE_OK)
		return r;
	const json_t *newest = json_array_get(json_object_get(a.json, "items"), 0);
	const json_t *id = json_object_get(newest, "id");
	long long number = json_is_integer(id) ? json_integer_value(id) : 0;
	answer_done(&a);
	if (number)
		return tell(c, number);
	fail(&f, R_NOT_FOUND, "there was no negotiation%s%s%s%s", filter ? " with " : "",
	     filter ? filter : "", filter ? " " : "", filter ? name : "");
	return complain_fault(c, CODE_NOT_FOUND, &f);
}

enum code explain_run(struct ctl *c)
{
	const struct wants *w = &c->want;
	char *end;

	if (w->last && w->words_n == 1)
		return tell_newest(c, NULL, NULL);
	if (w->words_n == 3 && !w->last &&
	    (strcmp(w->words[1], "peer") == 0 || strcmp(w->words[1], "tunnel") == 0))
		return tell_newest(c, w->words[1], w->words[2]);
	const char *id = w->words_n == 2                                              ? w->words[1]
			 : w->words_n == 3 && strcmp(w->words[1], "negotiation") == 0 ? w->words[2]
										      : "";
	long long number = strtoll(id, &end, 10);
	if (w->last || number < 1 || *end)
		return complain_usage(
			"explain peer NAME, tunnel NAME, a negotiation's ID, or --last");
	return tell(c, number);
}

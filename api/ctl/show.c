/* show.c - lists, and one with all its members
 *
 * `show peer` lists peers with their state; `show peer NAME` prints the record and, beside it,
 * what there is of it. A list without end (events, negotiations, changes) shows the newest.
 * With --json the answer of the daemon is printed as it came, but that a record with a state
 * becomes {"record": ..., "status": ...}.
 *
 * Called by: ctl.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/verbs.h"

#include <stdio.h>
#include <string.h>

#include "api/ctl/complain.h"
#include "api/ctl/noun.h"

static void add_filter(struct text *path, const char *name, const char *value)
{
	if (!value)
		return;
	text_add(path, "%s%s=", strchr(path->at, '?') ? "&" : "?", name);
	client_escape(path, value);
}

static enum code list(struct ctl *c, const struct noun *n)
{
	struct answer a = { 0 };
	struct fault f = { 0 };
	struct text path;
	char limit[16];
	enum code r;

	snprintf(limit, sizeof(limit), "%u", c->want.limit);
	text_init(&path, 0);
	text_add_str(&path, n->list);
	add_filter(&path, "stale", c->want.stale ? "true" : NULL);
	add_filter(&path, "peer", c->want.peer);
	add_filter(&path, "tunnel", c->want.tunnel);
	add_filter(&path, "limit", n->uses & NOUN_NEWEST ? limit : NULL);
	if (n->uses & (NOUN_NEWEST | NOUN_OBJECT | NOUN_SHORT))
		r = client_ask(c->client, &(struct ask){ .method = "GET", .path = path.at }, &a,
			       &f);
	else
		r = client_list(c->client, path.at, &a, &f);
	text_done(&path);
	if (r != CODE_OK)
		return complain_fault(c, r, &f);
	if (answer_code(&a) != CODE_OK)
		r = complain_answer(c, &a);
	else if (c->paper.json)
		paper_json(&c->paper, a.json);
	else if (n->uses & NOUN_OBJECT)
		table_object(&c->paper, a.json);
	else
		table_print(&c->paper, n->columns, json_object_get(a.json, "items"));
	answer_done(&a);
	return r;
}

/* Lists inside a single one: the children of an IKE SA, the steps of a story. */
static void put_lists(struct paper *p, const json_t *o)
{
	const struct noun *children = noun_find("child-sa");
	const json_t *list = json_object_get(o, "child_sas");

	if (!json_is_array(list) || !json_is_object(json_array_get(list, 0)))
		return;
	text_add_str(&p->text, "\n");
	table_print(p, children->columns, list);
}

static enum code status_of(struct ctl *c, const struct noun *n, const char *name, json_t **ret)
{
	struct answer a;
	struct text path;

	text_init(&path, 0);
	text_add_str(&path, n->status);
	client_escape(&path, name);
	text_add_str(&path, "/status");
	enum code r = verbs_get(c, path.at, &a);
	text_done(&path);
	if (r != CODE_OK)
		return r;
	*ret = json_incref(a.json);
	answer_done(&a);
	return CODE_OK;
}

static void print_one(struct ctl *c, const struct noun *n, json_t *record, json_t *status)
{
	if (c->paper.json && status) {
		json_t *both = json_pack("{sO,sO}", "record", record, "status", status);

		paper_json(&c->paper, both);
		json_decref(both);
	} else if (c->paper.json) {
		paper_json(&c->paper, record);
	} else if (strcmp(n->word, "negotiation") == 0) {
		explain_story(&c->paper, record);
	} else {
		table_object(&c->paper, record);
		put_lists(&c->paper, record);
	}
	if (status && !c->paper.json) {
		text_add_str(&c->paper.text, "\n");
		table_object(&c->paper, status);
	}
}

static enum code one(struct ctl *c, const struct noun *n, const char *name)
{
	struct answer a;
	struct text path;
	json_t *status = NULL;

	text_init(&path, 0);
	text_add_str(&path, n->one);
	client_escape(&path, name);
	enum code r = verbs_get(c, path.at, &a);
	text_done(&path);
	if (r != CODE_OK)
		return r;
	if (*n->status)
		r = status_of(c, n, name, &status);
	if (r == CODE_OK)
		print_one(c, n, a.json, status);
	json_decref(status);
	answer_done(&a);
	return r;
}

static enum code held(struct ctl *c, const char *word)
{
	if (c->want.words_n != 1)
		return complain_usage("%s [--peer N] [--tunnel N]", c->want.words[0]);
	return list(c, noun_find(word));
}

enum code show_policies(struct ctl *c)
{
	return held(c, "policy");
}

enum code show_kernel_sas(struct ctl *c)
{
	return held(c, "kernel-sa");
}

enum code show_run(struct ctl *c)
{
	struct wants *w = &c->want;
	const struct noun *n = w->words_n > 1 ? noun_find(w->words[1]) : NULL;

	if (!n || w->words_n > 3) {
		struct text t;

		text_init(&t, 0);
		noun_words(&t, 0);
		enum code r = complain_usage("show what? One of %s", t.at);
		text_done(&t);
		return r;
	}
	if (w->words_n == 2)
		return list(c, n);
	if (!*n->one)
		return complain_usage("there is only one %s", n->word);
	return one(c, n, w->words[2]);
}

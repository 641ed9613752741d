/* back.c - confirm and rollback: a change stays, or what was before comes back
 *
 * Without a number, confirm is about the change that waits, and rollback goes back to what was
 * before it; when none waits, to the revision before the present one.
 *
 * Called by: ctl.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/verbs.h"

#include <stdio.h>
#include <string.h>

#include "api/ctl/complain.h"

/* A member of the change that waits, -1 when none does. */
static enum code waiting(struct ctl *c, const char *member, long long *ret)
{
	struct answer a;
	enum code r = verbs_get(c, "/confirming", &a);

	if (r != CODE_OK)
		return r;
	json_t *waits = json_object_get(a.json, "confirming");
	if (!json_is_object(waits) && strcmp(member, "back") == 0)
		waits = json_object_get(a.json, "canary");
	*ret = json_is_object(waits) ? json_integer_value(json_object_get(waits, member)) : -1;
	answer_done(&a);
	return CODE_OK;
}

static bool is_number(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0' && strlen(s) < 19;
}

/* The number on the command line; CODE_OK with -1: none was given. */
static enum code number(struct ctl *c, long long *ret)
{
	const struct wants *w = &c->want;

	*ret = -1;
	if (w->words_n > 2 || (w->words_n == 2 && !is_number(w->words[1])))
		return complain_usage("%s [REVISION]", w->words[0]);
	if (w->words_n == 2)
		sscanf(w->words[1], "%lld", ret);
	return CODE_OK;
}

enum code back_confirm(struct ctl *c)
{
	struct answer a;
	char path[64];
	long long n;
	enum code r = number(c, &n);

	if (r == CODE_OK && n < 0)
		r = waiting(c, "revision", &n);
	if (r != CODE_OK)
		return r;
	if (n < 0) {
		text_add_str(&c->paper.text, "No change waits to be confirmed.\n");
		return CODE_NOT_FOUND;
	}
	snprintf(path, sizeof(path), "/commits/%lld/confirm", n);
	r = verbs_ask(c, &(struct ask){ "POST", path, NULL, NULL }, &a);
	if (r != CODE_OK)
		return r;
	if (c->paper.json)
		paper_json(&c->paper, a.json);
	else
		text_add(&c->paper.text, "Revision %lld stays.\n", n);
	answer_done(&a);
	return CODE_OK;
}

static enum code before_now(struct ctl *c, long long *ret)
{
	struct answer a;
	enum code r = waiting(c, "back", ret);

	if (r != CODE_OK || *ret >= 0)
		return r;
	r = verbs_get(c, "/version", &a);
	if (r != CODE_OK)
		return r;
	*ret = json_integer_value(json_object_get(a.json, "revision")) - 1;
	answer_done(&a);
	return *ret < 0 ? complain_usage("there is nothing to go back to") : CODE_OK;
}

enum code back_rollback(struct ctl *c)
{
	struct text path;
	long long n;
	enum code r = number(c, &n);

	if (r == CODE_OK && n < 0)
		r = before_now(c, &n);
	if (r != CODE_OK)
		return r;
	text_init(&path, 0);
	text_add(&path, "/commits/%lld/rollback", n);
	r = staged_post(c, &path, "affected");
	text_done(&path);
	return r;
}

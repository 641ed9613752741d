/* few.c - apply --canary, and widen: a change is tried on a few peers first
 *
 * Called by: ctl.c, staged.c.  Thread: the only one.  Owns: nothing.
 */
#include <stdio.h>
#include <string.h>

#include "api/ctl/complain.h"
#include "api/ctl/verbs.h"

static json_t *names(const char *list)
{
	json_t *all = json_array();

	for (const char *at = list; *at;) {
		size_t n = strcspn(at, ",");

		json_array_append_new(all, json_stringn(at, n));
		at += n + (at[n] == ',');
	}
	return all;
}

bool canary_terms(const struct wants *w, json_t *body)
{
	long s = w->hold ? staged_seconds(w->hold) : 60;
	json_t *canary;

	if (!w->canary && !w->hold && !w->widen)
		return true;
	if (!w->canary || !*w->canary || s == 0) {
		complain_usage(w->canary
				       ? "--canary takes peers or label=KEY=VALUE, --hold a time: "
					 "60s, 5m"
				       : "--hold and --widen go with --canary");
		return false;
	}
	canary =
		json_pack("{si,ss}", "hold_seconds", (int)s, "widen", w->widen ? w->widen : "auto");
	if (strncmp(w->canary, "label=", 6) == 0)
		json_object_set_new(canary, "label", json_string(w->canary + 6));
	else
		json_object_set_new(canary, "peers", names(w->canary));
	json_object_set_new(body, "canary", canary);
	return true;
}

void canary_said(struct paper *p, const json_t *applied)
{
	const json_t *cut = json_object_get(applied, "canary"), *one;
	const json_t *first = json_object_get(cut, "first");
	size_t i;

	if (!json_is_object(cut))
		return;
	text_add_str(&p->text, "First: ");
	json_array_foreach(json_object_get(cut, "peers"), i, one)
	{
		text_add_str(&p->text, i ? ", " : "");
		paper_clean(p, json_string_value(one));
	}
	text_add(&p->text, "; %lld records and %lld SAs wait%s.\n",
		 (long long)json_integer_value(json_object_get(cut, "waiting_records")),
		 (long long)json_integer_value(json_object_get(cut, "waiting_sas")),
		 json_is_string(first) && strcmp(json_string_value(first), "resets") == 0
			 ? ", since others use what is changed"
			 : "");
	if (!json_object_get(applied, "valid"))
		text_add_str(&p->text, "Next: ikeeper widen, or ikeeper rollback.\n");
}

enum code canary_which(struct ctl *c, long long *ret)
{
	struct answer a;
	enum code r = verbs_get(c, "/confirming", &a);

	if (r != CODE_OK)
		return r;
	*ret = json_integer_value(json_object_get(json_object_get(a.json, "canary"), "changeset"));
	answer_done(&a);
	return CODE_OK;
}

enum code canary_widen(struct ctl *c)
{
	struct answer a;
	char path[64];
	long long id = 0;
	enum code r = CODE_OK;

	if (c->want.words_n > 1 ||
	    (c->want.set && (sscanf(c->want.set, "%lld", &id) != 1 || id < 1)))
		return complain_usage("widen [--set ID]");
	if (!id)
		r = canary_which(c, &id);
	if (r != CODE_OK)
		return r;
	if (!id) {
		text_add_str(&c->paper.text, "No change is tried on a few peers first.\n");
		return CODE_NOT_FOUND;
	}
	snprintf(path, sizeof(path), "/changesets/%lld/widen", id);
	r = verbs_ask(c, &(struct ask){ "POST", path, NULL, NULL }, &a);
	if (r != CODE_OK)
		return r;
	if (c->paper.json) {
		paper_json(&c->paper, a.json);
	} else {
		text_add(&c->paper.text, "For all now: revision %lld.\n",
			 (long long)json_integer_value(json_object_get(a.json, "revision")));
		effect_reset(&c->paper, json_object_get(a.json, "reset"));
	}
	answer_done(&a);
	return CODE_OK;
}

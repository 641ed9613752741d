/* report.c - what a change or a reset does to living SAs, as JSON text
 *
 * A reset of ten thousand SAs is answered on the loop thread, so nothing here builds a tree.
 * Results stand in the order in which the notices went out: children before their IKE SA,
 * since an IPsec SA can be announced only while its IKE SA lives.
 *
 * Called by: change1.c, bulk.c, commits.c, resets.c.  Thread: any.  Owns: nothing.
 */
#include "api/report.h"

#include <stdlib.h>
#include <string.h>

#include "api/json.h"
#include "api/problem.h"

static const struct name result_words[] = {
	{ RES_WOULD, "would_delete" },
	{ RES_DELETED, "deleted" },
	{ RES_FORCE_DELETED, "force_deleted" },
	{ RES_REESTABLISHED, "reestablished" },
	{ RES_FAILED, "failed" },
	{ 0, NULL },
};

void report_faults(struct text *t, const struct faults *l)
{
	json_t *list = problem_list(l);
	char *s = json_dumps(list, JSON_COMPACT);

	text_add_str(t, s ? s : "[]");
	free(s);
	json_decref(list);
}

static const char *action_word(enum impact i)
{
	return i >= IMPACT_CHILD ? "reset" : impact_word(i);
}

static void put_touched(struct text *t, const struct touched *s)
{
	text_add(t, "{\"id\":%u", s->id);
	text_add_member(t, "peer", s->peer);
	if (s->is_child)
		text_add_member(t, "tunnel", s->tunnel);
	text_add_member(t, "action", action_word(s->action));
	text_add_member(t, "reason", s->reason);
	if (s->is_child)
		text_add(t, ",\"bytes_last_minute\":%llu",
			 (unsigned long long)s->bytes_last_minute);
	text_add_str(t, "}");
}

static void put_affected(struct text *t, const struct outcome *o, bool children)
{
	bool comma = false;

	for (size_t i = 0; i < o->touched_n; i++) {
		if (o->touched[i].is_child != children)
			continue;
		if (comma)
			text_add_str(t, ",");
		put_touched(t, &o->touched[i]);
		comma = true;
	}
}

void report_impact(struct text *t, const struct outcome *o)
{
	text_add_str(t, "{\"ike_sas\":[");
	put_affected(t, o, false);
	text_add_str(t, "],\"child_sas\":[");
	put_affected(t, o, true);
	text_add(t, "],\"unaffected_ike_sas\":%u}", o->unaffected_ike_sas);
}

static void put_result(struct text *t, const struct touched *s)
{
	text_add(t, "{\"type\":\"%s\",\"id\":%u", s->is_child ? "child_sa" : "ike_sa", s->id);
	text_add_member(t, "peer", s->peer);
	if (s->is_child)
		text_add_member(t, "tunnel", s->tunnel);
	text_add_member(t, "result", name_of(result_words, s->result));
	text_add_member(t, "reason", s->reason);
	if (s->negotiation)
		text_add(t, ",\"negotiation\":%llu", (unsigned long long)s->negotiation);
	else
		text_add_str(t, ",\"negotiation\":null");
	text_add_str(t, "}");
}

void report_reset(struct text *t, const struct reset_report *r)
{
	text_add(t, "{\"ike_sas\":%u,\"child_sas\":%u,\"notices\":%u", r->ike_sas, r->child_sas,
		 r->notices);
	text_add_member(t, "warning", r->warning);
	text_add_str(t, ",\"results\":[");
	for (size_t i = 0; i < r->n; i++) {
		if (i)
			text_add_str(t, ",");
		put_result(t, &r->at[i]);
	}
	text_add_str(t, "]}");
}

static void put_side(struct text *t, const struct field *fl, const void *rec)
{
	if (fl->kind == F_SECRET)
		text_add_str(t, field_sealed(fl, rec)->n ? "\"set\"" : "null");
	else
		json_value(t, fl, rec);
}

void report_members(struct text *t, enum kind k, const struct record *from, const struct record *to)
{
	const struct record *base = from ? record_ref(from) : record_new(k);
	bool comma = false;

	text_add_str(t, "[");
	for (const struct field *fl = kind_row(k)->fields; fl->name && base && to; fl++) {
		if (field_equal(fl, base, to))
			continue;
		text_add(t, "%s{\"member\":\"%s\",\"from\":", comma ? "," : "", fl->name);
		put_side(t, fl, base);
		text_add_str(t, ",\"to\":");
		put_side(t, fl, to);
		text_add(t, ",\"impact\":\"%s\"}", impact_word(fl->impact));
		comma = true;
	}
	text_add_str(t, "]");
	record_unref(base);
}

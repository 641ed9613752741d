/* gather.c - the records of the daemon, for what works on all of them
 *
 * JSON onto the structs of the model, by the same field tables the daemon wrote it with. Members
 * this program does not know are left out: the daemon may be newer.
 *
 * Called by: export.c.  Thread: the only one.  Owns: nothing.
 */
#include "api/ctl/gather.h"

#include <stdio.h>

#include "api/ctl/complain.h"
#include "api/ctl/table.h"
#include "api/ctl/verbs.h"

static void set_value(struct sketch *d, struct entry *e, const char *member, const json_t *v)
{
	char digits[24];

	if (json_is_string(v)) {
		sketch_set(d, e, member, json_string_value(v), 0);
	} else if (json_is_boolean(v)) {
		sketch_set(d, e, member, json_is_true(v) ? "true" : "false", 0);
	} else if (json_is_integer(v)) {
		snprintf(digits, sizeof(digits), "%lld", (long long)json_integer_value(v));
		sketch_set(d, e, member, digits, 0);
	}
}

static void take_record(struct sketch *d, enum kind k, const json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "name"));
	struct entry *e = sketch_add(d, k, name ? name : "", 0);

	for (const struct field *fl = kind_row(k)->fields; e && fl->name; fl++) {
		const json_t *v = table_member(o, fl->name);

		if (fl->flags & FF_KEY || fl->kind == F_SECRET)
			continue;
		if (!fl->many)
			set_value(d, e, fl->name, v);
		for (size_t i = 0; fl->many && i < json_array_size(v); i++)
			set_value(d, e, fl->name, json_array_get(v, i));
	}
}

static enum code take_kind(struct ctl *c, struct sketch *d, enum kind k)
{
	struct answer a = { 0 };
	struct fault f = { 0 };
	char path[80];

	snprintf(path, sizeof(path), "/%s", kind_row(k)->path);
	enum code r =
		kind_row(k)->single
			? client_ask(c->client, &(struct ask){ "GET", path, NULL, NULL }, &a, &f)
			: client_list(c->client, path, &a, &f);
	if (r != CODE_OK)
		return complain_fault(c, r, &f);
	if (answer_code(&a) != CODE_OK) {
		r = complain_answer(c, &a);
	} else if (kind_row(k)->single) {
		take_record(d, k, a.json);
	} else {
		const json_t *items = json_object_get(a.json, "items");

		for (size_t i = 0; i < json_array_size(items); i++)
			take_record(d, k, json_array_get(items, i));
	}
	answer_done(&a);
	return r;
}

enum code gather_records(struct ctl *c, struct sketch *ret)
{
	static const enum kind kinds[] = {
		K_SETTINGS_IKE,   K_SETTINGS_KEEPALIVE, K_SETTINGS_IPSEC, K_SECRET, K_IKE_PROPOSAL,
		K_IPSEC_PROPOSAL, K_DPD_PROFILE,        K_PEER,           K_TUNNEL,
	};
	enum code r = CODE_OK;

	for (size_t i = 0; i < COUNT_OF(kinds) && r == CODE_OK; i++)
		r = take_kind(c, ret, kinds[i]);
	if (r == CODE_OK && ret->no_memory)
		r = complain_usage("out of memory");
	sketch_order(ret);
	return r;
}

/* openschema.c - JSON schemas of all that goes in and out
 *
 * A record has three schemas out of one field table: as it is read, as it is written whole
 * (POST, PUT) and as it is patched. What cannot be told from a type is told beside it:
 * x-impact is what a new value takes until it counts, x-later that it has no effect yet.
 * Shapes that are no table are rows of contract.def.
 *
 * Lengths are octets with us and characters with JSON schema, so maxLength is never too small.
 *
 * Called by: openapi.c.  Thread: any.  Owns: nothing.
 */
#include "api/openschema.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/model/held.h"
#include "core/model/view.h"
#include "api/json.h"

enum way { WAY_READ, WAY_WRITE, WAY_PATCH };

struct line {
	const char *shape, *member, *type, *text;
	bool must;
};

static const struct line lines[] = {
#define SHAPE(name, text)        { #name, NULL, NULL, text, false },
#define MUST(member, type, text) { NULL, member, type, text, true },
#define MAY(member, type, text)  { NULL, member, type, text, false },
#include "api/contract.def"
#undef SHAPE
#undef MUST
#undef MAY
};

struct table {
	const char *name, *text;
	const struct field *fields;
};

static const struct table tables[] = {
	{ "IkeSa", "An IKE SA (phase 1)", ike_sa_row_fields },
	{ "ChildSa", "A pair of IPsec SAs (phase 2)", child_row_fields },
	{ "KernelSa", "An SA that the data plane has, or should have", held_sa_fields },
	{ "Policy", "A policy that the data plane has", held_policy_fields },
	{ "TunnelStatus", "A configured tunnel, up or down", tunnel_row_fields },
	{ "PeerStatus", "A configured peer, up or down", peer_row_fields },
	{ "Counters", "What a look from outside cannot see", counter_row_fields },
};

static const char *const kind_types[] = {
#define KIND(code, path, word, single, type, fields) #type,
#include "core/model/kind.def"
#undef KIND
};

char *openschema_kind(enum kind k, char *ret)
{
	bool up = true;
	size_t n = 0;

	for (const char *s = kind_types[k]; *s && n < 40; s++) {
		if (*s != '_')
			ret[n++] = (char)(up ? toupper((unsigned char)*s) : *s);
		up = *s == '_';
	}
	ret[n] = '\0';
	return ret;
}

const struct field *openschema_table(const char *name)
{
	char word[48];

	for (size_t i = 0; i < COUNT_OF(tables); i++)
		if (strcmp(tables[i].name, name) == 0)
			return tables[i].fields;
	for (int k = 0; k < K_COUNT; k++)
		if (strcmp(openschema_kind((enum kind)k, word), name) == 0)
			return kind_row((enum kind)k)->fields;
	return NULL;
}

/* ---- types of contract.def ---- */

static json_t *reference(const char *name)
{
	return json_pack("{s:s+}", "$ref", "#/components/schemas/", name);
}

static json_t *words(const char *type, size_t n)
{
	json_t *list = json_array();

	for (const char *at = type, *end = type + n; at < end;) {
		size_t len = strcspn(at, "|?");

		json_array_append_new(list, json_stringn(at, len));
		at += len + 1;
	}
	return json_pack("{s:s,s:o}", "type", "string", "enum", list);
}

static json_t *plain(const char *type, size_t n)
{
	static const struct {
		const char *word, *schema;
	} known[] = {
		{ "text", "{\"type\":\"string\"}" },
		{ "number", "{\"type\":\"integer\"}" },
		{ "flag", "{\"type\":\"boolean\"}" },
		{ "time", "{\"type\":\"string\",\"format\":\"date-time\"}" },
		{ "object", "{\"type\":\"object\"}" },
		{ "any", "{}" },
	};
	char word[64];

	snprintf(word, sizeof(word), "%.*s", (int)n, type);
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (strcmp(known[i].word, word) == 0)
			return json_loads(known[i].schema, 0, NULL);
	if (islower((unsigned char)*type))
		return words(type, n);
	return reference(word);
}

json_t *openschema_type(const char *type)
{
	size_t n = strlen(type);
	bool or_null = n && type[n - 1] == '?';
	json_t *s, *t;

	if (*type == '{')
		return json_loads(type, 0, NULL);
	if (*type == '[')
		return json_pack("{s:s,s:o}", "type", "array", "items", plain(type + 1, n - 2));
	s = plain(type, n - or_null);
	t = json_object_get(s, "type");
	if (or_null && t)
		json_object_set_new(s, "type", json_pack("[O,s]", t, "null"));
	else if (or_null)
		s = json_pack("{s:[o,{s:s}]}", "anyOf", s, "type", "null");
	return s;
}

static void put_shapes(json_t *all)
{
	json_t *shape = NULL, *must = NULL, *members = NULL;

	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		const struct line *l = &lines[i];

		if (l->shape) {
			shape = json_pack("{s:s,s:s}", "type", "object", "description", l->text);
			must = members = NULL;
			json_object_set_new(all, l->shape, shape);
			continue;
		}
		if (!members) {
			members = json_object();
			json_object_set_new(shape, "properties", members);
		}
		json_t *type = openschema_type(l->type);
		if (json_object_get(type, "$ref"))
			type = json_pack("{s:[o]}", "allOf", type);
		json_object_set_new(type, "description", json_string(l->text));
		json_object_set_new(members, l->member, type);
		if (l->must && !must) {
			must = json_array();
			json_object_set_new(shape, "required", must);
		}
		if (l->must)
			json_array_append_new(must, json_string(l->member));
	}
}

/* ---- field tables ---- */

static json_t *choices(const struct field *fl)
{
	json_t *list = json_array();

	for (const struct name *n = fl->names; n && n->word; n++)
		json_array_append_new(list, json_string(n->word));
	return list;
}

static void set_number(json_t *s, const struct field *fl, enum way way)
{
	if (fl->flags & FF_TIME) {
		json_object_set_new(s, "type", json_string("string"));
		json_object_set_new(s, "format", json_string("date-time"));
		return;
	}
	if (fl->flags & FF_HEX) {
		json_object_set_new(s, "type", json_string("string"));
		json_object_set_new(s, "pattern", json_string("^0x[0-9a-f]{8,16}$"));
		return;
	}
	json_object_set_new(s, "type", json_string("integer"));
	if (way == WAY_READ || fl->flags & FF_READ_ONLY) {
		json_object_set_new(s, "minimum", json_integer(0));
		return;
	}
	json_object_set_new(s, "minimum", json_integer(fl->flags & FF_ZERO ? 0 : fl->min));
	if (fl->flags & FF_ZERO && fl->min > 1)
		json_object_set_new(s, "x-minimum-but-0", json_integer(fl->min));
	if (fl->max)
		json_object_set_new(s, "maximum", json_integer(fl->max));
}

static void set_string(json_t *s, const struct field *fl, enum way way)
{
	json_object_set_new(s, "type", json_string("string"));
	if (way == WAY_READ || fl->flags & FF_READ_ONLY)
		return;
	if (fl->flags & FF_KEY)
		json_object_set_new(s, "pattern", json_string("^[A-Za-z0-9._-]{1,32}$"));
	else if (fl->max && fl->kind != F_REF)
		json_object_set_new(s, "maxLength", json_integer(fl->max));
	if (fl->kind == F_SECRET)
		json_object_set_new(s, "writeOnly", json_true());
}

static json_t *one_value(const struct field *fl, enum way way)
{
	json_t *s = json_object();

	switch (fl->kind) {
	case F_UINT:
		set_number(s, fl, way);
		break;
	case F_FLAG:
		json_object_set_new(s, "type", json_string("boolean"));
		break;
	case F_CHOICE:
		json_object_set_new(s, "type", json_string("string"));
		json_object_set_new(s, "enum", choices(fl));
		break;
	case F_TEXT:
	case F_ADDRESS:
	case F_REF:
	case F_SECRET:
	case F_KINDS:
	default:
		set_string(s, fl, way);
		break;
	}
	return s;
}

/* Read: what has no value is null. Written: null is back to the preset. */
static bool may_be_null(const struct field *fl, enum way way)
{
	if (way != WAY_READ && !(fl->flags & FF_READ_ONLY))
		return !(fl->flags & (FF_KEY | FF_REQUIRED));
	if (fl->many || fl->kind == F_FLAG)
		return false;
	if (fl->kind == F_UINT)
		return (fl->flags & FF_TIME) != 0;
	return fl->kind != F_CHOICE || fl->flags & FF_READ_ONLY;
}

static void allow_null(json_t *s)
{
	json_t *words_of = json_object_get(s, "enum");

	json_object_set_new(s, "type", json_pack("[O,s]", json_object_get(s, "type"), "null"));
	if (words_of)
		json_array_append_new(words_of, json_null());
}

static void set_marks(json_t *s, const struct field *fl, enum way way)
{
	if (fl->help && *fl->help)
		json_object_set_new(s, "description", json_string(fl->help));
	if (fl->flags & FF_READ_ONLY) {
		if (way != WAY_READ)
			json_object_set_new(s, "readOnly", json_true());
		return;
	}
	json_object_set_new(s, "x-impact", json_string(impact_word(fl->impact)));
	if (fl->kind == F_REF)
		json_object_set_new(s, "x-ref", json_string(kind_row(fl->ref)->path));
	if (fl->flags & FF_LATER)
		json_object_set_new(s, "x-later", json_true());
	if (fl->flags & FF_RESTART)
		json_object_set_new(s, "x-restart", json_true());
}

static json_t *member(const struct field *fl, enum way way)
{
	json_t *s = one_value(fl, way);

	if (fl->many) {
		s = json_pack("{s:s,s:o}", "type", "array", "items", s);
		if (way != WAY_READ)
			json_object_set_new(s, "maxItems", json_integer(fl->many));
	}
	if (may_be_null(fl, way))
		allow_null(s);
	set_marks(s, fl, way);
	return s;
}

json_t *openschema_filter(const struct field *fl)
{
	json_t *s = one_value(fl, WAY_READ);

	if (fl->kind == F_UINT && fl->flags & (FF_TIME | FF_HEX)) {
		json_decref(s);
		s = json_pack("{s:s}", "type", "string");
	}
	return fl->kind == F_FLAG ? s : json_pack("{s:s,s:o}", "type", "array", "items", s);
}

/* The object in which the last word of a dotted name stands. */
static json_t *place(json_t *object, const char **name, enum way way)
{
	const char *dot;

	while ((dot = strchr(*name, '.'))) {
		json_t *members = json_object_get(object, "properties");
		json_t *inner = json_object_getn(members, *name, (size_t)(dot - *name));

		if (!inner) {
			inner = json_pack("{s:s,s:{}}", "type", "object", "properties");
			if (way != WAY_READ)
				json_object_set_new(inner, "additionalProperties", json_false());
			json_object_setn_new(members, *name, (size_t)(dot - *name), inner);
		}
		object = inner;
		*name = dot + 1;
	}
	return object;
}

static void require(json_t *object, const char *name)
{
	json_t *list = json_object_get(object, "required");

	if (!list) {
		list = json_array();
		json_object_set_new(object, "required", list);
	}
	json_array_append_new(list, json_string(name));
}

static void put_secret(json_t *object, const struct field *fl, const char *name, enum way way)
{
	static const char mark[] = "Tells whether the secret changed, not what it is";
	json_t *members = json_object_get(object, "properties");
	bool ours = way != WAY_READ;
	char set[48];

	snprintf(set, sizeof(set), "%.40s_set", name);
	json_object_set_new(members, set,
			    json_pack("{s:s,s:s,s:b}", "type", "boolean", "description",
				      "There is a secret", "readOnly", ours));
	json_object_set_new(members, "fingerprint",
			    json_pack("{s:[s,s],s:s,s:b}", "type", "string", "null", "description",
				      mark, "readOnly", ours));
	if (ours) {
		if (!(fl->flags & FF_READ_ONLY))
			json_object_set_new(members, name, member(fl, way));
	} else {
		require(object, set);
		require(object, "fingerprint");
	}
}

static void put_member(json_t *object, const struct field *fl, enum way way)
{
	const char *name = fl->name;
	json_t *at = place(object, &name, way);
	bool is_must = way == WAY_READ ||
		       (way == WAY_WRITE && fl->flags & FF_REQUIRED && !(fl->flags & FF_KEY));

	if (fl->kind == F_SECRET) {
		put_secret(at, fl, name, way);
		return;
	}
	json_object_set_new(json_object_get(at, "properties"), name, member(fl, way));
	if (is_must)
		require(at, name);
}

static json_t *of_table(const struct field *fields, const struct field *more, const char *text,
			enum way way)
{
	json_t *s =
		json_pack("{s:s,s:s,s:{}}", "type", "object", "description", text, "properties");

	if (way != WAY_READ)
		json_object_set_new(s, "additionalProperties", json_false());
	for (const struct field *fl = fields; fl->name; fl++)
		put_member(s, fl, way);
	for (const struct field *fl = more; fl && fl->name; fl++)
		put_member(s, fl, way);
	return s;
}

/* ---- all of them ---- */

static void put_named(json_t *all, const char *name, const char *ending, json_t *take_schema)
{
	char full[80];

	snprintf(full, sizeof(full), "%s%s", name, ending);
	json_object_set_new(all, full, take_schema);
}

static json_t *list_of(const char *name)
{
	return json_pack("{s:s,s:s,s:{s:{s:s,s:o},s:{s:[s,s],s:s},s:{s:s,s:s},s:{s:s,s:s}},"
			 "s:[s,s,s]}",
			 "type", "object", "description", "A page of a list", "properties", "items",
			 "type", "array", "items", reference(name), "next_cursor", "type", "string",
			 "null", "description", "Where the next page begins", "generation", "type",
			 "integer", "description", "Revision of the configuration", "total", "type",
			 "integer", "description", "How many there are, when count=true asks",
			 "required", "items", "next_cursor", "generation");
}

static void put_kind(json_t *all, enum kind k)
{
	const struct kind_row *row = kind_row(k);
	char name[48];

	openschema_kind(k, name);
	put_named(all, name, "", of_table(row->fields, json_record_fields, row->word, WAY_READ));
	put_named(all, name, "Patch",
		  of_table(row->fields, json_record_fields, "What is to change", WAY_PATCH));
	put_named(all, name, "Written",
		  json_pack("{s:s,s:[o,o]}", "description", "The record, and what is to be said",
			    "allOf", reference(name), reference("Beside")));
	if (row->single)
		return;
	put_named(all, name, "Write",
		  of_table(row->fields, json_record_fields, "The whole record", WAY_WRITE));
	put_named(all, name, "List", list_of(name));
}

/* {"ike": SettingsIke, ...}: GET /settings. */
static json_t *settings(void)
{
	json_t *s = json_pack("{s:s,s:s,s:{s:{s:s}}}", "type", "object", "description",
			      "All settings", "properties", "generation", "type", "integer");
	char name[48];

	for (int k = 0; k < K_COUNT; k++) {
		const char *path = kind_row((enum kind)k)->path;

		if (!kind_row((enum kind)k)->single)
			continue;
		json_object_set_new(json_object_get(s, "properties"), strchr(path, '/') + 1,
				    reference(openschema_kind((enum kind)k, name)));
		require(s, strchr(path, '/') + 1);
	}
	return s;
}

json_t *openschema_all(void)
{
	json_t *all = json_object();

	put_shapes(all);
	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		const struct table *t = &tables[i];

		put_named(all, t->name, "", of_table(t->fields, NULL, t->text, WAY_READ));
		if (t->fields != counter_row_fields)
			put_named(all, t->name, "List", list_of(t->name));
	}
	for (int k = 0; k < K_COUNT; k++)
		put_kind(all, (enum kind)k);
	json_object_set_new(all, "Settings", settings());
	json_object_set_new(all, "IkeSaWhole",
			    json_pack("{s:[o,{s:s,s:{s:{s:s,s:o}},s:[s]}]}", "allOf",
				      reference("IkeSa"), "type", "object", "properties",
				      "child_sas", "type", "array", "items", reference("ChildSa"),
				      "required", "child_sas"));
	json_object_set_new(all, "NegotiationWhole",
			    json_pack("{s:[o,o]}", "allOf", reference("Negotiation"),
				      reference("NegotiationMore")));
	return all;
}

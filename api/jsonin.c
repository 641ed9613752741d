/* jsonin.c - a body onto a record: RFC 7396 by the field table
 *
 * Every member of the body is looked up in the table of its kind and set through field.h,
 * which knows shape and range. Nothing stops at the first mistake: the editor sees all of
 * them at once, each with pointer, rule and what to do. Unknown members are mistakes too; the
 * hint names the nearest one we know.
 *
 * "" and null mean "not set" for text, addresses and references without a preset. A secret is
 * sealed here, so that its value never travels further than this file.
 *
 * Called by: resources.c, change1.c.  Thread: any.  Owns: nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/json.h"
#include "api/nearest.h"
#include "core/model/strength.h"

struct merge {
	struct record *rec;
	const struct field *fields;
	struct keyring *keyring;
	struct faults *errors;
	bool fresh; /* the record is being made */
};

static const char *type_word(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
		return "a number";
	case JSON_REAL:
		return "a fraction";
	case JSON_NULL:
		return "null";
	default:
		return "a truth value";
	}
}

static const char *wanted_word(const struct field *fl)
{
	if (fl->many)
		return "a list of strings";
	switch (fl->kind) {
	case F_UINT:
		return "a whole number";
	case F_FLAG:
		return "true or false";
	case F_CHOICE:
		return "one of its words";
	default:
		return "a string";
	}
}

static void unknown(struct merge *m, const char *prefix, const char *key)
{
	size_t key_n = strlen(key);
	bool decent = key_n <= 40 && is_utf8(key, key_n);
	char full[160];
	struct fault *f =
		faults_add(m->errors, R_INVALID, "member.unknown", "", "%s is no member of the %s",
			   decent ? key : "this", kind_row(m->rec->kind)->word);

	if (!f)
		return;
	json_pointer(f, prefix, key);
	snprintf(full, sizeof(full), "%.64s%.64s", prefix, key);
	struct nearest n = nearest_to(full);
	for (const struct field *fl = m->fields; fl->name; fl++)
		nearest_try(&n, fl->name);
	if (*n.name)
		snprintf(f->hint, sizeof(f->hint), "Did you mean %s?", n.name);
	else
		snprintf(f->hint, sizeof(f->hint), "GET /api/v1/schema lists every member");
}

/* The words or the range a member takes, for hints. */
static void hint_of(const struct field *fl, char *ret, size_t cap)
{
	struct text t;

	text_init(&t, cap - 1);
	if (fl->kind == F_CHOICE) {
		text_add_str(&t, "One of");
		for (const struct name *n = fl->names; n->word; n++)
			text_add(&t, "%s %s", n == fl->names ? "" : ",", n->word);
	} else if (fl->kind == F_UINT && fl->max) {
		text_add(&t, "%u to %u%s", fl->min, fl->max, fl->flags & FF_ZERO ? ", or 0" : "");
	} else if (fl->kind == F_REF) {
		text_add(&t, "The name of a record of /%s", kind_row(fl->ref)->path);
	} else if (fl->max && (fl->kind == F_TEXT || fl->kind == F_SECRET)) {
		text_add(&t, "%u to %u octets", fl->min, fl->max);
	}
	text_copy(ret, cap, t.at ? t.at : "");
	text_done(&t);
}

static void refuse(struct merge *m, const struct field *fl, const char *rule,
		   const struct fault *why)
{
	struct fault *f = faults_add(m->errors, R_INVALID, rule, fl->name, "%s", why->text);

	if (!f)
		return;
	text_copy(f->hint, sizeof(f->hint), why->hint);
	if (!*f->hint)
		hint_of(fl, f->hint, sizeof(f->hint));
}

static void wrong_type(struct merge *m, const struct field *fl, const json_t *v)
{
	struct fault f = { .hint = "" };

	snprintf(f.text, sizeof(f.text), "%s must be %s, not %s", fl->name, wanted_word(fl),
		 type_word(v));
	refuse(m, fl, "member.type", &f);
}

static void settle(struct merge *m, const struct field *fl, enum reason r, const struct fault *f)
{
	if (r != R_OK)
		refuse(m, fl, "member.value", f);
}

/* json_string_value ends at a NUL, but the parser has refused those. */
static void merge_text(struct merge *m, const struct field *fl, const char *s)
{
	struct fault f = { 0 };
	bool unset = *s == '\0' && !(fl->flags & (FF_KEY | FF_REQUIRED)) && fl->kind != F_CHOICE &&
		     !(fl->preset && *fl->preset);

	if (unset)
		field_clear(fl, m->rec);
	else
		settle(m, fl, field_set_text(fl, m->rec, 0, s, &f), &f);
}

static void merge_number(struct merge *m, const struct field *fl, const json_t *v)
{
	struct fault f = { 0 };
	const char *s = json_string_value(v);

	if (s && fl->flags & FF_HEX && strncmp(s, "0x", 2) == 0) {
		char *end;
		unsigned long long n = strtoull(s + 2, &end, 16);

		if (s[2] && strlen(s) <= 18 && !*end) {
			settle(m, fl, field_set_uint(fl, m->rec, n, &f), &f);
			return;
		}
	}
	if (!json_is_integer(v)) {
		wrong_type(m, fl, v);
		return;
	}
	if (json_integer_value(v) < 0) {
		snprintf(f.text, sizeof(f.text), "%s must not be negative", fl->name);
		settle(m, fl, R_INVALID, &f);
		return;
	}
	settle(m, fl, field_set_uint(fl, m->rec, (uint64_t)json_integer_value(v), &f), &f);
}

static void merge_list(struct merge *m, const struct field *fl, const json_t *list)
{
	struct fault f = { 0 };
	const json_t *v;
	size_t i;

	if (!json_is_array(list)) {
		wrong_type(m, fl, list);
		return;
	}
	field_clear(fl, m->rec);
	if (json_array_size(list) > fl->many) {
		snprintf(f.text, sizeof(f.text), "%s takes at most %u entries, %zu are given",
			 fl->name, fl->many, json_array_size(list));
		settle(m, fl, R_INVALID, &f);
		return;
	}
	json_array_foreach(list, i, v)
	{
		struct field one = *fl;
		char name[80];

		snprintf(name, sizeof(name), "%s.%zu", fl->name, i);
		one.name = name;
		one.many = 0;
		if (!json_is_string(v)) {
			wrong_type(m, &one, v);
		} else if (field_set_text(fl, m->rec, i, json_string_value(v), &f) != R_OK) {
			settle(m, &one, R_INVALID, &f);
			return; /* the places after it would shift */
		}
	}
}

/* Written plainly, a pre-shared key is the only one from now on; written once more it is no news. */
static void settle_secret(struct record *rec, const struct sealed *before, unsigned bits)
{
	struct secret *s = (struct secret *)rec;

	if (rec->kind != K_SECRET)
		return;
	s->strength_bits = bits;
	if (!sealed_equal(&s->value, before))
		secret_finish(s);
}

static void merge_secret(struct merge *m, const struct field *fl, const json_t *v)
{
	struct slice plain = slice(json_string_value(v), json_string_length(v));
	struct fault f = { 0 };
	struct sealed before = *field_sealed(fl, m->rec);
	char about[64], mark[FINGERPRINT_TEXT];
	own(bytes) sealed = NULL;

	if (!json_is_string(v)) {
		wrong_type(m, fl, v);
		return;
	}
	if (plain.n < MAX_OF(fl->min, 1u) || plain.n > (fl->max ? fl->max : SECRET_MAX)) {
		snprintf(f.text, sizeof(f.text), "%s has %zu octets", fl->name, plain.n);
		settle(m, fl, R_INVALID, &f);
		return;
	}
	snprintf(about, sizeof(about), "%s/%s", kind_row(m->rec->kind)->path, m->rec->name);
	secret_fingerprint(m->keyring, plain, mark);
	if (secret_seal(m->keyring, about, plain, &sealed, &f) != R_OK ||
	    field_set_sealed(fl, m->rec, slice_of(sealed), mark, &f) != R_OK)
		settle(m, fl, R_CRYPTO, &f);
	else
		settle_secret(m->rec, &before, strength_bits(plain));
}

/* What is ours to say comes back unchanged, or is left out. A new record has nothing yet. */
static void merge_read_only(struct merge *m, const struct field *fl, const json_t *v)
{
	struct text t;
	struct fault f = { .hint = "Leave it out, or give back what was read" };

	if (m->fresh)
		return;
	if (fl->kind == F_SECRET) {
		snprintf(f.text, sizeof(f.text), "%s cannot be written", fl->name);
		text_copy(f.hint, sizeof(f.hint), "POST /api/v1/secrets/NAME/rotate");
		refuse(m, fl, "member.read_only", &f);
		return;
	}
	text_init(&t, 0);
	json_value(&t, fl, m->rec);
	json_t *now = json_of_text(&t);
	if (!json_equal(now, v)) {
		snprintf(f.text, sizeof(f.text), "%s cannot be written", fl->name);
		refuse(m, fl, "member.read_only", &f);
	}
	json_decref(now);
}

static void merge_null(struct merge *m, const struct field *fl)
{
	struct fault f = { 0 };

	if (fl->flags & (FF_KEY | FF_REQUIRED)) {
		snprintf(f.text, sizeof(f.text), "%s is required", fl->name);
		refuse(m, fl, "member.required", &f);
	} else {
		field_clear(fl, m->rec);
		if (fl->kind == F_SECRET && m->rec->kind == K_SECRET) {
			((struct secret *)m->rec)->strength_bits = 0;
			secret_finish((struct secret *)m->rec);
		}
	}
}

static void merge_key(struct merge *m, const struct field *fl, const json_t *v)
{
	struct fault f = { .hint = "Make a new record and delete the old one" };

	if (!json_is_string(v)) {
		wrong_type(m, fl, v);
	} else if (!*m->rec->name) {
		merge_text(m, fl, json_string_value(v));
	} else if (strcmp(m->rec->name, json_string_value(v)) != 0) {
		snprintf(f.text, sizeof(f.text), "the name is %s and cannot be changed",
			 m->rec->name);
		refuse(m, fl, "member.key", &f);
	}
}

static void merge_member(struct merge *m, const struct field *fl, const json_t *v)
{
	struct fault f = { 0 };

	if (fl->flags & FF_READ_ONLY)
		merge_read_only(m, fl, v);
	else if (json_is_null(v))
		merge_null(m, fl);
	else if (fl->flags & FF_KEY)
		merge_key(m, fl, v);
	else if (fl->many)
		merge_list(m, fl, v);
	else if (fl->kind == F_SECRET)
		merge_secret(m, fl, v);
	else if (fl->kind == F_UINT)
		merge_number(m, fl, v);
	else if (fl->kind == F_FLAG && json_is_boolean(v))
		settle(m, fl, field_set_flag(fl, m->rec, json_is_true(v), &f), &f);
	else if (fl->kind != F_FLAG && json_is_string(v))
		merge_text(m, fl, json_string_value(v));
	else
		wrong_type(m, fl, v);
}

/* "value_set" and "fingerprint" are how a secret is read, "previous.fingerprint" likewise; equal is
 * fine here too. */
static bool is_secret_word(struct merge *m, const char *full, const json_t *v)
{
	const char *dot = strrchr(full, '.'), *name = dot ? dot + 1 : full;
	char member[64];

	snprintf(member, sizeof(member), "%.*svalue", (int)(name - full), full);
	const struct field *fl = field_find(m->fields, member);
	const struct sealed *s = fl && fl->kind == F_SECRET ? field_sealed(fl, m->rec) : NULL;
	const char *mark = json_string_value(v);
	bool same;

	if (!s)
		return false;
	if (strcmp(name, "value_set") == 0)
		same = json_is_boolean(v) && json_is_true(v) == (s->n > 0);
	else if (strcmp(name, "fingerprint") == 0)
		same = s->n ? mark && strcmp(mark, s->fingerprint) == 0 : json_is_null(v);
	else
		return false;
	if (!same && !m->fresh)
		faults_add(m->errors, R_INVALID, "member.read_only", full, "%s cannot be written",
			   full);
	return true;
}

static bool has_group(const struct field *t, const char *name)
{
	size_t n = strlen(name);

	for (; t->name; t++)
		if (strncmp(t->name, name, n) == 0 && t->name[n] == '.')
			return true;
	return false;
}

static void clear_group(struct merge *m, const char *name)
{
	size_t n = strlen(name);

	for (const struct field *fl = m->fields; fl->name; fl++)
		if (strncmp(fl->name, name, n) == 0 && fl->name[n] == '.')
			merge_member(m, fl, json_null());
}

static const struct field *find(const struct merge *m, const char *name)
{
	const struct field *fl = field_find(m->fields, name);

	return fl ? fl : field_find(json_record_fields, name);
}

/* `prefix` ends with a dot or is empty. Depth is bounded by the dots of the table's names. */
static void merge_object(struct merge *m, const char *prefix, json_t *o)
{
	const char *key;
	json_t *v;

	json_object_foreach(o, key, v)
	{
		char full[96];
		const struct field *fl = NULL;
		bool fits = strlen(prefix) + strlen(key) + 2 < sizeof(full) && !strchr(key, '.');

		snprintf(full, sizeof(full), "%.40s%.50s", prefix, key);
		if (fits)
			fl = find(m, full);
		if (fl) {
			if (!(fl->flags & FF_KEY)) /* json_merge has seen to the name */
				merge_member(m, fl, v);
		} else if (fits && is_secret_word(m, full, v)) {
			continue;
		} else if (!fits || !has_group(m->fields, full)) {
			unknown(m, prefix, key);
		} else if (json_is_null(v)) {
			clear_group(m, full);
		} else if (json_is_object(v)) {
			strcat(full, ".");
			merge_object(m, full, v);
		} else {
			faults_add(m->errors, R_INVALID, "member.type", full,
				   "%s must be an object, not %s", full, type_word(v));
		}
	}
}

/* The value a dotted name has in a body, NULL when it is not given. */
static const json_t *given(const json_t *body, const char *name)
{
	char word[96];

	while (body && strchr(name, '.')) {
		size_t n = strcspn(name, ".");

		snprintf(word, sizeof(word), "%.*s", (int)n, name);
		body = json_object_get(body, word);
		name += n + 1;
	}
	return body ? json_object_get(body, name) : NULL;
}

static void check_required(struct merge *m, const json_t *body)
{
	for (const struct field *fl = m->fields; fl->name; fl++) {
		bool named = fl->flags & FF_KEY && *m->rec->name;

		if (fl->flags & (FF_KEY | FF_REQUIRED) && !named && !given(body, fl->name))
			faults_add(m->errors, R_INVALID, "member.required", fl->name,
				   "%s is required", fl->name);
	}
}

static void presets(struct merge *m)
{
	for (const struct field *fl = m->fields; fl->name; fl++)
		if (!(fl->flags & (FF_KEY | FF_READ_ONLY)) && fl->kind != F_SECRET)
			field_clear(fl, m->rec);
}

/* A secret that a PUT does not give stays: nobody could have read it to give it back. */
enum reason json_merge(struct record *rec, json_t *body, bool whole, struct keyring *k,
		       struct faults *errors)
{
	const struct kind_row *row = kind_row(rec->kind);
	struct merge m = {
		.rec = rec,
		.fields = row->fields,
		.keyring = k,
		.errors = errors,
		.fresh = !row->single && rec->revision == 0,
	};
	const struct field *key = field_find(row->fields, "name");

	if (!json_is_object(body)) {
		faults_add(errors, R_INVALID, "body.object", "", "the body must be a JSON object");
		return R_INVALID;
	}
	if (whole)
		presets(&m);
	if (key && json_object_get(body, "name")) /* first: a secret is sealed for its name */
		merge_member(&m, key, json_object_get(body, "name"));
	merge_object(&m, "", body);
	if (m.fresh || whole)
		check_required(&m, body);
	return errors->n ? R_INVALID : R_OK;
}

enum reason json_read_record(enum kind kind, struct slice text, struct keyring *k,
			     struct record **ret, struct faults *errors)
{
	own(record) rec = record_new(kind);
	struct fault f = { 0 };
	json_t *body;

	*ret = NULL;
	if (!rec)
		return R_NO_MEMORY;
	if (json_parse((const char *)text.at, text.n, &body, &f) != R_OK) {
		faults_add(errors, f.reason, "", "", "%s", f.text);
		return f.reason;
	}
	enum reason r = json_merge(rec, body, true, k, errors);
	json_decref(body);
	if (r == R_OK)
		*ret = give(rec);
	return r;
}

/* field.c - register walker: get, set, check and compare a member by its row
 *
 * Nobody else knows how a member lies in its struct. Setting checks first and writes last, so
 * a refused value leaves the record as it was. Faults name the member and say in a sentence
 * what it may be.
 *
 * Texts are UTF-8 without control characters: they end in logs and on terminals. Two sealed
 * secrets are the same when their keyed fingerprints are, since sealing the same value twice
 * gives different octets.
 *
 * Called by: record.c, config.c, rules.c, api, store, snmp.  Thread: any.  Owns: nothing.
 * Not here: which members there are (the tables), shapes of texts (syntax.c).
 */
#include "core/model/field.h"

#include <stdio.h>
#include <string.h>

#include "core/base/bytes.h"
#include "core/base/own.h"
#include "core/base/text.h"

static char *place(const struct field *fl, void *rec)
{
	return (char *)rec + fl->offset;
}

static const char *look(const struct field *fl, const void *rec)
{
	return (const char *)rec + fl->offset;
}

static uint8_t *count_of(const struct field *fl, void *rec)
{
	return (uint8_t *)rec + fl->count_at;
}

static bool is_string(const struct field *fl)
{
	return fl->kind == F_TEXT || fl->kind == F_ADDRESS || fl->kind == F_REF;
}

const struct field *field_find(const struct field *t, const char *name)
{
	for (; name && t->name; t++)
		if (strcmp(t->name, name) == 0)
			return t;
	return NULL;
}

/* ---- looking ---- */

size_t field_count(const struct field *fl, const void *rec)
{
	return fl->many ? ((const uint8_t *)rec)[fl->count_at] : 1;
}

const char *field_str(const struct field *fl, const void *rec, size_t i)
{
	if (!is_string(fl) || (i && i >= fl->many))
		return "";
	return look(fl, rec) + i * fl->size;
}

uint64_t field_uint(const struct field *fl, const void *rec)
{
	const char *at = look(fl, rec);
	uint64_t wide = 0;
	uint32_t narrow = 0;
	int choice = 0;

	switch (fl->kind) {
	case F_UINT:
		if (fl->size == sizeof(wide)) {
			memcpy(&wide, at, sizeof(wide));
			return wide;
		}
		memcpy(&narrow, at, sizeof(narrow));
		return narrow;
	case F_CHOICE:
		memcpy(&choice, at, sizeof(choice));
		return (uint64_t)choice;
	case F_FLAG:
		return *(const bool *)at;
	case F_TEXT:
	case F_ADDRESS:
	case F_REF:
	case F_SECRET:
	case F_KINDS:
		break;
	}
	return 0;
}

const struct sealed *field_sealed(const struct field *fl, const void *rec)
{
	return (const struct sealed *)(const void *)look(fl, rec);
}

struct slice field_sealed_octets(const struct field *fl, const void *rec)
{
	const uint8_t *at = (const uint8_t *)look(fl, rec) + offsetof(struct sealed, at);

	return slice(at, field_sealed(fl, rec)->n);
}

enum reason field_set_sealed(const struct field *fl, void *rec, struct slice sealed,
			     const char *fingerprint, struct fault *f)
{
	struct sealed *s = (void *)place(fl, rec);

	if (sealed.n > fl->size - offsetof(struct sealed, at))
		return fail_field(f, R_INVALID, fl->name, "%s is too long when it is sealed",
				  fl->name);
	wipe(s, fl->size);
	s->n = (uint16_t)sealed.n;
	text_copy(s->fingerprint, sizeof(s->fingerprint), fingerprint);
	if (sealed.n)
		memcpy(place(fl, rec) + offsetof(struct sealed, at), sealed.at, sealed.n);
	return R_OK;
}

static void add_value(const struct field *fl, const void *rec, size_t i, struct text *t)
{
	switch (fl->kind) {
	case F_UINT:
		text_add(t, fl->flags & FF_HEX ? "0x%08llx" : "%llu",
			 (unsigned long long)field_uint(fl, rec));
		break;
	case F_CHOICE:
		text_add_str(t, name_of(fl->names, (int)field_uint(fl, rec)));
		break;
	case F_FLAG:
		text_add_str(t, field_uint(fl, rec) ? "true" : "false");
		break;
	case F_SECRET:
		text_add_str(t, field_sealed(fl, rec)->n ? "set" : "");
		break;
	case F_TEXT:
	case F_ADDRESS:
	case F_REF:
	case F_KINDS:
		text_add_str(t, field_str(fl, rec, i));
		break;
	}
}

void field_text(const struct field *fl, const void *rec, struct text *t)
{
	size_t n = field_count(fl, rec);

	for (size_t i = 0; i < n; i++) {
		if (i)
			text_add_str(t, ", ");
		add_value(fl, rec, i, t);
	}
}

/* ---- setting ---- */

/* The name of a member, with its place when it is a list: "local_ts.2". */
static const char *name_at(const struct field *fl, size_t i, char ret[64])
{
	if (!fl->many)
		return fl->name;
	snprintf(ret, 64, "%.50s.%zu", fl->name, i);
	return ret;
}

static uint32_t most_octets(const struct field *fl)
{
	uint32_t room = fl->size - 1u;

	return fl->max && fl->max < room ? fl->max : room;
}

static enum reason check_length(const struct field *fl, const char *name, size_t n, struct fault *f)
{
	uint32_t most = most_octets(fl);

	if (n >= fl->min && n <= most)
		return R_OK;
	if (n == 0)
		return fail_field(f, R_INVALID, name, "%s must not be empty", name);
	return fail_field(f, R_INVALID, name, "%s must have %u to %u octets, not %zu", name,
			  fl->min, most, n);
}

/* No control characters, neither of ASCII nor of its extension (C2 80 to C2 9F in UTF-8). */
static bool is_plain(const struct field *fl, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (fl->flags & FF_LINES && (c == '\n' || c == '\r' || c == '\t'))
			continue;
		if (c < 0x20 || c == 0x7f)
			return false;
		if (c == 0xc2 && i + 1 < n && (unsigned char)s[i + 1] < 0xa0)
			return false;
	}
	return is_utf8(s, n);
}

static enum reason check_list(const struct field *fl, const void *rec, size_t i, const char *value,
			      struct fault *f)
{
	size_t n = field_count(fl, rec);
	char name[64];

	if (i > n || i >= fl->many)
		return fail_field(f, R_INVALID, fl->name, "%s takes at most %u entries", fl->name,
				  fl->many);
	name_at(fl, i, name);
	if (!*value)
		return fail_field(f, R_INVALID, name, "%s must not be empty", name);
	for (size_t k = 0; k < n; k++)
		if (k != i && strcmp(field_str(fl, rec, k), value) == 0)
			return fail_field(f, R_INVALID, name, "%s is in %s already", value,
					  fl->name);
	return R_OK;
}

static enum reason set_string(const struct field *fl, void *rec, size_t i, const char *value,
			      struct fault *f)
{
	enum syntax shape = fl->kind == F_REF ? SYN_NAME : fl->syntax;
	size_t n = strlen(value);
	char canonical[512], numbered[64];
	const char *name = name_at(fl, i, numbered);

	if (check_length(fl, name, n, f) != R_OK)
		return R_INVALID;
	if (!is_plain(fl, value, n))
		return fail_field(f, R_INVALID, name, "%s must be UTF-8 without control characters",
				  name);
	if (n && shape != SYN_NONE) {
		struct fault why = { 0 };

		if (syntax_check(shape, value, canonical, MIN_OF(sizeof(canonical), fl->size),
				 &why) != R_OK)
			return fail_field(f, R_INVALID, name, "%s: %s", name, why.text);
		value = canonical;
		n = strlen(value);
	}
	if (fl->many && check_list(fl, rec, i, value, f) != R_OK)
		return R_INVALID;
	char *at = place(fl, rec) + i * fl->size;
	memset(at, 0, fl->size);
	memcpy(at, value, n);
	if (fl->many && *count_of(fl, rec) == i)
		++*count_of(fl, rec);
	return R_OK;
}

static void list_words(const struct name *names, struct text *t)
{
	for (const struct name *n = names; n->word; n++)
		text_add(t, "%s%s", n == names ? "" : ", ", n->word);
}

static enum reason refuse_choice(const struct field *fl, struct fault *f)
{
	struct text t;

	text_init(&t, 180);
	list_words(fl->names, &t);
	fail_field(f, R_INVALID, fl->name, "%s must be one of %s", fl->name, t.at ? t.at : "");
	text_done(&t);
	return R_INVALID;
}

static void put_number(const struct field *fl, void *rec, uint64_t value)
{
	uint32_t narrow = (uint32_t)value;

	if (fl->size == sizeof(value))
		memcpy(place(fl, rec), &value, sizeof(value));
	else
		memcpy(place(fl, rec), &narrow, sizeof(narrow));
}

static enum reason set_number(const struct field *fl, void *rec, uint64_t value, struct fault *f)
{
	uint64_t most = fl->max ? fl->max : fl->size == sizeof(value) ? UINT64_MAX : UINT32_MAX;
	bool off = value == 0 && fl->flags & FF_ZERO;

	if (!off && (value < fl->min || value > most))
		return fail_field(f, R_INVALID, fl->name, "%s must be %u to %llu%s, not %llu",
				  fl->name, fl->min, (unsigned long long)most,
				  fl->flags & FF_ZERO ? ", or 0" : "", (unsigned long long)value);
	put_number(fl, rec, value);
	return R_OK;
}

static enum reason set_choice(const struct field *fl, void *rec, uint64_t value, struct fault *f)
{
	int choice = value <= INT32_MAX ? (int)value : -1;

	if (*name_of(fl->names, choice) == '?')
		return refuse_choice(fl, f);
	memcpy(place(fl, rec), &choice, sizeof(choice));
	return R_OK;
}

enum reason field_set_uint(const struct field *fl, void *rec, uint64_t value, struct fault *f)
{
	if (fl->kind == F_UINT)
		return set_number(fl, rec, value, f);
	if (fl->kind == F_CHOICE)
		return set_choice(fl, rec, value, f);
	if (fl->kind == F_FLAG && value <= 1)
		return field_set_flag(fl, rec, value == 1, f);
	return fail_field(f, R_INVALID, fl->name, "%s does not take a number", fl->name);
}

enum reason field_set_flag(const struct field *fl, void *rec, bool value, struct fault *f)
{
	if (fl->kind != F_FLAG)
		return fail_field(f, R_INVALID, fl->name, "%s is not true or false", fl->name);
	memcpy(place(fl, rec), &value, sizeof(value));
	return R_OK;
}

/* Decimal, or 0x and up to 16 digits. */
static bool read_number(const char *value, uint64_t *ret)
{
	uint64_t v = 0;

	if (strncmp(value, "0x", 2) != 0)
		return syntax_number(value, UINT64_MAX, ret);
	value += 2;
	if (!*value || strlen(value) > 16)
		return false;
	for (; *value; value++) {
		const char *digits = "0123456789abcdef", *d = strchr(digits, *value | 0x20);

		if (!d || *value < '0')
			return false;
		v = v << 4 | (uint64_t)(d - digits);
	}
	*ret = v;
	return true;
}

enum reason field_set_text(const struct field *fl, void *rec, size_t i, const char *value,
			   struct fault *f)
{
	uint64_t n;
	int choice;

	if (!value)
		value = "";
	switch (fl->kind) {
	case F_TEXT:
	case F_ADDRESS:
	case F_REF:
		return set_string(fl, rec, i, value, f);
	case F_UINT:
		if (!read_number(value, &n))
			return fail_field(f, R_INVALID, fl->name, "%s must be a whole number",
					  fl->name);
		return set_number(fl, rec, n, f);
	case F_CHOICE:
		if (!name_find(fl->names, value, &choice))
			return refuse_choice(fl, f);
		return set_choice(fl, rec, (uint64_t)choice, f);
	case F_FLAG:
		if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
			return fail_field(f, R_INVALID, fl->name, "%s must be true or false",
					  fl->name);
		return field_set_flag(fl, rec, *value == 't', f);
	case F_SECRET:
	case F_KINDS:
		break;
	}
	return fail_field(f, R_INVALID, fl->name, "%s has to be sealed before it is kept",
			  fl->name);
}

/* Presets are checked by the tests, so setting them cannot fail here. */
void field_clear(const struct field *fl, void *rec)
{
	if (fl->kind == F_SECRET)
		wipe(place(fl, rec), fl->size);
	else
		memset(place(fl, rec), 0, (size_t)fl->size * MAX_OF(fl->many, 1));
	if (fl->many)
		*count_of(fl, rec) = 0;
	if (fl->preset && *fl->preset)
		field_set_text(fl, rec, 0, fl->preset, NULL);
}

void field_preset(const struct field *t, void *rec)
{
	for (; t->name; t++)
		field_clear(t, rec);
}

/* ---- comparing ---- */

static bool same_secret(const struct field *fl, const void *x, const void *y)
{
	const struct sealed *a = field_sealed(fl, x), *b = field_sealed(fl, y);

	if (!a->n || !b->n)
		return a->n == b->n;
	if (*a->fingerprint && *b->fingerprint)
		return strcmp(a->fingerprint, b->fingerprint) == 0;
	return slice_equal(field_sealed_octets(fl, x), field_sealed_octets(fl, y));
}

bool field_equal(const struct field *fl, const void *a, const void *b)
{
	size_t n = field_count(fl, a);

	if (fl->kind == F_SECRET)
		return same_secret(fl, a, b);
	if (!is_string(fl))
		return field_uint(fl, a) == field_uint(fl, b);
	if (n != field_count(fl, b))
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(field_str(fl, a, i), field_str(fl, b, i)) != 0)
			return false;
	return true;
}

static bool is_list_preset(const struct field *fl, const void *rec)
{
	size_t n = fl->preset && *fl->preset ? 1 : 0;

	return field_count(fl, rec) == n && (n == 0 || !strcmp(field_str(fl, rec, 0), fl->preset));
}

bool field_is_preset(const struct field *fl, const void *rec)
{
	const char *preset = fl->preset ? fl->preset : "";
	uint64_t n = 0;
	int choice = 0;

	if (fl->many)
		return is_list_preset(fl, rec);
	switch (fl->kind) {
	case F_SECRET:
		return field_sealed(fl, rec)->n == 0;
	case F_UINT:
		return (!*preset || read_number(preset, &n)) && field_uint(fl, rec) == n;
	case F_CHOICE:
		return (!*preset || name_find(fl->names, preset, &choice)) &&
		       (int)field_uint(fl, rec) == choice;
	case F_FLAG:
		return field_uint(fl, rec) == (*preset == 't');
	case F_TEXT:
	case F_ADDRESS:
	case F_REF:
	case F_KINDS:
		break;
	}
	return strcmp(field_str(fl, rec, 0), preset) == 0;
}

enum impact field_diff(const struct field *t, const void *a, const void *b,
		       struct text *ret_members)
{
	enum impact strongest = IMPACT_NONE;

	for (; a != b && t->name; t++) {
		if (t->impact == IMPACT_NONE || field_equal(t, a, b))
			continue;
		strongest = MAX_OF(strongest, t->impact);
		if (ret_members)
			text_add(ret_members, "%s%s", ret_members->n ? ", " : "", t->name);
	}
	return strongest;
}

const char *impact_word(enum impact i)
{
	static const struct name words[] = {
		{ IMPACT_NONE, "none" },
		{ IMPACT_NEXT, "next_negotiation" },
		{ IMPACT_CHILD, "reset_child" },
		{ IMPACT_IKE, "reset_ike" },
		{ 0, NULL },
	};

	return name_of(words, (int)i);
}

/* json.c - strict JSON in, records and rows out
 *
 * What comes in is text from strangers: it is bounded in depth before the library sees it,
 * doubled members and NULs are refused, and a fault names line and column. What goes out is
 * written straight into a text by the field table, without a tree: a page of SAs costs what
 * its octets cost. A record is written the same way, so rows and records cannot differ.
 *
 * Dotted names nest: members that share a prefix stand side by side in their table.
 *
 * Called by: every file of api.  Thread: any.  Owns: nothing.
 * Not here: bodies onto records (jsonin.c).
 */
#include "api/json.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

static void free_clean(void *at)
{
	if (at)
		wipe(at, malloc_usable_size(at));
	free(at);
}

/* jansson wipes whatever it frees: passwords and keys come by as JSON. Before any thread is there
 * to use it, since its two pointers have no lock. */
__attribute__((constructor)) static void keep_clean(void)
{
	json_set_alloc_funcs(malloc, free_clean);
}

/* Deepest nesting of brackets outside strings; the library would recurse as deep. */
static bool too_deep(const char *at, size_t n)
{
	size_t depth = 0;
	bool text = false;

	for (size_t i = 0; i < n; i++) {
		char c = at[i];

		if (text) {
			if (c == '\\')
				i++;
			else if (c == '"')
				text = false;
		} else if (c == '"') {
			text = true;
		} else if (c == '{' || c == '[') {
			if (++depth > DEPTH_MAX)
				return true;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

enum reason json_parse(const char *at, size_t n, json_t **ret, struct fault *f)
{
	json_error_t e;

	*ret = NULL;
	if (n == 0)
		return fail(f, R_BAD_JSON, "the body is empty where an object is due");
	if (memchr(at, '\0', n))
		return fail(f, R_BAD_JSON, "the body contains a NUL octet");
	if (too_deep(at, n))
		return fail(f, R_BAD_JSON, "the body nests deeper than %d", DEPTH_MAX);
	json_t *j = json_loadb(at, n, JSON_REJECT_DUPLICATES, &e);
	if (!j)
		return fail(f, R_BAD_JSON, "line %d, column %d: %.160s", e.line, e.column, e.text);
	*ret = j;
	return R_OK;
}

/* One object being written: which dotted prefix is open, and whether a comma is due. */
struct out {
	struct text *t;
	const char *open; /* name of the last member; its first open_n octets are open */
	size_t open_n;
	bool comma;
};

static size_t prefix_length(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? (size_t)(dot - name) + 1 : 0;
}

/* Octets of whole segments that both prefixes share. */
static size_t shared(const struct out *o, const char *name, size_t name_n)
{
	size_t whole = 0;

	for (size_t i = 0; i < o->open_n && i < name_n && o->open[i] == name[i]; i++)
		if (name[i] == '.')
			whole = i + 1;
	return whole;
}

static void close_down_to(struct out *o, size_t keep)
{
	for (size_t i = keep; i < o->open_n; i++)
		if (o->open[i] == '.')
			text_add_n(o->t, "}", 1);
	if (keep < o->open_n)
		o->comma = true;
	o->open_n = keep;
}

static void put_key(struct out *o, const char *key, size_t n)
{
	char piece[80];
	size_t at = 0;

	if (o->comma)
		piece[at++] = ',';
	piece[at++] = '"';
	n = MIN_OF(n, sizeof(piece) - 4);
	memcpy(piece + at, key, n);
	at += n;
	piece[at++] = '"';
	piece[at++] = ':';
	text_add_n(o->t, piece, at);
	o->comma = true;
}

/* Open the object the member stands in and write its key. */
static void begin_member(struct out *o, const char *name, const char *ending)
{
	size_t n = prefix_length(name), keep = shared(o, name, n);
	size_t from = keep;
	char key[72];

	close_down_to(o, keep);
	for (size_t i = keep; i < n; i++) {
		if (name[i] != '.')
			continue;
		put_key(o, name + from, i - from);
		text_add_n(o->t, "{", 1);
		o->comma = false;
		from = i + 1;
	}
	o->open = name;
	o->open_n = n;
	int k = snprintf(key, sizeof(key), "%s%s", name + n, ending);
	put_key(o, key, MIN_OF((size_t)k, sizeof(key) - 1));
}

static void put_uint(struct text *t, uint64_t v)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	text_add_n(t, digits + at, sizeof(digits) - at);
}

/* Plain words need no escaping; most members are such. */
static void put_string(struct text *t, const char *s)
{
	char piece[136];
	size_t n = 0;

	for (; s[n] && n < sizeof(piece) - 2; n++) {
		unsigned char c = (unsigned char)s[n];
		if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
			break;
		piece[n + 1] = s[n];
	}
	if (s[n]) {
		text_add_json(t, s, strlen(s));
		return;
	}
	piece[0] = piece[n + 1] = '"';
	text_add_n(t, piece, n + 2);
}

static void put_string_or_null(struct text *t, const char *s)
{
	if (*s)
		put_string(t, s);
	else
		text_add_n(t, "null", 4);
}

/* RFC 3339 in UTC; days to a date by the civil calendar (400-year eras from 1 March 0000). */
void json_time(struct text *t, int64_t seconds)
{
	int64_t days = seconds / 86400, rest = seconds % 86400;
	int64_t z = days + 719468, era = z / 146097, doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	int64_t month = mp < 10 ? mp + 3 : mp - 9;
	int64_t year = yoe + era * 400 + (month <= 2);
	char piece[48];

	if (seconds < 0 || year > 9999) {
		text_add_n(t, "null", 4);
		return;
	}
	int n = snprintf(piece, sizeof(piece), "\"%04d-%02d-%02dT%02d:%02d:%02dZ\"", (int)year,
			 (int)month, (int)(doy - (153 * mp + 2) / 5 + 1), (int)(rest / 3600),
			 (int)(rest / 60 % 60), (int)(rest % 60));
	text_add_n(t, piece, (size_t)n);
}

static void put_number(struct text *t, const struct field *fl, uint64_t v)
{
	char hex[24];

	if (fl->flags & FF_TIME && v == 0)
		text_add_n(t, "null", 4);
	else if (fl->flags & FF_TIME)
		json_time(t, (int64_t)v);
	else if (fl->flags & FF_HEX)
		text_add_n(
			t, hex,
			(size_t)snprintf(hex, sizeof(hex), "\"0x%08llx\"", (unsigned long long)v));
	else
		put_uint(t, v);
}

static void put_list(struct text *t, const struct field *fl, const void *row)
{
	size_t n = field_count(fl, row);

	text_add_n(t, "[", 1);
	for (size_t i = 0; i < n; i++) {
		if (i)
			text_add_n(t, ",", 1);
		put_string(t, field_str(fl, row, i));
	}
	text_add_n(t, "]", 1);
}

/* The value of any member but a secret. */
void json_value(struct text *t, const struct field *fl, const void *row)
{
	const char *s;

	if (fl->many) {
		put_list(t, fl, row);
		return;
	}
	switch (fl->kind) {
	case F_UINT:
		put_number(t, fl, field_uint(fl, row));
		break;
	case F_CHOICE:
		s = name_of(fl->names, (int)field_uint(fl, row));
		put_string_or_null(t, strcmp(s, "?") == 0 ? "" : s); /* a row not filled yet */
		break;
	case F_FLAG:
		text_add_str(t, field_uint(fl, row) ? "true" : "false");
		break;
	default:
		put_string_or_null(t, field_str(fl, row, 0));
		break;
	}
}

void json_pointer(struct fault *f, const char *prefix, const char *key)
{
	size_t at = 0, cap = sizeof(f->field) - 3;

	f->field[at++] = '/';
	for (const char *s = prefix; *s && at < cap; s++)
		f->field[at++] = *s == '.' ? '/' : *s;
	for (const char *s = key; *s && at < cap; s++) {
		if (*s == '~' || *s == '/') {
			f->field[at++] = '~';
			f->field[at++] = *s == '~' ? '0' : '1';
		} else {
			f->field[at++] = *s;
		}
	}
	f->field[at] = '\0';
	while (at && !is_utf8(f->field, at))
		f->field[--at] = '\0';
}

/* Written, never read back: that it is set, and a fingerprint to tell drift. */
static void put_secret(struct out *o, const struct field *fl, const void *row)
{
	const struct sealed *s = field_sealed(fl, row);

	begin_member(o, fl->name, "_set");
	text_add_str(o->t, s->n ? "true" : "false");
	put_key(o, "fingerprint", 11);
	put_string_or_null(o->t, s->n ? s->fingerprint : "");
}

/* A comma list names a member, or the object it stands in. */
bool json_wanted(const char *only, const char *name)
{
	if (!only)
		return true;
	for (const char *at = only; *at;) {
		size_t n = strcspn(at, ",");

		if (n && strncmp(at, name, n) == 0 && (name[n] == '\0' || name[n] == '.'))
			return true;
		at += n;
		at += *at == ',';
	}
	return false;
}

static void put_members(struct out *o, const struct field *fields, const void *row,
			const char *only)
{
	for (const struct field *fl = fields; fl->name; fl++) {
		if (!json_wanted(only, fl->name))
			continue;
		if (fl->kind == F_SECRET) {
			put_secret(o, fl, row);
			continue;
		}
		begin_member(o, fl->name, "");
		json_value(o->t, fl, row);
	}
}

void json_row(struct text *t, const struct field *fields, const void *row, const char *only)
{
	struct out o = { .t = t };

	text_add_n(t, "{", 1);
	put_members(&o, fields, row, only);
	close_down_to(&o, 0);
	text_add_n(t, "}", 1);
}

/* What every record knows beside the members of its kind. */
const struct field json_record_fields[] = {
	FIELD(record, index, "index", .kind = F_UINT, .flags = FF_READ_ONLY,
	      .help = "Stable number of the record, the row in the MIB"),
	FIELD(record, revision, "revision", .kind = F_UINT, .flags = FF_READ_ONLY,
	      .help = "Revision of the configuration that last wrote it: its ETag"),
	FIELD(record, created_s, "created_at", .kind = F_UINT, .flags = FF_READ_ONLY | FF_TIME,
	      .help = "When it was made"),
	FIELD(record, changed_s, "changed_at", .kind = F_UINT, .flags = FF_READ_ONLY | FF_TIME,
	      .help = "When it was last changed"),
	FIELD(record, changed_by, "changed_by", .kind = F_TEXT, .flags = FF_READ_ONLY,
	      .help = "Who last changed it"),
	{ 0 },
};

void json_record(struct text *t, const struct record *r, const char *only)
{
	struct out o = { .t = t };

	text_add_n(t, "{", 1);
	put_members(&o, kind_row(r->kind)->fields, r, only);
	put_members(&o, json_record_fields, r, only);
	close_down_to(&o, 0);
	text_add_n(t, "}", 1);
}

json_t *json_of_text(struct text *t)
{
	json_t *j = t->cut || !t->at ? NULL : json_loadb(t->at, t->n, JSON_DECODE_ANY, NULL);

	text_done(t);
	return j;
}

json_t *json_of_record(const struct record *r)
{
	struct text t;

	text_init(&t, 0);
	json_record(&t, r, NULL);
	return json_of_text(&t);
}

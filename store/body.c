/* body.c - a record as octets, to be put away, and back
 *
 * A record is its members by name: "NAME LENGTH\n", the octets, "\n". A member that a later program
 * no longer knows is passed over, one that it knows anew has its preset. Sealed secrets stay sealed.
 *
 * Called by: kept.c, sets.c.  Thread: loop.  Owns: nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/parts.h"

/* ---- to octets ---- */

static void put(struct text *t, const char *name, const char *mark, struct slice s)
{
	text_add(t, "%s%s %zu\n", name, mark, s.n);
	text_add_n(t, (const char *)s.at, s.n);
	text_add_n(t, "\n", 1);
}

static void put_text(struct text *t, const char *name, const char *s)
{
	put(t, name, "", slice(s, strlen(s)));
}

static void put_member(struct text *t, const struct field *fl, const void *rec)
{
	struct text v;

	if (fl->kind == F_SECRET) {
		const char *mark = field_sealed(fl, rec)->fingerprint;

		put(t, fl->name, "", field_sealed_octets(fl, rec));
		put(t, fl->name, "#", slice(mark, strlen(mark)));
		return;
	}
	text_init(&v, 0);
	if (fl->many)
		for (size_t i = 0; i < field_count(fl, rec); i++)
			text_add(&v, "%s%s", i ? "\n" : "", field_str(fl, rec, i));
	else if (fl->kind == F_UINT || fl->kind == F_FLAG)
		text_add(&v, "%llu", (unsigned long long)field_uint(fl, rec));
	else if (fl->kind == F_CHOICE)
		text_add_str(&v, name_of(fl->names, (int)field_uint(fl, rec)));
	else
		text_add_str(&v, field_str(fl, rec, 0));
	t->cut |= v.cut;
	put_text(t, fl->name, v.at ? v.at : "");
	text_done(&v);
}

void body_put(struct text *t, const struct record *r)
{
	put_text(t, "record_scope", r->scope);
	put_text(t, "record_changed_by", r->changed_by);
	for (const struct field *fl = kind_row(r->kind)->fields; fl->name; fl++)
		if (columns_has(fl))
			put_member(t, fl, r);
}

/* ---- from octets ---- */

struct member {
	char name[80];
	struct slice value;
};

/* One entry; false at the end or where it is torn. */
static bool next(struct slice *rest, struct member *ret)
{
	const char *at = (const char *)rest->at;
	const char *end = rest->n ? memchr(at, '\n', rest->n) : NULL;
	size_t n = 0;

	if (!end || end - at >= (ptrdiff_t)sizeof(ret->name))
		return false;
	memcpy(ret->name, at, (size_t)(end - at));
	ret->name[end - at] = '\0';
	char *space = strchr(ret->name, ' ');
	if (!space || sscanf(space + 1, "%zu", &n) != 1)
		return false;
	*space = '\0';
	size_t head = (size_t)(end - at) + 1;
	if (n > rest->n || head + n + 1 > rest->n)
		return false;
	ret->value = slice(at + head, n);
	*rest = slice(at + head + n + 1, rest->n - head - n - 1);
	return true;
}

static enum reason set_list(const struct field *fl, void *rec, char *lines, struct fault *f)
{
	char *save = NULL;
	size_t i = 0;

	*((uint8_t *)rec + fl->count_at) = 0;
	for (char *one = strtok_r(lines, "\n", &save); one; one = strtok_r(NULL, "\n", &save))
		if (field_set_text(fl, rec, i++, one, f) != R_OK)
			return f->reason;
	return R_OK;
}

static enum reason set_plain(const struct field *fl, void *rec, char *s, struct fault *f)
{
	if (fl->many)
		return set_list(fl, rec, s, f);
	if (fl->kind == F_UINT)
		return field_set_uint(fl, rec, strtoull(s, NULL, 10), f);
	if (fl->kind == F_FLAG)
		return field_set_flag(fl, rec, *s == '1', f);
	if (*s)
		return field_set_text(fl, rec, 0, s, f);
	memset((char *)rec + fl->offset, 0, fl->size);
	return R_OK;
}

static enum reason set(struct record *rec, const struct member *m, struct slice *rest,
		       struct fault *f)
{
	const struct field *fl = field_find(kind_row(rec->kind)->fields, m->name);
	char mark[32] = "";
	struct member mark_m;
	enum reason r;

	if (!fl || !columns_has(fl))
		return R_OK;
	if (fl->kind == F_SECRET) {
		if (next(rest, &mark_m) && mark_m.value.n < sizeof(mark)) {
			memcpy(mark, mark_m.value.at, mark_m.value.n);
			mark[mark_m.value.n] = '\0';
		}
		return m->value.n ? field_set_sealed(fl, rec, m->value, mark, f) : R_OK;
	}
	char *s = strndup((const char *)m->value.at, m->value.n);
	if (!s)
		return fail(f, R_NO_MEMORY, "no memory for a record");
	r = set_plain(fl, rec, s, f);
	free(s);
	return r;
}

enum reason body_read(struct record *rec, struct slice rest, struct fault *f)
{
	struct member m;

	while (next(&rest, &m)) {
		if (strcmp(m.name, "record_scope") == 0)
			snprintf(rec->scope, sizeof(rec->scope), "%.*s", (int)m.value.n,
				 (const char *)m.value.at);
		else if (strcmp(m.name, "record_changed_by") == 0)
			snprintf(rec->changed_by, sizeof(rec->changed_by), "%.*s", (int)m.value.n,
				 (const char *)m.value.at);
		else if (set(rec, &m, &rest, f) != R_OK)
			return f->reason;
	}
	return rest.n ? fail(f, R_STORE_DAMAGED, "what %s was cannot be read", rec->name) : R_OK;
}

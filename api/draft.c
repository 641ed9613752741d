/* draft.c - edits of many records, staged before they are one change
 *
 * Words of an edit are those of JSON Patch (RFC 6902) over the tree /KIND/NAME/MEMBER:
 *
 *	add      /peers/hub            a new record; of a member: set it
 *	replace  /peers/hub            the whole record, presets for what is not named
 *	merge    /peers/hub            a merge patch (RFC 7396)
 *	remove   /peers/hub            the record goes; of a member: back to its preset
 *
 *	forget   /peers/hub            its edits are out of the set again
 *
 * Settings are /settings/ike. Each edit is merged onto what the draft has already, so that a later
 * one sees an earlier one. Nothing is checked here but shape; rules see the whole.
 *
 * Called by: changesets.c, bulk.c, document.c.  Thread: loop.  Owns: the rows.
 */
#include "api/draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "api/json.h"
#include "api/report.h"
#include "api/router.h"

enum { PARTS = 6 };

void draft_done(struct draft *d)
{
	for (size_t i = 0; i < d->n; i++) {
		record_unref(d->at[i].before);
		record_unref(d->at[i].rec);
	}
	free(d->at);
	hash_free(d->places);
	*d = (struct draft){ 0 };
}

/* A char for the kind, then the name; settings have none. */
static struct slice key_of(enum kind k, const char *name, char ret[NAME_SIZE + 8])
{
	int n = snprintf(ret, NAME_SIZE + 8, "%c%.*s", 'A' + (int)k, NAME_SIZE,
			 kind_row(k)->single ? "" : name);

	return slice(ret, (size_t)n);
}

struct staged *draft_find(const struct draft *d, enum kind k, const char *name)
{
	char key[NAME_SIZE + 8];
	uintptr_t place = d->places ? (uintptr_t)hash_find(d->places, key_of(k, name, key)) : 0;

	return place ? &d->at[place - 1] : NULL;
}

static bool note_place(struct draft *d, const struct staged *s)
{
	char key[NAME_SIZE + 8];
	bool ok = true;

	if (!d->places)
		d->places = hash_new();
	if (!d->places)
		return false;
	hash_put(d->places, key_of(s->kind, s->name, key), (void *)(uintptr_t)(d->n + 1), &ok);
	return ok;
}

/* All edits or none: they go onto a copy, which takes the set's place. */
bool draft_copy(const struct draft *from, struct draft *to)
{
	*to = (struct draft){ .at = calloc(from->n + 1, sizeof(*to->at)), .cap = from->n + 1 };
	for (size_t i = 0; to->at && i < from->n; i++) {
		struct staged *s = &to->at[to->n];

		*s = from->at[i];
		if (!note_place(to, s))
			return false;
		s->before = s->before ? record_ref(s->before) : NULL;
		s->rec = s->rec ? record_copy(s->rec) : NULL;
		to->n++;
	}
	return to->at != NULL;
}

struct staged *draft_row(struct draft *d, const struct config *c, enum kind k, const char *name)
{
	struct staged *s = draft_find(d, k, name);
	const struct record *now = config_find(c, k, name);

	if (s)
		return s;
	if (d->n == DRAFT_MOST)
		return NULL;
	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 8;
		struct staged *more = realloc(d->at, cap * sizeof(*more));

		if (!more)
			return NULL;
		d->at = more;
		d->cap = cap;
	}
	s = &d->at[d->n];
	*s = (struct staged){ .kind = k };
	text_copy(s->name, sizeof(s->name), now ? now->name : name);
	if (!note_place(d, s))
		return NULL;
	if (now) {
		s->before = record_ref(now);
		s->rec = record_copy(now);
	}
	d->n++;
	if (now && !s->rec)
		return NULL; /* no memory: the row is there, and nothing will come of it */
	return s;
}

bool staged_is_idle(const struct staged *s)
{
	if (!s->before || !s->rec)
		return !s->before && !s->rec;
	return record_same(s->before, s->rec);
}

bool draft_edits(const struct draft *d, struct edit **ret, size_t *ret_n)
{
	struct edit *e = calloc(d->n + 1, sizeof(*e));
	size_t n = 0;

	*ret = e;
	*ret_n = 0;
	for (size_t i = 0; e && i < d->n; i++) {
		const struct staged *s = &d->at[i];

		if (staged_is_idle(s))
			continue;
		e[n] = (struct edit){ .op = s->rec ? EDIT_PUT : EDIT_DELETE,
				      .kind = s->kind,
				      .rec = s->rec ? record_copy(s->rec) : NULL,
				      .if_match = s->before ? s->before->revision : MATCH_ANY,
				      .must_be_new = !s->before };
		text_copy(e[n].name, sizeof(e[n].name), s->name);
		if (s->rec && !e[n].rec) {
			edits_free(e, n);
			*ret = NULL;
			return false;
		}
		n++;
	}
	*ret_n = n;
	return e != NULL;
}

bool draft_take_edits(struct draft *d, const struct config *c, struct edit *edits, size_t n)
{
	bool good = true;

	for (size_t i = 0; i < n && good; i++) {
		struct staged *s = draft_row(d, c, edits[i].kind, edits[i].name);

		good = s != NULL;
		if (s) {
			record_unref(s->rec);
			s->rec = edits[i].op == EDIT_PUT ? edits[i].rec : NULL;
			edits[i].rec = s->rec ? NULL : edits[i].rec;
			s->is_kept = false;
		}
	}
	edits_free(edits, n);
	return good;
}

/* ---- one edit ---- */

static bool refuse(const struct desk *desk, enum reason r, const char *rule, const char *field,
		   const char *text)
{
	faults_add(desk->errors, r, rule, field, "%s", text);
	return false;
}

/* The faults of one record get its place in front of their pointer. */
static void put_place(struct faults *errors, size_t from, const char *place, const char *word,
		      const char *name)
{
	for (size_t i = from; i < errors->n; i++) {
		struct fault *f = &errors->at[i];
		struct fault old = *f;

		snprintf(f->field, sizeof(f->field), "/%.24s%.38s", place, old.field);
		snprintf(f->text, sizeof(f->text), "%s %s: %.170s", word, name, old.text);
	}
}

static bool may(const struct desk *desk, enum kind k, const char *field)
{
	if (desk->role >= ROLE_ADMIN || !router_is_guarded(k))
		return true;
	return refuse(desk, R_FORBIDDEN, "role", field,
		      "secrets, private keys and settings are an admin's to write");
}

static bool merge(struct staged *s, const struct desk *desk, json_t *value, bool whole,
		  const char *field)
{
	const struct kind_row *row = kind_row(s->kind);
	struct faults mine = { 0 };
	struct fault f = { 0 };
	struct record *rec = s->rec ? record_copy(s->rec) : record_new(s->kind);

	if (!rec)
		return refuse(desk, R_NO_MEMORY, "", field, "no memory for a record");
	if (s->before || s->rec) /* it is not new to whoever edits it: members may be left out */
		rec->revision = s->before ? s->before->revision : 1;
	const struct field *key = s->rec ? NULL : field_find(row->fields, "name");
	if (key && field_set_text(key, rec, 0, s->name, &f) != R_OK)
		faults_add(&mine, R_INVALID, "member.value", "name", "%s", f.text);
	else if (json_merge(rec, value, whole, desk->keyring, &mine) == R_NO_MEMORY)
		faults_add(&mine, R_NO_MEMORY, "", "", "no memory for a record");
	if (mine.n == 0) {
		record_unref(s->rec);
		s->rec = rec;
		s->is_kept = false;
		return true;
	}
	record_unref(rec);
	put_place(&mine, 0, field, row->word, s->name);
	for (size_t i = 0; i < mine.n; i++)
		if (desk->errors->n < COUNT_OF(desk->errors->at))
			desk->errors->at[desk->errors->n++] = mine.at[i];
	return false;
}

bool draft_put(struct draft *d, const struct desk *desk, enum kind k, const char *name,
	       json_t *value, const char *field)
{
	struct staged *s;

	if (!may(desk, k, field))
		return false;
	if (k == K_IKE_PROPOSAL && strcmp(name, BUILTIN_NAME) == 0)
		return refuse(desk, R_INVALID, "record.builtin", field,
			      "the proposal default is built in and cannot be changed");
	if (!value && kind_row(k)->single)
		return refuse(desk, R_INVALID, "edit.op", field, "settings cannot be removed");
	s = draft_row(d, desk->config, k, name);
	if (!s)
		return refuse(desk, R_TOO_LARGE, "", field, "too many records in one change");
	if (value)
		return merge(s, desk, value, true, field);
	record_unref(s->rec);
	s->rec = NULL;
	s->is_kept = false;
	return true;
}

bool draft_merge(struct draft *d, const struct desk *desk, enum kind k, const char *name,
		 json_t *value, const char *field)
{
	struct staged *s = may(desk, k, field) ? draft_row(d, desk->config, k, name) : NULL;

	if (!s)
		return !may(desk, k, field) ? false
					    : refuse(desk, R_TOO_LARGE, "", field,
						     "too many records in one change");
	return merge(s, desk, value, false, field);
}

/* "/peers/hub/remote_id/type" in its parts; RFC 6901: ~1 is a slash, ~0 a tilde. */
static size_t split(const char *path, char part[PARTS][80])
{
	size_t n = 0;

	while (*path == '/' && n < PARTS) {
		size_t at = 0;

		for (path++; *path && *path != '/'; path++) {
			char c = *path;

			if (c == '~' && (path[1] == '0' || path[1] == '1'))
				c = *++path == '1' ? '/' : '~';
			if (at + 1 < sizeof(part[0]))
				part[n][at++] = c;
		}
		part[n++][at] = '\0';
	}
	return *path ? 0 : n;
}

struct target {
	enum kind kind;
	const char *name;
	char part[PARTS][80];
	size_t n, first; /* parts; the first that names a member */
};

static bool aim(const char *path, struct target *t)
{
	char two[168];

	t->n = split(path, t->part);
	if (t->n < 2)
		return false;
	snprintf(two, sizeof(two), "%s/%s", t->part[0], t->part[1]);
	t->kind = kind_of_path(two);
	if (t->kind == K_COUNT)
		t->kind = kind_of_path(t->part[0]);
	t->name = t->part[1];
	t->first = 2;
	return t->kind != K_COUNT && *t->name && strlen(t->name) < NAME_SIZE;
}

/* {"remote_id": {"type": value}} around a member's value. */
static json_t *wrapped(const struct target *t, json_t *value)
{
	json_t *o = value ? json_incref(value) : json_null();

	for (size_t i = t->n; i-- > t->first;)
		o = json_pack("{so}", t->part[i], o);
	return o;
}

static bool stage_member(struct draft *d, const struct desk *desk, const struct target *t,
			 json_t *value, const char *field)
{
	struct staged *s = draft_row(d, desk->config, t->kind, t->name);

	if (!s)
		return refuse(desk, R_TOO_LARGE, "", field, "too many records in one change");
	if (!s->rec)
		return refuse(desk, R_NOT_FOUND, "edit.path", field, "there is no such record");
	json_t *body = wrapped(t, value);
	bool good = merge(s, desk, body, false, field);
	json_decref(body);
	return good;
}

static bool stage_record(struct draft *d, const struct desk *desk, const struct target *t,
			 const char *op, json_t *value, const char *field)
{
	const struct staged *s = draft_find(d, t->kind, t->name);
	bool is_there = s ? s->rec != NULL : config_find(desk->config, t->kind, t->name) != NULL;

	if (strcmp(op, "add") == 0 && is_there)
		return refuse(desk, R_NAME_TAKEN, "edit.path", field, "the record exists already");
	if (strcmp(op, "remove") == 0 && !is_there)
		return refuse(desk, R_NOT_FOUND, "edit.path", field, "there is no such record");
	if (strcmp(op, "merge") == 0 && is_there)
		return stage_member(d, desk, t, value, field);
	return draft_put(d, desk, t->kind, t->name, value, field);
}

static bool is_op(const char *op)
{
	static const char *const ops[] = { "add", "replace", "merge", "remove", "forget" };

	for (size_t i = 0; op && i < COUNT_OF(ops); i++)
		if (strcmp(ops[i], op) == 0)
			return true;
	return false;
}

bool draft_stage(struct draft *d, const struct desk *desk, json_t *edit, size_t i)
{
	const char *op = json_string_value(json_object_get(edit, "op"));
	const char *path = json_string_value(json_object_get(edit, "path"));
	json_t *value = json_object_get(edit, "value"), *unused;
	struct target t;
	const char *key;
	char field[24];

	snprintf(field, sizeof(field), "%zu", i);
	json_object_foreach(edit, key, unused)
	{
		if (strcmp(key, "op") != 0 && strcmp(key, "path") != 0 && strcmp(key, "value") != 0)
			return refuse(desk, R_INVALID, "member.unknown", field,
				      "an edit has the members op, path and value");
	}
	if (!is_op(op))
		return refuse(desk, R_INVALID, "edit.op", field,
			      "op must be add, replace, merge, remove or forget");
	if (!path || !aim(path, &t))
		return refuse(desk, R_INVALID, "edit.path", field,
			      "path must be /KIND/NAME or /KIND/NAME/MEMBER");
	bool forgets = strcmp(op, "forget") == 0, goes = forgets || strcmp(op, "remove") == 0;
	if (goes == (value != NULL))
		return refuse(desk, R_INVALID, "edit.value", field,
			      goes ? "remove and forget take no value" : "a value is needed");
	if (!may(desk, t.kind, field))
		return false;
	if (forgets)
		return (t.n == t.first && draft_forget(d, desk->config, t.kind, t.name)) ||
		       refuse(desk, R_NOT_FOUND, "edit.path", field,
			      "nothing of that record is staged");
	return t.n > t.first ? stage_member(d, desk, &t, value, field)
			     : stage_record(d, desk, &t, op, value, field);
}

/* ---- what it says ---- */

void draft_report(const struct draft *d, struct text *t)
{
	bool comma = false;

	text_add_str(t, "[");
	for (size_t i = 0; i < d->n; i++) {
		const struct staged *s = &d->at[i];

		if (staged_is_idle(s))
			continue;
		text_add(t, "%s{\"kind\":\"%s\",\"name\":\"%s\",\"op\":\"%s\",\"changes\":",
			 comma ? "," : "", kind_row(s->kind)->path, s->name,
			 !s->rec ? "delete" : (s->before ? "update" : "create"));
		report_members(t, s->kind, s->before, s->rec);
		text_add_str(t, "}");
		comma = true;
	}
	text_add_str(t, "]");
}

const struct staged *draft_row_of_edit(const struct draft *d, size_t edit)
{
	for (size_t i = 0; edit && i < d->n; i++)
		if (!staged_is_idle(&d->at[i]) && --edit == 0)
			return &d->at[i];
	return NULL;
}

void draft_tally(const struct draft *d, struct text *t)
{
	size_t n[K_COUNT][4] = { 0 }; /* created, updated, deleted, unchanged */
	bool comma = false;

	for (size_t i = 0; i < d->n; i++) {
		const struct staged *s = &d->at[i];

		if (staged_is_idle(s))
			n[s->kind][3]++;
		else
			n[s->kind][!s->before ? 0 : s->rec ? 1 : 2]++;
	}
	text_add_str(t, "{");
	for (int k = 0; k < K_COUNT; k++) {
		if (!(n[k][0] + n[k][1] + n[k][2] + n[k][3]))
			continue;
		text_add(t,
			 "%s\"%s\":{\"created\":%zu,\"updated\":%zu,\"deleted\":%zu,"
			 "\"unchanged\":%zu}",
			 comma ? "," : "", kind_row((enum kind)k)->path, n[k][0], n[k][1], n[k][2],
			 n[k][3]);
		comma = true;
	}
	text_add_str(t, "}");
}

static json_t *conflict(const struct staged *s, const struct record *now)
{
	json_t *members = json_array();

	for (const struct field *fl = kind_row(s->kind)->fields; now && s->before && fl->name; fl++)
		if (!field_equal(fl, s->before, now))
			json_array_append_new(members, json_string(fl->name));
	return json_pack("{ss,ss,so,so}", "kind", kind_row(s->kind)->path, "name", s->name,
			 "current_revision",
			 now ? json_integer((json_int_t)now->revision) : json_null(), "members",
			 members);
}

json_t *draft_conflicts(const struct draft *d, const struct config *now)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->n; i++) {
		const struct staged *s = &d->at[i];
		const struct record *rec = config_find(now, s->kind, s->name);
		uint64_t was = s->before ? s->before->revision : 0;

		if (!s->before == !rec && (!rec || rec->revision == was))
			continue;
		if (!staged_is_idle(s))
			json_array_append_new(list, conflict(s, rec));
	}
	if (json_array_size(list))
		return list;
	json_decref(list);
	return NULL;
}

enum reason draft_may(const struct draft *d, enum role role, struct fault *f)
{
	for (size_t i = 0; i < d->n && role < ROLE_ADMIN; i++)
		if (router_is_guarded(d->at[i].kind) && !staged_is_idle(&d->at[i]))
			return fail(f, R_FORBIDDEN,
				    "%s %s is an admin's to write, and you are not one",
				    kind_row(d->at[i].kind)->word, d->at[i].name);
	return R_OK;
}

/* document.c - the configuration as one document: out, and declaratively in
 *
 * GET gives every record with the members that people write; a secret only says whether it is set
 * and its fingerprint. PUT makes the configuration what the document says, in one change: records
 * of a kind that are not named go, members that are not named have their presets. Two things stay
 * when they are not named: the value of a secret, since nobody could read it to give it back, and
 * what only an admin may write (secrets, private keys, settings) when the document leaves the kind
 * out, so that an editor can keep the rest under version control.
 *
 * Called by: router.c.  Thread: http; PUT on the loop.  Owns: nothing.
 */
#include <stdio.h>
#include <string.h>

#include "api/bulk.h"
#include "api/doors.h"
#include "api/json.h"
#include "api/query.h"
#include "api/router.h"

/* ---- out ---- */

static void put_record(struct text *t, const struct record *rec)
{
	const struct field *fields = kind_row(rec->kind)->fields;
	struct text only;

	text_init(&only, 0);
	for (const struct field *fl = fields; fl->name; fl++)
		if (!(fl->flags & (FF_READ_ONLY | FF_DERIVED)))
			text_add(&only, "%s,", fl->name);
	json_row(t, fields, rec, only.at);
	text_done(&only);
}

static bool is_builtin(const struct record *rec)
{
	return rec->kind == K_IKE_PROPOSAL && strcmp(rec->name, BUILTIN_NAME) == 0;
}

static void put_kind(struct text *t, const struct config *c, enum kind k)
{
	bool comma = false;

	text_add(t, ",\"%s\":[", kind_row(k)->path);
	for (size_t i = 0; i < config_count(c, k); i++) {
		const struct record *rec = config_at(c, k, i);

		if (is_builtin(rec))
			continue;
		text_add_str(t, comma ? "," : "");
		put_record(t, rec);
		comma = true;
	}
	text_add_str(t, "]");
}

void document_get(struct request *r)
{
	static const char *const known[] = { NULL };
	const struct config *c;
	bool comma = false;
	struct text t;

	if (!request_query_ok(r, known))
		return;
	c = board_config(r->control->board);
	if (query_unchanged(r, config_revision(c))) {
		config_unref(c);
		return;
	}
	text_init(&t, 0);
	text_add(&t, "{\"revision\":%llu,\"settings\":{", (unsigned long long)config_revision(c));
	for (int k = 0; k < K_COUNT; k++) {
		if (!kind_row((enum kind)k)->single)
			continue;
		text_add(&t, "%s\"%s\":", comma ? "," : "",
			 strchr(kind_row((enum kind)k)->path, '/') + 1);
		put_record(&t, config_at(c, (enum kind)k, 0));
		comma = true;
	}
	text_add_str(&t, "}");
	for (int k = 0; k < K_COUNT; k++)
		if (!kind_row((enum kind)k)->single)
			put_kind(&t, c, (enum kind)k);
	text_add_str(&t, "}");
	config_unref(c);
	request_text(r, 200, "application/json", &t);
}

/* ---- in ---- */

struct reading {
	struct bulk *b;
	struct desk desk;
};

static void bad(struct reading *d, const char *field, const char *text)
{
	faults_add(d->desk.errors, R_INVALID, "member.type", field, "%s", text);
}

static void read_settings(struct reading *d, json_t *settings)
{
	const char *key;
	char path[64];
	json_t *v;

	if (!json_is_object(settings)) {
		bad(d, "settings", "settings must be an object of objects");
		return;
	}
	json_object_foreach(settings, key, v)
	{
		snprintf(path, sizeof(path), "settings/%.40s", key);
		enum kind k = kind_of_path(path);

		if (k == K_COUNT)
			faults_add(d->desk.errors, R_INVALID, "member.unknown", "settings",
				   "there are no settings %.40s", key);
		else
			draft_put(&d->b->draft, &d->desk, k, kind_row(k)->path + 9, v, path);
	}
}

static void read_kind(struct reading *d, enum kind k, json_t *list)
{
	struct draft *draft = &d->b->draft;
	const char *path = kind_row(k)->path;
	size_t i;
	char field[64];
	json_t *v;

	if (list && !json_is_array(list)) {
		bad(d, path, "a list of records is due");
		return;
	}
	json_array_foreach(list, i, v)
	{
		const char *name = json_string_value(json_object_get(v, "name"));

		snprintf(field, sizeof(field), "%s/%zu", path, i);
		if (!name || !*name || strlen(name) >= NAME_SIZE)
			bad(d, field, "a record with a name is due");
		else if (draft_find(draft, k, name))
			faults_add(d->desk.errors, R_INVALID, "record.twice", field,
				   "%.32s is there twice", name);
		else
			draft_put(draft, &d->desk, k, name, v, field);
	}
	for (i = 0; i < config_count(d->desk.config, k); i++) {
		const struct record *rec = config_at(d->desk.config, k, i);

		if (!is_builtin(rec) && !draft_find(draft, k, rec->name))
			draft_put(draft, &d->desk, k, rec->name, NULL, path);
	}
}

static void read_document(struct reading *d, json_t *body)
{
	const char *key;
	json_t *v;

	json_object_foreach(body, key, v)
	{
		enum kind k = kind_of_path(key);

		if (strcmp(key, "settings") == 0)
			read_settings(d, v);
		else if (strcmp(key, "revision") != 0 && (k == K_COUNT || kind_row(k)->single))
			faults_add(d->desk.errors, R_INVALID, "member.unknown", "",
				   "%.40s is no kind of record", key);
	}
	for (int k = 0; k < K_COUNT; k++) {
		json_t *list = json_object_get(body, kind_row((enum kind)k)->path);

		if (!kind_row((enum kind)k)->single && (list || !router_is_guarded((enum kind)k)))
			read_kind(d, (enum kind)k, list);
	}
}

static void run_put(struct request *r)
{
	struct bulk *b = r->work;
	const struct config *c = board_config(r->control->board);
	struct reading d = { b, { c, r->server->keyring, r->role, &b->errors } };
	struct fault f = { 0 };

	if (r->has_if_match && !r->if_match_any && r->if_match != config_revision(c)) {
		fail(&f, R_STALE, "the configuration is at revision %llu",
		     (unsigned long long)config_revision(c));
		query_etag(r, config_revision(c));
		config_unref(c);
		request_fault(r, &f);
		return;
	}
	b->made_for = config_revision(c);
	read_document(&d, r->json);
	config_unref(c);
	if (b->errors.n)
		bulk_refuse(r, b);
	else
		bulk_run(r);
}

void document_put(struct request *r)
{
	struct bulk *b = bulk_begin(r);
	struct fault f = { 0 };

	if (!b)
		return;
	if (!r->has_if_match && !b->dry_run) {
		fail(&f, R_NEEDS_IF_MATCH, "the request has no If-Match");
		text_copy(f.hint, sizeof(f.hint), "Send the ETag of GET /api/v1/config, or *");
		request_fault(r, &f);
	} else if (!json_is_object(r->json)) {
		fail(&f, R_BAD_JSON, "a JSON object is due in the body");
		request_fault(r, &f);
	} else {
		request_park(r, run_put);
	}
}

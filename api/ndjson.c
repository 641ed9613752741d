/* ndjson.c - POST /bulk: many records, one a line (NDJSON), in one change
 *
 *	{"kind": "peers", "name": "b1", "remote_address": "192.0.2.1", "psk": "s"}
 *	{"kind": "tunnels", "op": "merge", "record": {"name": "b1", "enabled": false}}
 *
 * The record stands in "record", or, without that, is what the line has besides kind and op. Each
 * line is read by itself, so that ten thousand of them cost one tree at a time, and none holds up
 * the loop: all that is said about a line alone is said here, on the http thread. Together they
 * are one change: all are taken or none, and who reads sees all or none.
 *
 * Called by: router.c.  Thread: http; the change on the loop (bulk.c).  Owns: nothing.
 */
#include <stdio.h>
#include <string.h>

#include "api/bulk.h"
#include "api/doors.h"
#include "api/json.h"
#include "api/query.h"
#include "api/router.h"

enum line_op { LINE_PUT, LINE_CREATE, LINE_MERGE, LINE_DELETE };

static const struct name ops[] = { { LINE_PUT, "put" },
				   { LINE_CREATE, "create" },
				   { LINE_MERGE, "merge" },
				   { LINE_DELETE, "delete" },
				   { 0, NULL } };

struct reading {
	struct bulk *b;
	struct desk desk;
	size_t line; /* from 1 */
	char place[24];
};

static void bad(struct reading *d, enum reason r, const char *rule, const char *member,
		const char *text)
{
	char field[64];

	snprintf(field, sizeof(field), "%s%s%s", d->place, *member ? "." : "", member);
	faults_add(d->desk.errors, r, rule, field, "%s", text);
}

/* "settings/ike" names the one record there is; everything else needs a name. */
static const char *name_of_line(struct reading *d, enum kind k, const json_t *rec)
{
	const char *name = json_string_value(json_object_get(rec, "name"));

	if (kind_row(k)->single)
		return kind_row(k)->path + strlen("settings/");
	if (name && *name && strlen(name) < NAME_SIZE)
		return name;
	bad(d, R_INVALID, "member.required", "name", "a name is due");
	return NULL;
}

static void stage(struct reading *d, enum kind k, enum line_op op, json_t *rec)
{
	struct draft *draft = &d->b->draft;
	const char *name = name_of_line(d, k, rec);
	struct staged *s;

	if (!name)
		return;
	bool is_there = config_find(d->desk.config, k, name) != NULL;
	if (draft_find(draft, k, name))
		bad(d, R_INVALID, "record.twice", "name", "this record is there twice");
	else if (op == LINE_CREATE && is_there)
		bad(d, R_NAME_TAKEN, "record.exists", "name", "this record exists already");
	else if (op == LINE_DELETE && !is_there)
		bad(d, R_NOT_FOUND, "record.missing", "name", "there is no such record");
	else if (op == LINE_MERGE && is_there)
		draft_merge(draft, &d->desk, k, name, rec, d->place);
	else
		draft_put(draft, &d->desk, k, name, op == LINE_DELETE ? NULL : rec, d->place);
	s = draft_find(draft, k, name);
	if (s && !s->line)
		s->line = d->line;
}

static void take_line(struct reading *d, json_t *line)
{
	const char *path = json_string_value(json_object_get(line, "kind"));
	const json_t *word = json_object_get(line, "op");
	json_t *rec = json_object_get(line, "record");
	enum kind k = path ? kind_of_path(path) : K_COUNT;
	int op = LINE_PUT;

	if (!json_is_object(line)) {
		bad(d, R_INVALID, "body.object", "", "a line must be a JSON object");
	} else if (k == K_COUNT) {
		bad(d, R_INVALID, path ? "line.kind" : "member.required", "kind",
		    path ? "there is no such kind of record" : "a line says which kind it is of");
	} else if (word &&
		   (!json_is_string(word) || !name_find(ops, json_string_value(word), &op))) {
		bad(d, R_INVALID, "member.value", "op", "op is put, create, merge or delete");
	} else if (rec && json_object_size(line) != (word ? 3u : 2u)) {
		bad(d, R_INVALID, "member.unknown", "",
		    "beside record a line has kind and op, nothing else");
	} else {
		if (!rec) {
			rec = line;
			json_object_del(line, "kind");
			json_object_del(line, "op");
		}
		stage(d, k, (enum line_op)op, rec);
	}
}

static void read_lines(struct reading *d, const char *at, size_t n)
{
	const char *end = at + n;

	for (const char *stop; at < end && !d->desk.errors->dropped; at = stop + 1) {
		struct fault f = { 0 };
		json_t *line = NULL;

		stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop : end;
		d->line++;
		size_t blank = 0;
		while (at + blank < stop && strchr(" \t\r", at[blank]))
			blank++;
		if (at + blank == stop)
			continue;
		snprintf(d->place, sizeof(d->place), "%zu", d->line);
		if (json_parse(at, (size_t)(stop - at), &line, &f) != R_OK)
			bad(d, f.reason, "line.json", "", f.text);
		else
			take_line(d, line);
		json_decref(line);
	}
}

static bool is_current(struct request *r, struct bulk *b, uint64_t revision)
{
	struct fault f = { 0 };

	b->made_for = MATCH_ANY;
	if (!r->has_if_match || r->if_match_any)
		return true;
	b->made_for = revision;
	if (r->if_match == revision)
		return true;
	fail(&f, R_STALE, "the configuration is at revision %llu", (unsigned long long)revision);
	query_etag(r, revision);
	request_fault(r, &f);
	return false;
}

void ndjson_import(struct request *r)
{
	struct bulk *b = bulk_begin(r);
	struct fault f = { 0 };

	if (!b)
		return;
	if (!r->body_n) {
		fail(&f, R_BAD_JSON, "lines of records are due in the body");
		request_fault(r, &f);
		return;
	}
	const struct config *c = board_config(r->control->board);
	struct reading d = { .b = b, .desk = { c, r->server->keyring, r->role, &b->errors } };

	b->by_lines = true;
	bool go_on = is_current(r, b, config_revision(c));
	if (go_on)
		read_lines(&d, r->body, r->body_n);
	config_unref(c);
	if (go_on && b->errors.n)
		bulk_refuse(r, b);
	else if (go_on)
		request_park(r, bulk_run);
}

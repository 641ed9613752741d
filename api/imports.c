/* imports.c - POST /imports: another product's configuration, read where it arrives
 *
 * {"from": LANGUAGE, "text": ...}: the text becomes a sketch (core/dialect), the sketch a draft,
 * and the answer is the preview of that draft as one change, with what each record was made of
 * and what could not be taken. Nothing is stored; with ?stage=true the draft waits as a change
 * set. A record of the text takes the place of one of its name; settings and secrets are merged.
 *
 * Keys are sealed as soon as the text is read, on the http thread; the text goes with the request
 * and is in no answer: notes quote the first words of a line, which is where no key stands.
 * What an admin guards is left out for whoever is none, with a note, so that an editor sees the
 * rest of what he pasted.
 *
 * Called by: router.c.  Thread: http; the change on the loop (bulk.c).  Owns: what it says, which
 * hangs on the bulk.
 */
#include <stdlib.h>
#include <string.h>

#include "api/bulk.h"
#include "api/doors.h"
#include "api/json.h"
#include "api/query.h"
#include "api/router.h"
#include "core/dialect/dialect.h"

struct import {
	const struct dialect *from;
	bool stage;
	struct text edits, notes; /* JSON, as they are answered */
	size_t dropped;
};

static void import_free(void *own)
{
	struct import *m = own;

	text_done(&m->edits);
	text_done(&m->notes);
	free(m);
}

/* ---- from the sketch to the draft ---- */

static void put_line(struct text *t, unsigned line)
{
	if (line)
		text_add(t, ",\"line\":%u", line);
	else
		text_add_str(t, ",\"line\":null");
}

/* The members that the text says. The key of a secret stands in it: it is wiped with the tree. */
static json_t *value_of(const struct entry *e)
{
	struct text t;

	text_init(&t, 0);
	entry_json(e, &t);
	json_t *v = t.at && !t.cut ? json_loadb(t.at, t.n, 0, NULL) : NULL;
	if (t.at)
		wipe(t.at, t.n);
	text_done(&t);
	return v;
}

static bool is_merged(const struct entry *e)
{
	return e->rec->kind == K_SECRET || kind_row(e->rec->kind)->single;
}

/* Without its key, which is the member "value" of a secret. */
static void put_edit(struct import *m, const struct entry *e, json_t *value)
{
	struct text path, *t = &m->edits;

	if (e->rec->kind == K_SECRET)
		json_object_del(value, "value");
	char *said = json_dumps(value, JSON_COMPACT);
	text_init(&path, 0);
	entry_path(e, &path);
	text_add(t, "%s{\"op\":\"%s\"", t->n ? "," : "", is_merged(e) ? "merge" : "replace");
	text_add_member(t, "path", path.at ? path.at : "");
	put_line(t, e->line);
	text_add(t, ",\"key\":%s,\"value\":", e->secret ? "true" : "false");
	text_add_str(t, said ? said : "{}");
	text_add_str(t, "}");
	text_done(&path);
	free(said);
}

static void take_entry(struct bulk *b, const struct desk *desk, struct sketch *d,
		       const struct entry *e)
{
	const struct kind_row *row = kind_row(e->rec->kind);
	const char *name = row->single ? row->path + strlen("settings/") : e->rec->name;
	char place[24];

	if (desk->role < ROLE_ADMIN && router_is_guarded(e->rec->kind)) {
		sketch_note(d, NOTE_LEFT_OUT, e->line, "",
			    "%s %s is an admin's to write, and you are not one", row->word, name);
		return;
	}
	json_t *value = value_of(e);
	if (!value) {
		faults_add(desk->errors, R_NO_MEMORY, "", "", "no memory for a record");
		return;
	}
	snprintf(place, sizeof(place), "%u", e->line);
	if (is_merged(e))
		draft_merge(&b->draft, desk, e->rec->kind, name, value, place);
	else
		draft_put(&b->draft, desk, e->rec->kind, name, value, place);
	struct staged *s = draft_find(&b->draft, e->rec->kind, name);
	if (s)
		s->line = e->line;
	put_edit(b->own, e, value);
	json_decref(value);
}

static void put_notes(struct import *m, const struct sketch *d)
{
	struct text *t = &m->notes;

	for (size_t i = 0; i < d->notes_n; i++) {
		const struct note *n = &d->notes[i];

		text_add(t, "%s{\"sort\":\"%s\"", i ? "," : "",
			 n->sort == NOTE_LEFT_OUT ? "left_out" : "mind");
		put_line(t, n->line);
		text_add_member(t, "words", n->words);
		text_add_member(t, "text", n->text);
		text_add_str(t, "}");
	}
	m->dropped = d->notes_dropped;
}

static void take_text(struct request *r, struct bulk *b, struct slice text)
{
	const struct config *c = board_config(r->control->board);
	struct desk desk = { c, r->server->keyring, r->role, &b->errors };
	struct import *m = b->own;
	struct sketch d;

	sketch_init(&d);
	m->from->read(text, &d);
	sketch_order(&d);
	for (size_t i = 0; i < d.n && !b->errors.dropped; i++)
		take_entry(b, &desk, &d, d.at[i]);
	if (d.no_memory)
		faults_add(&b->errors, R_NO_MEMORY, "", "", "no memory to read this text");
	else if (d.n == 0)
		faults_add(&b->errors, R_INVALID, "import.nothing", "text",
			   "nothing in this text is about IKE or IPsec");
	put_notes(m, &d);
	sketch_done(&d);
	config_unref(c);
}

/* ---- what is answered ---- */

static bool say(struct request *r, struct bulk *b, struct text *t)
{
	const struct import *m = b->own;
	struct fault f = { 0 };
	uint64_t id = 0;
	char where[64];

	if (m->stage && !b->errors.n) {
		if (changesets_keep(r, &b->draft, b->terms.comment, &id, &f) != R_OK) {
			request_fault(r, &f);
			return false;
		}
		snprintf(where, sizeof(where), "/api/v1/changesets/%llu", (unsigned long long)id);
		request_header(r, "Location", where);
		b->status = 201;
	}
	text_add_member(t, "from", m->from->word);
	text_add(t, ",\"edits\":[%s]", m->edits.at ? m->edits.at : "");
	text_add(t, ",\"notes\":[%s]", m->notes.at ? m->notes.at : "");
	text_add(t, ",\"notes_dropped\":%zu,\"changeset\":", m->dropped);
	if (id)
		text_add(t, "%llu", (unsigned long long)id);
	else
		text_add_str(t, "null");
	return true;
}

/* ---- asked ---- */

static bool body_ok(struct request *r, const struct dialect **ret)
{
	const json_t *from = json_object_get(r->json, "from");
	const json_t *text = json_object_get(r->json, "text");
	const json_t *comment = json_object_get(r->json, "comment");
	const struct dialect *d =
		json_is_string(from) ? dialect_find(json_string_value(from)) : NULL;
	struct faults errors = { 0 };

	if (json_object_size(r->json) != 2u + (comment != NULL) || !from || !json_is_string(text))
		faults_add(&errors, R_INVALID, "body.object", "",
			   "from and text are due, and comment may be there");
	else if (!d || !d->read)
		faults_add(&errors, R_INVALID, "member.value", "from",
			   "from is the language of the text: comware, swanctl or ipsec.conf");
	else if (!json_string_length(text) || json_string_length(text) > DIALECT_TEXT_MAX)
		faults_add(&errors, R_INVALID, "member.value", "text",
			   "text is a configuration of 1 to %d octets", DIALECT_TEXT_MAX);
	else if (comment && (!json_is_string(comment) || json_string_length(comment) > 127))
		faults_add(&errors, R_INVALID, "member.value", "comment",
			   "comment is a text of at most 127 octets");
	if (errors.n)
		request_faults(r, R_INVALID, &errors, NULL);
	*ret = d;
	return errors.n == 0;
}

static struct bulk *begin(struct request *r, const struct dialect *from, bool stage)
{
	struct bulk *b = calloc(1, sizeof(*b));
	struct import *m = calloc(1, sizeof(*m));

	if (!b || !m) {
		free(b);
		free(m);
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
		return NULL;
	}
	m->from = from;
	m->stage = stage;
	text_init(&m->edits, 0);
	text_init(&m->notes, 0);
	bulk_hang(r, b);
	b->dry_run = true;
	b->made_for = MATCH_ANY;
	b->more = say;
	b->own = m;
	b->free_own = import_free;
	return b;
}

void imports_create(struct request *r)
{
	static const char *const known[] = { "stage", NULL };
	const json_t *text = json_object_get(r->json, "text");
	const char *comment = json_string_value(json_object_get(r->json, "comment"));
	const struct dialect *from;
	struct bulk *b;
	bool stage;

	if (!request_query_ok(r, known) || !query_flag(r, "stage", &stage) || !body_ok(r, &from) ||
	    !(b = begin(r, from, stage)))
		return;
	text_copy(b->terms.comment, sizeof(b->terms.comment), comment ? comment : "");
	take_text(r, b, slice(json_string_value(text), json_string_length(text)));
	if (b->errors.n)
		bulk_refuse(r, b);
	else
		request_park(r, bulk_run);
}

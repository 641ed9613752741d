/* resources.c - every configuration collection at once
 *
 * What a kind of record is called and what it holds stands in kind.def and its field table;
 * here is only what all of them have in common: list, get, create, replace, change, delete,
 * and the preconditions of a write. ETag is the revision that last wrote the record.
 *
 *	POST    a new one; 409 when the name is taken
 *	PUT     create or replace; replacing needs If-Match, If-None-Match: * only creates.
 *	        If-Match: * says "whatever is there", nothing included
 *	PATCH   merge patch; needs If-Match ("*" is any)
 *	DELETE  needs If-Match; refused while others refer to it
 *
 * A dry run stores nothing, so it may leave If-Match out.
 *
 * Called by: router.  Thread: http.  Owns: nothing.
 */
#include <stdio.h>
#include <string.h>

#include "api/change1.h"
#include "api/json.h"
#include "api/listing.h"
#include "api/query.h"
#include "api/router.h"

struct shelf {
	const struct config *config;
	enum kind kind;
};

static const void *record_at(const void *ctx, size_t i)
{
	const struct shelf *s = ctx;

	return config_at(s->config, s->kind, i);
}

static void put_record(const void *ctx, struct text *t, const void *row, const char *only)
{
	(void)ctx;
	json_record(t, row, only);
}

static const char *peer_of(const void *ctx, const void *row)
{
	const struct record *rec = row;

	(void)ctx;
	return rec->kind == K_TUNNEL ? ((const struct tunnel *)rec)->peer : rec->name;
}

void resource_list(struct request *r)
{
	const struct config *c = board_config(r->control->board);
	struct shelf shelf = { c, r->kind };
	struct listing_source s = { .ctx = &shelf, .at = record_at, .put = put_record };
	struct listing l;

	s.generation = config_revision(c);
	if (r->kind == K_PEER || r->kind == K_TUNNEL)
		s.peer = peer_of;
	if (listing_read(r, kind_row(r->kind)->fields, "name", &l) &&
	    !query_unchanged(r, s.generation)) {
		s.n = config_count(c, r->kind);
		if (!l.sort && r->kind == K_IKE_PROPOSAL) /* by priority, not by name */
			l.sort = field_find(l.fields, "number");
		if (!l.sort && l.resumed)
			s.first = config_after(c, r->kind, l.after_key);
		listing_answer(r, &l, &s);
	}
	config_unref(c);
}

static void not_found(struct request *r, struct fault *ret)
{
	fail(ret, R_NOT_FOUND, "there is no %s %s", kind_row(r->kind)->word,
	     r->name ? r->name : "");
}

void resource_get(struct request *r)
{
	static const char *const known[] = { "fields", NULL };
	struct fault f = { 0 };
	struct text t;

	if (!request_query_ok(r, known))
		return;
	const struct config *c = board_config(r->control->board);
	const struct record *rec = change1_find(c, r->kind, r->name);
	if (!rec) {
		not_found(r, &f);
		request_fault(r, &f);
	} else if (!query_unchanged(r, rec->revision)) {
		text_init(&t, 0);
		json_record(&t, rec, request_query(r, "fields"));
		request_text(r, 200, "application/json", &t);
	}
	config_unref(c);
}

static bool is_builtin(const struct record *rec)
{
	return rec && rec->kind == K_IKE_PROPOSAL && ((const struct ike_proposal *)rec)->builtin;
}

/* The preconditions of writing to what is there. False: answered. */
static bool may_write(struct request *r, struct wish *w)
{
	struct fault f = { 0 };

	if (is_builtin(w->before)) {
		fail(&f, R_INVALID, "%s is built in and cannot be changed", w->before->name);
		text_copy(f.rule, sizeof(f.rule), "record.builtin");
		text_copy(f.hint, sizeof(f.hint), "Make a proposal of your own under another name");
		change1_refuse(r, w, &f);
		return false;
	}
	if (r->has_if_match && !r->if_match_any && r->if_match != w->before->revision) {
		change1_stale(r, w, w->before->revision);
		return false;
	}
	if (!r->has_if_match && !w->dry_run) {
		fail(&f, R_NEEDS_IF_MATCH, "the request has no If-Match");
		snprintf(f.hint, sizeof(f.hint), "Send If-Match: \"%llu\", the ETag you read",
			 (unsigned long long)w->before->revision);
		query_etag(r, w->before->revision);
		change1_refuse(r, w, &f);
		return false;
	}
	return true;
}

/* Puts the record that is there now into w->before, with a reference. */
static void look_up(struct request *r, struct wish *w, const char *name)
{
	const struct config *c = board_config(r->control->board);
	const struct record *rec = change1_find(c, w->kind, name);

	w->before = rec ? record_ref(rec) : NULL;
	text_copy(w->name, sizeof(w->name), rec ? rec->name : name ? name : "");
	config_unref(c);
}

void resource_create(struct request *r)
{
	struct wish *w = change1_begin(r, EDIT_PUT);
	struct fault f = { 0 };

	if (!w)
		return;
	const char *name = json_string_value(json_object_get(r->json, "name"));
	look_up(r, w, name);
	if (w->before) {
		fail_field(&f, R_NAME_TAKEN, "name", "the %s %s exists already",
			   kind_row(r->kind)->word, w->name);
		snprintf(f.hint, sizeof(f.hint), "PATCH /api/v1/%s/%s changes it",
			 kind_row(r->kind)->path, w->name);
		change1_refuse(r, w, &f);
		return;
	}
	*w->name = '\0'; /* the body says it, and is checked */
	w->whole = true;
	w->must_be_new = true;
	change1_write(r, w);
}

void resource_put(struct request *r)
{
	struct wish *w = change1_begin(r, EDIT_PUT);
	struct fault f = { 0 };

	if (!w)
		return;
	look_up(r, w, r->name);
	w->whole = true;
	w->must_be_new = !w->before;
	if (w->before && r->if_none_match_any) {
		fail(&f, R_STALE, "the %s %s exists already", kind_row(r->kind)->word, w->name);
		query_etag(r, w->before->revision);
		change1_refuse(r, w, &f);
	} else if (!w->before && r->has_if_match && !r->if_match_any) {
		fail(&f, R_STALE, "there is no %s %s any more", kind_row(r->kind)->word, r->name);
		change1_refuse(r, w, &f);
	} else if (!w->before || may_write(r, w)) {
		change1_write(r, w);
	}
}

/* PATCH and DELETE need something to be there. */
static struct wish *begin_existing(struct request *r, enum edit_op op)
{
	struct wish *w = change1_begin(r, op);
	struct fault f = { 0 };

	if (!w)
		return NULL;
	look_up(r, w, r->name);
	if (!w->before) {
		not_found(r, &f);
		change1_refuse(r, w, &f);
		return NULL;
	}
	return may_write(r, w) ? w : NULL;
}

void resource_patch(struct request *r)
{
	struct wish *w = begin_existing(r, EDIT_PUT);

	if (w)
		change1_write(r, w);
}

void resource_delete(struct request *r)
{
	struct wish *w = begin_existing(r, EDIT_DELETE);

	if (w)
		change1_delete(r, w);
}

/* {"ike": {...}, "keepalive": {...}, ..., "generation": n} */
void settings_list(struct request *r)
{
	static const char *const known[] = { NULL };
	struct text t;

	if (!request_query_ok(r, known))
		return;
	const struct config *c = board_config(r->control->board);
	if (!query_unchanged(r, config_revision(c))) {
		text_init(&t, 0);
		text_add_str(&t, "{");
		for (int k = 0; k < K_COUNT; k++) {
			const struct kind_row *row = kind_row((enum kind)k);

			if (!row->single)
				continue;
			text_add(&t, "\"%s\":", strchr(row->path, '/') + 1);
			json_record(&t, config_at(c, (enum kind)k, 0), NULL);
			text_add_str(&t, ",");
		}
		text_add(&t, "\"generation\":%llu}", (unsigned long long)config_revision(c));
		request_text(r, 200, "application/json", &t);
	}
	config_unref(c);
}

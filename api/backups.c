/* backups.c - POST /backups: the configuration as one file, and POST /restore: it comes back
 *
 * A backup is a copy of the database (store/copies.c) in a parcel. Its secrets are sealed as they
 * lie here; with a passphrase the key they are sealed with travels inside. The loop copies pages, some
 * a turn; checking the copy, the sums and the slow key of the passphrase are the crew's. So is reading a
 * backup that comes back.
 *
 * A restore is one change of the whole configuration, like PUT /config: what differs becomes
 * edits, with secrets sealed anew under this machine's key, and bulk.c does the rest. Users,
 * tokens and sessions are in no backup: who may come in is each machine's own.
 *
 * Called by: router.c.  Thread: http until parked, then the loop; work() a worker.
 * Owns: what hangs on the request.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/audit.h"
#include "api/bulk.h"
#include "api/doors.h"
#include "core/crypto/parcel.h"
#include "core/base/base64.h"
#include "core/base/crew.h"

enum { PASSPHRASE_LEAST = 8, PASSPHRASE_MOST = 256, PAGES_A_TURN = 64 };

struct backup { /* being made, or coming back */
	struct job job;
	struct request *r;
	char passphrase[PASSPHRASE_MOST + 1];
	struct copying *copying;
	struct post post; /* the next pages */
	struct bytes *copy, *file;
	struct config *past; /* what came out of a copy */
	struct parcel parcel;
	struct keyring *ring; /* what opens the secrets; NULL: this machine's */
	struct fault fault;
};

static void drop(void *backup)
{
	struct backup *b = backup;

	if (!b)
		return;
	if (b->copying)
		b->r->control->repo->copy_end(b->copying);
	config_unref(b->past);
	bytes_free(b->copy);
	bytes_free(b->file);
	keyring_free(b->ring);
	wipe(b, sizeof(*b));
	free(b);
}

/* Out of the body, and wiped there. False: answered. */
static bool take_passphrase(struct request *r, struct backup *b)
{
	json_t *v = json_object_get(r->json, "passphrase");
	size_t n = json_string_length(v);
	bool good = !v || (json_is_string(v) && n >= PASSPHRASE_LEAST && n <= PASSPHRASE_MOST);

	if (v && good) {
		memcpy(b->passphrase, json_string_value(v), n);
		wipe((void *)(uintptr_t)json_string_value(v), n);
	}
	json_object_del(r->json, "passphrase");
	if (good)
		return true;
	struct fault f = { .rule = "member.value", .field = "passphrase" };
	fail(&f, R_INVALID, "the passphrase is a text of %d to %d octets", PASSPHRASE_LEAST,
	     PASSPHRASE_MOST);
	request_fault(r, &f);
	return false;
}

static void ask_crew(struct request *r, struct backup *b, void (*work)(struct job *),
		     void (*done)(struct job *, bool))
{
	b->r = r;
	b->job = (struct job){ .work = work, .done = done };
	if (crew_ask(r->control->crew, &b->job) != R_OK)
		request_fault(r,
			      &(struct fault){ .reason = R_BUSY, .text = "too much is under way" });
}

/* ---- out ---- */

/* Nobody else has the copy, so what takes long is done where it holds nobody up. */
static void wrap(struct job *j)
{
	struct backup *b = owner_of(j, struct backup, job);
	const struct repo *repo = b->r->control->repo;

	if (repo->copy_finish(b->copying, &b->copy, &b->fault) == R_OK)
		parcel_write(b->r->server->keyring, b->passphrase, slice_of(b->copy), &b->file,
			     &b->fault);
}

static void wrapped(struct job *j, bool cancelled)
{
	struct backup *b = owner_of(j, struct backup, job);
	struct text t;

	b->r->control->repo->copy_end(b->copying); /* here, since a request may end elsewhere */
	b->copying = NULL;
	if (cancelled)
		fail(&b->fault, R_SHUTDOWN, "the gateway is stopping");
	if (!b->file) {
		request_fault(b->r, &b->fault);
		return;
	}
	text_init(&t, 0);
	text_add_n(&t, (const char *)b->file->at, b->file->n);
	request_header(b->r, "Content-Disposition", "attachment; filename=\"ikeeper.backup\"");
	request_text(b->r, 200, "application/octet-stream", &t);
}

/* Some pages a turn: as many as are copied in a millisecond or two. */
static void take_pages(struct post *p)
{
	struct backup *b = owner_of(p, struct backup, post);
	struct request *r = b->r;

	if (r->control->repo->copy_step(b->copying, PAGES_A_TURN))
		ask_crew(r, b, wrap, wrapped);
	else
		loop_post(r->server->loop, &b->post);
}

static void run_backup(struct request *r)
{
	struct repo *repo = r->control->repo;
	struct backup *b = r->work;

	b->r = r;
	b->post.run = take_pages;
	if (!repo->copy_begin)
		request_fault(r, &(struct fault){ .reason = R_NOT_IMPLEMENTED,
						  .text = "this store makes no copies" });
	else if (!audit_act(r, DEED_BACKUP, "config", "",
			    json_pack("{sb}", "passphrase", *b->passphrase != '\0')))
		return;
	else if (repo->copy_begin(repo->ctx, &b->copying, &b->fault) != R_OK)
		request_fault(r, &b->fault);
	else
		take_pages(&b->post);
}

static bool body_is_known(struct request *r)
{
	struct fault f = { .rule = "member.unknown" };
	const char *key;
	json_t *unused;

	if (r->json && !json_is_object(r->json)) {
		fail(&f, R_BAD_JSON, "a JSON object is due in the body");
		request_fault(r, &f);
		return false;
	}
	json_object_foreach(r->json, key, unused)
	{
		if (strcmp(key, "passphrase") == 0)
			continue;
		fail(&f, R_INVALID, "%.40s is not known here: passphrase", key);
		request_fault(r, &f);
		return false;
	}
	return true;
}

void backups_create(struct request *r)
{
	static const char *const known[] = { NULL };
	struct backup *b = calloc(1, sizeof(*b));

	r->work = b;
	r->drop = drop;
	if (!b)
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
	else if (request_query_ok(r, known) && body_is_known(r) && take_passphrase(r, b))
		request_park(r, run_backup);
}

/* ---- in ---- */

/* Secrets of a record, from what opens them there to what opens them here. One that is the same
 * stays as it lies here, so that it is no difference. */
static enum reason reseal(const struct request *r, struct keyring *from, struct record *rec,
			  struct fault *f)
{
	struct keyring *here = r->server->keyring;
	char about[64], mark[FINGERPRINT_TEXT];

	snprintf(about, sizeof(about), "%s/%s", kind_row(rec->kind)->path, rec->name);
	for (const struct field *fl = kind_row(rec->kind)->fields; fl->name; fl++) {
		own(bytes) plain = NULL;
		own(bytes) sealed = NULL;

		if (fl->kind != F_SECRET || !field_sealed(fl, rec)->n)
			continue;
		if (!secret_is_ours(from, field_sealed_octets(fl, rec)))
			return fail(f, R_BACKUP_KEY,
				    "%s was sealed with another key file: make the backup with a "
				    "passphrase to restore it here",
				    about);
		if (secret_open(from, about, field_sealed_octets(fl, rec), &plain, f) != R_OK)
			return fail(f, R_BACKUP_DAMAGED, "the secret of %s cannot be opened",
				    about);
		secret_fingerprint(here, slice_of(plain), mark);
		if (secret_seal(here, about, slice_of(plain), &sealed, f) != R_OK ||
		    field_set_sealed(fl, rec, slice_of(sealed), mark, f) != R_OK)
			return f->reason;
	}
	return R_OK;
}

static enum reason stage(struct request *r, struct bulk *b, struct keyring *from,
			 const struct config *past, struct fault *f)
{
	const struct config *now = board_config(r->control->board);
	struct edit *edits;
	size_t n, i;

	b->made_for = config_revision(now);
	if (r->has_if_match && !r->if_match_any && r->if_match != config_revision(now)) {
		fail(f, R_STALE, "the configuration is at revision %llu",
		     (unsigned long long)config_revision(now));
	} else if (!config_edits(now, past, &edits, &n)) {
		fail(f, R_NO_MEMORY, "no memory for a change");
	} else {
		for (i = 0; i < n; i++)
			if (edits[i].op == EDIT_PUT && reseal(r, from, edits[i].rec, f) != R_OK)
				break;
		if (i < n)
			edits_free(edits, n);
		else if (!draft_take_edits(&b->draft, now, edits, n))
			fail(f, R_NO_MEMORY, "no memory for a change");
	}
	config_unref(now);
	return f->reason;
}

static void copy_came(void *arg, struct config *take_c, const struct fault *f)
{
	struct backup *b = arg;

	b->past = take_c;
	b->fault = *f;
	if (!take_c && f->reason == R_STORE_DAMAGED)
		fail(&b->fault, R_BACKUP_DAMAGED, "%.200s", f->text);
	else if (!take_c && f->reason == R_STORE)
		fail(&b->fault, R_BACKUP_FOREIGN, "%.200s", f->text);
}

/* Opening, checking and reading what is in it: all on the crew. */
static void unpack(struct job *j)
{
	struct backup *b = owner_of(j, struct backup, job);
	const struct repo *repo = b->r->control->repo;

	if (b->parcel.locked && !(b->ring = parcel_ring(&b->parcel, b->passphrase, &b->fault)))
		return;
	repo->copied(repo->ctx, b->parcel.copy, copy_came, b);
}

static void unpacked(struct job *j, bool cancelled)
{
	struct backup *from = owner_of(j, struct backup, job);
	struct request *r = from->r;
	struct bulk *b = r->work;

	if (cancelled)
		fail(&from->fault, R_SHUTDOWN, "the gateway is stopping");
	if (cancelled || !from->past ||
	    stage(r, b, from->ring ? from->ring : r->server->keyring, from->past, &from->fault) !=
		    R_OK)
		request_fault(r, &from->fault);
	else if (b->dry_run || audit_act(r, DEED_RESTORE, "config", "", NULL))
		bulk_run(r);
}

static void run_restore(struct request *r)
{
	struct bulk *b = r->work;

	if (!*b->terms.comment)
		text_copy(b->terms.comment, sizeof(b->terms.comment), "restored from a backup");
	if (!r->control->repo->copied)
		request_fault(r, &(struct fault){ .reason = R_NOT_IMPLEMENTED,
						  .text = "this store reads no copies" });
	else
		ask_crew(r, b->own, unpack, unpacked);
}

/* False: answered. */
static bool take_file(struct request *r, struct backup *from)
{
	const json_t *v = json_object_get(r->json, "file");
	struct fault f = { 0 };

	if (json_is_string(v))
		from->file = base64_read(json_string_value(v), json_string_length(v));
	if (!from->file) {
		fail_field(&f, v ? R_BACKUP_DAMAGED : R_INVALID, "file",
			   "the backup is due in file, as base64");
	} else if (parcel_read(slice_of(from->file), &from->parcel, &f) == R_OK) {
		if (from->parcel.locked && !*from->passphrase)
			fail_field(&f, R_BACKUP_LOCKED, "passphrase",
				   "the backup was made with a passphrase");
		else if (!from->parcel.locked && *from->passphrase)
			fail_field(&f, R_BACKUP_LOCKED, "passphrase",
				   "the backup was made without a passphrase");
	}
	json_object_del(r->json, "file");
	if (f.reason == R_OK)
		return true;
	request_fault(r, &f);
	return false;
}

void backups_restore(struct request *r)
{
	struct bulk *b = bulk_begin(r);
	struct backup *from = b ? calloc(1, sizeof(*from)) : NULL;

	if (!b)
		return;
	b->own = from;
	b->free_own = drop;
	if (!from)
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
	else if (!json_is_object(r->json))
		request_fault(r, &(struct fault){ .reason = R_BAD_JSON,
						  .text = "a JSON object is due in the body" });
	else if (take_passphrase(r, from) && take_file(r, from) && bulk_body(r, b))
		request_park(r, run_restore);
}

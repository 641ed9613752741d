/* generate.c - records in another product's language: the other end of a peer, or all of them
 *
 * Written with what anybody may read: no key is ever in the text, only the words that stand for
 * one (SECRET_HERE). What the language cannot say stands above it as comment.
 *
 * Called by: router.c.  Thread: http.  Owns: nothing.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "api/audit.h"
#include "api/query.h"
#include "api/router.h"
#include "core/dialect/dialect.h"
#include "core/model/peer.h"
#include "core/model/tunnel.h"

enum { REMOTE_MOST = 253 }; /* a name of the DNS */

static void take_record(struct sketch *d, const struct record *rec)
{
	struct entry *e = sketch_add(d, rec->kind, rec->name, 0);

	for (const struct field *fl = kind_row(rec->kind)->fields; e && fl->name; fl++) {
		struct text value;

		if (fl->flags & FF_KEY || fl->kind == F_SECRET)
			continue;
		for (size_t i = 0; fl->many && i < field_count(fl, rec); i++)
			sketch_set(d, e, fl->name, field_str(fl, rec, i), 0);
		if (fl->many)
			continue;
		text_init(&value, 0);
		field_text(fl, rec, &value);
		if (value.n)
			sketch_set(d, e, fl->name, value.at, 0);
		text_done(&value);
	}
}

/* Of one peer only what it refers to, so that ten thousand others cost nothing. */
static bool is_about(const struct record *rec, const struct peer *p)
{
	if (!p)
		return true;
	if (rec->kind == K_PEER)
		return rec == &p->r;
	if (rec->kind == K_TUNNEL)
		return strcmp(((const struct tunnel *)(const void *)rec)->peer, p->r.name) == 0;
	return rec->kind != K_SECRET || strcmp(rec->name, p->psk) == 0;
}

static void gather(const struct config *c, const struct peer *p, struct sketch *ret)
{
	static const enum kind kinds[] = {
		K_SETTINGS_IKE,   K_SETTINGS_KEEPALIVE, K_SETTINGS_IPSEC, K_SECRET, K_IKE_PROPOSAL,
		K_IPSEC_PROPOSAL, K_DPD_PROFILE,        K_PEER,           K_TUNNEL,
	};

	for (size_t k = 0; k < COUNT_OF(kinds); k++)
		for (size_t i = 0; i < config_count(c, kinds[k]); i++)
			if (is_about(config_at(c, kinds[k], i), p))
				take_record(ret, config_at(c, kinds[k], i));
	sketch_order(ret);
}

static void put_notes(struct text *t, const struct dialect *d, const struct sketch *notes)
{
	for (size_t i = 0; i < notes->notes_n; i++) {
		const struct note *n = &notes->notes[i];

		text_add(t, "%c %s: ", d->comment, n->sort == NOTE_LEFT_OUT ? "left out" : "mind");
		if (*n->words) {
			text_add_clean(t, slice_str(n->words));
			text_add_str(t, ": ");
		}
		text_add_clean(t, slice_str(n->text));
		text_add_str(t, "\n");
	}
}

static void answer(struct request *r, const struct dialect *d, const struct text *text,
		   const struct sketch *notes)
{
	struct text t;

	text_init(&t, 0);
	put_notes(&t, d, notes);
	text_add_n(&t, text->at ? text->at : "", text->n);
	request_text(r, 200, "text/plain; charset=utf-8", &t);
}

/* The language of the query; NULL: answered. */
static const struct dialect *language(struct request *r, bool whole)
{
	const char *word = request_query(r, "for");
	const struct dialect *d = word ? dialect_find(word) : NULL;

	if (d && d->write && (d->whole || !whole))
		return d;
	query_refuse(
		r, "for",
		whole ? "for is a language that can say a whole gateway: comware"
		      : "for is a language: comware, swanctl, ipsec.conf, routeros, fortios or "
			"ios",
		NULL);
	return NULL;
}

/* An address or a name: it goes into a text as it is. */
static bool remote_ok(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr(".:-", s[i]))
			return false;
	return n > 0 && n <= REMOTE_MOST;
}

void peer_generate(struct request *r)
{
	static const char *const known[] = { "for", "remote", NULL };
	const struct dialect *d;

	if (!request_query_ok(r, known) || !(d = language(r, false)))
		return;
	const char *remote = request_query(r, "remote");
	if (remote && !remote_ok(remote)) {
		query_refuse(r, "remote", "remote is an address, or a name of the DNS", NULL);
		return;
	}
	const struct config *c = board_config(r->control->board);
	const struct peer *p = (const void *)config_find(c, K_PEER, r->name);
	struct sketch records, notes;
	struct fault f = { 0 };
	struct text text;

	sketch_init(&records);
	sketch_init(&notes);
	text_init(&text, 0);
	if (p)
		gather(c, p, &records);
	if (!p || !dialect_other_side(d, &records, p->r.name, remote, &text, &notes)) {
		fail(&f, R_NOT_FOUND, "there is no peer %.60s", r->name);
		request_fault(r, &f);
	} else {
		answer(r, d, &text, &notes);
	}
	text_done(&text);
	sketch_done(&records);
	sketch_done(&notes);
	config_unref(c);
}

static void run_export(struct request *r)
{
	const struct dialect *d = language(r, true);
	struct sketch records, notes;
	struct text text;

	if (!d || !audit_act(r, DEED_EXPORT, "config", "",
			     json_pack("{ss}", "for", request_query(r, "for"))))
		return;
	const struct config *c = board_config(r->control->board);
	sketch_init(&records);
	sketch_init(&notes);
	text_init(&text, 0);
	gather(c, NULL, &records);
	d->write(&records, &text, &notes);
	answer(r, d, &text, &notes);
	text_done(&text);
	sketch_done(&records);
	sketch_done(&notes);
	config_unref(c);
}

void config_export(struct request *r)
{
	static const char *const known[] = { "for", NULL };

	if (request_query_ok(r, known) && language(r, true))
		request_park(r, run_export);
}

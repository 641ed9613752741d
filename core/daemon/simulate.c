/* simulate.c - would it work with that? Both ends played from records, before anybody dials
 *
 * Ours are the peer, its tunnels and what they refer to; the other end's come out of a configuration
 * text. On the loop our part is copied and its key opened, everything else is done on the crew: the
 * text is read, both ends are played, the verdict goes back. The pasted key is compared by playing with
 * it and nowhere else: it is wiped with both configurations, and nothing is stored.
 *
 * Called by: control.c.  Thread: loop, and a crew thread for the play.  Owns: the job.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/daemon/costume.h"
#include "core/daemon/inside.h"
#include "core/daemon/play.h"
#include "core/dialect/dialect.h"
#include "core/model/pki.h"
#include "core/model/simulation.h"

enum { EDITS_MOST = 4096, PLAYED_TUNNELS = 64 };

struct simulation_job {
	struct job job;
	const struct dialect *dialect; /* NULL: records were given */
	struct bytes *text;
	struct sketch given; /* those; otherwise what the text comes to */
	struct play play;
	char peer[NAME_SIZE], other[NAME_SIZE];
	struct simulation result;
	simulate_done *done;
	void *arg;
};

/* ---- records to configurations ---- */

struct cast {
	struct edit at[EDITS_MOST];
	size_t n;
};

static struct record *cast_add(struct cast *c, const struct record *rec)
{
	struct record *copy = rec && c->n < EDITS_MOST ? record_copy(rec) : NULL;

	if (!copy)
		return NULL;
	if (rec->kind == K_TUNNEL) /* who begins is said by the play */
		((struct tunnel *)(void *)copy)->start_action = START_NONE;
	c->at[c->n] = (struct edit){ .op = EDIT_PUT, .kind = rec->kind, .rec = copy };
	text_copy(c->at[c->n].name, sizeof(c->at[c->n].name), rec->name);
	c->n++;
	return copy;
}

static void plain(struct record *rec, struct slice value)
{
	struct secret *s = (void *)rec;

	if (!rec || value.n > sizeof(s->value.at))
		return;
	wipe(s->value.at, sizeof(s->value.at));
	if (value.n)
		memcpy(s->value.at, value.at, value.n);
	s->value.n = (uint16_t)value.n;
}

/* The configuration of these; the cast is empty afterwards. */
static struct config *cast_done(struct cast *c, struct fault *f)
{
	struct config *empty = config_new();
	struct config *ret = empty ? config_with(empty, c->at, c->n, "the play", 0, f) : NULL;

	for (size_t i = 0; i < c->n; i++) {
		if (c->at[i].rec && c->at[i].kind == K_SECRET)
			plain(c->at[i].rec, slice(NULL, 0));
		record_unref(c->at[i].rec);
	}
	config_unref(empty);
	free(c);
	return ret;
}

static void wipe_secrets(const struct config *c)
{
	for (size_t i = 0; c && i < config_count(c, K_SECRET); i++)
		plain((struct record *)(uintptr_t)config_at(c, K_SECRET, i), slice(NULL, 0));
	for (size_t i = 0; c && i < config_count(c, K_PRIVATE_KEY); i++) {
		struct private_key *k = (void *)(uintptr_t)config_at(c, K_PRIVATE_KEY, i);

		wipe(k->key.at, sizeof(k->key.at));
		k->key.n = 0;
	}
}

/* ---- our end ---- */

static void cast_tunnels(struct cast *c, const struct config *from, const char *peer)
{
	const struct tunnel *list[PLAYED_TUNNELS];
	size_t n = config_tunnels_of(from, peer, list, PLAYED_TUNNELS);

	for (size_t i = 0; i < n; i++)
		if (list[i]->keying == KEYING_ISAKMP)
			cast_add(c, &list[i]->r);
	for (size_t i = 0; i < config_count(from, K_IPSEC_PROPOSAL); i++)
		cast_add(c, config_at(from, K_IPSEC_PROPOSAL, i));
	for (size_t i = 0; i < config_count(from, K_IKE_PROPOSAL); i++) {
		const struct ike_proposal *p = (const void *)config_at(from, K_IKE_PROPOSAL, i);

		if (!p->builtin)
			cast_add(c, &p->r);
	}
}

static struct config *our_end(struct daemon *d, const struct peer *p, struct fault *f)
{
	struct cast *c = calloc(1, sizeof(*c));
	const struct secret *key = config_secret(d->config, p->psk);
	own(bytes) value = NULL;

	if (!c) {
		fail(f, R_NO_MEMORY, "no memory for the play");
		return NULL;
	}
	cast_add(c, &config_ike(d->config)->r);
	if (key && d->ports.secret(d->ports.ctx, key, &value, f) == R_OK)
		plain(cast_add(c, &key->r), slice_of(value));
	if (*p->dpd)
		cast_add(c, config_find(d->config, K_DPD_PROFILE, p->dpd));
	if (*p->certificate)
		cast_add(c, config_find(d->config, K_CERTIFICATE, p->certificate));
	cast_add(c, &p->r);
	cast_tunnels(c, d->config, p->r.name);
	f->reason = R_OK;
	return cast_done(c, f);
}

/* ---- the other end, on the crew ---- */

static void keep_notes(const struct sketch *d, struct simulation *ret)
{
	for (size_t i = 0; i < d->notes_n && ret->notes_n < SIMULATION_NOTES; i++)
		snprintf(ret->note[ret->notes_n++], sizeof(ret->note[0]), "line %u: %.80s%s%.130s",
			 d->notes[i].line, d->notes[i].words, *d->notes[i].words ? ": " : "",
			 d->notes[i].text);
}

/* Of several peers in the text, the one that calls our address. */
static const struct peer *find_other(const struct sketch *d, const struct addr *here)
{
	const struct peer *first = NULL;
	char addr[ADDR_TEXT] = "";

	if (here->family)
		addr_text(here, addr);
	for (size_t i = 0; i < d->n; i++) {
		const struct peer *p = (const void *)d->at[i]->rec;

		if (p->r.kind != K_PEER)
			continue;
		if (*addr && strcmp(p->remote_address, addr) == 0)
			return p;
		first = first ? first : p;
	}
	return first;
}

static bool literal(const char *text, struct addr *ret)
{
	struct addr a;

	if (!*text || !addr_read(text, &a))
		return false;
	*ret = a;
	ret->port = 0;
	return true;
}

/* Where both stand: as the records say, else on addresses of documentation (RFC 5737). */
static void place(struct simulation_job *j, const struct peer *other)
{
	struct play *p = &j->play;
	const struct peer *ours = config_peer(p->config[0], j->peer);
	bool known = literal(ours->remote_address, &p->addr[1]);

	if (!literal(ours->local_address, &p->addr[0]) &&
	    !literal(other->remote_address, &p->addr[0]))
		addr_read("192.0.2.1", &p->addr[0]);
	if (!known && !literal(other->local_address, &p->addr[1]))
		addr_read("198.51.100.2", &p->addr[1]);
	p->they_begin = !known && strcmp(ours->remote_address, "any") == 0;
	text_copy(j->other, sizeof(j->other), other->r.name);
	p->peer[0] = j->peer;
	p->peer[1] = j->other;
}

/* A text that was exported has no key: the play then asks whether all else fits. */
static void borrow_key(struct simulation_job *j, struct record *rec)
{
	const struct config *c = j->play.config[0];
	const struct secret *key = config_secret(c, config_peer(c, j->peer)->psk);

	if (!key || !key->value.n)
		return;
	plain(rec, slice(key->value.at, key->value.n));
	if (j->result.notes_n < SIMULATION_NOTES)
		snprintf(j->result.note[j->result.notes_n++], sizeof(j->result.note[0]),
			 "the key %.32s of the other end is not in what was given: it is taken to "
			 "be "
			 "ours",
			 rec->name);
}

static struct config *their_end(struct simulation_job *j, const struct sketch *d, struct fault *f)
{
	const struct peer *ours = config_peer(j->play.config[0], j->peer), *other;
	struct cast *c;

	literal(ours->local_address, &j->play.addr[0]);
	other = find_other(d, &j->play.addr[0]);
	c = other ? calloc(1, sizeof(*c)) : NULL;
	if (!c) {
		fail(f, other ? R_NO_MEMORY : R_INVALID,
		     "the text describes no peer that could be the other end");
		return NULL;
	}
	place(j, other);
	for (size_t i = 0; i < d->n; i++) {
		struct record *rec = cast_add(c, d->at[i]->rec);

		if (d->at[i]->rec->kind != K_SECRET)
			continue;
		plain(rec, slice_of(d->at[i]->secret));
		if (!d->at[i]->secret && rec && strcmp(rec->name, other->psk) == 0)
			borrow_key(j, rec);
	}
	return cast_done(c, f);
}

/* The other end's gateway is another product, which may be stricter than the engine that plays it. */
static void be_strict(struct simulation_job *j)
{
	const struct peer *ours = config_peer(j->play.config[0], j->peer);
	const struct peer *theirs = config_peer(j->play.config[1], j->other);
	struct simulation *s = &j->result;
	bool earlier = s->reason == R_NO_PROPOSAL && s->here_n < 2;

	if (!j->dialect || !j->dialect->own_mode || s->they_began || earlier || !ours || !theirs ||
	    ours->exchange_mode == theirs->exchange_mode)
		return;
	s->verdict = VERDICT_FAILED;
	s->reason = R_MODE_REFUSED;
	s->side = SIDE_REMOTE;
	text_copy(s->field, sizeof(s->field), "exchange_mode");
	snprintf(s->text, sizeof(s->text),
		 "%s answers calls in the exchange mode of its own configuration only: it has %s, "
		 "we %s",
		 j->dialect->title,
		 theirs->exchange_mode == MODE_AGGRESSIVE ? "aggressive" : "main",
		 ours->exchange_mode == MODE_AGGRESSIVE ? "aggressive" : "main");
	text_copy(s->hint, sizeof(s->hint), "Make the exchange mode equal at both ends");
}

static void work(struct job *job)
{
	struct simulation_job *j = owner_of(job, struct simulation_job, job);
	struct fault f = { 0 };

	if (j->dialect)
		j->dialect->read(slice_of(j->text), &j->given);
	sketch_order(&j->given);
	keep_notes(&j->given, &j->result);
	j->play.config[1] = their_end(j, &j->given, &f);
	if (j->play.config[1] && costume_dress(&j->play, &j->result, &f) == R_OK) {
		play_run(&j->play, &j->result);
		be_strict(j);
	} else {
		j->result.reason = f.reason;
		text_copy(j->result.text, sizeof(j->result.text), f.text);
	}
}

static void job_free(struct simulation_job *j)
{
	for (int i = 0; i < 2; i++) {
		wipe_secrets(j->play.config[i]);
		config_unref(j->play.config[i]);
	}
	sketch_done(&j->given);
	bytes_free(j->text);
	free(j);
}

static void finished(struct job *job, bool cancelled)
{
	struct simulation_job *j = owner_of(job, struct simulation_job, job);
	struct fault f = { 0 };

	if (cancelled)
		fail(&f, R_SHUTDOWN, "the gateway is stopping");
	else if (j->result.datagrams == 0 && !j->result.here_n && !j->result.there_n)
		fail(&f, R_INVALID, "%s", j->result.text);
	j->done(j->arg, f.reason == R_OK ? &j->result : NULL, &f);
	job_free(j);
}

/* ---- asked ---- */

static enum reason may(const struct peer *p, const struct simulate_ask *ask, struct fault *f)
{
	const struct dialect *d = dialect_find(ask->language);

	if (!p)
		return fail(f, R_NOT_FOUND, "there is no peer %s", ask->peer);
	if ((!d || !d->read) && strcmp(ask->language, SIMULATE_RECORDS) != 0)
		return fail_field(f, R_INVALID, "from", "%.40s cannot be read: %s", ask->language,
				  "comware, swanctl, ipsec.conf and ikeeper can");
	return R_OK;
}

static bool keep_record(struct daemon *d, const struct edit *e, struct sketch *ret)
{
	struct entry *entry = entry_new(e->kind, 0);
	struct record *copy = entry ? record_copy(e->rec) : NULL;
	struct fault f = { 0 };

	if (!copy) {
		entry_free(entry);
		return false;
	}
	record_unref(entry->rec);
	entry->rec = copy;
	if (e->kind == K_SECRET && ((const struct secret *)(const void *)copy)->value.n)
		d->ports.secret(d->ports.ctx, (const void *)copy, &entry->secret, &f);
	sketch_take(ret, entry, e->name);
	return true;
}

static bool keep_records(struct daemon *d, const struct simulate_ask *ask, struct sketch *ret)
{
	for (size_t i = 0; i < ask->edits_n; i++)
		if (ask->edits[i].rec && !keep_record(d, &ask->edits[i], ret))
			return false;
	return true;
}

enum reason simulate_ask(void *ctx, const struct simulate_ask *ask, simulate_done *done, void *arg,
			 struct fault *f)
{
	struct daemon *d = ctx;
	const struct peer *p = config_peer(d->config, ask->peer);
	struct simulation_job *j;

	if (may(p, ask, f) != R_OK)
		return f->reason;
	if (!(j = calloc(1, sizeof(*j))) || !(j->text = bytes_of(ask->text.at, ask->text.n))) {
		free(j);
		return fail(f, R_NO_MEMORY, "no memory for the play");
	}
	sketch_init(&j->given);
	if (!keep_records(d, ask, &j->given)) {
		job_free(j);
		return fail(f, R_NO_MEMORY, "no memory for the play");
	}
	j->job.work = work;
	j->job.done = finished;
	j->dialect = dialect_find(ask->language);
	j->done = done;
	j->arg = arg;
	text_copy(j->peer, sizeof(j->peer), p->r.name);
	text_copy(j->result.peer, sizeof(j->result.peer), p->r.name);
	j->play.config[0] = our_end(d, p, f);
	if (!j->play.config[0] || crew_ask(d->want.crew, &j->job) != R_OK) {
		if (f->reason == R_OK)
			fail(f, R_BUSY, "too much is being calculated, try again");
		job_free(j);
		return f->reason;
	}
	return R_OK;
}

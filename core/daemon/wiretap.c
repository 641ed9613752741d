/* wiretap.c - recording IKE datagrams: started by an admin, ended by the clock, then forgotten
 *
 * Every datagram passes by here while a trace runs; whose it is says the engine, for what came both
 * before and after it looked, since by one message an SA may begin or end. With secrets the key of the
 * SA's message cipher is noted beside, and what is told of ESP SAs of our own data plane. All of it is
 * in memory, bounded, and wiped some minutes after the end.
 *
 * Who may see what is the api's matter. The end is put on record here: a person may be long gone by then.
 *
 * Called by: daemon.c, control.c, publish.c.  Thread: loop.  Owns: the traces.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/daemon/wiretap_inside.h"
#include "core/ike/whose.h"
#include "core/model/deed.h"

enum { SECOND = 1000 };

/* ---- one trace ---- */

static void forget(struct recorded *r)
{
	timer_stop(loop_timers(r->d->loop), &r->timer);
	list_remove(&r->link);
	list_each (l, &r->seen)
		free(owner_of(l, struct seen, link));
	if (r->ike)
		wipe(r->ike, WIRETRACE_KEYS * sizeof(*r->ike));
	if (r->esp)
		wipe(r->esp, WIRETRACE_KEYS * sizeof(*r->esp));
	free(r->ike);
	free(r->esp);
	free(r);
}

static void tell(const struct recorded *r, enum event_id id, const char *who, const char *text)
{
	struct event e = { .id = id };

	text_copy(e.who, sizeof(e.who), who);
	text_copy(e.peer, sizeof(e.peer), r->row.peer);
	text_copy(e.text, sizeof(e.text), text);
	events_tell(&r->d->events, &e);
	r->d->publish_now = true;
}

static void put_on_record(const struct recorded *r, const char *who)
{
	struct repo *repo = r->d->want.repo;
	struct audit_row row = { .at_s = clock_wall_ms() / SECOND };
	struct fault f = { 0 };
	struct text after;

	text_init(&after, 0);
	wiretrace_json(&r->row, &after);
	row.after = after.at;
	text_copy(row.who, sizeof(row.who), who);
	text_copy(row.channel, sizeof(row.channel), "daemon");
	text_copy(row.action, sizeof(row.action), deed_word(DEED_TRACE_END));
	snprintf(row.object, sizeof(row.object), "traces/%" PRIu64, r->row.id);
	if (repo->audit && repo->audit(repo->ctx, &row, &f) != R_OK)
		log_say(LOG_WARN_, LOG_DAEMON, "the end of trace %" PRIu64 " is not on record: %s",
			r->row.id, f.text);
	text_done(&after);
}

static void end(struct recorded *r, const char *who)
{
	int64_t now = clock_wall_ms();
	char text[200];

	if (!r->row.running)
		return;
	r->row.running = false;
	r->row.until_ms = now;
	r->row.forgotten_ms = now + WIRETRACE_KEPT_S * (int64_t)SECOND;
	timer_arm(loop_timers(r->d->loop), &r->timer,
		  clock_now() + WIRETRACE_KEPT_S * (msec)SECOND);
	snprintf(text, sizeof(text),
		 "trace %" PRIu64 " ended%s with %" PRIu32
		 " datagrams%s; it is kept for %d minutes",
		 r->row.id, *who ? "" : " by its time", r->row.datagrams,
		 r->row.secrets ? " and their keys" : "", WIRETRACE_KEPT_S / 60);
	put_on_record(r, *who ? who : r->row.who);
	tell(r, EVT_TRACE_ENDED, *who ? who : r->row.who, text);
}

static void on_time(struct timer *t, msec now)
{
	struct recorded *r = owner_of(t, struct recorded, timer);

	(void)now;
	if (r->row.running) {
		end(r, "");
	} else {
		r->d->publish_now = true;
		forget(r);
	}
}

/* ---- recording ---- */

static void note_key(struct recorded *r, const struct whose_packet *w)
{
	for (uint32_t i = 0; i < r->row.ike_keys; i++) {
		struct ike_key *k = &r->ike[i];

		if (slice_equal(slice(k->initiator_spi, sizeof(k->initiator_spi)),
				slice(w->initiator_spi, sizeof(w->initiator_spi)))) {
			memcpy(k->key, w->key, sizeof(k->key));
			k->n = w->key_n;
			return;
		}
	}
	if (r->row.ike_keys == WIRETRACE_KEYS)
		return;
	struct ike_key *k = &r->ike[r->row.ike_keys++];
	memcpy(k->initiator_spi, w->initiator_spi, sizeof(k->initiator_spi));
	memcpy(k->key, w->key, sizeof(k->key));
	k->n = w->key_n;
}

static bool is_of(const struct recorded *r, const struct whose_packet *w)
{
	return !*r->row.peer || strcmp(r->row.peer, w->peer) == 0;
}

static struct seen *record(struct recorded *r, const struct packet *p, bool inbound,
			   const struct whose_packet *w)
{
	struct seen *s = NULL;

	if (w->key_n && r->ike)
		note_key(r, w);
	if (r->row.datagrams < WIRETRACE_DATAGRAMS &&
	    r->row.octets + p->octets.n <= WIRETRACE_OCTETS)
		s = malloc(sizeof(*s) + p->octets.n);
	if (!s) {
		r->row.dropped++;
		return NULL;
	}
	*s = (struct seen){ .wall_ms = clock_wall_ms(),
			    .inbound = inbound,
			    .natt = p->natt,
			    .local = p->local,
			    .remote = p->remote,
			    .ike_sa = w->ike_sa,
			    .negotiation = w->negotiation,
			    .n = p->octets.n };
	text_copy(s->peer, sizeof(s->peer), w->peer);
	if (p->octets.n)
		memcpy(s->octets, p->octets.at, p->octets.n);
	list_push(&r->seen, &s->link);
	r->row.datagrams++;
	r->row.octets += p->octets.n;
	return s;
}

static void take_back(struct recorded *r, struct seen *s)
{
	list_remove(&s->link);
	r->row.datagrams--;
	r->row.octets -= s->n;
	free(s);
}

static bool any_runs(const struct daemon *d, bool *ret_secrets)
{
	bool runs = false;

	list_each (l, (struct link *)&d->wiretaps) {
		const struct recorded *r = owner_of(l, const struct recorded, link);

		runs |= r->row.running;
		*ret_secrets |= r->row.running && r->row.secrets;
	}
	return runs;
}

void wiretap_sent(struct daemon *d, const struct packet *p)
{
	struct whose_packet w;
	bool secrets = false;

	if (!any_runs(d, &secrets))
		return;
	engine_whose(d->engine, p, secrets, &w);
	list_each (l, &d->wiretaps) {
		struct recorded *r = owner_of(l, struct recorded, link);

		if (r->row.running && is_of(r, &w))
			record(r, p, false, &w);
	}
	wipe(&w, sizeof(w));
}

/* The order of a trace is that of the wire: what comes is noted before it is answered. Whose a first
 * message in aggressive mode is may be known only afterwards. */
void wiretap_came(struct daemon *d, const struct packet *p)
{
	struct whose_packet w;
	bool secrets = false;

	if (!any_runs(d, &secrets))
		return;
	engine_whose(d->engine, p, secrets, &w);
	list_each (l, &d->wiretaps) {
		struct recorded *r = owner_of(l, struct recorded, link);

		if (!r->row.running || (*w.peer && !is_of(r, &w)))
			continue;
		struct seen *s = record(r, p, true, &w);
		r->doubted = *w.peer ? NULL : s;
	}
	wipe(&w, sizeof(w));
}

void wiretap_looked(struct daemon *d, const struct packet *p)
{
	struct whose_packet w = { 0 };
	bool asked = false;

	list_each (l, &d->wiretaps) {
		struct recorded *r = owner_of(l, struct recorded, link);
		struct seen *s = r->doubted;

		r->doubted = NULL;
		if (!s)
			continue;
		if (!asked)
			engine_whose(d->engine, p, false, &w);
		asked = true;
		text_copy(s->peer, sizeof(s->peer), w.peer);
		s->ike_sa = w.ike_sa;
		s->negotiation = w.negotiation;
		if (!is_of(r, &w))
			take_back(r, s);
	}
}

void wiretap_esp(struct daemon *d, const char *peer, const struct plane_sa *sa)
{
	list_each (l, &d->wiretaps) {
		struct recorded *r = owner_of(l, struct recorded, link);
		struct esp_key *k;

		if (!r->esp || !r->row.running || r->row.esp_keys == WIRETRACE_KEYS ||
		    (*r->row.peer && strcmp(r->row.peer, peer) != 0) ||
		    sa->keymat.n > sizeof(k->keymat))
			continue;
		k = &r->esp[r->row.esp_keys++];
		*k = (struct esp_key){ .from = sa->inbound ? sa->remote : sa->local,
				       .to = sa->inbound ? sa->local : sa->remote,
				       .spi = sa->spi,
				       .suite = sa->suite,
				       .n = sa->keymat.n };
		if (k->n)
			memcpy(k->keymat, sa->keymat.at, k->n);
	}
}

/* ---- asked for ---- */

static struct recorded *find(struct daemon *d, uint64_t id)
{
	list_each (l, &d->wiretaps) {
		struct recorded *r = owner_of(l, struct recorded, link);

		if (r->row.id == id)
			return r;
	}
	return NULL;
}

static enum reason may(struct daemon *d, const struct wiretrace_ask *ask, struct fault *f)
{
	size_t n = 0;

	list_each (l, &d->wiretaps)
		n++;
	if (d->stopping)
		return fail(f, R_SHUTDOWN, "the gateway is stopping");
	if (*ask->peer && !config_peer(d->config, ask->peer))
		return fail_field(f, R_INVALID, "peer", "there is no peer %s", ask->peer);
	if (n < WIRETRACES_MOST)
		return R_OK;
	fail(f, R_BUSY, "there are %d traces already, those that ended and are kept among them",
	     WIRETRACES_MOST);
	text_copy(f->hint, sizeof(f->hint), "Delete one that is not needed any more");
	return R_BUSY;
}

static struct recorded *make(struct daemon *d, const struct wiretrace_ask *ask)
{
	struct recorded *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	list_init(&r->link);
	list_init(&r->seen);
	r->d = d;
	if (ask->secrets) {
		r->ike = calloc(WIRETRACE_KEYS, sizeof(*r->ike));
		r->esp = calloc(WIRETRACE_KEYS, sizeof(*r->esp));
		if (!r->ike || !r->esp) {
			forget(r);
			return NULL;
		}
	}
	return r;
}

enum reason wiretap_start(void *ctx, const struct wiretrace_ask *ask, struct wiretrace *ret,
			  struct fault *f)
{
	struct daemon *d = ctx;
	struct recorded *r;
	char text[200];

	if (may(d, ask, f) != R_OK)
		return f->reason;
	if (!(r = make(d, ask)))
		return fail(f, R_NO_MEMORY, "no memory for a trace");
	r->row.id = ++d->last_wiretap;
	r->row.secrets = ask->secrets;
	r->row.running = true;
	r->row.started_ms = clock_wall_ms();
	r->row.until_ms = r->row.started_ms + ask->seconds * (int64_t)SECOND;
	r->row.forgotten_ms = r->row.until_ms + WIRETRACE_KEPT_S * (int64_t)SECOND;
	text_copy(r->row.peer, sizeof(r->row.peer), ask->peer);
	text_copy(r->row.who, sizeof(r->row.who), ask->who);
	r->timer.fire = on_time;
	timer_arm(loop_timers(d->loop), &r->timer, clock_now() + ask->seconds * (msec)SECOND);
	list_push(&d->wiretaps, &r->link);
	snprintf(text, sizeof(text),
		 "trace %" PRIu64 " of the IKE datagrams of %.80s for %" PRIu32 " s%s", r->row.id,
		 *ask->peer ? ask->peer : "every peer", ask->seconds,
		 ask->secrets ? ", with the keys they are enciphered with" : "");
	tell(r, EVT_TRACE_STARTED, ask->who, text);
	*ret = r->row;
	return R_OK;
}

enum reason wiretap_end(void *ctx, uint64_t id, const char *who, bool at_once, struct fault *f)
{
	struct daemon *d = ctx;
	struct recorded *r = find(d, id);

	if (!r)
		return fail(f, R_NOT_FOUND, "there is no trace %" PRIu64 ", or it is forgotten",
			    id);
	end(r, who);
	if (at_once)
		forget(r);
	d->publish_now = true;
	return R_OK;
}

void wiretap_list(void *ctx, wiretrace_each *each, void *arg)
{
	struct daemon *d = ctx;

	list_each (l, &d->wiretaps)
		each(arg, &owner_of(l, struct recorded, link)->row);
	each(arg, NULL);
}

enum reason wiretap_read(void *ctx, uint64_t id, int form, struct text *ret,
			 struct wiretrace *ret_row, struct fault *f)
{
	const struct recorded *r = find(ctx, id);
	bool ok = true;

	if (!r)
		return fail(f, R_NOT_FOUND, "there is no trace %" PRIu64 ", or it is forgotten",
			    id);
	if (!r->row.secrets && (form == WIRETRACE_IKEV1_TABLE || form == WIRETRACE_ESP_TABLE))
		return fail(f, R_NOT_FOUND, "trace %" PRIu64 " was started without secrets", id);
	*ret_row = r->row;
	if (form == WIRETRACE_JSON)
		wiretap_write_json(r, ret);
	else
		ok = form == WIRETRACE_PCAPNG      ? wiretap_write_pcapng(r, ret)
		     : form == WIRETRACE_ESP_TABLE ? wiretap_write_esp_table(r, ret)
						   : wiretap_write_ikev1_table(r, ret);
	return ok ? R_OK : fail(f, R_NO_MEMORY, "no memory for what the trace holds");
}

void wiretap_count(const struct daemon *d, struct view *v)
{
	list_each (l, (struct link *)&d->wiretaps) {
		const struct recorded *r = owner_of(l, const struct recorded, link);

		v->traces += r->row.running;
		v->secret_traces += r->row.secrets;
	}
}

void wiretap_stop(struct daemon *d)
{
	if (!d->wiretaps.next)
		return; /* the daemon never came to be */
	list_each (l, &d->wiretaps) {
		end(owner_of(l, struct recorded, link), "");
		forget(owner_of(l, struct recorded, link));
	}
}

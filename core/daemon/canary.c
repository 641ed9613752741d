/* canary.c - a change that is tried on a few peers first, and then is for all or goes back whole
 *
 * The change is cut: what concerns the canary's peers is a revision, the rest waits in its change set.
 * Where others use a record that it changes, their SAs stay as they are until it is widened. What it
 * takes to go on or back is a fact that the store keeps in the same transaction, so a daemon that was
 * killed watches anew, or waits on. Going back and widening are changes like any other, one transaction
 * each: there is never a mixture. Until then other changes are refused.
 *
 * It is healthy when its tunnels are up, and not stale, at the end of its time. It is not when a
 * negotiation that we began with one of its peers failed before; one that somebody else began says
 * nothing, since anybody can send a first message in a peer's name.
 *
 * Called by: change.c, control.c, daemon.c.  Thread: loop.  Owns: d->canary.
 * Not here: which edits concern whom (model's canaryplan.c), the cut itself (canarycut.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/text.h"
#include "core/daemon/inside.h"
#include "core/model/changeset.h"

enum { LOOK_MS = 500, RETRY_MS = 10 * 1000 };

static int64_t now_ms(void)
{
	return clock_wall_ms();
}

static void tell(struct daemon *d, enum event_id id, const char *who, const char *text)
{
	struct event e = { .id = id, .revision = d->canary.is.revision };

	text_copy(e.who, sizeof(e.who), who);
	text_copy(e.text, sizeof(e.text), text);
	events_tell(&d->events, &e);
}

static void look_in(struct daemon *d, msec ms)
{
	timer_arm(loop_timers(d->loop), &d->canary.timer, clock_now() + ms);
}

static void forget(struct daemon *d)
{
	struct canary *c = &d->canary;

	timer_stop(loop_timers(d->loop), &c->timer);
	free(c->peers);
	free(c->tunnels);
	free(c->held);
	c->is = (struct canarying){ 0 };
	c->peers = c->tunnels = NULL;
	c->held = NULL;
	c->held_n = 0;
	*c->why = '\0';
	c->to_start = false;
}

/* ---- what is watched ---- */

static void count(struct daemon *d)
{
	tunnels_count(d, d->canary.tunnels, &d->canary.is.tunnels, &d->canary.is.tunnels_up);
}

/* Ends that say nothing about whether the configuration fits. */
static bool says_nothing(enum reason r)
{
	return r == R_CONFIG_CHANGED || r == R_OPERATOR_RESET || r == R_REPLACED ||
	       r == R_SHUTDOWN || r == R_PEER_DELETED;
}

struct verdict {
	uint64_t revision;
	bool counts;
};

static void weigh(void *arg, const struct story *s)
{
	struct verdict *v = arg;

	if (s)
		v->counts |= s->role == ROLE_INITIATOR && s->revision >= v->revision;
}

static void hear(struct listener *l, const struct event *e)
{
	struct daemon *d = owner_of(l, struct daemon, canary.listener);
	struct canary *c = &d->canary;
	struct verdict v = { .revision = c->is.revision };

	if (!c->is.revision || c->is.state != CANARY_WATCHED || *c->why || !*e->peer ||
	    !canary_names(c->peers, e->peer) || says_nothing(e->reason))
		return;
	if (e->id == EVT_NEGO_FAILED && e->negotiation)
		chronicle_find(d, e->negotiation, weigh, &v);
	if (!v.counts && e->id != EVT_IKE_TIMEOUT && e->id != EVT_MANUAL_FAILED)
		return;
	snprintf(c->why, sizeof(c->why), "%.32s%s%.32s: %.100s", e->peer, *e->tunnel ? ", " : "",
		 e->tunnel, *e->text ? e->text : reason_title(e->reason));
	look_in(d, 0);
}

/* ---- an end ---- */

static void answer(struct daemon *d, const struct outcome *o)
{
	struct canary *c = &d->canary;
	change_done *done = c->done;

	c->done = NULL;
	if (done)
		done(c->done_arg, o);
}

static void try_later(struct daemon *d, enum canary_state state, const struct fault *f)
{
	log_say(LOG_ERROR_, LOG_DAEMON, "the canary of revision %llu: %s",
		(unsigned long long)d->canary.is.revision, f->text);
	d->canary.is.state = state;
	look_in(d, RETRY_MS);
}

static void refuse(struct daemon *d, enum canary_state state, const struct fault *f)
{
	struct outcome o = { .reason = f->reason,
			     .fault = *f,
			     .config = d->config,
			     .revision = config_revision(d->config) };

	answer(d, &o);
	try_later(d, state, f);
}

/* Good ones ended in canary_widened or canary_went_back already. */
static void change_came(void *arg, const struct outcome *o)
{
	struct daemon *d = arg;
	bool widens = d->canary.is.state == CANARY_WIDENING;

	answer(d, o);
	if (o->reason == R_SHUTDOWN || o->reason == R_OK)
		return;
	try_later(d, widens ? CANARY_HEALTHY : CANARY_WATCHED,
		  o->errors.n ? &o->errors.at[0] : &o->fault);
}

static void name_change(struct change *c, const struct canary_end *e, const char *comment)
{
	text_copy(c->who, sizeof(c->who), e->who);
	text_copy(c->channel, sizeof(c->channel), *e->channel ? e->channel : "daemon");
	text_copy(c->request_id, sizeof(c->request_id), e->request_id);
	text_copy(c->comment, sizeof(c->comment), comment);
}

/* --- back --- */

static void past_came(void *arg, struct config *take_c, const struct fault *f)
{
	struct daemon *d = arg;
	own(config) past = take_c;
	struct fault mine = { .reason = R_NO_MEMORY };
	struct change c = { .goes_back = true,
			    .back = d->canary.is.back,
			    .reset = RESET_AFFECTED,
			    .reinitiate = REINITIATE_ALWAYS };

	if (!past) {
		refuse(d, CANARY_WATCHED, f);
		return;
	}
	if (!config_edits(d->config, past, &c.edits, &c.n)) {
		refuse(d, CANARY_WATCHED, &mine);
		return;
	}
	name_change(&c, &d->canary.asked, "what was tried on a few peers first went back");
	change_ask(d, &c, change_came, d);
	edits_free(c.edits, c.n); /* when it was not taken */
}

static void go_back(struct daemon *d, const struct canary_end *e)
{
	d->canary.asked = *e;
	d->canary.is.state = CANARY_GOING_BACK;
	d->want.repo->past(d->want.repo->ctx, d->canary.is.back, past_came, d);
}

void canary_note(const struct daemon *d, const char *who, char *ret, size_t cap)
{
	if (*d->canary.why)
		snprintf(ret, cap, "it went back: %.180s", d->canary.why);
	else
		snprintf(ret, cap, "it was taken back by %s", who);
}

void canary_went_back(struct daemon *d, const char *who)
{
	char text[240];

	snprintf(text, sizeof(text), "revision %llu went back to what was in revision %llu: %.120s",
		 (unsigned long long)d->canary.is.revision, (unsigned long long)d->canary.is.back,
		 *d->canary.why ? d->canary.why : "it was asked for");
	tell(d, EVT_CANARY_BACK, who, text);
	tunnels_start(d, d->canary.tunnels, who);
	forget(d);
}

/* --- on --- */

static bool is_there(const struct record *now, const struct record *after)
{
	return now && after ? record_same(now, after) : !now && !after;
}

/* What is not yet as the set says. */
static void take_rest(void *arg, const struct changeset *s)
{
	struct rest *r = arg;

	if (!s)
		return;
	r->edits = calloc(s->n + 1, sizeof(*r->edits));
	r->failed = !r->edits;
	for (size_t i = 0; r->edits && i < s->n; i++) {
		const struct changeset_row *row = &s->rows[i];
		const struct record *now = config_find(r->config, row->kind, row->name);
		struct edit *e = &r->edits[r->n];

		if (is_there(now, row->after) || (!row->before && !row->after))
			continue;
		*e = (struct edit){ .op = row->after ? EDIT_PUT : EDIT_DELETE,
				    .kind = row->kind,
				    .if_match = now ? now->revision : MATCH_ANY,
				    .rec = row->after ? record_copy(row->after) : NULL };
		text_copy(e->name, sizeof(e->name), row->name);
		r->failed |= row->after && !e->rec;
		r->n++;
	}
}

static void widen(struct daemon *d, const struct canary_end *e)
{
	struct canary *k = &d->canary;
	struct repo *repo = d->want.repo;
	struct rest rest = { .config = d->config };
	struct fault f = { .reason = R_NO_MEMORY };
	struct change c = { .widens = true,
			    .changeset = k->is.changeset,
			    .reset = k->reset,
			    .reinitiate = k->reinitiate };

	k->asked = *e;
	k->is.state = CANARY_WIDENING;
	if ((k->is.changeset &&
	     repo->changesets(repo->ctx, k->is.changeset, take_rest, &rest, &f) != R_OK) ||
	    rest.failed) {
		edits_free(rest.edits, rest.n);
		refuse(d, CANARY_HEALTHY, &f);
		return;
	}
	c.edits = rest.edits;
	c.n = rest.n;
	name_change(&c, e, "for all, after it was healthy where it was tried");
	change_ask(d, &c, change_came, d);
	edits_free(c.edits, c.n); /* when it was not taken */
}

enum reason canary_settle(struct daemon *d, struct fault *f)
{
	struct repo *repo = d->want.repo;

	/* in this order: killed between, the next life finds nothing left to do but to end it */
	if (d->canary.is.changeset &&
	    repo->changeset_drop(repo->ctx, d->canary.is.changeset, NULL, f) != R_OK)
		return f->reason;
	return repo->fact_put(repo->ctx, CANARY_FACT, "", f);
}

void canary_widened(struct daemon *d)
{
	char text[120];

	snprintf(text, sizeof(text), "revision %llu is for all, with what waited",
		 (unsigned long long)d->canary.is.revision);
	tell(d, EVT_CANARY_WIDE, d->canary.asked.who, text);
	forget(d);
}

/* ---- watching ---- */

static struct canary_end by_itself(const struct daemon *d, bool widens)
{
	struct canary_end e = { .changeset = d->canary.is.changeset, .widen = widens };

	text_copy(e.who, sizeof(e.who), d->canary.is.who);
	return e;
}

static void say_healthy(struct daemon *d)
{
	char *fact;
	struct fault f = { 0 };
	char text[120];

	d->canary.is.state = CANARY_HEALTHY;
	fact = canaryfact_write(&d->canary);
	if (!fact || d->want.repo->fact_put(d->want.repo->ctx, CANARY_FACT, fact, &f) != R_OK)
		log_say(LOG_WARN_, LOG_DAEMON, "that it is healthy could not be kept: %s", f.text);
	free(fact);
	snprintf(text, sizeof(text), "revision %llu was healthy for %u s%s",
		 (unsigned long long)d->canary.is.revision, d->canary.hold_s,
		 d->canary.is.manual ? "; it waits to be widened" : "");
	tell(d, EVT_CANARY_GOOD, d->canary.is.who, text);
}

static void judge(struct daemon *d)
{
	struct canary *c = &d->canary;

	count(d);
	if (c->is.tunnels_up < c->is.tunnels) {
		snprintf(c->why, sizeof(c->why), "%u of %u tunnels were up after %u s",
			 c->is.tunnels_up, c->is.tunnels, c->hold_s);
		struct canary_end e = by_itself(d, false);
		go_back(d, &e);
		return;
	}
	say_healthy(d);
	if (!c->is.manual) {
		struct canary_end e = by_itself(d, true);
		widen(d, &e);
	}
}

static void on_timer(struct timer *t, msec now)
{
	struct daemon *d = owner_of(t, struct daemon, canary.timer);
	struct canary *c = &d->canary;

	(void)now;
	loop_doing(d->loop, "a change that is tried on a few peers");
	if (d->stopping || c->is.state >= CANARY_WIDENING)
		return;
	if (c->to_start) {
		c->to_start = false;
		tunnels_start(d, c->tunnels, c->is.who);
	}
	if (c->is.state == CANARY_HEALTHY) {
		if (!c->is.manual) { /* an earlier try did not go through */
			struct canary_end e = by_itself(d, true);
			widen(d, &e);
		}
	} else if (*c->why) {
		struct canary_end e = by_itself(d, false);
		go_back(d, &e);
	} else if (now_ms() >= c->is.until_s * 1000) {
		judge(d);
	} else {
		look_in(d, LOOK_MS);
	}
}

static void watch(struct daemon *d)
{
	d->canary.is.until_s = now_ms() / 1000 + d->canary.hold_s;
	d->canary.to_start = d->canary.reinitiate != REINITIATE_NEVER;
	look_in(d, 0);
}

void canary_begin(struct daemon *d, const char *fact, struct touched **take_held, size_t n)
{
	char text[160];

	forget(d);
	if (!canaryfact_read(&d->canary, fact)) {
		forget(d);
		return;
	}
	d->canary.held = *take_held;
	d->canary.held_n = n;
	d->canary.is.held = (uint32_t)n;
	*take_held = NULL;
	snprintf(text, sizeof(text), "revision %llu is tried on its canary for %u s, %zu SAs wait",
		 (unsigned long long)d->canary.is.revision, d->canary.hold_s, n);
	tell(d, EVT_CANARY, d->canary.is.who, text);
	watch(d);
}

void canary_start(struct daemon *d)
{
	char *fact = calloc(1, CANARY_FACT_MOST);

	d->canary.timer.fire = on_timer;
	d->canary.listener.hear = hear;
	events_listen(&d->events, &d->canary.listener);
	if (!fact ||
	    !d->want.repo->fact_get(d->want.repo->ctx, CANARY_FACT, fact, CANARY_FACT_MOST) ||
	    !*fact || !canaryfact_read(&d->canary, fact) ||
	    d->canary.is.revision != config_revision(d->config)) {
		forget(d);
		free(fact);
		return;
	}
	free(fact);
	log_say(LOG_NOTE_, LOG_DAEMON, "revision %llu of an earlier life is tried on a few peers",
		(unsigned long long)d->canary.is.revision);
	if (d->canary.is.state == CANARY_HEALTHY)
		look_in(d, LOOK_MS);
	else
		d->canary.is.state = CANARY_WATCHED; /* its SAs are gone with the earlier life */
	if (d->canary.is.state == CANARY_WATCHED)
		watch(d);
}

void canary_stop(struct daemon *d)
{
	if (d->canary.listener.hear)
		events_unlisten(&d->canary.listener);
	forget(d);
}

/* ---- asked ---- */

bool canary_is_back(const struct daemon *d, const struct change *c)
{
	return d->canary.is.revision && c->goes_back && c->back == d->canary.is.back;
}

enum reason canary_may(const struct daemon *d, const struct change *c, struct fault *f)
{
	const struct canarying *is = &d->canary.is;

	if (!is->revision || c->dry_run || c->widens || canary_is_back(d, c))
		return R_OK;
	fail(f, R_CANARY_WAITS, "revision %llu by %s is tried on a few peers first",
	     (unsigned long long)is->revision, is->who);
	snprintf(f->hint, sizeof(f->hint),
		 "POST /api/v1/changesets/%llu/widen, or /changesets/%llu/rollback, then again",
		 (unsigned long long)is->changeset, (unsigned long long)is->changeset);
	return f->reason;
}

void canary_end(void *ctx, const struct canary_end *e, change_done *done, void *arg)
{
	struct daemon *d = ctx;
	struct canary *c = &d->canary;
	struct outcome o = { .config = d->config, .revision = config_revision(d->config) };

	if (!c->is.revision || c->is.changeset != e->changeset)
		o.reason =
			fail(&o.fault, R_NOT_FOUND, "change set %llu is not tried on a few peers",
			     (unsigned long long)e->changeset);
	else if (c->is.state >= CANARY_WIDENING)
		o.reason = fail(&o.fault, R_STALE, "revision %llu is on its way already",
				(unsigned long long)c->is.revision);
	if (o.reason != R_OK) {
		done(arg, &o);
		return;
	}
	c->done = done;
	c->done_arg = arg;
	if (e->widen)
		widen(d, e);
	else
		go_back(d, e);
}

void canary_look(void *ctx, struct canarying *ret)
{
	struct daemon *d = ctx;

	if (d->canary.is.revision)
		count(d);
	*ret = d->canary.is;
	ret->peers = d->canary.peers;
}

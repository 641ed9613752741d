/* change.c - one configuration change: validate, prepare, save, adopt
 *
 * Three may refuse, the fourth may not. A dry run is the first two words. After adopting, the
 * SAs that the change made stale are reset as part of the same act when the caller asked for
 * it. Saving may take time: changes wait in a queue and are taken one after another.
 *
 * Called by: control.c. Thread: loop. Owns: the queue of changes and their edits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/text.h"
#include "core/daemon/inside.h"
#include "core/daemon/inspect.h"
#include "core/model/proposal.h"
#include "core/model/tunnel.h"

struct pending {
	struct pending *next;
	struct daemon *d;
	struct change c;
	change_done *done;
	void *arg;
	struct config *after;
	char *fact; /* kept with it: what it takes to go back, "" for nothing */
	bool is_back; /* from a change that was not confirmed */
	bool is_canary_back; /* from one that was tried on a few peers */
	struct canary_plan plan; /* peers NULL: it is for all */
	struct touched *held; /* SAs of others that wait until it is widened */
	size_t held_n;
	char note[200]; /* for the change set that it came from */
	bool adopted;
	struct outcome out;
};

static void take_next(struct daemon *d);

static void pending_free(struct pending *p)
{
	for (size_t i = 0; i < p->c.n; i++)
		record_unref(p->c.edits[i].rec);
	free(p->c.edits);
	free(p->out.touched);
	free(p->out.reset.at);
	config_unref(p->after);
	free(p->fact);
	free(p->held);
	canary_plan_done(&p->plan);
	free(p);
}

/* What else hangs on a change that was made. */
static void settle(struct pending *p)
{
	struct daemon *d = p->d;

	if (p->is_back)
		confirm_went_back(d);
	if (p->is_canary_back)
		canary_went_back(d, p->c.who);
	if (p->c.widens)
		canary_widened(d);
	if (p->plan.peers)
		canary_begin(d, p->fact, &p->held, p->held_n);
}

static void finish(struct pending *p)
{
	struct daemon *d = p->d;

	if (!p->out.config)
		p->out.config = p->after && p->out.reason == R_OK ? p->after : d->config;
	p->out.revision = config_revision(p->out.config);
	if (p->adopted)
		settle(p);
	p->out.canary_peers = p->plan.peers;
	p->out.canary_shared = p->plan.is_shared;
	p->out.waiting_records = p->plan.waiting_n;
	p->done(p->arg, &p->out);
	pending_free(p);
	d->saving = false;
	take_next(d);
}

static const char *op_word(const struct config *before, const struct edit *e)
{
	if (e->op == EDIT_DELETE)
		return "deleted";
	return config_find(before, e->kind, e->name) ? "changed" : "created";
}

static bool is_on(const struct record *r)
{
	return r && ((const struct tunnel *)r)->enabled;
}

/* What came or went, beside the sentence about it: modules of other vendors tell it so. */
static void tell_record(const struct pending *p, const struct edit *e, const struct record *old,
			const struct record *new, struct event ev)
{
	struct events *to = &p->d->events;
	bool came = new && !old, went = old && !new;

	ev.records = (uint32_t)config_count(p->after, e->kind);
	if (e->kind == K_IKE_PROPOSAL && (came || went)) {
		ev.number = ((const struct ike_proposal *)(came ? new : old))->number;
		ev.id = came ? EVT_PROPOSAL_ADDED : EVT_PROPOSAL_GONE;
		events_tell(to, &ev);
	}
	if (e->kind != K_TUNNEL)
		return;
	ev.tunnel_index = ev.number = (new ? new : old)->index;
	if (came || went) {
		ev.id = came ? EVT_TUNNEL_ADDED : EVT_TUNNEL_GONE;
		events_tell(to, &ev);
	}
	if (is_on(old) != is_on(new)) {
		ev.id = is_on(new) ? EVT_TUNNEL_ON : EVT_TUNNEL_OFF;
		events_tell(to, &ev);
	}
}

/* One event per record, said before the old configuration is let go. */
static void tell_changes(struct pending *p)
{
	struct daemon *d = p->d;

	for (size_t i = 0; i < p->c.n; i++) {
		const struct edit *e = &p->c.edits[i];
		const struct record *old = config_find(d->config, e->kind, e->name);
		const struct record *new = config_find(p->after, e->kind, e->name);
		struct event ev = { .id = EVT_CONFIG, .revision = config_revision(p->after) };
		struct text members;

		text_init(&members, 150);
		if (old && new)
			record_diff(old, new, &members);
		text_copy(ev.who, sizeof(ev.who), p->c.who);
		if (e->kind == K_PEER)
			text_copy(ev.peer, sizeof(ev.peer), e->name);
		if (e->kind == K_TUNNEL)
			text_copy(ev.tunnel, sizeof(ev.tunnel), e->name);
		snprintf(ev.text, sizeof(ev.text), "%s %s %s%s%s", kind_row(e->kind)->word, e->name,
			 op_word(d->config, e), members.n ? ": " : "", members.n ? members.at : "");
		events_tell(&d->events, &ev);
		tell_record(p, e, old, new, ev);
		text_done(&members);
	}
}

/* What was accepted with a warning is said once where operators look later, too. */
static void log_warnings(const struct pending *p)
{
	for (size_t i = 0; i < p->out.warnings.n; i++)
		log_say(LOG_WARN_, LOG_DAEMON, "%s", p->out.warnings.at[i].text);
}

static void reset_finished(void *arg, const struct reset_report *r, const struct fault *f)
{
	struct pending *p = arg;

	p->out.reset = *r;
	p->out.reset.at = NULL;
	if (r->n && (p->out.reset.at = malloc(r->n * sizeof(*r->at))))
		memcpy(p->out.reset.at, r->at, r->n * sizeof(*r->at));
	else
		p->out.reset.n = 0;
	if (f && f->reason != R_OK)
		text_copy(p->out.reset.warning, sizeof(p->out.reset.warning), f->text);
	publish_fresh(p->d); /* whoever hears of the reset sees it, too */
	finish(p);
}

/* Exactly what the preview announced, when that was asked for; what has lost its peer or tunnel
 * goes in any case, since disabled means gone. */
static void reset_touched(struct pending *p)
{
	struct touched *named = calloc(p->out.touched_n + 1, sizeof(*named));
	struct reset_ask ask = {
		.scope = RESET_TOUCHED,
		.level = LEVEL_BOTH,
		.touched = named,
		.notify_peer = true,
		.reinitiate = p->c.reinitiate,
		.why = R_CONFIG_CHANGED,
	};

	for (size_t i = 0; named && i < p->out.touched_n; i++)
		if (p->c.reset != RESET_NONE || p->out.touched[i].removed)
			named[ask.touched_n++] = p->out.touched[i];
	text_copy(ask.who, sizeof(ask.who), p->c.who);
	if (ask.touched_n)
		engine_reset(p->d->engine, clock_now(), &ask, reset_finished, p);
	else
		finish(p);
	free(named);
}

static void saved(void *arg, enum reason r, const struct fault *f)
{
	struct pending *p = arg;
	struct daemon *d = p->d;

	if (r != R_OK) {
		p->out.reason = r;
		if (f)
			p->out.fault = *f;
		finish(p);
		return;
	}
	tell_changes(p);
	log_warnings(p);
	engine_adopt(d->engine, clock_now(), p->after);
	config_unref(d->config);
	d->config = config_ref(p->after);
	daemon_config_adopted(d);
	expiry_look(d);
	overlap_look(d);
	publish_fresh(d);
	p->adopted = true;
	if (!p->is_back && !p->plan.peers && *p->fact)
		confirm_begin(d, p->fact);
	reset_touched(p);
}

/* ---- every SA of the peers it touches, when that is asked for ---- */

static bool is_touched(const struct outcome *o, size_t n, const struct touched *t)
{
	for (size_t i = 0; i < n; i++)
		if (o->touched[i].is_child == t->is_child && o->touched[i].id == t->id)
			return true;
	return false;
}

static void add_rest(void *arg, const struct reset_report *r, const struct fault *f)
{
	struct outcome *o = arg;
	size_t n = o->touched_n;
	struct touched *more = r->n ? realloc(o->touched, (n + r->n) * sizeof(*more)) : NULL;

	(void)f;
	if (!more)
		return;
	o->touched = more;
	for (size_t i = 0; i < r->n; i++) {
		struct touched *t = &more[o->touched_n];

		if (is_touched(o, n, &r->at[i]))
			continue;
		*t = r->at[i];
		t->action = t->is_child ? IMPACT_CHILD : IMPACT_IKE;
		text_copy(t->reason, sizeof(t->reason), "its peer is reset as a whole");
		o->unaffected_ike_sas -= !t->is_child && o->unaffected_ike_sas;
		o->touched_n++;
	}
}

static void widen(struct pending *p)
{
	struct outcome *o = &p->out;
	size_t n = o->touched_n;

	for (size_t i = 0; i < n; i++) {
		struct reset_ask ask = { .scope = RESET_PEER,
					 .dry_run = true,
					 .why = R_CONFIG_CHANGED };
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again |= strcmp(o->touched[k].peer, o->touched[i].peer) == 0;
		text_copy(ask.name, sizeof(ask.name), o->touched[i].peer);
		if (!again && *ask.name)
			engine_reset(p->d->engine, clock_now(), &ask, add_rest, o);
	}
}

/* ---- the steps ---- */

static enum reason validate(struct pending *p, int64_t now_s)
{
	struct daemon *d = p->d;
	struct change *c = &p->c;
	struct outcome *o = &p->out;

	if (confirm_may(d, c, &o->fault) != R_OK || canary_may(d, c, &o->fault) != R_OK)
		return o->fault.reason;
	if (c->made_for != MATCH_ANY && c->made_for != config_revision(d->config))
		return fail(&o->fault, R_STALE,
			    "the configuration is at revision %llu, not at %llu",
			    (unsigned long long)config_revision(d->config),
			    (unsigned long long)c->made_for);
	for (size_t i = 0; i < c->n; i++) {
		size_t said = o->errors.n;

		if (c->edits[i].op == EDIT_PUT && c->edits[i].rec)
			inspect_record(c->edits[i].rec, d->want.keyring, &o->errors);
		for (; said < o->errors.n; said++)
			o->errors.at[said].edit = i + 1;
	}
	p->after = config_with(d->config, c->edits, c->n, c->who, now_s, &o->fault);
	if (!p->after)
		return o->fault.reason;
	enum reason r = rules_check(d->config, p->after, c->edits, c->n, &o->errors, &o->warnings);
	if (r == R_OK && !o->errors.n && canary_is_asked(&c->canary))
		r = cut_change(d, c, now_s, &p->after, &p->plan, &o->fault);
	return r == R_OK && o->errors.n ? R_INVALID : r;
}

/* A canary's SAs now, those of others with its end. */
static enum reason prepare_canary(struct pending *p)
{
	struct outcome *o = &p->out;
	enum reason r = R_OK;

	if (p->c.widens)
		r = cut_add_held(&p->d->canary, o);
	else if (p->plan.peers)
		r = cut_touched(&p->plan, o, &p->held, &p->held_n);
	o->waiting_sas = p->held_n;
	return r == R_OK ? r : fail(&o->fault, r, "no memory for the change");
}

static enum reason prepare(struct pending *p)
{
	struct outcome *o = &p->out;

	engine_prepare(p->d->engine, p->after, &o->touched, &o->touched_n, &o->unaffected_ike_sas);
	if (p->c.reset == RESET_PEERS)
		widen(p);
	if (prepare_canary(p) != R_OK)
		return o->fault.reason;
	p->is_back = confirm_is_back(p->d, &p->c);
	p->is_canary_back = canary_is_back(p->d, &p->c);
	if (p->plan.peers) {
		p->fact = canary_fact(p->d, &p->c, &p->plan, p->after, &o->fault);
		return p->fact ? R_OK : o->fault.reason;
	}
	p->fact = confirm_fact(p->d, &p->c, o);
	return p->fact ? R_OK : fail(&o->fault, R_NO_MEMORY, "no memory for the change");
}

/* Only SAs waited: there is no revision to be made. */
static void widen_sas(struct pending *p)
{
	config_unref(p->after);
	p->after = NULL;
	p->out.reason = canary_settle(p->d, &p->out.fault);
	p->adopted = p->out.reason == R_OK;
	if (p->adopted)
		reset_touched(p);
	else
		finish(p);
}

/* The fact that goes with it, and what becomes of its change set. */
static void save_beside(struct pending *p, struct save *s)
{
	if (p->plan.peers || p->is_canary_back || p->c.widens)
		s->fact = (struct save_fact){ CANARY_FACT, p->fact };
	else if (*p->fact || p->is_back)
		s->fact = (struct save_fact){ "confirming", p->fact };
	if (p->is_canary_back) {
		canary_note(p->d, p->c.who, p->note, sizeof(p->note));
		s->set = (struct save_set){ p->d->canary.is.changeset, p->note };
	} else if (!p->plan.peers) {
		s->set.id = p->c.changeset;
	}
}

static void run(struct pending *p)
{
	struct daemon *d = p->d;
	struct change *c = &p->c;
	int64_t now_s = clock_wall_ms() / 1000;

	p->out.reason = validate(p, now_s);
	if (p->out.reason == R_OK)
		p->out.reason = prepare(p);
	if (p->out.reason != R_OK || c->dry_run) {
		finish(p);
		return;
	}
	if (c->widens && !c->n) {
		widen_sas(p);
		return;
	}

	struct save s = {
		.edits = c->edits,
		.n = c->n,
		.before = d->config,
		.after = p->after,
		.who = c->who,
		.channel = c->channel,
		.comment = c->comment,
		.request_id = c->request_id,
		.now_s = now_s,
	};
	save_beside(p, &s);
	d->want.repo->save(d->want.repo->ctx, &s, saved, p);
}

static void take_next(struct daemon *d)
{
	struct pending *p = d->first;

	if (!p || d->saving)
		return;
	d->first = p->next;
	if (!d->first)
		d->last = NULL;
	d->saving = true;
	run(p);
}

static void refuse(struct pending *p, enum reason r, const char *text)
{
	p->out.reason = fail(&p->out.fault, r, "%s", text);
	p->out.config = p->d->config;
	p->out.revision = config_revision(p->d->config);
	p->done(p->arg, &p->out);
	pending_free(p);
}

void change_ask(void *ctx, struct change *take_c, change_done *done, void *arg)
{
	struct daemon *d = ctx;
	struct pending *p = calloc(1, sizeof(*p));

	if (!p) {
		struct outcome o = { .reason = R_NO_MEMORY, .config = d->config };
		fail(&o.fault, R_NO_MEMORY, "no memory for the change");
		done(arg, &o);
		return;
	}
	p->d = d;
	p->c = *take_c;
	*take_c = (struct change){ 0 };
	p->done = done;
	p->arg = arg;
	if (d->stopping) {
		refuse(p, R_SHUTDOWN, "the gateway is stopping and takes no changes");
		return;
	}
	if (d->last)
		d->last->next = p;
	else
		d->first = p;
	d->last = p;
	take_next(d);
}

void change_drop_all(struct daemon *d)
{
	while (d->first) {
		struct pending *p = d->first;

		d->first = p->next;
		refuse(p, R_SHUTDOWN, "the gateway is stopping and takes no changes");
	}
	d->last = NULL;
}

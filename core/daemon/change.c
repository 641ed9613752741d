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

struct pending {
	struct pending *next;
	struct daemon *d;
	struct change c;
	change_done *done;
	void *arg;
	struct config *after;
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
	free(p);
}

static void finish(struct pending *p)
{
	struct daemon *d = p->d;

	if (!p->out.config)
		p->out.config = p->after && p->out.reason == R_OK ? p->after : d->config;
	p->out.revision = config_revision(p->out.config);
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
		.reinitiate = REINITIATE_AUTO,
		.why = R_CONFIG_CHANGED,
	};

	for (size_t i = 0; named && i < p->out.touched_n; i++)
		if (p->c.reset == RESET_AFFECTED || p->out.touched[i].removed)
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
	publish_fresh(d);
	reset_touched(p);
}

static void run(struct pending *p)
{
	struct daemon *d = p->d;
	struct change *c = &p->c;
	int64_t now_s = clock_wall_ms() / 1000;

	for (size_t i = 0; i < c->n; i++)
		if (c->edits[i].op == EDIT_PUT && c->edits[i].rec)
			inspect_record(c->edits[i].rec, d->want.keyring, &p->out.errors);
	p->after = config_with(d->config, c->edits, c->n, c->who, now_s, &p->out.fault);
	if (!p->after) {
		p->out.reason = p->out.fault.reason;
		finish(p);
		return;
	}
	p->out.reason =
		rules_check(d->config, p->after, c->edits, c->n, &p->out.errors, &p->out.warnings);
	if (p->out.reason == R_OK && p->out.errors.n)
		p->out.reason = R_INVALID;
	if (p->out.reason != R_OK) {
		finish(p);
		return;
	}
	engine_prepare(d->engine, p->after, &p->out.touched, &p->out.touched_n,
		       &p->out.unaffected_ike_sas);
	if (c->dry_run) {
		finish(p);
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

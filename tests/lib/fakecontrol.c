/* fakecontrol.c - the gateway's double for the services
 *
 * Changes go the real way (config_with, rules_check, repo->save), so what a service hears is
 * what it will hear from the daemon; SAs are made up, and a reset takes them out of the next
 * picture. Records called "held..." keep their change open until somebody lets go: that is how
 * deadlines, departed clients and stops with requests under way are tried.
 *
 * Called by: tests.  Thread: loop.  Owns: the configuration, the picture, what is held.
 */
#include "tests/lib/fakecontrol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/base/timers.h"
#include "core/model/ipsec_session.h"
#include "core/model/canaryplan.h"
#include "core/model/held.h"
#include "core/model/replay.h"
#include "core/model/wiretrace.h"
#include "core/model/simulation.h"

enum { SAS_MOST = 5000, HELD_MOST = 256, STORIES = 32 };

struct held {
	struct change c;
	change_done *done;
	void *arg;
};

struct fakecontrol {
	struct control control;
	struct events events;
	struct listener journal;
	const struct config *config;
	uint32_t ids[SAS_MOST];
	uint32_t sas, last_id;
	uint64_t picture;
	struct held held[HELD_MOST];
	size_t held_n;
	struct story stories[STORIES];
	uint64_t stories_n;
	bool sessions_ended;
	struct wiretrace traces[WIRETRACES_MOST];
	size_t traces_n;
	uint64_t last_trace;
	bool two_phases; /* a negotiation is of the IKE SA first, then another of the tunnel */
	bool linger; /* negotiations run until fakecontrol_end */
	struct confirming confirming; /* nothing goes back by itself here */
};

static void journal(struct listener *l, const struct event *e)
{
	struct fakecontrol *c = owner_of(l, struct fakecontrol, journal);

	if (event_row(e->id)->journalled)
		c->control.repo->journal(c->control.repo->ctx, e, 1);
}

/* ---- the picture ---- */

static void fill_sa(struct fakecontrol *c, struct ike_sa_row *sa, struct child_row *ch, uint32_t id)
{
	*sa = (struct ike_sa_row){ .id = id,
				   .ike_version = 1,
				   .role = ROLE_INITIATOR,
				   .state = SA_UP,
				   .flags = SAF_RD | SAF_ST,
				   .local_port = 500,
				   .remote_port = 500,
				   .children = 1,
				   .stale = id % 7 == 0,
				   .created_at = 1700000000,
				   .established_at = 1700000001,
				   .last_inbound_at = (uint64_t)clock_wall_ms() / 1000 - 4,
				   .dpd_interval_seconds = 10,
				   .dpd_due_in_seconds = 3,
				   .dpd_unanswered = 2,
				   .dpd_ends_in_seconds = 18,
				   .keepalive_due_in_seconds = 12,
				   .keepalive_silence_in_seconds = 45,
				   .keepalive_timeout_seconds = 60,
				   .config_generation = config_revision(c->config) };
	snprintf(sa->peer, sizeof(sa->peer), "peer-%u", id);
	snprintf(sa->flags_text, sizeof(sa->flags_text), "RD|ST");
	snprintf(sa->local_address, sizeof(sa->local_address), "192.0.2.1");
	snprintf(sa->remote_address, sizeof(sa->remote_address), "198.51.100.%u", id % 250 + 1);
	snprintf(sa->initiator_spi, sizeof(sa->initiator_spi), "%016x", id);
	*ch = (struct child_row){ .id = id,
				  .ike_sa = id,
				  .state = CS_UP,
				  .role = ROLE_INITIATOR,
				  .spi_in = 0xc0000000u + id,
				  .spi_out = 0xd0000000u + id,
				  .bytes_in = id * 1000ull };
	snprintf(ch->peer, sizeof(ch->peer), "peer-%u", id);
	snprintf(ch->tunnel, sizeof(ch->tunnel), "tunnel-%u", id);
	snprintf(ch->protocol, sizeof(ch->protocol), "esp");
	snprintf(ch->local_address, sizeof(ch->local_address), "%s", sa->local_address);
	snprintf(ch->remote_address, sizeof(ch->remote_address), "%s", sa->remote_address);
}

static void fill_configured(struct fakecontrol *c, struct view *v)
{
	struct peer_row *p = view_peers(v);
	struct tunnel_row *t = view_tunnels(v);

	for (uint32_t i = 0; i < v->peers_n; i++) {
		const struct record *r = config_at(c->config, K_PEER, i);

		p[i] = (struct peer_row){ .index = i + 1, .enabled = true, .state = PS_WAITING };
		snprintf(p[i].name, sizeof(p[i].name), "%s", r->name);
	}
	for (uint32_t i = 0; i < v->tunnels_n; i++) {
		const struct record *r = config_at(c->config, K_TUNNEL, i);

		t[i] = (struct tunnel_row){ .index = i + 1, .enabled = true, .state = TS_DOWN };
		snprintf(t[i].name, sizeof(t[i].name), "%s", r->name);
		snprintf(t[i].peer, sizeof(t[i].peer), "%s",
			 ((const struct tunnel *)(const void *)r)->peer);
	}
}

static void publish(struct fakecontrol *c)
{
	struct view *v = view_new(c->sas, c->sas, (uint32_t)config_count(c->config, K_TUNNEL),
				  (uint32_t)config_count(c->config, K_PEER));

	if (!v)
		abort();
	v->number = ++c->picture;
	v->made_wall_ms = (uint64_t)clock_wall_ms();
	v->started_at = (uint64_t)clock_wall_ms() / 1000;
	v->revision = config_revision(c->config);
	snprintf(v->data_plane, sizeof(v->data_plane), "recording");
	snprintf(v->data_plane_reason, sizeof(v->data_plane_reason), "this is a test");
	v->counters.ike_sas = c->sas;
	for (uint32_t i = 0; i < c->sas; i++)
		fill_sa(c, &view_ike_sas(v)[i], &view_children(v)[i], c->ids[i]);
	fill_configured(c, v);
	board_post_config(c->control.board, c->config);
	board_post(c->control.board, v);
}

void fakecontrol_sas(struct fakecontrol *c, uint32_t n)
{
	c->sas = n > SAS_MOST ? SAS_MOST : n;
	for (uint32_t i = 0; i < c->sas; i++)
		c->ids[i] = ++c->last_id;
	publish(c);
}

static void fresh(void *ctx)
{
	(void)ctx; /* every change publishes at once */
}

/* ---- changes ---- */

static void drop_edits(struct change *c)
{
	for (size_t i = 0; i < c->n; i++)
		record_unref(c->edits[i].rec);
	free(c->edits);
	*c = (struct change){ 0 };
}

struct saving {
	struct fakecontrol *c;
	enum reason reason;
	struct fault fault;
};

static void saved(void *arg, enum reason r, const struct fault *f)
{
	struct saving *s = arg;

	s->reason = r;
	if (r != R_OK && f)
		s->fault = *f;
}

static void keep(struct fakecontrol *c, struct change *ch, struct config *after, struct outcome *o)
{
	struct saving sv = { .c = c };
	struct save s = { .edits = ch->edits,
			  .n = ch->n,
			  .before = c->config,
			  .after = after,
			  .who = ch->who,
			  .channel = ch->channel,
			  .comment = ch->comment,
			  .request_id = ch->request_id,
			  .now_s = clock_wall_ms() / 1000,
			  .set = { .id = ch->changeset } };
	struct event ev = { .id = EVT_CONFIG, .revision = config_revision(after) };

	c->control.repo->save(c->control.repo->ctx, &s, saved, &sv);
	o->reason = sv.reason;
	o->fault = sv.fault;
	if (sv.reason != R_OK)
		return;
	config_unref(c->config);
	c->config = config_ref(after);
	snprintf(ev.who, sizeof(ev.who), "%s", ch->who);
	snprintf(ev.text, sizeof(ev.text), "%zu records changed", ch->n);
	events_tell(&c->events, &ev);
	publish(c);
}

/* An IKE SA and its child; the child first, as on the wire. */
static void touch(struct outcome *o, const struct ike_sa_row *sa, enum impact action,
		  const char *members)
{
	struct touched *at = realloc(o->touched, (o->touched_n + 2) * sizeof(*at));

	if (!at)
		abort();
	o->touched = at;
	for (int child = 1; child >= 0; child--) {
		struct touched *t = &at[o->touched_n++];

		*t = (struct touched){ .is_child = child,
				       .id = sa->id,
				       .action = action,
				       .bytes_last_minute = child ? sa->id * 10u : 0 };
		snprintf(t->peer, sizeof(t->peer), "%s", sa->peer);
		if (child)
			snprintf(t->tunnel, sizeof(t->tunnel), "tunnel-%u", sa->id);
		snprintf(t->reason, sizeof(t->reason), "%s changed", members);
	}
}

/* Which made-up SAs a change of their peer makes stale. */
static void prepare(struct fakecontrol *c, const struct change *ch, const struct config *after,
		    struct outcome *o)
{
	const struct view *v = board_look(c->control.board);

	o->unaffected_ike_sas = c->sas;
	for (size_t i = 0; i < ch->n; i++) {
		const struct edit *e = &ch->edits[i];
		const struct record *old = config_find(c->config, e->kind, e->name);
		const struct record *new = config_find(after, e->kind, e->name);
		enum impact action = IMPACT_IKE;
		struct text members;

		text_init(&members, 100);
		if (old && new)
			action = record_diff(old, new, &members);
		for (uint32_t k = 0; k < v->ike_sas_n; k++) {
			const struct ike_sa_row *sa = &view_ike_sas(v)[k];

			if (e->kind != K_PEER || !old || action < IMPACT_CHILD ||
			    strcmp(sa->peer, e->name) != 0)
				continue;
			touch(o, sa, action, members.n ? members.at : "enabled");
			o->unaffected_ike_sas--;
		}
		text_done(&members);
	}
	view_unref(v);
}

/* Takes the SAs it touched out of the picture, and says so. */
static void reset_touched(struct fakecontrol *c, struct outcome *o)
{
	uint32_t left = 0;

	o->reset.at = o->touched_n ? calloc(o->touched_n, sizeof(*o->reset.at)) : NULL;
	for (size_t i = 0; o->reset.at && i < o->touched_n; i++) {
		struct touched *t = &o->reset.at[o->reset.n++];

		*t = o->touched[i];
		t->result = RES_DELETED;
		o->reset.child_sas += t->is_child;
		o->reset.ike_sas += !t->is_child;
		o->reset.notices++;
	}
	for (uint32_t i = 0; i < c->sas; i++) {
		bool gone = false;

		for (size_t k = 0; k < o->touched_n; k++)
			gone |= o->touched[k].id == c->ids[i];
		if (!gone)
			c->ids[left++] = c->ids[i];
	}
	c->sas = left;
	publish(c);
}

static void wait_for_confirmation(struct fakecontrol *c, const struct change *ch)
{
	uint64_t revision = config_revision(c->config);

	if (ch->goes_back)
		c->confirming = (struct confirming){ 0 };
	if (ch->confirm == CONFIRM_NOT)
		return;
	c->confirming = (struct confirming){ .revision = revision,
					     .back = revision - 1,
					     .until_s = clock_wall_ms() / 1000 + ch->confirm_s,
					     .mode = ch->confirm };
	snprintf(c->confirming.who, sizeof(c->confirming.who), "%s", ch->who);
}

static enum reason confirm(void *ctx, uint64_t revision, const char *who, struct fault *f)
{
	struct fakecontrol *c = ctx;

	(void)who;
	if (!revision || revision != c->confirming.revision)
		return fail(f, R_NOT_FOUND, "revision %llu does not wait",
			    (unsigned long long)revision);
	c->confirming = (struct confirming){ 0 };
	return R_OK;
}

static void confirming(void *ctx, struct confirming *ret)
{
	struct fakecontrol *c = ctx;

	*ret = c->confirming;
}

/* Nothing is ever tried on a few peers here. */
static void canarying(void *ctx, struct canarying *ret)
{
	(void)ctx;
	*ret = (struct canarying){ 0 };
}

static void canary_end(void *ctx, const struct canary_end *e, change_done *done, void *arg)
{
	struct fakecontrol *c = ctx;
	struct outcome o = { .reason = R_NOT_FOUND, .config = c->config };

	fail(&o.fault, R_NOT_FOUND, "change set %llu is not tried",
	     (unsigned long long)e->changeset);
	done(arg, &o);
}

static void run(struct fakecontrol *c, struct change *ch, change_done *done, void *arg)
{
	struct outcome *o = calloc(1, sizeof(*o));
	struct canary_plan plan = { 0 };
	struct config *after;

	if (!o)
		abort();
	if (c->confirming.revision && !ch->dry_run && !ch->goes_back)
		fail(&o->fault, R_CONFIRM_WAITS, "revision %llu waits to be confirmed",
		     (unsigned long long)c->confirming.revision);
	else if (ch->made_for && ch->made_for != config_revision(c->config))
		fail(&o->fault, R_STALE, "the configuration moved on");
	after = o->fault.reason ? NULL
				: config_with(c->config, ch->edits, ch->n, ch->who,
					      clock_wall_ms() / 1000, &o->fault);
	o->reason =
		after ? rules_check(c->config, after, ch->edits, ch->n, &o->errors, &o->warnings)
		      : o->fault.reason;
	if (o->reason == R_OK && canary_is_asked(&ch->canary))
		o->reason = canary_plan_make(c->config, after, ch->edits, ch->n, &ch->canary, &plan,
					     &o->fault);
	o->canary_peers = plan.peers; /* cut in words only */
	o->waiting_records = ch->n - plan.first_n;
	if (o->reason == R_OK)
		prepare(c, ch, after, o);
	if (o->reason == R_OK && !ch->dry_run)
		keep(c, ch, after, o);
	if (o->reason == R_OK && !ch->dry_run)
		wait_for_confirmation(c, ch);
	if (o->reason == R_OK && !ch->dry_run && ch->reset != RESET_NONE)
		reset_touched(c, o);
	o->config = o->reason == R_OK ? after : c->config;
	o->revision = config_revision(o->config);
	done(arg, o);
	config_unref(after);
	canary_plan_done(&plan);
	drop_edits(ch);
	free(o->touched);
	free(o->reset.at);
	free(o);
}

static void change(void *ctx, struct change *take_c, change_done *done, void *arg)
{
	struct fakecontrol *c = ctx;
	struct change ch = *take_c;

	*take_c = (struct change){ 0 };
	if (ch.n && strncmp(ch.edits[0].name, "held", 4) == 0 && c->held_n < HELD_MOST)
		c->held[c->held_n++] = (struct held){ ch, done, arg };
	else
		run(c, &ch, done, arg);
}

void fakecontrol_release(struct fakecontrol *c)
{
	for (size_t i = 0; i < c->held_n; i++)
		run(c, &c->held[i].c, c->held[i].done, c->held[i].arg);
	c->held_n = 0;
}

size_t fakecontrol_held(const struct fakecontrol *c)
{
	return c->held_n;
}

/* ---- SAs ---- */

static bool is_meant_child(const struct reset_ask *a, const struct child_row *c)
{
	char dst[ADDR_TEXT];
	bool anywhere = a->remote.family == 0;

	addr_text(&a->remote, dst);
	return (c->spi_in == a->spi && (anywhere || strcmp(c->local_address, dst) == 0)) ||
	       (c->spi_out == a->spi && (anywhere || strcmp(c->remote_address, dst) == 0));
}

static bool is_meant(const struct reset_ask *a, const struct ike_sa_row *sa,
		     const struct child_row *child)
{
	switch (a->scope) {
	case RESET_ALL:
		return true;
	case RESET_PEER:
		return strcmp(a->name, sa->peer) == 0;
	case RESET_IKE_SA:
	case RESET_CHILD_SA:
		return a->id == sa->id;
	case RESET_CONNECTION:
		return a->id == sa->id || a->id == child->id;
	case RESET_STALE:
		return sa->stale;
	case RESET_SPI:
		return is_meant_child(a, child);
	case RESET_TUNNEL:
	case RESET_REMOTE:
	default:
		return false;
	}
}

static enum reason initiate(void *ctx, const char *tunnel, const char *who, uint64_t *ret_id,
			    struct fault *f);

/* A reset that says reinitiate=always starts the tunnel again that the child belonged to. */
static void bring_back(struct fakecontrol *c, const struct reset_ask *a, struct reset_report *r)
{
	struct fault f = { 0 };

	for (size_t i = 0; i < r->n && !a->dry_run && a->reinitiate == REINITIATE_ALWAYS; i++)
		if (r->at[i].is_child && config_count(c->config, K_TUNNEL) &&
		    initiate(c, config_at(c->config, K_TUNNEL, 0)->name, a->who,
			     &r->at[i].negotiation, &f) == R_OK)
			r->at[i].result = RES_REESTABLISHED;
}

static void reset(void *ctx, const struct reset_ask *a, reset_done *done, void *arg)
{
	struct fakecontrol *c = ctx;
	const struct view *v = board_look(c->control.board);
	struct reset_report r = { .at = calloc(2 * c->sas + 1, sizeof(*r.at)) };
	struct fault f = { .reason = R_OK };
	uint32_t left = 0;

	for (uint32_t i = 0; i < v->ike_sas_n; i++) {
		const struct ike_sa_row *sa = &view_ike_sas(v)[i];

		if (!is_meant(a, sa, &view_children(v)[i])) {
			c->ids[left++] = sa->id;
			continue;
		}
		for (int child = 1; child >= 0; child--) {
			struct touched *t = &r.at[r.n++];

			t->is_child = child;
			t->id = sa->id;
			t->result = a->dry_run ? RES_WOULD : RES_DELETED;
			snprintf(t->peer, sizeof(t->peer), "%s", sa->peer);
		}
		r.ike_sas++;
		r.child_sas++;
		r.notices += a->dry_run ? 0 : 2;
	}
	view_unref(v);
	if (r.n == 0 && (a->scope == RESET_IKE_SA || a->scope == RESET_CHILD_SA ||
			 a->scope == RESET_CONNECTION))
		fail(&f, R_NOT_FOUND, "there is no such SA");
	if (!a->dry_run && r.n) {
		c->sas = left;
		publish(c);
		bring_back(c, a, &r);
	}
	done(arg, &r, &f);
	free(r.at);
}

static void end(struct story *s, enum story_verdict verdict)
{
	s->ended_ms = verdict == VERDICT_RUNNING ? 0 : clock_wall_ms();
	s->verdict = verdict;
	s->reason = verdict == VERDICT_FAILED ? R_NO_ANSWER : R_OK;
	if (verdict == VERDICT_FAILED)
		snprintf(s->text, sizeof(s->text), "nobody answers in a test");
}

void fakecontrol_linger(struct fakecontrol *c, bool two_phases)
{
	c->linger = true;
	c->two_phases = two_phases;
}

/* Phase 1 is up; the tunnel's own story begins. */
static void second_phase(struct fakecontrol *c, struct story *first)
{
	struct story *s = &c->stories[c->stories_n % STORIES];

	end(first, VERDICT_UP);
	*s = (struct story){ .id = ++c->stories_n, .started_ms = clock_wall_ms() };
	snprintf(s->tunnel, sizeof(s->tunnel), "%s", config_at(c->config, K_TUNNEL, 0)->name);
}

void fakecontrol_end(struct fakecontrol *c, bool up)
{
	uint64_t last = c->stories_n;

	c->linger = false;
	for (size_t i = 0; i < STORIES; i++) {
		struct story *s = &c->stories[i];

		if (!s->id || s->id > last || s->verdict != VERDICT_RUNNING)
			continue;
		if (!*s->tunnel && up)
			second_phase(c, s);
		else
			end(s, up ? VERDICT_UP : VERDICT_FAILED);
	}
}

static enum reason initiate(void *ctx, const char *tunnel, const char *who, uint64_t *ret_id,
			    struct fault *f)
{
	struct fakecontrol *c = ctx;
	const struct tunnel *t = config_tunnel(c->config, tunnel);
	struct event ev = { .id = EVT_NEGO_FAILED, .reason = R_NO_ANSWER };
	struct story *s = &c->stories[c->stories_n % STORIES];

	if (!t)
		return fail(f, R_NOT_FOUND, "there is no tunnel %s", tunnel);
	*s = (struct story){ .id = ++c->stories_n, .started_ms = clock_wall_ms(), .steps_n = 1 };
	end(s, c->linger ? VERDICT_RUNNING : VERDICT_FAILED);
	if (!c->linger || !c->two_phases)
		snprintf(s->tunnel, sizeof(s->tunnel), "%s", tunnel);
	snprintf(s->peer, sizeof(s->peer), "%s", t->peer);
	snprintf(s->steps[0].text, sizeof(s->steps[0].text), "sent our proposal");
	s->steps[0].direction = '>';
	ev.negotiation = s->id;
	snprintf(ev.tunnel, sizeof(ev.tunnel), "%s", tunnel);
	snprintf(ev.who, sizeof(ev.who), "%s", who);
	snprintf(ev.text, sizeof(ev.text), "nobody answers in a test");
	events_tell(&c->events, &ev);
	*ret_id = s->id;
	return R_OK;
}

static bool has_sa(const struct fakecontrol *c, uint32_t id)
{
	for (uint32_t i = 0; i < c->sas; i++)
		if (c->ids[i] == id)
			return true;
	return false;
}

static enum reason renew(void *ctx, const struct renew_ask *ask, uint64_t *ret_id, struct fault *f)
{
	struct fakecontrol *c = ctx;

	if (!has_sa(c, ask->id))
		return fail(f, R_NOT_FOUND, "there is no SA %u", (unsigned)ask->id);
	return initiate(ctx, config_at(c->config, K_TUNNEL, 0)->name, ask->who, ret_id, f);
}

static enum reason ask_alive(void *ctx, uint32_t id, struct fault *f)
{
	return has_sa(ctx, id) ? R_OK : fail(f, R_NOT_FOUND, "there is no IKE SA %u", (unsigned)id);
}

/* One for each SA there is, until they are ended. */
static const char *sessions(void *ctx, const struct session_ask *ask, session_each *each, void *arg)
{
	struct fakecontrol *c = ctx;
	size_t given = 0;

	for (uint32_t i = c->sessions_ended ? 0 : c->sas; i > 0 && given < ask->most; i--) {
		struct session_row s = { .id = i,
					 .child_sa = c->ids[i - 1],
					 .tunnel = "t1",
					 .peer = "p1",
					 .protocol = 6,
					 .age_s = 90,
					 .idle_s = 36,
					 .limit_s = 300,
					 .matched = 8 };

		if ((ask->before && i >= ask->before) ||
		    (ask->child_sa && ask->child_sa != s.child_sa))
			continue;
		addr_read("10.1.0.1", &s.source);
		addr_read("10.2.0.1", &s.destination);
		s.source.port = (uint16_t)(40000 + i);
		s.destination.port = 443;
		each(arg, &s);
		given++;
	}
	each(arg, NULL);
	return NULL;
}

static enum reason sessions_end(void *ctx, uint32_t child_sa, struct fault *f)
{
	struct fakecontrol *c = ctx;

	if (child_sa && !has_sa(c, child_sa))
		return fail(f, R_NOT_FOUND, "there is no IPsec SA %u", (unsigned)child_sa);
	c->sessions_ended = true;
	return R_OK;
}

static void stories(void *ctx, const char *peer, const char *tunnel, uint64_t before, size_t most,
		    story_each *each, void *arg)
{
	struct fakecontrol *c = ctx;

	for (uint64_t id = c->stories_n; id > 0 && most && c->stories_n - id < STORIES; id--) {
		const struct story *s = &c->stories[(id - 1) % STORIES];

		if ((before && s->id >= before) || (*peer && strcmp(peer, s->peer) != 0) ||
		    (*tunnel && strcmp(tunnel, s->tunnel) != 0))
			continue;
		each(arg, s);
		most--;
	}
	each(arg, NULL);
}

static bool story(void *ctx, uint64_t id, story_each *each, void *arg)
{
	struct fakecontrol *c = ctx;

	if (id == 0 || id > c->stories_n || c->stories_n - id >= STORIES)
		return false;
	each(arg, &c->stories[(id - 1) % STORIES]);
	return true;
}

static enum reason simulate(void *ctx, const struct simulate_ask *ask, simulate_done *done,
			    void *arg, struct fault *f)
{
	static struct simulation s;
	struct fault none = { 0 };

	(void)ctx;
	if (strcmp(ask->language, "swanctl") != 0)
		return fail(f, R_INVALID, "the double reads swanctl only");
	s = (struct simulation){ .verdict = VERDICT_UP };
	snprintf(s.peer, sizeof(s.peer), "%s", ask->peer);
	done(arg, &s, &none);
	return R_OK;
}

/* Nobody ever offered anything here but in a story of ours. */
/* --- what the data plane holds: one of each standing, and enough to page through --- */

static enum reason look_at_plane(void *ctx, void (*done)(void *arg, const struct holdings *h),
				 void *arg, struct fault *f)
{
	static const char *const keys[] = { "192.0.2.1/esp/0x00000001", "192.0.2.1/esp/0x00000002",
					    "192.0.2.2/esp/0x00000003",
					    "192.0.2.2/esp/0x00000004" };
	struct held_sa sas[4] = { 0 };
	struct held_policy policies[2] = { 0 };

	(void)ctx;
	(void)f;
	for (int i = 0; i < 4; i++) {
		text_copy(sas[i].key, sizeof(sas[i].key), keys[i]);
		text_copy(sas[i].protocol, sizeof(sas[i].protocol), "esp");
		sas[i].standing = i;
		sas[i].spi = (uint32_t)i + 1;
		sas[i].bytes = 10;
	}
	text_copy(policies[0].key, sizeof(policies[0].key), "in/0000000001");
	text_copy(policies[1].key, sizeof(policies[1].key), "out/0000000002");
	policies[1].standing = STANDING_FOREIGN;
	done(arg, &(struct holdings){ "recording", sas, policies, 4, 2 });
	return R_OK;
}

/* --- traces of datagrams: rows, and a word in the place of what they hold --- */

static enum reason trace_start(void *ctx, const struct wiretrace_ask *ask, struct wiretrace *ret,
			       struct fault *f)
{
	struct fakecontrol *c = ctx;
	struct wiretrace *w = &c->traces[c->traces_n];
	int64_t now = clock_wall_ms();

	if (c->traces_n == WIRETRACES_MOST)
		return fail(f, R_BUSY, "there are too many traces");
	*w = (struct wiretrace){ .id = ++c->last_trace,
				 .secrets = ask->secrets,
				 .running = true,
				 .started_ms = now,
				 .until_ms = now + ask->seconds * 1000,
				 .forgotten_ms = now + ask->seconds * 1000 + 900000,
				 .datagrams = 1,
				 .octets = 4 };
	text_copy(w->peer, sizeof(w->peer), ask->peer);
	text_copy(w->who, sizeof(w->who), ask->who);
	c->traces_n++;
	*ret = *w;
	return R_OK;
}

static struct wiretrace *trace_of(struct fakecontrol *c, uint64_t id)
{
	for (size_t i = 0; i < c->traces_n; i++)
		if (c->traces[i].id == id)
			return &c->traces[i];
	return NULL;
}

static enum reason trace_end(void *ctx, uint64_t id, const char *who, bool at_once, struct fault *f)
{
	struct fakecontrol *c = ctx;
	struct wiretrace *w = trace_of(c, id);

	(void)who;
	if (!w)
		return fail(f, R_NOT_FOUND, "there is no such trace");
	w->running = false;
	if (at_once)
		*w = c->traces[--c->traces_n];
	return R_OK;
}

static void traces(void *ctx, wiretrace_each *each, void *arg)
{
	struct fakecontrol *c = ctx;

	for (size_t i = 0; i < c->traces_n; i++)
		each(arg, &c->traces[i]);
	each(arg, NULL);
}

static enum reason trace_read(void *ctx, uint64_t id, int form, struct text *ret,
			      struct wiretrace *ret_row, struct fault *f)
{
	const struct wiretrace *w = trace_of(ctx, id);

	if (!w || (form > WIRETRACE_PCAPNG && !w->secrets))
		return fail(f, R_NOT_FOUND, "there is no such trace, or none with secrets");
	*ret_row = *w;
	if (form == WIRETRACE_JSON) {
		text_add_str(ret, "{\"trace\":");
		wiretrace_json(w, ret);
		text_add_str(ret, ",\"messages\":[]}");
	} else {
		text_add_str(ret, "keys\n");
	}
	return R_OK;
}

static enum reason replay(void *ctx, const struct replay_ask *ask, const struct config *now,
			  struct replay *ret, struct fault *f)
{
	struct fakecontrol *c = ctx;

	if (!ask->negotiation || ask->negotiation > c->stories_n)
		return fail(f, R_NOT_FOUND, "there is no negotiation %llu",
			    (unsigned long long)ask->negotiation);
	*ret = (struct replay){ .negotiation = ask->negotiation,
				.revision = config_revision(now ? now : c->config),
				.phase = 2,
				.n = 1 };
	snprintf(ret->text, sizeof(ret->text), "we made this offer");
	snprintf(ret->row[0].proposal, sizeof(ret->row[0].proposal), "esp");
	return R_OK;
}

struct fakecontrol *fakecontrol_new(struct repo *repo, struct crew *crew)
{
	struct fakecontrol *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	events_init(&c->events);
	c->journal.hear = journal;
	events_listen(&c->events, &c->journal);
	c->config = config_new();
	c->control = (struct control){ .ctx = c,
				       .change = change,
				       .confirm = confirm,
				       .confirming = confirming,
				       .canarying = canarying,
				       .canary_end = canary_end,
				       .reset = reset,
				       .initiate = initiate,
				       .renew = renew,
				       .ask_alive = ask_alive,
				       .sessions = sessions,
				       .sessions_end = sessions_end,
				       .stories = stories,
				       .story = story,
				       .replay = replay,
				       .simulate = simulate,
				       .held = look_at_plane,
				       .trace_start = trace_start,
				       .trace_end = trace_end,
				       .traces = traces,
				       .trace_read = trace_read,
				       .fresh = fresh,
				       .events = &c->events,
				       .repo = repo,
				       .crew = crew,
				       .board = board_new() };
	publish(c);
	return c;
}

void fakecontrol_free(struct fakecontrol *c)
{
	if (!c)
		return;
	fakecontrol_release(c);
	board_free(c->control.board);
	config_unref(c->config);
	free(c);
}

struct control *fakecontrol_control(struct fakecontrol *c)
{
	return &c->control;
}

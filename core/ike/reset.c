/* reset.c - ending SAs on somebody's wish, and bringing them back
 *
 * First all that is meant is collected and marked, then it ends in the one order that lets the peer
 * hear of it: Deletes for the IPsec SAs over their living IKE SA, then for the IKE SA, then flows
 * start again. Resetting an IKE SA alone leaves IPsec SAs nobody can announce any more, and the
 * report says so. IKEv1 Deletes are not answered: the report is complete at once.
 *
 * Called by: core/daemon through engine_reset.  Thread: loop.  Owns: the act while it runs.
 * Not here: who is meant, see reset_who.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/ike/act.h"
#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/engine.h"
#include "core/ike/manual_keys.h"
#include "core/ike/sa.h"
#include "core/ike/within.h"

static struct touched *touch(struct act *a)
{
	struct reset_report *r = &a->report;

	if (r->n == a->cap) {
		size_t cap = a->cap ? 2 * a->cap : 16;
		struct touched *more = realloc(r->at, cap * sizeof(*more));

		if (!more) {
			fail(&a->fault, R_NO_MEMORY, "no memory for the report of a reset");
			return NULL;
		}
		r->at = more;
		a->cap = cap;
	}
	r->at[r->n] = (struct touched){ .result = RES_WOULD };
	return &r->at[r->n++];
}

void act_child(struct act *a, struct child *c)
{
	struct touched *t;

	if (c->mark == a->mark || c->state == CS_DELETING)
		return;
	c->mark = a->mark;
	t = touch(a);
	if (!t)
		return;
	t->is_child = true;
	t->id = c->id;
	t->action = IMPACT_CHILD;
	text_copy(t->peer, sizeof(t->peer), c->peer->r.name);
	text_copy(t->tunnel, sizeof(t->tunnel), c->tunnel->r.name);
	child_count(c);
	t->bytes_last_minute = c->minute_bytes;
	a->report.child_sas++;
}

void act_ike(struct act *a, struct ike_sa *sa)
{
	struct touched *t;

	if (sa->mark == a->mark || sa->state == SA_DELETING)
		return;
	sa->mark = a->mark;
	t = touch(a);
	if (!t)
		return;
	t->id = sa->id;
	t->action = IMPACT_IKE;
	text_copy(t->peer, sizeof(t->peer), sa->peer->r.name);
	a->report.ike_sas++;
}

/* --- bringing back --- */

/* What is to start again, by the touched entry that will say so. */
struct wish {
	uint32_t flow; /* 0: phase 1 alone */
	char peer[NAME_SIZE];
	size_t touched;
};

static bool starts_by_itself(const struct flow *fl)
{
	const struct tunnel *t = fl->run->tunnel;

	return manual_is(t) || (t->start_action == START_NOW && !t->from_template);
}

static bool wants_child(const struct act *a, const struct child *c)
{
	struct addr remote;

	if (!c->flow || c->replaced || a->e->stopping || !c->flow->run->peer_run)
		return false;
	switch (a->ask->reinitiate) {
	case REINITIATE_NEVER:
		return false;
	case REINITIATE_ALWAYS:
		return !c->flow->run->tunnel->from_template &&
		       book_remote(c->flow->run->peer_run, &remote, NULL);
	case REINITIATE_AUTO:
	default:
		return starts_by_itself(c->flow) ||
		       (a->ask->why == R_CONFIG_CHANGED && c->role == ROLE_INITIATOR);
	}
}

/* An IKE SA alone is called back only when somebody says always, or it was ours to call. */
static bool wants_ike(const struct act *a, const struct ike_sa *sa)
{
	struct addr remote;

	if (a->ask->level != LEVEL_IKE || !sa->run || sa->replaced || a->e->stopping)
		return false;
	if (a->ask->reinitiate == REINITIATE_ALWAYS)
		return book_remote(sa->run, &remote, NULL);
	return a->ask->reinitiate == REINITIATE_AUTO && a->ask->why == R_CONFIG_CHANGED &&
	       sa->asked_by_us;
}

static bool is_wished(const struct wish *w, size_t n, uint32_t flow, const char *peer)
{
	for (size_t i = 0; i < n; i++)
		if (w[i].flow == flow && strcmp(w[i].peer, peer) == 0)
			return true;
	return false;
}

static bool flow_is_wished(const struct flow *fl, uint64_t mark)
{
	return fl->reset_mark == mark;
}

/* Before anything ends: afterwards nobody knows who had what. */
static size_t collect_wishes(struct act *a, struct wish *w)
{
	size_t n = 0;

	for (size_t i = 0; i < a->report.n; i++) {
		const struct touched *t = &a->report.at[i];
		struct child *c = t->is_child ? child_of_id(a->e, t->id) : NULL;
		struct ike_sa *sa = t->is_child ? NULL : sa_of_id(a->e, t->id);

		if (c && wants_child(a, c) && !flow_is_wished(c->flow, a->mark)) {
			c->flow->reset_mark = a->mark;
			w[n++] = (struct wish){ .flow = c->flow->id, .touched = i };
		} else if (sa && wants_ike(a, sa) && !is_wished(w, n, 0, t->peer)) {
			w[n] = (struct wish){ .touched = i };
			text_copy(w[n++].peer, NAME_SIZE, t->peer);
		}
	}
	return n;
}

static void bring_back(struct act *a, const struct wish *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct touched *t = &a->report.at[w[i].touched];
		struct flow *fl = w[i].flow ? book_flow(a->e, w[i].flow) : NULL;
		struct peer_run *p = w[i].flow ? NULL : book_peer(a->e, w[i].peer);
		struct fault f = { 0 };
		enum reason r = R_NOT_FOUND;

		if (fl)
			r = book_start(fl, a->ask->who, &t->negotiation, &f);
		else if (p)
			r = book_call(p, a->ask->who, &t->negotiation, &f);
		if (r == R_OK)
			t->result = RES_REESTABLISHED;
		else
			snprintf(t->reason, sizeof(t->reason), "not started again: %.130s", f.text);
	}
}

/* Flows of these peers that want to be up by themselves and were only waiting go on. */
static void wake(struct act *a)
{
	if (a->ask->reinitiate == REINITIATE_NEVER)
		return;
	for (size_t i = 0; i < a->report.n; i++) {
		struct peer_run *p = book_peer(a->e, a->report.at[i].peer);

		if (p && !a->report.at[i].is_child)
			book_wake(p);
	}
}

/* --- ending --- */

static void warn_orphans(struct act *a, const struct ike_sa *sa)
{
	if (sa->children_n == 0 || *a->report.warning || sa_heir(sa))
		return;
	snprintf(a->report.warning, sizeof(a->report.warning),
		 "IPsec SAs of %s live on without an IKE SA: no Delete can be sent for them. "
		 "Reset IPsec SAs before their IKE SA",
		 sa->peer->r.name);
}

static void end_one(struct act *a, struct touched *t)
{
	bool notify = a->ask->notify_peer && !a->ask->force;
	unsigned notices = 0;
	struct child *c = t->is_child ? child_of_id(a->e, t->id) : NULL;
	struct ike_sa *sa = t->is_child ? NULL : sa_of_id(a->e, t->id);
	struct sa_end end = { .reason = a->ask->why, .notify = notify, .ret_notices = &notices };

	bool by_hand = c && manual_is(c->tunnel); /* the peer is owed no notice */

	if (c)
		child_end(c, a->ask->why, notify, &notices);
	if (sa) {
		warn_orphans(a, sa);
		sa_end(sa, &end);
	}
	a->report.notices += notices;
	t->result = (notify && notices) || by_hand ? RES_DELETED : RES_FORCE_DELETED;
}

static void warn_unheard(struct act *a)
{
	size_t unheard = 0;

	for (size_t i = 0; i < a->report.n; i++)
		unheard += a->report.at[i].is_child && a->report.at[i].result == RES_FORCE_DELETED;
	if (unheard && a->ask->notify_peer && !a->ask->force && !*a->report.warning)
		snprintf(
			a->report.warning, sizeof(a->report.warning),
			"%zu IPsec SAs had no IKE SA left to tell the peer by: it keeps them until "
			"they expire or it is told by hand",
			unheard);
}

static void tell(const struct act *a)
{
	struct event ev = {
		.id = EVT_SA_RESET,
		.reason = a->ask->why,
		.revision = config_revision(a->e->config),
	};
	struct peer_run *p = a->ask->scope == RESET_PEER ? book_peer(a->e, a->ask->name) : NULL;

	if (p) {
		ev.peer_index = p->peer->r.index;
		text_copy(ev.peer, sizeof(ev.peer), p->peer->r.name);
	}
	if (a->ask->scope == RESET_TUNNEL)
		text_copy(ev.tunnel, sizeof(ev.tunnel), a->ask->name);
	if (!p && a->report.n == 1) {
		text_copy(ev.peer, sizeof(ev.peer), a->report.at[0].peer);
		text_copy(ev.tunnel, sizeof(ev.tunnel), a->report.at[0].tunnel);
	}
	text_copy(ev.who, sizeof(ev.who), a->ask->who);
	snprintf(ev.text, sizeof(ev.text),
		 "%u IKE SAs and %u IPsec SAs were reset, %u notices sent%s%s", a->report.ike_sas,
		 a->report.child_sas, a->report.notices, *a->report.warning ? ". " : "",
		 a->report.warning);
	events_tell(a->e->ports.events, &ev);
}

static void run(struct act *a)
{
	struct wish *wishes = calloc(a->report.n + 1, sizeof(*wishes));
	size_t n = wishes ? collect_wishes(a, wishes) : 0;

	for (size_t i = 0; i < a->report.n; i++)
		end_one(a, &a->report.at[i]);
	warn_unheard(a);
	if (wishes)
		bring_back(a, wishes, n);
	free(wishes);
	wake(a);
	if (a->report.n)
		tell(a);
}

void engine_reset(struct engine *e, msec now, const struct reset_ask *ask, engine_reset_done *done,
		  void *arg)
{
	struct act a = { .e = e, .ask = ask };

	e->now = now;
	a.mark = ++e->last_mark;
	act_collect(&a);
	if (a.fault.reason == R_OK && !ask->dry_run)
		run(&a);
	done(arg, &a.report, &a.fault);
	free(a.report.at);
}

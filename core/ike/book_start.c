/* book_start.c - the wish to be up: starting, waiting, backing off, starting again
 *
 * A flow comes up over an IKE SA of its peer that is up, else it waits for one that is under way or
 * begins one; when it is there all flows that wait start together. After failures the next try
 * comes 2, 4, 8 .. 60 seconds later, for traffic as well as for start_action start. What came up
 * and was lost within seconds counts as a failure, or two ends could chase each other.
 *
 * Called by: engine.c, book_state.c, lifetime.c, reset.c.  Thread: loop.  Owns: nothing.
 */
#include <string.h>

#include "core/base/rng.h"
#include "core/base/text.h"
#include "core/ike/child.h"
#include "core/ike/exchange.h"
#include "core/ike/inner_book.h"
#include "core/ike/manual_keys.h"
#include "core/ike/registry.h"
#include "core/ike/within.h"
#include "core/model/peer.h"
#include "core/model/tunnel.h"

enum { BACKOFF_FIRST_S = 2, BACKOFF_MOST_S = 60, SHORT_LIFE_MS = 10000, SPREAD_MS = 2 };

/* --- looking --- */

static struct ike_sa *usable(const struct peer_run *p)
{
	struct ike_sa *newest = NULL;

	list_each (l, (struct link *)&p->sas) {
		struct ike_sa *sa = owner_of(l, struct ike_sa, run_link);

		if (sa_is_usable(sa))
			newest = sa;
	}
	return newest;
}

static struct ike_sa *calling(const struct peer_run *p)
{
	list_each (l, (struct link *)&p->sas) {
		struct ike_sa *sa = owner_of(l, struct ike_sa, run_link);

		if (sa->state == SA_CONNECTING && sa->role == ROLE_INITIATOR)
			return sa;
	}
	return NULL;
}

static struct child *carrying(const struct flow *fl)
{
	list_each (l, (struct link *)&fl->children) {
		struct child *c = owner_of(l, struct child, flow_link);

		if (!c->replaced && (c->state == CS_UP || c->state == CS_REKEYING))
			return c;
	}
	return NULL;
}

static struct child *negotiating(const struct flow *fl)
{
	list_each (l, (struct link *)&fl->children) {
		struct child *c = owner_of(l, struct child, flow_link);

		if (c->state == CS_NEGOTIATING && c->role == ROLE_INITIATOR)
			return c;
	}
	return NULL;
}

static bool is_wanted(const struct flow *fl)
{
	const struct tunnel *t = fl->run->tunnel;

	return t->enabled && (t->start_action == START_NOW || fl->back || manual_is(t)) &&
	       !t->from_template && fl->run->peer_run && fl->run->peer_run->peer->enabled &&
	       !fl->e->stopping;
}

/* --- waiting for an IKE SA --- */

static void wait_for_sa(struct flow *fl)
{
	if (fl->waiting)
		return;
	fl->waiting = true;
	fl->run->waiting_n++;
	list_push(&fl->run->peer_run->waiting, &fl->waiting_link);
	book_look(fl->run);
}

static void stop_waiting(struct flow *fl)
{
	if (!fl->waiting)
		return;
	fl->waiting = false;
	fl->run->waiting_n--;
	list_remove(&fl->waiting_link);
	book_look(fl->run);
}

void book_stop(struct flow *fl)
{
	timer_stop(&fl->e->timers, &fl->again);
	stop_waiting(fl);
	fl->back = false;
}

void book_want_back(struct flow *fl, bool by_itself)
{
	if (by_itself) {
		fl->back = true;
	} else {
		fl->trap = true;
		book_policy(fl, NULL);
	}
}

/* --- beginning --- */

/* Negotiate over this IKE SA; `before` is the pair to replace, NULL none. */
static enum reason start_over(struct flow *fl, struct ike_sa *sa, struct child *before,
			      uint64_t *ret_negotiation, struct fault *f)
{
	struct child *c = child_new(sa, fl, ROLE_INITIATOR, f);

	if (!c)
		return f->reason;
	text_copy(c->who, sizeof(c->who), fl->who);
	*fl->who = '\0';
	if (before) {
		c->replaces = before->id;
		c->local_ts = before->local_ts;
		c->remote_ts = before->remote_ts;
		before->state = CS_REKEYING;
	}
	if (sa->version->start_child(sa, c, f) != R_OK) {
		child_fail(c, f);
		return f->reason;
	}
	*ret_negotiation = c->negotiation;
	return R_OK;
}

static struct ike_sa *new_call(struct peer_run *p, const char *who, struct fault *f)
{
	struct engine *e = p->e;
	struct sa_want want = { .run = p, .peer = p->peer, .role = ROLE_INITIATOR, .who = who };
	char text[ADDR_TEXT];

	want.version = engine_version(e, p->peer->ike_version == PEER_V2 ? 2 : 1);
	if (!want.version) {
		fail_field(f, R_NOT_IMPLEMENTED, "ike_version", "this release speaks IKEv1 only");
		return NULL;
	}
	if (!book_remote(p, &want.remote, f))
		return NULL;
	if (want.remote.family && !addr_read(p->peer->local_address, &want.local) &&
	    !e->ports.source_for(e->ports.ctx, &want.remote, &want.local)) {
		fail_field(f, R_SYSTEM, "local_address", "there is no route to %s",
			   addr_text(&want.remote, text));
		return NULL;
	}
	want.local.port = want.remote.port = e->ports.port;
	return sa_new(e, &want, f);
}

static enum reason begin(struct ike_sa *sa, uint64_t *ret_negotiation, struct fault *f)
{
	if (sa->version->start_ike(sa, f) == R_OK) {
		*ret_negotiation = sa->negotiation;
		return R_OK;
	}

	struct sa_end end = { .reason = f->reason, .fault = f };
	sa_end(sa, &end);
	return f->reason;
}

enum reason book_call(struct peer_run *p, const char *who, uint64_t *ret_negotiation,
		      struct fault *f)
{
	struct ike_sa *sa = calling(p);

	*ret_negotiation = 0;
	if (sa) {
		*ret_negotiation = sa->negotiation;
		return R_OK;
	}
	sa = new_call(p, who, f);
	return sa ? begin(sa, ret_negotiation, f) : f->reason;
}

static enum reason may_start(const struct flow *fl, struct fault *f)
{
	const struct tunnel *t = fl->run->tunnel;

	if (fl->e->stopping)
		return fail(f, R_SHUTDOWN, "the gateway is stopping");
	if (!t->enabled || !fl->run->peer_run)
		return fail_field(f, R_INVALID, "enabled", "the tunnel %s is disabled", t->r.name);
	if (!fl->run->peer_run->peer->enabled)
		return fail_field(f, R_INVALID, "enabled", "the peer %s is disabled", t->peer);
	if (t->from_template)
		return fail_field(f, R_INVALID, "from_template",
				  "the tunnel %s is from a template: it only answers", t->r.name);
	return R_OK;
}

enum reason book_start(struct flow *fl, const char *who, uint64_t *ret_negotiation, struct fault *f)
{
	struct fault own = { 0 };
	struct ike_sa *sa;
	struct child *c;
	enum reason r;

	f = f ? f : &own;
	*ret_negotiation = 0;
	if (may_start(fl, f) != R_OK)
		return f->reason;
	if (carrying(fl))
		return R_OK;
	if ((c = negotiating(fl))) {
		*ret_negotiation = c->negotiation;
		return R_OK;
	}
	timer_stop(&fl->e->timers, &fl->again);
	if (manual_is(fl->run->tunnel))
		return manual_start(fl, who, f);
	text_copy(fl->who, sizeof(fl->who), who);
	sa = usable(fl->run->peer_run);
	if (sa) {
		stop_waiting(fl);
		return start_over(fl, sa, NULL, ret_negotiation, f);
	}
	wait_for_sa(fl);
	r = book_call(fl->run->peer_run, who, ret_negotiation, f);
	if (r != R_OK && fl->waiting) { /* it could not even begin */
		book_failed(fl->run->peer_run, fl->run, 0, f);
		book_sa_failed(fl->run->peer_run, f);
	}
	return r;
}

void book_acquire(struct flow *fl)
{
	uint64_t negotiation;

	if (fl->e->now >= fl->run->peer_run->not_before)
		book_start(fl, "", &negotiation, NULL);
}

/* --- successors --- */

struct child *book_successor(const struct child *c)
{
	list_each (l, (struct link *)&c->flow->children) {
		struct child *next = owner_of(l, struct child, flow_link);

		if (next->replaces == c->id)
			return next;
	}
	return NULL;
}

enum reason book_renew(struct child *c, uint64_t *ret_negotiation, struct fault *f)
{
	struct flow *fl = c->flow;
	struct child *next;
	struct ike_sa *sa;

	*ret_negotiation = 0;
	if (!fl || fl->e->stopping || !fl->run->tunnel->enabled || !fl->run->peer_run ||
	    !fl->run->peer_run->peer->enabled)
		return fail(f, R_WRONG_STATE, "its tunnel or its peer is disabled");
	next = book_successor(c);
	if (next) {
		*ret_negotiation = next->negotiation;
		return R_OK;
	}
	sa = c->sa && sa_is_usable(c->sa) ? c->sa : c->sa ? sa_heir(c->sa) : NULL;
	if (!sa && !c->narrow)
		sa = usable(fl->run->peer_run);
	if (sa)
		return start_over(fl, sa, c, ret_negotiation, f);
	if (c->narrow)
		return fail(f, R_WRONG_STATE, "there is no IKE SA to renegotiate it over");
	wait_for_sa(fl);
	if (book_call(fl->run->peer_run, fl->who, ret_negotiation, f) == R_OK)
		return R_OK;
	stop_waiting(fl);
	return f->reason;
}

/* Where the old one is now: behind a NAT no other way may lead there. */
void book_renew_ike(struct ike_sa *sa)
{
	struct peer_run *p = sa->run;
	struct fault f = { 0 };
	uint64_t negotiation;

	if (!p || !p->peer->enabled || sa->e->stopping)
		return;

	struct sa_want want = {
		.version = sa->version,
		.run = p,
		.peer = p->peer,
		.role = ROLE_INITIATOR,
		.local = sa->local,
		.remote = sa->remote,
		.who = sa->who,
	};
	struct ike_sa *next = sa_new(sa->e, &want, &f);

	if (!next)
		return;
	next->replaces = sa->ref;
	next->natt = sa->natt;
	sa->rekeying = true;
	sa->state = SA_REKEYING;
	begin(next, &negotiation, &f); /* a failure puts sa back, see sa_end */
}

/* --- what became of it --- */

static void start_waiting_over(struct peer_run *p, struct ike_sa *sa)
{
	struct link *first;

	while ((first = list_first(&p->waiting)) && sa_is_usable(sa)) {
		struct flow *fl = owner_of(first, struct flow, waiting_link);
		struct fault f = { 0 };
		uint64_t negotiation;

		stop_waiting(fl);
		if (!negotiating(fl))
			start_over(fl, sa, carrying(fl), &negotiation, &f);
	}
}

void book_sa_up(struct ike_sa *sa)
{
	struct peer_run *p = sa->run;
	struct ike_sa *best;

	if (!p)
		return;
	p->connecting_n--;
	p->sas_up++;
	p->last_negotiation = sa->negotiation;
	book_look_peer(p);
	best = sa_is_usable(sa) ? sa : usable(p);
	if (best)
		start_waiting_over(p, best);
}

static unsigned backoff_s(unsigned failures)
{
	unsigned s = BACKOFF_FIRST_S;

	while (failures > 1 && s < BACKOFF_MOST_S) {
		s *= 2;
		failures--;
	}
	return MIN_OF(s, (unsigned)BACKOFF_MOST_S);
}

static void back_off(struct peer_run *p)
{
	msec wait_ms;

	if (p->e->now < p->not_before)
		return; /* several flows that fail together are one failure */
	p->failures++;
	wait_ms = (msec)backoff_s(p->failures) * SECOND_MS;
	p->not_before = p->e->now + wait_ms + rng_below(p->e->ports.rng, (uint32_t)wait_ms / 8);
	book_look_peer(p);
}

static void again_at(struct flow *fl, msec at)
{
	if (is_wanted(fl) && !carrying(fl))
		timer_arm(&fl->e->timers, &fl->again, MAX_OF(at, fl->e->now + 1));
}

void book_sa_failed(struct peer_run *p, const struct fault *f)
{
	struct ike_sa *other = usable(p);
	bool ours = book_is_our_wish(f->reason);
	struct link *first;

	if (other) {
		start_waiting_over(p, other);
		return;
	}
	if (calling(p))
		return;
	if (!ours)
		back_off(p);
	while ((first = list_first(&p->waiting))) {
		struct flow *fl = owner_of(first, struct flow, waiting_link);

		*fl->who = '\0';
		if (!ours)
			book_failed(p, fl->run, p->last_negotiation, f);
		stop_waiting(fl);
		if (!ours)
			again_at(fl, p->not_before);
	}
}

void book_went_well(struct child *c)
{
	struct flow *fl = c->flow;

	timer_stop(&fl->e->timers, &fl->again);
	stop_waiting(fl);
	fl->back = false;
}

void book_went_wrong(struct flow *fl, enum reason r)
{
	struct peer_run *p = fl->run->peer_run;

	if (!p || book_is_our_wish(r) || carrying(fl))
		return;
	back_off(p);
	again_at(fl, p->not_before);
}

void book_lost(struct child *c, enum reason why)
{
	struct flow *fl = c->flow;
	struct peer_run *p = fl->run->peer_run;
	bool soon = c->e->now - c->up_at < SHORT_LIFE_MS;

	if (!p || book_is_our_wish(why))
		return;
	if (soon)
		back_off(p);
	else
		p->failures = 0;
	again_at(fl, soon ? p->not_before : 0);
}

/* --- the next try --- */

static void on_again(struct timer *t, msec now)
{
	struct flow *fl = owner_of(t, struct flow, again);
	uint64_t negotiation;

	(void)now;
	if (fl->run->peer_run)
		book_look_peer(fl->run->peer_run);
	if (is_wanted(fl))
		book_start(fl, "", &negotiation, NULL);
}

void book_flow_init(struct flow *fl)
{
	fl->again.fire = on_again;
	list_init(&fl->children);
	list_init(&fl->waiting_link);
}

/* Thousands that want to start at once do so one after another. */
void book_want(struct flow *fl)
{
	uint32_t spread = (uint32_t)fl->e->timers.n * SPREAD_MS;

	again_at(fl, fl->e->now + 1 + rng_below(fl->e->ports.rng, spread + 1));
}

void book_wake(struct peer_run *p)
{
	list_each (lt, &p->tunnels) {
		struct tunnel_run *t = owner_of(lt, struct tunnel_run, peer_link);

		list_each (l, &t->flows) {
			struct flow *fl = owner_of(l, struct flow, link);

			if (!fl->waiting && !negotiating(fl))
				book_want(fl);
		}
	}
}

void book_fresh(struct peer_run *p)
{
	p->failures = 0;
	p->not_before = 0;
}

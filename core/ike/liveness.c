/* liveness.c - is the peer still there: keepalives, the TIMEOUT tag, DPD
 *
 * Keepalives as the manual has them. Who has an interval sends one over each IKE SA; who has a timeout
 * counts those that come, and nothing else. The first timeout only tags the SA, which goes on; one
 * keepalive takes the tag away; the second timeout ends the SA and every IPsec SA it carries.
 *
 * DPD (RFC 3706), on demand: when IPsec packets leave and none came for longer than the interval, the
 * peer is asked. The data plane's counters say so; they are read once a second for SAs whose peer has
 * a profile, more rarely when there are very many. Periodic: it is asked whenever nothing came
 * for that long. Each question has a number of its own, and an answer to any that is open counts; so
 * does an IPsec packet that came since. After the last one that stays unanswered the peer is dead.
 *
 * Either death is told to the peer once, IPsec SAs first: maybe only one direction is lost.
 *
 * Called by: sa.c, engine.c, the IKE versions.  Thread: loop.  Owns: the timers in struct liveness.
 * Not here: NAT keepalives, which nobody counts - natt_awake.c.
 */
#include "core/ike/liveness.h"

#include "core/base/rng.h"
#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/engine_tell.h"
#include "core/ike/exchange.h"
#include "core/ike/sa.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"
#include "core/model/settings.h"

enum {
	LOOK_MS = 1000,
	LOOKED_AT_ONCE = 1000, /* so many SAs a second; with more, each is looked at more rarely */
	ANSWER_S = 5, /* for a question that no profile asks */
	NUMBER_BITS = 0x3fffffff, /* of the first: it may grow for ever */
};

/* The peer as it is configured now, so that an edit counts at once; NULL: it is not any more. */
static const struct peer *peer_now(const struct ike_sa *sa)
{
	return sa->run ? sa->run->peer : NULL;
}

static bool is_ready(const struct ike_sa *sa)
{
	return sa->authenticated && sa->state != SA_DELETING && !sa->unwanted;
}

static void end(struct ike_sa *sa, enum reason r, const char *text)
{
	struct sa_end how = { .reason = r, .with_children = true, .notify = true, .text = text };

	sa_end(sa, &how);
}

/* --- keepalives ---------------------------------------------------------------------- */

unsigned liveness_interval_s(const struct engine *e, const struct peer *p)
{
	return p->keepalive_interval_seconds ? p->keepalive_interval_seconds
					     : config_keepalive(e->config)->interval_seconds;
}

unsigned liveness_timeout_s(const struct engine *e, const struct peer *p)
{
	return p->keepalive_timeout_seconds ? p->keepalive_timeout_seconds
					    : config_keepalive(e->config)->timeout_seconds;
}

static void rearm(struct engine *e, struct timer *t, unsigned s)
{
	if (s)
		timer_arm(&e->timers, t, e->now + (msec)s * SECOND_MS);
	else
		timer_stop(&e->timers, t);
}

static void tag(struct ike_sa *sa, bool tagged)
{
	if (sa->timeout_tagged == tagged)
		return;
	sa->timeout_tagged = tagged;
	sa->e->changed = true;
	if (sa->run)
		book_look_peer(sa->run);
}

static void on_beat(struct timer *t, msec now)
{
	struct ike_sa *sa = owner_of(t, struct ike_sa, alive.beat);

	(void)now;
	rearm(sa->e, t, sa->alive.interval_s);
	if (sa->version->say_alive)
		sa->version->say_alive(sa, ++sa->alive.beats_out);
}

static void on_silence(struct timer *t, msec now)
{
	struct ike_sa *sa = owner_of(t, struct ike_sa, alive.silence);
	unsigned s = sa->alive.timeout_s;

	(void)now;
	sa->e->counters.keepalive_timeouts++;
	if (sa->timeout_tagged || !config_keepalive(sa->e->config)->tag_first) {
		end(sa, R_KEEPALIVE_TIMEOUT, NULL);
		return;
	}
	tag(sa, true);
	rearm(sa->e, t, s);
	engine_tell(sa->e, EVT_IKE_TIMEOUT, sa, NULL, R_KEEPALIVE_TIMEOUT,
		    "no keepalive came from %s for %u s; after another %u s its SAs end",
		    sa->peer->r.name, s, s);
}

bool liveness_beat(struct ike_sa *sa, uint32_t number)
{
	struct liveness *l = &sa->alive;

	if (number <= l->beats_in)
		return false;
	l->beats_in = number;
	tag(sa, false);
	if (l->timeout_s)
		rearm(sa->e, &l->silence, l->timeout_s);
	return true;
}

static void arm_keepalives(struct ike_sa *sa)
{
	struct liveness *l = &sa->alive;
	const struct peer *p = is_ready(sa) && sa->version->say_alive ? peer_now(sa) : NULL;
	unsigned interval_s = p ? liveness_interval_s(sa->e, p) : 0;
	unsigned timeout_s = p && !sa->replaced ? liveness_timeout_s(sa->e, p) : 0;

	/* what is the same runs on, or edits of anything else would put it off for ever */
	if (interval_s != l->interval_s) {
		l->interval_s = interval_s;
		l->beat.fire = on_beat;
		rearm(sa->e, &l->beat, interval_s);
	}
	if (timeout_s != l->timeout_s) {
		l->timeout_s = timeout_s;
		l->silence.fire = on_silence;
		tag(sa, false);
		rearm(sa->e, &l->silence, timeout_s);
	}
}

/* --- DPD ----------------------------------------------------------------------------- */

static const struct dpd_profile *profile_of(const struct ike_sa *sa)
{
	const struct peer *p = peer_now(sa);

	return p && *p->dpd ? config_dpd(sa->e->config, p->dpd) : NULL;
}

/* When an IPsec packet was last sent to the peer, and when one came; 0 never. */
static msec last_traffic(struct ike_sa *sa, msec *ret_sent)
{
	msec heard = 0;

	*ret_sent = 0;
	list_each (l, &sa->children) {
		struct child *c = owner_of(l, struct child, sa_link);

		if (c->state == CS_NEGOTIATING || c->state == CS_DELETING)
			continue;
		child_count(c);
		heard = MAX_OF(heard, MAX_OF((msec)c->seen_in.last_ms, c->up_at));
		*ret_sent = MAX_OF(*ret_sent, (msec)c->seen_out.last_ms);
	}
	return heard;
}

static void look_again(struct ike_sa *sa, msec at)
{
	struct engine *e = sa->e;
	msec pause = MAX_OF((msec)LOOK_MS, (msec)e->watched * LOOK_MS / LOOKED_AT_ONCE);

	timer_arm(&e->timers, &sa->alive.watch, MIN_OF(MAX_OF(at, e->now + 1), e->now + pause));
}

static void ask(struct ike_sa *sa, unsigned wait_s)
{
	struct engine *e = sa->e;
	struct liveness *l = &sa->alive;

	if (!l->number)
		l->number = rng_u32(e->ports.rng) & NUMBER_BITS;
	l->number++;
	if (!l->hellos++) {
		l->first = l->number;
		l->asked_at = e->now;
	}
	sa->version->ask_alive(sa, l->number);
	timer_arm(&e->timers, &l->watch, e->now + (msec)wait_s * SECOND_MS);
}

static void look(struct ike_sa *sa, const struct dpd_profile *d)
{
	const struct engine *e = sa->e;
	msec interval = (msec)d->interval_seconds * SECOND_MS, sent;
	msec heard = MAX_OF(last_traffic(sa, &sent), sa->alive.heard_at);
	bool due = d->mode == DPD_PERIODIC ? e->now - heard >= interval : sent - heard > interval;

	if (due)
		ask(sa, d->retry_seconds);
	else
		look_again(sa, d->mode == DPD_PERIODIC ? heard + interval : e->now + LOOK_MS);
}

static void alive(struct ike_sa *sa)
{
	sa->alive.hellos = 0;
	sa->alive.heard_at = sa->e->now;
	look_again(sa, sa->e->now + LOOK_MS);
}

static void bury(struct ike_sa *sa, const struct dpd_profile *d)
{
	struct fault f = { 0 };

	fail(&f, R_DPD_TIMEOUT, "%u questions in %u s got no answer", sa->alive.hellos,
	     sa->alive.hellos * d->retry_seconds);
	list_each (l, &sa->children) {
		struct child *c = owner_of(l, struct child, sa_link);

		if (c->flow && d->action != DPD_CLEAR)
			book_want_back(c->flow, d->action == DPD_RESTART);
	}
	sa->e->counters.dpd_timeouts++;
	end(sa, R_DPD_TIMEOUT, f.text);
}

static void answer_due(struct ike_sa *sa, const struct dpd_profile *d)
{
	msec sent;

	if (last_traffic(sa, &sent) > sa->alive.asked_at)
		alive(sa);
	else if (sa->alive.hellos < d->max_failures)
		ask(sa, d->retry_seconds);
	else
		bury(sa, d);
}

static void on_watch(struct timer *t, msec now)
{
	struct ike_sa *sa = owner_of(t, struct ike_sa, alive.watch);
	const struct dpd_profile *d = profile_of(sa);

	(void)now;
	if (!d)
		sa->alive.hellos =
			0; /* somebody wanted to know, and nobody is to draw conclusions */
	else if (sa->alive.hellos)
		answer_due(sa, d);
	else
		look(sa, d);
}

bool liveness_ask(struct ike_sa *sa)
{
	const struct dpd_profile *d = profile_of(sa);

	if (!sa->alive.able || !sa->version->ask_alive)
		return false;
	sa->alive.watch.fire = on_watch;
	if (!sa->alive.hellos)
		ask(sa, d ? d->retry_seconds : ANSWER_S);
	return true;
}

bool liveness_answered(struct ike_sa *sa, uint32_t number)
{
	struct liveness *l = &sa->alive;

	if (!l->hellos || number - l->first >= l->hellos)
		return false;
	alive(sa);
	return true;
}

/* RFC 3706 section 6: numbers grow; the same one again is the peer's retransmission. */
bool liveness_asked(struct ike_sa *sa, uint32_t number)
{
	struct liveness *l = &sa->alive;

	if (l->theirs_known && (int32_t)(number - l->theirs) < 0)
		return false;
	l->theirs = number;
	l->theirs_known = true;
	return true;
}

/* Of what was counted last: a picture asks the data plane nothing. On demand, DPD asks when packets
 * went out and none came in for the interval, so it is due then only if something was sent. */
static msec dpd_next(const struct ike_sa *sa, const struct dpd_profile *d)
{
	msec heard = sa->alive.heard_at, sent = 0, interval = (msec)d->interval_seconds * SECOND_MS;

	list_each (l, &sa->children) {
		const struct child *c = owner_of(l, struct child, sa_link);

		heard = MAX_OF(heard, MAX_OF((msec)c->seen_in.last_ms, c->up_at));
		sent = MAX_OF(sent, (msec)c->seen_out.last_ms);
	}
	return d->mode == DPD_PERIODIC || sent > heard ? heard + interval : 0;
}

void liveness_next(const struct ike_sa *sa, struct liveness_next *ret)
{
	const struct liveness *l = &sa->alive;
	const struct dpd_profile *d = profile_of(sa);

	*ret = (struct liveness_next){ .unanswered = l->hellos };
	ret->beat_at = l->beat.slot ? l->beat.at : 0;
	ret->silence_at = l->silence.slot ? l->silence.at : 0;
	if (!d || !l->watch.slot)
		return;
	ret->dpd_at = l->hellos ? l->watch.at : dpd_next(sa, d);
	if (l->hellos)
		ret->dpd_end_at =
			l->watch.at + (msec)(d->max_failures - MIN_OF(l->hellos, d->max_failures)) *
					      d->retry_seconds * SECOND_MS;
}

static void arm_dpd(struct ike_sa *sa)
{
	struct engine *e = sa->e;
	struct liveness *l = &sa->alive;
	bool want = is_ready(sa) && !sa->replaced && l->able && sa->version->ask_alive &&
		    profile_of(sa);

	l->watch.fire = on_watch;
	if (want == l->watched)
		return;
	l->watched = want;
	l->hellos = 0;
	l->heard_at = e->now;
	if (want) {
		e->watched++;
		look_again(sa, e->now + LOOK_MS);
	} else {
		e->watched--;
		timer_stop(&e->timers, &l->watch);
	}
}

/* --- both ---------------------------------------------------------------------------- */

void liveness_arm(struct ike_sa *sa)
{
	arm_keepalives(sa);
	arm_dpd(sa);
}

void liveness_arm_all(struct engine *e)
{
	list_each (l, &e->sas)
		liveness_arm(owner_of(l, struct ike_sa, link));
}

void liveness_stop(struct ike_sa *sa)
{
	struct engine *e = sa->e;

	timer_stop(&e->timers, &sa->alive.beat);
	timer_stop(&e->timers, &sa->alive.silence);
	timer_stop(&e->timers, &sa->alive.watch);
	if (sa->alive.watched)
		e->watched--;
	sa->alive.watched = false;
}

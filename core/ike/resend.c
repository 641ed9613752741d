/* resend.c - retransmission, duplicate answers, giving up
 *
 * Who asked sends again: after the configured wait, then each time 1.8 times later, a configured
 * number of times. Who answered sends again only when the same request comes again, from
 * memory, and at most ten times a second, so that nobody is made to amplify. Requests are known
 * again by a keyed hash of the whole datagram.
 *
 * Called by the IKE versions.  Thread: loop.  Owns: the datagram that was sent last.
 */
#include "core/ike/resend.h"

#include "core/base/hash.h"
#include "core/ike/exchange.h"
#include "core/ike/sa.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/wire/header.h"

enum { ANSWERS_APART_MS = 100 };

static void again(struct exchange *x)
{
	sa_send(x->sa, &x->resend.where);
}

/* Nobody answers the last message of aggressive mode. As long as nothing shows that the peer took it, it
 * goes once more ahead of what waits for an answer: a peer that repeats nothing would never ask for it. */
static void last_again(struct exchange *x)
{
	struct exchange *first = x->sa->unconfirmed && x->sa->authenticated
					 ? exchange_find(x->sa, XCHG_AGGRESSIVE, 0)
					 : NULL;

	if (first && first != x && exchange_is_done(first))
		resend_nudge(first);
}

static msec next_wait(const struct exchange *x)
{
	msec wait = (msec)config_ike(x->e->config)->retransmit_seconds * SECOND_MS;

	for (unsigned i = 0; i < x->resend.tries; i++)
		wait = wait * 18 / 10;
	return wait;
}

static void on_timer(struct timer *t, msec now)
{
	struct exchange *x = owner_of(t, struct exchange, resend.timer);
	struct engine *e = x->e;

	(void)now;
	if (x->resend.tries >= config_ike(e->config)->retransmit_tries) {
		x->resend.ours_to_repeat = false;
		x->sa->version->unanswered(x);
		return;
	}
	x->resend.tries++;
	x->sa->retransmits++;
	e->counters.resends++;
	last_again(x);
	again(x);
	timer_arm(&e->timers, t, e->now + next_wait(x));
}

void resend_init(struct exchange *x)
{
	x->resend = (struct resend){ .timer.fire = on_timer };
}

void resend_done(struct exchange *x)
{
	resend_stop(x);
	bytes_free(x->resend.sent);
	x->resend.sent = NULL;
}

enum reason resend_send(struct exchange *x, struct slice datagram, bool wait, struct fault *f)
{
	struct resend *r = &x->resend;
	struct ike_sa *sa = x->sa;
	struct bytes *copy = bytes_of(datagram.at, datagram.n);

	if (!copy)
		return fail(f, R_NO_MEMORY, "no memory for a message");
	resend_done(x);
	r->sent = copy;
	r->where = (struct packet){
		.local = sa->local, .remote = sa->remote, .natt = sa->natt, .octets = slice_of(copy)
	};
	r->tries = 0;
	r->sends++;
	r->is_answer = r->last_seen != 0;
	r->answered_at = x->e->now;
	again(x);
	if (!wait) {
		x->e->counters.answers++;
		return R_OK;
	}
	r->ours_to_repeat = true;
	if (!timer_arm(&x->e->timers, &r->timer, x->e->now + next_wait(x)))
		return fail(f, R_NO_MEMORY, "no memory for a timer");
	return R_OK;
}

void resend_stop(struct exchange *x)
{
	x->resend.ours_to_repeat = false;
	timer_stop(&x->e->timers, &x->resend.timer);
}

/* Never 0, which means none. */
static uint64_t known_by(const struct exchange *x, struct slice datagram)
{
	return hash_keyed(datagram, x->e->key) | 1;
}

void resend_answering(struct exchange *x, struct slice datagram)
{
	x->resend.last_seen = known_by(x, datagram);
	x->resend.is_answer = x->resend.sends != x->resend.sends_before;
}

/* What was accepted without an answer (the last message) is not answered again either: two ends
 * that answer each other's answers would never stop. */
void resend_nudge(struct exchange *x)
{
	struct resend *r = &x->resend;
	struct engine *e = x->e;

	if (!r->is_answer || !r->sent || e->now - r->answered_at < ANSWERS_APART_MS)
		return;
	r->answered_at = e->now;
	e->counters.answers_again++;
	again(x);
}

void resend_forget(struct exchange *x)
{
	x->resend.last_seen = 0;
}

bool resend_seen(struct exchange *x, struct slice datagram)
{
	const struct resend *r = &x->resend;

	if (!r->last_seen || r->last_seen != known_by(x, datagram))
		return false;
	resend_nudge(x);
	return true;
}

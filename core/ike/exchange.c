/* exchange.c - running a step table
 *
 * The table is the state diagram. An event follows the one arrow that starts in the state, has our
 * role and asks for just the payloads that came; its handler does the work and says whether the
 * arrow was taken. Only then the state moves, and the arrow's sentence becomes a step of the
 * story. A handler may find that the next event is there already (a key from the pool): it is
 * followed before anybody else gets a turn.
 *
 * A finished exchange stays for a minute, since only it knows how to answer a repeated message.
 *
 * Called by the IKE versions.  Thread: loop.  Owns: exchanges; they hang on their IKE SA.
 * Not here: what a message means, and what ends when an arrow cannot be taken.
 */
#include "core/ike/exchange.h"

#include <stdlib.h>

#include "core/base/text.h"
#include "core/crypto/dh.h"
#include "core/ike/sa.h"
#include "core/ike/sums.h"
#include "core/ike/trace.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/wire/payload.h"

enum { REMEMBERED_S = 60 };

static void on_deadline(struct timer *t, msec now)
{
	struct exchange *x = owner_of(t, struct exchange, deadline);

	(void)now;
	x->sa->version->deadline(x);
}

struct exchange *exchange_new(struct ike_sa *sa, uint8_t type, enum sa_role role,
			      const struct step *steps, int done)
{
	struct engine *e = sa->e;
	struct exchange *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->e = e;
	x->sa = sa;
	x->type = type;
	x->role = role;
	x->steps = steps;
	x->done = done;
	x->number = ++e->last_exchange;
	x->deadline.fire = on_deadline;
	resend_init(x);
	list_push(&sa->exchanges, &x->link);

	msec limit = (msec)config_ike(e->config)->exchange_timeout_seconds * SECOND_MS;
	if (!timer_arm(&e->timers, &x->deadline, e->now + limit)) {
		exchange_free(x);
		return NULL;
	}
	return x;
}

void exchange_hurry(struct exchange *x, msec most)
{
	struct engine *e = x->e;
	msec limit = (msec)config_ike(e->config)->exchange_timeout_seconds * SECOND_MS;

	timer_arm(&e->timers, &x->deadline, e->now + MIN_OF(limit, most));
}

void exchange_free(struct exchange *x)
{
	if (!x)
		return;
	list_remove(&x->link);
	timer_stop(&x->e->timers, &x->deadline);
	resend_done(x);
	dh_key_free(x->key);
	bytes_free(x->peer_public);
	bytes_free(x->secret);
	bytes_free(x->signature);
	bytes_free(x->held);
	if (x->own_free)
		x->own_free(x->own);
	free(x);
}

/* The exchanges of one SA are those of its last minute. */
struct exchange *exchange_find(struct ike_sa *sa, uint8_t type, uint32_t message_id)
{
	list_each (l, &sa->exchanges) {
		struct exchange *x = owner_of(l, struct exchange, link);

		if (x->message_id == message_id && x->type == type)
			return x;
	}
	return NULL;
}

struct exchange *exchange_of_number(struct ike_sa *sa, uint64_t number)
{
	list_each (l, &sa->exchanges) {
		struct exchange *x = owner_of(l, struct exchange, link);

		if (x->number == number)
			return x;
	}
	return NULL;
}

bool exchange_is_done(const struct exchange *x)
{
	return x->state == x->done;
}

const char *exchange_story(const struct exchange *x)
{
	return x->story ? x->story : "";
}

static void name_payloads(uint32_t mask, char *ret, size_t cap)
{
	struct text t = { .at = ret, .cap = cap, .limit = cap - 1 };

	ret[0] = '\0';
	for (unsigned k = 0; k < PL_COUNT; k++)
		if (mask & (1u << k))
			text_add(&t, "%s%s", t.n ? ", " : "",
				 payload_word(payload_v1((enum payload)k)));
}

static bool payloads_fit(const struct step *s, const struct msg *in, struct fault *f)
{
	uint32_t have = in ? in->chain->have : 0;
	uint32_t missing = s->must & ~have;
	uint32_t extra = have & ~(s->must | s->may | P(VID));
	char words[160];

	if (!missing && !extra)
		return true;
	name_payloads(missing ? missing : extra, words, sizeof(words));
	fail(f, R_BAD_PAYLOAD, missing ? "the message lacks: %s" : "the message must not carry: %s",
	     words);
	return false;
}

/* The arrow for this event. Several may start here that differ in their payloads. */
static const struct step *arrow_of(const struct exchange *x, enum xevent on, const struct msg *in,
				   struct fault *f)
{
	bool any = false;

	for (const struct step *s = x->steps; s->act; s++) {
		if (s->from != x->state || s->role != x->role || s->on != on)
			continue;
		if (payloads_fit(s, in, f))
			return s;
		any = true;
	}
	if (!any)
		fail(f, R_UNEXPECTED, "%s does not fit after \"%s\"",
		     on == EV_MSG ? "the message" : "the event", exchange_story(x));
	return NULL;
}

static enum reason follow(struct exchange *x, enum xevent on, const struct msg *in, struct fault *f)
{
	struct engine *e = x->e;
	struct fault unfit = { 0 };
	const struct step *s = arrow_of(x, on, in, &unfit);

	if (!s) {
		if (f)
			*f = unfit;
		return unfit.reason;
	}

	struct trace_arrow a = { .id = x->negotiation,
				 .story = s->story,
				 .from_message = on == EV_MSG };
	trace_arrow_begin(e, &a);
	enum reason r = s->act(x, in, f);
	a.id = x->negotiation; /* the first arrow begins its story */
	if (r == R_OK) {
		x->state = s->to;
		x->story = s->story;
		e->changed = true;
	}
	trace_arrow_end(e, &a, r == R_OK);
	if (r == R_OK && exchange_is_done(x))
		timer_arm(&e->timers, &x->deadline, e->now + REMEMBERED_S * SECOND_MS);
	return r;
}

enum reason exchange_run(struct exchange *x, enum xevent on, const struct msg *in, struct fault *f)
{
	enum reason r;

	x->ready = false;
	if (on == EV_MSG)
		x->resend.sends_before = x->resend.sends;
	r = follow(x, on, in, f);
	while (r == R_OK && x->ready) {
		x->ready = false;
		r = follow(x, x->ready_event, NULL, f);
	}
	return r;
}

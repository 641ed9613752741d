/* test_exchange.c - step tables, retransmission, duplicate answers */
#include "tests/unit/ike/bare.h"

#include "core/ike/exchange.h"
#include "core/ike/resend.h"
#include "core/model/peer.h"
#include "core/wire/payload.h"

enum { S_START, S_ASKED, S_KEYED, S_DONE };

struct play {
	struct bare *b;
	struct peer peer;
	struct ike_sa sa;
	struct exchange *x;
};

static unsigned given_up, forgotten;
static bool ready_at_once, refuse;

static void on_deadline(struct exchange *x)
{
	forgotten++;
	exchange_free(x);
}

static void on_unanswered(struct exchange *x)
{
	given_up++;
	assert_false(x->resend.ours_to_repeat);
}

static const struct version play_version = {
	.major = 1,
	.deadline = on_deadline,
	.unanswered = on_unanswered,
};

static enum reason ask(struct exchange *x, const struct msg *in, struct fault *f)
{
	(void)in;
	return resend_send(x, slice("question", 8), true, f);
}

static enum reason take(struct exchange *x, const struct msg *in, struct fault *f)
{
	(void)in;
	if (refuse)
		return fail(f, R_BAD_HASH, "no");
	resend_stop(x);
	x->ready = ready_at_once;
	x->ready_event = EV_KEY;
	return R_OK;
}

static enum reason finish(struct exchange *x, const struct msg *in, struct fault *f)
{
	(void)in;
	return resend_send(x, slice("thanks", 6), false, f);
}

/* clang-format off */
static const struct step steps[] = {
	{ S_START, ROLE_INITIATOR, EV_START, 0,                 0,       ask,    S_ASKED, "asked" },
	{ S_ASKED, ROLE_INITIATOR, EV_MSG,   P(KE) | P(NONCE),  P(NTFY), take,   S_KEYED, "took" },
	{ S_KEYED, ROLE_INITIATOR, EV_KEY,   0,                 0,       finish, S_DONE,  "finished" },
	{ 0 },
};
/* clang-format on */

static void start(struct play *p)
{
	struct trace_start s = { .exchange = 2, .role = ROLE_INITIATOR, .peer = "p", .tunnel = "" };

	*p = (struct play){ .b = bare_new(config_new()) };
	given_up = forgotten = 0;
	ready_at_once = refuse = false;
	p->sa = (struct ike_sa){ .e = &p->b->e, .version = &play_version, .peer = &p->peer };
	list_init(&p->sa.exchanges);
	p->x = exchange_new(&p->sa, 2, ROLE_INITIATOR, steps, S_DONE);
	assert_non_null(p->x);
	p->x->message_id = 5;
	p->x->negotiation = trace_begin(&p->b->e, &s);
	assert_int_equal(exchange_run(p->x, EV_START, NULL, NULL), R_OK);
}

static void end(struct play *p)
{
	list_each (l, &p->sa.exchanges)
		exchange_free(owner_of(l, struct exchange, link));
	bare_free(p->b);
}

static enum reason message(struct play *p, uint32_t have, struct fault *f)
{
	struct chain c = { .have = have };
	struct msg in = { .chain = &c };

	return exchange_run(p->x, EV_MSG, &in, f);
}

static void pass(struct play *p, msec ms)
{
	for (msec end_at = p->b->e.now + ms; p->b->e.now < end_at;) {
		p->b->e.now += 100;
		timers_fire(&p->b->e.timers, p->b->e.now);
	}
}

static void one_arrow_at_a_time(void **state)
{
	struct play p;
	struct fault f = { 0 };

	(void)state;
	start(&p);
	assert_int_equal(p.x->state, S_ASKED);
	assert_string_equal(exchange_story(p.x), "asked");
	assert_ptr_equal(exchange_find(&p.sa, 2, 5), p.x);
	assert_null(exchange_find(&p.sa, 32, 5));
	assert_ptr_equal(exchange_of_number(&p.sa, p.x->number), p.x);
	assert_int_equal(exchange_run(p.x, EV_KEY, NULL, &f), R_UNEXPECTED);
	assert_int_equal(message(&p, P(KE), &f), R_BAD_PAYLOAD);
	assert_non_null(strstr(f.text, "lacks: nonce"));
	assert_int_equal(message(&p, P(KE) | P(NONCE) | P(SA), &f), R_BAD_PAYLOAD);
	assert_non_null(strstr(f.text, "must not carry: security association"));
	refuse = true;
	assert_int_equal(message(&p, P(KE) | P(NONCE), &f), R_BAD_HASH);
	assert_int_equal(p.x->state, S_ASKED); /* nothing moved */
	refuse = false;
	assert_int_equal(message(&p, P(KE) | P(NONCE) | P(NTFY) | P(VID), &f), R_OK);
	assert_int_equal(p.x->state, S_KEYED);
	assert_int_equal(exchange_run(p.x, EV_KEY, NULL, &f), R_OK);
	assert_true(exchange_is_done(p.x));
	end(&p);
}

static void what_is_ready_follows_at_once(void **state)
{
	struct play p;

	(void)state;
	start(&p);
	ready_at_once = true;
	assert_int_equal(message(&p, P(KE) | P(NONCE), NULL), R_OK);
	assert_true(exchange_is_done(p.x));
	const struct story *s = trace_find(&p.b->e, p.x->negotiation);
	assert_int_equal(s->steps_n, 3);
	assert_string_equal(s->steps[0].text, "asked");
	assert_int_equal(s->steps[0].direction, '>');
	assert_string_equal(s->steps[1].text, "took");
	assert_int_equal(s->steps[1].direction, '<');
	assert_string_equal(s->steps[2].text, "finished");
	assert_int_equal(s->steps[2].direction, '>');
	end(&p);
}

static void deadlines(void **state)
{
	struct play p;

	(void)state;
	start(&p);
	ready_at_once = true;
	assert_int_equal(message(&p, P(KE) | P(NONCE), NULL), R_OK);
	pass(&p, 59000);
	assert_int_equal(forgotten, 0);
	pass(&p, 2000); /* done for a minute */
	assert_int_equal(forgotten, 1);
	end(&p);
	start(&p);
	pass(&p, 89000);
	assert_int_equal(forgotten, 0);
	pass(&p, 2000); /* 90 s unfinished */
	assert_int_equal(forgotten, 1);
	end(&p);
}

/* 2, 3.6, 6.48, 11.66, 21 seconds, and 37.8 more until the peer counts as silent. */
static void backing_off(void **state)
{
	struct play p;

	(void)state;
	start(&p);
	assert_int_equal(p.b->sent, 1);
	pass(&p, 1900);
	assert_int_equal(p.b->sent, 1);
	pass(&p, 200);
	assert_int_equal(p.b->sent, 2);
	pass(&p, 3400);
	assert_int_equal(p.b->sent, 2);
	pass(&p, 300);
	assert_int_equal(p.b->sent, 3);
	pass(&p, 40000);
	assert_int_equal(p.b->sent, 6);
	assert_int_equal(given_up, 0);
	pass(&p, 40000);
	assert_int_equal(p.b->sent, 6);
	assert_int_equal(given_up, 1);
	assert_int_equal(p.sa.retransmits, 5);
	assert_int_equal(p.b->e.counters.resends, 5);
	end(&p);
}

static void an_answer_stops_it(void **state)
{
	struct play p;

	(void)state;
	start(&p);
	pass(&p, 2500);
	assert_int_equal(message(&p, P(KE) | P(NONCE), NULL), R_OK);
	pass(&p, 80000);
	assert_int_equal(p.b->sent, 2);
	assert_int_equal(given_up, 0);
	end(&p);
}

static void repeats_are_answered_from_memory(void **state)
{
	struct play p;
	struct slice m = slice("a message", 9);

	(void)state;
	start(&p);
	ready_at_once = true;
	assert_false(resend_seen(p.x, m));
	assert_int_equal(message(&p, P(KE) | P(NONCE), NULL), R_OK);
	resend_answering(p.x, m);
	assert_int_equal(p.b->sent, 2);
	assert_false(resend_seen(p.x, slice("another 1", 9)));
	for (unsigned i = 0; i < 1000; i++) {
		p.b->e.now++;
		assert_true(resend_seen(p.x, m));
	}
	assert_int_equal(p.b->sent, 2 + 10); /* ten times a second */
	assert_int_equal(p.b->e.counters.answers_again, 10);
	end(&p);
}

/* An answer that leaves later, when a sum is back, still answers the message it answers. */
static void a_late_answer_is_one_too(void **state)
{
	struct play p;
	struct slice m = slice("a message", 9);

	(void)state;
	start(&p);
	assert_int_equal(message(&p, P(KE) | P(NONCE), NULL), R_OK);
	resend_answering(p.x, m);
	p.b->e.now += 1000;
	assert_true(resend_seen(p.x, m)); /* known, but there is nothing to answer yet */
	assert_int_equal(p.b->sent, 1);
	assert_int_equal(exchange_run(p.x, EV_KEY, NULL, NULL), R_OK);
	p.b->e.now += 1000;
	assert_true(resend_seen(p.x, m));
	assert_int_equal(p.b->sent, 3);
	end(&p);
}

/* The last message needs no answer: repeating our own one before it would never end. */
static void a_last_message_is_not_answered(void **state)
{
	struct play p;
	struct slice m = slice("the last", 8);

	(void)state;
	start(&p);
	assert_int_equal(message(&p, P(KE) | P(NONCE), NULL), R_OK);
	resend_answering(p.x, m);
	for (unsigned i = 0; i < 50; i++) {
		p.b->e.now += 1000;
		assert_true(resend_seen(p.x, m));
	}
	assert_int_equal(p.b->sent, 1);
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_arrow_at_a_time),
		cmocka_unit_test(what_is_ready_follows_at_once),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(backing_off),
		cmocka_unit_test(an_answer_stops_it),
		cmocka_unit_test(repeats_are_answered_from_memory),
		cmocka_unit_test(a_late_answer_is_one_too),
		cmocka_unit_test(a_last_message_is_not_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

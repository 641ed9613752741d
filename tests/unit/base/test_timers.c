/* test_timers.c - the heap keeps its promise through any arming and stopping */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/base/own.h"
#include "core/base/rng.h"
#include "core/base/timers.h"

enum { MANY = 500 };

struct clocked {
	struct timer timer;
	struct timers *all;
	int fired;
	msec fired_at, again_in;
	struct clocked *stops;
};

static msec last_deadline;

static void on_fire(struct timer *t, msec now)
{
	struct clocked *c = owner_of(t, struct clocked, timer);

	assert_true(t->at <= now);
	assert_true(t->at >= last_deadline); /* earlier deadlines first */
	assert_int_equal(t->slot, 0);
	last_deadline = t->at;
	c->fired++;
	c->fired_at = now;
	if (c->stops)
		timer_stop(c->all, &c->stops->timer);
	if (c->again_in)
		timer_arm(c->all, t, now + c->again_in);
}

static void assert_heap(const struct timers *t)
{
	for (size_t i = 0; i < t->n; i++) {
		assert_int_equal(t->heap[i]->slot, i + 1);
		if (i > 0)
			assert_true(t->heap[(i - 1) / 4]->at <= t->heap[i]->at);
	}
}

static msec least_of(const struct clocked *c, size_t n)
{
	msec least = -1;

	for (size_t i = 0; i < n; i++) {
		if (c[i].timer.slot && (least < 0 || c[i].timer.at < least))
			least = c[i].timer.at;
	}
	return least;
}

static void random_arming_and_stopping_keeps_the_heap(void **state)
{
	static struct clocked c[MANY];
	struct rng r = rng_seeded(7);
	struct timers t;
	size_t armed = 0;

	(void)state;
	timers_init(&t);
	for (int i = 0; i < MANY; i++)
		c[i] = (struct clocked){ .timer.fire = on_fire, .all = &t };
	for (int step = 0; step < 20000; step++) {
		struct timer *one = &c[rng_below(&r, MANY)].timer;

		if (rng_below(&r, 3)) {
			armed += !one->slot;
			assert_true(timer_arm(&t, one, rng_below(&r, 1000)));
		} else {
			armed -= one->slot != 0;
			timer_stop(&t, one);
			assert_int_equal(one->slot, 0);
		}
		assert_int_equal(t.n, armed);
		if (step % 50 == 0) {
			assert_heap(&t);
			assert_true(timers_next(&t) == least_of(c, MANY));
		}
	}

	/* whatever is left comes in order */
	last_deadline = 0;
	for (msec now = 0; now < 1000; now += 37) {
		timers_fire(&t, now);
		assert_heap(&t);
		for (int i = 0; i < MANY; i++)
			assert_true(c[i].timer.slot == 0 || c[i].timer.at > now);
	}
	assert_true(timers_fire(&t, 1000) == -1);
	size_t fired = 0;
	for (int i = 0; i < MANY; i++)
		fired += (size_t)c[i].fired;
	assert_int_equal(fired, armed);
	timers_done(&t);
}

static void the_way_to_the_next_is_told(void **state)
{
	struct clocked a = { .timer.fire = on_fire }, b = { .timer.fire = on_fire };
	struct timers t;

	(void)state;
	last_deadline = 0;
	timers_init(&t);
	assert_true(timers_next(&t) == -1);
	assert_true(timers_fire(&t, 5) == -1);
	timer_arm(&t, &a.timer, 100);
	timer_arm(&t, &b.timer, 250);
	assert_true(timers_next(&t) == 100);
	assert_true(timers_fire(&t, 99) == 1);
	assert_int_equal(a.fired, 0);
	assert_true(timers_fire(&t, 100) == 150);
	assert_int_equal(a.fired, 1);
	timer_arm(&t, &b.timer, 120); /* earlier than it was */
	assert_true(timers_next(&t) == 120);
	timer_arm(&t, &b.timer, 400); /* and later */
	assert_true(timers_fire(&t, 200) == 200);
	timer_stop(&t, &b.timer);
	timer_stop(&t, &b.timer); /* fine when not armed */
	assert_true(timers_next(&t) == -1);
	assert_int_equal(b.fired, 0);
	timers_done(&t);
}

static void a_timer_may_arm_itself_and_stop_another(void **state)
{
	struct timers t;
	struct clocked victim = { .timer.fire = on_fire };
	struct clocked a = { .timer.fire = on_fire, .all = &t, .again_in = 50, .stops = &victim };

	(void)state;
	last_deadline = 0;
	timers_init(&t);
	timer_arm(&t, &a.timer, 10);
	timer_arm(&t, &victim.timer, 11); /* due too, but stopped before its turn */
	assert_true(timers_fire(&t, 20) == 50);
	assert_int_equal(a.fired, 1);
	assert_int_equal(victim.fired, 0);
	timers_fire(&t, 70);
	assert_int_equal(a.fired, 2);
	timers_done(&t);
	assert_int_equal(a.timer.slot, 0);
}

static void one_that_is_always_due_cannot_hold_the_loop(void **state)
{
	struct timers t;
	struct clocked a = { .timer.fire = on_fire, .all = &t, .again_in = -1 };

	(void)state;
	last_deadline = 0;
	timers_init(&t);
	timer_arm(&t, &a.timer, 5);
	assert_true(timers_fire(&t, 10) == 0);
	assert_int_equal(a.fired, 1);
	timers_done(&t);
}

static void arming_again_asks_for_no_memory(void **state)
{
	static struct clocked c[64];
	struct timers t;

	(void)state;
	timers_init(&t);
	for (int i = 0; i < 64; i++)
		timer_arm(&t, &c[i].timer, i);

	struct timer **heap = t.heap;
	size_t cap = t.cap;
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < 64; i++)
			timer_arm(&t, &c[i].timer, (i * 7919 + round) % 100);
		timer_stop(&t, &c[round % 64].timer);
		timer_arm(&t, &c[round % 64].timer, round);
	}
	assert_ptr_equal(t.heap, heap);
	assert_int_equal(t.cap, cap);
	timers_done(&t);
	for (int i = 0; i < 64; i++)
		assert_int_equal(c[i].timer.slot, 0);
}

static void clocks_go_forward_and_know_the_century(void **state)
{
	struct timespec ts, nap = { .tv_nsec = 20 * 1000000 };
	msec a = clock_now(), b;

	(void)state;
	nanosleep(&nap, NULL);
	b = clock_now();
	assert_true(b - a >= 19);
	clock_gettime(CLOCK_BOOTTIME, &ts);
	assert_true((int64_t)ts.tv_sec * 1000 - b < 10000 && b <= (int64_t)ts.tv_sec * 1000 + 999);
	assert_true(clock_wall_ms() / 1000 - time(NULL) <= 0);
	assert_true(time(NULL) - clock_wall_ms() / 1000 < 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_arming_and_stopping_keeps_the_heap),
		cmocka_unit_test(the_way_to_the_next_is_told),
		cmocka_unit_test(a_timer_may_arm_itself_and_stop_another),
		cmocka_unit_test(one_that_is_always_due_cannot_hold_the_loop),
		cmocka_unit_test(arming_again_asks_for_no_memory),
		cmocka_unit_test(clocks_go_forward_and_know_the_century),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

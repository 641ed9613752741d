/* test_crew.c - jobs go out, come back on the loop thread, and are never lost */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/base/crew.h"

struct sum {
	struct job job;
	int in, out;
	bool worked, signals_blocked;
	pthread_t worker;
	bool waits; /* at the gate */
};

static struct loop *loop;
static pthread_t loop_thread;
static sem_t gate, at_work;
static int came_back, cancelled_back, expected;
static int order[300];

static int open_loop(void **state)
{
	(void)state;
	loop = loop_new(NULL);
	loop_thread = pthread_self();
	came_back = cancelled_back = expected = 0;
	sem_init(&gate, 0, 0);
	sem_init(&at_work, 0, 0);
	return loop ? 0 : -1;
}

static int close_loop(void **state)
{
	(void)state;
	loop_free(loop);
	sem_destroy(&gate);
	sem_destroy(&at_work);
	return 0;
}

static void work(struct job *j)
{
	struct sum *s = (struct sum *)j;
	sigset_t blocked;

	if (s->waits) {
		sem_post(&at_work);
		sem_wait(&gate);
	}
	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	s->signals_blocked = sigismember(&blocked, SIGTERM) && sigismember(&blocked, SIGALRM);
	s->worker = pthread_self();
	s->out = s->in * s->in;
	s->worked = true;
}

static void done(struct job *j, bool cancelled)
{
	struct sum *s = (struct sum *)j;

	assert_true(pthread_equal(pthread_self(), loop_thread));
	if (s->worked) {
		assert_int_equal(s->out, s->in * s->in);
		assert_false(pthread_equal(s->worker, loop_thread));
		assert_true(s->signals_blocked);
	} else {
		assert_true(cancelled); /* only a cancelled one may come back undone */
	}
	order[came_back++] = s->in;
	cancelled_back += cancelled;
	free(s);
	if (came_back == expected)
		loop_stop(loop);
}

static struct sum *sum_new(int in, bool waits)
{
	struct sum *s = calloc(1, sizeof(*s));

	s->job.work = work;
	s->job.done = done;
	s->in = in;
	s->waits = waits;
	return s;
}

static enum reason ask(struct crew *c, int in, bool waits)
{
	struct sum *s = sum_new(in, waits);
	enum reason r = crew_ask(c, &s->job);

	if (r != R_OK)
		free(s); /* the caller kept it */
	return r;
}

static void on_too_late(struct timer *t, msec now)
{
	(void)t;
	(void)now;
	fail_msg("the crew never came back");
}

static void run_until(int jobs)
{
	struct timer late = { .fire = on_too_late };

	expected = jobs;
	timer_arm(loop_timers(loop), &late, clock_now() + 60000);
	loop_run(loop);
	timer_stop(loop_timers(loop), &late);
	assert_int_equal(came_back, jobs);
}

static void jobs_come_back_on_the_loop_thread(void **state)
{
	own(crew) c = crew_new(loop, 3, 256, NULL);

	(void)state;
	for (int i = 0; i < 200; i++)
		assert_int_equal(ask(c, i, false), R_OK);
	crew_flush(c);
	run_until(200);
	assert_int_equal(cancelled_back, 0);
	assert_int_equal(crew_stats(c).done, 200);
	assert_int_equal(crew_stats(c).queued, 0);
	assert_int_equal(crew_stats(c).running, 0);
	assert_int_equal(crew_stats(c).refused, 0);
}

static void one_worker_keeps_the_order(void **state)
{
	own(crew) c = crew_new(loop, 0, 256, NULL); /* none would be useless: one */

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(ask(c, i, false), R_OK);
		if (i % 7 == 0)
			crew_flush(c);
	}
	crew_flush(c);
	run_until(100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(order[i], i);
}

static void nothing_goes_out_before_the_flush(void **state)
{
	own(crew) c = crew_new(loop, 2, 8, NULL);
	struct timespec in_a_while;

	(void)state;
	ask(c, 1, true);
	ask(c, 2, true);
	clock_gettime(CLOCK_REALTIME, &in_a_while);
	in_a_while.tv_nsec += 30000000;
	if (in_a_while.tv_nsec >= 1000000000) {
		in_a_while.tv_sec++;
		in_a_while.tv_nsec -= 1000000000;
	}
	assert_int_equal(sem_timedwait(&at_work, &in_a_while), -1);
	assert_int_equal(crew_stats(c).queued, 2);
	assert_int_equal(crew_stats(c).running, 0);

	crew_flush(c);
	crew_flush(c); /* nothing more to hand over: no harm */
	sem_wait(&at_work);
	sem_wait(&at_work); /* both workers were woken by the one flush */
	assert_int_equal(crew_stats(c).queued, 0);
	assert_int_equal(crew_stats(c).running, 2);
	sem_post(&gate);
	sem_post(&gate);
	run_until(2);
}

static void a_full_queue_refuses_and_recovers(void **state)
{
	own(crew) c = crew_new(loop, 1, 3, NULL);

	(void)state;
	assert_int_equal(ask(c, 0, true), R_OK);
	crew_flush(c);
	sem_wait(&at_work); /* it is with the worker now, the queue is empty */
	assert_int_equal(ask(c, 1, false), R_OK);
	assert_int_equal(ask(c, 2, false), R_OK);
	crew_flush(c);
	assert_int_equal(ask(c, 3, false), R_OK); /* asked, not flushed: counts as well */
	assert_int_equal(ask(c, 4, false), R_BUSY);
	assert_int_equal(ask(c, 5, false), R_BUSY);
	assert_int_equal(crew_stats(c).refused, 2);
	assert_int_equal(crew_stats(c).queued, 3);
	assert_int_equal(crew_stats(c).running, 1);
	crew_flush(c);
	sem_post(&gate);
	run_until(4);
	assert_int_equal(ask(c, 6, false), R_OK);
	crew_flush(c);
	run_until(5);
	assert_int_equal(cancelled_back, 0);
}

static struct crew *asked_again;

static void done_and_ask(struct job *j, bool cancelled)
{
	struct sum *s = sum_new(9, false);
	enum reason r = crew_ask(asked_again, &s->job);

	assert_int_equal(r, cancelled ? R_BUSY : R_OK);
	if (r != R_OK)
		free(s);
	done(j, cancelled);
}

static void hook_flush(void *arg, msec now)
{
	(void)now;
	crew_flush(arg);
}

static void done_may_ask_for_more(void **state)
{
	own(crew) c = crew_new(loop, 2, 8, NULL);
	struct sum *s = sum_new(8, false);

	(void)state;
	asked_again = c;
	s->job.done = done_and_ask;
	loop_turn_end(loop, hook_flush, c);
	assert_int_equal(crew_ask(c, &s->job), R_OK);
	crew_flush(c);
	run_until(2);
	assert_int_equal(order[0], 8);
	assert_int_equal(order[1], 9);
}

static void *open_gate_later(void *arg)
{
	struct timespec nap = { .tv_nsec = 50000000 };

	nanosleep(&nap, NULL);
	sem_post(&gate);
	return arg;
}

static void closing_brings_everything_back_cancelled(void **state)
{
	struct crew *c = crew_new(loop, 1, 8, NULL);
	struct sum *s = sum_new(3, false);
	pthread_t thread;

	(void)state;
	asked_again = c;
	s->job.done = done_and_ask; /* refused: the crew takes no more */
	ask(c, 0, true);
	crew_flush(c);
	sem_wait(&at_work);
	ask(c, 1, false);
	ask(c, 2, false);
	assert_int_equal(crew_ask(c, &s->job), R_OK);
	crew_flush(c);
	ask(c, 4, false); /* never flushed */
	pthread_create(&thread, NULL, open_gate_later, NULL);
	crew_free(c); /* waits for the one at work */
	pthread_join(thread, NULL);
	assert_int_equal(came_back, 5);
	assert_int_equal(cancelled_back, 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(order[i], i);
}

static void closing_an_idle_crew_is_quick_and_quiet(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		own(crew) c = crew_new(loop, 4, 8, NULL);

		assert_non_null(c);
	}
	crew_free(NULL);
	assert_int_equal(came_back, 0);
}

#define in_a_loop(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_loop(jobs_come_back_on_the_loop_thread),
		in_a_loop(one_worker_keeps_the_order),
		in_a_loop(nothing_goes_out_before_the_flush),
		in_a_loop(a_full_queue_refuses_and_recovers),
		in_a_loop(done_may_ask_for_more),
		in_a_loop(closing_brings_everything_back_cancelled),
		in_a_loop(closing_an_idle_crew_is_quick_and_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_loop.c - turns, posts from other threads, and watches that vanish inside a turn */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/loop.h"

enum { POSTERS = 4, POSTS = 2000, PIPES = 40 };

static struct loop *loop;

static int open_loop(void **state)
{
	(void)state;
	loop = loop_new(NULL);
	return loop ? 0 : -1;
}

static int close_loop(void **state)
{
	(void)state;
	loop_free(loop);
	return 0;
}

static void nap_ms(long ms)
{
	struct timespec nap = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&nap, NULL);
}

/* A test that hangs says so instead of waiting for the runner to lose patience. */
static void on_too_late(struct timer *t, msec now)
{
	(void)t;
	(void)now;
	fail_msg("the loop waited in vain");
}

static void run_at_most_ms(msec ms)
{
	struct timer late = { .fire = on_too_late };

	timer_arm(loop_timers(loop), &late, clock_now() + ms);
	loop_run(loop);
	timer_stop(loop_timers(loop), &late);
}

/* ---- posts */

struct note {
	struct post post;
	int who, number;
};

static int next_of[POSTERS], heard;
static pthread_t loop_thread;

static void hear(struct post *p)
{
	struct note *n = (struct note *)p;

	assert_true(pthread_equal(pthread_self(), loop_thread));
	assert_int_equal(n->number, next_of[n->who]);
	next_of[n->who]++;
	free(n);
	if (++heard == POSTERS * POSTS)
		loop_stop(loop);
}

static void *poster(void *arg)
{
	for (int i = 0; i < POSTS; i++) {
		struct note *n = calloc(1, sizeof(*n));

		n->post.run = hear;
		n->who = (int)(intptr_t)arg;
		n->number = i;
		loop_post(loop, &n->post);
		if (i % 500 == 499)
			nap_ms(1); /* let the loop fall asleep in between */
	}
	return NULL;
}

static void posts_of_each_thread_keep_their_order(void **state)
{
	pthread_t threads[POSTERS];

	(void)state;
	loop_thread = pthread_self();
	memset(next_of, 0, sizeof(next_of));
	heard = 0;
	for (int i = 0; i < POSTERS; i++)
		pthread_create(&threads[i], NULL, poster, (void *)(intptr_t)i);
	run_at_most_ms(60000);
	for (int i = 0; i < POSTERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(next_of[i], POSTS);
	}
}

static struct post stopper;

static void run_stop(struct post *p)
{
	(void)p;
	loop_stop(loop);
}

static void *late_poster(void *arg)
{
	(void)arg;
	nap_ms(30);
	loop_post(loop, &stopper);
	return NULL;
}

static void a_post_wakes_a_sleeping_loop(void **state)
{
	pthread_t thread;

	(void)state;
	stopper.run = run_stop;
	pthread_create(&thread, NULL, late_poster, NULL);
	run_at_most_ms(30000);
	pthread_join(thread, NULL);
	assert_true(loop_stats(loop).turns <= 3); /* it slept, it did not spin */
}

static char order[64];
static int turns_seen;

static void say(const char *word)
{
	strncat(order, word, sizeof(order) - strlen(order) - 1);
}

static struct post first_post, second_post, third_post;

static void run_first(struct post *p)
{
	(void)p;
	say("1");
	third_post.run = run_stop;
	loop_post(loop, &third_post);
}

static void run_second(struct post *p)
{
	(void)p;
	say("2");
}

static void end_of_turn(void *arg, msec now)
{
	(void)now;
	say(arg);
	turns_seen++;
}

static void say_timer(struct timer *t, msec now)
{
	assert_true(t->at <= now);
	say("t");
}

static void a_turn_is_watches_timers_posts_and_the_hook(void **state)
{
	struct timer t = { .fire = say_timer };

	(void)state;
	order[0] = '\0';
	turns_seen = 0;
	first_post.run = run_first;
	second_post.run = run_second;
	loop_turn_end(loop, end_of_turn, "|");
	timer_arm(loop_timers(loop), &t, clock_now() - 1);
	loop_post(loop, &first_post);
	loop_post(loop, &second_post);
	run_at_most_ms(30000);
	assert_string_equal(order, "t12||"); /* what a post posts waits for the next turn */
	assert_int_equal(loop_stats(loop).turns, turns_seen);
}

static void run_more(struct post *p)
{
	(void)p;
	say("m");
	loop_post(loop, &second_post);
}

static void posts_that_never_ran_are_run_at_the_end(void **state)
{
	(void)state;
	order[0] = '\0';
	first_post.run = run_more;
	second_post.run = run_second;
	loop_post(loop, &first_post);
	loop_free(loop);
	loop = NULL;
	assert_string_equal(order, "m2");
}

/* ---- watches */

struct ear {
	struct watch watch;
	int in;
	int heard;
	struct ear *silences;
};

static struct ear *ear_new(void (*ready)(struct watch *, uint32_t))
{
	struct ear *e = calloc(1, sizeof(*e));
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	e->watch = (struct watch){ .fd = ends[0], .ready = ready };
	e->in = ends[1];
	assert_int_equal(loop_watch(loop, &e->watch, EPOLLIN, NULL), R_OK);
	assert_true(e->watch.watched);
	return e;
}

static void ear_free(struct ear *e)
{
	loop_unwatch(loop, &e->watch);
	assert_false(e->watch.watched);
	close(e->watch.fd);
	close(e->in);
	free(e);
}

static int ears_left;

/* Whoever is called first frees itself and the other, whose event is in the same turn. */
static void silence_both(struct watch *w, uint32_t events)
{
	struct ear *e = (struct ear *)w, *other = e->silences;

	assert_true(events & EPOLLIN);
	ear_free(other);
	ear_free(e);
	ears_left -= 2;
	loop_stop(loop);
}

static void a_watch_may_vanish_before_its_event_of_this_turn(void **state)
{
	struct ear *a = ear_new(silence_both), *b = ear_new(silence_both);

	(void)state;
	a->silences = b;
	b->silences = a;
	ears_left = 2;
	assert_int_equal(write(a->in, "x", 1), 1);
	assert_int_equal(write(b->in, "x", 1), 1);
	run_at_most_ms(30000); /* a second call would be a use after free: ASan would tell */
	assert_int_equal(ears_left, 0);
	assert_int_equal(loop_stats(loop).turns, 1);
}

static int heard_ears;

static void listen_once(struct watch *w, uint32_t events)
{
	struct ear *e = (struct ear *)w;
	char c;

	(void)events;
	assert_int_equal(read(w->fd, &c, 1), 1);
	e->heard++;
	if (++heard_ears == PIPES)
		loop_stop(loop);
}

static void more_than_a_turn_holds_is_served_in_the_next(void **state)
{
	struct ear *ears[PIPES];

	(void)state;
	heard_ears = 0;
	for (int i = 0; i < PIPES; i++) {
		ears[i] = ear_new(listen_once);
		assert_int_equal(write(ears[i]->in, "x", 1), 1);
	}
	run_at_most_ms(30000);
	assert_int_equal(loop_stats(loop).turns, 2);
	for (int i = 0; i < PIPES; i++) {
		assert_int_equal(ears[i]->heard, 1);
		ear_free(ears[i]);
	}
}

static void count_it(struct watch *w, uint32_t events)
{
	struct ear *e = (struct ear *)w;

	(void)events;
	e->heard++;
	loop_stop(loop);
}

static void on_stop_timer(struct timer *t, msec now)
{
	(void)t;
	(void)now;
	loop_stop(loop);
}

static void watching_again_changes_what_is_asked(void **state)
{
	struct ear *e = ear_new(count_it);
	struct timer t = { .fire = on_stop_timer };

	(void)state;
	assert_int_equal(write(e->in, "x", 1), 1);
	assert_int_equal(loop_watch(loop, &e->watch, 0, NULL), R_OK);
	timer_arm(loop_timers(loop), &t, clock_now() + 20);
	run_at_most_ms(30000);
	assert_int_equal(e->heard, 0);
	assert_int_equal(loop_watch(loop, &e->watch, EPOLLIN, NULL), R_OK);
	run_at_most_ms(30000);
	assert_int_equal(e->heard, 1);
	loop_unwatch(loop, &e->watch);
	loop_unwatch(loop, &e->watch); /* fine when not watched */
	timer_arm(loop_timers(loop), &t, clock_now() + 20);
	run_at_most_ms(30000);
	assert_int_equal(e->heard, 1);
	ear_free(e);
}

static void what_cannot_be_watched_is_refused_with_a_sentence(void **state)
{
	struct watch w = { .fd = -1, .ready = count_it };
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(loop_watch(loop, &w, EPOLLIN, &f), R_SYSTEM);
	assert_false(w.watched);
	assert_non_null(strstr(f.text, "-1"));
}

/* ---- stopping and time */

/* What the kernel says of the loop's timerfd; -1 when there is none of this clock. */
static int64_t kernel_waits_ms(int clock)
{
	char path[64], line[128];
	int64_t ms = -1;

	for (int fd = 3; fd < 64; fd++) {
		long s = 0, ns = 0;
		int id = -1;

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
		FILE *in = fopen(path, "r");
		while (in && fgets(line, sizeof(line), in)) {
			sscanf(line, "clockid: %d", &id);
			sscanf(line, "it_value: (%ld, %ld)", &s, &ns);
		}
		if (in)
			fclose(in);
		if (id == clock)
			ms = s * 1000 + ns / 1000000;
	}
	return ms;
}

static int64_t waits_ms;

static void look_and_stop(struct post *p)
{
	(void)p;
	waits_ms = kernel_waits_ms(CLOCK_BOOTTIME);
	loop_stop(loop);
}

/* P-26: a deadline an hour away is waited for by the clock that goes on in a suspended machine. */
static void deadlines_count_while_the_machine_sleeps(void **state)
{
	struct post look = { .run = look_and_stop };
	struct timer hour = { .fire = on_too_late }, week = { .fire = on_too_late };
	pthread_t thread;

	(void)state;
	for (int round = 0; round < 3; round++) { /* set, moved nearer, moved away */
		msec in = round == 1 ? 60000 : 3600000;

		timer_arm(loop_timers(loop), &hour, clock_now() + in);
		timer_arm(loop_timers(loop), &week, clock_now() + 7 * 86400000ll);
		stopper = look;
		pthread_create(&thread, NULL, late_poster, NULL);
		loop_run(loop);
		pthread_join(thread, NULL);
		assert_in_range(waits_ms, in - 10000, in);
	}
}

static void on_alarm(int signal)
{
	(void)signal;
	loop_stop(loop);
}

static void a_signal_handler_may_stop_the_loop(void **state)
{
	struct sigaction sa = { .sa_handler = on_alarm }, before;
	struct itimerval in = { .it_value.tv_usec = 30000 };

	(void)state;
	sigaction(SIGALRM, &sa, &before);
	setitimer(ITIMER_REAL, &in, NULL);
	run_at_most_ms(30000);
	sigaction(SIGALRM, &before, NULL);
}

static void a_stop_before_the_run_counts_once(void **state)
{
	struct timer t = { .fire = on_stop_timer };

	(void)state;
	loop_stop(loop);
	run_at_most_ms(30000);
	assert_int_equal(loop_stats(loop).turns, 0);
	timer_arm(loop_timers(loop), &t, clock_now() + 20);
	msec start = clock_now();
	run_at_most_ms(30000); /* used up: it runs until the timer */
	assert_true(clock_now() - start >= 19);
	assert_true(loop_stats(loop).turns > 0);
}

static int slow_turns;
static msec slow_took;
static const char *slow_doing;

static void on_slow(void *arg, msec took, const char *doing)
{
	assert_ptr_equal(arg, &slow_turns);
	slow_turns++;
	slow_took = took;
	slow_doing = doing;
}

static void work_slowly(struct post *p)
{
	(void)p;
	loop_doing(loop, "a trifle");
	loop_doing(loop, "the heavy part");
	nap_ms(40);
	loop_doing(loop, "another trifle");
	loop_stop(loop);
}

static void slow_turns_are_told_with_what_they_did(void **state)
{
	struct post p = { .run = work_slowly }, quick = { .run = run_stop };

	(void)state;
	slow_turns = 0;
	loop_on_slow(loop, on_slow, &slow_turns);
	nap_ms(30); /* time outside a turn is nobody's fault */
	loop_post(loop, &p);
	run_at_most_ms(30000);
	assert_int_equal(slow_turns, 1);
	assert_true(slow_took >= 39);
	assert_string_equal(slow_doing, "the heavy part");
	assert_int_equal(loop_stats(loop).slow_turns, 1);
	assert_true(loop_stats(loop).worst_turn_ms >= 39);

	loop_on_slow(loop, NULL, NULL);
	loop_post(loop, &quick);
	run_at_most_ms(30000);
	assert_int_equal(slow_turns, 1);
}

#define in_a_loop(test) cmocka_unit_test_setup_teardown(test, open_loop, close_loop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_a_loop(posts_of_each_thread_keep_their_order),
		in_a_loop(a_post_wakes_a_sleeping_loop),
		in_a_loop(a_turn_is_watches_timers_posts_and_the_hook),
		in_a_loop(posts_that_never_ran_are_run_at_the_end),
		in_a_loop(a_watch_may_vanish_before_its_event_of_this_turn),
		in_a_loop(more_than_a_turn_holds_is_served_in_the_next),
		in_a_loop(watching_again_changes_what_is_asked),
		in_a_loop(what_cannot_be_watched_is_refused_with_a_sentence),
		in_a_loop(deadlines_count_while_the_machine_sleeps),
		in_a_loop(a_signal_handler_may_stop_the_loop),
		in_a_loop(a_stop_before_the_run_counts_once),
		in_a_loop(slow_turns_are_told_with_what_they_did),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

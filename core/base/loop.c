/* loop.c - one thread that owns everything that changes
 *
 * An epoll reactor. A turn is: wait, at most 32 ready watches, the timers that are due,
 * what other threads posted, the hook. Descriptors not reached are still ready in the
 * next turn, so nobody starves. The mailbox is a stack that posters push onto without a
 * lock and the loop takes as a whole and turns over; an eventfd wakes it. A turn that
 * took over 20 ms is reported with the longest thing it did.
 *
 * The next deadline is a timerfd of CLOCK_BOOTTIME and no time-out of epoll_wait: that one
 * counts CLOCK_MONOTONIC, which stands still while the machine is suspended, so what expired
 * meanwhile would wait as long again after waking.
 *
 * Called by core/main, core/daemon, core/net, api.  Thread: the loop's, but for
 * loop_new, loop_post and loop_stop.  Owns: epoll, eventfd, timerfd, timers, posts not
 * yet run.
 * Not here: signals - the door watches a signalfd or calls loop_stop.
 */
#include "core/base/loop.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { EVENTS = 32, SLOW_MS = 20 };

struct loop {
	int ep, bell; /* bell: the eventfd others ring */
	int alarm; /* the timerfd of the next deadline */
	msec alarm_at; /* what it is set to, -1 not at all */
	struct timers timers;
	_Atomic(struct post *) mailbox; /* newest first */
	atomic_bool stopping;
	struct epoll_event ev[EVENTS]; /* of this turn; kept here so that unwatch finds them */
	int ready, reached;
	void (*hook)(void *arg, msec now);
	void *hook_arg;
	void (*say)(void *arg, msec took, const char *doing);
	void *say_arg;
	const char *doing, *longest;
	msec doing_since, longest_took;
	struct loop_stats stats;
};

static bool hear_own(struct loop *l, int fd, void *as)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = as };

	return fd >= 0 && epoll_ctl(l->ep, EPOLL_CTL_ADD, fd, &ev) == 0;
}

struct loop *loop_new(struct fault *f)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l) {
		fail(f, R_NO_MEMORY, "no memory for the loop");
		return NULL;
	}
	timers_init(&l->timers);
	l->doing = l->longest = "nothing";
	l->ep = epoll_create1(EPOLL_CLOEXEC);
	l->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->alarm = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	l->alarm_at = -1;
	if (l->ep < 0 || !hear_own(l, l->bell, &l->bell) || !hear_own(l, l->alarm, &l->alarm)) {
		fail(f, R_SYSTEM, "the loop cannot be set up: %s", strerror(errno));
		loop_free(l);
		return NULL;
	}
	return l;
}

/* ring - wakes the loop. An eventfd that is full is ringing already. */
static void ring(struct loop *l)
{
	const uint64_t one = 1;

	while (write(l->bell, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

/* Never blocks, never asks for memory: any thread may post at any time. */
void loop_post(struct loop *l, struct post *take_p)
{
	struct post *top = atomic_load_explicit(&l->mailbox, memory_order_relaxed);

	do {
		take_p->next = top;
	} while (!atomic_compare_exchange_weak_explicit(
		&l->mailbox, &top, take_p, memory_order_release, memory_order_relaxed));
	/* whoever found it empty rings; the box stays full until the loop has been here */
	if (!top)
		ring(l);
}

/* Run what is in the mailbox now; what these post in turn waits for the next turn. */
static void run_posts(struct loop *l)
{
	struct post *newest = atomic_exchange_explicit(&l->mailbox, NULL, memory_order_acquire);
	struct post *first = NULL;

	while (newest) {
		struct post *p = newest;

		newest = p->next;
		p->next = first;
		first = p;
	}
	while (first) {
		struct post *p = first;

		first = p->next; /* run frees it */
		p->next = NULL;
		p->run(p);
	}
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	while (atomic_load(&l->mailbox))
		run_posts(l);
	timers_done(&l->timers);
	if (l->ep >= 0)
		close(l->ep);
	if (l->bell >= 0)
		close(l->bell);
	if (l->alarm >= 0)
		close(l->alarm);
	free(l);
}

/* Watching again what is watched changes the events asked for. */
enum reason loop_watch(struct loop *l, struct watch *w, uint32_t epoll_events, struct fault *f)
{
	struct epoll_event ev = { .events = epoll_events, .data.ptr = w };

	if (epoll_ctl(l->ep, w->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, w->fd, &ev) < 0)
		return fail(f, R_SYSTEM, "descriptor %d cannot be watched: %s", w->fd,
			    strerror(errno));
	w->watched = true;
	return R_OK;
}

void loop_unwatch(struct loop *l, struct watch *w)
{
	if (!w->watched)
		return;
	epoll_ctl(l->ep, EPOLL_CTL_DEL, w->fd, NULL); /* fails if closed already: as good */
	w->watched = false;
	/* the owner may free the watch now, so this turn must not come across it */
	for (int i = l->reached; i < l->ready; i++) {
		if (l->ev[i].data.ptr == w)
			l->ev[i].data.ptr = NULL;
	}
}

struct timers *loop_timers(struct loop *l)
{
	return &l->timers;
}

void loop_stop(struct loop *l)
{
	int kept = errno; /* we may be in a signal handler */

	atomic_store(&l->stopping, true);
	ring(l);
	errno = kept;
}

void loop_turn_end(struct loop *l, void (*hook)(void *arg, msec now), void *arg)
{
	l->hook = hook;
	l->hook_arg = arg;
}

void loop_on_slow(struct loop *l, void (*say)(void *arg, msec took, const char *doing), void *arg)
{
	l->say = say;
	l->say_arg = arg;
}

void loop_doing(struct loop *l, const char *what)
{
	msec now = clock_now();

	if (now - l->doing_since > l->longest_took) {
		l->longest_took = now - l->doing_since;
		l->longest = l->doing;
	}
	l->doing = what;
	l->doing_since = now;
}

static void account(struct loop *l, msec start)
{
	loop_doing(l, "nothing");

	msec took = l->doing_since - start;
	l->stats.turns++;
	if ((uint64_t)took > l->stats.worst_turn_ms)
		l->stats.worst_turn_ms = (uint32_t)MIN_OF(took, (msec)UINT32_MAX);
	if (took <= SLOW_MS)
		return;
	l->stats.slow_turns++;
	if (l->say)
		l->say(l->say_arg, took, l->longest);
}

static void run_watches(struct loop *l)
{
	for (l->reached = 0; l->reached < l->ready;) {
		struct epoll_event *ev = &l->ev[l->reached++];

		if (ev->data.ptr == &l->bell || ev->data.ptr == &l->alarm) {
			int *own = ev->data.ptr;
			uint64_t rings;

			while (read(*own, &rings, sizeof(rings)) < 0 && errno == EINTR)
				;
			if (own == &l->alarm)
				l->alarm_at = -1; /* it rings once */
		} else if (ev->data.ptr) {
			struct watch *w = ev->data.ptr;

			loop_doing(l, "watches");
			w->ready(w, ev->events);
		}
	}
	l->ready = l->reached = 0;
}

/* set_alarm - for the next deadline; returns how long epoll may wait besides: 0 or for ever */
static int set_alarm(struct loop *l)
{
	msec next = timers_next(&l->timers);
	struct itimerspec at = { .it_value = { .tv_sec = next / 1000,
					       .tv_nsec = next % 1000 * 1000000 } };

	if (next < 0 || next == l->alarm_at)
		return -1;
	if (next <= clock_now())
		return 0;
	l->alarm_at = next;
	/* cannot fail with these arguments; if it does, turning without rest is the lesser evil */
	return timerfd_settime(l->alarm, TFD_TIMER_ABSTIME, &at, NULL) < 0 ? 0 : -1;
}

static void turn(struct loop *l)
{
	int wait = set_alarm(l);

	l->ready = MAX_OF(epoll_wait(l->ep, l->ev, EVENTS, wait), 0); /* EINTR: a turn of none */
	msec now = clock_now();

	l->doing_since = now;
	l->doing = l->longest = "nothing";
	l->longest_took = -1;

	run_watches(l);
	loop_doing(l, "timers");
	timers_fire(&l->timers, l->doing_since);
	loop_doing(l, "posts");
	run_posts(l);
	loop_doing(l, "the end of the turn");
	if (l->hook)
		l->hook(l->hook_arg, l->doing_since);
	account(l, now);
}

/* A stop that came before we ran counts, and is used up: the loop can run again. */
void loop_run(struct loop *l)
{
	while (!atomic_exchange(&l->stopping, false))
		turn(l);
}

struct loop_stats loop_stats(const struct loop *l)
{
	return l->stats;
}

/* timers.c - a heap of deadlines, and the only place that reads the clock
 *
 * Every SA has several deadlines that move with nearly every packet, so moving one must
 * cost little: the heap has four children a node (flat, few cache lines) and each timer
 * knows its slot, so arming again is a move and stopping needs no search. Memory is only
 * asked for when more timers are armed than ever before.
 *
 * Called by core/base/loop; core/daemon, core/net and api arm.  Thread: the loop's.
 * Owns: the heap's array; the timers live inside their owners.
 * Not here: what time it is for the engine - it is told.
 */
#include "core/base/timers.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/own.h"

enum { CHILDREN = 4 };

void timers_init(struct timers *t)
{
	*t = (struct timers){ 0 };
}

void timers_done(struct timers *t)
{
	for (size_t i = 0; i < t->n; i++)
		t->heap[i]->slot = 0;
	free(t->heap);
	timers_init(t);
}

static void put(struct timers *t, size_t i, struct timer *timer)
{
	t->heap[i] = timer;
	timer->slot = i + 1;
}

static void sift_up(struct timers *t, size_t i)
{
	struct timer *moving = t->heap[i];

	while (i > 0) {
		size_t parent = (i - 1) / CHILDREN;

		if (t->heap[parent]->at <= moving->at)
			break;
		put(t, i, t->heap[parent]);
		i = parent;
	}
	put(t, i, moving);
}

static void sift_down(struct timers *t, size_t i)
{
	struct timer *moving = t->heap[i];

	for (;;) {
		size_t first = i * CHILDREN + 1, least = first;

		if (first >= t->n)
			break;
		for (size_t c = first + 1; c < MIN_OF(first + CHILDREN, t->n); c++) {
			if (t->heap[c]->at < t->heap[least]->at)
				least = c;
		}
		if (moving->at <= t->heap[least]->at)
			break;
		put(t, i, t->heap[least]);
		i = least;
	}
	put(t, i, moving);
}

bool timer_arm(struct timers *t, struct timer *timer, msec at)
{
	if (timer->slot == 0) {
		if (t->n == t->cap) {
			size_t cap = t->cap ? 2 * t->cap : 64;
			struct timer **heap = realloc(t->heap, cap * sizeof(struct timer *));

			if (!heap)
				return false;
			t->heap = heap;
			t->cap = cap;
		}
		put(t, t->n++, timer);
	}
	assert(timer->slot <= t->n && t->heap[timer->slot - 1] == timer);
	timer->at = at;
	sift_up(t, timer->slot - 1);
	sift_down(t, timer->slot - 1);
	return true;
}

void timer_stop(struct timers *t, struct timer *timer)
{
	if (timer->slot == 0)
		return;
	assert(timer->slot <= t->n && t->heap[timer->slot - 1] == timer);

	size_t i = timer->slot - 1;
	struct timer *last = t->heap[--t->n];

	timer->slot = 0;
	if (last == timer)
		return;
	put(t, i, last);
	sift_up(t, i);
	sift_down(t, last->slot - 1);
}

msec timers_fire(struct timers *t, msec now)
{
	/* Not more than are armed now: one that arms itself for the past must not hold us. */
	for (size_t most = t->n; most > 0 && t->n > 0 && t->heap[0]->at <= now; most--) {
		struct timer *due = t->heap[0];

		timer_stop(t, due);
		due->fire(due, now);
	}

	msec next = timers_next(t);
	return next < 0 ? -1 : MAX_OF(next - now, (msec)0);
}

msec timers_next(const struct timers *t)
{
	return t->n ? MAX_OF(t->heap[0]->at, (msec)0) : -1;
}

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

msec clock_now(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

int64_t clock_wall_ms(void)
{
	return read_clock(CLOCK_REALTIME);
}

/* timers.h - a heap of deadlines, and the only place that reads the clock
 *
 * Intrusive 4-ary heap; re-arming is cheap (a heap move). The clock is boot time in
 * milliseconds: it counts while the machine sleeps and never jumps.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t msec;

struct timer {
	msec at;
	size_t slot; /* place in the heap + 1; 0 when not armed */
	void (*fire)(struct timer *t, msec now);
};

struct timers {
	struct timer **heap;
	size_t n, cap;
};

void timers_init(struct timers *t);
void timers_done(struct timers *t);
bool timer_arm(struct timers *t, struct timer *timer,
	       msec at); /* again is fine; false: no memory */
void timer_stop(struct timers *t, struct timer *timer); /* fine when not armed */
/* Fire all that are due; returns milliseconds to the next, -1 when nothing is armed. */
msec timers_fire(struct timers *t, msec now);
msec timers_next(const struct timers *t); /* deadline of the next, -1 none */

msec clock_now(void); /* CLOCK_BOOTTIME, for every timer */
int64_t clock_wall_ms(void); /* CLOCK_REALTIME since 1970, for people */

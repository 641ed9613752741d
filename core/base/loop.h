/* loop.h - one thread that owns everything that changes
 *
 * An epoll reactor: watches, timers, a mailbox other threads may post to, and a hook
 * at the end of each turn. Everything but loop_post, loop_stop and loop_new is called
 * on the loop's own thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/fault.h"
#include "core/base/own.h"
#include "core/base/timers.h"

struct loop;

struct watch {
	int fd;
	void (*ready)(struct watch *w, uint32_t epoll_events);
	bool watched;
};

/* A closure for the loop. `run` owns and frees it. */
struct post {
	void (*run)(struct post *p);
	struct post *next;
};

struct loop_stats {
	uint64_t turns;
	uint64_t slow_turns; /* over 20 ms */
	uint32_t worst_turn_ms;
};

struct loop *loop_new(struct fault *f); /* NULL: see f */
void loop_free(struct loop *l); /* posts that never ran are run first */
OWNABLE(loop)

enum reason loop_watch(struct loop *l, struct watch *w, uint32_t epoll_events, struct fault *f);
void loop_unwatch(struct loop *l,
		  struct watch *w); /* safe inside a turn, also for later events of it */
struct timers *loop_timers(struct loop *l);
void loop_post(struct loop *l, struct post *take_p); /* any thread; order is kept */
void loop_stop(struct loop *l); /* any thread, and signal handlers */
void loop_turn_end(struct loop *l, void (*hook)(void *arg, msec now), void *arg);
/* Called with what a turn was doing when it took over 20 ms. */
void loop_on_slow(struct loop *l, void (*say)(void *arg, msec took, const char *doing), void *arg);
void loop_doing(struct loop *l, const char *what); /* a literal, for the line above */
void loop_run(struct loop *l);
struct loop_stats loop_stats(const struct loop *l);

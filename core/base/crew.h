/* crew.h - worker threads for heavy sums
 *
 * A job crosses to a worker and comes back to the loop:
 *   work: on a worker thread; may touch nothing but the job
 *   done: on the loop thread; may touch the world, frees the job
 * The queue is bounded. A job that was cancelled still comes back.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/fault.h"
#include "core/base/loop.h"
#include "core/base/own.h"

struct job {
	void (*work)(struct job *j);
	void (*done)(struct job *j, bool cancelled);
	struct job *next;
};

struct crew_stats {
	size_t queued, running;
	uint64_t done, refused;
};

struct crew;

struct crew *crew_new(struct loop *l, unsigned threads, size_t limit, struct fault *f);
/* Joins the workers, then runs done(cancelled) for what was left. Before loop_free. */
void crew_free(struct crew *c);
OWNABLE(crew)
/* R_BUSY when the queue is full: the caller keeps the job. Loop thread only. Jobs asked for in
 * one turn are handed over together (crew_flush, called from the turn-end hook, wakes workers). */
enum reason crew_ask(struct crew *c, struct job *take_j);
void crew_flush(struct crew *c);
struct crew_stats crew_stats(const struct crew *c);

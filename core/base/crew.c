/* crew.c - worker threads for heavy sums
 *
 * A job goes out with values and comes back with values; in between only a worker knows
 * it. What is asked for in one turn waits in a list of the loop's own and is handed over
 * at the end of the turn (crew_flush, from the turn-end hook) with one lock and one wake.
 * Results come back over an eventfd the loop watches. The queue is bounded: a full one
 * refuses, so a flood of strangers costs a bounded number of sums.
 *
 * Called by core/daemon and api through it.  Thread: the loop's; work runs on workers.
 * Owns: the threads, and the jobs between crew_ask and done.
 * Not here: who may ask how often, and finding the SA again - done does that.
 */
#include "core/base/crew.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
	struct job *first, **end;
	size_t n;
};

struct crew {
	struct loop *loop;
	struct watch back; /* an eventfd; rung when a result is the first to wait */
	size_t limit;
	struct queue asked; /* the loop's own, until the flush */
	uint64_t returned, refused;
	bool closing; /* the loop's own: takes no more */
	unsigned threads;
	pthread_mutex_t lock; /* covers all below */
	pthread_cond_t wake;
	struct queue waiting, finished;
	size_t running;
	bool stopping;
	pthread_t thread[];
};

static void queue_init(struct queue *q)
{
	*q = (struct queue){ .end = &q->first };
}

static void queue_push(struct queue *q, struct job *j)
{
	j->next = NULL;
	*q->end = j;
	q->end = &j->next;
	q->n++;
}

static struct job *queue_pop(struct queue *q)
{
	struct job *j = q->first;

	if (!j)
		return NULL;
	q->first = j->next;
	if (!q->first)
		q->end = &q->first;
	q->n--;
	j->next = NULL;
	return j;
}

/* All of `from` behind `to`; `from` is empty then. */
static void queue_move(struct queue *to, struct queue *from)
{
	if (!from->first)
		return;
	*to->end = from->first;
	to->end = from->end;
	to->n += from->n;
	queue_init(from);
}

static void *worker(void *arg)
{
	struct crew *c = arg;
	const uint64_t one = 1;

	pthread_setname_np(pthread_self(), "crew");
	pthread_mutex_lock(&c->lock);
	while (!c->stopping) {
		struct job *j = queue_pop(&c->waiting);

		if (!j) {
			pthread_cond_wait(&c->wake, &c->lock);
			continue;
		}
		c->running++;
		pthread_mutex_unlock(&c->lock);
		j->work(j);
		pthread_mutex_lock(&c->lock);
		c->running--;
		queue_push(&c->finished, j);
		while (c->finished.n == 1 && write(c->back.fd, &one, sizeof(one)) < 0 &&
		       errno == EINTR)
			;
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

static void collect(struct watch *w, uint32_t epoll_events)
{
	struct crew *c = owner_of(w, struct crew, back);
	struct queue done;
	uint64_t rings;

	(void)epoll_events;
	while (read(w->fd, &rings, sizeof(rings)) < 0 && errno == EINTR)
		;
	queue_init(&done);
	pthread_mutex_lock(&c->lock);
	queue_move(&done, &c->finished);
	pthread_mutex_unlock(&c->lock);
	for (struct job *j; (j = queue_pop(&done));) {
		c->returned++;
		j->done(j, false);
	}
}

/* Signals are the loop thread's; workers are born with all of them blocked. */
static int start_workers(struct crew *c, unsigned threads)
{
	sigset_t all, before;
	int err = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (c->threads < threads && err == 0) {
		err = pthread_create(&c->thread[c->threads], NULL, worker, c);
		if (err == 0)
			c->threads++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

struct crew *crew_new(struct loop *l, unsigned threads, size_t limit, struct fault *f)
{
	threads = MAX_OF(threads, 1u);

	struct crew *c = calloc(1, sizeof(*c) + threads * sizeof(pthread_t));
	if (!c) {
		fail(f, R_NO_MEMORY, "no memory for the crew");
		return NULL;
	}
	c->loop = l;
	c->limit = limit;
	queue_init(&c->asked);
	queue_init(&c->waiting);
	queue_init(&c->finished);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->wake, NULL);
	c->back = (struct watch){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = collect };

	int err = c->back.fd < 0 ? errno : 0;
	if (err != 0)
		fail(f, R_SYSTEM, "the crew cannot be set up: %s", strerror(err));
	else if (loop_watch(l, &c->back, EPOLLIN, f) != R_OK)
		err = EINVAL;
	else if ((err = start_workers(c, threads)) != 0)
		fail(f, R_SYSTEM, "a worker cannot be started: %s", strerror(err));
	if (err != 0) {
		crew_free(c);
		return NULL;
	}
	return c;
}

void crew_free(struct crew *c)
{
	struct queue left;

	if (!c)
		return;
	c->closing = true;
	pthread_mutex_lock(&c->lock);
	c->stopping = true;
	pthread_cond_broadcast(&c->wake);
	pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->threads; i++)
		pthread_join(c->thread[i], NULL);
	loop_unwatch(c->loop, &c->back);
	if (c->back.fd >= 0)
		close(c->back.fd);

	/* Even a finished sum comes too late for the one who wanted it. */
	queue_init(&left);
	queue_move(&left, &c->finished);
	queue_move(&left, &c->waiting);
	queue_move(&left, &c->asked);
	for (struct job *j; (j = queue_pop(&left));)
		j->done(j, true);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

enum reason crew_ask(struct crew *c, struct job *take_j)
{
	pthread_mutex_lock(&c->lock);
	size_t waiting = c->waiting.n;
	pthread_mutex_unlock(&c->lock);

	if (c->closing || waiting + c->asked.n >= c->limit) {
		c->refused++;
		return R_BUSY;
	}
	queue_push(&c->asked, take_j);
	return R_OK;
}

void crew_flush(struct crew *c)
{
	size_t n = c->asked.n;

	if (n == 0)
		return;
	pthread_mutex_lock(&c->lock);
	queue_move(&c->waiting, &c->asked);
	if (n == 1)
		pthread_cond_signal(&c->wake);
	else
		pthread_cond_broadcast(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

struct crew_stats crew_stats(const struct crew *c)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)&c->lock; /* the lock is not the state */

	pthread_mutex_lock(lock);
	struct crew_stats s = { .queued = c->waiting.n + c->asked.n, .running = c->running };
	pthread_mutex_unlock(lock);
	s.done = c->returned;
	s.refused = c->refused;
	return s;
}

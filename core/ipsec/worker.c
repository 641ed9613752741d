/* worker.c - a packet thread: it waits, and hands what is ready to egress and ingress
 *
 * While it handles packets it is inside grace_enter, while it waits it holds nothing. Signals
 * are the loop's. The thread ends when the loop sets `stop` and writes to its eventfd.
 *
 * Called by userspace.c.  Thread: start and stop on the loop, the rest is the thread itself.
 * Owns: the epoll and event descriptors, its egress and ingress.
 */
#include "core/ipsec/worker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { WAKE = SOURCES, QUEUE, READY = 8 };

static void serve(struct worker *w, uint32_t what)
{
	if (what == QUEUE)
		egress_turn(w->egress);
	else if (what < SOURCES)
		ingress_turn(w->ingress, (enum source)what);
}

static void *run(void *arg)
{
	struct worker *w = arg;
	struct epoll_event ready[READY];

	while (!atomic_load_explicit(&w->x->stop, memory_order_relaxed)) {
		int n = epoll_wait(w->poll, ready, READY, -1);

		grace_enter(&w->x->lanes.grace, w->thread);
		for (int i = 0; i < n; i++)
			serve(w, ready[i].data.u32);
		grace_leave(&w->x->lanes.grace, w->thread);
	}
	return NULL;
}

static bool add(struct worker *w, int fd, uint32_t what)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = what };

	return fd < 0 || epoll_ctl(w->poll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static bool prepare(struct worker *w)
{
	bool good;

	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->poll = epoll_create1(EPOLL_CLOEXEC);
	if (w->queue >= 0)
		w->egress = egress_new(w->x, w->thread, w->queue);
	if (w->hears)
		w->ingress = ingress_new(w->x, w->thread);
	good = w->wake >= 0 && w->poll >= 0 && (w->egress || w->queue < 0) &&
	       (w->ingress || !w->hears) && add(w, w->wake, WAKE) && add(w, w->queue, QUEUE);
	for (uint32_t s = 0; s < SOURCES && good && w->hears; s++)
		good = add(w, w->x->fds[s], s);
	return good;
}

enum reason worker_start(struct worker *w, struct fault *f)
{
	sigset_t all, before;

	w->wake = w->poll = -1;
	if (!prepare(w))
		return fail(f, R_SYSTEM, "a packet thread cannot be prepared: %s", strerror(errno));
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&w->id, NULL, run, w);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		return fail(f, R_SYSTEM, "a packet thread does not start: %s", strerror(error));
	w->runs = true;
	pthread_setname_np(w->id, w->hears ? "plane-in" : "plane-out");
	return R_OK;
}

bool worker_hears(struct worker *w, enum source s)
{
	return add(w, w->x->fds[s], s);
}

void worker_stop(struct worker *w)
{
	uint64_t one = 1;

	if (w->runs) {
		while (write(w->wake, &one, sizeof(one)) < 0 && errno == EINTR)
			;
		pthread_join(w->id, NULL);
	}
	w->runs = false;
	egress_free(w->egress);
	ingress_free(w->ingress);
	w->egress = NULL;
	w->ingress = NULL;
	if (w->wake >= 0)
		close(w->wake);
	if (w->poll >= 0)
		close(w->poll);
	w->wake = w->poll = -1;
}

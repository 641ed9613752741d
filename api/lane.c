/* lane.c - slow password hashes, one at a time
 *
 * The crew has DH to compute, and strangers may ask for hashes by signing in: so they get one
 * worker's time and no more, whoever asks.
 *
 * Called by: signin.c, users.c.  Thread: loop; hash() a worker.  Owns: what waits.
 */
#include "api/lane.h"

#include <stdlib.h>

struct lane {
	struct crew *crew;
	struct link waiting;
	size_t waiting_n;
	bool running, stopped;
};

struct lane *lane_new(struct crew *c)
{
	struct lane *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->crew = c;
	list_init(&l->waiting);
	return l;
}

void lane_free(struct lane *l)
{
	free(l);
}

void lane_forget(void *hashing)
{
	if (!hashing)
		return;
	wipe(hashing, sizeof(struct hashing));
	free(hashing);
}

static void hash(struct job *j)
{
	struct hashing *h = owner_of(j, struct hashing, job);

	if (h->check)
		h->good = password_check(h->password, h->known ? h->phc : NULL);
	else
		password_hash(h->password, h->phc, &h->fault);
	wipe(h->password, sizeof(h->password));
}

static void next(struct lane *l);

static void hashed(struct job *j, bool cancelled)
{
	struct hashing *h = owner_of(j, struct hashing, job);
	struct lane *l = h->lane;
	bool stopped = l->stopped;

	l->running = false;
	if (!stopped)
		next(l);
	h->then(h, cancelled || stopped); /* the last request may take the lane with it */
	lane_forget(h);
}

static void next(struct lane *l)
{
	struct link *first = list_first(&l->waiting);

	if (!first || l->running)
		return;
	struct hashing *h = owner_of(first, struct hashing, link);
	list_remove(first);
	l->waiting_n--;
	h->job = (struct job){ .work = hash, .done = hashed };
	l->running = true;
	if (crew_ask(l->crew, &h->job) == R_OK)
		return;
	l->running = false;
	h->then(h, true);
	lane_forget(h);
}

bool lane_ask(struct lane *l, struct hashing *take_h)
{
	if (l->stopped || (l->running && l->waiting_n == LANE_WAITING)) {
		lane_forget(take_h);
		return false;
	}
	take_h->lane = l;
	list_push(&l->waiting, &take_h->link);
	l->waiting_n++;
	next(l);
	return true;
}

void lane_stop(struct lane *l)
{
	l->stopped = true;
	list_each (i, &l->waiting) {
		struct hashing *h = owner_of(i, struct hashing, link);

		list_remove(i);
		h->then(h, true);
		lane_forget(h);
	}
}

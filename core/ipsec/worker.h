/* worker.h - a packet thread: it waits, and hands what is ready to egress and ingress */
#pragma once

#include <pthread.h>

#include "core/ipsec/egress.h"
#include "core/ipsec/ingress.h"

struct worker {
	struct crossing *x;
	unsigned thread;
	int queue; /* TUN, -1 none */
	bool hears; /* this one also reads the sockets */
	int wake, poll;
	struct egress *egress;
	struct ingress *ingress;
	pthread_t id;
	bool runs;
};

enum reason worker_start(struct worker *w, struct fault *f);
/* The one that hears reads this socket too from now on. */
bool worker_hears(struct worker *w, enum source s);
/* After crossing.stop was set: waits for its end and frees what is its. */
void worker_stop(struct worker *w);

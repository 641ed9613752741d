/* lane.h - slow password hashes, one at a time
 *
 * A hash takes 0.3 s and 32 MiB on the crew. One runs, eight wait, the next is told to come
 * back. Loop thread, but for the work itself.
 */
#pragma once

#include "core/base/crew.h"
#include "core/base/list.h"
#include "core/crypto/secret.h"

enum { LANE_WAITING = 8, PASSWORD_SIZE = 257 };

struct lane;
struct request;

/* One hash to make or to check. Heap; freed by the lane after `then`. */
struct hashing {
	struct job job;
	struct link link;
	struct lane *lane;
	struct request *r; /* parked; `then` answers it */
	char password[PASSWORD_SIZE];
	bool check; /* against phc; otherwise make one */
	bool known; /* check: there is a phc at all */
	char phc[PASSWORD_TEXT];
	bool good; /* check: it fitted */
	struct fault fault; /* make: R_OK or what went wrong */
	/* The answer; cancelled: the server stops, only the request may be touched. */
	void (*then)(struct hashing *h, bool cancelled);
	char name[64];
	int extra;
};

struct lane *lane_new(struct crew *c);
void lane_free(struct lane *l);
void lane_forget(void *hashing); /* wipes one that was not asked for after all; NULL is fine */
/* False: too many wait; the hashing is freed, the request is still to be answered. */
bool lane_ask(struct lane *l, struct hashing *take_h);
/* What waits is cancelled; what runs comes back cancelled. */
void lane_stop(struct lane *l);

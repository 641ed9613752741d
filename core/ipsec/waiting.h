/* waiting.h - packets that wait for their SA, for three seconds at most
 *
 * Loop thread only. Packet threads count what waits for a policy (guard.held), so that a flood
 * ends there.
 */
#pragma once

#include "core/base/bytes.h"
#include "core/base/list.h"
#include "core/base/timers.h"
#include "core/ipsec/egress.h"
#include "core/ipsec/lanes.h"

struct waiting {
	struct link packets; /* oldest first */
	struct egress *egress; /* borrowed: the loop's own */
	struct tally *tally;
	struct lanes *lanes;
};

void waiting_init(struct waiting *w, struct lanes *l, struct egress *e, struct tally *t);
void waiting_done(struct waiting *w);
/* A packet of this policy; sent at once if there is an SA by now. */
void waiting_add(struct waiting *w, struct guard *g, struct slice packet, msec now);
/* Their SA is in use now. They go a moment later: the message that lets the peer install its half is
 * just leaving, and what overtakes it there is lost. True: some will go. */
bool waiting_release(struct waiting *w, uint32_t reqid, msec now);
/* Sends those whose moment has come. True: the moment of others comes later. */
bool waiting_let_go(struct waiting *w, msec now);
void waiting_forget(struct waiting *w, uint32_t policy_id); /* the policy goes */
/* Drops what waited too long. True: some still wait. */
bool waiting_tick(struct waiting *w, msec now);

/* traps.h - event values to notifications, by mask and at a bounded rate */
#pragma once

#include "core/base/timers.h"
#include "core/model/event.h"
#include "snmp/column.h"

enum { TRAP_SLOTS = 512 };

/* A bucket of permits that fills again with time. */
struct bucket {
	uint32_t peer;
	uint8_t trap; /* 0: free */
	uint8_t left;
	msec at;
};

struct traps {
	struct trap_tally tally;
	struct bucket all;
	struct bucket slots[TRAP_SLOTS];
};

void traps_init(struct traps *t, uint32_t mask);
/* Whether this notification of it is sent now; counts it either way. */
bool traps_may(struct traps *t, const struct event *e, uint8_t trap, msec now);
/* Sends the notification of an event, if it has one and may. */
void traps_tell(struct traps *t, const struct event *e, msec now);

/* operations.h - tickets: what a write that lasts longer than its caller waits becomes
 *
 *	Prefer: wait=10			answer within 10 s, with what became of the negotiations
 *	Prefer: respond-async		answer at once
 *
 * (RFC 7240). What is not done by then is answered 202 with the Location of an operation, and the
 * answer is kept there. All on the loop thread, but operations_prefer.
 */
#pragma once

#include "api/doors.h"

/* A Prefer header into the call; what cannot be read is no preference. Any thread. */
void operations_prefer(struct call *c, const char *header);
/* How long the caller of a parked request waits, ms. */
msec operations_wait(const struct call *c);
/* True: this answer is not for now. It is the late one of a ticket, or negotiations it started are
 * still under way and the caller said that it waits for them (then c->held). */
bool operations_take(struct call *c, int status, struct slice text);
/* The wait is over: 202 with a ticket. False: no ticket is to be had for this. */
bool operations_ticket(struct call *c);
/* Somebody else answers a held call. */
void operations_release(struct call *c);

/* resend.h - retransmission, duplicate answers, giving up
 *
 * Who asked sends again, with back-off; who answered sends again only when the request comes
 * again. A message seen before is answered from memory, octet by octet, and touches nothing
 * else: no IV chain, no state.
 */
#pragma once

#include "core/base/bytes.h"
#include "core/base/timers.h"
#include "core/ike/ports.h"

struct exchange;

struct resend {
	struct bytes *sent; /* the datagram as it went out */
	struct packet where; /* its addresses; octets are those of `sent` */
	bool ours_to_repeat; /* we wait for an answer */
	unsigned tries;
	struct timer timer;
	uint64_t last_seen; /* keyed hash of the message accepted last, 0 none */
	bool is_answer; /* `sent` answers it */
	unsigned sends, sends_before; /* all; and when the event being followed came */
	msec answered_at; /* repeats are answered at most ten times a second */
};

void resend_init(struct exchange *x);
void resend_done(struct exchange *x);
/* Send a datagram on the SA's path and remember it. wait: repeat it until resend_stop. */
enum reason resend_send(struct exchange *x, struct slice datagram, bool wait, struct fault *f);
void resend_stop(struct exchange *x); /* answered: nothing is repeated any more */
/* Remember the message that was accepted: what was sent while it was followed answers it, else what
 * is sent next. */
void resend_answering(struct exchange *x, struct slice datagram);
/* The peer shows that our answer, or what it made of it, was lost: as if it had asked again. */
void resend_nudge(struct exchange *x);
void resend_forget(struct exchange *x); /* the message accepted last counts for nothing */
/* Is this the message we answered last? Then it is answered again (counted) and true. */
bool resend_seen(struct exchange *x, struct slice datagram);

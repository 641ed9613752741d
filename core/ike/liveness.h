/* liveness.h - is the peer still there: keepalives, the TIMEOUT tag, DPD
 *
 * Both watch one IKE SA. Keepalives are the manual's: one way, unasked, at fixed times. DPD (RFC 3706)
 * asks, and only when there is a reason. New values in the configuration count at once.
 */
#pragma once

#include "core/base/timers.h"

struct engine;
struct ike_sa;
struct peer;

struct liveness {
	/* keepalives */
	struct timer beat; /* we send the next */
	struct timer silence; /* none came */
	unsigned interval_s, timeout_s; /* what the timers were armed with; 0 off */
	uint32_t beats_out, beats_in; /* numbers of the newest */
	/* DPD */
	struct timer watch; /* the next look, or an answer is due */
	bool watched;
	bool able; /* the peer said that it answers */
	unsigned hellos; /* without an answer so far; 0: nothing was asked */
	uint32_t number, first; /* of the newest hello, of the first without an answer */
	msec asked_at; /* the first of them */
	msec heard_at; /* signs of life but IPsec packets: it came up, it answered */
	uint32_t theirs; /* number of the peer's newest hello */
	bool theirs_known;
};

/* The SA is up, was replaced, or the configuration is another: timers as they must be now. */
void liveness_arm(struct ike_sa *sa);
void liveness_arm_all(struct engine *e);
void liveness_stop(struct ike_sa *sa);

/* A proven keepalive. False: its number is not new. */
bool liveness_beat(struct ike_sa *sa, uint32_t number);
/* The peer asks whether we are there. False: its number was used before. */
bool liveness_asked(struct ike_sa *sa, uint32_t number);
/* The peer answers. False: nothing with that number is open. */
bool liveness_answered(struct ike_sa *sa, uint32_t number);

/* The manual's timers for this peer: its own, else those of the system view; 0 off. */
unsigned liveness_interval_s(const struct engine *e, const struct peer *p);
unsigned liveness_timeout_s(const struct engine *e, const struct peer *p);

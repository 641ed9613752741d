/* liveness.h - is the peer still there: keepalives, the TIMEOUT tag, DPD
 *
 * Both watch one IKE SA. Keepalives are the manual's: one way, unasked, at fixed times. DPD (RFC 3706)
 * asks, and only when there is a reason. New values in the configuration count at once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/timers.h"

struct engine;
struct ike_sa;
struct peer;

/* The SA is up, was replaced, or the configuration is another: timers as they must be now. */
void liveness_arm(struct ike_sa *sa);
void liveness_arm_all(struct engine *e);
void liveness_stop(struct ike_sa *sa);

/* Ask now, whether it is due or not. False: the peer does not answer such questions. */
bool liveness_ask(struct ike_sa *sa);

/* A proven keepalive. False: its number is not new. */
bool liveness_beat(struct ike_sa *sa, uint32_t number);
/* The peer asks whether we are there. False: its number was used before. */
bool liveness_asked(struct ike_sa *sa, uint32_t number);
/* The peer answers. False: nothing with that number is open. */
bool liveness_answered(struct ike_sa *sa, uint32_t number);

/* What is next, by the engine's clock; 0: that does not run. */
struct liveness_next {
	msec dpd_at; /* DPD asks if nothing is heard until then, or an answer is due */
	msec dpd_end_at; /* the SA ends if no answer comes */
	unsigned unanswered;
	msec beat_at; /* our next keepalive */
	msec silence_at; /* the TIMEOUT tag, or the end of an SA that has it */
};
void liveness_next(const struct ike_sa *sa, struct liveness_next *ret);

/* The manual's timers for this peer: its own, else those of the system view; 0 off. */
unsigned liveness_interval_s(const struct engine *e, const struct peer *p);
unsigned liveness_timeout_s(const struct engine *e, const struct peer *p);

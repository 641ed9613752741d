/* liveness.h - is the peer still there: keepalives, the TIMEOUT tag, DPD
 *
 * Both watch one IKE SA. Keepalives are the manual's: one way, unasked, at fixed times. DPD (RFC 3706)
 * asks, and only when there is a reason. New values in the configuration count at once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

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

/* The manual's timers for this peer: its own, else those of the system view; 0 off. */
unsigned liveness_interval_s(const struct engine *e, const struct peer *p);
unsigned liveness_timeout_s(const struct engine *e, const struct peer *p);

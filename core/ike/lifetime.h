/* lifetime.h - soft and hard ends, jitter, renegotiation
 *
 * The soft end is a random 85 to 92 % of the lifetime for who initiated, who then renegotiates, make
 * before break; the other end steps in at 97 % when nothing happened. At the hard end an IKE SA
 * goes without its children, a child with a notice.
 */
#pragma once

#include <stdint.h>

#include "core/base/timers.h"

struct child;
struct engine;
struct ike_sa;

void lifetime_ike_up(struct ike_sa *sa);
void lifetime_ike_soft(struct ike_sa *sa); /* it cannot carry much more: a successor is due now */
void lifetime_child_up(struct child *c);
void lifetime_child_soft(struct child *c); /* volume reached its soft limit */
void lifetime_child_replaced(struct child *c); /* ends a little later */
void lifetime_ike_replaced(struct ike_sa *sa);
/* Octets after which the plane shall speak up; 0 no limit. */
void lifetime_bytes(const struct child *c, uint64_t *ret_soft, uint64_t *ret_hard);

/* --- idle.c: IPsec SAs without traffic end (Comware's ipsec sa idle-time). Deleted with a notice; the
 * flow waits for traffic, whatever its start_action says. New values in the configuration count at
 * once, and a successor goes on counting where its predecessor was. */
void idle_arm(struct child *c); /* it is up, or the configuration is another */
void idle_arm_all(struct engine *e);
msec idle_since(
	struct child *c); /* the last packet of it or its predecessors, or when it came up */

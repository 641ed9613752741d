/* egress.h - from TUN to the wire
 *
 * Each instance belongs to one thread: its queue, its buffers, its shields in every lane.
 */
#pragma once

#include "core/base/own.h"
#include "core/ipsec/crossing.h"

struct egress;

/* fd -1: no queue, packets only come by egress_send (the loop's own instance). */
struct egress *egress_new(struct crossing *x, unsigned thread, int fd);
void egress_free(struct egress *e);
OWNABLE(egress)
/* Packets of the queue, up to a bound. True: there may be more. */
bool egress_turn(struct egress *e);
/* One packet that had to wait. Call egress_flush after the last. */
void egress_send(struct egress *e, struct slice packet);
void egress_flush(struct egress *e);

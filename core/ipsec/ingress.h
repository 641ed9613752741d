/* ingress.h - from the wire to TUN
 *
 * One instance, one thread: so replay windows need no lock.
 */
#pragma once

#include "core/base/own.h"
#include "core/ipsec/crossing.h"

struct ingress;

struct ingress *ingress_new(struct crossing *x, unsigned thread);
void ingress_free(struct ingress *g);
OWNABLE(ingress)
/* Datagrams of this socket, up to a bound. True: there may be more. */
bool ingress_turn(struct ingress *g, enum source s);

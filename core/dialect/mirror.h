/* mirror.h - the gateway at the other end, as records */
#pragma once

#include "core/dialect/sketch.h"

/* How a mirrored text says what this gateway does not know about itself. */
#define OUR_ADDRESS_HERE "put-our-address-here"

/* What the peer `name` of `from` would have to be configured with, were it one of ours: one peer,
 * which is us, its tunnels with their sides changed, and the proposals of both. `address` is
 * where it reaches us, NULL when that is not known beyond the records. Every lifetime is said.
 * False: there is no such peer. */
bool mirror_of(const struct sketch *from, const char *name, const char *address, struct sketch *ret,
	       struct sketch *notes);

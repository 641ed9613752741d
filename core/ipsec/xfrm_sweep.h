/* xfrm_sweep.h - does this kernel have ESP, and what an earlier life of ours left in it */
#pragma once

#include "core/ipsec/xfrm_build.h"

/* Adds a state and deletes it: only that tells. */
enum reason xfrm_sweep_probe(struct netlink *n, struct netlink_out *o, struct fault *f);
/* Removes states and policies that show both our signs. */
enum reason xfrm_sweep(struct netlink *n, struct netlink_out *o, struct fault *f);

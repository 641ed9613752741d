/* xfrm_sweep.h - does this kernel have ESP, and what of ours stands in it that should not */
#pragma once

#include "core/ipsec/xfrm_build.h"

/* Adds a state and deletes it: only that tells. */
enum reason xfrm_sweep_probe(struct netlink *n, struct netlink_out *o, struct fault *f);
/* Removes states and policies that show both our signs. */
enum reason xfrm_sweep(struct netlink *n, struct netlink_out *o, struct fault *f);
/* Is this state, shown with both our signs, one we know? `worn`: its soft limit is behind it. */
typedef bool xfrm_sweep_known(void *arg, const struct xfrm_name *state, bool worn);
/* All states of ours are shown to `known`, and those it does not know are removed. */
enum reason xfrm_sweep_states(struct netlink *n, struct netlink_out *o, xfrm_sweep_known *known,
			      void *arg, struct fault *f);

/* xfrm_count.h - the kernel's counters */
#pragma once

#include "core/ipsec/xfrm_build.h"

/* What has gone through a state; false: it is not there (any more). */
bool xfrm_count_sa(struct netlink *n, struct netlink_out *o, const struct xfrm_name *name,
		   struct plane_count *ret);
/* What the kernel dropped, of everything in this namespace, out of /proc/net/xfrm_stat; only
 * no_sa, no_policy and errors are filled. Zero when the kernel does not count. */
struct plane_totals xfrm_count_drops(int fd);

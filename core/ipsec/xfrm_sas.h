/* xfrm_sas.h - what we know of the states of ours in the kernel */
#pragma once

#include "core/base/hash.h"
#include "core/base/timers.h"
#include "core/ipsec/xfrm_build.h"

/* What we know of a state of ours; keyed by its name in the kernel. */
struct kernel_sa {
	struct xfrm_name name;
	uint32_t reqid; /* the caller's */
	bool inbound;
	struct plane_count count; /* as last seen */
	struct addr told; /* where a mapping was last told from, and when */
	msec told_at;
	bool shown, worn; /* when all were looked at: by the kernel; its soft limit is behind it */
};

/* The table is a hash of kernel_sa by name; what is in it is its own. */
struct kernel_sa *xfrm_sas_find(const struct hash *sas, const struct xfrm_name *n);
/* A copy of `sa` goes in; NULL: R_NO_MEMORY. */
struct kernel_sa *xfrm_sas_note(struct hash *sas, const struct kernel_sa *sa, struct fault *f);
void xfrm_sas_forget(struct hash *sas, struct kernel_sa *e);
/* News were lost: look at all states instead. What is gone is told as a hard limit, what is worn as a
 * soft one, and a state of ours that is not in the table is removed. */
void xfrm_sas_look(struct hash *sas, struct netlink *n, struct netlink_out *o,
		   const struct plane_news *news);

/* xfrm_spd.h - our policies in the kernel: which of them stands where several claim a place */
#pragma once

#include "core/ipsec/xfrm_build.h"

struct xfrm_spd;

struct xfrm_spd *xfrm_spd_new(struct netlink *n); /* NULL: no memory; borrows n */
void xfrm_spd_free(struct xfrm_spd *d); /* takes ours out of the kernel */
OWNABLE(xfrm_spd)
enum reason xfrm_spd_add(struct xfrm_spd *d, const struct plane_policy *p, struct fault *f);
void xfrm_spd_del(struct xfrm_spd *d, uint32_t id);
/* The policy that stands where this outgoing pair is claimed; NULL: none of ours. */
const struct plane_policy *xfrm_spd_find(const struct xfrm_spd *d, const struct xfrm_pair *pair);
/* The peer of this reqid is somewhere else now. */
enum reason xfrm_spd_move(struct xfrm_spd *d, uint32_t reqid, const struct addr *local,
			  const struct addr *remote, struct fault *f);

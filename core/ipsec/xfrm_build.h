/* xfrm_build.h - requests to the kernel's IPsec: pure functions from our values to octets
 *
 * And what makes a state or a policy ours: see the head of xfrm_build.c.
 */
#pragma once

#include "core/ipsec/plane.h"
#include "core/net/netlink.h"

enum xfrm_way { XFRM_WAY_OUT, XFRM_WAY_IN, XFRM_WAY_FWD };

/* What names a state in the kernel: where it ends, and its SPI. */
struct xfrm_name {
	struct addr to;
	uint32_t spi;
};

/* One traffic selector pair the kernel can hold: prefixes, not ranges. */
struct xfrm_pair {
	struct prefix local, remote;
	uint8_t protocol;
	uint16_t local_port, remote_port;
};

/* The state's own number for a child or policy: our range, so that it can be told apart. */
uint32_t xfrm_build_reqid(uint32_t reqid);

void xfrm_build_spi(struct netlink_out *o, const struct addr *local, const struct addr *remote);
/* `reserved`: an SPI of xfrm_build_spi becomes a state; otherwise a new state is made. */
void xfrm_build_sa(struct netlink_out *o, const struct plane_sa *sa, bool reserved);
void xfrm_build_get(struct netlink_out *o, const struct xfrm_name *n);
void xfrm_build_del(struct netlink_out *o, const struct xfrm_name *n);
/* Delete the state `body` describes (an answer to get, with its keys) and make it again between
 * the new addresses; counters and replay window stay. False: the answer makes no sense. */
bool xfrm_build_move(struct netlink_out *o, struct slice body, const struct plane_move *m);
/* `n` makes the policy's index ours; `over`: in the place of the one that is there. */
void xfrm_build_policy(struct netlink_out *o, const struct plane_policy *p,
		       const struct xfrm_pair *pair, enum xfrm_way way, uint32_t n, bool over);
void xfrm_build_policy_del(struct netlink_out *o, const struct xfrm_pair *pair, enum xfrm_way way);
void xfrm_build_dump(struct netlink_out *o, bool policies);

struct addr xfrm_build_addr(const void *kernel, uint16_t family); /* without port */
/* The pair of an outgoing policy's selector; the kernel's struct. */
struct xfrm_pair xfrm_build_pair(const void *selector);
/* Is this answer of a dump a state, a policy of ours? Then ret is what deletes it. */
bool xfrm_build_is_our_sa(struct slice body, struct xfrm_name *ret);
bool xfrm_build_is_our_policy(struct slice body);
void xfrm_build_policy_del_as(struct netlink_out *o, struct slice body);

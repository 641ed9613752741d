/* lanes.h - the SAs and policies of the userspace plane, as its threads see them
 *
 * A lane is one SA in one direction. An outlet is where traffic of one reqid leaves: the lane
 * in use, if any. A guard is a policy. The loop changes them; packet threads read without a
 * lock, between grace_enter and grace_leave.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/base/addr.h"
#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/base/hash.h"
#include "core/crypto/shield.h"
#include "core/ipsec/esp.h"
#include "core/ipsec/grace.h"
#include "core/ipsec/inner.h"
#include "core/ipsec/plane.h"

enum { LANES_BUCKETS = 65536, LANES_THREADS = 6 }; /* packet threads and the loop */

/* The outer path; replaced as a whole when it moves. */
struct way {
	struct addr local, remote;
	bool udp_encap;
	_Atomic bool no_gso; /* the path refused UDP segmentation once */
	struct sockaddr_storage to;
	socklen_t to_n;
};

struct lane_count {
	_Atomic uint64_t packets, bytes, last_ms, replayed, bad_icv, other;
};

struct lane {
	_Atomic(struct lane *) next; /* inbound: in its bucket */
	struct lane *next_same; /* outbound: others with this SPI; loop only */
	_Atomic(struct way *) way;
	struct plane_sa sa; /* keymat points to the copy */
	struct bytes *keymat;
	/* Outbound: one for each thread that ever sent, made when first needed. Inbound: [0]. */
	struct shield *shields[LANES_THREADS];
	_Atomic uint64_t seq; /* outbound: last number given away */
	_Atomic unsigned told; /* bits of enum lane_told */
	struct lane_count count;
	struct esp_replay replay; /* inbound: the one thread that hears */
	struct addr seen; /* inbound: whence the newest packet came, once that changed */
};

enum lane_told { LANE_TOLD_SOFT = 1, LANE_TOLD_HARD = 2 };

struct outlet {
	uint32_t reqid;
	unsigned users; /* guards, and the lane in use; loop only, as is the next */
	unsigned uses; /* how often a lane came into use */
	_Atomic(struct lane *) lane;
	_Atomic uint64_t epoch; /* another one ends its IPsec sessions */
};

/* Packets waiting for an SA are with the loop; threads only count them. */
struct guard {
	struct plane_policy p;
	struct outlet *outlet;
	_Atomic unsigned held;
	int64_t asked; /* loop only: when an SA was asked for, 0 never ... */
	unsigned asked_uses; /* ... and how many uses the outlet had seen then */
};

/* All policies, best first; never changed once published. */
struct guards {
	uint64_t edition;
	size_t n;
	struct guard *at[];
};

struct lanes {
	struct grace grace;
	_Atomic(struct lane *) *buckets; /* inbound, by SPI */
	_Atomic(struct guards *) guards;
	struct hash *out; /* SPI to lane; loop only, as all below */
	struct hash *outlets; /* reqid to outlet */
	struct hash *reserved; /* SPIs given away without an SA yet */
	uint64_t edition;
};

bool lanes_init(struct lanes *l);
void lanes_done(struct lanes *l); /* the threads have ended */

/* Packet threads. */
struct lane *lanes_inbound(struct lanes *l, uint32_t spi);
struct guard *lanes_guard(const struct guards *g, const struct inner *i); /* outgoing packet */
struct shield *lane_shield(struct lane *l, unsigned thread); /* outbound; NULL: no memory */

/* The loop. */
enum reason lanes_spi(struct lanes *l, uint32_t *ret, struct fault *f);
void lanes_spi_drop(struct lanes *l, uint32_t spi);
enum reason lanes_add(struct lanes *l, const struct plane_sa *sa, struct fault *f);
struct lane *lanes_find(struct lanes *l, uint32_t spi, bool inbound, const struct addr *remote);
void lanes_del(struct lanes *l, struct lane *lane);
struct plane_count lane_count(const struct lane *l);
/* lanes_look.c: all of them, and all policies, for who looks */
void lanes_states(struct lanes *l, plane_state_each *each, void *arg);
void lanes_rules(struct lanes *l, plane_rule_each *each, void *arg);
/* The outbound lane of this reqid is in use from now on; NULL if there is none. */
struct lane *lanes_use(struct lanes *l, uint32_t reqid, uint32_t spi);
enum reason lanes_move(struct lanes *l, struct lane *lane, const struct plane_move *m,
		       struct fault *f);
void lanes_end_sessions(struct lanes *l, uint32_t reqid); /* 0: of every tunnel */
enum reason lanes_guard_add(struct lanes *l, const struct plane_policy *p, struct fault *f);
struct guard *lanes_guard_find(struct lanes *l, uint32_t policy_id);
void lanes_guard_del(struct lanes *l, struct guard *g);
struct guards *lanes_guards(struct lanes *l);

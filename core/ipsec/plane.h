/* plane.h - what a data plane must do, and how one is chosen
 *
 * Three planes stand behind it: the kernel's (xfrm), our own (userspace: ESP over TUN), and
 * one that only writes down what it was told (recording, for tests and for machines without
 * means). Called on the loop thread only; news comes back by the callbacks of plane_news,
 * on the loop thread as well.
 *
 * The engine includes this header and nothing else of the room.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"
#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/base/own.h"
#include "core/base/timers.h"
#include "core/model/alg.h"
#include "core/model/selector.h"

/* One IPsec SA, one direction. */
struct plane_sa {
	uint32_t spi; /* host order */
	uint32_t reqid; /* ties SAs to policies: the child's id */
	bool inbound;
	bool transport;
	bool udp_encap;
	bool zeros; /* with udp_encap: behind eight octets of zero, on the IKE port (struct plane) */
	struct addr local, remote; /* outer addresses; ports count with udp_encap */
	/* Inbound, transport and udp_encap: the addresses the peer makes its checksums for, before a NAT
	 * changes them (RFC 3948 section 3.1.2); family 0: not known. */
	struct addr original_local, original_remote;
	struct esp_suite suite;
	struct slice keymat; /* esp_suite_key_octets of it; borrowed */
	uint32_t replay_window; /* packets, 0: no check */
	struct selector local_ts, remote_ts; /* what may come out of, or go into it */
	bool any_inner; /* what comes out need not fit them; the kernel asks for it always */
	uint64_t soft_bytes, hard_bytes; /* 0: no limit */
};

/* Traffic that a tunnel protects: without an SA it asks for one (acquire) or is dropped. */
struct plane_policy {
	uint32_t id; /* the caller's number of this policy, told back by acquire */
	uint32_t reqid;
	uint32_t priority; /* smaller first */
	bool transport;
	bool trap; /* ask for an SA when traffic comes; otherwise drop */
	struct addr local, remote; /* outer */
	struct selector local_ts, remote_ts;
};

struct plane_count {
	uint64_t packets, bytes;
	uint64_t last_ms; /* clock_now of the last packet, 0 never */
	uint64_t replayed, bad_icv, other_errors;
};

struct plane_totals {
	uint64_t packets_in, packets_out, bytes_in, bytes_out;
	uint64_t no_sa, replayed, bad_icv, no_policy, errors;
};

/* An SA whose outer addresses change while keys and counters stay (NAT rebinding). */
struct plane_move {
	uint32_t spi;
	bool inbound;
	bool udp_encap; /* from now on */
	struct addr local, remote; /* as they are */
	struct addr new_local, new_remote;
};

/* An IPsec session: outgoing packets of one five-tuple that one tunnel took, with no longer pause than
 * the idle time. It ends with its tunnel, and when policies come or go. */
struct plane_session {
	uint64_t id; /* from 1; the newer the greater */
	uint32_t reqid; /* of its tunnel */
	uint8_t protocol;
	struct addr src, dst; /* with ports, 0 where the protocol has none */
	msec began, last; /* its first packet and the newest */
	uint64_t matched; /* packets */
};

struct plane_session_ask {
	msec now;
	uint32_t reqid; /* 0: of every tunnel */
	uint64_t before; /* only ids below, 0: from the newest */
	size_t most;
};

/* News for the engine side; any may be NULL. */
struct plane_news {
	void *arg;
	void (*acquire)(void *arg, uint32_t policy_id);
	void (*bytes_limit)(void *arg, uint32_t spi, bool hard); /* an inbound or outbound limit */
	/* Authenticated ESP came from another address or port than the SA says (NAT rebinding). */
	void (*moved)(void *arg, uint32_t spi, const struct addr *from);
	void (*unknown_spi)(void *arg, uint32_t spi, const struct addr *from);
};

/* One SA as the plane holds it, for who looks: no keys. */
struct plane_state {
	bool ours; /* it bears our marks */
	bool inbound, way_known; /* of ours that we know; else way_known is false */
	uint8_t protocol; /* of IP: 50 ESP, 51 AH */
	bool transport, udp_encap;
	struct addr from, to;
	uint32_t spi, reqid; /* reqid: the caller's, where it is ours */
	uint32_t replay_window;
	char suite[80]; /* its algorithms, in words */
	struct plane_count count;
};

enum plane_way { PLANE_OUT, PLANE_IN, PLANE_FORWARD };

/* One policy, likewise. */
struct plane_rule {
	bool ours;
	enum plane_way way;
	uint32_t number; /* the plane's own, unique in its direction */
	uint32_t id; /* the caller's; 0: it is not ours, or nobody gave it */
	uint32_t reqid, priority;
	bool blocks, protects; /* neither: what it is for passes in the clear */
	bool transport, trap;
	struct selector from_ts, to_ts;
	struct addr from, to; /* outer; family 0 any */
};

/* As the plane was told them; the recording one and our own keep them so. */
struct plane_state plane_state_of(const struct plane_sa *sa, const struct plane_count *count);
struct plane_rule plane_rule_of(const struct plane_policy *p);

typedef void plane_state_each(void *arg, const struct plane_state *s);
typedef void plane_rule_each(void *arg, const struct plane_rule *r);

struct plane {
	const char *name; /* "xfrm", "userspace", "recording" */
	char reason[160]; /* why this one, for people */
	void *ctx;
	bool always_encap; /* prefers UDP even without a NAT */
	/* Carries ESP on the IKE port behind eight octets of zero, where a message of IKE has its first
	 * cookie (draft-ietf-ipsec-udp-encaps-00 and -01): what drafts 00 and 01 of NAT-T need. */
	bool zeros;
	/* An SPI no other SA uses, 256 and above, reserved until spi_drop or sa_del. */
	enum reason (*spi_new)(void *ctx, const struct addr *local, const struct addr *remote,
			       uint32_t *ret, struct fault *f);
	void (*spi_drop)(void *ctx, uint32_t spi, const struct addr *local,
			 const struct addr *remote);
	enum reason (*sa_add)(void *ctx, const struct plane_sa *sa, struct fault *f);
	void (*sa_del)(void *ctx, uint32_t spi, bool inbound, const struct addr *local,
		       const struct addr *remote);
	/* Outgoing traffic of this reqid uses this outbound SA from now on. */
	void (*sa_use)(void *ctx, uint32_t reqid, uint32_t spi);
	/* May be NULL, and may refuse: then a new pair of SAs must do. */
	enum reason (*sa_move)(void *ctx, const struct plane_move *m, struct fault *f);
	enum reason (*policy_add)(void *ctx, const struct plane_policy *p, struct fault *f);
	void (*policy_del)(void *ctx, uint32_t policy_id);
	bool (*sa_count)(void *ctx, uint32_t spi, bool inbound, const struct addr *local,
			 const struct addr *remote, struct plane_count *ret);
	struct plane_totals (*totals)(void *ctx);
	/* IPsec sessions, newest first; returns how many. All three are NULL where there are none: the
	 * kernel keeps no such cache. */
	size_t (*sessions)(void *ctx, const struct plane_session_ask *ask,
			   struct plane_session *ret);
	void (*sessions_end)(void *ctx, uint32_t reqid); /* 0: all */
	void (*sessions_idle)(void *ctx, uint32_t seconds); /* the idle time from now on */
	/* All SAs and all policies that are there now, in any order; nothing may be changed meanwhile. */
	enum reason (*states)(void *ctx, plane_state_each *each, void *arg, struct fault *f);
	enum reason (*rules)(void *ctx, plane_rule_each *each, void *arg, struct fault *f);
	void (*listen)(void *ctx, const struct plane_news *news);
	void (*close)(void *ctx); /* removes what is ours and frees ctx */
};

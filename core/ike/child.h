/* child.h - the pair of IPsec SAs: install, rekey, remove
 *
 * A child belongs to a flow (one pair of traffic selectors of a tunnel) and was negotiated over
 * an IKE SA, which it may outlive. Installing is all or nothing.
 */
#pragma once

#include "core/base/list.h"
#include "core/base/timers.h"
#include "core/ipsec/plane.h"
#include "core/model/alg.h"
#include "core/model/selector.h"
#include "core/model/view.h"

struct engine;
struct flow; /* book.h */
struct ike_sa; /* sa.h */
struct ipsec_proposal; /* core/model/proposal.h */
struct peer; /* core/model/peer.h */
struct secret; /* core/model/settings.h */
struct tunnel; /* core/model/tunnel.h */

struct child {
	struct engine *e;
	struct link link; /* e->children, by id */
	struct link sa_link; /* sa->children */
	struct link flow_link; /* flow->children */
	uint32_t id;
	struct ike_sa *sa; /* NULL once it outlived it */
	struct flow *flow; /* NULL once its tunnel is not configured any more */
	enum child_state state;
	enum sa_role role;
	bool replaced; /* a newer pair carries the traffic; ends soon */
	bool ours_to_end; /* replaced by one we initiated: we say so to the peer */
	bool in_installed, out_installed;
	uint32_t replaces; /* id of the child it is to replace, 0 none */

	/* built from */
	const struct peer *peer;
	const struct tunnel *tunnel;
	const struct ipsec_proposal *proposal; /* NULL until chosen */
	const struct secret *keys[2]; /* out, in: of manual keying */
	uint64_t revision;

	struct esp_suite suite;
	enum group pfs;
	bool transport, encap, zeros; /* as in struct plane_sa */
	uint32_t replay_window; /* packets; 0 no check */
	uint32_t spi_in, spi_out; /* host order; 0 not yet */
	struct addr local, remote; /* outer */
	struct addr original_local, original_remote; /* as in struct plane_sa */
	struct selector local_ts, remote_ts;
	uint32_t reqid; /* ties its SAs to a policy: its flow's, or one of its own when narrower */
	bool narrow; /* its selectors are a part of the flow's: it has a policy of its own */
	bool policy_there; /* narrow: it holds that policy */
	uint32_t lifetime_s, lifetime_kb;

	msec born, up_at;
	uint64_t born_order, up_order; /* among all births and comings-up of this engine */
	int64_t up_s;
	struct timer life; /* soft end, hard end, end of a replaced one */
	msec soft_at, hard_at;
	struct timer idle; /* idle.c */
	msec idle_from; /* came up, or the last use of what it replaced */
	struct plane_count seen_in, seen_out; /* as last read, already in the flow's sums */
	uint64_t minute_bytes, minute_mark; /* for bytes_last_minute */
	msec minute_at, counted_at;
	bool stale_told;
	uint64_t mark; /* of the reset that collected it */
	uint64_t negotiation;
	char who[WHO_SIZE];
};

/* On the SA, its flow and the engine's list, in CS_NEGOTIATING. NULL: no memory. */
struct child *child_new(struct ike_sa *sa, struct flow *flow, enum sa_role role, struct fault *f);
/* One that nobody negotiates: without an IKE SA and without addresses yet (manual_keys.c). */
struct child *child_by_hand(const struct peer *peer, struct flow *flow, struct fault *f);
struct child *child_of_id(struct engine *e, uint32_t id);
struct child *child_of_spi_in(struct engine *e, uint32_t spi);
/* Of this SA's peer, by the SPI the peer receives with: what its Delete names. */
struct child *child_of_spi_out(struct ike_sa *sa, uint32_t spi);
enum reason child_spi(struct child *c, struct fault *f); /* reserve spi_in */
/* Keys in the order of RFC 2409 section 5.5. Outer addresses and encap are taken from the SA. */
enum reason child_install_in(struct child *c, struct slice keymat, struct fault *f);
enum reason child_install_out(struct child *c, struct slice keymat, struct fault *f);
/* Both are installed: traffic moves here, tells, arms lifetimes; the pair it replaces ends soon,
 * with a notice when we were the initiator. */
void child_up(struct child *c);
/* The end; `notify` tells the peer over c->sa when that still is. Removed from the plane, counted,
 * told, freed. Its flow may start again by itself (start_action) depending on the reason. */
void child_end(struct child *c, enum reason why, bool notify, unsigned *ret_notices);
/* A Delete for our half, over its IKE SA when that is there. */
bool child_tell_gone(struct child *c);
/* It never came up: the flow hears why (book_child_failed), then it is gone. */
void child_fail(struct child *c, const struct fault *f);
/* Nothing is known of the third message, but authenticated ESP came: good enough. */
bool child_has_received(struct child *c);
bool child_same_traffic(const struct child *a, const struct child *b);
void child_carry(struct child *c, struct ike_sa *by); /* over this IKE SA from now on, NULL none */
/* Another outer address of the peer; false: the plane cannot, a new pair must do. */
bool child_move(struct child *c, const struct addr *local, const struct addr *remote);
/* The IKE SA's path changed (NAT rebinding): its encapsulated children move along. */
void child_follow(struct ike_sa *sa);
uint32_t child_flags(const struct child *c); /* SAF_: as sa_flags, of a pair */
void child_count(struct child *c); /* read the plane's counters into the flow's sums */

/* --- taken.c: callers who ask for the same traffic (RFC 3948 section 5) */
/* R_TRAFFIC_TAKEN: another one behind the same NAT has it. For responders, once the mode is chosen. */
enum reason child_taken(const struct child *c, struct fault *f);
void child_takes_over(const struct child *c,
		      const struct child *before); /* tells, if it was another's */

/* --- rival.c: as for IKE SAs, sa.h */
bool rival_child_yields(const struct child *c, const struct child *before);
void rival_child_up(const struct child *c);
void rival_child_overtaken(const struct child *c, struct fault *f);

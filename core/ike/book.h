/* book.h - the runtime twins of configured peers and tunnels, and what they are up to
 *
 * For every peer a peer_run, for every tunnel a tunnel_run with one flow per pair of traffic
 * selectors. They carry sums that survive rekeys, states, last failures, the policies in the data
 * plane, and the wish to be up: starting, backing off, starting again. Look-ups are hashed.
 *
 * book.c: taking up a configuration, look-ups. book_start.c: the wish to be up. book_state.c: states
 * and sums. book_policy.c: the data plane's policies.
 *
 * Thread: loop. Owns: runs and flows; SAs and children point to them.
 */
#pragma once

#include "core/base/list.h"
#include "core/base/timers.h"
#include "core/ipsec/plane.h"
#include "core/model/selector.h"
#include "core/model/view.h"

struct header; /* core/wire/header.h */
struct packet; /* core/ike/ports.h */
struct child; /* child.h */
struct config; /* core/model/config.h */
struct engine;
struct ike_sa; /* sa.h */
struct peer; /* core/model/peer.h */
struct place; /* registry.c */
struct tunnel; /* core/model/tunnel.h */
struct plate; /* callers.c */

struct peer_run {
	struct engine *e;
	struct link sas; /* struct ike_sa by run_link */
	struct link tunnels; /* struct tunnel_run by peer_link, by sequence */
	struct link waiting; /* struct flow by waiting_link: for an IKE SA */
	struct link at_link; /* registry: others with the same address, or without one */
	struct place *place; /* registry: its address; NULL: it may call from several */
	struct link name_link; /* callers: others with the same identity */
	struct plate *plate; /* callers: the identity it must show; NULL: none of its own */
	struct range callers; /* registry: read from the record; family 0: from anywhere */
	struct addr ours; /* the address callers must come to; family 0: any */
	struct addr resolved; /* names: of its host name; family 0: not known yet */
	struct timer ask_again; /* names */
	const struct peer *peer;
	enum peer_state state;
	int64_t state_since_s;
	unsigned sas_n, connecting_n, sas_up;
	unsigned tunnels_n, tunnels_up; /* of those enabled */
	unsigned children_n, busy_n; /* all; being negotiated */
	bool is_up; /* as told by PEER_UP and PEER_DOWN */
	uint64_t bytes_in, bytes_out, packets_in, packets_out;
	uint64_t up_count, down_count;
	enum reason last_down;
	int64_t failed_at_s;
	struct fault failed; /* last failure */
	struct { /* heard.c: of its last call, NULL and false: none yet */
		struct bytes *ike, *esp; /* SA bodies */
		int mode; /* enum exchange_mode, with ike */
		bool flow;
		msec esp_asked,
			flow_asked; /* when it answered that to a question of ours; 0: it called */
		msec unspoken_until; /* not told again before: an IKE version we do not speak */
		uint8_t refused[8]; /* cookie of its last call that we refused: told already */
		msec asks_until; /* likewise: it asks what we would accept */
		struct selector local, remote; /* as this end sees them */
	} heard;
	struct { /* v1/psk1.c: a pre-shared key that is being rotated */
		char proven[18]; /* fingerprint of the one it proved last, "" none so far */
		bool answered, answered_previous; /* in aggressive mode, and no proof came yet */
		struct addr answered_to;
	} psk;
	uint64_t last_negotiation;
	unsigned failures; /* in a row: back-off */
	msec not_before; /* traffic does not start anything until then */
};

struct ts_pair {
	struct selector local, remote;
};

/* A policy in the data plane. Of aggregation there are several to one flow, with its id as reqid. */
struct flow_part {
	uint32_t id; /* of the policy; the first has the flow's */
	struct ts_pair ts;
	bool policy_there;
	struct plane_policy policy;
};

struct flow {
	struct engine *e;
	struct link link; /* run->flows */
	struct tunnel_run *run;
	struct link children; /* struct child by flow_link */
	struct link waiting_link;
	uint32_t id; /* reqid, and id of the first policy in the plane */
	struct selector local_ts, remote_ts; /* as they are negotiated */
	struct flow_part *parts;
	size_t parts_n;
	bool waiting; /* wants to be negotiated as soon as an IKE SA is up */
	struct timer again; /* next try */
	bool back; /* DPD lost it and starts it again, whatever its start_action */
	bool trap; /* DPD lost it and waits for traffic, whatever its start_action */
	uint64_t reset_mark; /* of the reset that wants it back */
	char who[WHO_SIZE];
};

struct tunnel_run {
	struct engine *e;
	struct link peer_link;
	struct peer_run *peer_run;
	const struct tunnel *tunnel;
	struct link flows; /* struct flow */
	size_t flows_n;
	enum tunnel_state state;
	int64_t state_since_s;
	unsigned children_n, up_n, busy_n, waiting_n;
	bool failing; /* the last attempt failed, nothing is up since */
	uint64_t bytes_in, bytes_out, packets_in, packets_out;
	uint64_t up_count, down_count, rekeys;
	enum reason last_down;
	int64_t failed_at_s;
	struct fault failed;
	uint64_t last_negotiation;
};

struct book *book_new(struct engine *e); /* of e->config; e->book must be set right after */
void book_free(struct engine *e, struct book *b);
/* Runs for what is new, gone or different in e->config (set already). SAs of what is gone point
 * nowhere then. Policies follow. Work is for what differs only. `before` NULL: all is new. */
void book_adopt(struct engine *e, const struct config *before);
struct peer_run *book_peer(struct engine *e, const char *name);
struct tunnel_run *book_tunnel(struct engine *e, const char *name);
struct flow *book_flow(struct engine *e, uint32_t id);
/* All of them by the index of their records; the array is the book's until the next adopt. */
struct peer_run *const *book_peers(struct engine *e, size_t *ret_n);
struct tunnel_run *const *book_tunnels(struct engine *e, size_t *ret_n);

/* The flow of this peer that a caller's selectors mean: equal, or narrower than configured (then the
 * child takes the caller's). Lowest sequence first. NULL with a sentence that shows both ends'
 * selectors. */
struct flow *book_match(struct peer_run *p, const struct selector *local,
			const struct selector *remote, struct fault *f);
/* Where this peer can be reached; false with a sentence when it can only call us. Family 0: it has a
 * host name that is to be asked for. */
bool book_remote(const struct peer_run *p, struct addr *ret, struct fault *f);
/* Of this SA's peer, wherever it is carried now. */
struct child *book_child_of_spi_out(struct ike_sa *sa, uint32_t spi);
/* Children without an IKE SA that the peer forgot when it started afresh end. */
void book_peer_lost_children(struct ike_sa *sa);

/* Bring a flow up: over a usable IKE SA of its peer, else over a new one. Doing nothing when it is
 * up or under way is success; the negotiation's id is told (0: up already). */
enum reason book_start(struct flow *fl, const char *who, uint64_t *ret_negotiation,
		       struct fault *f);
/* Phase 1 alone. */
enum reason book_call(struct peer_run *p, const char *who, uint64_t *ret_negotiation,
		      struct fault *f);
/* Successors of what is up; an attempt that is under way is left alone, and is the negotiation then.
 * Without an IKE SA one is called first: that is the negotiation then. R_WRONG_STATE: nothing of it
 * may begin. */
enum reason book_renew(struct child *c, uint64_t *ret_negotiation, struct fault *f);
struct child *book_successor(const struct child *c); /* of a flow; NULL: none was begun */
void book_renew_ike(struct ike_sa *sa);
/* Traffic asks for a flow. */
void book_acquire(struct flow *fl);
/* Its flows that want to be up by themselves and are not try again soon. */
void book_wake(struct peer_run *p);
/* It is about to be lost and shall come back: by itself, or with the next traffic. */
void book_want_back(struct flow *fl, bool by_itself);
void book_stop(struct flow *fl); /* no longer waiting, no next try */

/* An IKE SA began, is up, ended, or failed before: flows that wait go on, or hear it and back off. */
void book_sa_born(struct ike_sa *sa);
void book_sa_up(struct ike_sa *sa);
void book_sa_gone(struct ike_sa *sa);
void book_sa_failed(struct peer_run *p, const struct fault *f);
/* A child began, came up, failed before, or ended. Moves states, sums and events PEER_UP and
 * PEER_DOWN; a flow with start_action start tries again (2, 4, 8 .. 60 s after failures; at once
 * after a loss). */
void book_child_born(struct child *c);
void book_child_up(struct child *c, bool rekeyed);
void book_child_failed(struct child *c, const struct fault *f);
void book_child_down(struct child *c, enum reason why);
void book_failed(struct peer_run *p, struct tunnel_run *t, uint64_t negotiation,
		 const struct fault *f);
void book_traffic(const struct child *c, const struct plane_count *in,
		  const struct plane_count *out); /* what came since the last time */
/* States from counts; tells what changed. */
void book_look(struct tunnel_run *t);
void book_look_peer(struct peer_run *p);

/* Make the flow's policy in the plane fit: outer addresses of the child that is up, else those
 * configured. A narrow child has its own. */
void book_policy(struct flow *fl, struct child *c);
void book_policy_leave(struct flow *fl, struct child *c); /* it ends */
void book_policy_remove(struct flow *fl);

/* --- heard.c: what a peer asked for when it last called --- */

/* Memory that runs out keeps less; nothing fails. `body`: of the SA payload, as it parsed. */
void heard_ike(struct peer_run *p, int mode, struct slice body); /* enum exchange_mode */
void heard_esp(struct peer_run *p, struct slice body);
void heard_flow(struct peer_run *p, const struct selector *local, const struct selector *remote);
void heard_forget(struct peer_run *p);
/* It is one of us and asks what we would accept after we refused it: told at most once a minute. */
void heard_asks(struct engine *e, struct peer_run *p);
/* A first message in an IKE version that is not spoken here: a peer we know gets a story, at most
 * one in ten seconds; strangers none. */
void heard_unspoken(struct engine *e, const struct packet *p, const struct header *h);

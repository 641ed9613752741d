/* book.h - the runtime twins of configured peers and tunnels, and what they are up to
 *
 * For every peer a peer_run, for every tunnel a tunnel_run with one flow per pair of traffic
 * selectors. They carry sums that survive rekeys, states, last failures, the policies in the data
 * plane, and the wish to be up: starting, backing off, starting again. Look-ups are hashed.
 *
 * Thread: loop. Owns: runs and flows; SAs and children point to them.
 */
#pragma once

#include "core/base/list.h"
#include "core/ike/child.h"
#include "core/ike/engine.h"

struct peer_run {
	struct link sas; /* struct ike_sa by run_link */
	struct link tunnels; /* struct tunnel_run by peer_link */
	const struct peer *peer;
	enum peer_state state;
	int64_t state_since_s;
	uint64_t bytes_in, bytes_out, packets_in, packets_out;
	uint64_t up_count, down_count;
	int64_t failed_at_s;
	struct fault failed; /* last failure */
	uint64_t last_negotiation;
	unsigned failures; /* in a row: back-off */
};

struct flow {
	struct tunnel_run *run;
	struct link children; /* struct child by flow_link */
	uint32_t id; /* policy id in the plane and reqid */
	struct selector local_ts, remote_ts;
	bool policy_there;
	struct addr policy_local, policy_remote;
	bool waiting; /* wants to be negotiated as soon as an IKE SA is up */
	struct timer again; /* next try */
	char who[WHO_SIZE];
};

struct tunnel_run {
	struct link peer_link;
	struct peer_run *peer_run;
	const struct tunnel *tunnel;
	struct flow *flows;
	size_t flows_n;
	enum tunnel_state state;
	int64_t state_since_s;
	uint64_t bytes_in, bytes_out, packets_in, packets_out;
	uint64_t up_count, down_count, rekeys;
	enum reason last_down;
	int64_t failed_at_s;
	struct fault failed;
	uint64_t last_negotiation;
};

struct book *book_new(struct engine *e); /* of e->config */
void book_free(struct book *b);
/* Runs for what is new, gone or different in e->config (set already); SAs of what is gone or
 * disabled were ended by the caller. Policies follow. Work is for what differs only. */
void book_adopt(struct engine *e, const struct config *before);
struct peer_run *book_peer(struct engine *e, const char *name);
struct tunnel_run *book_tunnel(struct engine *e, const char *name);
struct flow *book_flow(struct engine *e, uint32_t id);
void book_each_peer(struct engine *e, void (*visit)(void *arg, struct peer_run *p), void *arg);
void book_each_tunnel(struct engine *e, void (*visit)(void *arg, struct tunnel_run *t), void *arg);

/* The flow of this peer that a caller's selectors mean: equal, or narrower than configured (then
 * *ret_local and *ret_remote are the caller's). Lowest sequence first. NULL with a sentence that
 * shows both ends' selectors. */
struct flow *book_match(struct peer_run *p, const struct selector *local,
			const struct selector *remote, struct fault *f);

/* Bring a flow up: over a usable IKE SA of its peer, else over a new one. Doing nothing when it is
 * up or under way is success; the negotiation's id is told (0: up already). */
enum reason book_start(struct flow *fl, const char *who, uint64_t *ret_negotiation,
		       struct fault *f);
/* Phase 1 is up, or failed: flows that wait go on, or hear it and back off. */
void book_sa_up(struct ike_sa *sa);
void book_sa_failed(struct peer_run *p, const struct fault *f);
/* A child came up, failed before, or ended. Moves states, sums and events PEER_UP and PEER_DOWN; a
 * flow with start_action start tries again (2, 4, 8 .. 60 s after failures; at once after a peer's
 * delete or a loss). */
void book_child_up(struct child *c);
void book_child_failed(struct child *c, const struct fault *f);
void book_child_down(struct child *c, enum reason why);
void book_failed(struct peer_run *p, struct tunnel_run *t, uint64_t negotiation,
		 const struct fault *f);
/* Make the flow's policy in the plane fit: outer addresses of the child that is up, else those
 * configured. */
void book_policy(struct flow *fl, const struct child *c);
/* Where this peer can be reached; false with a sentence when it can only call us. */
bool book_remote(const struct peer *p, struct addr *ret, struct fault *f);

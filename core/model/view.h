/* view.h - the published picture, and the board it hangs on
 *
 * One flat allocation without pointers: SAs, tunnels, peers and totals of one moment,
 * sorted by id. Made on the loop thread, posted on the board, looked at by anybody, never
 * changed. It can be copied into a sealed memory file for the snmp process as it is.
 *
 * Thread: any. The board's lock covers a pointer swap and a counter, never a row.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/addr.h"
#include "core/model/record.h"

struct config; /* config.h */

enum sa_state {
	SA_CONNECTING, /* phase 1 under way */
	SA_UP,
	SA_REKEYING,
	SA_DELETING,
};

enum peer_state {
	PS_DISABLED = 1,
	PS_WAITING,
	PS_CONNECTING,
	PS_UP,
	PS_PARTIAL,
	PS_TIMEOUT,
	PS_BACKOFF
};
enum tunnel_state { TS_DISABLED, TS_DOWN, TS_CONNECTING, TS_UP, TS_FAILED };
enum child_state { CS_NEGOTIATING, CS_UP, CS_REKEYING, CS_EXPIRED, CS_DELETING };
enum sa_role { ROLE_INITIATOR = 1, ROLE_RESPONDER = 2 };
/* the flags that Comware's display ike sa shows */
enum { SAF_RD = 1, SAF_ST = 2, SAF_RL = 4, SAF_FD = 8, SAF_TO = 16, SAF_RK = 32 };

enum { RISK_SIZE = 256 }; /* of a warning about a peer */
enum { INSTANCE_SIZE = NAME_SIZE + 56 }; /* a name, '@' and an address with its port */

/* Exchanges and payloads of one IKE SA since it was born; what is not proven is not counted. A
 * payload counts for the SA whose keys protect it. Phase 1 is one exchange each, so it has no row. */
struct ike_sa_tally {
	uint64_t quick_modes_in, quick_modes_in_refused; /* begun by the peer; refused here */
	uint64_t quick_modes_out, quick_modes_out_refused; /* begun here; refused by the peer */
	uint64_t ike_deletes_in, ike_deletes_out, child_deletes_in, child_deletes_out;
	uint64_t notifies_in, notifies_out; /* of informationals */
};

/* Which pre-shared key of its peer an IKE SA was proven with, as the configuration is now. */
enum psk_proven { PSK_NONE, PSK_CURRENT, PSK_PREVIOUS, PSK_GONE };

struct ike_sa_row {
	uint32_t id;
	uint32_t peer_index;
	char peer[NAME_SIZE];
	char instance[INSTANCE_SIZE]; /* of a peer that stands for several */
	int ike_version, exchange_mode, role, state;
	uint32_t flags; /* SAF_ */
	char flags_text[24]; /* "RD|ST" */
	char local_address[64], remote_address[64];
	uint32_t local_port, remote_port;
	int local_id_type, remote_id_type;
	char local_id[128], remote_id[128];
	bool nat_local, nat_remote;
	char initiator_spi[20], responder_spi[20]; /* 16 hex digits */
	char proposal[80]; /* ike_suite_text */
	char proposal_name[NAME_SIZE];
	int encryption_algorithm, integrity_algorithm, dh_group, authentication_method;
	uint32_t key_length;
	int psk; /* enum psk_proven */
	char psk_fingerprint[18]; /* of the pre-shared key that it was proven with */
	uint64_t created_at, established_at; /* seconds since 1970 */
	uint32_t age_seconds, lifetime_seconds, rekey_in_seconds, expires_in_seconds;
	uint64_t last_inbound_at;
	uint32_t dpd_interval_seconds, dpd_retry_seconds; /* 0: DPD does not ask */
	/* what is next, in seconds from the picture's moment; 0: that does not run */
	uint32_t dpd_due_in_seconds, dpd_unanswered, dpd_ends_in_seconds;
	uint32_t keepalive_due_in_seconds, keepalive_silence_in_seconds;
	uint32_t keepalive_timeout_seconds, nat_keepalive_due_in_seconds;
	bool timeout_tagged;
	uint32_t children;
	uint64_t packets_in, packets_out, bytes_in, bytes_out;
	uint32_t retransmits;
	struct ike_sa_tally tally;
	uint64_t config_generation;
	bool stale;
	char stale_reasons[160];
	uint64_t negotiation;
};

struct child_row {
	uint32_t id;
	uint32_t ike_sa, peer_index, tunnel_index;
	char peer[NAME_SIZE], tunnel[NAME_SIZE];
	int state, mode, keying, role;
	uint32_t flags; /* SAF_, never TO */
	char flags_text[24];
	char protocol[8];
	uint32_t spi_in, spi_out;
	bool encap; /* in UDP */
	char local_address[64], remote_address[64];
	uint32_t local_port, remote_port;
	char local_ts[96], remote_ts[96];
	char proposal[80];
	char proposal_name[NAME_SIZE];
	int encryption_algorithm, integrity_algorithm, dh_group;
	uint32_t key_length;
	uint64_t established_at;
	uint32_t age_seconds, lifetime_seconds, rekey_in_seconds, expires_in_seconds;
	uint32_t lifetime_kilobytes, remaining_kilobytes;
	uint64_t bytes_in, bytes_out, packets_in, packets_out;
	uint64_t last_in_at, last_out_at;
	uint64_t errors_replay, errors_integrity, errors_other;
	uint64_t bytes_last_minute;
	uint32_t replay_window;
	char data_plane[16];
	uint64_t config_generation;
	bool stale;
	char stale_reasons[160];
	uint64_t negotiation;
};

/* One row per configured tunnel, there even when it is down; sums live across rekeys. */
struct tunnel_row {
	uint32_t index; /* the record's */
	uint32_t peer_index;
	char name[NAME_SIZE], peer[NAME_SIZE];
	bool enabled;
	int state;
	uint64_t state_since;
	uint32_t children;
	uint64_t bytes_in, bytes_out, packets_in, packets_out; /* monotonic */
	uint64_t up_count, down_count, rekeys;
	char last_down_reason[40];
	uint64_t last_failure_at;
	char last_failure_reason[40];
	char last_failure[240];
	uint64_t last_negotiation;
	uint64_t config_generation;
	bool stale;
	char stale_reasons[160];
};

/* Which end may start, as we are; an initiator alone there is not, a peer that knows us may call. */
enum peer_role { PEER_ROLE_RESPONDER = 2, PEER_ROLE_BOTH = 3 };

struct peer_row {
	uint32_t index;
	char name[NAME_SIZE];
	bool enabled;
	int state, exchange_mode;
	uint64_t state_since;
	char remote_address[64];
	uint32_t remote_port;
	uint32_t ike_sas, children, tunnels;
	uint64_t bytes_in, bytes_out, packets_in, packets_out; /* monotonic */
	uint64_t up_count, down_count;
	uint64_t last_failure_at;
	char last_failure_reason[40];
	char last_failure[240];
	uint64_t last_negotiation;
	int ike_version, role; /* enum peer_version, peer_role */
	char remote_name[NAME_SIZE];
	char local_address[64];
	int nat_traversal; /* enum natt_mode */
	uint32_t dpd_interval_seconds; /* 0: DPD does not run; so the keepalives */
	uint32_t keepalive_interval_seconds, keepalive_timeout_seconds;
	bool stale;
	char warning
		[RISK_SIZE]; /* "" none: what is unsafe about the record, see rules_key_at_risk */
};

enum { FAILURES_KEPT = 64 };

/* One negotiation that failed, as its story ended. The last FAILURES_KEPT of this life of the daemon;
 * the store has more. */
struct failure_row {
	uint32_t index; /* the number of the negotiation; from 1 again after 2^31-1 */
	uint32_t peer_index;
	uint64_t negotiation;
	char peer[NAME_SIZE], tunnel[NAME_SIZE]; /* "" not known */
	uint32_t ike_sa, child_sa;
	int exchange, role, side; /* as in struct story */
	char local_address[64], remote_address[64];
	uint32_t local_port, remote_port;
	char local_id[160], remote_id[160]; /* as the ends named themselves */
	uint64_t started_at, ended_at;
	char reason[40]; /* slug */
	char field[64], text[240], hint[160];
	uint64_t revision;
};

/* What a test from outside needs to see inside: GET /counters. All monotonic but gauges. */
struct counter_row {
	uint64_t half_open; /* gauge */
	uint64_t ike_sas, child_sas; /* gauges */
	uint64_t datagrams_in, datagrams_out, octets_in, octets_out;
	uint64_t dropped_malformed, dropped_version, dropped_cookie, dropped_flood,
		dropped_unauthenticated, dropped_replayed, dropped_unexpected, dropped_no_peer,
		dropped_busy;
	uint64_t answers, answers_again, resends;
	uint64_t negotiations_initiated, negotiations_initiated_failed;
	uint64_t negotiations_answered, negotiations_answered_failed;
	uint64_t auth_failures, no_proposal_failures, id_failures;
	uint64_t dpd_timeouts, keepalive_timeouts;
	uint64_t deletes_in, deletes_out, notifies_in, notifies_out;
	uint64_t crew_queue; /* gauge */
	uint64_t crew_done, crew_refused;
	uint64_t loop_turns, loop_slow_turns, loop_worst_turn_ms;
	uint64_t plane_packets_in, plane_packets_out, plane_bytes_in, plane_bytes_out;
	uint64_t plane_no_sa, plane_replayed, plane_bad_icv, plane_no_policy, plane_errors;
	uint64_t log_swallowed;
};

struct view {
	uint32_t refs; /* atomic */
	uint32_t size; /* octets of the whole allocation */
	uint64_t number; /* ever rising */
	uint64_t made_wall_ms, started_at;
	uint64_t revision; /* of the configuration */
	uint64_t revision_at;
	uint32_t stale_ike_sas, stale_children;
	uint32_t peers_up, tunnels_up;
	uint32_t weak_records;
	uint32_t traces; /* of datagrams, that run */
	uint32_t secret_traces; /* with secrets, that run or are kept */
	char data_plane[16], data_plane_reason[160];
	struct counter_row counters;
	uint32_t ike_sas_n, children_n, tunnels_n, peers_n, failures_n;
	/* octets from the start */
	uint32_t ike_sas_at, children_at, tunnels_at, peers_at, failures_at;
};

extern const struct field ike_sa_row_fields[];
extern const struct field child_row_fields[];
extern const struct field tunnel_row_fields[];
extern const struct field peer_row_fields[];
extern const struct field counter_row_fields[];
extern const struct field failure_row_fields[]; /* named as in a story's JSON */

struct story; /* story.h */
/* A story that failed as a row; its peer's index is not known to it. */
void failure_row_of(const struct story *s, struct failure_row *ret);

/* An empty view with room for so many rows; fill the rows, then post it. refs 1. */
struct view *view_new(uint32_t ike_sas, uint32_t children, uint32_t tunnels, uint32_t peers);
/* The same with failures, by the numbers in `rows`. */
struct view *view_new_as(const struct view *rows);
void view_unref(const struct view *v);
struct ike_sa_row *view_ike_sas(const struct view *v); /* sorted by id */
struct child_row *view_children(const struct view *v); /* sorted by id */
struct tunnel_row *view_tunnels(const struct view *v); /* sorted by index */
struct peer_row *view_peers(const struct view *v); /* sorted by index */
struct failure_row *view_failures(const struct view *v); /* sorted by index */
/* A view in foreign memory (the snmp process) is whole and consistent. */
bool view_is_sound(const void *at, size_t n);
/* Index of the first row whose leading uint32_t is above `id`; n when none. */
size_t view_after(const void *rows, size_t n, size_t row_size, uint32_t id);
const void *view_find(const void *rows, size_t n, size_t row_size, uint32_t id);

struct board;

struct board *board_new(void);
void board_free(struct board *b);
OWNABLE(board)
void board_post(struct board *b, struct view *take_v);
const struct view *board_look(struct board *b); /* never NULL; give back with view_unref */
void board_post_config(struct board *b, const struct config *c); /* takes a reference itself */
const struct config *board_config(struct board *b); /* give back with config_unref */
/* Somebody looked since the last call: the publisher need not build what nobody reads. */
bool board_was_looked_at(struct board *b);

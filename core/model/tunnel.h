/* tunnel.h - an IPsec policy entry: which traffic, with which peer, protected how */
#pragma once

#include "core/model/record.h"
#include "core/model/selector.h"

enum tunnel_mode { TUNNEL_TUNNEL, TUNNEL_TRANSPORT };
enum start_action { START_TRAP, START_NONE, START_NOW };
/* Who makes the keys: a negotiation, or who configures them at both ends. */
enum keying { KEYING_ISAKMP, KEYING_MANUAL };
enum close_action { CLOSE_NONE, CLOSE_CLEAR, CLOSE_TRAP, CLOSE_START };

enum { TUNNEL_TS = 16, TUNNEL_PROPOSALS = 6 };

struct tunnel {
	struct record r;
	bool enabled;
	char description[128];
	uint32_t sequence; /* priority among tunnels, smaller first */
	char peer[NAME_SIZE];
	int keying; /* enum keying */
	uint32_t manual_spi_in, manual_spi_out; /* 0: not given */
	char manual_key_in[NAME_SIZE], manual_key_out[NAME_SIZE]; /* -> secret */
	int mode;
	uint8_t local_ts_n, remote_ts_n;
	char local_ts[TUNNEL_TS][96], remote_ts[TUNNEL_TS][96];
	bool aggregation; /* one SA pair for all selectors instead of one per pair */
	uint8_t ipsec_proposals_n;
	char ipsec_proposals[TUNNEL_PROPOSALS][NAME_SIZE];
	uint32_t sa_idle_seconds; /* 0: the global one */
	uint32_t lifetime_seconds, lifetime_kilobytes; /* 0: proposal's, then the global one */
	int start_action;
	bool from_template; /* only answers, comes last */
	char interface[16];
	bool sha2_256_truncation_96;
	bool ts_expand; /* each pair of selectors is negotiated on its own */
	int close_action; /* enum close_action */
	int dpd_action; /* enum dpd_action */
	uint32_t rekey_seconds, rekey_kilobytes; /* 0: by the lifetimes */
	uint32_t if_id, mark; /* 0: none */
	int data_plane; /* enum plane_choice */
	bool reverse_route;
};

extern const struct field tunnel_fields[];

/* held.h - what the data plane really holds, row by row, held against what it should hold
 *
 * Rows for GET /kernel-sas and GET /policies. They come from the plane itself at the moment of asking,
 * so what somebody flushed, or put there by hand, shows. Never a key.
 */
#pragma once

#include "core/model/field.h"
#include "core/model/record.h"
#include "core/model/selector.h"

enum standing {
	STANDING_KNOWN, /* there, and ours, and an IPsec SA pair or a tunnel stands behind it */
	STANDING_ORPHAN, /* there, and bears our marks, and nobody here knows it */
	STANDING_FOREIGN, /* there, and somebody else's */
	STANDING_MISSING, /* it should be there, and is not */
};

enum { HELD_KEY = 96, HELD_ADDRESS = 64, HELD_SUITE = 80 };
enum held_way { HELD_OUT, HELD_IN, HELD_FORWARD, HELD_UNKNOWN };

struct held_sa {
	char key[HELD_KEY]; /* "192.0.2.1/esp/0xc0ffee01": where it ends, protocol, SPI */
	uint32_t spi, reqid;
	int direction; /* enum held_way */
	int mode; /* enum tunnel_mode */
	int standing;
	bool encap;
	char protocol[8], source_address[HELD_ADDRESS], destination_address[HELD_ADDRESS];
	char proposal[HELD_SUITE];
	uint32_t replay_window;
	uint32_t child_sa, ike_sa;
	char peer[NAME_SIZE], tunnel[NAME_SIZE];
	uint64_t packets, bytes, last_used_at;
	uint64_t errors_replay, errors_integrity, errors_other;
};

enum held_action { HELD_PROTECT, HELD_ALLOW, HELD_BLOCK };

struct held_policy {
	char key[HELD_KEY]; /* direction and the plane's own number */
	int direction, action, mode, standing;
	uint32_t priority, reqid, policy;
	bool trap; /* without an SA its traffic asks for one */
	char source_ts[SELECTOR_TEXT], destination_ts[SELECTOR_TEXT];
	char source_address[HELD_ADDRESS], destination_address[HELD_ADDRESS];
	uint32_t child_sa;
	char peer[NAME_SIZE], tunnel[NAME_SIZE];
	uint32_t sas; /* that carry its traffic now, in its direction */
	uint64_t packets, bytes; /* of these */
};

extern const struct field held_sa_fields[];
extern const struct field held_policy_fields[];

/* All of them, in the order of their keys; the rows are the callee's until it returns. */
struct holdings {
	const char *plane;
	const struct held_sa *sas;
	const struct held_policy *policies;
	size_t sas_n, policies_n;
};

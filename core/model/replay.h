/* replay.h - a peer's real offer of earlier, held against a configuration
 *
 * What it says: which of our proposals the offer would meet, or in which attribute each first differs.
 * What it leaves out: keys and identities, which an offer does not show.
 */
#pragma once

#include "core/base/fault.h"
#include "core/model/record.h"

struct text;

enum { REPLAY_ROWS = 33 };

/* One proposal of ours against the offer. */
struct replay_row {
	char proposal[NAME_SIZE];
	char tunnel[NAME_SIZE]; /* phase 2 */
	uint32_t number; /* of an IKE proposal: its priority; 0: none */
	uint32_t peer_transform; /* the peer's, counted from 1 in its order; 0: it does not match */
	char field[32]; /* the first attribute that differs from the nearest transform, "" */
	char text[240];
};

struct replay {
	uint64_t negotiation, revision; /* the story; the configuration it is held against */
	char peer[NAME_SIZE];
	int64_t offered_ms;
	unsigned phase; /* 1, 2 */
	bool knowable; /* false: text says why nothing can be said */
	bool matches;
	char would_match[NAME_SIZE], tunnel[NAME_SIZE];
	uint32_t number, peer_transform;
	enum reason reason; /* R_OK, or why it would be refused */
	char field[64], text[240];
	size_t n;
	struct replay_row row[REPLAY_ROWS];
};

/* Which offer: of this negotiation; or the last one that says something about this record (a peer,
 * a tunnel, an IKE or IPsec proposal). */
struct replay_ask {
	uint64_t negotiation; /* 0: by record */
	enum kind kind;
	const char *name;
};

void replay_json(const struct replay *r, struct text *t);

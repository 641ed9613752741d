/* swanmake.h - connections as swanctl.conf and ipsec.conf say them, as records */
#pragma once

#include "core/dialect/sketch.h"

enum swan_slot {
	SLOT_VERSION,
	SLOT_IKEV2,
	SLOT_AGGRESSIVE,
	SLOT_LOCAL,
	SLOT_REMOTE,
	SLOT_LOCAL_ID,
	SLOT_REMOTE_ID,
	SLOT_LOCAL_AUTH,
	SLOT_REMOTE_AUTH,
	SLOT_PROPOSALS,
	SLOT_ENCAP,
	SLOT_FRAGMENTATION,
	SLOT_DPD_DELAY,
	SLOT_DPD_TIMEOUT,
	SLOT_UNIQUE,
	SLOT_IKE_REKEY,
	SLOT_IKE_REAUTH,
	SLOT_IKE_OVER,
	SLOT_IKE_LIFE,
	SLOT_CHILD_FIRST,
	SLOT_LOCAL_TS = SLOT_CHILD_FIRST,
	SLOT_REMOTE_TS,
	SLOT_ESP,
	SLOT_PFS,
	SLOT_MODE,
	SLOT_START,
	SLOT_LIFE,
	SLOT_REKEY,
	SLOT_LIFE_BYTES,
	SLOT_SHA96,
	SLOT_COUNT
};

enum swan_file { FILE_CTL, FILE_CONF };
enum swan_place { PLACE_CONN, PLACE_LOCAL, PLACE_REMOTE, PLACE_CHILD };

enum { SWAN_NAME = 64, SWAN_MOST = 10000 };

/* What one section says. */
struct swan_said {
	char name[SWAN_NAME];
	unsigned line;
	char *value[SLOT_COUNT]; /* owned; NULL: not said */
	unsigned at[SLOT_COUNT]; /* its line */
};

void swan_said_done(struct swan_said *s);
/* One key with its value into its slot, or a note. */
void swan_say(struct sketch *d, struct swan_said *s, enum swan_file file, enum swan_place place,
	      const char *pair[2], unsigned line);
/* The value of a slot, "" when it is not said. */
const char *swan_value(const struct swan_said *s, enum swan_slot slot);
/* The peer with its secret, proposals and DPD profile. NULL: it was left out, and noted. */
struct entry *swan_peer(struct sketch *d, const struct swan_said *conn);
/* One tunnel of it. */
void swan_tunnel(struct sketch *d, const struct entry *peer, const struct swan_said *child);

/* ipsec_session.h - an IPsec session as services see it: five-tuple and tunnel
 *
 * The data plane makes one of the first packet a tunnel takes and ends it when none came for
 * settings_ipsec.session_idle_seconds (Comware: ipsec session idle-time). Not a login session.
 */
#pragma once

#include "core/base/addr.h"
#include "core/model/record.h"

struct session_row {
	uint64_t id; /* from 1; the newer the greater */
	uint32_t child_sa; /* Comware's tunnel-id */
	char tunnel[NAME_SIZE], peer[NAME_SIZE];
	uint8_t protocol; /* as in the IP header */
	struct addr source, destination; /* with ports, 0 where the protocol has none */
	uint32_t age_s, idle_s; /* since its first packet; since the newest */
	uint32_t limit_s; /* as idle as this it ends */
	uint64_t matched; /* packets */
};

struct session_ask {
	uint32_t child_sa; /* 0: of any */
	uint64_t before; /* ids below only, 0: from the newest */
	size_t most;
};

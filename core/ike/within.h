/* within.h - the engine's own members, for the files of core/ike and its versions only
 *
 * Thread: loop. Every entry sets `now` first; nothing below reads a clock.
 */
#pragma once

#include "core/base/list.h"
#include "core/base/timers.h"
#include "core/ike/calm.h"
#include "core/ike/ports.h"
#include "core/model/view.h"

struct callers; /* callers.h */
struct book; /* book.h: the runtime twins of configured peers and tunnels */
struct config; /* core/model/config.h */
struct halfopens; /* halfopen.h */
struct keypool; /* keypool.h */
struct registry; /* registry.h */
struct traces; /* trace.h */
struct version; /* exchange.h */

enum { VERSIONS_MOST = 2 };

/* Messages that come in fragments: pieces.c. */
struct pieces_all {
	struct link oldest; /* struct pieces, oldest first */
	size_t octets;
	uint64_t steps; /* pieces touched since the start, for tests of the work they make */
};

struct engine {
	struct ports ports;
	const struct version *versions[VERSIONS_MOST + 1];
	const struct config *config;
	struct timers timers;
	msec now; /* of the entry being served */
	struct link sas; /* struct ike_sa, by id */
	struct link children; /* struct child, by id */
	struct registry *registry;
	struct callers *callers;
	struct halfopens *halfopens;
	struct book *book;
	struct traces *traces;
	struct keypool *keys;
	struct counter_row counters;
	struct calm calm; /* unprotected errors */
	msec stray_ike_at, stray_esp_at; /* told last that something belongs to no SA */
	struct pieces_all pieces;
	uint8_t key[16]; /* of keyed hashes: datagrams, cookies */
	uint8_t nobodys_psk[32]; /* strangers in aggressive mode are answered with it */
	const struct packet *serving; /* the datagram of this entry, NULL in all others */
	struct timer sweep; /* after adopting: SAs whose peer or tunnel is gone */
	uint64_t last_order; /* births and comings-up of SAs: within a millisecond too */
	uint32_t last_id; /* of IKE SAs and children: one series, 31 bits */
	uint64_t last_mark; /* of resets */
	uint64_t last_exchange; /* number of the newest exchange, for jobs that come back */
	unsigned watched; /* SAs that DPD looks at */
	unsigned sums_open; /* jobs that are away */
	bool changed; /* since the last picture */
	bool stopping;
};

enum { SECOND_MS = 1000 };

static inline int64_t engine_wall_ms(const struct engine *e)
{
	return e->ports.wall_ms(e->ports.ctx);
}

static inline int64_t engine_wall_s(const struct engine *e)
{
	return engine_wall_ms(e) / SECOND_MS;
}

/* The next id of an SA; never 0. */
uint32_t engine_id(struct engine *e);
const struct version *engine_version(const struct engine *e, uint8_t major); /* NULL: not spoken */
/* carried.c: the data plane learns the idle time of IPsec sessions. */
void carried_adopt(struct engine *e);
/* Every datagram leaves here, and is counted. */
void engine_send(struct engine *e, const struct packet *p);

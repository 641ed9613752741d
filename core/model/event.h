/* event.h - what happened, as a flat value, and who listens
 *
 * The log, the event stream, the journal and the trap sender are four listeners of one
 * list. Loop thread only; listeners that serve other threads hand copies on.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"
#include "core/base/fault.h"
#include "core/base/list.h"
#include "core/base/log.h"
#include "core/model/record.h"

enum event_id {
#define EVENT(code, ...) EVT_##code,
#include "core/model/event.def"
#undef EVENT
	EVT_COUNT
};

enum { TRAP_FOREIGN = 255 }; /* other vendors' modules may have a notification for it */

struct event_row {
	const char *name, *topic;
	enum log_level level;
	bool journalled;
	uint8_t trap; /* in IKEEPER-MIB; 0 none, or TRAP_FOREIGN */
	const char *title;
};

/* No pointers: it crosses to the snmp process as it is. */
struct event {
	uint64_t seq; /* ever rising within one life of the daemon */
	int64_t wall_ms;
	enum event_id id;
	enum reason reason;
	char peer[NAME_SIZE], tunnel[NAME_SIZE];
	uint32_t peer_index; /* SNMP row of the peer, 0 none */
	uint32_t ike_sa, child_sa;
	uint64_t negotiation;
	struct addr remote, local;
	/* of the pair, or else of the IKE SA; 0 where there is none */
	uint32_t tunnel_index, age_seconds, lifetime_seconds, lifetime_kilobytes;
	uint32_t spi; /* of a packet that belongs to no SA */
	uint32_t number,
		records; /* of a record that came or went: its own, and how many there are now */
	uint64_t revision; /* of the configuration it belongs to */
	char who[WHO_SIZE]; /* who asked for it, "" the protocol itself */
	char text[240];
};

struct listener {
	struct link link;
	void (*hear)(struct listener *l, const struct event *e);
};

struct events {
	struct link listeners;
	uint64_t last_seq;
};

const struct event_row *event_row(enum event_id id);
void events_init(struct events *e);
void events_listen(struct events *e, struct listener *l);
void events_unlisten(struct listener *l);
void events_tell(struct events *e, struct event *ev); /* sets seq and wall_ms */
/* {"seq": ..., "event": "child_sa.up", "time": ..., ...} without a final newline. */
struct text;
void event_json(const struct event *e, struct text *t);

/* foreigntraps.h - events to the notifications of other vendors' modules
 *
 * Each tree that is switched on may send those of its module's notifications that its mask names;
 * foreigntraps.def says which event is which, and what it carries.
 */
#pragma once

#include "core/model/event.h"
#include "core/model/pair.h"
#include "snmp/foreign.h"

struct foreign_trap {
	enum foreign_tree tree;
	uint8_t number;
	enum event_id event;
	enum reason reason; /* R_OK: any */
	const char *name;
	uint8_t objects[12]; /* ended by 0 */
};

/* The masks of the trees that are on; before anything else here. */
void foreign_traps_init(const struct pair_setup *s);
/* Whether the notification of that number is sent; 0: whether any is. */
bool foreign_is_sent(enum foreign_tree t, unsigned number);
/* All rows of the register; NULL past the last. */
const struct foreign_trap *foreign_trap_at(size_t i);
/* Whether this event is to be sent as that notification. */
bool foreign_trap_fits(const struct foreign_trap *t, const struct event *e);

/* Its OID, and the OIDs and values of what it carries; each ret holds FOREIGN_NAME. */
enum { FOREIGN_NAME = 128 };
size_t foreign_trap_oid(const struct foreign_trap *t, unsigned long *ret);
size_t foreign_object_oid(const struct foreign_trap *t, uint8_t object, const struct event *e,
			  unsigned long *ret);
void foreign_object_value(uint8_t object, const struct event *e, struct value *ret);

/* traps.c - event values to notifications, by mask and at a bounded rate
 *
 * event.def gives an event its notification, traps.def says what that carries. Failures can be
 * caused by anybody on the Internet, so one kind about one peer is sent ten times at once and
 * then once a second, and all together 200 times at once and then 100 times a second. What is
 * held back is counted, and the count can be polled.
 *
 * Sending is asynchronous, standing alone (a trap is one datagram) and under AgentX.
 *
 * Called by: agent.c.  Thread: the agent's only one.  Owns: nothing.
 */
#include "snmp/traps.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
/* needs the one above */
#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <string.h>

#include "snmp/foreigntraps.h"

enum { OBJECTS_MOST = 16 };
enum { TRAP_TIMEOUT = 9, TRAP_TEST = 14, EVENT_NEGOTIATION = 13 };
enum { ONE_MOST = 10, ONE_EVERY_MS = 1000, ALL_MOST = 200, ALL_EVERY_MS = 10 };

struct trap {
	uint8_t number;
	const char *name;
	uint8_t objects[OBJECTS_MOST]; /* ended by 0 */
};

static const struct trap rows[] = {
#define TRAP(number_, name_, ...) { .number = number_, .name = name_, .objects = { __VA_ARGS__ } },
#include "snmp/traps.def"
#undef TRAP
};

static const struct trap *trap_of(uint8_t number)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].number == number)
			return &rows[i];
	return NULL;
}

void traps_init(struct traps *t, uint32_t mask)
{
	*t = (struct traps){ .all.left = ALL_MOST,
			     .tally = { .burst = ONE_MOST, .interval_ms = ONE_EVERY_MS } };
	/* Shown as it works: no bit for what there is not. */
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		t->tally.mask |= (mask | 1u << TRAP_TEST) & 1u << rows[i].number;
}

static bool take(struct bucket *b, uint8_t most, msec every, msec now)
{
	msec more = (now - b->at) / every;

	if (more > 0) {
		b->left = (uint8_t)MIN_OF(b->left + more, (msec)most);
		b->at = b->left == most ? now : b->at + more * every;
	}
	if (!b->left)
		return false;
	b->left--;
	return true;
}

/* Two that meet in one slot take it from each other; the bucket of all bounds even that. */
static struct bucket *slot_of(struct traps *t, const struct event *e, uint8_t trap, msec now)
{
	struct bucket *b = &t->slots[(e->peer_index * 31u + trap) % TRAP_SLOTS];

	if (b->trap != trap || b->peer != e->peer_index)
		*b = (struct bucket){
			.peer = e->peer_index, .trap = trap, .left = ONE_MOST, .at = now
		};
	return b;
}

static bool take_both(struct traps *t, const struct event *e, uint8_t trap, msec now)
{
	bool may = take(slot_of(t, e, trap, now), ONE_MOST, ONE_EVERY_MS, now) &&
		   take(&t->all, ALL_MOST, ALL_EVERY_MS, now);

	if (may)
		t->tally.sent++;
	else
		t->tally.suppressed++;
	return may;
}

bool traps_may(struct traps *t, const struct event *e, uint8_t trap, msec now)
{
	return trap_of(trap) && t->tally.mask & 1u << trap && take_both(t, e, trap, now);
}

static const oid trap_oid[] = { 1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0 };

/* snmpTrapOID.0, the first varbind (RFC 3416 section 4.2.6); the library adds sysUpTime.0. */
static void add_trap_oid(netsnmp_variable_list **list, const struct trap *trap)
{
	const oid value[] = { IKEEPER_MIB, 0, trap->number };

	snmp_varlist_add_variable(list, trap_oid, OID_LENGTH(trap_oid), ASN_OBJECT_ID, value,
				  sizeof(value));
}

static void add_object(netsnmp_variable_list **list, const struct event *e, uint8_t number)
{
	const struct grid *g = grid_row(GRID_EVENT);
	const struct column *c = &g->columns[number - g->columns[0].number];
	oid name[GRID_OID + 2];
	size_t n = grid_oid(g, name);
	struct value v;

	name[n++] = number;
	name[n++] = 0;
	column_value(c, e, &v);
	snmp_varlist_add_variable(list, name, n, v.type, v.at, v.n);
}

static void tell(struct traps *t, const struct event *e, uint8_t number, msec now)
{
	netsnmp_variable_list *list = NULL;

	if (!traps_may(t, e, number, now))
		return;
	const struct trap *trap = trap_of(number);
	add_trap_oid(&list, trap);
	for (const uint8_t *o = trap->objects; *o; o++)
		add_object(&list, e, *o);
	send_v2trap(list);
	snmp_free_varbind(list);
}

/* Buckets of vendors' notifications are told apart from ours by a number above all of ours. */
static uint8_t bucket_number(const struct foreign_trap *f)
{
	return (uint8_t)(32 * (f->tree + 1) + f->number);
}

static void tell_foreign(struct traps *t, const struct event *e, const struct foreign_trap *f,
			 msec now)
{
	netsnmp_variable_list *list = NULL;
	oid name[FOREIGN_NAME];
	struct value v;

	if (!take_both(t, e, bucket_number(f), now))
		return;
	size_t n = foreign_trap_oid(f, name);
	snmp_varlist_add_variable(&list, trap_oid, OID_LENGTH(trap_oid), ASN_OBJECT_ID, name,
				  n * sizeof(oid));
	for (const uint8_t *o = f->objects; *o; o++) {
		n = foreign_object_oid(f, *o, e, name);
		foreign_object_value(*o, e, &v);
		snmp_varlist_add_variable(&list, name, n, v.type, v.at, v.n);
	}
	if (e->negotiation)
		add_object(&list, e, EVENT_NEGOTIATION);
	send_v2trap(list);
	snmp_free_varbind(list);
}

void traps_tell(struct traps *t, const struct event *e, msec now)
{
	const struct foreign_trap *f;

	for (size_t i = 0; (f = foreign_trap_at(i)); i++)
		if (foreign_trap_fits(f, e))
			tell_foreign(t, e, f, now);
	tell(t, e, event_row(e->id)->trap, now);
	/* A keepalive that is overdue is an event of its own, a silence that DPD found is not. */
	if (e->id == EVT_IKE_DOWN && e->reason == R_DPD_TIMEOUT)
		tell(t, e, TRAP_TIMEOUT, now);
}

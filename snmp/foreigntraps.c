/* foreigntraps.c - events to the notifications of other vendors' modules
 *
 * An object of a notification is a column of a row, so its OID carries the row's index, as the
 * event has it: the row itself may be gone by now, or not be in the newest picture yet. Where the
 * event is about no SA the index is the number that the module keeps for "none".
 *
 * Called by: traps.c, foreignvalue.c.  Thread: the agent's only one.  Owns: the masks.
 */
#include "snmp/foreigntraps.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <string.h>

enum index_kind {
	INDEX_SCALAR,
	INDEX_IKE_SA,
	INDEX_PAIR,
	INDEX_CHILD,
	INDEX_CHILD_SA,
	INDEX_TUNNEL,
	INDEX_NAME,
	INDEX_PEER,
	INDEX_INTERFACE /* of IF-MIB, not below the root */
};

enum value_kind {
	VALUE_IPV4_LOCAL, /* IpAddress; 0.0.0.0 when it is not IPv4 */
	VALUE_IPV4_REMOTE,
	VALUE_TYPE_LOCAL, /* InetAddressType */
	VALUE_TYPE_REMOTE,
	VALUE_ANY_LOCAL, /* InetAddress */
	VALUE_ANY_REMOTE,
	VALUE_ADDRESS_LOCAL, /* 4 or 16 octets */
	VALUE_ADDRESS_REMOTE,
	VALUE_NUMBER_IKE_SA,
	VALUE_NUMBER_CHILD,
	VALUE_LIFE, /* seconds, at least 1 */
	VALUE_LIFE_KB, /* Gauge32 */
	VALUE_LIFE_KB_INT,
	VALUE_AGE, /* seconds, at least 1 */
	VALUE_AGE_CENTI,
	VALUE_AGE_TICKS, /* the same: TimeInterval is an INTEGER */
	VALUE_TEXT,
	VALUE_TUNNEL_NAME,
	VALUE_NUMBER,
	VALUE_RECORDS,
	VALUE_SPI, /* Unsigned32 */
	VALUE_SPI_SIGNED, /* INTEGER: one above 2^31 is negative */
	VALUE_ONE,
	VALUE_ZERO
};

struct object {
	enum index_kind index;
	enum value_kind value;
	uint8_t below[6]; /* the root, ended by 0 */
};

enum {
	FO_NONE,
#define FOREIGN_OBJECT(code, ...) FO_##code,
#include "snmp/foreigntraps.def"
#undef FOREIGN_OBJECT
};

static const struct object objects[] = {
	{ 0 },
#define FOREIGN_OBJECT(code, index_, value_, ...) \
	{ .index = INDEX_##index_, .value = VALUE_##value_, .below = { __VA_ARGS__ } },
#include "snmp/foreigntraps.def"
#undef FOREIGN_OBJECT
};

static const struct foreign_trap rows[] = {
#define FOREIGN_TRAP(tree_, number_, event_, reason_, name_, ...) \
	{ .tree = FOREIGN_##tree_,                                \
	  .number = number_,                                      \
	  .event = EVT_##event_,                                  \
	  .reason = R_##reason_,                                  \
	  .name = name_,                                          \
	  .objects = { __VA_ARGS__ } },
#include "snmp/foreigntraps.def"
#undef FOREIGN_TRAP
};

/* Where the notifications of a module are; a 0 before the last number only where it has one. */
static const struct {
	unsigned long arc[3];
	size_t n;
} arcs[FOREIGN_TREES] = {
	[FOREIGN_HH3C_IKE] = { { 1, 6, 1 }, 3 },
	[FOREIGN_HH3C_IPSEC] = { { 1, 8, 1 }, 3 },
	[FOREIGN_HH3C_IPSEC_V2] = { { 1, 9, 0 }, 3 },
	[FOREIGN_CISCO_FLOW] = { { 2, 0 }, 2 },
};

static uint32_t masks[FOREIGN_TREES];

void foreign_traps_init(const struct pair_setup *s)
{
	const uint32_t wanted[FOREIGN_TREES] = {
		[FOREIGN_HH3C_IKE] = s->hh3c_ike_notify,
		[FOREIGN_HH3C_IPSEC] = s->hh3c_ipsec_notify,
		[FOREIGN_HH3C_IPSEC_V2] = s->hh3c_ipsec_v2_notify,
		[FOREIGN_CISCO_FLOW] = s->cisco_flow_notify,
	};

	memset(masks, 0, sizeof(masks));
	/* Shown as it works: no bit for what there is not. */
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (foreign_trees(s) & 1u << rows[i].tree)
			masks[rows[i].tree] |= wanted[rows[i].tree] & 1u << rows[i].number;
}

bool foreign_is_sent(enum foreign_tree t, unsigned number)
{
	if (!number)
		return masks[t] != 0;
	return number < 32 && masks[t] & 1u << number;
}

const struct foreign_trap *foreign_trap_at(size_t i)
{
	return i < COUNT_OF(rows) ? &rows[i] : NULL;
}

bool foreign_trap_fits(const struct foreign_trap *t, const struct event *e)
{
	return t->event == e->id && (t->reason == R_OK || t->reason == e->reason) &&
	       foreign_is_sent(t->tree, t->number);
}

size_t foreign_trap_oid(const struct foreign_trap *t, unsigned long *ret)
{
	size_t n = foreign_root_oid(t->tree, ret);

	memcpy(ret + n, arcs[t->tree].arc, arcs[t->tree].n * sizeof(*ret));
	n += arcs[t->tree].n;
	ret[n++] = t->number;
	return n;
}

/* ---- indexes ---- */

static unsigned long or_none(uint32_t number)
{
	return number ? number : (unsigned long)FOREIGN_INVALID;
}

static size_t put_name(const char *text, unsigned long *ret)
{
	size_t n = strlen(text);

	ret[0] = n;
	for (size_t i = 0; i < n; i++)
		ret[i + 1] = (uint8_t)text[i];
	return n + 1;
}

static size_t put_peer(const struct event *e, unsigned long *ret)
{
	char local[ADDR_TEXT], remote[ADDR_TEXT];

	addr_text(&e->local, local);
	addr_text(&e->remote, remote);
	return spot_ends(local, remote, e->peer_index, ret);
}

static size_t put_index(enum index_kind k, const struct event *e, unsigned long *ret)
{
	switch (k) {
	case INDEX_IKE_SA:
		*ret = or_none(e->ike_sa);
		return 1;
	case INDEX_CHILD:
		*ret = or_none(e->child_sa);
		return 1;
	case INDEX_CHILD_SA:
		ret[0] = or_none(e->child_sa);
		ret[1] = 1;
		return 2;
	case INDEX_TUNNEL:
		*ret = or_none(e->tunnel_index);
		return 1;
	case INDEX_PAIR:
		ret[0] = 1;
		ret[1] = or_none(e->tunnel_index);
		ret[2] = or_none(e->child_sa);
		return 3;
	case INDEX_NAME:
		return put_name(e->tunnel, ret);
	case INDEX_PEER:
		return put_peer(e, ret);
	default:
		*ret = 0;
		return 1;
	}
}

size_t foreign_object_oid(const struct foreign_trap *t, uint8_t object, const struct event *e,
			  unsigned long *ret)
{
	/* There is no interface behind a policy here: the first one stands for it. */
	static const unsigned long if_index[] = { 1, 3, 6, 1, 2, 1, 2, 2, 1, 1, 1 };
	size_t n = foreign_root_oid(t->tree, ret);

	if (objects[object].index == INDEX_INTERFACE) {
		memcpy(ret, if_index, sizeof(if_index));
		return COUNT_OF(if_index);
	}
	for (const uint8_t *b = objects[object].below; *b; b++)
		ret[n++] = *b;
	return n + put_index(objects[object].index, e, ret + n);
}

/* ---- values ---- */

static size_t octets_of(const struct addr *a)
{
	return a->family == 6 ? 16 : a->family == 4 ? 4 : 0;
}

static void set_ipv4(const struct addr *a, struct value *ret)
{
	static const uint8_t none[4];

	foreign_set_octets(ret, ASN_IPADDRESS, a->family == 4 ? a->ip : none, 4);
}

static void set_address(const struct addr *a, struct value *ret)
{
	foreign_set_octets(ret, ASN_OCTET_STR, a->ip, MAX_OF(octets_of(a), (size_t)4));
}

static void set_type(const struct addr *a, struct value *ret)
{
	foreign_set_int(ret, a->family == 6 ? 2 : a->family == 4);
}

/* False: not of an address. */
static bool set_end(enum value_kind k, const struct event *e, struct value *ret)
{
	const struct addr *a = (k - VALUE_IPV4_LOCAL) % 2 ? &e->remote : &e->local;

	switch (k) {
	case VALUE_IPV4_LOCAL:
	case VALUE_IPV4_REMOTE:
		set_ipv4(a, ret);
		return true;
	case VALUE_TYPE_LOCAL:
	case VALUE_TYPE_REMOTE:
		set_type(a, ret);
		return true;
	case VALUE_ANY_LOCAL:
	case VALUE_ANY_REMOTE:
		foreign_set_octets(ret, ASN_OCTET_STR, a->ip, octets_of(a));
		return true;
	case VALUE_ADDRESS_LOCAL:
	case VALUE_ADDRESS_REMOTE:
		set_address(a, ret);
		return true;
	default:
		return false;
	}
}

/* Seconds, sizes and names. False: not one of these. */
static bool set_span(enum value_kind k, const struct event *e, struct value *ret)
{
	switch (k) {
	case VALUE_LIFE:
		foreign_set_int(ret, MAX_OF(e->lifetime_seconds, 1u));
		return true;
	case VALUE_LIFE_KB:
		foreign_set_number(ret, ASN_GAUGE, e->lifetime_kilobytes);
		return true;
	case VALUE_LIFE_KB_INT:
		foreign_set_int(ret, e->lifetime_kilobytes);
		return true;
	case VALUE_AGE:
		foreign_set_int(ret, MAX_OF(e->age_seconds, 1u));
		return true;
	case VALUE_AGE_CENTI:
	case VALUE_AGE_TICKS:
		foreign_set_int(ret, (uint64_t)e->age_seconds * 100);
		return true;
	case VALUE_TEXT:
		foreign_set_octets(ret, ASN_OCTET_STR, e->text, strlen(e->text));
		return true;
	case VALUE_TUNNEL_NAME:
		foreign_set_octets(ret, ASN_OCTET_STR, e->tunnel, strlen(e->tunnel));
		return true;
	default:
		return false;
	}
}

void foreign_object_value(uint8_t object, const struct event *e, struct value *ret)
{
	enum value_kind k = objects[object].value;

	if (set_end(k, e, ret) || set_span(k, e, ret))
		return;
	switch (k) {
	case VALUE_NUMBER_IKE_SA:
		foreign_set_int(ret, or_none(e->ike_sa));
		break;
	case VALUE_NUMBER_CHILD:
		foreign_set_int(ret, or_none(e->child_sa));
		break;
	case VALUE_NUMBER:
		foreign_set_int(ret, e->number);
		break;
	case VALUE_RECORDS:
		foreign_set_int(ret, e->records);
		break;
	case VALUE_SPI:
		foreign_set_number(ret, ASN_UNSIGNED, e->spi);
		break;
	case VALUE_SPI_SIGNED:
		foreign_set_number(ret, ASN_INTEGER, (uint64_t)(int32_t)e->spi);
		break;
	default:
		foreign_set_int(ret, k == VALUE_ONE);
	}
}

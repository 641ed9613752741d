/* foreignvalue.c - from a member of a row to a value as another vendor's module defines it
 *
 * The shapes of column.h are column.c's; here are the others. The modules are old: they have no
 * numbers for AEAD ciphers, elliptic curves and IKEv2, ages and lifetimes are signed, some of
 * them at least 1, and an address may have to be IPv4. What does not fit is said as the module
 * says "none" or "invalid"; the truth is in IKEEPER-MIB.
 *
 * Called by: walk.c.  Thread: the agent's only one.  Owns: nothing.
 */
#include "snmp/foreign.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <string.h>

#include "core/base/addr.h"
#include "core/base/text.h"
#include "core/model/peer.h"
#include "snmp/foreigntraps.h"

#define EDITION    "1.5"
#define EDITION_V2 "1.2"

void foreign_set_number(struct value *v, uint8_t type, uint64_t number)
{
	v->type = type;
	v->number = (long)number;
	v->at = &v->number;
	v->n = sizeof(v->number);
}

void foreign_set_int(struct value *v, uint64_t number)
{
	foreign_set_number(v, ASN_INTEGER, MIN_OF(number, (uint64_t)FOREIGN_INVALID));
}

static void set_counter(struct value *v, uint64_t n)
{
	struct counter64 *c = (struct counter64 *)v->wide;

	c->high = n >> 32;
	c->low = n & UINT32_MAX;
	v->type = ASN_COUNTER64;
	v->at = v->wide;
	v->n = sizeof(*c);
}

void foreign_set_octets(struct value *v, uint8_t type, const void *at, size_t n)
{
	v->type = type;
	v->n = MIN_OF(n, sizeof(v->octets));
	memcpy(v->octets, at, v->n);
	v->at = v->octets;
}

static void set_counter_32(struct value *v, uint64_t n)
{
	foreign_set_number(v, ASN_COUNTER, n & UINT32_MAX);
}

static uint64_t wide(const struct column *c, const void *at)
{
	switch (c->size) {
	case 1:
		return *(const uint8_t *)at;
	case 4:
		return *(const uint32_t *)at;
	default:
		return *(const uint64_t *)at;
	}
}

static bool read_address(const char *at, size_t most, struct addr *ret)
{
	char text[ADDR_TEXT];
	size_t n = strnlen(at, MIN_OF(most, sizeof(text) - 1));

	memcpy(text, at, n);
	text[n] = '\0';
	return addr_read(text, ret);
}

static void set_ipv4(struct value *v, const char *at, size_t most)
{
	struct addr a = { 0 };

	if (!read_address(at, most, &a) || a.family != 4)
		a = (struct addr){ 0 };
	foreign_set_octets(v, ASN_IPADDRESS, a.ip, 4);
}

/* 4 or 16 octets and nothing else: what is no address is 0.0.0.0. */
static void set_address(struct value *v, const char *at, size_t most)
{
	struct addr a = { 0 };

	if (!read_address(at, most, &a))
		a = (struct addr){ 0 };
	foreign_set_octets(v, ASN_OCTET_STR, a.ip, a.family == 6 ? 16 : 4);
}

/* RFC 2407 section 4.6.2.1, which is what the module counts by. */
static unsigned id_number(int kind, const char *id, size_t most)
{
	struct addr a;

	if (!*id)
		return 0;
	switch (kind) {
	case IDK_ADDRESS:
		return read_address(id, most, &a) && a.family == 6 ? 5 : 1;
	case IDK_FQDN:
		return 2;
	case IDK_USER_FQDN:
		return 3;
	case IDK_DN:
		return 9;
	default:
		return 11;
	}
}

static uint64_t drops(const struct counter_row *c)
{
	return c->dropped_malformed + c->dropped_version + c->dropped_cookie + c->dropped_flood +
	       c->dropped_unauthenticated + c->dropped_replayed + c->dropped_unexpected +
	       c->dropped_no_peer + c->dropped_busy;
}

static uint64_t plane_drops(const struct counter_row *c)
{
	return c->plane_no_sa + c->plane_replayed + c->plane_bad_icv + c->plane_no_policy +
	       c->plane_errors;
}

/* Values that do not look at the row. */
static bool set_constant(int shape, struct value *ret)
{
	switch (shape) {
	case SHAPE_ZERO:
	case SHAPE_ONE:
	case SHAPE_TWO:
	case SHAPE_THREE:
		foreign_set_int(ret, (uint64_t)(shape - SHAPE_ZERO));
		return true;
	case SHAPE_GAUGE_0:
		foreign_set_number(ret, ASN_GAUGE, 0);
		return true;
	case SHAPE_ZERO_32:
		foreign_set_number(ret, ASN_COUNTER, 0);
		return true;
	case SHAPE_ZERO_64:
		set_counter(ret, 0);
		return true;
	case SHAPE_EMPTY:
		foreign_set_octets(ret, ASN_OCTET_STR, "", 0);
		return true;
	case SHAPE_EDITION_V2:
		foreign_set_octets(ret, ASN_OCTET_STR, EDITION_V2, strlen(EDITION_V2));
		return true;
	case SHAPE_EDITION:
		foreign_set_octets(ret, ASN_OCTET_STR, EDITION, strlen(EDITION));
		return true;
	default:
		return false;
	}
}

static uint64_t remain_kb(const struct child_row *c)
{
	uint64_t used = (c->bytes_in > c->bytes_out ? c->bytes_in : c->bytes_out) / 1024;

	return c->lifetime_kilobytes > used ? c->lifetime_kilobytes - used : 0;
}

static unsigned child_status(int state)
{
	return state == CS_UP ? 2 : state == CS_REKEYING ? 3 : 4;
}

static bool is_expiring(const struct child_row *c)
{
	return c->state != CS_UP || c->flags & (SAF_RL | SAF_FD);
}

/* How long before its end an SA is renewed, seconds; 0 unknown. */
static uint32_t threshold(const struct foreign_column *c, const void *row)
{
	const struct ike_sa_row *sa = row;
	const struct child_row *ch = row;
	bool is_ike = c->of == OF_ike_sa_row;
	uint32_t soft = is_ike ? sa->rekey_in_seconds : ch->rekey_in_seconds;
	uint32_t hard = is_ike ? sa->expires_in_seconds : ch->expires_in_seconds;

	return soft && hard > soft ? hard - soft : 0;
}

static uint64_t errors(const struct child_row *c)
{
	return c->errors_replay + c->errors_integrity + c->errors_other;
}

/* Of a pair of IPsec SAs. False: not such a shape. */
static bool set_child(const struct foreign_column *c, const struct spot *s,
		      const struct child_row *row, struct value *ret)
{
	switch (c->shape) {
	case SHAPE_REMAIN_KB:
		foreign_set_number(ret, ASN_GAUGE, remain_kb(row));
		return true;
	case SHAPE_SAS:
		foreign_set_number(ret, ASN_GAUGE, (row->spi_in != 0) + (row->spi_out != 0));
		return true;
	case SHAPE_CHILD_STATUS:
		foreign_set_int(ret, child_status(row->state));
		return true;
	case SHAPE_EXPIRING:
		foreign_set_int(ret, is_expiring(row) ? 2 : 1);
		return true;
	case SHAPE_SIDE:
		foreign_set_int(ret, s->side + 1);
		return true;
	case SHAPE_SPI:
		foreign_set_number(ret, ASN_UNSIGNED, s->side ? row->spi_out : row->spi_in);
		return true;
	case SHAPE_ERRORS_64:
		set_counter(ret, errors(row));
		return true;
	case SHAPE_ERRORS_32:
		set_counter_32(ret, errors(row));
		return true;
	default:
		return false;
	}
}

/* Numbers that are not as they lie. False: not such a shape. */
static bool set_reckoned(const struct foreign_column *c, const void *at, struct value *ret)
{
	switch (c->shape) {
	case SHAPE_INT:
		foreign_set_int(ret, wide(&c->member, at));
		return true;
	case SHAPE_INT_1:
		foreign_set_int(ret, MAX_OF(wide(&c->member, at), (uint64_t)1));
		return true;
	case SHAPE_CENTI:
		foreign_set_int(ret, wide(&c->member, at) * 100);
		return true;
	case SHAPE_OR_NONE: {
		uint64_t n = wide(&c->member, at);
		foreign_set_int(ret, n ? n : FOREIGN_INVALID);
		return true;
	}
	case SHAPE_TWICE:
		foreign_set_number(ret, ASN_GAUGE,
				   MIN_OF(2 * wide(&c->member, at), (uint64_t)UINT32_MAX));
		return true;
	case SHAPE_DROPS_64:
		set_counter(ret, drops(at));
		return true;
	case SHAPE_DROPS_32:
		set_counter_32(ret, drops(at));
		return true;
	case SHAPE_PLANE_DROPS_32:
		set_counter_32(ret, plane_drops(at));
		return true;
	case SHAPE_HIGH_32:
		set_counter_32(ret, wide(&c->member, at) >> 32);
		return true;
	case SHAPE_TWICE_32:
		set_counter_32(ret, 2 * wide(&c->member, at));
		return true;
	case SHAPE_TRUTH:
		foreign_set_int(ret, wide(&c->member, at) ? 1 : 2);
		return true;
	case SHAPE_PLANE_DROPS_64:
		set_counter(ret, plane_drops(at));
		return true;
	default:
		return false;
	}
}

static uint32_t bits_of(const struct foreign_column *c, const void *row)
{
	if (c->of == OF_ike_sa_row)
		return ((const struct ike_sa_row *)row)->key_length;
	if (c->of == OF_child_row)
		return ((const struct child_row *)row)->key_length;
	return 0;
}

static void set_other(const struct foreign_column *c, const void *row, struct value *ret)
{
	const void *at = (const char *)row + c->member.offset;
	const struct ike_sa_row *sa = row;

	switch (c->shape) {
	case SHAPE_THRESHOLD:
		foreign_set_int(ret, threshold(c, row));
		break;
	case SHAPE_IPS_ADDRESS:
		set_address(ret, at, c->member.size);
		break;
	case SHAPE_IPV4:
		set_ipv4(ret, at, c->member.size);
		break;
	case SHAPE_LOCAL_ID:
		foreign_set_int(ret,
				id_number(sa->local_id_type, sa->local_id, sizeof(sa->local_id)));
		break;
	case SHAPE_REMOTE_ID:
		foreign_set_int(
			ret, id_number(sa->remote_id_type, sa->remote_id, sizeof(sa->remote_id)));
		break;
	case SHAPE_TAGGED:
		foreign_set_int(ret, *(const bool *)at ? 2 : 1);
		break;
	case SHAPE_NEGO_MODE:
		foreign_set_int(ret, *(const int *)at == MODE_AGGRESSIVE ? 4 : 2);
		break;
	default:
		if (c->shape >= SHAPE_TS_TYPE)
			foreign_selector(c->shape, at, c->member.size, ret);
		else
			foreign_algorithm(c->shape, *(const int *)at, bits_of(c, row), ret);
	}
}

void foreign_value(const struct foreign_column *c, const struct spot *s, struct value *ret)
{
	static const union {
		struct view view;
		struct ike_sa_row ike_sa;
		struct child_row child;
		struct tunnel_row tunnel;
	} nothing;
	const void *row = s->of[c->of] ? s->of[c->of] : &nothing;

	if (c->shape == SHAPE_SWITCH) {
		enum foreign_tree tree = (enum foreign_tree)c->member.size;
		foreign_set_int(ret, foreign_is_sent(tree, c->member.offset) ? 1 : 2);
	} else if (c->shape < SHAPE_COUNT) {
		struct column plain = c->member;
		plain.shape = (enum shape)c->shape;
		column_value(&plain, row, ret);
	} else if (!set_constant(c->shape, ret) && !set_child(c, s, row, ret) &&
		   !set_reckoned(c, (const char *)row + c->member.offset, ret)) {
		set_other(c, row, ret);
	}
}

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
#include "core/model/alg.h"
#include "core/model/peer.h"
#include "core/model/selector.h"

#define EDITION "1.5"

enum { INT_MOST = 2147483647, HH3C_INVALID = INT_MOST };

static const struct {
	enum encr encr;
	uint32_t bits, hh3c_ike, hh3c_ipsec, cisco;
} encrs[] = {
#define FOREIGN_ENCR(code, ...) { ENCR_##code, __VA_ARGS__ },
#include "snmp/foreignalg.def"
#undef FOREIGN_ENCR
};
static const struct {
	enum integ integ;
	uint32_t hh3c_ike, hh3c_ipsec, cisco;
} integs[] = {
#define FOREIGN_INTEG(code, ...) { INTEG_##code, __VA_ARGS__ },
#include "snmp/foreignalg.def"
#undef FOREIGN_INTEG
};

static void set_number(struct value *v, uint8_t type, uint64_t number)
{
	v->type = type;
	v->number = (long)number;
	v->at = &v->number;
	v->n = sizeof(v->number);
}

static void set_int(struct value *v, uint64_t number)
{
	set_number(v, ASN_INTEGER, MIN_OF(number, (uint64_t)INT_MOST));
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

static void set_octets(struct value *v, uint8_t type, const void *at, size_t n)
{
	v->type = type;
	v->n = MIN_OF(n, sizeof(v->octets));
	memcpy(v->octets, at, v->n);
	v->at = v->octets;
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
	set_octets(v, ASN_IPADDRESS, a.ip, 4);
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

static uint32_t hh3c_group(int group)
{
	unsigned n = group ? alg_group((enum group)group)->number : 0;

	return n == 0 || n == 1 || n == 2 || n == 5 || n == 14 || n == 24 ? n : HH3C_INVALID;
}

/* The place in the register, COUNT_OF(encrs) when there is none. */
static size_t encr_place(int encr, uint32_t bits)
{
	size_t i = 0;

	while (i < COUNT_OF(encrs) &&
	       ((int)encrs[i].encr != encr || (encrs[i].bits && encrs[i].bits != bits)))
		i++;
	return i;
}

static size_t integ_place(int integ)
{
	size_t i = 0;

	while (i < COUNT_OF(integs) && (int)integs[i].integ != integ)
		i++;
	return i;
}

static uint32_t encr_number(int shape, int encr, uint32_t bits)
{
	size_t i = encr_place(encr, bits);

	if (i == COUNT_OF(encrs))
		return HH3C_INVALID;
	return shape == SHAPE_HH3C_IKE_ENCR ? encrs[i].hh3c_ike : encrs[i].hh3c_ipsec;
}

static uint32_t integ_number(int shape, int integ)
{
	size_t i = integ_place(integ);

	if (i == COUNT_OF(integs))
		return HH3C_INVALID;
	return shape == SHAPE_HH3C_IKE_HASH ? integs[i].hh3c_ike : integs[i].hh3c_ipsec;
}

/* Values that do not look at the row. */
static bool set_constant(int shape, struct value *ret)
{
	switch (shape) {
	case SHAPE_ZERO:
	case SHAPE_ONE:
	case SHAPE_TWO:
	case SHAPE_THREE:
		set_int(ret, (uint64_t)(shape - SHAPE_ZERO));
		return true;
	case SHAPE_GAUGE_0:
		set_number(ret, ASN_GAUGE, 0);
		return true;
	case SHAPE_ZERO_32:
		set_number(ret, ASN_COUNTER, 0);
		return true;
	case SHAPE_ZERO_64:
		set_counter(ret, 0);
		return true;
	case SHAPE_EMPTY:
		set_octets(ret, ASN_OCTET_STR, "", 0);
		return true;
	case SHAPE_EDITION:
		set_octets(ret, ASN_OCTET_STR, EDITION, strlen(EDITION));
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

static void set_algorithm(const struct foreign_column *c, const void *row, int alg,
			  struct value *ret)
{
	switch (c->shape) {
	case SHAPE_HH3C_IKE_ENCR:
	case SHAPE_HH3C_ENCR:
		set_int(ret, encr_number(c->shape, alg, bits_of(c, row)));
		break;
	case SHAPE_HH3C_IKE_HASH:
	case SHAPE_HH3C_AUTH:
		set_int(ret, integ_number(c->shape, alg));
		break;
	default:
		set_int(ret, hh3c_group(alg));
	}
}

/* RFC 2407 section 4.6.2.1 by family and shape: one address, a subnet, a range. */
static unsigned selector_kind(const struct selector *s, const struct prefix *p)
{
	bool is_6 = s->range.low.family == 6;

	if (addr_equal(&s->range.low, &s->range.high))
		return is_6 ? 5 : 1;
	return p->addr.family ? (is_6 ? 6 : 4) : (is_6 ? 8 : 7);
}

static void set_mask(struct value *v, unsigned bits)
{
	uint32_t mask = bits ? UINT32_MAX << (32 - bits) : 0;
	uint8_t o[4] = { (uint8_t)(mask >> 24), (uint8_t)(mask >> 16), (uint8_t)(mask >> 8),
			 (uint8_t)mask };

	set_octets(v, ASN_IPADDRESS, o, sizeof(o));
}

/* Without a selector: one address, 0.0.0.0. */
static void set_selector(int shape, const char *at, size_t most, struct value *ret)
{
	struct selector s = { 0 };
	struct prefix p = { 0 };
	char text[128];
	size_t n = strnlen(at, MIN_OF(most, sizeof(text) - 1));

	memcpy(text, at, n);
	text[n] = '\0';
	if (!selector_read(text, &s))
		s = (struct selector){ 0 };
	if (!s.range.low.family || !range_prefix(&s.range, &p))
		p = (struct prefix){ 0 };
	bool is_4 = s.range.low.family == 4;
	if (shape == SHAPE_TS_TYPE)
		set_int(ret, selector_kind(&s, &p));
	else if (shape == SHAPE_TS_PROTOCOL)
		set_int(ret, s.protocol);
	else if (shape == SHAPE_TS_PORT)
		set_int(ret, s.port);
	else if (shape == SHAPE_TS_HIGH && is_4 && p.addr.family)
		set_mask(ret, p.bits);
	else if (is_4)
		set_octets(ret, ASN_IPADDRESS,
			   shape == SHAPE_TS_LOW ? s.range.low.ip : s.range.high.ip, 4);
	else
		set_octets(ret, ASN_IPADDRESS, "\0\0\0", 4);
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

/* Of a pair of IPsec SAs. False: not such a shape. */
static bool set_child(const struct foreign_column *c, const struct spot *s,
		      const struct child_row *row, struct value *ret)
{
	switch (c->shape) {
	case SHAPE_REMAIN_KB:
		set_number(ret, ASN_GAUGE, remain_kb(row));
		return true;
	case SHAPE_SAS:
		set_number(ret, ASN_GAUGE, (row->spi_in != 0) + (row->spi_out != 0));
		return true;
	case SHAPE_CHILD_STATUS:
		set_int(ret, child_status(row->state));
		return true;
	case SHAPE_EXPIRING:
		set_int(ret, is_expiring(row) ? 2 : 1);
		return true;
	case SHAPE_SIDE:
		set_int(ret, s->side + 1);
		return true;
	case SHAPE_SPI:
		set_number(ret, ASN_UNSIGNED, s->side ? row->spi_out : row->spi_in);
		return true;
	case SHAPE_ERRORS_64:
		set_counter(ret, row->errors_replay + row->errors_integrity + row->errors_other);
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
		set_int(ret, wide(&c->member, at));
		return true;
	case SHAPE_INT_1:
		set_int(ret, MAX_OF(wide(&c->member, at), (uint64_t)1));
		return true;
	case SHAPE_CENTI:
		set_int(ret, wide(&c->member, at) * 100);
		return true;
	case SHAPE_OR_NONE: {
		uint64_t n = wide(&c->member, at);
		set_int(ret, n ? n : HH3C_INVALID);
		return true;
	}
	case SHAPE_TWICE:
		set_number(ret, ASN_GAUGE, MIN_OF(2 * wide(&c->member, at), (uint64_t)UINT32_MAX));
		return true;
	case SHAPE_DROPS_64:
		set_counter(ret, drops(at));
		return true;
	case SHAPE_PLANE_DROPS_64:
		set_counter(ret, plane_drops(at));
		return true;
	default:
		return false;
	}
}

static void set_other(const struct foreign_column *c, const void *row, struct value *ret)
{
	const void *at = (const char *)row + c->member.offset;
	const struct ike_sa_row *sa = row;

	switch (c->shape) {
	case SHAPE_IPV4:
		set_ipv4(ret, at, c->member.size);
		break;
	case SHAPE_LOCAL_ID:
		set_int(ret, id_number(sa->local_id_type, sa->local_id, sizeof(sa->local_id)));
		break;
	case SHAPE_REMOTE_ID:
		set_int(ret, id_number(sa->remote_id_type, sa->remote_id, sizeof(sa->remote_id)));
		break;
	case SHAPE_TAGGED:
		set_int(ret, *(const bool *)at ? 2 : 1);
		break;
	case SHAPE_NEGO_MODE:
		set_int(ret, *(const int *)at == MODE_AGGRESSIVE ? 4 : 2);
		break;
	case SHAPE_TS_TYPE:
	case SHAPE_TS_LOW:
	case SHAPE_TS_HIGH:
	case SHAPE_TS_PROTOCOL:
	case SHAPE_TS_PORT:
		set_selector(c->shape, at, c->member.size, ret);
		break;
	default:
		set_algorithm(c, row, *(const int *)at, ret);
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

	if (c->shape < SHAPE_COUNT) {
		struct column plain = c->member;
		plain.shape = (enum shape)c->shape;
		column_value(&plain, row, ret);
	} else if (!set_constant(c->shape, ret) && !set_child(c, s, row, ret) &&
		   !set_reckoned(c, (const char *)row + c->member.offset, ret)) {
		set_other(c, row, ret);
	}
}

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

static void set_algorithm(int shape, int alg, uint32_t bits, struct value *ret)
{
	size_t e = encr_place(alg, bits), h = integ_place(alg);
	bool known = shape == SHAPE_HH3C_IKE_HASH ? h < COUNT_OF(integs) : e < COUNT_OF(encrs);

	switch (shape) {
	case SHAPE_HH3C_IKE_ENCR:
		set_int(ret, known ? encrs[e].hh3c_ike : HH3C_INVALID);
		break;
	case SHAPE_HH3C_IKE_HASH:
		set_int(ret, known ? integs[h].hh3c_ike : HH3C_INVALID);
		break;
	default:
		set_int(ret, hh3c_group(alg));
	}
}

/* Values that do not look at the row. */
static bool set_constant(int shape, struct value *ret)
{
	switch (shape) {
	case SHAPE_ZERO:
	case SHAPE_ONE:
	case SHAPE_TWO:
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

static void set_other(const struct foreign_column *c, const void *row, struct value *ret)
{
	const void *at = (const char *)row + c->member.offset;
	const struct ike_sa_row *sa = row;

	switch (c->shape) {
	case SHAPE_INT:
		set_int(ret, wide(&c->member, at));
		break;
	case SHAPE_INT_1:
		set_int(ret, MAX_OF(wide(&c->member, at), (uint64_t)1));
		break;
	case SHAPE_CENTI:
		set_int(ret, wide(&c->member, at) * 100);
		break;
	case SHAPE_DROPS_64:
		set_counter(ret, drops(at));
		break;
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
	default:
		set_algorithm(c->shape, *(const int *)at, bits_of(c, row), ret);
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
	} else if (!set_constant(c->shape, ret)) {
		set_other(c, row, ret);
	}
}

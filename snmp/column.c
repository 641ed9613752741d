/* column.c - MIB columns: from a member of a row to an ASN.1 value
 *
 * column.def names the member and the shape of every column; here are the shapes. Values come
 * from a picture that the daemon made, so numbers are taken as they are, but a text is never
 * read beyond its member and what is not UTF-8 is shown as question marks (RFC 3411,
 * SnmpAdminString). Algorithms are IANA's IKEv2 numbers for both versions of IKE, so that a
 * new cipher needs no new edition of the MIB.
 *
 * Called by: walk.c, traps.c.  Thread: the agent's only one.  Owns: nothing.
 */
#include "snmp/column.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <string.h>
#include <time.h>

#include "core/base/addr.h"
#include "core/base/text.h"
#include "core/model/alg.h"
#include "snmp/spirows.h"

#define COLUMN_OF(tag, number_, name_, shape_, member) \
	{ .number = number_,                           \
	  .offset = offsetof(struct tag, member),      \
	  .size = sizeof(((struct tag *)0)->member),   \
	  .name = name_,                               \
	  .shape = SHAPE_##shape_ },

static const struct column gateway_columns[] = {
#define GATEWAY(...) COLUMN_OF(view, __VA_ARGS__)
#include "snmp/column.def"
#undef GATEWAY
};
static const struct column peer_columns[] = {
#define PEER(...) COLUMN_OF(peer_row, __VA_ARGS__)
#include "snmp/column.def"
#undef PEER
};
static const struct column ike_sa_columns[] = {
#define IKE_SA(...) COLUMN_OF(ike_sa_row, __VA_ARGS__)
#include "snmp/column.def"
#undef IKE_SA
};
static const struct column child_columns[] = {
#define CHILD(...) COLUMN_OF(child_row, __VA_ARGS__)
#include "snmp/column.def"
#undef CHILD
};
static const struct column tunnel_columns[] = {
#define TUNNEL(...) COLUMN_OF(tunnel_row, __VA_ARGS__)
#include "snmp/column.def"
#undef TUNNEL
};
static const struct column failure_columns[] = {
#define FAILURE(...) COLUMN_OF(failure_row, __VA_ARGS__)
#include "snmp/column.def"
#undef FAILURE
};
static const struct column spi_columns[] = {
#define SPI(...) COLUMN_OF(spi_row, __VA_ARGS__)
#include "snmp/column.def"
#undef SPI
};
static const struct column notify_columns[] = {
#define NOTIFY(...) COLUMN_OF(trap_tally, __VA_ARGS__)
#include "snmp/column.def"
#undef NOTIFY
};
static const struct column event_columns[] = {
#define EVENT_OBJECT(...) COLUMN_OF(event, __VA_ARGS__)
#include "snmp/column.def"
#undef EVENT_OBJECT
};

#define GRID(columns_, tag) \
	.columns = columns_, .columns_n = COUNT_OF(columns_), .row_size = sizeof(struct tag)

/* clang-format off */
static const struct grid grids[GRID_COUNT] = {
	[GRID_GATEWAY] = { "gateway",   1, 0, GRID(gateway_columns, view) },
	[GRID_PEER]    = { "peers",     2, 1, GRID(peer_columns, peer_row) },
	[GRID_IKE_SA]  = { "ike-sas",   3, 1, GRID(ike_sa_columns, ike_sa_row) },
	[GRID_CHILD]   = { "child-sas", 4, 1, GRID(child_columns, child_row) },
	[GRID_TUNNEL]  = { "tunnels",   5, 1, GRID(tunnel_columns, tunnel_row) },
	[GRID_FAILURE] = { "failures",  6, 1, GRID(failure_columns, failure_row) },
	[GRID_SPI]     = { "spis",      9, 2, GRID(spi_columns, spi_row) },
	[GRID_NOTIFY]  = { "notify",    7, 0, GRID(notify_columns, trap_tally) },
	[GRID_EVENT]   = { "event",     8, 0, GRID(event_columns, event) },
};
/* clang-format on */

const struct grid *grid_row(enum grid_id g)
{
	return &grids[g];
}

const void *grid_rows(enum grid_id g, const struct view *v, const struct trap_tally *t,
		      size_t *ret_n)
{
	*ret_n = 1;
	if (g == GRID_NOTIFY)
		return t;
	*ret_n = 0;
	if (!v)
		return NULL;
	switch (g) {
	case GRID_GATEWAY:
		*ret_n = 1;
		return v;
	case GRID_PEER:
		*ret_n = v->peers_n;
		return view_peers(v);
	case GRID_IKE_SA:
		*ret_n = v->ike_sas_n;
		return view_ike_sas(v);
	case GRID_CHILD:
		*ret_n = v->children_n;
		return view_children(v);
	case GRID_TUNNEL:
		*ret_n = v->tunnels_n;
		return view_tunnels(v);
	case GRID_FAILURE:
		*ret_n = v->failures_n;
		return view_failures(v);
	case GRID_SPI:
		return spi_rows(v, ret_n);
	default:
		return NULL;
	}
}

size_t grid_oid(const struct grid *g, unsigned long *ret)
{
	static const unsigned long mib[] = { IKEEPER_MIB };
	size_t n = IKEEPER_MIB_N;

	memcpy(ret, mib, sizeof(mib));
	ret[n++] = 1; /* ikeeperObjects */
	ret[n++] = g->arc;
	if (g->index_n)
		ret[n++] = 1; /* the entry */
	return n;
}

size_t grid_index(const struct grid *g, const void *row, unsigned long *ret)
{
	const uint32_t *own = row;

	ret[0] = 0;
	for (size_t i = 0; i < g->index_n; i++)
		ret[i] = own[i];
	return g->index_n ? g->index_n : 1;
}

static void set_number(struct value *v, uint8_t type, long number)
{
	v->type = type;
	v->number = number;
	v->at = &v->number;
	v->n = sizeof(v->number);
}

static void set_octets(struct value *v, const void *at, size_t n)
{
	v->type = ASN_OCTET_STR;
	v->n = MIN_OF(n, sizeof(v->octets) - 1);
	memcpy(v->octets, at, v->n);
	v->at = v->octets;
}

static void set_text(struct value *v, const char *s, size_t most)
{
	set_octets(v, s, strnlen(s, most));
	if (is_utf8((const char *)v->octets, v->n))
		return;
	for (size_t i = 0; i < v->n; i++)
		if (v->octets[i] >= 0x80 || v->octets[i] == 0)
			v->octets[i] = '?';
}

/* A whole number of whatever width the member has. */
static uint64_t wide(const struct column *c, const void *at)
{
	switch (c->size) {
	case 1:
		return *(const uint8_t *)at;
	case 2:
		return *(const uint16_t *)at;
	case 4:
		return *(const uint32_t *)at;
	default:
		return *(const uint64_t *)at;
	}
}

/* net-snmp's struct counter64 is two longs, 32 bits of use in each. */
static void set_counter(struct value *v, uint64_t n)
{
	struct counter64 *c = (struct counter64 *)v->wide;

	_Static_assert(sizeof(struct counter64) <= sizeof(v->wide), "room for a counter");
	c->high = n >> 32;
	c->low = n & UINT32_MAX;
	v->type = ASN_COUNTER64;
	v->at = v->wide;
	v->n = sizeof(*c);
}

/* RFC 2579: year, month, day, hour, minute, second, tenths, direction from UTC and distance.
 * What is not known is eight zeros. */
static void set_time(struct value *v, uint64_t wall_ms)
{
	time_t t = (time_t)(wall_ms / 1000);
	uint8_t o[11] = { 0 };
	struct tm d;

	if (!wall_ms || !gmtime_r(&t, &d)) {
		set_octets(v, o, 8);
		return;
	}
	unsigned year = (unsigned)d.tm_year + 1900;
	o[0] = (uint8_t)(year >> 8);
	o[1] = (uint8_t)year;
	o[2] = (uint8_t)(d.tm_mon + 1);
	o[3] = (uint8_t)d.tm_mday;
	o[4] = (uint8_t)d.tm_hour;
	o[5] = (uint8_t)d.tm_min;
	o[6] = (uint8_t)d.tm_sec;
	o[7] = (uint8_t)(wall_ms / 100 % 10);
	o[8] = '+';
	set_octets(v, o, sizeof(o));
}

static struct addr address_of(const struct column *c, const void *at)
{
	struct addr a = { 0 };
	char text[ADDR_TEXT];

	if (c->shape == SHAPE_BINARY || c->shape == SHAPE_BINARY_TYPE)
		return *(const struct addr *)at;
	size_t n = strnlen(at, MIN_OF(c->size, sizeof(text) - 1));
	memcpy(text, at, n);
	text[n] = '\0';
	if (!addr_read(text, &a))
		a = (struct addr){ 0 };
	return a;
}

/* RFC 4001: unknown 0, ipv4 1, ipv6 2. */
static void set_address_type(struct value *v, struct addr a)
{
	set_number(v, ASN_INTEGER, a.family == 4 ? 1 : a.family == 6 ? 2 : 0);
}

static void set_cookie(struct value *v, const char *hex, size_t most)
{
	char text[17];
	size_t n = strnlen(hex, MIN_OF(most, sizeof(text) - 1));

	memcpy(text, hex, n);
	text[n] = '\0';
	own(bytes) b = bytes_of_hex(text);
	set_octets(v, b ? b->at : (const uint8_t *)"", b ? b->n : 0);
}

static unsigned transform_number(enum shape s, int alg)
{
	switch (s) {
	case SHAPE_ENCR:
		return alg_encr((enum encr)alg)->v2;
	case SHAPE_PRF:
		return alg_integ((enum integ)alg)->v2_prf;
	case SHAPE_INTEG:
		return alg_integ((enum integ)alg)->v2_integ;
	default:
		return alg_group((enum group)alg)->number;
	}
}

/* RFC 2578 section 7.1.4: bit 0 is the highest of the first octet. */
static void set_mask(struct value *v, uint32_t mask)
{
	uint8_t o[4] = { 0 };

	for (unsigned i = 0; i < 32; i++)
		if (mask & 1u << i)
			o[i / 8] |= (uint8_t)(0x80 >> i % 8);
	set_octets(v, o, sizeof(o));
}

static void set_other(const struct column *c, const void *at, struct value *v)
{
	switch (c->shape) {
	case SHAPE_COOKIE:
		set_cookie(v, at, c->size);
		break;
	case SHAPE_REASON: {
		enum reason r = *(const enum reason *)at;
		const char *slug = r == R_OK ? "" : reason_slug(r);
		set_text(v, slug, strlen(slug));
		break;
	}
	case SHAPE_MASK:
		set_mask(v, *(const uint32_t *)at);
		break;
	case SHAPE_VERSION:
		set_text(v, IKEEPER_VERSION, strlen(IKEEPER_VERSION));
		break;
	default: /* the algorithms */
		set_number(v, ASN_UNSIGNED, transform_number(c->shape, *(const int *)at));
	}
}

void column_value(const struct column *c, const void *row, struct value *ret)
{
	const void *at = (const char *)row + c->offset;
	struct addr a;

	switch (c->shape) {
	case SHAPE_TEXT:
		set_text(ret, at, c->size);
		break;
	case SHAPE_FLAG:
		set_number(ret, ASN_INTEGER, *(const bool *)at ? 1 : 2);
		break;
	case SHAPE_ENUM:
	case SHAPE_ENUM_1:
		set_number(ret, ASN_INTEGER, *(const int *)at + (c->shape == SHAPE_ENUM_1));
		break;
	case SHAPE_NUMBER:
		set_number(ret, ASN_UNSIGNED, (long)MIN_OF(wide(c, at), (uint64_t)UINT32_MAX));
		break;
	case SHAPE_COUNT_32:
		set_number(ret, ASN_COUNTER, (long)(wide(c, at) & UINT32_MAX));
		break;
	case SHAPE_COUNT_64:
		set_counter(ret, wide(c, at));
		break;
	case SHAPE_TIME:
		set_time(ret, wide(c, at) * 1000);
		break;
	case SHAPE_TIME_MS:
		set_time(ret, wide(c, at));
		break;
	case SHAPE_ADDRESS_TYPE:
	case SHAPE_BINARY_TYPE:
		set_address_type(ret, address_of(c, at));
		break;
	case SHAPE_ADDRESS:
	case SHAPE_BINARY:
		a = address_of(c, at);
		set_octets(ret, a.ip, addr_size(&a));
		break;
	default:
		set_other(c, at, ret);
	}
}

/* foreignts.c - traffic selectors as other vendors' modules show them
 *
 * A selector of the picture is a text; the modules want its kind, first and last address or mask,
 * protocol and port, each in an object of its own. What is no selector is shown as the single
 * address 0.0.0.0.
 *
 * Called by: foreignvalue.c.  Thread: the agent's only one.  Owns: nothing.
 */
#include <string.h>

#include "core/base/text.h"
#include "core/model/selector.h"
#include "snmp/foreign.h"

/* ASN.1 as net-snmp numbers it. */
enum { OCTETS = 0x04, IP_ADDRESS = 0x40 };

struct taken {
	struct selector s;
	struct prefix p; /* family 0: a range that is no prefix */
	bool is_single, is_6;
};

static void take_apart(const char *at, size_t most, struct taken *ret)
{
	char text[SELECTOR_TEXT];
	size_t n = strnlen(at, MIN_OF(most, sizeof(text) - 1));

	*ret = (struct taken){ 0 };
	memcpy(text, at, n);
	text[n] = '\0';
	if (!selector_read(text, &ret->s))
		ret->s = (struct selector){ 0 };
	if (!ret->s.range.low.family || !range_prefix(&ret->s.range, &ret->p))
		ret->p = (struct prefix){ 0 };
	ret->is_single = addr_equal(&ret->s.range.low, &ret->s.range.high);
	ret->is_6 = ret->s.range.low.family == 6;
}

/* RFC 2407 section 4.6.2.1 by family and shape: one address, a subnet, a range. */
static unsigned hh3c_kind(const struct taken *t)
{
	if (t->is_single)
		return t->is_6 ? 5 : 1;
	return t->p.addr.family ? (t->is_6 ? 6 : 4) : (t->is_6 ? 8 : 7);
}

/* singleIpAddr(1), ipAddrRange(2), ipSubnet(3) */
static unsigned cisco_kind(const struct taken *t)
{
	return t->is_single ? 1 : t->p.addr.family ? 3 : 2;
}

static void mask_of(unsigned bits, uint8_t ret[16])
{
	for (unsigned i = 0; i < 16; i++, bits -= MIN_OF(bits, 8u))
		ret[i] = (uint8_t)(0xff00 >> MIN_OF(bits, 8u));
}

static void set_address(const struct taken *t, int shape, struct value *ret)
{
	bool is_high = shape == SHAPE_TS_HIGH || shape == SHAPE_END_HIGH || shape == SHAPE_TS_LAST;
	bool is_hh3c = shape == SHAPE_TS_LOW || shape == SHAPE_TS_HIGH;
	bool is_cisco = shape == SHAPE_END_LOW || shape == SHAPE_END_HIGH;
	const struct addr *a = is_high ? &t->s.range.high : &t->s.range.low;
	uint8_t o[16] = { 0 };

	memcpy(o, a->ip, sizeof(o));
	/* HH3C gives a single address the mask of one, Cisco the address again. */
	if (is_high && t->p.addr.family && (!is_cisco || !t->is_single))
		mask_of(t->p.bits, o);
	if (is_hh3c && t->is_6)
		memset(o, 0, sizeof(o));
	foreign_set_octets(ret, is_hh3c ? IP_ADDRESS : OCTETS, o, t->is_6 && !is_hh3c ? 16 : 4);
}

void foreign_selector(int shape, const char *at, size_t most, struct value *ret)
{
	struct taken t;

	take_apart(at, most, &t);
	switch (shape) {
	case SHAPE_TS_TYPE:
		foreign_set_int(ret, hh3c_kind(&t));
		break;
	case SHAPE_END_TYPE:
		foreign_set_int(ret, cisco_kind(&t));
		break;
	case SHAPE_TS_FAMILY:
		foreign_set_int(ret, t.s.range.low.family == 6 ? 2 : 1);
		break;
	case SHAPE_TS_PROTOCOL:
		foreign_set_int(ret, t.s.protocol);
		break;
	case SHAPE_TS_PORT:
		foreign_set_int(ret, t.s.port);
		break;
	default:
		set_address(&t, shape, ret);
	}
}

/* life1.c - lifetimes as a list of attributes
 *
 * A responder whose lifetimes are shorter than those it accepted says so by a notification whose data
 * is such a list: a life type, then a duration of that type, maybe twice (RFC 2407 sections 4.5 and
 * 4.6.3.1). A duration of more than 32 bits is as good as the longest that fits.
 *
 * Called by core/ike/v1.  Thread: any, values only.  Owns: nothing.
 */
#include "core/wire/life1.h"

#include "core/wire/sa1_class.h"

static void write_one(struct wr *w, unsigned type, uint32_t v)
{
	if (v == 0)
		return;
	wr_u16(w, (uint16_t)(IPSEC_LIFE_TYPE | SHORT_FORM));
	wr_u16(w, (uint16_t)type);
	wr_u16(w, IPSEC_LIFE);
	wr_u16(w, sizeof(v));
	wr_u32(w, v);
}

void life1_write(struct wr *w, const struct life1 *l)
{
	write_one(w, LIFE_SECONDS, l->seconds);
	write_one(w, LIFE_KILOBYTES, l->kilobytes);
}

/* Big-endian, of any length. */
static uint32_t number_of(struct slice octets)
{
	uint64_t v = 0;

	for (size_t i = 0; i < octets.n; i++)
		if ((v = v << 8 | octets.at[i]) > UINT32_MAX)
			return UINT32_MAX;
	return (uint32_t)v;
}

static void keep(struct life1 *l, uint32_t type, uint32_t v)
{
	if (type == LIFE_SECONDS)
		l->seconds = v;
	else if (type == LIFE_KILOBYTES)
		l->kilobytes = v;
}

enum reason life1_read(struct slice list, struct life1 *ret, struct fault *f)
{
	struct rd r = rd_of(list);
	struct life1 l = { 0 };
	uint32_t type = 0;

	while (rd_left(&r) && !r.torn) {
		uint16_t class = rd_u16(&r), word = rd_u16(&r);
		uint32_t v = class & SHORT_FORM ? word : number_of(rd_slice(&r, word));

		if ((class & ~SHORT_FORM) == IPSEC_LIFE_TYPE)
			type = v;
		else if ((class & ~SHORT_FORM) == IPSEC_LIFE)
			keep(&l, type, v);
	}
	if (r.torn)
		return fail(f, R_MALFORMED, "a list of lifetimes goes beyond its end");
	*ret = l;
	return R_OK;
}

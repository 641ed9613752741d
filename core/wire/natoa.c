/* natoa.c - the original address of an end, before a NAT changed it
 *
 * Reserved octets are ignored, as RFC 3947 wants it.
 *
 * Called by core/ike/v1 and dump.c.  Thread: any, values only.  Owns: nothing.
 */
#include "core/wire/natoa.h"

#include "core/wire/ident.h"

enum { RESERVED = 3, IPV4_OCTETS = 4, IPV6_OCTETS = 16 };

enum reason natoa_read(struct slice body, struct addr *ret, struct fault *f)
{
	struct rd r = rd_of(body);
	uint8_t type = rd_u8(&r);
	size_t due = type == ID_IPV4_ADDR ? IPV4_OCTETS : IPV6_OCTETS;

	rd_take(&r, RESERVED);
	if (r.torn)
		return fail(f, R_BAD_NATOA, "an original address of %zu octets", body.n);
	if (type != ID_IPV4_ADDR && type != ID_IPV6_ADDR)
		return fail(f, R_BAD_NATOA,
			    "an original address must be an IPv4 or IPv6 address, not of type %u",
			    (unsigned)type);
	if (rd_left(&r) != due)
		return fail(f, R_BAD_NATOA,
			    "an original address of type %u has %zu octets, not %zu",
			    (unsigned)type, rd_left(&r), due);
	return addr_of_slice(rd_rest(&r), ret)
		       ? R_OK
		       : fail(f, R_BAD_NATOA, "an original address of %zu octets", body.n);
}

void natoa_write(struct wr *w, const struct addr *a)
{
	static const uint8_t reserved[RESERVED];

	wr_u8(w, a->family == 6 ? ID_IPV6_ADDR : ID_IPV4_ADDR);
	wr_slice(w, slice(reserved, sizeof(reserved)));
	wr_slice(w, addr_slice(a));
}

/* frag1.c - one piece of an IKEv1 message that was cut
 *
 * Called by core/ike.  Thread: any, values only.  Owns: nothing.
 * Not here: putting pieces together - core/ike/pieces.c.
 */
#include "core/wire/frag1.h"

#include "core/wire/payload.h"

enum { LAST = 1 };

enum reason frag1_read(struct slice datagram, const struct header *h, struct frag1 *ret,
		       struct fault *f)
{
	struct rd r = rd_of(datagram);
	struct frag1 p = { 0 };
	size_t whole, room = h->length - HEADER_SIZE;

	rd_take(&r, HEADER_SIZE);
	rd_take(&r, 2); /* next payload and reserved: nothing may follow that matters */
	whole = rd_u16(&r);
	p.id = rd_u16(&r);
	p.number = rd_u8(&r);
	p.last = rd_u8(&r) & LAST;
	if (r.torn || room < FRAG1_HEAD)
		return fail(f, R_MALFORMED, "%zu octets are too few for a fragment", room);
	if (whole <= FRAG1_HEAD || whole > room)
		return fail(f, R_MALFORMED, "a fragment claims %zu octets, %zu are there", whole,
			    room);
	if (p.number == 0)
		return fail(f, R_MALFORMED, "a fragment with the number 0");
	p.data = rd_slice(&r, whole - FRAG1_HEAD);
	*ret = p;
	return R_OK;
}

void frag1_write(struct wr *w, const struct header *of, const struct frag1 *piece)
{
	struct header h = *of;

	h.next = payload_v1(PL_FRAG);
	h.flags = 0;
	h.length = (uint32_t)(HEADER_SIZE + FRAG1_HEAD + piece->data.n);
	header_write(w, &h);
	wr_u16(w, 0);
	wr_u16(w, (uint16_t)(FRAG1_HEAD + piece->data.n));
	wr_u16(w, piece->id);
	wr_u8(w, piece->number);
	wr_u8(w, piece->last ? LAST : 0);
	wr_slice(w, piece->data);
}

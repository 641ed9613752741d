/* writer.c - building an IKEv1 message: chain fix-ups, lengths, padding
 *
 * A payload's length and its type are known only after and before it in other places: the
 * length goes into its own header once it is closed, the type into the octet its predecessor
 * (or the message's header) keeps for it. Both are patched, so whoever builds a message
 * writes bodies and nothing else. What does not fit tears the writer, and a torn message
 * comes out as no message.
 *
 * Called by core/ike/v1.  Thread: any, values only.  Owns: nothing; the buffer is the caller's.
 * Not here: encryption. The body is padded, the IV chain is core/ike/v1's.
 */
#include "core/wire/writer.h"

enum { NEXT_AT = 16, LENGTH_AT = 24 };

void writer_start(struct writer *w, uint8_t *at, size_t cap, const struct header *h)
{
	struct header fresh = *h;

	/* both are put right later; a stale value must not survive */
	fresh.next = 0;
	fresh.length = HEADER_SIZE;
	*w = (struct writer){ .wr = wr_of(at, cap), .next_at = NEXT_AT };
	header_write(&w->wr, &fresh);
}

/* Close the open payload: now its length is known. */
static void finish(struct writer *w)
{
	if (w->start_at == 0)
		return;

	size_t n = w->wr.n - w->start_at;

	if (n > UINT16_MAX)
		w->wr.torn = true;
	wr_patch_u16(&w->wr, w->start_at + 2, (uint16_t)n);
	w->start_at = 0;
}

struct wr *writer_payload(struct writer *w, enum payload kind)
{
	return writer_payload_type(w, payload_v1(kind));
}

struct wr *writer_payload_type(struct writer *w, uint8_t v1_type)
{
	finish(w);
	if (v1_type == 0)
		w->wr.torn = true; /* "none" would hide what follows */
	wr_patch_u8(&w->wr, w->next_at, v1_type);
	w->start_at = w->wr.n;
	w->next_at = w->wr.n;
	wr_zeros(&w->wr, 4);
	return &w->wr;
}

struct slice writer_chain(struct writer *w, size_t offset)
{
	finish(w);

	struct rd r = rd_of(wr_done(&w->wr));

	rd_take(&r, offset);
	return rd_rest(&r);
}

size_t writer_at(struct writer *w)
{
	finish(w);
	return w->wr.n;
}

struct slice writer_done(struct writer *w, unsigned block)
{
	finish(w);

	size_t over = block && w->wr.n >= HEADER_SIZE ? (w->wr.n - HEADER_SIZE) % block : 0;

	if (over)
		wr_zeros(&w->wr, block - over);
	if (w->wr.n > UINT32_MAX)
		w->wr.torn = true;
	wr_patch_u32(&w->wr, LENGTH_AT, (uint32_t)w->wr.n);
	return wr_done(&w->wr);
}

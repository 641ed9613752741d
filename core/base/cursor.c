/* cursor.c - the only pointer arithmetic in the house
 *
 * Strangers' octets are read, and ours written, through a cursor that knows its end.
 * The first step beyond the end tears it: a reader yields zeros from then on and a
 * writer writes nothing more, so a caller may do all its steps and ask once.
 *
 * Called by core/wire, core/crypto, core/ike and the data planes.
 * Thread: any, values only.  Owns: nothing; the octets stay their owner's.
 * Not here: what the octets mean.
 */
#include "core/base/cursor.h"

#include <string.h>

/* An empty slice may have no address, and NULL may not even be moved by zero. */
static const uint8_t nowhere[1];

struct rd rd_of(struct slice s)
{
	const uint8_t *at = s.n ? s.at : nowhere;

	return (struct rd){ .at = at, .end = at + s.n };
}

const uint8_t *rd_take(struct rd *r, size_t n)
{
	if (r->torn || rd_left(r) < n) {
		r->torn = true;
		return NULL;
	}

	const uint8_t *at = r->at;
	r->at += n;
	return at;
}

static uint64_t take_number(struct rd *r, size_t n)
{
	const uint8_t *at = rd_take(r, n);
	uint64_t v = 0;

	for (size_t i = 0; at && i < n; i++)
		v = v << 8 | at[i];
	return v;
}

uint8_t rd_u8(struct rd *r)
{
	return (uint8_t)take_number(r, 1);
}

uint16_t rd_u16(struct rd *r)
{
	return (uint16_t)take_number(r, 2);
}

uint32_t rd_u32(struct rd *r)
{
	return (uint32_t)take_number(r, 4);
}

uint64_t rd_u64(struct rd *r)
{
	return take_number(r, 8);
}

struct rd rd_sub(struct rd *r, size_t n)
{
	const uint8_t *at = rd_take(r, n);

	if (!at)
		return (struct rd){ .at = nowhere, .end = nowhere, .torn = true };
	return (struct rd){ .at = at, .end = at + n };
}

struct slice rd_slice(struct rd *r, size_t n)
{
	const uint8_t *at = rd_take(r, n);

	return at ? slice(at, n) : slice(NULL, 0);
}

struct slice rd_rest(struct rd *r)
{
	return rd_slice(r, rd_left(r));
}

/* A torn reader has nothing left, so loops over "while there is something" end. */
size_t rd_left(const struct rd *r)
{
	return r->torn || !r->at ? 0 : (size_t)(r->end - r->at);
}

struct wr wr_of(uint8_t *at, size_t cap)
{
	return (struct wr){ .at = at, .cap = at ? cap : 0 };
}

/* Room for n octets at the end, or NULL and torn. */
static uint8_t *make_room(struct wr *w, size_t n)
{
	if (w->torn || w->cap - w->n < n) {
		w->torn = true;
		return NULL;
	}

	size_t off = w->n;
	w->n += n;
	return n ? w->at + off : NULL;
}

static void put_number(uint8_t *at, uint64_t v, size_t n)
{
	for (size_t i = n; at && i > 0; i--) {
		at[i - 1] = (uint8_t)v;
		v >>= 8;
	}
}

void wr_u8(struct wr *w, uint8_t v)
{
	put_number(make_room(w, 1), v, 1);
}

void wr_u16(struct wr *w, uint16_t v)
{
	put_number(make_room(w, 2), v, 2);
}

void wr_u32(struct wr *w, uint32_t v)
{
	put_number(make_room(w, 4), v, 4);
}

void wr_u64(struct wr *w, uint64_t v)
{
	put_number(make_room(w, 8), v, 8);
}

void wr_slice(struct wr *w, struct slice s)
{
	uint8_t *at = make_room(w, s.n);

	/* move, not copy: a message may quote a part of itself */
	if (at)
		memmove(at, s.at, s.n);
}

void wr_zeros(struct wr *w, size_t n)
{
	uint8_t *at = make_room(w, n);

	if (at)
		memset(at, 0, n);
}

static void patch(struct wr *w, size_t off, uint64_t v, size_t n)
{
	if (w->torn || off > w->n || w->n - off < n) {
		w->torn = true;
		return;
	}
	put_number(w->at + off, v, n);
}

void wr_patch_u8(struct wr *w, size_t off, uint8_t v)
{
	patch(w, off, v, 1);
}

void wr_patch_u16(struct wr *w, size_t off, uint16_t v)
{
	patch(w, off, v, 2);
}

void wr_patch_u32(struct wr *w, size_t off, uint32_t v)
{
	patch(w, off, v, 4);
}

struct slice wr_done(const struct wr *w)
{
	return w->torn ? slice(NULL, 0) : slice(w->at, w->n);
}

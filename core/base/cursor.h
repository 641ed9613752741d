/* cursor.h - the only pointer arithmetic in the house
 *
 * A reader tears at the first overrun, yields zeros from then on and never moves
 * again; callers check `torn` once at the end. A writer does the same when full.
 * All numbers are big endian (network order).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/bytes.h"

struct rd {
	const uint8_t *at, *end;
	bool torn;
};

struct rd rd_of(struct slice s);
const uint8_t *rd_take(struct rd *r, size_t n); /* NULL when torn */
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
/* A reader over the next n octets, which are skipped here. Torn parent, torn child. */
struct rd rd_sub(struct rd *r, size_t n);
struct slice rd_slice(struct rd *r, size_t n); /* {NULL,0} when torn */
struct slice rd_rest(struct rd *r); /* what is left; moves to the end */
size_t rd_left(const struct rd *r);

struct wr {
	uint8_t *at;
	size_t n, cap;
	bool torn;
};

struct wr wr_of(uint8_t *at, size_t cap);
void wr_u8(struct wr *w, uint8_t v);
void wr_u16(struct wr *w, uint16_t v);
void wr_u32(struct wr *w, uint32_t v);
void wr_u64(struct wr *w, uint64_t v);
void wr_slice(struct wr *w, struct slice s);
void wr_zeros(struct wr *w, size_t n);
/* Overwrite what was written before, at an offset from the start. */
void wr_patch_u8(struct wr *w, size_t off, uint8_t v);
void wr_patch_u16(struct wr *w, size_t off, uint16_t v);
void wr_patch_u32(struct wr *w, size_t off, uint32_t v);
struct slice wr_done(const struct wr *w); /* {NULL,0} when torn */

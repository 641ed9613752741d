/* cut.h - cutting the kernel's super-packets into packets that fit
 *
 * What TUN hands over may be a TCP or UDP packet of up to 64 KiB with a note into which pieces
 * it wants to be cut, or one whose checksum is not finished. Cutting copies, so the pieces can
 * be written straight to where they are sealed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ipsec/inner.h"

struct cut {
	uint8_t *packet;
	struct inner inner;
	size_t head; /* IP and transport headers: in every piece */
	size_t at, end; /* what of the payload comes next */
	size_t piece; /* payload octets of a full piece */
	uint32_t seq;
	uint16_t id;
	bool whole; /* goes as it is, once */
};

/* `frame` starts with the virtio header. The inner packet is parsed on the way. */
bool cut_begin(struct cut *c, uint8_t *frame, size_t n);
size_t cut_next_n(const struct cut *c); /* octets of the next piece, 0: no more */
void cut_next(struct cut *c, uint8_t *ret);

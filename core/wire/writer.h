/* writer.h - building an IKEv1 message: chain fix-ups, lengths, padding
 *
 *	writer_start(&w, buf, cap, &header);
 *	struct wr *b = writer_payload(&w, PL_NONCE);
 *	wr_slice(b, nonce);
 *	struct slice datagram = writer_done(&w, 0);
 *
 * Each payload is closed when the next one starts. The chain's first octet is at HEADER_SIZE.
 */
#pragma once

#include <stdint.h>

#include "core/base/cursor.h"
#include "core/wire/header.h"
#include "core/wire/payload.h"

struct writer {
	struct wr wr;
	size_t next_at; /* where the type of the next payload goes */
	size_t start_at; /* generic header of the open payload, 0 none */
};

void writer_start(struct writer *w, uint8_t *at, size_t cap, const struct header *h);
struct wr *writer_payload(struct writer *w, enum payload kind);
struct wr *writer_payload_type(struct writer *w, uint8_t v1_type); /* for draft numbers */
/* Octets of the chain from `offset` (of the datagram) on, closing the open payload: what a
 * HASH covers. */
struct slice writer_chain(struct writer *w, size_t offset);
size_t writer_at(struct writer *w); /* offset where the next payload will start */
/* Pad the body with zeros to a multiple of `block` (0: no padding), set the length field.
 * {NULL,0} when it did not fit. */
struct slice writer_done(struct writer *w, unsigned block);

/* pieces.h - messages that arrive in pieces, and messages that leave in pieces
 *
 * Nothing protects a piece, so all that is spent on one is bounded: PIECES_EACH octets for whom they
 * come, PIECES_ALL in all (the oldest collection makes room), and constant work for each. Any order
 * completes; a piece that comes twice is the same piece; a piece that contradicts what is there
 * takes its place, so that nothing forged or left over keeps an honest message out for longer than
 * until it is sent again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/fault.h"

struct engine;
struct pieces; /* of one message; its owner keeps a pointer to it, NULL none */

enum {
	PIECES_EACH = 64 * 1024, /* octets, all that is allocated for one message */
	PIECES_ALL = 4 * 1024 * 1024,
	PIECES_IP_MOST = 1280, /* what fragment_octets can be: that passes everywhere (RFC 8200) */
};

struct piece {
	uint32_t message_id; /* these three name the message it belongs to */
	uint16_t id;
	uint8_t exchange;
	uint8_t number; /* from 1 */
	bool last;
	struct slice data;
};

/* One more piece for the owner of `slot`. When it was the last one missing *ret_whole is the message,
 * to be freed by the caller, and nothing is kept; else it is NULL. R_MALFORMED: number 0 or no data;
 * R_BUSY: too much (all of this message is dropped); R_NO_MEMORY. */
enum reason pieces_put(struct engine *e, struct pieces **slot, const struct piece *p,
		       struct bytes **ret_whole, struct fault *f);
void pieces_drop(struct pieces **slot); /* its owner goes; a slot with NULL is fine */

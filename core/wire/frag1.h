/* frag1.h - one piece of an IKEv1 message that was cut
 *
 * The vendor mechanism behind the vendor id "FRAGMENTATION" ([MS-IKEE] section 2.2.3.12, spoken by
 * strongSwan, Libreswan, racoon and Cisco alike): the whole message, header included, is cut; each
 * piece goes behind a header of its own as the only payload, type 132. Nothing protects a piece.
 */
#pragma once

#include <stdbool.h>

#include "core/wire/header.h"

enum { FRAG1_HEAD = 8, FRAG1_MOST = 255 }; /* octets before the data; pieces of a message */

struct frag1 {
	uint16_t id; /* the same for all pieces of a message */
	uint8_t number; /* from 1 */
	bool last;
	struct slice data; /* borrowed; never empty */
};

/* The piece behind this header, whose next payload is PL_FRAG. R_MALFORMED: lengths that cannot be, no
 * data, number 0. Octets behind it are ignored. */
enum reason frag1_read(struct slice datagram, const struct header *h, struct frag1 *ret,
		       struct fault *f);
/* A whole datagram: `of`, the header of the message that is cut, in the clear and with the length put
 * right, and the piece. */
void frag1_write(struct wr *w, const struct header *of, const struct frag1 *piece);

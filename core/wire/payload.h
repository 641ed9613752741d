/* payload.h - the register of payload types, and the walker of a chain
 *
 * RFC 2408 section 3.2: each payload names the type of the one after it, and its length
 * counts its own four-octet header.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/cursor.h"
#include "core/base/fault.h"

enum payload {
#define PAYLOAD(code, name, v1, v2, least, rep) PL_##code,
#include "core/wire/payload.def"
#undef PAYLOAD
	PL_COUNT
};

/* One bit per payload kind, for the masks of step tables. */
#define P(code) (1u << PL_##code)

struct pl {
	enum payload kind; /* PL_COUNT: a type we do not know */
	uint8_t type; /* number on the wire */
	struct slice body; /* without the generic header */
	struct slice whole;
};

enum { CHAIN_MAX = 48 };

struct chain {
	size_t n;
	uint32_t have; /* one bit per known payload kind */
	bool has_unknown; /* a type outside the register, ignored but counted */
	uint8_t last_next; /* the last payload's Next Payload octet: 0 unless the peer is odd */
	struct slice all; /* every octet of the chain without the padding behind it */
	struct pl at[CHAIN_MAX];
};

const char *payload_word(unsigned v1_type); /* "key exchange"; "?" when unknown */
uint8_t payload_v1(enum payload p);
/* Walk an IKEv1 chain that starts with type `first`. R_MALFORMED with a sentence for lengths
 * that cannot be, R_BAD_PAYLOAD for a type twice that may stand once, or too many. Types above
 * 127 that are unknown are private and skipped; unknown ones below are skipped too and flagged. */
enum reason chain_read(struct slice octets, uint8_t first, struct chain *ret, struct fault *f);
const struct pl *chain_find(const struct chain *c, enum payload kind); /* the first, or NULL */
const struct pl *chain_next(const struct chain *c, const struct pl *after); /* same kind, or NULL */

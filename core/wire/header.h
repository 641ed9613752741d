/* header.h - the 28-octet ISAKMP header, both versions (RFC 2408 section 3.1, RFC 7296 3.1) */
#pragma once

#include <stdint.h>

#include "core/base/cursor.h"
#include "core/base/fault.h"

enum { HEADER_SIZE = 28, COOKIE_SIZE = 8, VERSION_1 = 0x10, VERSION_2 = 0x20 };

enum exchange_type {
	XCHG_NONE = 0,
	XCHG_BASE = 1,
	XCHG_MAIN = 2, /* identity protection */
	XCHG_AUTH_ONLY = 3,
	XCHG_AGGRESSIVE = 4,
	XCHG_INFO = 5,
	XCHG_TRANSACTION = 6,
	XCHG_QUICK = 32,
	XCHG_NEW_GROUP = 33,
	XCHG_IKE_SA_INIT = 34,
	XCHG_IKE_AUTH = 35,
	XCHG_CREATE_CHILD_SA = 36,
	XCHG_INFORMATIONAL = 37,
};

enum { FLAG_ENCRYPTED = 1, FLAG_COMMIT = 2, FLAG_AUTH_ONLY = 4 };

struct header {
	uint8_t cky_i[COOKIE_SIZE], cky_r[COOKIE_SIZE];
	uint8_t next, version, exchange, flags;
	uint32_t message_id;
	uint32_t length;
};

/* R_MALFORMED when shorter than a header, or the length field is below 28 or beyond the
 * datagram. A datagram longer than the length field is fine: the rest is ignored. */
enum reason header_read(struct slice datagram, struct header *ret, struct fault *f);
void header_write(struct wr *w, const struct header *h);
const char *exchange_word(unsigned type); /* "main mode", "quick mode", ... "?" */

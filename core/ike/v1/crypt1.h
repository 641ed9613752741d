/* crypt1.h - encrypted messages and their IV chains (RFC 2409 appendix B) */
#pragma once

#include "core/base/bytes.h"
#include "core/crypto/keys1.h"
#include "core/wire/header.h"
#include "core/wire/writer.h"

/* The body of an encrypted message in the clear. `iv` is the chain before it; ret_iv (BLOCK_MAX) the
 * chain after it, to be taken over only once the message proved good. */
enum reason crypt1_open(const struct keys1 *k, const uint8_t *iv, const struct header *h,
			struct slice datagram, struct bytes **ret, uint8_t *ret_iv,
			struct fault *f);
/* Pads, encrypts in place and moves the chain; the finished datagram, empty when it did not fit. */
struct slice crypt1_seal(const struct keys1 *k, uint8_t *iv, uint8_t *at, struct writer *w);

/* read1.h - the payloads of a message, in the clear or opened; this room only */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/model/alg.h"
#include "core/wire/header.h"
#include "core/wire/payload.h"

struct engine;
struct exchange;
struct keys1; /* core/crypto/keys1.h */
struct packet; /* core/ike/ports.h */
struct sa1; /* core/wire/sa1.h */

/* An encrypted message, opened: its chain borrows from `clear`. */
struct opened {
	struct bytes *clear;
	struct chain chain;
	uint8_t iv[BLOCK_MAX]; /* the chain behind it, to be taken over once it proved good */
};

/* What stands behind the header as it came; its chain borrows from the datagram. */
enum reason read1_clear(const struct packet *p, const struct header *h, struct chain *ret,
			struct fault *f);
/* The caller frees ret->clear, also after a failure. */
enum reason read1_sealed(const struct keys1 *k, const uint8_t *iv, const struct packet *p,
			 const struct header *h, struct opened *ret, struct fault *f);
/* The same for a message of phase 2, which begins with its HASH. */
enum reason read1_hashed(const struct keys1 *k, const uint8_t *iv, const struct packet *p,
			 const struct header *h, struct opened *ret, struct fault *f);
/* What that HASH covers: all behind it, without padding. */
struct slice read1_rest(const struct chain *c);
/* The body of an SA payload, and into the story as what the peer offers or chose. */
enum reason read1_offer(struct exchange *x, struct slice body, struct sa1 *ret, struct fault *f);
/* What RESPONDER-LIFETIME says about this protocol, where it is less. True: something. */
bool read1_lifetimes(const struct chain *c, unsigned protocol, uint32_t *seconds,
		     uint32_t *kilobytes);
/* The last payload names none behind it; looked at only where the settings want it. */
enum reason read1_end(const struct engine *e, const struct chain *c, struct fault *f);
/* A fragment came: it is put to the others (pieces1.c). The message when it is whole now, with its
 * header; the caller frees it. NULL: not yet, or refused and counted. Only whom we told that we take
 * fragments is listened to, and nobody before we have a record of him: a first message never comes in
 * fragments, since its sender cannot know yet that we take them. */
struct bytes *pieces1_take(struct engine *e, const struct packet *p, const struct header *h,
			   struct header *ret);

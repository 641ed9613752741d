/* hello2.h - the first message of IKEv2, as far as it shows whether a peer speaks IKEv2 with us
 *
 * RFC 7296 section 1.2: IKE_SA_INIT with SA, KE and Nonce. The SA offers everything in the registers, so
 * that the answer is about the version and not about an algorithm. Nothing is ever agreed on by it.
 */
#pragma once

#include <stdbool.h>

#include "core/base/cursor.h"
#include "core/wire/header.h"

enum { HELLO2_KEY = 32 };

/* The whole datagram; `key`: an X25519 public value, any 32 octets are one (RFC 7748 section 5). */
void hello2_write(struct wr *w, const uint8_t *cky_i, struct slice key, struct slice nonce);
/* An answer of one that speaks IKEv2 with us: it chose, or asks for another group. Refusals say
 * nothing, since a peer that does not know us refuses as well. */
bool hello2_is_spoken(struct slice datagram, const struct header *h);

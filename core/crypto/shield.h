/* shield.h - keyed protection of ESP packets, one SA, one direction
 *
 * RFC 4303 with RFC 3602 (AES-CBC), 2451 (3DES), 4106 (AES-GCM), 2410 (NULL) and
 * 2403, 2404, 4868 (HMAC). Contexts are keyed once and kept. One thread at a time.
 *
 * A packet lies in one buffer: 8 octets SPI and sequence number, the IV, the padded
 * text, the ICV. Sealing and opening happen in place.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/base/own.h"
#include "core/model/alg.h"

struct shield;

/* keymat: cipher key, salt, integrity key, in this order (RFC 2409 5.5, RFC 4106 section 8.1). */
struct shield *shield_new(const struct esp_suite *s, struct slice keymat, struct fault *f);
void shield_free(struct shield *s);
OWNABLE(shield)
unsigned shield_iv(const struct shield *s);
unsigned shield_icv(const struct shield *s);
unsigned shield_block(const struct shield *s); /* padding granule, at least 4 */

/* Seal: octets 0..7 are set, the text of text_n octets (a multiple of the granule) stands at
 * 8 + iv. The IV is made here: the 64-bit counter `iv_counter` for GCM (never repeat it),
 * unpredictable for CBC. The whole packet has 8 + iv + text_n + icv octets. */
enum reason shield_seal(struct shield *s, uint8_t *packet, size_t text_n, uint64_t iv_counter);
/* Open a packet of n octets; R_BAD_HASH if it does not verify, R_MALFORMED if the length cannot
 * be. *ret_text points into the packet. Nothing is decrypted before the ICV was good. */
enum reason shield_open(struct shield *s, uint8_t *packet, size_t n, struct slice *ret_text);

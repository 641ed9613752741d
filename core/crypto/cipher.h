/* cipher.h - CBC over the body of one IKEv1 message
 *
 * In place, whole blocks. `iv` (block octets) is what came before and becomes the last
 * cipher block, so the caller keeps the chain (RFC 2409 appendix B). Any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/fault.h"
#include "core/model/alg.h"

enum reason cipher_cbc_seal(enum encr e, unsigned key_bits, const uint8_t *key, uint8_t *iv,
			    uint8_t *at, size_t n);
enum reason cipher_cbc_open(enum encr e, unsigned key_bits, const uint8_t *key, uint8_t *iv,
			    uint8_t *at, size_t n);

/* prf.h - hashes and HMAC over pieces
 *
 * Any thread. `ret` must hold DIGEST_MAX octets; the digest's own size is alg_integ(i)->digest.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/model/alg.h"

enum reason prf_hash(enum integ i, const struct slice *parts, size_t n, uint8_t *ret);
enum reason prf_hmac(enum integ i, struct slice key, const struct slice *parts, size_t n,
		     uint8_t *ret);

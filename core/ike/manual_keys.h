/* manual_keys.h - IPsec SAs whose SPIs and keys are configured at both ends (keying: manual)
 *
 * They need no IKE SA, have no lifetime and no anti-replay check (there is no way to begin the
 * numbers anew together, RFC 4303 section 3.3.3), and are there as long as the tunnel is enabled:
 * after a reset they are back at once, with the same SPIs.
 */
#pragma once

#include <stdbool.h>

#include "core/base/fault.h"
#include "core/model/record.h"

struct child; /* child.h */
struct config; /* core/model/config.h */
struct flow; /* book.h */
struct text; /* core/base/text.h */
struct tunnel; /* core/model/tunnel.h */

bool manual_is(const struct tunnel *t);
/* Its pair, installed and up. R_INVALID: the keys do not fit the algorithms; R_PLANE, R_SYSTEM,
 * R_NO_MEMORY. It then tries again by itself, backing off. */
enum reason manual_start(struct flow *fl, const char *who, struct fault *f);
/* The keys it was built from, and what of its peer it depends on, as stale.h says. */
enum impact manual_stale(const struct child *c, const struct config *cfg, struct text *ret);

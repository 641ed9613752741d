/* sums.h - Diffie-Hellman as jobs
 *
 * A responder answers first and computes later: its public value comes from the pool (keypool.h),
 * the secret is asked for after the answer left. Each pair is used once. Cheap groups with nothing
 * under way are computed where we stand; everything else goes to the crew in batches.
 */
#pragma once

#include "core/crypto/dh.h"
#include "core/ike/exchange.h"

/* EV_KEY follows: at once (x->ready) or when the job is back. GROUP_NONE: at once, no key. */
enum reason sums_key(struct exchange *x, enum group g, struct fault *f);
/* The secret of x->key and x->peer_public; EV_SECRET follows. R_BAD_KEY before any sum when the
 * value cannot be; R_BUSY when the crew is full. Without a group: at once, no secret. */
enum reason sums_secret(struct exchange *x, struct fault *f);

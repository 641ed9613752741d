/* sums.h - Diffie-Hellman as jobs
 *
 * A responder answers first and computes later: its public value comes from the pool (keypool.h),
 * the secret is asked for after the answer left. Each pair is used once. Cheap groups with nothing
 * under way are computed where we stand; everything else goes to the crew in batches.
 */
#pragma once

#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/model/alg.h"

struct exchange;

/* EV_KEY follows: at once (x->ready) or when the job is back. GROUP_NONE: at once, no key. */
enum reason sums_key(struct exchange *x, enum group g, struct fault *f);
/* The public value of the peer, refused before any sum when it cannot be; kept in x->peer_public. */
enum reason sums_peer(struct exchange *x, enum group g, struct slice public, struct fault *f);
/* The secret of x->key and x->peer_public; EV_SECRET follows. R_BAD_KEY before any sum when the
 * value cannot be; R_BUSY when the crew is full. Without a group: at once, no secret. */
enum reason sums_secret(struct exchange *x, struct fault *f);

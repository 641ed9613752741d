/* sigs.h - signatures and chains of certificates as jobs
 *
 * Like the sums (sums.h): a job goes out with values, EV_SIGNED or EV_VERIFIED follows.
 */
#pragma once

#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/crypto/trust.h"

struct exchange;

/* Over this hash by our certificate's key; it is in x->signature when EV_SIGNED follows. */
enum reason sigs_sign(struct exchange *x, struct slice hash, struct fault *f);
/* What came: identity, certificates, signature. EV_VERIFIED follows, or the sum fails with why. */
struct sigs_proof {
	unsigned id_type;
	struct slice id, hash, signature;
	struct slice chain[TRUST_CHAIN];
	size_t chain_n;
};
enum reason sigs_verify(struct exchange *x, const struct sigs_proof *p, struct fault *f);

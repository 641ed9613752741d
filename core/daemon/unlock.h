/* unlock.h - following strangers' IKEv1 exchanges with a key: decryption, IV chains, HASHes
 *
 * Messages go in as they were captured; out comes the clear body and whether its HASH verifies.
 * Either the pre-shared key and one end's private value are known, or the cipher's key itself.
 */
#pragma once

#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/base/own.h"

struct unlock_want {
	const struct bytes *psk, *dh_private; /* both ends of a derivation */
	const struct bytes *key; /* or the cipher's key as SKEYID_e gives it */
	const struct bytes *skeyid_a; /* with `key`: for HASH(1), (2), (3) */
};

enum proof { PROOF_NONE, PROOF_GOOD, PROOF_BAD }; /* none: no HASH, or nothing to check it with */

struct unlocked {
	struct slice clear; /* decrypted body with its padding; empty: clear before, or no key */
	bool duplicate; /* came before, octet by octet; says what the first one said */
	enum proof proof;
	const char *hash; /* "HASH_I", "HASH(1)", ... that the message carries, NULL none known */
	const char *note; /* why it was not opened or checked, "" when it was */
};

struct unlock;

struct unlock *unlock_new(const struct unlock_want *w); /* borrowed; NULL: no memory */
void unlock_free(struct unlock *u);
OWNABLE(unlock)
/* The answer lives until unlock_free. */
void unlock_message(struct unlock *u, struct slice datagram, struct unlocked *ret);

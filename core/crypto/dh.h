/* dh.h - Diffie-Hellman: MODP 1, 2, 5, 14-16, ECP 19-21, X25519
 *
 * RFC 2409 section 6, RFC 3526, RFC 5903 (the KE value is x|y, the secret is x), RFC 8031.
 * Peer values are checked as RFC 6989 asks: 1 < y < p-1 and exact length for MODP (safe
 * primes: nothing more is needed, so OpenSSL's full check is not asked for), the curve
 * equation for ECP, a non-zero result for X25519. Every secret has the group's full
 * length, leading zeros kept. Any thread; a key is used by one thread at a time, once.
 */
#pragma once

#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/base/own.h"
#include "core/model/alg.h"

struct dh_key;

enum reason dh_generate(enum group g, struct dh_key **ret, struct fault *f);
/* From a known private value: tests and the decoder only. */
enum reason dh_of_private(enum group g, struct slice private_value, struct dh_key **ret,
			  struct fault *f);
void dh_key_free(struct dh_key *k);
OWNABLE(dh_key)
enum group dh_group(const struct dh_key *k);
struct slice dh_public(const struct dh_key *k); /* as it stands in the KE payload */
/* Cheap refusals before any sum: length, 0, 1, p-1, p. */
enum reason dh_check_public(enum group g, struct slice peer_public, struct fault *f);
enum reason dh_shared(const struct dh_key *k, struct slice peer_public, struct bytes **ret,
		      struct fault *f);

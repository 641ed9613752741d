/* prf.c - hashes and HMAC over pieces
 *
 * IKEv1's pseudo-random function is the HMAC of the negotiated hash (RFC 2409 section 4,
 * RFC 2104). Pieces are fed one after the other, so nobody joins buffers to hash them.
 *
 * Called by keys1.c, secret.c and the exchanges.  Thread: any.  Owns: nothing.
 */
#include "core/crypto/prf.h"

#include <openssl/err.h>

#include "core/crypto/fetched.h"

static enum reason verdict(bool ok)
{
	if (ok)
		return R_OK;
	ERR_clear_error();
	return R_CRYPTO;
}

enum reason prf_hash(enum integ i, const struct slice *parts, size_t n, uint8_t *ret)
{
	EVP_MD_CTX *c = scratch_md(i);
	bool ok = c && EVP_DigestInit_ex2(c, fetched_md(i), NULL) == 1;

	for (size_t k = 0; ok && k < n; k++)
		ok = EVP_DigestUpdate(c, parts[k].at, parts[k].n) == 1;
	return verdict(ok && EVP_DigestFinal_ex(c, ret, NULL) == 1);
}

enum reason prf_hmac(enum integ i, struct slice key, const struct slice *parts, size_t n,
		     uint8_t *ret)
{
	/* A NULL key would mean "the one before" to OpenSSL; an empty key is a key. */
	const uint8_t *k_at = key.n ? key.at : (const uint8_t *)"";
	EVP_MAC_CTX *c = scratch_mac(i);
	bool ok = c && EVP_MAC_init(c, k_at, key.n, NULL) == 1;
	size_t got = 0;

	for (size_t k = 0; ok && k < n; k++)
		ok = parts[k].n == 0 || EVP_MAC_update(c, parts[k].at, parts[k].n) == 1;
	return verdict(ok && EVP_MAC_final(c, ret, &got, DIGEST_MAX) == 1 &&
		       got == alg_integ(i)->digest);
}

/* cipher.c - CBC over the body of one IKEv1 message
 *
 * RFC 2409 appendix B: each message's IV is the last cipher block of the one before, so the
 * caller hands in what came before and gets back what comes next. A context is re-keyed for
 * every message: no OpenSSL object lives in an idle SA.
 *
 * Called by the v1 framing.  Thread: any.  Owns: nothing.
 * Not here: which IV belongs to which message id - core/ike/v1 keeps the chain.
 */
#include "core/crypto/cipher.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>

#include "core/base/bytes.h"
#include "core/crypto/fetched.h"

static bool is_cbc(enum encr e)
{
	return e == ENCR_AES_CBC || e == ENCR_TDES || e == ENCR_DES;
}

/* The sum itself; text and length were checked. */
static enum reason run(enum encr e, unsigned key_bits, const uint8_t *key, const uint8_t *iv,
		       uint8_t *at, size_t n, int seal)
{
	EVP_CIPHER_CTX *c = scratch_cipher(e, key_bits);
	uint8_t full[KEY_MAX];
	int out = 0;

	if (!c)
		return R_CRYPTO;
	fetched_key(e, key_bits, key, full);
	bool ok = EVP_CipherInit_ex2(c, NULL, full, iv, seal, NULL) == 1 &&
		  EVP_CipherUpdate(c, at, &out, at, (int)n) == 1 && (size_t)out == n;
	wipe(full, sizeof(full));
	if (ok)
		return R_OK;
	ERR_clear_error();
	return R_CRYPTO;
}

static enum reason check(enum encr e, unsigned key_bits, size_t n)
{
	if (!is_cbc(e) || !alg_key_bits_fit(e, key_bits))
		return R_INTERNAL;
	if (n == 0 || n % alg_encr(e)->block != 0 || n > INT_MAX)
		return R_MALFORMED;
	return R_OK;
}

enum reason cipher_cbc_seal(enum encr e, unsigned key_bits, const uint8_t *key, uint8_t *iv,
			    uint8_t *at, size_t n)
{
	enum reason r = check(e, key_bits, n);

	if (r == R_OK)
		r = run(e, key_bits, key, iv, at, n, 1);
	if (r == R_OK)
		memcpy(iv, at + n - alg_encr(e)->block, alg_encr(e)->block);
	return r;
}

enum reason cipher_cbc_open(enum encr e, unsigned key_bits, const uint8_t *key, uint8_t *iv,
			    uint8_t *at, size_t n)
{
	enum reason r = check(e, key_bits, n);
	uint8_t last[BLOCK_MAX];

	if (r != R_OK)
		return r;
	memcpy(last, at + n - alg_encr(e)->block, alg_encr(e)->block);
	r = run(e, key_bits, key, iv, at, n, 0);
	if (r == R_OK)
		memcpy(iv, last, alg_encr(e)->block);
	return r;
}

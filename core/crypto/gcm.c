/* gcm.c - one text under AES-GCM, for the two files that need it
 *
 * NIST SP 800-38D with a nonce of 96 bits and a tag of 128. OpenSSL decrypts while it
 * verifies, so a text that did not verify is wiped before anybody can look at it.
 *
 * Called by shield.c (ESP) and secret.c (secrets at rest).  Thread: the context's.
 * Owns: nothing.  Declared in fetched.h, since the context is OpenSSL's.
 */
#include <limits.h>

#include <openssl/err.h>

#include "core/crypto/fetched.h"

/* Key, nonce and additional data; the text comes after. */
static bool start(const struct gcm *g, int seal)
{
	bool ok = g->context &&
		  EVP_CipherInit_ex2(g->context, NULL, g->key, g->nonce, seal, NULL) == 1;
	int out = 0;

	for (size_t i = 0; ok && i < COUNT_OF(g->beside); i++)
		ok = g->beside[i].n == 0 ||
		     (g->beside[i].n <= INT_MAX &&
		      EVP_CipherUpdate(g->context, NULL, &out, g->beside[i].at,
				       (int)g->beside[i].n) == 1);
	return ok;
}

static bool run(const struct gcm *g, uint8_t *text, size_t n)
{
	int out = 0;

	if (n == 0)
		return true;
	return n <= INT_MAX && EVP_CipherUpdate(g->context, text, &out, text, (int)n) == 1 &&
	       (size_t)out == n;
}

enum reason gcm_seal(const struct gcm *g, uint8_t *text, size_t n, uint8_t *ret_tag)
{
	uint8_t none[16];
	int out = 0;

	if (start(g, 1) && run(g, text, n) && EVP_CipherFinal_ex(g->context, none, &out) == 1 &&
	    EVP_CIPHER_CTX_ctrl(g->context, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, ret_tag) == 1)
		return R_OK;
	ERR_clear_error();
	wipe(text, n);
	return R_CRYPTO;
}

enum reason gcm_open(const struct gcm *g, uint8_t *text, size_t n, const uint8_t *tag)
{
	enum reason r = R_CRYPTO;
	uint8_t none[16];
	int out = 0;

	if (start(g, 0) &&
	    EVP_CIPHER_CTX_ctrl(g->context, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, (uint8_t *)tag) == 1 &&
	    run(g, text, n))
		r = EVP_CipherFinal_ex(g->context, none, &out) == 1 ? R_OK : R_BAD_HASH;
	if (r == R_OK)
		return R_OK;
	ERR_clear_error();
	wipe(text, n);
	return r;
}

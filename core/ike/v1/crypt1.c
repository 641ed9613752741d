/* crypt1.c - encrypted messages and their IV chains
 *
 * CBC over the body behind the header. Phase 1 starts with hash(g^xi | g^xr) and goes on with the
 * last cipher block; every phase 2 exchange starts with hash(last phase 1 block | message id) and
 * goes on by itself (RFC 2409 appendix B). Opening never moves a chain: a forged or damaged
 * message must leave it where it was.
 *
 * Called by v1.c, build1.c. Thread: loop. Owns: nothing.
 */
#include "core/ike/v1/crypt1.h"

#include <string.h>

#include "core/crypto/cipher.h"

enum reason crypt1_open(const struct keys1 *k, const uint8_t *iv, const struct header *h,
			struct slice datagram, struct bytes **ret, uint8_t *ret_iv, struct fault *f)
{
	size_t block = alg_encr(k->encr)->block;
	struct rd r = rd_of(datagram);

	rd_take(&r, HEADER_SIZE);
	struct slice body = rd_slice(&r, h->length - HEADER_SIZE);
	if (r.torn || body.n == 0 || body.n % block != 0)
		return fail(f, R_MALFORMED, "an encrypted body of %zu octets is no multiple of %zu",
			    body.n, block);

	own(bytes) clear = bytes_of(body.at, body.n);
	if (!clear)
		return fail(f, R_NO_MEMORY, "no memory for a message");
	memcpy(ret_iv, iv, block);
	if (cipher_cbc_open(k->encr, k->key_bits, k->key, ret_iv, clear->at, clear->n) != R_OK)
		return fail(f, R_CRYPTO, "a message could not be deciphered");
	*ret = give(clear);
	return R_OK;
}

struct slice crypt1_seal(const struct keys1 *k, uint8_t *iv, uint8_t *at, struct writer *w)
{
	struct slice whole = writer_done(w, alg_encr(k->encr)->block);

	if (whole.n <= HEADER_SIZE)
		return slice(NULL, 0);
	if (cipher_cbc_seal(k->encr, k->key_bits, k->key, iv, &at[HEADER_SIZE],
			    whole.n - HEADER_SIZE) != R_OK)
		return slice(NULL, 0);
	return whole;
}

/* fetched.h - what suite.c fetched, for the files of this room only
 *
 * The one header of the house with OpenSSL's types in it; nobody outside core/crypto
 * includes it. Fetched objects are shared and never change. A scratch context belongs to the
 * calling thread, is made when first asked for and freed when the thread ends; whoever takes
 * one is done with it before anything else of this room is called.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>

#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/model/alg.h"

/* NULL, each of them, before crypto_open and for what is not in the register. */
const EVP_MD *fetched_md(enum integ i);
const EVP_CIPHER *fetched_cipher(enum encr e, unsigned key_bits);
EVP_MAC *fetched_hmac(void);
EVP_KDF *fetched_scrypt(void);
EVP_PKEY *fetched_group(enum group g); /* parameters only; NULL for X25519, which has none */
struct slice fetched_prime(enum group g); /* MODP only */

/* The key as OpenSSL wants it: K becomes K,K,K for single DES. `ret` holds KEY_MAX, the caller
 * wipes it. Returns its octets. */
unsigned fetched_key(enum encr e, unsigned key_bits, const uint8_t *key, uint8_t *ret);
/* A new HMAC context with its hash set and its key not yet; NULL without memory. */
EVP_MAC_CTX *fetched_mac_new(enum integ i);

EVP_MD_CTX *scratch_md(enum integ i); /* to be initialised */
EVP_MAC_CTX *scratch_mac(enum integ i); /* hash set, to be keyed */
EVP_CIPHER_CTX *scratch_cipher(enum encr e, unsigned key_bits); /* cipher set, to be keyed */
/* Random octets from a pool of this thread; a few nanoseconds. For IVs, not for keys. */
void scratch_random(uint8_t *ret, size_t n);

/* One text under AES-GCM (gcm.c). `key` NULL: the one the context has already. */
enum { GCM_NONCE = 12, GCM_TAG = 16 };
struct gcm {
	EVP_CIPHER_CTX *context;
	const uint8_t *key, *nonce;
	struct slice beside[2]; /* additional data, one after the other */
};
/* In place. R_BAD_HASH when it does not verify; the text is wiped then. */
enum reason gcm_seal(const struct gcm *g, uint8_t *text, size_t n, uint8_t *ret_tag);
enum reason gcm_open(const struct gcm *g, uint8_t *text, size_t n, const uint8_t *tag);

/* fail() with OpenSSL's own words behind `what`; empties OpenSSL's error queue. */
enum reason fetched_fail(struct fault *f, enum reason r, const char *what);

/* own() for OpenSSL's objects. */
#define own_ssl(TYPE) __attribute__((cleanup(TYPE##_drop))) TYPE *
#define OWNABLE_SSL(TYPE, free_it)               \
	static inline void TYPE##_drop(TYPE **p) \
	{                                        \
		free_it(*p);                     \
	}
OWNABLE_SSL(BIGNUM, BN_clear_free)
OWNABLE_SSL(BN_CTX, BN_CTX_free)
OWNABLE_SSL(EVP_PKEY, EVP_PKEY_free)
OWNABLE_SSL(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
OWNABLE_SSL(EVP_KDF_CTX, EVP_KDF_CTX_free)
OWNABLE_SSL(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
OWNABLE_SSL(OSSL_PARAM, OSSL_PARAM_free)

/* For PEM_read_bio_*: a text with a passphrase is none of ours, and nobody at a terminal is asked. */
int fetched_no_passphrase(char *at, int n, int writing, void *arg);

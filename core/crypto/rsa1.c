/* rsa1.c - RSA signatures of IKEv1 (RFC 2409 section 5.1)
 *
 * The block that a signature opens to is made here and compared as a whole: 00 01 FF.. 00 and the
 * hash, as long as the modulus. Nothing is parsed, so nothing can hide behind or before the hash.
 *
 * Called by: jobs of signatures.  Thread: any.  Owns: nothing; keys live as long as a call.
 */
#include "core/crypto/rsa1.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "core/crypto/fetched.h"
#include "core/crypto/trust_inside.h"

OWNABLE_SSL(BIO, BIO_free)
OWNABLE_SSL(X509, X509_free)

enum { BLOCK_MOST = RSA_BITS_MAX / 8, AROUND = 11 };

enum reason rsa1_key_fits(EVP_PKEY *key, struct fault *f)
{
	BIGNUM *exponent = NULL;

	if (!key || EVP_PKEY_is_a(key, "RSA") != 1)
		return fetched_fail(f, R_CERT_KEY, "the key is no RSA key");
	int bits = EVP_PKEY_get_bits(key);
	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
		return fail_field(f, R_CERT_KEY, "certificate",
				  "an RSA key of %d bits; %d to %d are accepted", bits,
				  RSA_BITS_MIN, RSA_BITS_MAX);
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1)
		return fetched_fail(f, R_CERT_KEY, "the RSA key has no exponent");
	own_ssl(BIGNUM) e = exponent;
	if (!BN_is_odd(e) || BN_is_one(e) || BN_is_negative(e) || BN_num_bits(e) > 64)
		return fail_field(f, R_CERT_KEY, "certificate",
				  "the exponent of the RSA key is not acceptable");
	return R_OK;
}

enum reason rsa1_sign(struct slice key_pem, struct slice hash, struct bytes **ret, struct fault *f)
{
	own_ssl(BIO) bio = BIO_new_mem_buf(key_pem.at, (int)key_pem.n);
	own_ssl(EVP_PKEY) key =
		bio ? PEM_read_bio_PrivateKey(bio, NULL, fetched_no_passphrase, NULL) : NULL;

	if (!key)
		return fetched_fail(f, R_NO_CERTIFICATE, "our private key cannot be read");
	if (rsa1_key_fits(key, f) != R_OK)
		return f ? f->reason : R_CERT_KEY;

	own_ssl(EVP_PKEY_CTX) c = EVP_PKEY_CTX_new(key, NULL);
	size_t n = (size_t)EVP_PKEY_get_size(key);
	own(bytes) sig = bytes_new(n);
	if (!c || !sig)
		return fail(f, R_NO_MEMORY, "no memory for a signature");
	if (EVP_PKEY_sign_init(c) != 1 || EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_sign(c, sig->at, &n, hash.at, hash.n) != 1 || n != sig->n)
		return fetched_fail(f, R_CRYPTO, "no signature could be made");
	*ret = give(sig);
	return R_OK;
}

/* What the signature must open to. */
static void block_of(struct slice hash, uint8_t *ret, size_t n)
{
	memset(ret, 0xff, n);
	ret[0] = 0;
	ret[1] = 1;
	ret[n - hash.n - 1] = 0;
	memcpy(ret + n - hash.n, hash.at, hash.n);
}

enum reason rsa1_verify_key(EVP_PKEY *key, struct slice hash, struct slice signature,
			    struct fault *f)
{
	uint8_t want[BLOCK_MOST], got[BLOCK_MOST] = { 0 };
	enum reason r = rsa1_key_fits(key, f);

	if (r != R_OK)
		return r;
	size_t n = (size_t)EVP_PKEY_get_size(key), opened = sizeof(got);
	if (hash.n == 0 || n > sizeof(want) || hash.n + AROUND > n || signature.n != n)
		return fail_field(f, R_BAD_SIGNATURE, "certificate",
				  "a signature of %zu octets, where the key makes %zu", signature.n,
				  n);
	own_ssl(EVP_PKEY_CTX) c = EVP_PKEY_CTX_new(key, NULL);
	if (!c || EVP_PKEY_verify_recover_init(c) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(c, RSA_NO_PADDING) != 1 ||
	    EVP_PKEY_verify_recover(c, got, &opened, signature.at, signature.n) != 1)
		return fetched_fail(f, R_BAD_SIGNATURE, "the signature cannot be opened");
	block_of(hash, want, n);
	if (opened != n || !slice_equal_secret(slice(got, n), slice(want, n)))
		return fail_field(f, R_BAD_SIGNATURE, "certificate",
				  "the signature does not verify with the peer's certificate");
	return R_OK;
}

enum reason rsa1_verify(struct slice certificate, struct slice hash, struct slice signature,
			struct fault *f)
{
	const uint8_t *at = certificate.at;
	own_ssl(X509) x = d2i_X509(NULL, &at, (long)certificate.n);

	if (!x)
		return fetched_fail(f, R_UNTRUSTED, "the certificate cannot be read");
	return rsa1_verify_key(X509_get0_pubkey(x), hash, signature, f);
}

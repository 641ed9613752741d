/* facts.c - what certificates and keys in PEM texts say of themselves
 *
 * RFC 5280 certificates in RFC 7468 texts. Texts come from people and certificates from
 * anywhere: whatever is shown loses its control characters, lengths are cut, nothing is trusted.
 *
 * Called by core/daemon/inspect.c.  Thread: any.  Owns: nothing.
 */
#include "core/crypto/facts.h"

#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/base/text.h"
#include "core/crypto/fetched.h"

OWNABLE_SSL(X509, X509_free)
OWNABLE_SSL(X509_CRL, X509_CRL_free)
OWNABLE_SSL(BIO, BIO_free)
OWNABLE_SSL(GENERAL_NAMES, GENERAL_NAMES_free)

/* What a memory BIO holds, cut between characters, without control characters. */
static void text_of(BIO *bio, char *ret, size_t cap)
{
	char *at = NULL;
	long have = BIO_get_mem_data(bio, &at);
	size_t n = have > 0 ? MIN_OF((size_t)have, cap - 1) : 0;

	if (n)
		memcpy(ret, at, n);
	ret[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)ret[i] < 0x20 || ret[i] == 0x7f)
			ret[i] = '?';
	n = strlen(ret);
	while (n && !is_utf8(ret, n))
		ret[--n] = '\0';
}

static void put_name(const X509_NAME *name, char *ret, size_t cap)
{
	own_ssl(BIO) bio = BIO_new(BIO_s_mem());

	if (bio)
		X509_NAME_print_ex(bio, name, 0,
				   (XN_FLAG_RFC2253 | ASN1_STRFLGS_ESC_CTRL) &
					   ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
	if (bio)
		text_of(bio, ret, cap);
}

static void put_serial(const X509 *x, char *ret, size_t cap)
{
	own_ssl(BIO) bio = BIO_new(BIO_s_mem());

	if (bio && i2a_ASN1_INTEGER(bio, X509_get0_serialNumber(x)) > 0)
		text_of(bio, ret, cap);
}

static int64_t seconds_of(const ASN1_TIME *t)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;
	bool ok = epoch && t && ASN1_TIME_diff(&days, &seconds, epoch, t) == 1;

	ASN1_TIME_free(epoch);
	return ok ? (int64_t)days * 86400 + seconds : 0;
}

static void put_digest(const uint8_t *der, size_t n, char *ret)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	ret[0] = '\0';
	if (!fetched_md(INTEG_SHA256) ||
	    EVP_Digest(der, n, digest, &len, fetched_md(INTEG_SHA256), NULL) != 1)
		return;
	for (unsigned i = 0; i < len; i++)
		snprintf(ret + (size_t)3 * i, 4, i + 1 < len ? "%02X:" : "%02X", digest[i]);
}

static void put_key(EVP_PKEY *key, unsigned *bits, char algorithm[32], char *digest)
{
	const char *name = key ? EVP_PKEY_get0_type_name(key) : NULL;
	uint8_t *der = NULL;
	int n = key ? i2d_PUBKEY(key, &der) : 0;

	*bits = 0;
	text_copy(algorithm, 32, name ? name : "unknown");
	if (key && EVP_PKEY_is_a(key, "RSA"))
		*bits = (unsigned)EVP_PKEY_get_bits(key);
	if (n > 0)
		put_digest(der, (size_t)n, digest);
	OPENSSL_free(der);
}

static void put_alt_names(X509 *x, struct cert_facts *ret)
{
	own_ssl(GENERAL_NAMES) list = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; list && i < sk_GENERAL_NAME_num(list) && i < FACTS_NAMES; i++) {
		own_ssl(BIO) bio = BIO_new(BIO_s_mem());

		if (!bio || GENERAL_NAME_print(bio, sk_GENERAL_NAME_value(list, i)) != 1)
			continue;
		text_of(bio, ret->names[ret->names_n], sizeof(ret->names[0]));
		ret->names_n += ret->names[ret->names_n][0] != '\0';
	}
}

static void take(X509 *x, struct cert_facts *ret)
{
	uint8_t *der = NULL;
	int n = i2d_X509(x, &der);

	put_name(X509_get_subject_name(x), ret->subject, sizeof(ret->subject));
	put_name(X509_get_issuer_name(x), ret->issuer, sizeof(ret->issuer));
	put_serial(x, ret->serial, sizeof(ret->serial));
	ret->not_before_s = seconds_of(X509_get0_notBefore(x));
	ret->not_after_s = seconds_of(X509_get0_notAfter(x));
	if (n > 0)
		put_digest(der, (size_t)n, ret->fingerprint);
	OPENSSL_free(der);
	put_key(X509_get0_pubkey(x), &ret->bits, ret->algorithm, ret->public_key);
	put_alt_names(x, ret);
	ret->ca = X509_check_ca(x) != 0;
}

enum reason facts_of_cert(const char *pem, struct cert_facts *ret, struct fault *f)
{
	own_ssl(BIO) bio = BIO_new_mem_buf(pem, -1);

	*ret = (struct cert_facts){ 0 };
	while (bio) {
		own_ssl(X509) x = PEM_read_bio_X509(bio, NULL, fetched_no_passphrase, NULL);

		if (!x)
			break;
		if (ret->count++ == 0)
			take(x, ret);
	}
	unsigned long e = ERR_peek_last_error();
	bool ended = ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE;

	ERR_clear_error();
	if (ret->count && ended)
		return R_OK;
	return fail(f, R_INVALID, "certificate %zu of the text is none in PEM form",
		    ret->count + 1);
}

enum reason facts_of_crl(const char *pem, struct fault *f)
{
	own_ssl(BIO) bio = BIO_new_mem_buf(pem, -1);
	own_ssl(X509_CRL) crl =
		bio ? PEM_read_bio_X509_CRL(bio, NULL, fetched_no_passphrase, NULL) : NULL;

	ERR_clear_error();
	return crl ? R_OK : fail(f, R_INVALID, "the text is no revocation list in PEM form");
}

/* The modulus is the product of the primes. More (EVP_PKEY_pairwise_check) takes seconds with a long
 * key, and the loop waits; a key that is wrong beyond this makes signatures that do not verify. */
static bool halves_fit(EVP_PKEY *key)
{
	BIGNUM *n = NULL, *p = NULL, *q = NULL;
	own_ssl(BIGNUM) product = BN_new();
	own_ssl(BN_CTX) c = BN_CTX_new();
	bool ok = product && c;

	if (!EVP_PKEY_is_a(key, "RSA"))
		return true; /* refused by its kind, later and by name */
	ok = ok && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
	     EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_FACTOR1, &p) == 1 &&
	     EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_FACTOR2, &q) == 1 &&
	     BN_mul(product, p, q, c) == 1 && BN_cmp(product, n) == 0;
	BN_free(n);
	BN_clear_free(p);
	BN_clear_free(q);
	return ok;
}

enum reason facts_of_key(struct slice pem, struct key_facts *ret, struct fault *f)
{
	own_ssl(BIO) bio = BIO_new_mem_buf(pem.at, (int)pem.n);
	own_ssl(EVP_PKEY) key =
		bio ? PEM_read_bio_PrivateKey(bio, NULL, fetched_no_passphrase, NULL) : NULL;

	*ret = (struct key_facts){ 0 };
	ERR_clear_error();
	if (!key)
		return fail(f, R_INVALID,
			    "the text is no private key in PEM form without passphrase");
	if (!halves_fit(key))
		return fail(f, R_INVALID, "the numbers of the private key do not fit each other");
	put_key(key, &ret->bits, ret->algorithm, ret->public_key);
	return R_OK;
}

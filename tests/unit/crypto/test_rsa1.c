/* test_rsa1.c - signatures of bare hashes: what is good, and everything that only looks like it */
#include "tests/unit/crypto/vectors.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "core/crypto/rsa1.h"
#include "core/crypto/trust.h"
#include "core/crypto/trust_inside.h"

enum { HASH = 32, OCTETS = 256 };

static uint8_t hash[HASH];

static EVP_PKEY *key_of(unsigned bits, unsigned long exponent)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();
	EVP_PKEY *k = NULL;

	BN_set_word(e, exponent);
	assert_int_equal(EVP_PKEY_keygen_init(c), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(c, (int)bits), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(c, e), 1);
	assert_int_equal(EVP_PKEY_generate(c, &k), 1);
	BN_free(e);
	EVP_PKEY_CTX_free(c);
	return k;
}

static struct bytes *pem_of(EVP_PKEY *k)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *at = NULL;

	PEM_write_bio_PrivateKey(b, k, NULL, NULL, 0, NULL, NULL);
	long n = BIO_get_mem_data(b, &at);
	struct bytes *ret = bytes_of(at, (size_t)n);
	BIO_free(b);
	return ret;
}

/* Signed by itself: its key is all that counts here. */
static struct bytes *cert_of(EVP_PKEY *k)
{
	X509 *x = X509_new();
	uint8_t *der = NULL;

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, k);
	assert_true(X509_sign(x, k, EVP_sha256()) > 0);
	int n = i2d_X509(x, &der);
	struct bytes *ret = bytes_of(der, (size_t)n);
	OPENSSL_free(der);
	X509_free(x);
	return ret;
}

/* The private sum over any block: what a forger with the key could make. */
static struct bytes *raw(EVP_PKEY *k, const uint8_t *block)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k, NULL);
	struct bytes *ret = bytes_new(OCTETS);
	size_t n = OCTETS;

	assert_int_equal(EVP_PKEY_sign_init(c), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(c, RSA_NO_PADDING), 1);
	assert_int_equal(EVP_PKEY_sign(c, ret->at, &n, block, OCTETS), 1);
	EVP_PKEY_CTX_free(c);
	return ret;
}

static void good_block(uint8_t *b)
{
	memset(b, 0xff, OCTETS);
	b[0] = 0;
	b[1] = 1;
	b[OCTETS - HASH - 1] = 0;
	memcpy(b + OCTETS - HASH, hash, HASH);
}

static void what_we_sign_verifies_and_nothing_else(void **state)
{
	EVP_PKEY *k = key_of(2048, 65537), *other = key_of(2048, 65537);
	own(bytes) pem = pem_of(k);
	own(bytes) cert = cert_of(k);
	own(bytes) wrong = cert_of(other);
	own(bytes) sig = NULL;
	uint8_t zero[OCTETS] = { 0 };
	struct slice h = slice(hash, HASH);

	(void)state;
	assert_int_equal(rsa1_sign(slice_of(pem), h, &sig, NULL), R_OK);
	assert_int_equal(rsa1_verify(slice_of(cert), h, slice_of(sig), NULL), R_OK);
	assert_int_equal(rsa1_verify(slice_of(wrong), h, slice_of(sig), NULL), R_BAD_SIGNATURE);
	assert_int_equal(rsa1_verify(slice_of(cert), h, slice(zero, OCTETS), NULL),
			 R_BAD_SIGNATURE);
	for (size_t n = 0; n < sig->n; n++)
		assert_int_equal(rsa1_verify(slice_of(cert), h, slice(sig->at, n), NULL),
				 R_BAD_SIGNATURE);
	for (size_t n = 0; n < HASH; n++)
		assert_int_equal(rsa1_verify(slice_of(cert), slice(hash, n), slice_of(sig), NULL),
				 R_BAD_SIGNATURE);
	for (size_t i = 0; i < sig->n; i += 17) {
		sig->at[i] ^= 1;
		assert_int_equal(rsa1_verify(slice_of(cert), h, slice_of(sig), NULL),
				 R_BAD_SIGNATURE);
		sig->at[i] ^= 1;
	}
	EVP_PKEY_free(k);
	EVP_PKEY_free(other);
}

static void every_octet_of_the_block_counts(void **state)
{
	EVP_PKEY *k = key_of(2048, 3);
	own(bytes) cert = cert_of(k);
	uint8_t block[OCTETS];
	struct slice h = slice(hash, HASH);

	(void)state;
	for (int i = 0; i <= OCTETS; i++) {
		good_block(block);
		if (i > 0 && i < OCTETS)
			block[i] ^= 0x40;
		own(bytes) sig = raw(k, block);
		assert_int_equal(rsa1_verify(slice_of(cert), h, slice_of(sig), NULL),
				 i > 0 && i < OCTETS ? R_BAD_SIGNATURE : R_OK);
	}
	/* e = 3: few FF, the hash early, garbage behind it */
	good_block(block);
	memset(block + 10, 0x5a, OCTETS - 10);
	block[10] = 0;
	memcpy(block + 11, hash, HASH);
	own(bytes) early = raw(k, block);
	assert_int_equal(rsa1_verify(slice_of(cert), h, slice_of(early), NULL), R_BAD_SIGNATURE);
	EVP_PKEY_free(k);
}

static void small_and_foreign_keys_are_refused(void **state)
{
	EVP_PKEY *small = key_of(1024, 65537), *ec = EVP_EC_gen("P-256");
	own(bytes) small_cert = cert_of(small);
	own(bytes) small_pem = pem_of(small);
	own(bytes) ec_cert = cert_of(ec);
	own(bytes) sig = NULL;
	uint8_t any[128] = { 1 };
	struct slice h = slice(hash, HASH);

	(void)state;
	assert_int_equal(rsa1_verify(slice_of(small_cert), h, slice(any, 128), NULL), R_CERT_KEY);
	assert_int_equal(rsa1_verify(slice_of(ec_cert), h, slice(any, 64), NULL), R_CERT_KEY);
	assert_int_equal(rsa1_sign(slice_of(small_pem), h, &sig, NULL), R_CERT_KEY);
	assert_int_equal(rsa1_sign(slice("x", 1), h, &sig, NULL), R_NO_CERTIFICATE);
	assert_int_equal(rsa1_verify(slice("x", 1), h, slice(any, 64), NULL), R_UNTRUSTED);
	EVP_PKEY_free(small);
	EVP_PKEY_free(ec);
}

/* Their signatures are over a DigestInfo; what is compared is a whole block, whatever is behind it. */
static struct slice info_of(const struct bytes *msg, uint8_t room[64])
{
	static const uint8_t head[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
					0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };
	unsigned n = 0;

	memcpy(room, head, sizeof(head));
	assert_int_equal(EVP_Digest(msg->at, msg->n, room + sizeof(head), &n, EVP_sha256(), NULL),
			 1);
	return slice(room, sizeof(head) + n);
}

static void wycheproof_signature_verdicts_agree(void **state)
{
	json_t *j = vector_file("wycheproof/rsa_signature_2048_sha256_test.json"), *group, *t;
	size_t g, i, seen = 0;

	(void)state;
	json_array_foreach(json_object_get(j, "testGroups"), g, group)
	{
		own(bytes) der = vector_hex(group, "publicKeyDer");
		const uint8_t *at = der->at;
		EVP_PKEY *k = d2i_PUBKEY(NULL, &at, (long)der->n);

		assert_non_null(k);
		json_array_foreach(json_object_get(group, "tests"), i, t)
		{
			own(bytes) msg = vector_hex(t, "msg");
			own(bytes) sig = vector_hex(t, "sig");
			uint8_t room[64];
			struct slice h = info_of(msg, room);
			bool valid = strcmp(vector_text(t, "result"), "valid") == 0;

			if ((rsa1_verify_key(k, h, slice_of(sig), NULL) == R_OK) != valid)
				fail_msg("case %s", vector_text(t, "comment"));
			seen++;
		}
		EVP_PKEY_free(k);
	}
	json_decref(j);
	assert_int_equal(seen, 259);
}

/* The linker puts this in the place of the library's: an answer that is not 1 is no. */
static int library_says = 1;
int __real_EVP_PKEY_verify_recover(EVP_PKEY_CTX *c, unsigned char *out, size_t *n,
				   const unsigned char *sig, size_t sig_n);
int __wrap_EVP_PKEY_verify_recover(EVP_PKEY_CTX *c, unsigned char *out, size_t *n,
				   const unsigned char *sig, size_t sig_n);

int __wrap_EVP_PKEY_verify_recover(EVP_PKEY_CTX *c, unsigned char *out, size_t *n,
				   const unsigned char *sig, size_t sig_n)
{
	int r = __real_EVP_PKEY_verify_recover(c, out, n, sig, sig_n);

	return library_says == 1 ? r : library_says;
}

static void only_a_one_is_a_yes(void **state)
{
	EVP_PKEY *k = key_of(2048, 65537);
	own(bytes) pem = pem_of(k);
	own(bytes) cert = cert_of(k);
	own(bytes) sig = NULL;
	struct slice h = slice(hash, HASH);

	(void)state;
	assert_int_equal(rsa1_sign(slice_of(pem), h, &sig, NULL), R_OK);
	for (library_says = -2; library_says <= 2; library_says++)
		assert_int_equal(rsa1_verify(slice_of(cert), h, slice_of(sig), NULL),
				 library_says == 1 ? R_OK : R_BAD_SIGNATURE);
	library_says = 1;
	EVP_PKEY_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_we_sign_verifies_and_nothing_else),
		cmocka_unit_test(every_octet_of_the_block_counts),
		cmocka_unit_test(small_and_foreign_keys_are_refused),
		cmocka_unit_test(wycheproof_signature_verdicts_agree),
		cmocka_unit_test(only_a_one_is_a_yes),
	};

	for (int i = 0; i < HASH; i++)
		hash[i] = (uint8_t)(i * 7 + 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

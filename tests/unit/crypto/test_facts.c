/* test_facts.c - what certificates and keys say, of ones made here, and of what is none */
#include "tests/unit/crypto/vectors.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "core/crypto/cert.h"
#include "core/crypto/facts.h"

static const char *const names[] = { "gw.example.net", "203.0.113.9", NULL };

static void a_certificate_says_who_it_is(void **state)
{
	own(bytes) cert = NULL;
	own(bytes) key = NULL;
	struct cert_facts c;
	struct key_facts k;
	char fingerprint[96];

	(void)state;
	assert_int_equal(cert_self_signed(names, 10, &cert, &key, NULL), R_OK);
	assert_int_equal(facts_of_cert((const char *)cert->at, &c, NULL), R_OK);
	assert_string_equal(c.subject, "CN=gw.example.net");
	assert_string_equal(c.issuer, c.subject);
	assert_int_equal(c.not_after_s - c.not_before_s, 10 * 86400 + 3600);
	assert_int_equal(c.count, 1);
	assert_int_equal(c.names_n, 2);
	assert_string_equal(c.names[0], "DNS:gw.example.net");
	assert_string_equal(c.names[1], "IP Address:203.0.113.9");
	assert_int_equal(strlen(c.serial), 32);
	assert_int_equal(c.bits, 0); /* not RSA */
	assert_string_equal(c.algorithm, "EC");
	assert_false(c.ca);
	assert_int_equal(cert_fingerprint((const char *)cert->at, fingerprint, NULL), R_OK);
	assert_string_equal(c.fingerprint, fingerprint);
	assert_int_equal(facts_of_key(slice_of(key), &k, NULL), R_OK);
	assert_string_equal(k.public_key, c.public_key);
}

static void an_rsa_key_has_its_size(void **state)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	BIO *bio = BIO_new(BIO_s_mem());
	struct key_facts k;
	char *at;

	(void)state;
	assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	size_t n = (size_t)BIO_get_mem_data(bio, &at);
	assert_int_equal(facts_of_key(slice((const uint8_t *)at, n), &k, NULL), R_OK);
	assert_int_equal(k.bits, 2048);
	assert_int_equal(strlen(k.public_key), 95);
	BIO_free(bio);
	EVP_PKEY_free(key);
}

static void what_is_none_is_refused(void **state)
{
	static const char *const none[] = {
		"", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\n"
	};
	own(bytes) cert = NULL;
	own(bytes) key = NULL;
	struct cert_facts c;
	struct key_facts k;
	char two[8192];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(none); i++) {
		assert_int_equal(facts_of_cert(none[i], &c, NULL), R_INVALID);
		assert_int_equal(facts_of_crl(none[i], NULL), R_INVALID);
		assert_int_equal(facts_of_key(slice_str(none[i]), &k, NULL), R_INVALID);
	}
	assert_int_equal(cert_self_signed(names, 10, &cert, &key, NULL), R_OK);
	snprintf(two, sizeof(two), "%s%s", (const char *)cert->at, (const char *)cert->at);
	assert_int_equal(facts_of_cert(two, &c, NULL), R_OK);
	assert_int_equal(c.count, 2);
	snprintf(two, sizeof(two), "%s%s", (const char *)cert->at, none[2]);
	assert_int_equal(facts_of_cert(two, &c, NULL), R_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_says_who_it_is),
		cmocka_unit_test(an_rsa_key_has_its_size),
		cmocka_unit_test(what_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}

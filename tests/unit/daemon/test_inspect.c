/* test_inspect.c - certificates and keys at the door: what fits, what does not, what is said */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "core/base/text.h"
#include "core/crypto/suite.h"
#include "core/daemon/inspect.h"
#include "core/daemon/inside.h"
#include "core/model/pki.h"

static const uint8_t machine_key[32] = { 3 };

static void text_of(BIO *bio, char *ret, size_t cap)
{
	char *at;
	size_t n = (size_t)BIO_get_mem_data(bio, &at);

	assert_in_range(n, 1, cap - 1);
	memcpy(ret, at, n);
	ret[n] = '\0';
	BIO_free(bio);
}

static void make(unsigned bits, char cert[4096], char key_text[8192])
{
	EVP_PKEY *key = EVP_RSA_gen(bits);
	X509 *x = X509_new();
	BIO *a = BIO_new(BIO_s_mem()), *b = BIO_new(BIO_s_mem());

	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
				   (const uint8_t *)"gw", -1, -1, 0);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	PEM_write_bio_X509(a, x);
	PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL);
	text_of(a, cert, 4096);
	text_of(b, key_text, 8192);
	X509_free(x);
	EVP_PKEY_free(key);
}

static const char *key_refused(struct keyring *k, const char *pem, struct private_key *ret)
{
	static struct faults errors;
	own(bytes) sealed = NULL;
	char about[PRIVATE_KEY_ABOUT];

	errors = (struct faults){ 0 };
	text_copy(ret->r.name, sizeof(ret->r.name), "k");
	assert_int_equal(
		secret_seal(k, private_key_about("k", about), slice_str(pem), &sealed, NULL), R_OK);
	assert_int_equal(field_set_sealed(field_find(private_key_fields, "value"), ret,
					  slice_of(sealed), "", NULL),
			 R_OK);
	inspect_record(&ret->r, k, &errors);
	return errors.n ? errors.at[0].text : NULL;
}

static const char *cert_refused(struct record *r, char *pem_at, const char *pem)
{
	static struct faults errors;

	errors = (struct faults){ 0 };
	strcpy(pem_at, pem);
	inspect_record(r, NULL, &errors);
	if (errors.n)
		assert_string_equal(errors.at[0].field, "/pem");
	return errors.n ? errors.at[0].text : NULL;
}

static void a_key_and_its_certificate_match(void **state)
{
	own(keyring) k = keyring_of(machine_key);
	own(record) cr = record_new(K_CERTIFICATE);
	own(record) kr = record_new(K_PRIVATE_KEY);
	struct certificate *c = (void *)cr;
	struct private_key *p = (void *)kr;
	char cert[4096], key[8192];

	(void)state;
	make(2048, cert, key);
	assert_null(cert_refused(cr, c->pem, cert));
	assert_null(key_refused(k, key, p));
	assert_int_equal(p->bits, 2048);
	assert_int_equal(c->facts.bits, 2048);
	assert_string_equal(c->facts.subject, "CN=gw");
	assert_string_equal(p->public_key, c->facts.public_key);
	assert_non_null(strstr(key_refused(k, "nonsense", p), "no private key"));
	assert_int_equal(p->bits, 0);
}

static void the_largest_key_fits_and_small_ones_are_refused(void **state)
{
	own(keyring) k = keyring_of(machine_key);
	own(record) cr = record_new(K_CERTIFICATE);
	own(record) kr = record_new(K_PRIVATE_KEY);
	char cert[4096], key[8192];

	(void)state;
	make(1024, cert, key);
	assert_non_null(strstr(cert_refused(cr, ((struct certificate *)(void *)cr)->pem, cert),
			       "this one is RSA with 1024 bits"));
	assert_non_null(strstr(key_refused(k, key, (void *)kr), "1024 bits"));
	assert_true(SECRET_LONG_MAX > 6400); /* 8192 bits as PKCS#8 in PEM */
}

static void refusals_are_told_once_a_minute_with_their_number(void **state)
{
	struct limits l = { 0 };

	(void)state;
	assert_int_equal(limits_due(&l, 0, 1000), 0);
	assert_int_equal(limits_due(&l, 5, 2000), 5);
	assert_int_equal(limits_due(&l, 5, 3000), 0);
	assert_int_equal(limits_due(&l, 9, 61999), 0);
	assert_int_equal(limits_due(&l, 12, 62000), 7);
	assert_int_equal(limits_due(&l, 12, 999000), 0);
}

static void expiry_steps_are_passed_once_each(void **state)
{
	static const int64_t day = 86400;

	(void)state;
	assert_int_equal(expiry_step(31 * day), 0);
	assert_int_equal(expiry_step(30 * day), 1);
	assert_int_equal(expiry_step(7 * day + 1), 1);
	assert_int_equal(expiry_step(7 * day), 2);
	assert_int_equal(expiry_step(day), 3);
	assert_int_equal(expiry_step(1), 3);
	assert_int_equal(expiry_step(0), 4);
	assert_int_equal(expiry_step(-day), 4);
}

static int open_crypto(void **state)
{
	(void)state;
	return crypto_open(NULL) == R_OK ? 0 : -1;
}

static int close_crypto(void **state)
{
	(void)state;
	crypto_close();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_and_its_certificate_match),
		cmocka_unit_test(the_largest_key_fits_and_small_ones_are_refused),
		cmocka_unit_test(expiry_steps_are_passed_once_each),
		cmocka_unit_test(refusals_are_told_once_a_minute_with_their_number),
	};

	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}

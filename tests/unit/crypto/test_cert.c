/* test_cert.c - the listener's certificate, looked at with OpenSSL's own eyes */
#include "tests/unit/crypto/vectors.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/crypto/cert.h"

static const char *const names[] = { "gw.example.net", "203.0.113.9", "2001:db8::9", NULL };

static X509 *read_cert(const struct bytes *pem)
{
	BIO *b = BIO_new_mem_buf(pem->at, (int)pem->n);
	X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);

	BIO_free(b);
	assert_non_null(x);
	return x;
}

static EVP_PKEY *read_key(const struct bytes *pem)
{
	BIO *b = BIO_new_mem_buf(pem->at, (int)pem->n);
	EVP_PKEY *k = PEM_read_bio_PrivateKey(b, NULL, NULL, NULL);

	BIO_free(b);
	assert_non_null(k);
	return k;
}

static void the_certificate_fits_its_key_and_names(void **state)
{
	own(bytes) cert = NULL;
	own(bytes) key = NULL;

	(void)state;
	assert_int_equal(cert_self_signed(names, 825, &cert, &key, NULL), R_OK);
	assert_int_equal(strlen((const char *)cert->at), cert->n);
	assert_int_equal(strlen((const char *)key->at), key->n);

	X509 *x = read_cert(cert);
	EVP_PKEY *k = read_key(key);
	assert_int_equal(X509_check_private_key(x, k), 1);
	assert_int_equal(X509_verify(x, k), 1);
	assert_int_equal(EVP_PKEY_get_bits(k), 256);
	assert_int_equal(X509_check_host(x, "gw.example.net", 0, 0, NULL), 1);
	assert_int_not_equal(X509_check_host(x, "other.example.net", 0, 0, NULL), 1);
	assert_int_equal(X509_check_ip_asc(x, "203.0.113.9", 0), 1);
	assert_int_equal(X509_check_ip_asc(x, "2001:db8::9", 0), 1);
	assert_int_not_equal(X509_check_ip_asc(x, "203.0.113.8", 0), 1);
	assert_int_equal(X509_check_ca(x), 0);
	assert_int_equal(X509_check_purpose(x, X509_PURPOSE_SSL_SERVER, 0), 1);
	assert_int_equal(X509_cmp_current_time(X509_get0_notBefore(x)), -1);
	assert_int_equal(X509_cmp_current_time(X509_get0_notAfter(x)), 1);
	EVP_PKEY_free(k);
	X509_free(x);
}

static void two_certificates_differ(void **state)
{
	own(bytes) a = NULL;
	own(bytes) b = NULL;
	own(bytes) a_key = NULL;
	own(bytes) b_key = NULL;
	char one[96], two[96];

	(void)state;
	assert_int_equal(cert_self_signed(names, 1, &a, &a_key, NULL), R_OK);
	assert_int_equal(cert_self_signed(names, 1, &b, &b_key, NULL), R_OK);
	assert_int_equal(cert_fingerprint((const char *)a->at, one, NULL), R_OK);
	assert_int_equal(cert_fingerprint((const char *)b->at, two, NULL), R_OK);
	assert_int_equal(strlen(one), 95);
	assert_int_equal(strspn(one, "0123456789ABCDEF:"), 95);
	assert_string_not_equal(one, two);
}

static void senseless_requests_are_refused(void **state)
{
	static const char *const none[] = { NULL }, *const empty[] = { "", NULL };
	struct bytes *cert = NULL, *key = NULL;
	struct fault f;
	char text[96];

	(void)state;
	assert_int_equal(cert_self_signed(none, 10, &cert, &key, &f), R_INVALID);
	assert_int_equal(cert_self_signed(names, 0, &cert, &key, &f), R_INVALID);
	assert_int_not_equal(cert_self_signed(empty, 10, &cert, &key, &f), R_OK);
	assert_int_equal(cert_fingerprint("hello", text, &f), R_INVALID);
	assert_int_equal(cert_fingerprint("", text, &f), R_INVALID);
	assert_null(cert);
	assert_null(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_certificate_fits_its_key_and_names),
		cmocka_unit_test(two_certificates_differ),
		cmocka_unit_test(senseless_requests_are_refused),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}

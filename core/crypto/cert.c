/* cert.c - the certificate of the HTTPS listener
 *
 * RFC 5280: a P-256 key with a certificate it signed itself, good for the names and addresses
 * this gateway is reached by (all of them as subjectAltName; the first also as common name,
 * for people). It starts an hour ago, since clocks differ, and is no authority.
 *
 * Called by main on first start and by the api to show the fingerprint.  Thread: any.
 * Owns: nothing.
 */
#include "core/crypto/cert.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/base/addr.h"
#include "core/base/rng.h"
#include "core/crypto/fetched.h"

OWNABLE_SSL(X509, X509_free)
OWNABLE_SSL(BIO, BIO_free)
OWNABLE_SSL(GENERAL_NAMES, GENERAL_NAMES_free)
OWNABLE_SSL(GENERAL_NAME, GENERAL_NAME_free)

enum { DAY_S = 86400, SERIAL = 16, COMMON_NAME_MAX = 64 };

static EVP_PKEY *new_key(void)
{
	EVP_PKEY *ret = NULL, *params = fetched_group(GROUP_ECP256);
	own_ssl(EVP_PKEY_CTX) c = params ? EVP_PKEY_CTX_new_from_pkey(NULL, params, NULL) : NULL;

	if (!c || EVP_PKEY_keygen_init(c) != 1 || EVP_PKEY_generate(c, &ret) != 1)
		return NULL;
	return ret;
}

/* One name or address, whichever it reads as. */
static bool add_name(GENERAL_NAMES *list, const char *name)
{
	struct addr a;
	bool is_addr = addr_read(name, &a);
	struct slice s = is_addr ? addr_slice(&a) : slice_str(name);
	own_ssl(GENERAL_NAME) g = GENERAL_NAME_new();
	ASN1_STRING *text = is_addr ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();

	if (!g || !text || s.n == 0 || ASN1_STRING_set(text, s.at, (int)s.n) != 1) {
		ASN1_STRING_free(text);
		return false;
	}
	GENERAL_NAME_set0_value(g, is_addr ? GEN_IPADD : GEN_DNS, text);
	if (sk_GENERAL_NAME_push(list, g) <= 0)
		return false;
	g = NULL; /* the list has it */
	return true;
}

static bool add_names(X509 *x, const char *const *names)
{
	own_ssl(GENERAL_NAMES) list = GENERAL_NAMES_new();

	for (; list && *names; names++)
		if (!add_name(list, *names))
			return false;
	return list && X509_add1_ext_i2d(x, NID_subject_alt_name, list, 0, 0) == 1;
}

static bool add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX c;

	X509V3_set_ctx_nodb(&c);
	X509V3_set_ctx(&c, x, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &c, nid, value);
	bool ok = e && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return ok;
}

static bool set_serial(X509 *x)
{
	struct rng r = rng_system();
	uint8_t raw[SERIAL];

	rng_fill(&r, raw, sizeof(raw));
	raw[0] = (raw[0] & 0x7f) | 0x40; /* positive, and of full length */
	own_ssl(BIGNUM) n = BN_bin2bn(raw, SERIAL, NULL);
	return n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
}

/* Subject and issuer are the same, since it signs itself. */
static bool set_subject(X509 *x, const char *name)
{
	X509_NAME *subject = X509_get_subject_name(x);
	size_t n = strlen(name);
	int len = n > COMMON_NAME_MAX ? COMMON_NAME_MAX : (int)n;

	return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)name, len,
					  -1, 0) == 1 &&
	       X509_set_issuer_name(x, subject) == 1;
}

static X509 *new_cert(EVP_PKEY *key, const char *const *names, unsigned days)
{
	own_ssl(X509) x = X509_new_ex(NULL, NULL);
	X509 *ret;

	if (!x || X509_set_version(x, X509_VERSION_3) != 1 || !set_serial(x) ||
	    !X509_gmtime_adj(X509_getm_notBefore(x), -3600) ||
	    !X509_time_adj_ex(X509_getm_notAfter(x), (int)days, 0, NULL) ||
	    !set_subject(x, names[0]) || X509_set_pubkey(x, key) != 1)
		return NULL;
	if (!add_names(x, names) || !add_extension(x, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_extension(x, NID_key_usage, "critical,digitalSignature") ||
	    !add_extension(x, NID_ext_key_usage, "serverAuth") ||
	    !add_extension(x, NID_subject_key_identifier, "hash"))
		return NULL;
	if (X509_sign(x, key, fetched_md(INTEG_SHA256)) <= 0)
		return NULL;
	ret = x;
	x = NULL;
	return ret;
}

/* What a memory BIO holds, terminated; the terminator is not counted. */
static struct bytes *text_of(BIO *bio)
{
	char *at = NULL;
	long n = BIO_get_mem_data(bio, &at);
	struct bytes *b = n > 0 ? bytes_new((size_t)n + 1) : NULL;

	if (!b)
		return NULL;
	memcpy(b->at, at, (size_t)n);
	b->n = (size_t)n;
	return b;
}

enum reason cert_self_signed(const char *const *names, unsigned days, struct bytes **ret_cert,
			     struct bytes **ret_key, struct fault *f)
{
	if (!names[0] || days == 0 || days > 36500)
		return fail(f, R_INVALID, "a certificate needs a name and up to 36500 days");

	own_ssl(EVP_PKEY) key = new_key();
	own_ssl(X509) x = key ? new_cert(key, names, days) : NULL;
	own_ssl(BIO) cert_pem = BIO_new(BIO_s_mem());
	own_ssl(BIO) key_pem = BIO_new(BIO_s_mem());

	if (!x || !cert_pem || !key_pem || PEM_write_bio_X509(cert_pem, x) != 1 ||
	    PEM_write_bio_PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL) != 1)
		return fetched_fail(f, R_CRYPTO, "no certificate could be made");

	own(bytes) cert_text = text_of(cert_pem);
	own(bytes) key_text = text_of(key_pem);
	if (!cert_text || !key_text)
		return fail(f, R_NO_MEMORY, "no memory for a certificate");
	*ret_cert = give(cert_text);
	*ret_key = give(key_text);
	return R_OK;
}

enum reason cert_fingerprint(const char *pem, char *ret, struct fault *f)
{
	own_ssl(BIO) bio = BIO_new_mem_buf(pem, -1);
	own_ssl(X509) x = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (!x)
		return fetched_fail(f, R_INVALID, "this is no certificate in PEM form");
	if (!fetched_md(INTEG_SHA256) || X509_digest(x, fetched_md(INTEG_SHA256), digest, &n) != 1)
		return fetched_fail(f, R_CRYPTO, "the certificate has no fingerprint");
	for (unsigned i = 0; i < n; i++)
		snprintf(ret + 3 * i, 4, i + 1 < n ? "%02X:" : "%02X", digest[i]);
	return R_OK;
}

/* throwaway.c - a certificate for one play
 *
 * Authority and certificate have RSA keys of 2048 bits: IKEv1 signs with RSA (RFC 2409 section 5.1), and
 * trust.c knows no authority with another. The authority's is forgotten as soon as it has signed. Both are
 * good for ten days.
 *
 * Called by: core/daemon/costume.c.  Thread: any.  Owns: nothing.
 */
#include "core/crypto/throwaway.h"

#include <string.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/base/addr.h"
#include "core/crypto/fetched.h"

OWNABLE_SSL(X509, X509_free)
OWNABLE_SSL(BIO, BIO_free)
OWNABLE_SSL(GENERAL_NAMES, GENERAL_NAMES_free)
OWNABLE_SSL(X509_NAME, X509_NAME_free)

enum { DAY_S = 86400, BITS = 2048, VALID_DAYS = 10, DN_TEXT = 512 };

/* ---- names ---- */

/* "C=DE, O=Example, CN=gw" */
static X509_NAME *name_of_dn(const char *dn)
{
	X509_NAME *n = X509_NAME_new();
	char text[DN_TEXT], *rest = text;
	bool ok = n && strlen(dn) < sizeof(text);

	if (ok)
		memcpy(text, dn, strlen(dn) + 1);
	while (ok && rest && *rest) {
		char *part = strsep(&rest, ",/");

		part += strspn(part, " ");
		char *value = strchr(part, '=');
		if (!*part)
			continue;
		if (value)
			*value++ = '\0';
		ok = value && X509_NAME_add_entry_by_txt(n, part, MBSTRING_UTF8,
							 (const uint8_t *)value, -1, -1, 0) == 1;
	}
	if (ok)
		return n;
	X509_NAME_free(n);
	return NULL;
}

static bool add_name(X509 *x, const char *name)
{
	own_ssl(GENERAL_NAMES) list = GENERAL_NAMES_new();
	GENERAL_NAME *g = GENERAL_NAME_new();
	struct addr a;
	bool is_addr = addr_read(name, &a);
	struct slice s = is_addr ? addr_slice(&a) : slice_str(name);
	ASN1_STRING *text = is_addr ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();

	if (!list || !g || !text || ASN1_STRING_set(text, s.at, (int)s.n) != 1) {
		ASN1_STRING_free(text);
		GENERAL_NAME_free(g);
		return false;
	}
	GENERAL_NAME_set0_value(g,
				is_addr             ? GEN_IPADD
				: strchr(name, '@') ? GEN_EMAIL
						    : GEN_DNS,
				text);
	if (sk_GENERAL_NAME_push(list, g) <= 0) {
		GENERAL_NAME_free(g);
		return false;
	}
	return X509_add1_ext_i2d(x, NID_subject_alt_name, list, 0, 0) == 1;
}

/* Subject and names of a real one. */
static bool be_like(X509 *x, const char *pem)
{
	own_ssl(BIO) bio = BIO_new_mem_buf(pem, -1);
	own_ssl(X509) real = bio ? PEM_read_bio_X509(bio, NULL, fetched_no_passphrase, NULL) : NULL;
	int at = real ? X509_get_ext_by_NID(real, NID_subject_alt_name, -1) : -1;

	return real && X509_set_subject_name(x, X509_get_subject_name(real)) == 1 &&
	       (at < 0 || X509_add_ext(x, X509_get_ext(real, at), -1) == 1);
}

static bool set_subject(X509 *x, const char *dn)
{
	own_ssl(X509_NAME) name = name_of_dn(*dn ? dn : "O=Play, CN=peer");

	return name && X509_set_subject_name(x, name) == 1;
}

static bool name_it(X509 *x, const struct throwaway_ask *ask)
{
	if (*ask->like)
		return be_like(x, ask->like);
	return set_subject(x, ask->dn) && (!*ask->name || add_name(x, ask->name));
}

/* ---- certificates ---- */

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

static X509 *begin(EVP_PKEY *key, int64_t now_s, long serial)
{
	X509 *x = X509_new_ex(NULL, NULL);

	if (x && X509_set_version(x, X509_VERSION_3) == 1 &&
	    ASN1_INTEGER_set(X509_get_serialNumber(x), serial) == 1 &&
	    ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(now_s - DAY_S)) &&
	    ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(now_s + VALID_DAYS * DAY_S)) &&
	    X509_set_pubkey(x, key) == 1)
		return x;
	X509_free(x);
	return NULL;
}

static bool sign(X509 *x, const X509 *issuer, EVP_PKEY *key)
{
	return X509_set_issuer_name(x, X509_get_subject_name(issuer)) == 1 &&
	       X509_sign(x, key, fetched_md(INTEG_SHA256)) > 0;
}

static X509 *authority_of(EVP_PKEY *key, int64_t now_s)
{
	X509 *x = begin(key, now_s, 1);

	if (x && set_subject(x, "O=Play, CN=throwaway authority") &&
	    add_extension(x, NID_basic_constraints, "critical,CA:TRUE") &&
	    add_extension(x, NID_key_usage, "critical,keyCertSign,cRLSign") && sign(x, x, key))
		return x;
	X509_free(x);
	return NULL;
}

/* What a memory BIO holds, terminated; the terminator is not counted. */
static struct bytes *text_of(BIO *bio)
{
	char *at = NULL;
	long n = BIO_get_mem_data(bio, &at);
	struct bytes *b = n > 0 ? bytes_new((size_t)n + 1) : NULL;

	if (b) {
		memcpy(b->at, at, (size_t)n);
		b->n = (size_t)n;
	}
	return b;
}

static struct bytes *pem_of(X509 *x)
{
	own_ssl(BIO) bio = BIO_new(BIO_s_mem());

	return x && bio && PEM_write_bio_X509(bio, x) == 1 ? text_of(bio) : NULL;
}

static struct bytes *pem_of_key(EVP_PKEY *key)
{
	own_ssl(BIO) bio = BIO_new(BIO_s_secmem());

	return bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1
		       ? text_of(bio)
		       : NULL;
}

static EVP_PKEY *new_rsa(void)
{
	own_ssl(EVP_PKEY_CTX) c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *ret = NULL;

	if (!c || EVP_PKEY_keygen_init(c) != 1 || EVP_PKEY_CTX_set_rsa_keygen_bits(c, BITS) != 1 ||
	    EVP_PKEY_generate(c, &ret) != 1)
		return NULL;
	return ret;
}

enum reason throwaway_make(const struct throwaway_ask *ask, struct throwaway *ret, struct fault *f)
{
	own_ssl(EVP_PKEY) root = new_rsa();
	own_ssl(EVP_PKEY) key = new_rsa();
	own_ssl(X509) ca = root ? authority_of(root, ask->now_s) : NULL;
	own_ssl(X509) x = key ? begin(key, ask->now_s, 2) : NULL;

	*ret = (struct throwaway){ 0 };
	if (!ca || !x)
		return fetched_fail(f, R_CRYPTO, "no certificate for the play could be made");
	if (!name_it(x, ask))
		return fetched_fail(f, R_INVALID, "no certificate can say this identity");
	if (!add_extension(x, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_extension(x, NID_key_usage, "critical,digitalSignature") || !sign(x, ca, root))
		return fetched_fail(f, R_CRYPTO, "no certificate for the play could be made");
	ret->authority = pem_of(ca);
	ret->certificate = pem_of(x);
	ret->key = pem_of_key(key);
	if (ret->authority && ret->certificate && ret->key)
		return R_OK;
	throwaway_done(ret);
	return fail(f, R_NO_MEMORY, "no memory for a certificate");
}

void throwaway_done(struct throwaway *t)
{
	bytes_free(t->authority);
	bytes_free(t->certificate);
	bytes_free(t->key);
	*t = (struct throwaway){ 0 };
}

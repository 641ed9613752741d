/* trust.c - is the peer who its certificate says
 *
 * The signature's certificate is the first that came. Its key and those of all others are looked
 * at before any of them is computed with. OpenSSL walks the chain over a store of our own that
 * knows no directory and no default. What fits is what it answers 1 to; every other answer is no.
 *
 * Called by: jobs of signatures; our own certificates are read here too.  Thread: any.
 * Owns: nothing.
 */
#include "core/crypto/trust.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/crypto/trust_inside.h"

OWNABLE_SSL(BIO, BIO_free)
OWNABLE_SSL(X509, X509_free)
OWNABLE_SSL(X509_CRL, X509_CRL_free)
OWNABLE_SSL(X509_STORE, X509_STORE_free)
OWNABLE_SSL(X509_STORE_CTX, X509_STORE_CTX_free)
OWNABLE_SSL(GENERAL_NAMES, GENERAL_NAMES_free)
OWNABLE_SSL(X509_NAME, X509_NAME_free)

typedef STACK_OF(X509) X509_PILE;
static void X509_PILE_free(X509_PILE *s)
{
	sk_X509_pop_free(s, X509_free);
}
OWNABLE_SSL(X509_PILE, X509_PILE_free)

enum { WIRE_IPV4 = 1, WIRE_FQDN = 2, WIRE_USER_FQDN = 3, WIRE_IPV6 = 5, WIRE_DN = 9 };
enum { DN_TEXT = 512, DN_PARTS = 24 };

/* --- reading --- */

static X509 *read_der(struct slice s)
{
	const uint8_t *at = s.at;
	X509 *x = s.n && s.n <= TRUST_CERTIFICATE_MAX ? d2i_X509(NULL, &at, (long)s.n) : NULL;

	if (x && at == s.at + s.n)
		return x;
	X509_free(x);
	return NULL;
}

enum reason trust_read(const char *pem, struct bytes *ret[TRUST_CHAIN], size_t *ret_n,
		       struct fault *f)
{
	own_ssl(BIO) bio = BIO_new_mem_buf(pem, -1);

	*ret_n = 0;
	while (bio && *ret_n < TRUST_CHAIN) {
		own_ssl(X509) x = PEM_read_bio_X509(bio, NULL, fetched_no_passphrase, NULL);
		uint8_t *der = NULL;
		int n = x ? i2d_X509(x, &der) : 0;

		if (n <= 0)
			break;
		ret[*ret_n] = bytes_of(der, (size_t)n);
		OPENSSL_free(der);
		if (!ret[*ret_n])
			return fail(f, R_NO_MEMORY, "no memory for a certificate");
		++*ret_n;
	}
	fetched_fail(NULL, R_OK, ""); /* the end of a text is an error of OpenSSL's */
	return *ret_n ? R_OK
		      : fail_field(f, R_NO_CERTIFICATE, "certificate",
				   "there is no certificate in the text");
}

enum reason trust_subject(const char *pem, struct bytes **ret, struct fault *f)
{
	own_ssl(BIO) bio = BIO_new_mem_buf(pem, -1);
	own_ssl(X509) x = bio ? PEM_read_bio_X509(bio, NULL, fetched_no_passphrase, NULL) : NULL;
	uint8_t *der = NULL;
	int n = x ? i2d_X509_NAME(X509_get_subject_name(x), &der) : 0;

	if (n <= 0)
		return fetched_fail(f, R_NO_CERTIFICATE, "our certificate cannot be read");
	*ret = bytes_of(der, (size_t)n);
	OPENSSL_free(der);
	return *ret ? R_OK : fail(f, R_NO_MEMORY, "no memory for a name");
}

/* --- names --- */

static X509_NAME *read_name(struct slice dn)
{
	const uint8_t *at = dn.at;
	own_ssl(X509_NAME) n =
		dn.n && dn.n <= TRUST_NAME_MAX ? d2i_X509_NAME(NULL, &at, (long)dn.n) : NULL;

	fetched_fail(NULL, R_OK, "");
	/* one without parts names everybody */
	return n && at == dn.at + dn.n && X509_NAME_entry_count(n) > 0 ? give(n) : NULL;
}

/* False when it does not fit, or is nothing. */
static bool name_text(const X509_NAME *name, char *ret, size_t cap)
{
	own_ssl(BIO) out = BIO_new(BIO_s_mem());

	if (!out || X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253) < 0)
		return false;
	int got = BIO_read(out, ret, (int)cap);
	if (got <= 0 || got >= (int)cap - 1)
		return false;
	ret[got] = '\0';
	return true;
}

/* --- the chain --- */

/* Without a list of this issuer there is nothing to look at. */
static int walked(int ok, X509_STORE_CTX *c)
{
	if (!ok && X509_STORE_CTX_get_error(c) == X509_V_ERR_UNABLE_TO_GET_CRL) {
		X509_STORE_CTX_set_error(c, X509_V_OK);
		return 1;
	}
	return ok;
}

/* A list that cannot be used must not be as good as none. */
static enum reason add_list(X509_STORE *s, X509 *authority, const char *pem, struct fault *f)
{
	own_ssl(BIO) in = BIO_new_mem_buf(pem, -1);
	own_ssl(X509_CRL) crl =
		in ? PEM_read_bio_X509_CRL(in, NULL, fetched_no_passphrase, NULL) : NULL;
	char subject[DN_TEXT] = "";

	if (!name_text(X509_get_subject_name(authority), subject, sizeof(subject)))
		subject[0] = '\0';
	fetched_fail(NULL, R_OK, "");
	if (!crl)
		return fail_field(f, R_UNTRUSTED, "certificate_domain",
				  "the revocation list of the authority %.100s cannot be read",
				  subject);
	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(authority)) != 0)
		return fail_field(f, R_UNTRUSTED, "certificate_domain",
				  "the revocation list of the authority %.100s is another's",
				  subject);
	return X509_STORE_add_crl(s, crl) == 1 ? R_OK
					       : fail(f, R_NO_MEMORY, "no memory for a list");
}

static enum reason add_anchor(X509_STORE *s, const struct trust_anchor *a, bool *crls,
			      struct fault *f)
{
	own_ssl(BIO) bio = BIO_new_mem_buf(a->pem, -1);
	own_ssl(X509) x = bio ? PEM_read_bio_X509(bio, NULL, fetched_no_passphrase, NULL) : NULL;

	if (!x || rsa1_key_fits(X509_get0_pubkey(x), NULL) != R_OK)
		return R_OK; /* one that cannot be used trusts nobody */
	if (X509_STORE_add_cert(s, x) != 1)
		return fail(f, R_NO_MEMORY, "no memory for an authority");
	if (!*a->crl)
		return R_OK;
	*crls = true;
	return add_list(s, x, a->crl, f);
}

static X509_STORE *store_of(const struct trust_ask *a, bool *crls, struct fault *f)
{
	own_ssl(X509_STORE) s = X509_STORE_new();

	if (!s)
		fail(f, R_UNTRUSTED, "no memory for authorities");
	for (size_t i = 0; s && i < a->anchors_n; i++)
		if (add_anchor(s, &a->anchors[i], crls, f) != R_OK)
			return NULL;
	return give(s);
}

static enum reason why(int error)
{
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
		return R_CERT_EXPIRED;
	case X509_V_ERR_CERT_REVOKED:
		return R_CERT_REVOKED;
	default:
		return R_UNTRUSTED;
	}
}

static uint64_t used_of(const struct trust_ask *a, X509_STORE_CTX *c)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(c);
	uint64_t used = 0;

	for (size_t i = 0; i < a->anchors_n && i < 64; i++) {
		own_ssl(BIO) bio = BIO_new_mem_buf(a->anchors[i].pem, -1);
		own_ssl(X509) x =
			bio ? PEM_read_bio_X509(bio, NULL, fetched_no_passphrase, NULL) : NULL;

		for (int k = 0; x && k < sk_X509_num(chain); k++)
			if (X509_cmp(x, sk_X509_value(chain, k)) == 0)
				used |= 1ull << i;
	}
	fetched_fail(NULL, R_OK, "");
	return used;
}

/* The chain ends where no authority of ours has signed. */
static bool lacks_issuer(int error)
{
	return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	       error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	       error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

static enum reason complain(X509_STORE_CTX *c, struct fault *f)
{
	int error = X509_STORE_CTX_get_error(c);
	X509 *at = X509_STORE_CTX_get_current_cert(c);
	char subject[DN_TEXT] = "", issuer[DN_TEXT] = "";

	if (!at || !name_text(X509_get_subject_name(at), subject, sizeof(subject)))
		subject[0] = '\0';
	if (!at || !name_text(X509_get_issuer_name(at), issuer, sizeof(issuer)))
		issuer[0] = '\0';
	fetched_fail(NULL, R_OK, "");
	if (lacks_issuer(error) && *issuer)
		return fail_field(f, R_UNTRUSTED, "certificate_domain",
				  "the certificate %.80s of the peer's chain was issued by %.80s, "
				  "which is no authority here",
				  subject, issuer);
	return fail_field(f, why(error), "certificate_domain",
			  "the certificate %.100s of the peer's chain: %s", subject,
			  X509_verify_cert_error_string(error));
}

/* Whoever signs here must be allowed to sign (RFC 4945 section 5.1.3.2); OpenSSL cannot know what for the
 * certificate is used. That those above may sign certificates is what it looked at. */
static enum reason check_use(X509_PILE *pile, struct fault *f)
{
	uint32_t use = X509_get_key_usage(sk_X509_value(pile, 0)); /* all bits without one */

	if (use & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION))
		return R_OK;
	return fail_field(f, R_UNTRUSTED, "certificate_domain",
			  "the key usage of the peer's certificate allows no signatures");
}

static bool begin(X509_STORE_CTX *c, X509_STORE *store, X509_PILE *pile, const struct trust_ask *a,
		  unsigned long flags)
{
	if (!c || X509_STORE_CTX_init(c, store, sk_X509_value(pile, 0), pile) != 1)
		return false;

	X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(c);
	X509_VERIFY_PARAM_set_time(p, (time_t)a->now_s);
	X509_VERIFY_PARAM_set_depth(p, TRUST_CHAIN);
	X509_VERIFY_PARAM_set_auth_level(p, 2);
	X509_VERIFY_PARAM_set_flags(p, flags);
	X509_STORE_CTX_set_verify_cb(c, walked);
	return true;
}

/* To the root if it is ours, since its list may take the authority below it back. An authority is
 * trusted because somebody wrote it down, and not because it signed itself: when the root is nobody's,
 * the chain may end at any that is ours. */
static enum reason walk(const struct trust_ask *a, X509_PILE *pile, uint64_t *ret_used,
			struct fault *f)
{
	bool crls = false;
	own_ssl(X509_STORE) store = store_of(a, &crls, f);
	own_ssl(X509_STORE_CTX) whole = X509_STORE_CTX_new();
	own_ssl(X509_STORE_CTX) part = X509_STORE_CTX_new();
	unsigned long flags = crls ? X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL : 0;

	if (!store)
		return R_UNTRUSTED;
	if (!begin(whole, store, pile, a, flags) ||
	    !begin(part, store, pile, a, flags | X509_V_FLAG_PARTIAL_CHAIN))
		return fetched_fail(f, R_UNTRUSTED, "a chain of certificates cannot be walked");

	X509_STORE_CTX *c = whole;
	bool good = X509_verify_cert(c) == 1;
	if (!good && lacks_issuer(X509_STORE_CTX_get_error(c))) {
		c = part;
		good = X509_verify_cert(c) == 1;
	}
	enum reason r = good ? check_use(pile, f) : complain(c, f);
	fetched_fail(NULL, R_OK, "");
	if (r == R_OK)
		*ret_used = used_of(a, c);
	return r;
}

/* --- identities --- */

static bool fits_name(const GENERAL_NAME *g, const struct trust_ask *a)
{
	int kind = 0;
	const ASN1_STRING *s = GENERAL_NAME_get0_value(g, &kind);
	int want = a->id_type == WIRE_FQDN        ? GEN_DNS
		   : a->id_type == WIRE_USER_FQDN ? GEN_EMAIL
						  : GEN_IPADD;

	if (kind != want || (size_t)ASN1_STRING_length(s) != a->id.n)
		return false;
	const char *at = (const char *)ASN1_STRING_get0_data(s);
	if (want == GEN_IPADD)
		return slice_equal(slice(at, a->id.n), a->id);
	return !memchr(a->id.at, '\0', a->id.n) &&
	       strncasecmp(at, (const char *)a->id.at, a->id.n) == 0;
}

static bool is_named(X509 *x, const struct trust_ask *a)
{
	own_ssl(GENERAL_NAMES) list = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; list && i < sk_GENERAL_NAME_num(list); i++)
		if (fits_name(sk_GENERAL_NAME_value(list, i), a))
			return true;
	return false;
}

/* As names are compared along a chain (RFC 5280 section 7.1): strongSwan writes its identity with other
 * kinds of strings than the authority wrote the subject. */
static bool is_subject(X509 *x, struct slice dn)
{
	own_ssl(X509_NAME) name = read_name(dn);

	return name && X509_NAME_cmp(name, X509_get_subject_name(x)) == 0;
}

/* "A=b, C=d" cut at its commas, blanks around parts dropped. A comma with a backslash stays. */
static size_t parts_of(char *text, char *ret[DN_PARTS])
{
	size_t n = 0;

	for (char *at = text; *at && n < DN_PARTS;) {
		at += strspn(at, " ");
		ret[n++] = at;
		while (*at && *at != ',')
			at += *at == '\\' && at[1] ? 2 : 1;
		char *end = at;
		if (*at)
			at++;
		while (end > ret[n - 1] && end[-1] == ' ')
			end--;
		*end = '\0';
	}
	return n;
}

/* People write a name in either direction. */
static bool is_called(const X509_NAME *name, const char *want)
{
	char is[DN_TEXT] = "", asked[DN_TEXT];
	char *a[DN_PARTS], *b[DN_PARTS];
	bool same = true, turned = true;

	if (strlen(want) >= sizeof(asked) || !name_text(name, is, sizeof(is)))
		return false;
	snprintf(asked, sizeof(asked), "%s", want);
	size_t n = parts_of(is, a);
	if (n == 0 || parts_of(asked, b) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		same = same && strcmp(a[i], b[i]) == 0;
		turned = turned && strcmp(a[i], b[n - 1 - i]) == 0;
	}
	return same || turned;
}

void trust_dn_text(struct slice dn, char *ret, size_t cap)
{
	own_ssl(X509_NAME) name = read_name(dn);

	if (!name || !name_text(name, ret, cap))
		ret[0] = '\0';
	for (char *c = ret; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
}

bool trust_dn_is(struct slice dn, const char *want)
{
	own_ssl(X509_NAME) name = read_name(dn);

	return name && (!*want || is_called(name, want));
}

static enum reason check_name(X509 *x, const struct trust_ask *a, struct fault *f)
{
	bool ok = a->id_type == WIRE_DN ? is_subject(x, a->id)
		  : a->id_type == WIRE_FQDN || a->id_type == WIRE_USER_FQDN ||
				  a->id_type == WIRE_IPV4 || a->id_type == WIRE_IPV6
			  ? is_named(x, a)
			  : false;

	if (!ok)
		return fail_field(f, R_CERT_ID, "remote_id",
				  "the identity that the peer presents is not in its certificate");
	if (*a->want_dn && !is_called(X509_get_subject_name(x), a->want_dn))
		return fail_field(f, R_CERT_ID, "remote_id.value",
				  "the certificate's subject is not %.120s", a->want_dn);
	return R_OK;
}

static enum reason read_pile(const struct trust_ask *a, X509_PILE *pile, struct fault *f)
{
	for (size_t i = 0; i < a->chain_n; i++) {
		X509 *x = read_der(a->chain[i]);

		if (!x)
			return fetched_fail(f, R_UNTRUSTED,
					    "a certificate of the peer cannot be read");
		if (sk_X509_push(pile, x) <= 0) {
			X509_free(x);
			return fail(f, R_NO_MEMORY, "no memory for a certificate");
		}
		enum reason r = rsa1_key_fits(X509_get0_pubkey(x), f);
		if (r != R_OK)
			return r;
	}
	return R_OK;
}

enum reason trust_check(const struct trust_ask *a, uint64_t *ret_used, struct fault *f)
{
	own_ssl(X509_PILE) pile = sk_X509_new_null();

	if (a->chain_n == 0)
		return fail_field(f, R_NO_CERTIFICATE, "auth.remote",
				  "the peer sent no certificate");
	if (a->chain_n > TRUST_CHAIN || !pile)
		return fail(f, R_UNTRUSTED, "more certificates than %d came", TRUST_CHAIN);
	enum reason r = read_pile(a, pile, f);
	if (r == R_OK)
		r = walk(a, pile, ret_used, f);
	if (r == R_OK)
		r = check_name(sk_X509_value(pile, 0), a, f);
	if (r != R_OK)
		return r;
	return rsa1_verify_key(X509_get0_pubkey(sk_X509_value(pile, 0)), a->hash, a->signature, f);
}

/* pki.c - register: members of authorities, certificates and private keys
 *
 * The texts are what people give; everything else is read from them when a record is accepted
 * or loaded, so it is neither written nor kept. A changed text touches the SAs of all peers
 * that rest on it.
 *
 * Called by: record.c through kind.def, core/daemon/inspect.c.  Thread: any.  Owns: nothing.
 * Not here: reading certificates (core/crypto/cert), whether they fit each other (rules_pki.c).
 */
#include "core/model/pki.h"

#include <stdio.h>
#include <string.h>

#define SAID (FF_READ_ONLY | FF_DERIVED)

/* clang-format off */
#define FACTS(tag) \
	FIELD(tag, facts.subject, "subject", .kind = F_TEXT, .max = DN_SIZE - 1, .flags = SAID, .help = "Who the certificate is of"), \
	FIELD(tag, facts.issuer, "issuer", .kind = F_TEXT, .max = DN_SIZE - 1, .flags = SAID, .help = "Who signed it"), \
	FIELD(tag, facts.serial, "serial", .kind = F_TEXT, .max = SERIAL_SIZE - 1, .flags = SAID, .help = "Its number with the issuer, in hex"), \
	FIELD(tag, facts.not_before_s, "not_before", .kind = F_UINT, .flags = SAID | FF_TIME, .help = "When it begins to be valid"), \
	FIELD(tag, facts.not_after_s, "not_after", .kind = F_UINT, .flags = SAID | FF_TIME, .help = "When it expires"), \
	FIELD(tag, facts.bits, "bits", .kind = F_UINT, .flags = SAID, .help = "Size of its RSA key in bits"), \
	FIELD(tag, facts.fingerprint, "sha256", .kind = F_TEXT, .max = SHA256_TEXT - 1, .flags = SAID, .help = "SHA-256 fingerprint of the certificate"), \
	FIELD(tag, facts.public_key, "public_key_sha256", .kind = F_TEXT, .max = SHA256_TEXT - 1, .flags = SAID, .help = "SHA-256 fingerprint of its public key"), \
	LIST(tag, facts.alt_names, facts.alt_names_n, "alt_names", .kind = F_TEXT, .max = ALT_NAME_SIZE - 1, .flags = SAID, .help = "Subject alternative names")

const struct field authority_fields[] = {
	FIELD(authority, r.name, "name", .kind = F_TEXT, .syntax = SYN_NAME, .min = 1, .max = NAME_MAX_,
	      .flags = FF_KEY, .help = "Name of the authority"),
	FIELD(authority, description, "description", .kind = F_TEXT, .max = 127, .help = "What the authority is, for people"),
	FIELD(authority, domain, "domain", .kind = F_TEXT, .syntax = SYN_NAME, .max = NAME_MAX_,
	      .impact = IMPACT_IKE, .help = "PKI domain: peers of this certificate_domain, or of none, are trusted when the authority signed their certificate"),
	FIELD(authority, pem, "pem", .kind = F_TEXT, .max = AUTHORITY_PEM_SIZE - 1, .impact = IMPACT_IKE,
	      .flags = FF_REQUIRED | FF_LINES, .help = "Certificate of the authority, as PEM text"),
	FIELD(authority, crl, "crl", .kind = F_TEXT, .max = CRL_PEM_SIZE - 1, .impact = IMPACT_IKE, .flags = FF_LINES,
	      .help = "Revocation list of the authority, as PEM text; empty: none"),
	FACTS(authority),
	{ 0 },
};

const struct field certificate_fields[] = {
	FIELD(certificate, r.name, "name", .kind = F_TEXT, .syntax = SYN_NAME, .min = 1, .max = NAME_MAX_,
	      .flags = FF_KEY, .help = "Name of the certificate"),
	FIELD(certificate, description, "description", .kind = F_TEXT, .max = 127, .help = "What the certificate is for"),
	FIELD(certificate, pem, "pem", .kind = F_TEXT, .max = CERTIFICATE_PEM_SIZE - 1, .impact = IMPACT_IKE,
	      .flags = FF_REQUIRED | FF_LINES, .help = "Our certificate, then intermediate ones, as PEM text"),
	FIELD(certificate, private_key, "private_key", .kind = F_REF, .ref = K_PRIVATE_KEY, .max = NAME_MAX_,
	      .impact = IMPACT_IKE, .help = "Private key that belongs to the certificate"),
	FACTS(certificate),
	{ 0 },
};

const struct field private_key_fields[] = {
	FIELD(private_key, r.name, "name", .kind = F_TEXT, .syntax = SYN_NAME, .min = 1, .max = NAME_MAX_,
	      .flags = FF_KEY, .help = "Name of the private key"),
	FIELD(private_key, description, "description", .kind = F_TEXT, .max = 127, .help = "What the key is for"),
	FIELD(private_key, key, "value", .kind = F_SECRET, .min = 1, .max = SECRET_LONG_MAX, .impact = IMPACT_IKE,
	      .flags = FF_LINES, .help = "RSA key as PEM text, without passphrase; written, never read back"),
	FIELD(private_key, bits, "bits", .kind = F_UINT, .flags = SAID, .help = "Size of the RSA key in bits"),
	FIELD(private_key, public_key, "public_key_sha256", .kind = F_TEXT, .max = SHA256_TEXT - 1, .flags = SAID,
	      .help = "SHA-256 fingerprint of the public key; that of a certificate is equal when they match"),
	{ 0 },
};
/* clang-format on */

char *private_key_about(const char *name, char *ret)
{
	snprintf(ret, PRIVATE_KEY_ABOUT, "private-keys/%s", name);
	return ret;
}

bool authority_serves(const struct authority *a, const char *domain)
{
	return !*domain || strcmp(a->domain, domain) == 0;
}

uint64_t pki_not_after_s(const struct record *r)
{
	if (r->kind == K_AUTHORITY)
		return ((const struct authority *)(const void *)r)->facts.not_after_s;
	if (r->kind == K_CERTIFICATE)
		return ((const struct certificate *)(const void *)r)->facts.not_after_s;
	return 0;
}

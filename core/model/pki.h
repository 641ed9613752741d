/* pki.h - certificates of authorities, our own, and the private keys that belong to them
 *
 * RFC 5280 certificates and revocation lists, RFC 7468 texts. The facts are read from the texts
 * by who may look into them (core/daemon/inspect.h) whenever a record is accepted or loaded: no
 * store keeps them and nobody writes them. Times are seconds since 1970.
 */
#pragma once

#include "core/model/record.h"

enum { AUTHORITY_PEM_SIZE = 8192, CRL_PEM_SIZE = 32768, CERTIFICATE_PEM_SIZE = 16384 };
enum { DN_SIZE = 256, SERIAL_SIZE = 64, SHA256_TEXT = 96, ALT_NAMES = 8, ALT_NAME_SIZE = 128 };

/* What a certificate says about itself. */
struct certificate_facts {
	char subject[DN_SIZE], issuer[DN_SIZE]; /* RFC 4514 text, cut when it is longer */
	char serial[SERIAL_SIZE]; /* hex digits */
	uint64_t not_before_s, not_after_s; /* 0: the text was not read yet */
	uint32_t bits; /* of an RSA key, else 0 */
	char fingerprint[SHA256_TEXT]; /* SHA-256 of the certificate, "AB:CD:..." */
	char public_key[SHA256_TEXT]; /* SHA-256 of its SubjectPublicKeyInfo, likewise */
	uint8_t alt_names_n;
	char alt_names[ALT_NAMES][ALT_NAME_SIZE]; /* "DNS:gw.example.com", "IP Address:..." */
};

/* Whose signatures we trust for peers of one domain. */
struct authority {
	struct record r;
	char description[128];
	char domain[NAME_SIZE]; /* a peer's certificate_domain */
	char pem[AUTHORITY_PEM_SIZE]; /* one certificate */
	char crl[CRL_PEM_SIZE]; /* "": no revocation list */
	struct certificate_facts facts;
};

/* A certificate of ours. */
struct certificate {
	struct record r;
	char description[128];
	char pem[CERTIFICATE_PEM_SIZE]; /* ours first, then intermediate ones */
	char private_key[NAME_SIZE]; /* -> private key, "" none */
	struct certificate_facts facts; /* of the first */
};

struct private_key {
	struct record r;
	char description[128];
	struct sealed_long key; /* F_SECRET: PEM text, PKCS#8 or PKCS#1, without passphrase */
	uint32_t bits;
	char public_key[SHA256_TEXT]; /* as in struct certificate_facts: equal when they match */
};

extern const struct field authority_fields[];
extern const struct field certificate_fields[];
extern const struct field private_key_fields[];

enum { PRIVATE_KEY_ABOUT = 64 };
/* What is sealed is bound to this text: "private-keys/NAME". ret holds PRIVATE_KEY_ABOUT. */
char *private_key_about(const char *name, char *ret);
/* Is this one of the authorities of peers with that certificate_domain? "": every one is. */
bool authority_serves(const struct authority *a, const char *domain);
/* The end of validity of an authority or certificate; 0 for other kinds. */
uint64_t pki_not_after_s(const struct record *r);

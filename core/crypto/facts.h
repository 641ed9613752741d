/* facts.h - what certificates and keys in PEM texts say of themselves
 *
 * RFC 5280, RFC 7468. Reads and measures; trusts nobody and verifies nothing. Any thread.
 */
#pragma once

#include "core/base/bytes.h"
#include "core/base/fault.h"

enum { FACTS_NAMES = 8 };

struct cert_facts {
	char subject[256], issuer[256]; /* RFC 4514, cut */
	char serial[64]; /* hex */
	int64_t not_before_s, not_after_s; /* since 1970 */
	unsigned bits; /* of an RSA key, else 0 */
	char algorithm[32]; /* of the key: "RSA", "EC" */
	char fingerprint[96], public_key[96]; /* SHA-256 of certificate, SubjectPublicKeyInfo */
	size_t names_n; /* subject alternative names */
	char names[FACTS_NAMES][128];
	size_t count; /* certificates in the text */
	bool ca; /* may sign others */
};

struct key_facts {
	unsigned bits; /* of an RSA key, else 0 */
	char algorithm[32];
	char public_key[96];
};

/* The facts of the first certificate; every further one must parse too. R_INVALID. */
enum reason facts_of_cert(const char *pem, struct cert_facts *ret, struct fault *f);
/* R_INVALID: no revocation list in PEM form. */
enum reason facts_of_crl(const char *pem, struct fault *f);
/* A private key without passphrase. R_INVALID also when its numbers do not fit each other. */
enum reason facts_of_key(struct slice pem, struct key_facts *ret, struct fault *f);

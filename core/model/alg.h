/* alg.h - look-ups over alg.def
 *
 * Values are enum constants starting at 1; 0 is "none". A row is found by name (REST,
 * forms, store), by its IKEv1 number (wire) or by value. Nothing here needs OpenSSL.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* RSA keys outside are refused, at the door and from peers: smaller ones can be broken, longer ones cost. */
enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192 };
enum tier { TIER_CURRENT, TIER_WEAK, TIER_BROKEN };

enum encr {
	ENCR_NONE,
#define ENCR(code, ...) ENCR_##code,
#include "core/model/alg.def"
#undef ENCR
	ENCR_COUNT
};

enum integ {
	INTEG_NONE,
#define INTEG(code, ...) INTEG_##code,
#include "core/model/alg.def"
#undef INTEG
	INTEG_COUNT
};

enum group {
	GROUP_NONE,
#define GROUP(code, ...) GROUP_##code,
#include "core/model/alg.def"
#undef GROUP
	GROUP_COUNT
};

/* RFC 2409 appendix A. Values are the wire's. */
enum auth_method { AUTH_NONE = 0, AUTH_PSK = 1, AUTH_RSA_SIG = 3 };

enum group_kind { GROUP_KIND_MODP, GROUP_KIND_ECP, GROUP_KIND_MONTG };

struct encr_row {
	const char *name;
	uint16_t v1_ike, v1_esp, v2;
	const char *kernel, *openssl;
	uint16_t bits;
	bool variable;
	uint8_t block, iv, salt, icv;
	enum tier tier;
};

struct integ_row {
	const char *name;
	uint16_t v1_hash, v1_auth, v2_prf, v2_integ;
	const char *kernel, *openssl;
	uint8_t digest, icv;
	enum tier tier;
};

struct group_row {
	const char *name;
	uint16_t number, bits, octets;
	enum group_kind kind;
	const char *openssl;
	enum tier tier;
};

enum { DIGEST_MAX = 64, KEY_MAX = 32, BLOCK_MAX = 16, GROUP_OCTETS_MAX = 512 };

const struct encr_row *alg_encr(enum encr e); /* never NULL; row 0 is "none" */
const struct integ_row *alg_integ(enum integ i); /* never NULL */
const struct group_row *alg_group(enum group g); /* never NULL */
enum encr alg_encr_of_name(const char *name); /* 0 if unknown, as below */
enum integ alg_integ_of_name(const char *name);
enum group alg_group_of_name(const char *name);
enum encr alg_encr_of_v1_ike(unsigned number);
enum encr alg_encr_of_v1_esp(unsigned number);
enum integ alg_integ_of_v1_hash(unsigned number);
enum integ alg_integ_of_v1_auth(unsigned number);
enum group alg_group_of_number(unsigned number);
bool alg_key_bits_fit(enum encr e, unsigned bits);
/* Octets of key without salt; DES gives 8, 3DES 24. */
unsigned alg_key_octets(enum encr e, unsigned bits);
const char *tier_word(enum tier t); /* "current", "weak", "broken" */

/* What protects the messages of one IKE SA. */
struct ike_suite {
	enum encr encr;
	uint16_t key_bits;
	enum integ hash; /* HMAC of it is the PRF (RFC 2409 section 4) */
	enum group group;
	enum auth_method auth;
};

/* What protects the packets of one IPsec SA. */
struct esp_suite {
	enum encr encr;
	uint16_t key_bits;
	enum integ integ; /* INTEG_NONE with an AEAD */
	bool truncate_96; /* SHA-256 cut to 96 bits, as old Linux peers do */
};

unsigned esp_suite_key_octets(const struct esp_suite *s); /* key + salt + integrity key */
unsigned esp_suite_icv(const struct esp_suite *s);
/* "aes-cbc-256/sha256/modp2048/psk"; ret holds SUITE_TEXT. Returns ret. */
enum { SUITE_TEXT = 80 };
char *ike_suite_text(const struct ike_suite *s, char *ret);
char *esp_suite_text(const struct esp_suite *s, enum group pfs, char *ret);

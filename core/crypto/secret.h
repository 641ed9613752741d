/* secret.h - sealing keys at rest, fingerprints, password and token hashes
 *
 * AES-256-GCM with a fresh nonce per secret; the additional data names the record, so a
 * sealed value cannot be moved to another. The key comes from a file of 0400 outside the
 * database, made on first start. Any thread after keyring_open.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/base/own.h"

struct keyring;

struct keyring *keyring_open(const char *path, struct fault *f); /* makes the file when absent */
struct keyring *keyring_of(const uint8_t key[32]); /* tests */
void keyring_free(struct keyring *k);
OWNABLE(keyring)

/* The sealed form: 1 octet version, 4 key id, 12 nonce, text, 16 tag. */
enum reason secret_seal(struct keyring *k, const char *about, struct slice plain,
			struct bytes **ret, struct fault *f);
enum reason secret_open(struct keyring *k, const char *about, struct slice sealed,
			struct bytes **ret, struct fault *f);
/* 16 hex digits, keyed: tells drift, cannot be checked without the machine's key. */
enum { FINGERPRINT_TEXT = 17 };
void secret_fingerprint(struct keyring *k, struct slice plain, char *ret);

/* A keyring under way: what opens secrets, itself sealed under a key of a passphrase; `about` goes
 * with it unsealed. One that was unwrapped opens, and makes no fingerprints. R_AUTH_FAILED: another
 * key, or something was altered. */
enum { KEYRING_WRAPPED = 12 + 36 + 16, PASSPHRASE_SALT = 16 };
enum reason keyring_wrap(struct keyring *k, const uint8_t key[32], struct slice about,
			 uint8_t ret[KEYRING_WRAPPED], struct fault *f);
struct keyring *keyring_unwrap(const uint8_t key[32], struct slice about,
			       const uint8_t wrapped[KEYRING_WRAPPED], struct fault *f);
/* Was it sealed with this ring's key? */
bool secret_is_ours(struct keyring *k, struct slice sealed);
/* The key of a passphrase: scrypt as for passwords; 0.3 s and 32 MiB, never on the loop. */
enum reason passphrase_key(const char *passphrase, const uint8_t salt[PASSPHRASE_SALT],
			   uint8_t ret[32], struct fault *f);

/* scrypt (ln=15, r=8, p=3) as a PHC string; 0.3 s and 32 MiB: one at a time, never on the loop. */
enum { PASSWORD_TEXT = 160 };
enum reason password_hash(const char *password, char *ret, struct fault *f);
bool password_check(const char *password, const char *phc); /* equal time for a NULL phc */
void token_hash(const char *token, uint8_t ret[32]); /* SHA-256 */
/* n random octets as base64url without padding, terminated. */
void token_random(char *ret, size_t cap, size_t octets);

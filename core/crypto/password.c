/* password.c - slow password hashes, and tokens: the second half of secret.h
 *
 * RFC 7914 scrypt in the PHC string format: $scrypt$ln=15,r=8,p=3$salt$hash, base64 without
 * padding. A check of somebody unknown computes as long as one of somebody known, so the time
 * does not say which names exist. Tokens are random and long, so a plain SHA-256 does.
 *
 * Called by the api's jobs.  Thread: any, but one hash at a time, never on the loop.
 * Owns: nothing.
 */
#include "core/crypto/secret.h"

#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>

#include "core/base/rng.h"
#include "core/crypto/fetched.h"
#include "core/crypto/prf.h"

enum { SALT = 16, HASH = 32, TOKEN_MAX = 64, TEXT_MAX = 1 << 12 };

static const char plain_letters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_letters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct cost {
	unsigned ln, r, p;
};

struct stored {
	struct cost cost;
	uint8_t salt[SALT], hash[HASH];
};

static const struct cost usual = { 15, 8, 3 };

static size_t letters_of(size_t octets)
{
	return (octets * 8 + 5) / 6;
}

/* Base64 without padding, terminated; ret holds letters_of(n) + 1. */
static void encode(const char *letters, const uint8_t *at, size_t n, char *ret)
{
	uint32_t acc = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < n; i++) {
		acc = acc << 8 | at[i];
		for (bits += 8; bits >= 6; bits -= 6)
			*ret++ = letters[acc >> (bits - 6) & 63];
	}
	if (bits)
		*ret++ = letters[acc << (6 - bits) & 63];
	*ret = '\0';
}

/* Exactly n octets from exactly letters_of(n) letters. */
static bool decode(const char *text, size_t letters, uint8_t *ret, size_t n)
{
	uint32_t acc = 0;
	unsigned bits = 0;

	if (letters != letters_of(n))
		return false;
	for (size_t i = 0; i < letters; i++) {
		const char *at = text[i] ? strchr(plain_letters, text[i]) : NULL;

		if (!at)
			return false;
		acc = acc << 6 | (uint32_t)(at - plain_letters);
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*ret++ = (uint8_t)(acc >> bits);
		}
	}
	return (acc & ((1u << bits) - 1)) == 0;
}

static bool scrypt(const char *password, const uint8_t salt[SALT], struct cost c, uint8_t ret[HASH])
{
	uint64_t n = UINT64_C(1) << c.ln, r = c.r, p = c.p;
	uint64_t most = 128 * r * (n + p + 2) + (1 << 20);
	own_ssl(EVP_KDF_CTX) k = fetched_scrypt() ? EVP_KDF_CTX_new(fetched_scrypt()) : NULL;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, (char *)password,
						  strlen(password)),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (uint8_t *)salt, SALT),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_R, &r),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_P, &p),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &most),
		OSSL_PARAM_construct_end(),
	};

	return k && EVP_KDF_derive(k, ret, HASH, params) == 1;
}

enum reason passphrase_key(const char *passphrase, const uint8_t salt[PASSPHRASE_SALT],
			   uint8_t ret[32], struct fault *f)
{
	if (scrypt(passphrase, salt, usual, ret))
		return R_OK;
	return fetched_fail(f, R_CRYPTO, "no key can be made of the passphrase");
}

enum reason password_hash(const char *password, char *ret, struct fault *f)
{
	struct rng r = rng_system();
	uint8_t salt[SALT], hash[HASH];
	char salt_text[32], hash_text[48];

	if (strlen(password) > TEXT_MAX)
		return fail(f, R_INVALID, "the password is too long");
	rng_fill(&r, salt, sizeof(salt));
	if (!scrypt(password, salt, usual, hash))
		return fetched_fail(f, R_CRYPTO, "the password cannot be hashed");
	encode(plain_letters, salt, SALT, salt_text);
	encode(plain_letters, hash, HASH, hash_text);
	snprintf(ret, PASSWORD_TEXT, "$scrypt$ln=%u,r=%u,p=%u$%s$%s", usual.ln, usual.r, usual.p,
		 salt_text, hash_text);
	wipe(hash, sizeof(hash));
	return R_OK;
}

/* Costs are bounded, so a damaged store cannot make a check take minutes or gigabytes. */
static bool parse(const char *phc, struct stored *ret)
{
	struct cost *c = &ret->cost;
	int at = 0;

	if (sscanf(phc, "$scrypt$ln=%2u,r=%2u,p=%2u$%n", &c->ln, &c->r, &c->p, &at) != 3 || !at)
		return false;
	if (c->ln < 1 || c->ln > 17 || c->r < 1 || c->r > 16 || c->p < 1 || c->p > 8)
		return false;

	const char *salt = phc + at, *dollar = strchr(salt, '$');
	return dollar && decode(salt, (size_t)(dollar - salt), ret->salt, SALT) &&
	       decode(dollar + 1, strlen(dollar + 1), ret->hash, HASH);
}

bool password_check(const char *password, const char *phc)
{
	struct stored s = { .cost = usual };
	uint8_t hash[HASH];

	if (strlen(password) > TEXT_MAX)
		password = "";
	bool known = phc && parse(phc, &s);
	if (!known)
		s = (struct stored){ .cost = usual };
	bool ok = scrypt(password, s.salt, s.cost, hash);
	if (!ok)
		ERR_clear_error();
	ok = slice_equal_secret(slice(hash, ok ? HASH : 0), slice(s.hash, HASH)) && known;
	wipe(hash, sizeof(hash));
	return ok;
}

void token_hash(const char *token, uint8_t ret[32])
{
	const struct slice part = slice_str(token);
	uint8_t full[DIGEST_MAX];

	/* A hash that could not be made must not equal another that could not be made. */
	if (prf_hash(INTEG_SHA256, &part, 1, full) != R_OK) {
		struct rng r = rng_system();

		rng_fill(&r, full, sizeof(full));
	}
	memcpy(ret, full, 32);
}

void token_random(char *ret, size_t cap, size_t octets)
{
	struct rng r = rng_system();
	uint8_t raw[TOKEN_MAX];

	if (cap == 0)
		return;
	ret[0] = '\0';
	if (octets > TOKEN_MAX || letters_of(octets) >= cap)
		return;
	rng_fill(&r, raw, octets);
	encode(url_letters, raw, octets, ret);
	wipe(raw, sizeof(raw));
}

/* shield.c - keyed protection of ESP packets, one SA, one direction
 *
 * RFC 4303. Two shapes: a cipher with HMAC behind it (RFC 3602, 2451, 2410 with 2403, 2404,
 * 4868), or AES-GCM (RFC 4106), whose nonce is salt | IV and whose additional data are SPI
 * and sequence number. Contexts are keyed once; a packet only sets the IV, and the HMAC starts
 * over from its key. The cipher is keyed for the way it is used in, so an SA pays for one.
 *
 * With HMAC nothing is decrypted before the ICV was good. GCM decrypts while it verifies;
 * what did not verify is wiped before the caller gets the buffer back.
 *
 * Called by core/ipsec/esp.c.  Thread: one at a time.  Owns: the keys and contexts.
 */
#include "core/crypto/shield.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "core/crypto/fetched.h"

enum { HEAD = 8, SALT = 4 }; /* SPI and sequence number; the nonce is salt | IV */
enum way { NOT_KEYED = -1, OPENING = 0, SEALING = 1 };

struct shield {
	struct esp_suite suite;
	unsigned iv, icv, block;
	enum way way;
	EVP_CIPHER_CTX *cipher; /* NULL when there is nothing to encrypt with */
	EVP_MAC_CTX *mac; /* NULL when the cipher authenticates */
	uint8_t nonce[GCM_NONCE];
	uint8_t key[KEY_MAX];
};

void shield_free(struct shield *s)
{
	if (!s)
		return;
	EVP_CIPHER_CTX_free(s->cipher);
	EVP_MAC_CTX_free(s->mac);
	wipe(s, sizeof(*s));
	free(s);
}

unsigned shield_iv(const struct shield *s)
{
	return s->iv;
}

unsigned shield_icv(const struct shield *s)
{
	return s->icv;
}

unsigned shield_block(const struct shield *s)
{
	return s->block;
}

static bool is_aead(const struct shield *s)
{
	return s->mac == NULL;
}

/* A suite must authenticate exactly once: by its cipher or by HMAC. */
static enum reason check_suite(const struct esp_suite *s, struct slice keymat, struct fault *f)
{
	const struct encr_row *row = alg_encr(s->encr);
	bool hmac = alg_integ(s->integ)->digest != 0;

	if (s->encr == ENCR_NONE || !alg_key_bits_fit(s->encr, s->key_bits))
		return fail(f, R_INVALID, "no such cipher: %s with %u bits", row->name,
			    s->key_bits);
	if (hmac == (row->icv != 0))
		return fail(f, R_INVALID, "%s needs %s", row->name,
			    hmac ? "no authentication beside its own" : "authentication");
	if (keymat.n != esp_suite_key_octets(s))
		return fail(f, R_INTERNAL, "key material of %zu octets where %u are due", keymat.n,
			    esp_suite_key_octets(s));
	return R_OK;
}

static bool make_cipher(struct shield *s, const uint8_t *key)
{
	const EVP_CIPHER *c = fetched_cipher(s->suite.encr, s->suite.key_bits);

	if (s->suite.encr == ENCR_NULL)
		return true;
	fetched_key(s->suite.encr, s->suite.key_bits, key, s->key);
	s->cipher = c ? EVP_CIPHER_CTX_new() : NULL;
	return s->cipher && EVP_CipherInit_ex2(s->cipher, c, NULL, NULL, 1, NULL) == 1 &&
	       EVP_CIPHER_CTX_set_padding(s->cipher, 0) == 1;
}

static bool make_mac(struct shield *s, const uint8_t *key)
{
	if (s->suite.integ == INTEG_NONE)
		return true;
	s->mac = fetched_mac_new(s->suite.integ);
	return s->mac && EVP_MAC_init(s->mac, key, alg_integ(s->suite.integ)->digest, NULL) == 1;
}

struct shield *shield_new(const struct esp_suite *s, struct slice keymat, struct fault *f)
{
	const struct encr_row *row = alg_encr(s->encr);
	unsigned key_n = alg_key_octets(s->encr, s->key_bits);

	if (check_suite(s, keymat, f) != R_OK)
		return NULL;
	own(shield) ret = calloc(1, sizeof(*ret));
	if (!ret) {
		fail(f, R_NO_MEMORY, "no memory for the keys of an IPsec SA");
		return NULL;
	}
	ret->suite = *s;
	ret->iv = row->iv;
	ret->icv = esp_suite_icv(s);
	ret->block = row->block;
	ret->way = NOT_KEYED;
	memcpy(ret->nonce, keymat.at + key_n, row->salt);
	if (!make_cipher(ret, keymat.at) || !make_mac(ret, keymat.at + key_n + row->salt)) {
		fetched_fail(f, R_CRYPTO, "the keys of an IPsec SA cannot be used");
		return NULL;
	}
	return give(ret);
}

/* The key to set for a packet: none, unless the direction changes (once in an SA's life). */
static const uint8_t *key_for(struct shield *s, enum way way)
{
	const uint8_t *key = s->way == way ? NULL : s->key;

	s->way = way;
	return key;
}

static bool run_cbc(struct shield *s, enum way way, const uint8_t *iv, uint8_t *at, size_t n)
{
	int out = 0;

	return EVP_CipherInit_ex2(s->cipher, NULL, key_for(s, way), iv, way, NULL) == 1 &&
	       EVP_CipherUpdate(s->cipher, at, &out, at, (int)n) == 1 && (size_t)out == n;
}

/* HMAC over all but the ICV. */
static bool digest(struct shield *s, const uint8_t *packet, size_t n, uint8_t *ret)
{
	size_t got = 0;

	return EVP_MAC_init(s->mac, NULL, 0, NULL) == 1 && EVP_MAC_update(s->mac, packet, n) == 1 &&
	       EVP_MAC_final(s->mac, ret, &got, DIGEST_MAX) == 1 && got >= s->icv;
}

static struct gcm gcm_of(struct shield *s, enum way way, const uint8_t *packet)
{
	memcpy(s->nonce + SALT, packet + HEAD, sizeof(s->nonce) - SALT);
	return (struct gcm){ s->cipher, key_for(s, way), s->nonce, { slice(packet, HEAD) } };
}

static enum reason seal_gcm(struct shield *s, uint8_t *packet, size_t text_n, uint64_t counter)
{
	uint8_t *text = packet + HEAD + s->iv;

	for (int i = 0; i < 8; i++)
		packet[HEAD + i] = (uint8_t)(counter >> (56 - 8 * i));
	struct gcm g = gcm_of(s, SEALING, packet);
	return gcm_seal(&g, text, text_n, text + text_n);
}

static enum reason seal_hmac(struct shield *s, uint8_t *packet, size_t text_n)
{
	uint8_t full[DIGEST_MAX], *text = packet + HEAD + s->iv;

	if (s->cipher) {
		scratch_random(packet + HEAD, s->iv);
		if (!run_cbc(s, SEALING, packet + HEAD, text, text_n))
			return R_CRYPTO;
	}
	if (!digest(s, packet, HEAD + s->iv + text_n, full))
		return R_CRYPTO;
	memcpy(text + text_n, full, s->icv);
	return R_OK;
}

enum reason shield_seal(struct shield *s, uint8_t *packet, size_t text_n, uint64_t iv_counter)
{
	if (text_n == 0 || text_n % s->block != 0 || text_n > INT_MAX)
		return R_INTERNAL;

	enum reason r =
		is_aead(s) ? seal_gcm(s, packet, text_n, iv_counter) : seal_hmac(s, packet, text_n);
	if (r == R_OK)
		return R_OK;
	/* What was not sealed must not be sent by mistake. */
	ERR_clear_error();
	s->way = NOT_KEYED;
	wipe(packet + HEAD, s->iv + text_n + s->icv);
	return r;
}

static enum reason open_gcm(struct shield *s, uint8_t *packet, uint8_t *text, size_t text_n)
{
	struct gcm g = gcm_of(s, OPENING, packet);

	return gcm_open(&g, text, text_n, text + text_n);
}

static enum reason open_hmac(struct shield *s, uint8_t *packet, uint8_t *text, size_t text_n)
{
	uint8_t full[DIGEST_MAX];

	if (!digest(s, packet, HEAD + s->iv + text_n, full))
		return R_CRYPTO;
	if (!slice_equal_secret(slice(full, s->icv), slice(text + text_n, s->icv)))
		return R_BAD_HASH;
	if (s->cipher && !run_cbc(s, OPENING, packet + HEAD, text, text_n))
		return R_CRYPTO;
	return R_OK;
}

enum reason shield_open(struct shield *s, uint8_t *packet, size_t n, struct slice *ret_text)
{
	size_t around = HEAD + s->iv + s->icv;

	if (n < around + s->block || n > INT_MAX || (n - around) % s->block != 0)
		return R_MALFORMED;

	size_t text_n = n - around;
	uint8_t *text = packet + HEAD + s->iv;
	enum reason r =
		is_aead(s) ? open_gcm(s, packet, text, text_n) : open_hmac(s, packet, text, text_n);
	if (r == R_OK) {
		*ret_text = slice(text, text_n);
		return R_OK;
	}
	if (r == R_CRYPTO) {
		ERR_clear_error();
		s->way = NOT_KEYED;
		wipe(text, text_n);
	}
	return r;
}

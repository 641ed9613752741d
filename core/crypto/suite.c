/* suite.c - everything OpenSSL has to give, fetched once
 *
 * Looking an algorithm up by name costs more than an HMAC of a small message, so it is done
 * at start for every row of alg.def and never again. What is fetched is counted by OpenSSL
 * and shared; what changes (contexts) is per thread and lives in `struct scratch`.
 *
 * OpenSSL has no names for groups 1 and 2, so they are made from p and g. Its configuration
 * file is not read: what this program can do must not depend on it.
 *
 * Called by main (crypto_open, crypto_close) and by every file of this room (fetched.h).
 * Thread: any after crypto_open.  Owns: the registry and the scratch of each thread.
 */
#include "core/crypto/suite.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "core/base/rng.h"
#include "core/crypto/fetched.h"

enum { WIDTHS = 3, POOL = 4096 }; /* key lengths of a variable cipher: 128, 192, 256 */

static struct {
	bool open;
	EVP_MD *md[INTEG_COUNT];
	EVP_CIPHER *cipher[ENCR_COUNT][WIDTHS];
	EVP_MAC *hmac;
	EVP_KDF *scrypt;
	EVP_PKEY *group[GROUP_COUNT];
	struct bytes *prime[GROUP_COUNT];
} all;

/* What one thread works with. */
struct scratch {
	EVP_MD_CTX *md[INTEG_COUNT];
	EVP_MAC_CTX *mac[INTEG_COUNT];
	EVP_CIPHER_CTX *cipher[ENCR_COUNT][WIDTHS];
	size_t pool_left;
	uint8_t pool[POOL];
};

static __thread struct scratch *mine;
static pthread_key_t mine_key;
static pthread_once_t mine_once = PTHREAD_ONCE_INIT;
static bool mine_key_made;

static void scratch_free(void *arg)
{
	struct scratch *s = arg;

	if (!s)
		return;
	for (int i = 0; i < INTEG_COUNT; i++) {
		EVP_MD_CTX_free(s->md[i]);
		EVP_MAC_CTX_free(s->mac[i]);
	}
	for (int e = 0; e < ENCR_COUNT; e++)
		for (int w = 0; w < WIDTHS; w++)
			EVP_CIPHER_CTX_free(s->cipher[e][w]);
	wipe(s, sizeof(*s));
	free(s);
	mine = NULL;
}

static void make_key(void)
{
	mine_key_made = pthread_key_create(&mine_key, scratch_free) == 0;
}

static struct scratch *scratch(void)
{
	if (mine)
		return mine;
	pthread_once(&mine_once, make_key);
	mine = mine_key_made ? calloc(1, sizeof(*mine)) : NULL;
	if (mine && pthread_setspecific(mine_key, mine) != 0) {
		free(mine);
		mine = NULL;
	}
	return mine;
}

/* The key length's column, -1 if the cipher has no such length. */
static int width_of(enum encr e, unsigned key_bits)
{
	unsigned octets = alg_key_octets(e, key_bits);

	if (!alg_encr(e)->variable)
		return 0;
	return octets ? (int)octets / 8 - 2 : -1;
}

enum reason fetched_fail(struct fault *f, enum reason r, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *why = code ? ERR_reason_error_string(code) : NULL;

	if (why)
		fail(f, r, "%s: OpenSSL says \"%s\"", what, why);
	else
		fail(f, r, "%s", what);
	ERR_clear_error();
	return r;
}

static enum reason fetch_ciphers(struct fault *f)
{
	for (int e = 1; e < ENCR_COUNT; e++) {
		const struct encr_row *row = alg_encr((enum encr)e);

		for (unsigned w = 0; w < (row->variable ? WIDTHS : 1u); w++) {
			char name[32];

			if (!row->openssl[0])
				continue;
			if (row->variable) /* "AES-%u-CBC": the length stands for %u */
				snprintf(name, sizeof(name), "%.*s%u%s",
					 (int)strcspn(row->openssl, "%"), row->openssl,
					 128 + 64 * w, strchr(row->openssl, '%') + 2);
			else
				snprintf(name, sizeof(name), "%s", row->openssl);
			all.cipher[e][w] = EVP_CIPHER_fetch(NULL, name, NULL);
			if (!all.cipher[e][w])
				return fetched_fail(f, R_CRYPTO, row->name);
		}
	}
	return R_OK;
}

static enum reason fetch_digests(struct fault *f)
{
	for (int i = 1; i < INTEG_COUNT; i++) {
		all.md[i] = EVP_MD_fetch(NULL, alg_integ((enum integ)i)->openssl, NULL);
		if (!all.md[i])
			return fetched_fail(f, R_CRYPTO, alg_integ((enum integ)i)->name);
	}
	all.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (!all.hmac)
		return fetched_fail(f, R_CRYPTO, "HMAC");
	all.scrypt = EVP_KDF_fetch(NULL, "SCRYPT", NULL);
	if (!all.scrypt)
		return fetched_fail(f, R_CRYPTO, "scrypt");
	return R_OK;
}

/* The primes of RFC 2409 section 6 and RFC 3526. */
static BIGNUM *prime_of(enum group g)
{
	switch (g) {
	case GROUP_MODP768:
		return BN_get_rfc2409_prime_768(NULL);
	case GROUP_MODP1024:
		return BN_get_rfc2409_prime_1024(NULL);
	case GROUP_MODP1536:
		return BN_get_rfc3526_prime_1536(NULL);
	case GROUP_MODP2048:
		return BN_get_rfc3526_prime_2048(NULL);
	case GROUP_MODP3072:
		return BN_get_rfc3526_prime_3072(NULL);
	case GROUP_MODP4096:
		return BN_get_rfc3526_prime_4096(NULL);
	default:
		return NULL;
	}
}

static bool keep_prime(enum group g, const BIGNUM *p)
{
	unsigned octets = alg_group(g)->octets;

	all.prime[g] = bytes_new(octets);
	return all.prime[g] && BN_bn2binpad(p, all.prime[g]->at, (int)octets) == (int)octets;
}

/* The parameters of one group, as an EVP_PKEY without a key. */
static bool keep_group(enum group g)
{
	const struct group_row *row = alg_group(g);
	bool modp = row->kind == GROUP_KIND_MODP;
	own_ssl(BIGNUM) p = modp ? prime_of(g) : NULL;
	own_ssl(BIGNUM) two = BN_new();
	own_ssl(OSSL_PARAM_BLD) b = OSSL_PARAM_BLD_new();
	own_ssl(EVP_PKEY_CTX) c = EVP_PKEY_CTX_new_from_name(NULL, modp ? "DH" : "EC", NULL);

	if (!two || !b || !c || BN_set_word(two, 2) != 1)
		return false;
	if (modp && (!p || !keep_prime(g, p)))
		return false;
	if (row->openssl[0]) {
		if (OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, row->openssl,
						    0) != 1)
			return false;
	} else if (OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_FFC_P, p) != 1 ||
		   OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_FFC_G, two) != 1) {
		return false;
	}
	own_ssl(OSSL_PARAM) params = OSSL_PARAM_BLD_to_param(b);
	return params && EVP_PKEY_fromdata_init(c) == 1 &&
	       EVP_PKEY_fromdata(c, &all.group[g], EVP_PKEY_KEY_PARAMETERS, params) == 1;
}

static enum reason fetch_groups(struct fault *f)
{
	for (int g = 1; g < GROUP_COUNT; g++) {
		const struct group_row *row = alg_group((enum group)g);

		if (row->kind != GROUP_KIND_MONTG && !keep_group((enum group)g))
			return fetched_fail(f, R_CRYPTO, row->name);
	}
	return R_OK;
}

enum reason crypto_open(struct fault *f)
{
	if (all.open)
		return R_OK;
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		return fetched_fail(f, R_CRYPTO, "libcrypto does not start");

	enum reason r = fetch_digests(f);
	if (r == R_OK)
		r = fetch_ciphers(f);
	if (r == R_OK)
		r = fetch_groups(f);
	if (r == R_OK)
		all.open = true;
	else
		crypto_close();
	return r;
}

void crypto_close(void)
{
	scratch_free(mine);
	if (mine_key_made)
		pthread_setspecific(mine_key, NULL);
	for (int i = 0; i < INTEG_COUNT; i++)
		EVP_MD_free(all.md[i]);
	for (int e = 0; e < ENCR_COUNT; e++)
		for (int w = 0; w < WIDTHS; w++)
			EVP_CIPHER_free(all.cipher[e][w]);
	EVP_MAC_free(all.hmac);
	EVP_KDF_free(all.scrypt);
	for (int g = 0; g < GROUP_COUNT; g++) {
		EVP_PKEY_free(all.group[g]);
		bytes_free(all.prime[g]);
	}
	memset(&all, 0, sizeof(all));
}

const EVP_MD *fetched_md(enum integ i)
{
	return (unsigned)i < INTEG_COUNT ? all.md[i] : NULL;
}

const EVP_CIPHER *fetched_cipher(enum encr e, unsigned key_bits)
{
	int w = width_of(e, key_bits);

	return (unsigned)e < ENCR_COUNT && w >= 0 ? all.cipher[e][w] : NULL;
}

EVP_MAC *fetched_hmac(void)
{
	return all.hmac;
}

EVP_KDF *fetched_scrypt(void)
{
	return all.scrypt;
}

EVP_PKEY *fetched_group(enum group g)
{
	return (unsigned)g < GROUP_COUNT ? all.group[g] : NULL;
}

struct slice fetched_prime(enum group g)
{
	return slice_of((unsigned)g < GROUP_COUNT ? all.prime[g] : NULL);
}

unsigned fetched_key(enum encr e, unsigned key_bits, const uint8_t *key, uint8_t *ret)
{
	unsigned n = alg_key_octets(e, key_bits);

	memcpy(ret, key, n);
	if (e != ENCR_DES)
		return n;
	memcpy(ret + 8, key, 8);
	memcpy(ret + 16, key, 8);
	return 24;
}

EVP_MAC_CTX *fetched_mac_new(enum integ i)
{
	if (!fetched_md(i))
		return NULL;

	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
						 (char *)alg_integ(i)->openssl, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *c = EVP_MAC_CTX_new(all.hmac);
	if (c && EVP_MAC_CTX_set_params(c, params) == 1)
		return c;
	EVP_MAC_CTX_free(c);
	return NULL;
}

EVP_MD_CTX *scratch_md(enum integ i)
{
	struct scratch *s = scratch();

	if (!s || !fetched_md(i))
		return NULL;
	if (!s->md[i])
		s->md[i] = EVP_MD_CTX_new();
	return s->md[i];
}

EVP_MAC_CTX *scratch_mac(enum integ i)
{
	struct scratch *s = scratch();

	if (!s || !fetched_md(i))
		return NULL;
	if (!s->mac[i])
		s->mac[i] = fetched_mac_new(i);
	return s->mac[i];
}

EVP_CIPHER_CTX *scratch_cipher(enum encr e, unsigned key_bits)
{
	struct scratch *s = scratch();
	const EVP_CIPHER *cipher = fetched_cipher(e, key_bits);

	if (!s || !cipher)
		return NULL;

	EVP_CIPHER_CTX **c = &s->cipher[e][width_of(e, key_bits)];
	if (*c)
		return *c;
	*c = EVP_CIPHER_CTX_new();
	if (*c && (EVP_CipherInit_ex2(*c, cipher, NULL, NULL, 1, NULL) != 1 ||
		   EVP_CIPHER_CTX_set_padding(*c, 0) != 1)) {
		EVP_CIPHER_CTX_free(*c);
		*c = NULL;
	}
	return *c;
}

void scratch_random(uint8_t *ret, size_t n)
{
	struct scratch *s = scratch();
	struct rng r = rng_system();

	if (!s || n > POOL) {
		rng_fill(&r, ret, n);
		return;
	}
	if (s->pool_left < n) {
		rng_fill(&r, s->pool, POOL);
		s->pool_left = POOL;
	}
	/* Taken from the end and forgotten, so nothing is handed out twice. */
	s->pool_left -= n;
	memcpy(ret, s->pool + s->pool_left, n);
	wipe(s->pool + s->pool_left, n);
}

int fetched_no_passphrase(char *at, int n, int writing, void *arg)
{
	(void)at;
	(void)n;
	(void)writing;
	(void)arg;
	return -1;
}

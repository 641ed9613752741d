/* sums.c - the bare sums a set-up or a packet cannot do without, on this machine, now
 *
 *   sums dh GROUP [SECONDS]       modp1024 ... modp4096, ecp256, ecp384, x25519
 *   sums esp SUITE [SECONDS]      gcm (AES-128-GCM) or cbc (AES-128-CBC with HMAC-SHA-256)
 *
 * One JSON line. D is one key pair and one shared secret with the cheapest correct calls of
 * OpenSSL: no needless check of a safe prime's order, short exponents, everything fetched
 * before. For esp: sealing and opening a packet of 1,400 octets, per octet, keys set before.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

enum { PACKET = 1400 };

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	fprintf(stderr, "sums: %s\n", what);
	exit(1);
}

/* --- Diffie-Hellman -------------------------------------------------------------------- */

static EVP_PKEY_CTX *generator_of_name(const char *name)
{
	EVP_PKEY_CTX *c;
	char group[32];
	int bits = 0;

	if (strcmp(name, "x25519") == 0) {
		c = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL);
		return c && EVP_PKEY_keygen_init(c) > 0 ? c : NULL;
	}
	if (sscanf(name, "ecp%d", &bits) == 1) {
		snprintf(group, sizeof(group), "P-%d", bits);
		c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
		return c && EVP_PKEY_keygen_init(c) > 0 && EVP_PKEY_CTX_set_group_name(c, group) > 0
			       ? c
			       : NULL;
	}
	if (sscanf(name, "modp%d", &bits) != 1)
		return NULL;
	snprintf(group, sizeof(group), "modp_%d", bits);
	c = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	return c && EVP_PKEY_keygen_init(c) > 0 && EVP_PKEY_CTX_set_group_name(c, group) > 0 ? c
											     : NULL;
}

/* Group 2 has no name in OpenSSL: explicit p and g, and a short exponent. */
static EVP_PKEY_CTX *generator_of_1024(void)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	BIGNUM *p = BN_get_rfc2409_prime_1024(NULL), *g = BN_new();
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL), *ret;
	EVP_PKEY *params = NULL;
	int length = 256;
	OSSL_PARAM short_exponent[] = { OSSL_PARAM_construct_int(OSSL_PKEY_PARAM_DH_PRIV_LEN,
								 &length),
					OSSL_PARAM_construct_end() };

	BN_set_word(g, 2);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_FFC_P, p);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_FFC_G, g);
	OSSL_PARAM *made = OSSL_PARAM_BLD_to_param(b);
	if (EVP_PKEY_fromdata_init(c) <= 0 ||
	    EVP_PKEY_fromdata(c, &params, EVP_PKEY_KEY_PARAMETERS, made) <= 0)
		die("group 2");
	ret = EVP_PKEY_CTX_new_from_pkey(NULL, params, NULL);
	if (!ret || EVP_PKEY_keygen_init(ret) <= 0 ||
	    EVP_PKEY_CTX_set_params(ret, short_exponent) <= 0)
		die("group 2");
	EVP_PKEY_free(params);
	EVP_PKEY_CTX_free(c);
	OSSL_PARAM_free(made);
	OSSL_PARAM_BLD_free(b);
	BN_free(p);
	BN_free(g);
	return ret;
}

static EVP_PKEY *generate(EVP_PKEY_CTX *c)
{
	EVP_PKEY *k = NULL;

	if (EVP_PKEY_keygen(c, &k) <= 0)
		die("no key pair");
	return k;
}

static void derive(EVP_PKEY *mine, EVP_PKEY *theirs, int modp)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL);
	uint8_t secret[1024];
	size_t n = sizeof(secret);

	if (!c || EVP_PKEY_derive_init(c) <= 0 ||
	    EVP_PKEY_derive_set_peer_ex(c, theirs, !modp) <= 0 ||
	    (modp && EVP_PKEY_CTX_set_dh_pad(c, 1) <= 0) || EVP_PKEY_derive(c, secret, &n) <= 0)
		die("no secret");
	EVP_PKEY_CTX_free(c);
}

static int dh(const char *group, double seconds)
{
	int modp = strncmp(group, "modp", 4) == 0;
	EVP_PKEY_CTX *g =
		strcmp(group, "modp1024") == 0 ? generator_of_1024() : generator_of_name(group);
	EVP_PKEY *peer;
	double start, took;
	long n = 0;

	if (!g)
		die("there is no such group");
	peer = generate(g);
	start = cpu();
	do {
		EVP_PKEY *mine = generate(g);

		derive(mine, peer, modp);
		EVP_PKEY_free(mine);
		n++;
		took = cpu() - start;
	} while (took < seconds);
	printf("{\"sum\": \"dh\", \"group\": \"%s\", \"n\": %ld, \"d_us\": %.2f}\n", group, n,
	       took / (double)n * 1e6);
	EVP_PKEY_free(peer);
	EVP_PKEY_CTX_free(g);
	return 0;
}

/* --- ESP ------------------------------------------------------------------------------- */

struct esp {
	EVP_CIPHER_CTX *seal, *open;
	EVP_MAC_CTX *mac;
	uint8_t plain[PACKET], sealed[PACKET + 64], tag[64], iv[16];
};

static void gcm_once(struct esp *e)
{
	int n;

	e->iv[11]++;
	if (EVP_EncryptInit_ex2(e->seal, NULL, NULL, e->iv, NULL) <= 0 ||
	    EVP_EncryptUpdate(e->seal, NULL, &n, e->iv, 8) <= 0 ||
	    EVP_EncryptUpdate(e->seal, e->sealed, &n, e->plain, PACKET) <= 0 ||
	    EVP_EncryptFinal_ex(e->seal, e->sealed + n, &n) <= 0 ||
	    EVP_CIPHER_CTX_ctrl(e->seal, EVP_CTRL_AEAD_GET_TAG, 16, e->tag) <= 0)
		die("cannot seal");
	if (EVP_DecryptInit_ex2(e->open, NULL, NULL, e->iv, NULL) <= 0 ||
	    EVP_DecryptUpdate(e->open, NULL, &n, e->iv, 8) <= 0 ||
	    EVP_DecryptUpdate(e->open, e->plain, &n, e->sealed, PACKET) <= 0 ||
	    EVP_CIPHER_CTX_ctrl(e->open, EVP_CTRL_AEAD_SET_TAG, 16, e->tag) <= 0 ||
	    EVP_DecryptFinal_ex(e->open, e->plain + n, &n) <= 0)
		die("cannot open");
}

static void mac_once(struct esp *e)
{
	size_t n;

	if (EVP_MAC_init(e->mac, NULL, 0, NULL) <= 0 ||
	    EVP_MAC_update(e->mac, e->sealed, PACKET) <= 0 ||
	    EVP_MAC_final(e->mac, e->tag, &n, sizeof(e->tag)) <= 0)
		die("no MAC");
}

static void cbc_once(struct esp *e)
{
	int n;

	if (EVP_EncryptInit_ex2(e->seal, NULL, NULL, e->iv, NULL) <= 0 ||
	    EVP_EncryptUpdate(e->seal, e->sealed, &n, e->plain, PACKET / 16 * 16) <= 0)
		die("cannot seal");
	mac_once(e);
	mac_once(e);
	if (EVP_DecryptInit_ex2(e->open, NULL, NULL, e->iv, NULL) <= 0 ||
	    EVP_DecryptUpdate(e->open, e->plain, &n, e->sealed, PACKET / 16 * 16) <= 0)
		die("cannot open");
}

static void esp_init(struct esp *e, const char *suite)
{
	static const uint8_t key[32] = "thirty-two octets of a bare key";
	const char *name = strcmp(suite, "gcm") == 0 ? "AES-128-GCM" : "AES-128-CBC";
	EVP_CIPHER *c = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	OSSL_PARAM sha[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
							      (char[]){ "SHA256" }, 0),
			     OSSL_PARAM_construct_end() };

	e->seal = EVP_CIPHER_CTX_new();
	e->open = EVP_CIPHER_CTX_new();
	e->mac = EVP_MAC_CTX_new(hmac);
	if (!c || EVP_EncryptInit_ex2(e->seal, c, key, e->iv, NULL) <= 0 ||
	    EVP_DecryptInit_ex2(e->open, c, key, e->iv, NULL) <= 0 ||
	    EVP_MAC_init(e->mac, key, sizeof(key), sha) <= 0)
		die("no cipher");
	EVP_CIPHER_CTX_set_padding(e->seal, 0);
	EVP_CIPHER_CTX_set_padding(e->open, 0);
	EVP_CIPHER_free(c);
	EVP_MAC_free(hmac);
}

static int esp(const char *suite, double seconds)
{
	static struct esp e;
	int gcm = strcmp(suite, "gcm") == 0;
	double start, took;
	long n = 0;

	if (!gcm && strcmp(suite, "cbc") != 0)
		die("there is no such suite");
	esp_init(&e, suite);
	start = cpu();
	do {
		for (int i = 0; i < 100; i++, n++)
			gcm ? gcm_once(&e) : cbc_once(&e);
		took = cpu() - start;
	} while (took < seconds);
	printf("{\"sum\": \"esp\", \"suite\": \"%s\", \"n\": %ld, \"ns_per_byte\": %.3f}\n", suite,
	       n, took / (double)n / PACKET * 1e9);
	EVP_CIPHER_CTX_free(e.seal);
	EVP_CIPHER_CTX_free(e.open);
	EVP_MAC_CTX_free(e.mac);
	return 0;
}

int main(int argc, char **argv)
{
	double seconds = argc > 3 ? atof(argv[3]) : 1;

	if (argc > 2 && strcmp(argv[1], "dh") == 0)
		return dh(argv[2], seconds);
	if (argc > 2 && strcmp(argv[1], "esp") == 0)
		return esp(argv[2], seconds);
	fprintf(stderr, "usage: sums dh GROUP | esp gcm|cbc [SECONDS]\n");
	return 2;
}

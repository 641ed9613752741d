/* dh.c - Diffie-Hellman over OpenSSL
 *
 * RFC 2409 section 6, RFC 3526, RFC 5903, RFC 8031. What a stranger sends is refused by
 * comparing octets where that is possible (dh_check_public), so nobody makes us compute for
 * 0, 1 or p-1. The MODP groups here all have safe primes: the range check is then all there
 * is to check (RFC 6989 section 2.1), and OpenSSL's own test, y^q mod p, is not asked for: it
 * costs four to ten times the secret itself. The curves keep OpenSSL's full check.
 *
 * Exponents: 256 bits up to modp2048; above that OpenSSL's own choice, twice the strength. The
 * length is set where the key is generated; with the parameters it would be ignored.
 *
 * Called by the exchanges' jobs.  Thread: any; a key is one thread's at a time, used once.
 * Owns: the key pair.
 */
#include "core/crypto/dh.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

#include "core/crypto/fetched.h"

struct dh_key {
	enum group group;
	EVP_PKEY *pkey;
	struct bytes *public_value;
};

enum { UNCOMPRESSED = 4 }; /* the octet before x|y in everybody's form but IKE's */

static int exponent_bits(const struct group_row *row)
{
	return row->kind == GROUP_KIND_MODP && row->bits <= 2048 ? 256 : 0;
}

/* Octets of the secret: the prime's, the coordinate's. */
static size_t secret_octets(const struct group_row *row)
{
	return row->kind == GROUP_KIND_ECP ? row->octets / 2u : row->octets;
}

void dh_key_free(struct dh_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	bytes_free(k->public_value);
	free(k);
}

enum group dh_group(const struct dh_key *k)
{
	return k->group;
}

struct slice dh_public(const struct dh_key *k)
{
	return slice_of(k->public_value);
}

static EVP_PKEY *generate(enum group g)
{
	const struct group_row *row = alg_group(g);
	EVP_PKEY *params = fetched_group(g), *ret = NULL;
	int bits = exponent_bits(row);
	own_ssl(EVP_PKEY_CTX) c = params ? EVP_PKEY_CTX_new_from_pkey(NULL, params, NULL)
					 : EVP_PKEY_CTX_new_from_name(NULL, row->openssl, NULL);

	if (!c || EVP_PKEY_keygen_init(c) != 1)
		return NULL;
	if (bits) {
		const OSSL_PARAM length[] = {
			OSSL_PARAM_construct_int(OSSL_PKEY_PARAM_DH_PRIV_LEN, &bits),
			OSSL_PARAM_construct_end(),
		};
		if (EVP_PKEY_CTX_set_params(c, length) != 1)
			return NULL;
	}
	return EVP_PKEY_generate(c, &ret) == 1 ? ret : NULL;
}

/* The KE payload's value: padded to the prime, x|y, or the 32 octets. */
static struct bytes *public_of(EVP_PKEY *p, const struct group_row *row)
{
	uint8_t buf[1 + GROUP_OCTETS_MAX];
	size_t lead = row->kind == GROUP_KIND_ECP ? 1 : 0, n = 0;

	if (EVP_PKEY_get_octet_string_param(p, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, buf, sizeof(buf),
					    &n) != 1)
		return NULL;
	if (n != lead + row->octets || (lead && buf[0] != UNCOMPRESSED))
		return NULL;
	return bytes_of(buf + lead, row->octets);
}

/* Wrap a key pair, which is taken in any case. */
static enum reason wrap(enum group g, EVP_PKEY *take_p, struct dh_key **ret, struct fault *f)
{
	own(dh_key) k = calloc(1, sizeof(*k));

	if (!k) {
		EVP_PKEY_free(take_p);
		return fail(f, R_NO_MEMORY, "no memory for a key pair");
	}
	k->group = g;
	k->pkey = take_p;
	k->public_value = public_of(take_p, alg_group(g));
	if (!k->public_value)
		return fetched_fail(f, R_CRYPTO, "the public value cannot be written");
	*ret = give(k);
	return R_OK;
}

enum reason dh_generate(enum group g, struct dh_key **ret, struct fault *f)
{
	EVP_PKEY *p = alg_group(g)->octets ? generate(g) : NULL;

	if (!p)
		return fetched_fail(f, R_CRYPTO, "no key pair could be made");
	return wrap(g, p, ret, f);
}

/* g^x mod p. */
static bool modp_public(enum group g, const BIGNUM *x, OSSL_PARAM_BLD *b, BIGNUM *y)
{
	struct slice prime = fetched_prime(g);
	own_ssl(BIGNUM) p = BN_bin2bn(prime.at, (int)prime.n, NULL);
	own_ssl(BIGNUM) two = BN_new();
	own_ssl(BN_CTX) c = BN_CTX_new();

	if (!p || !two || !c || BN_set_word(two, 2) != 1 || BN_is_zero(x) || BN_cmp(x, p) >= 0)
		return false;
	return BN_mod_exp(y, two, x, p, c) == 1 &&
	       OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PUB_KEY, y) == 1;
}

/* x times the base point, as 04|x|y in `point`, which must live as long as b. */
static bool ecp_public(const struct group_row *row, const BIGNUM *x, OSSL_PARAM_BLD *b,
		       uint8_t *point)
{
	EC_GROUP *curve = EC_GROUP_new_by_curve_name(EC_curve_nist2nid(row->openssl));
	EC_POINT *at = curve ? EC_POINT_new(curve) : NULL;
	size_t n = 1u + row->octets;
	bool ok = at && !BN_is_zero(x) && BN_cmp(x, EC_GROUP_get0_order(curve)) < 0 &&
		  EC_POINT_mul(curve, at, x, NULL, NULL, NULL) == 1 &&
		  EC_POINT_point2oct(curve, at, POINT_CONVERSION_UNCOMPRESSED, point, n, NULL) == n;

	EC_POINT_free(at);
	EC_GROUP_free(curve);
	return ok && OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, n) == 1;
}

/* The key pair of a known exponent or scalar. */
static EVP_PKEY *pair_of(enum group g, struct slice v)
{
	const struct group_row *row = alg_group(g);
	bool modp = row->kind == GROUP_KIND_MODP;
	own_ssl(BIGNUM) x = BN_secure_new();
	own_ssl(BIGNUM) y = BN_new();
	own_ssl(OSSL_PARAM_BLD) b = OSSL_PARAM_BLD_new();
	own_ssl(EVP_PKEY_CTX) c = EVP_PKEY_CTX_new_from_name(NULL, modp ? "DH" : "EC", NULL);
	uint8_t point[1 + GROUP_OCTETS_MAX];
	EVP_PKEY *ret = NULL;

	if (!x || !y || !b || !c || !BN_bin2bn(v.at, (int)v.n, x))
		return NULL;
	BN_set_flags(x, BN_FLG_CONSTTIME);
	if (!(modp ? modp_public(g, x, b, y) : ecp_public(row, x, b, point)) ||
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, x) != 1)
		return NULL;
	own_ssl(OSSL_PARAM) mine = OSSL_PARAM_BLD_to_param(b);
	OSSL_PARAM *group = NULL;
	if (mine && EVP_PKEY_todata(fetched_group(g), EVP_PKEY_KEY_PARAMETERS, &group) == 1) {
		own_ssl(OSSL_PARAM) whole = OSSL_PARAM_merge(group, mine);

		/* merge borrows what the two point at, so they are freed after it */
		if (!whole || EVP_PKEY_fromdata_init(c) != 1 ||
		    EVP_PKEY_fromdata(c, &ret, EVP_PKEY_KEYPAIR, whole) != 1)
			ret = NULL;
	}
	OSSL_PARAM_free(group);
	return ret;
}

enum reason dh_of_private(enum group g, struct slice private_value, struct dh_key **ret,
			  struct fault *f)
{
	const struct group_row *row = alg_group(g);
	EVP_PKEY *p = NULL;

	if (private_value.n && private_value.n <= secret_octets(row)) {
		if (row->kind == GROUP_KIND_MONTG)
			p = EVP_PKEY_new_raw_private_key_ex(NULL, row->openssl, NULL,
							    private_value.at, private_value.n);
		else
			p = pair_of(g, private_value);
	}
	if (!p)
		return fetched_fail(f, R_CRYPTO, "this is no private value of the group");
	return wrap(g, p, ret, f);
}

static bool all_are(struct slice s, uint8_t value)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.at[i] != value)
			return false;
	return true;
}

/* 1 < y < p-1 by looking at octets; both have the prime's length, and p is odd. */
static bool in_range(struct slice y, struct slice p)
{
	size_t last = y.n - 1;
	int order = memcmp(y.at, p.at, last);

	if (all_are(slice(y.at, last), 0) && y.at[last] <= 1)
		return false;
	return order < 0 || (order == 0 && y.at[last] < p.at[last] - 1);
}

enum reason dh_check_public(enum group g, struct slice peer_public, struct fault *f)
{
	const struct group_row *row = alg_group(g);

	if (row->octets == 0)
		return fail(f, R_BAD_KEY, "there is no group for the public value");
	if (peer_public.n != row->octets)
		return fail(f, R_BAD_KEY, "a public value of %s has %u octets, not %zu", row->name,
			    row->octets, peer_public.n);
	if (row->kind != GROUP_KIND_MODP) {
		if (all_are(peer_public, 0))
			return fail(f, R_BAD_KEY, "the public value is zero");
		return R_OK;
	}

	struct slice p = fetched_prime(g);
	if (p.n != row->octets)
		return fail(f, R_CRYPTO, "%s is not ready", row->name);
	if (!in_range(peer_public, p))
		return fail(f, R_BAD_KEY, "the public value is not between 2 and p-2");
	return R_OK;
}

/* The peer's value as a key; NULL if it is none, such as a point beside the curve. */
static EVP_PKEY *peer_key(enum group g, struct slice v)
{
	const struct group_row *row = alg_group(g);
	uint8_t buf[1 + GROUP_OCTETS_MAX] = { UNCOMPRESSED };
	size_t lead = row->kind == GROUP_KIND_ECP ? 1 : 0;

	if (row->kind == GROUP_KIND_MONTG)
		return EVP_PKEY_new_raw_public_key_ex(NULL, row->openssl, NULL, v.at, v.n);

	EVP_PKEY *p = EVP_PKEY_new();
	memcpy(buf + lead, v.at, v.n);
	if (p && EVP_PKEY_copy_parameters(p, fetched_group(g)) == 1 &&
	    EVP_PKEY_set1_encoded_public_key(p, buf, lead + v.n) == 1)
		return p;
	EVP_PKEY_free(p);
	return NULL;
}

enum reason dh_shared(const struct dh_key *k, struct slice peer_public, struct bytes **ret,
		      struct fault *f)
{
	const struct group_row *row = alg_group(k->group);
	bool modp = row->kind == GROUP_KIND_MODP;
	enum reason r = dh_check_public(k->group, peer_public, f);

	if (r != R_OK)
		return r;
	own_ssl(EVP_PKEY) peer = peer_key(k->group, peer_public);
	if (!peer)
		return fetched_fail(f, R_BAD_KEY, "the public value does not belong to the group");

	own_ssl(EVP_PKEY_CTX) c = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
	if (!c || EVP_PKEY_derive_init(c) != 1 || (modp && EVP_PKEY_CTX_set_dh_pad(c, 1) != 1))
		return fetched_fail(f, R_CRYPTO, "the shared secret cannot be computed");
	if (EVP_PKEY_derive_set_peer_ex(c, peer, modp ? 0 : 1) != 1)
		return fetched_fail(f, R_BAD_KEY, "the public value does not belong to the group");

	own(bytes) secret = bytes_new(secret_octets(row));
	if (!secret)
		return fail(f, R_NO_MEMORY, "no memory for a shared secret");
	size_t n = secret->n;
	if (EVP_PKEY_derive(c, secret->at, &n) != 1 || n != secret->n)
		return fetched_fail(f, R_BAD_KEY, "the public value gives no secret");
	/* RFC 7748 section 6.1. An x of zero on the other curves is a point like any other. */
	if (row->kind == GROUP_KIND_MONTG && all_are(slice_of(secret), 0))
		return fail(f, R_BAD_KEY, "the public value is a point of low order");
	*ret = give(secret);
	return R_OK;
}

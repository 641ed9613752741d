/* keys1.c - key material of IKEv1
 *
 * RFC 2409 section 5 (SKEYID and its family, the three HASHes of quick mode), section 5.5
 * (KEYMAT) and appendix B (stretching the cipher's key, initial vectors). Everything is the
 * HMAC or the hash over pieces in a fixed order; the order is written beside each.
 *
 * Called by the v1 exchanges and their jobs.  Thread: any.  Owns: nothing; whoever holds a
 * struct keys1 wipes it.
 */
#include "core/crypto/keys1.h"

#include <string.h>

#include "core/base/own.h"
#include "core/crypto/prf.h"

#define PARTS(p) (p), COUNT_OF(p)

static struct slice be32(uint32_t v, uint8_t ret[4])
{
	ret[0] = (uint8_t)(v >> 24);
	ret[1] = (uint8_t)(v >> 16);
	ret[2] = (uint8_t)(v >> 8);
	ret[3] = (uint8_t)v;
	return slice(ret, 4);
}

/* A fresh start: whatever was there before is gone. */
static void begin(struct keys1 *k, enum integ hash)
{
	wipe(k, sizeof(*k));
	k->hash = hash;
	k->n = alg_integ(hash)->digest;
}

enum reason keys1_skeyid_psk(struct keys1 *k, enum integ hash, struct slice psk, struct slice ni_b,
			     struct slice nr_b)
{
	const struct slice parts[] = { ni_b, nr_b };

	begin(k, hash);
	return prf_hmac(hash, psk, PARTS(parts), k->skeyid);
}

enum reason keys1_skeyid_sig(struct keys1 *k, enum integ hash, struct slice ni_b, struct slice nr_b,
			     struct slice g_xy)
{
	const struct slice nonces[] = { ni_b, nr_b };
	own(bytes) key = bytes_join(PARTS(nonces));

	begin(k, hash);
	if (!key)
		return R_NO_MEMORY;
	return prf_hmac(hash, slice_of(key), &g_xy, 1, k->skeyid);
}

/* Appendix B: where SKEYID_e is too short, K = K1 | K2 | ... with K1 = prf(SKEYID_e, 0) and
 * Kn = prf(SKEYID_e, Kn-1), the 0 being one octet. */
static enum reason stretch(struct keys1 *k, size_t need)
{
	const uint8_t zero = 0;
	const struct slice key = slice(k->skeyid_e, k->n);
	struct slice before = slice(&zero, 1);
	uint8_t block[DIGEST_MAX];
	enum reason r = R_OK;

	if (need <= k->n) {
		memcpy(k->key, k->skeyid_e, need);
		return R_OK;
	}
	for (size_t done = 0; done < need && r == R_OK; done += k->n) {
		r = prf_hmac(k->hash, key, &before, 1, block);
		if (r == R_OK)
			memcpy(k->key + done, block, MIN_OF(need - done, (size_t)k->n));
		before = slice(block, k->n);
	}
	wipe(block, sizeof(block));
	return r;
}

/* SKEYID_d = prf(SKEYID, g^xy | CKY-I | CKY-R | 0)
 * SKEYID_a = prf(SKEYID, SKEYID_d | g^xy | CKY-I | CKY-R | 1)
 * SKEYID_e = prf(SKEYID, SKEYID_a | g^xy | CKY-I | CKY-R | 2) */
static enum reason family(struct keys1 *k, struct slice g_xy, const struct cookies *cky)
{
	uint8_t *const out[] = { k->skeyid_d, k->skeyid_a, k->skeyid_e };
	struct slice before = slice(NULL, 0);
	enum reason r = R_OK;

	for (uint8_t step = 0; step < COUNT_OF(out) && r == R_OK; step++) {
		const struct slice parts[] = { before, g_xy, slice(cky->i, 8), slice(cky->r, 8),
					       slice(&step, 1) };

		r = prf_hmac(k->hash, slice(k->skeyid, k->n), PARTS(parts), out[step]);
		before = slice(out[step], k->n);
	}
	return r;
}

enum reason keys1_derive(struct keys1 *k, enum encr encr, unsigned key_bits, struct slice g_xy,
			 const struct cookies *cky, struct slice g_xi, struct slice g_xr)
{
	const struct slice values[] = { g_xi, g_xr };
	uint8_t digest[DIGEST_MAX];

	if (!alg_encr(encr)->v1_ike || !alg_key_bits_fit(encr, key_bits))
		return R_INTERNAL;
	k->encr = encr;
	k->key_bits = (uint16_t)(alg_key_octets(encr, key_bits) * 8);

	enum reason r = family(k, g_xy, cky);
	if (r == R_OK)
		r = stretch(k, alg_key_octets(encr, key_bits));
	if (r == R_OK)
		r = prf_hash(k->hash, PARTS(values), digest);
	if (r == R_OK)
		memcpy(k->iv0, digest, alg_encr(encr)->block);
	return r;
}

enum reason keys1_hash_i(const struct keys1 *k, struct slice g_xi, struct slice g_xr,
			 const struct cookies *cky, struct slice sai_b, struct slice id_b,
			 uint8_t *ret)
{
	const struct slice parts[] = {
		g_xi, g_xr, slice(cky->i, 8), slice(cky->r, 8), sai_b, id_b
	};

	return prf_hmac(k->hash, slice(k->skeyid, k->n), PARTS(parts), ret);
}

enum reason keys1_hash_r(const struct keys1 *k, struct slice g_xi, struct slice g_xr,
			 const struct cookies *cky, struct slice sai_b, struct slice id_b,
			 uint8_t *ret)
{
	const struct slice parts[] = {
		g_xr, g_xi, slice(cky->r, 8), slice(cky->i, 8), sai_b, id_b
	};

	return prf_hmac(k->hash, slice(k->skeyid, k->n), PARTS(parts), ret);
}

enum reason keys1_hash_1(const struct keys1 *k, uint32_t mid, struct slice rest, uint8_t *ret)
{
	uint8_t m[4];
	const struct slice parts[] = { be32(mid, m), rest };

	return prf_hmac(k->hash, slice(k->skeyid_a, k->n), PARTS(parts), ret);
}

enum reason keys1_hash_2(const struct keys1 *k, uint32_t mid, struct slice ni_b, struct slice rest,
			 uint8_t *ret)
{
	uint8_t m[4];
	const struct slice parts[] = { be32(mid, m), ni_b, rest };

	return prf_hmac(k->hash, slice(k->skeyid_a, k->n), PARTS(parts), ret);
}

enum reason keys1_hash_3(const struct keys1 *k, uint32_t mid, struct slice ni_b, struct slice nr_b,
			 uint8_t *ret)
{
	const uint8_t zero = 0;
	uint8_t m[4];
	const struct slice parts[] = { slice(&zero, 1), be32(mid, m), ni_b, nr_b };

	return prf_hmac(k->hash, slice(k->skeyid_a, k->n), PARTS(parts), ret);
}

enum reason keys1_iv(const struct keys1 *k, const uint8_t *last_block, uint32_t mid, uint8_t *ret)
{
	uint8_t m[4], digest[DIGEST_MAX];
	const struct slice parts[] = { slice(last_block, alg_encr(k->encr)->block), be32(mid, m) };
	enum reason r = prf_hash(k->hash, PARTS(parts), digest);

	if (r == R_OK)
		memcpy(ret, digest, alg_encr(k->encr)->block);
	return r;
}

/* KEYMAT = K1 | K2 | ... with K1 = prf(SKEYID_d, [g(qm)^xy |] protocol | SPI | Ni_b | Nr_b)
 * and Kn = prf(SKEYID_d, Kn-1 | the same). */
enum reason keys1_keymat(const struct keys1 *k, const struct keymat1 *about, uint8_t *ret, size_t n)
{
	uint8_t spi_b[4], block[DIGEST_MAX];
	struct slice parts[] = {
		slice(NULL, 0),          about->g_qm_xy, slice(&about->protocol, 1),
		be32(about->spi, spi_b), about->ni_b,    about->nr_b,
	};
	enum reason r = k->n ? R_OK : R_INTERNAL;

	for (size_t done = 0; done < n && r == R_OK; done += k->n) {
		r = prf_hmac(k->hash, slice(k->skeyid_d, k->n), PARTS(parts), block);
		if (r == R_OK)
			memcpy(ret + done, block, MIN_OF(n - done, (size_t)k->n));
		parts[0] = slice(block, k->n);
	}
	wipe(block, sizeof(block));
	if (r != R_OK)
		wipe(ret, n);
	return r;
}

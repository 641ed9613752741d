/* keys1.h - key material of IKEv1 (RFC 2409 section 5, appendix B)
 *
 * The names are the RFC's: SKEYID, SKEYID_d, SKEYID_a, SKEYID_e, Ni_b, Nr_b, g^xy, CKY.
 * Pure sums, any thread.
 */
#pragma once

#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/model/alg.h"

struct keys1 {
	enum integ hash;
	enum encr encr;
	uint16_t key_bits;
	uint8_t n; /* digest octets of what follows */
	uint8_t skeyid[DIGEST_MAX], skeyid_d[DIGEST_MAX], skeyid_a[DIGEST_MAX],
		skeyid_e[DIGEST_MAX];
	uint8_t key[KEY_MAX]; /* of the message cipher, stretched from SKEYID_e (appendix B) */
	uint8_t iv0[BLOCK_MAX];
};

struct cookies {
	uint8_t i[8], r[8];
};

/* SKEYID = prf(PSK, Ni_b | Nr_b) */
enum reason keys1_skeyid_psk(struct keys1 *k, enum integ hash, struct slice psk, struct slice ni_b,
			     struct slice nr_b);
/* SKEYID = prf(Ni_b | Nr_b, g^xy), for signatures */
enum reason keys1_skeyid_sig(struct keys1 *k, enum integ hash, struct slice ni_b, struct slice nr_b,
			     struct slice g_xy);
/* SKEYID_d, _a, _e, the cipher key and iv0 = hash(g^xi | g^xr). Needs k->skeyid. */
enum reason keys1_derive(struct keys1 *k, enum encr encr, unsigned key_bits, struct slice g_xy,
			 const struct cookies *cky, struct slice g_xi, struct slice g_xr);

/* HASH_I = prf(SKEYID, g^xi | g^xr | CKY-I | CKY-R | SAi_b | IDii_b), HASH_R with the two ends
 * swapped. `id_b` is the ID payload's body. ret holds DIGEST_MAX. */
enum reason keys1_hash_i(const struct keys1 *k, struct slice g_xi, struct slice g_xr,
			 const struct cookies *cky, struct slice sai_b, struct slice id_b,
			 uint8_t *ret);
enum reason keys1_hash_r(const struct keys1 *k, struct slice g_xi, struct slice g_xr,
			 const struct cookies *cky, struct slice sai_b, struct slice id_b,
			 uint8_t *ret);

/* Quick mode and informational, `rest` is everything after the HASH payload without padding:
 * HASH(1) = prf(SKEYID_a, M-ID | rest)
 * HASH(2) = prf(SKEYID_a, M-ID | Ni_b | rest)
 * HASH(3) = prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b) */
enum reason keys1_hash_1(const struct keys1 *k, uint32_t mid, struct slice rest, uint8_t *ret);
enum reason keys1_hash_2(const struct keys1 *k, uint32_t mid, struct slice ni_b, struct slice rest,
			 uint8_t *ret);
enum reason keys1_hash_3(const struct keys1 *k, uint32_t mid, struct slice ni_b, struct slice nr_b,
			 uint8_t *ret);

/* IV of a phase 2 exchange = hash(last phase 1 block | M-ID), cut to the block. */
enum reason keys1_iv(const struct keys1 *k, const uint8_t *last_block, uint32_t mid, uint8_t *ret);

/* What tells the KEYMAT of one SA from that of another (section 5.5). */
struct keymat1 {
	struct slice g_qm_xy; /* empty without PFS */
	struct slice ni_b, nr_b;
	uint8_t protocol;
	uint32_t spi; /* of the end that receives */
};
/* Fills exactly n octets of ret. */
enum reason keys1_keymat(const struct keys1 *k, const struct keymat1 *about, uint8_t *ret,
			 size_t n);

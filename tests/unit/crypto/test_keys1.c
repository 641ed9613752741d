/* test_keys1.c - the keys of IKEv1 against NIST, and one recorded handshake from end to end */
#include "tests/unit/crypto/vectors.h"

#include "core/base/cursor.h"
#include "core/crypto/cipher.h"
#include "core/crypto/dh.h"
#include "core/crypto/keys1.h"
#include "core/crypto/prf.h"

static enum integ hash_of(const char *name)
{
	if (strcmp(name, "SHA-1") == 0)
		return INTEG_SHA1;
	if (strcmp(name, "SHA-256") == 0)
		return INTEG_SHA256;
	if (strcmp(name, "SHA-384") == 0)
		return INTEG_SHA384;
	assert_string_equal(name, "SHA-512");
	return INTEG_SHA512;
}

static struct cookies cookies_of(const struct bytes *i, const struct bytes *r)
{
	struct cookies c;

	assert_int_equal(i->n, 8);
	assert_int_equal(r->n, 8);
	memcpy(c.i, i->at, 8);
	memcpy(c.r, r->at, 8);
	return c;
}

static void assert_family(const struct keys1 *k, const json_t *want)
{
	own(bytes) d = vector_hex(want, "SKEYID_d");
	own(bytes) a = vector_hex(want, "SKEYID_a");
	own(bytes) e = vector_hex(want, "SKEYID_e");
	own(bytes) id = vector_hex(want, "SKEYID");

	assert_int_equal(k->n, id->n);
	assert_bytes(k->skeyid, id);
	assert_bytes(k->skeyid_d, d);
	assert_bytes(k->skeyid_a, a);
	assert_bytes(k->skeyid_e, e);
}

static void nist(const char *file, size_t n)
{
	json_t *j = vector_file(file), *c;
	size_t i;

	json_array_foreach(j, i, c)
	{
		const json_t *ctx = json_object_get(c, "ctx");
		enum integ hash = hash_of(vector_text(ctx ? ctx : c, "hash"));
		own(bytes) ni = vector_hex(c, "Ni");
		own(bytes) nr = vector_hex(c, "Nr");
		own(bytes) g_xy = vector_hex(c, "g^xy");
		own(bytes) cky_i = vector_hex(c, "CKY_I");
		own(bytes) cky_r = vector_hex(c, "CKY_R");
		struct cookies cky = cookies_of(cky_i, cky_r);
		struct keys1 k;

		if (json_object_get(c, "pre-shared-key")) {
			own(bytes) key = vector_hex(c, "pre-shared-key");

			assert_int_equal(keys1_skeyid_psk(&k, hash, slice_of(key), slice_of(ni),
							  slice_of(nr)),
					 R_OK);
		} else {
			assert_int_equal(keys1_skeyid_sig(&k, hash, slice_of(ni), slice_of(nr),
							  slice_of(g_xy)),
					 R_OK);
		}
		assert_int_equal(keys1_derive(&k, ENCR_AES_CBC, 256, slice_of(g_xy), &cky,
					      slice_of(ni), slice_of(nr)),
				 R_OK);
		assert_family(&k, c);
	}
	json_decref(j);
	assert_int_equal(i, n);
}

static void nist_psk_cases_derive_the_family(void **state)
{
	(void)state;
	nist("kdf/ikev1_psk.json", 340);
}

static void nist_signature_cases_derive_the_family(void **state)
{
	(void)state;
	nist("kdf/ikev1_dsa.json", 340);
}

static void acvp_unit_cases_derive_the_family(void **state)
{
	(void)state;
	nist("kdf/ikev1_acvp.json", 4);
}

/* Appendix B by hand: with MD5 and AES-256 two blocks are needed, with 3DES and SHA-1 one and a
 * part, with SHA-256 none. */
static void short_digests_are_stretched_to_the_key(void **state)
{
	static const struct {
		enum integ hash;
		enum encr encr;
		unsigned bits;
	} cases[] = {
		{ INTEG_MD5, ENCR_AES_CBC, 256 },    { INTEG_SHA1, ENCR_TDES, 0 },
		{ INTEG_SHA1, ENCR_AES_CBC, 192 },   { INTEG_SHA1, ENCR_AES_CBC, 128 },
		{ INTEG_SHA256, ENCR_AES_CBC, 256 }, { INTEG_MD5, ENCR_DES, 0 },
	};
	const struct cookies cky = { { 1 }, { 2 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		unsigned need = alg_key_octets(cases[i].encr, cases[i].bits);
		uint8_t want[3 * DIGEST_MAX], zero = 0;
		struct slice before = slice(&zero, 1);
		struct keys1 k;

		assert_int_equal(keys1_skeyid_psk(&k, cases[i].hash, slice_str("key"),
						  slice_str("ni"), slice_str("nr")),
				 R_OK);
		assert_int_equal(keys1_derive(&k, cases[i].encr, cases[i].bits, slice_str("xy"),
					      &cky, slice_str("i"), slice_str("r")),
				 R_OK);
		if (need <= k.n)
			memcpy(want, k.skeyid_e, need);
		for (size_t at = 0; need > k.n && at < need; at += k.n) {
			assert_int_equal(
				prf_hmac(k.hash, slice(k.skeyid_e, k.n), &before, 1, want + at),
				R_OK);
			before = slice(want + at, k.n);
		}
		assert_memory_equal(k.key, want, need);
		assert_int_equal(k.key_bits, need * 8);
	}
}

/* HASH_R as a stranger's gateway sent it to whoever asked, in aggressive mode. */
static void hash_r_comes_out(const char *file, size_t n)
{
	json_t *j = vector_file(file), *c;
	size_t i;

	json_array_foreach(j, i, c)
	{
		bool md5 = strcmp(vector_text(c, "hash"), "md5") == 0;
		own(bytes) ni = vector_hex(c, "ni_b");
		own(bytes) nr = vector_hex(c, "nr_b");
		own(bytes) g_xi = vector_hex(c, "g_xi");
		own(bytes) g_xr = vector_hex(c, "g_xr");
		own(bytes) cky_i = vector_hex(c, "cky_i");
		own(bytes) cky_r = vector_hex(c, "cky_r");
		own(bytes) sai = vector_hex(c, "sai_b");
		own(bytes) idir = vector_hex(c, "idir_b");
		own(bytes) skeyid = vector_hex(c, "skeyid");
		own(bytes) hash_r = vector_hex(c, "hash_r");
		struct cookies cky = cookies_of(cky_i, cky_r);
		/* Nortel makes the key of a password and a name */
		own(bytes) made = json_object_get(c, "key") ? vector_hex(c, "key") : NULL;
		const struct slice psk = made ? slice_of(made) : slice_str(vector_text(c, "psk"));
		uint8_t got[DIGEST_MAX];
		struct keys1 k;

		assert_int_equal(keys1_skeyid_psk(&k, md5 ? INTEG_MD5 : INTEG_SHA1, psk,
						  slice_of(ni), slice_of(nr)),
				 R_OK);
		assert_int_equal(k.n, skeyid->n);
		assert_bytes(k.skeyid, skeyid);
		assert_int_equal(keys1_hash_r(&k, slice_of(g_xi), slice_of(g_xr), &cky,
					      slice_of(sai), slice_of(idir), got),
				 R_OK);
		assert_int_equal(k.n, hash_r->n);
		assert_bytes(got, hash_r);
	}
	json_decref(j);
	assert_int_equal(i, n);
}

static void strangers_hashes_come_out(void **state)
{
	(void)state;
	hash_r_comes_out("psk_hash/aggressive_psk_checkpoint.json", 2);
	hash_r_comes_out("psk_hash/aggressive_psk_more.json", 6); /* two with a key of 65 octets */
}

static void ciphers_that_are_not_for_ike_are_refused(void **state)
{
	const struct cookies cky = { { 1 }, { 2 } };
	struct keys1 k;

	(void)state;
	assert_int_equal(keys1_skeyid_psk(&k, INTEG_SHA1, slice_str("key"), slice_str("ni"),
					  slice_str("nr")),
			 R_OK);
	assert_int_not_equal(keys1_derive(&k, ENCR_AES_GCM, 128, slice_str("xy"), &cky,
					  slice_str("i"), slice_str("r")),
			     R_OK);
	assert_int_not_equal(keys1_derive(&k, ENCR_AES_CBC, 1024, slice_str("xy"), &cky,
					  slice_str("i"), slice_str("r")),
			     R_OK);
	assert_int_not_equal(keys1_skeyid_psk(&k, INTEG_NONE, slice_str("key"), slice_str("ni"),
					      slice_str("nr")),
			     R_OK);
}

/* Any length comes out, and the start of a long one is the short one. */
static void keymat_of_every_length_has_the_same_start(void **state)
{
	const struct cookies cky = { { 1 }, { 2 } };
	const struct slice ni = slice_str("ni"), nr = slice_str("nr");
	struct keymat1 about = { .ni_b = ni, .nr_b = nr, .protocol = 3, .spi = 0x11223344 };
	uint8_t whole[200], part[200], pfs[200], first[DIGEST_MAX];
	const struct slice parts[] = { slice_str("\x03\x11\x22\x33\x44"), ni, nr };
	struct keys1 k;

	(void)state;
	keys1_skeyid_psk(&k, INTEG_SHA1, slice_str("key"), ni, nr);
	keys1_derive(&k, ENCR_AES_CBC, 128, slice_str("xy"), &cky, slice_str("i"), slice_str("r"));
	assert_int_equal(keys1_keymat(&k, &about, whole, sizeof(whole)), R_OK);
	assert_int_equal(prf_hmac(INTEG_SHA1, slice(k.skeyid_d, k.n), parts, 3, first), R_OK);
	assert_memory_equal(whole, first, 20);
	for (size_t n = 1; n < sizeof(whole); n++) {
		memset(part, 0xee, sizeof(part));
		assert_int_equal(keys1_keymat(&k, &about, part, n), R_OK);
		assert_memory_equal(part, whole, n);
		assert_int_equal(part[n], 0xee);
	}
	about.g_qm_xy = slice_str("g");
	assert_int_equal(keys1_keymat(&k, &about, pfs, 20), R_OK);
	assert_memory_not_equal(pfs, whole, 20);
}

/* --- the recorded handshake (RFC 2409 section 5.4 and 5.5) --- */

enum { ID = 5, HASH = 8, NONCE = 10 };

struct play {
	json_t *root, *messages, *expect;
	struct bytes *sai, *gxi, *gxr, *ni, *nr, *gxy;
	struct cookies cky;
	struct keys1 k;
};

static void play_open(struct play *p)
{
	p->root = vector_file("transcripts/ikev1_main_psk.json");
	json_t *main_psk = json_object_get(p->root, "main_psk");
	p->messages = json_object_get(main_psk, "messages");
	p->expect = json_object_get(main_psk, "expect");

	own(bytes) first = vector_hex(json_array_get(p->messages, 2), "hex");
	own(dh_key) x = NULL;
	own(bytes) private_value = vector_hex(main_psk, "initiator_dh_private");
	p->sai = vector_hex(p->expect, "sai");
	p->gxi = vector_hex(p->expect, "kei");
	p->gxr = vector_hex(p->expect, "ker");
	p->ni = vector_hex(p->expect, "ni");
	p->nr = vector_hex(p->expect, "nr");
	memcpy(p->cky.i, first->at, 8);
	memcpy(p->cky.r, first->at + 8, 8);

	assert_int_equal(dh_of_private(GROUP_MODP1024, slice_of(private_value), &x, NULL), R_OK);
	assert_int_equal(dh_shared(x, slice_of(p->gxr), &p->gxy, NULL), R_OK);
	assert_int_equal(keys1_skeyid_psk(&p->k, INTEG_SHA1,
					  slice_str(vector_text(main_psk, "psk")), slice_of(p->ni),
					  slice_of(p->nr)),
			 R_OK);
	assert_int_equal(keys1_derive(&p->k, ENCR_AES_CBC, 128, slice_of(p->gxy), &p->cky,
				      slice_of(p->gxi), slice_of(p->gxr)),
			 R_OK);
}

static void play_close(struct play *p)
{
	struct bytes *const all[] = { p->sai, p->gxi, p->gxr, p->ni, p->nr, p->gxy };

	for (size_t i = 0; i < COUNT_OF(all); i++)
		bytes_free(all[i]);
	json_decref(p->root);
}

/* Decrypt message i under the chain's IV. */
static struct bytes *play_message(struct play *p, size_t i, uint8_t *iv)
{
	struct bytes *m = vector_hex(json_array_get(p->messages, i), "hex");

	assert_int_equal(
		cipher_cbc_open(p->k.encr, p->k.key_bits, p->k.key, iv, m->at + 28, m->n - 28),
		R_OK);
	return m;
}

/* The body of the first payload of a kind; `ret_rest`, if asked for, is the chain behind it. */
static struct slice payload(const struct bytes *m, uint8_t kind, struct slice *ret_rest)
{
	struct rd r = rd_of(slice(m->at + 28, m->n - 28));
	uint8_t at = m->at[16];
	struct slice found = { NULL, 0 };
	const uint8_t *behind = NULL, *end = NULL;

	while (at) {
		uint8_t next = rd_u8(&r);

		rd_u8(&r);
		uint16_t n = rd_u16(&r);
		assert_true(n >= 4);
		struct slice body = rd_slice(&r, n - 4u);
		assert_false(r.torn);
		if (at == kind && !found.at) {
			found = body;
			behind = body.at + body.n;
		}
		end = body.at + body.n;
		at = next;
	}
	assert_non_null(found.at);
	if (ret_rest)
		*ret_rest = slice(behind, (size_t)(end - behind));
	return found;
}

static void the_transcript_gives_the_published_keys(void **state)
{
	struct play p = { 0 };

	(void)state;
	play_open(&p);
	own(bytes) id = vector_hex(p.expect, "skeyid");
	own(bytes) d = vector_hex(p.expect, "skeyid_d");
	own(bytes) a = vector_hex(p.expect, "skeyid_a");
	own(bytes) e = vector_hex(p.expect, "skeyid_e");
	own(bytes) key = vector_hex(p.expect, "key");
	own(bytes) iv0 = vector_hex(p.expect, "iv0");
	own(bytes) gxy = vector_hex(p.expect, "gxy");

	assert_true(slice_equal(slice_of(p.gxy), slice_of(gxy)));
	assert_bytes(p.k.skeyid, id);
	assert_bytes(p.k.skeyid_d, d);
	assert_bytes(p.k.skeyid_a, a);
	assert_bytes(p.k.skeyid_e, e);
	assert_bytes(p.k.key, key);
	assert_bytes(p.k.iv0, iv0);
	play_close(&p);
}

static void the_transcripts_phase_1_proves_both_ends(void **state)
{
	struct play p = { 0 };
	uint8_t iv[BLOCK_MAX], want[DIGEST_MAX];

	(void)state;
	play_open(&p);
	own(bytes) idi = vector_hex(p.expect, "idi");
	own(bytes) idr = vector_hex(p.expect, "idr");
	memcpy(iv, p.k.iv0, sizeof(iv));

	own(bytes) m5 = play_message(&p, 4, iv);
	assert_true(slice_equal(payload(m5, ID, NULL), slice_of(idi)));
	assert_int_equal(keys1_hash_i(&p.k, slice_of(p.gxi), slice_of(p.gxr), &p.cky,
				      slice_of(p.sai), slice_of(idi), want),
			 R_OK);
	assert_true(slice_equal_secret(payload(m5, HASH, NULL), slice(want, p.k.n)));

	own(bytes) m6 = play_message(&p, 5, iv);
	assert_true(slice_equal(payload(m6, ID, NULL), slice_of(idr)));
	assert_int_equal(keys1_hash_r(&p.k, slice_of(p.gxi), slice_of(p.gxr), &p.cky,
				      slice_of(p.sai), slice_of(idr), want),
			 R_OK);
	assert_true(slice_equal_secret(payload(m6, HASH, NULL), slice(want, p.k.n)));
	play_close(&p);
}

static void the_transcripts_quick_mode_hashes_are_ours(void **state)
{
	struct play p = { 0 };
	uint8_t iv[BLOCK_MAX], want[DIGEST_MAX];
	const uint32_t mid = 0x259cf133;
	struct slice rest;

	(void)state;
	play_open(&p);
	json_t *phase2 = json_object_get(
		json_object_get(json_object_get(p.root, "main_psk"), "phase2"), "259cf133");
	own(bytes) ni = vector_hex(phase2, "ni");
	own(bytes) nr = vector_hex(phase2, "nr");
	own(bytes) m6 = vector_hex(json_array_get(p.messages, 5), "hex");
	assert_int_equal(keys1_iv(&p.k, m6->at + m6->n - 16, mid, iv), R_OK);

	own(bytes) q1 = play_message(&p, 6, iv);
	struct slice hash = payload(q1, HASH, &rest);
	assert_int_equal(keys1_hash_1(&p.k, mid, rest, want), R_OK);
	assert_true(slice_equal_secret(hash, slice(want, p.k.n)));
	assert_true(slice_equal(payload(q1, NONCE, NULL), slice_of(ni)));

	own(bytes) q2 = play_message(&p, 7, iv);
	hash = payload(q2, HASH, &rest);
	assert_int_equal(keys1_hash_2(&p.k, mid, slice_of(ni), rest, want), R_OK);
	assert_true(slice_equal_secret(hash, slice(want, p.k.n)));
	assert_true(slice_equal(payload(q2, NONCE, NULL), slice_of(nr)));

	own(bytes) q3 = play_message(&p, 8, iv);
	hash = payload(q3, HASH, NULL);
	assert_int_equal(keys1_hash_3(&p.k, mid, slice_of(ni), slice_of(nr), want), R_OK);
	assert_true(slice_equal_secret(hash, slice(want, p.k.n)));
	play_close(&p);
}

/* As the sender: what we seal is what was recorded, octet for octet. */
static void sealing_the_transcript_again_gives_its_octets(void **state)
{
	struct play p = { 0 };
	uint8_t iv[BLOCK_MAX], back[BLOCK_MAX];

	(void)state;
	play_open(&p);
	memcpy(iv, p.k.iv0, sizeof(iv));
	memcpy(back, p.k.iv0, sizeof(back));
	for (size_t i = 4; i <= 5; i++) {
		own(bytes) wire = vector_hex(json_array_get(p.messages, i), "hex");
		own(bytes) m = play_message(&p, i, iv);

		assert_int_equal(cipher_cbc_seal(p.k.encr, p.k.key_bits, p.k.key, back, m->at + 28,
						 m->n - 28),
				 R_OK);
		assert_true(slice_equal(slice_of(m), slice_of(wire)));
		assert_memory_equal(iv, back, sizeof(iv));
	}
	play_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nist_psk_cases_derive_the_family),
		cmocka_unit_test(nist_signature_cases_derive_the_family),
		cmocka_unit_test(short_digests_are_stretched_to_the_key),
		cmocka_unit_test(acvp_unit_cases_derive_the_family),
		cmocka_unit_test(strangers_hashes_come_out),
		cmocka_unit_test(ciphers_that_are_not_for_ike_are_refused),
		cmocka_unit_test(keymat_of_every_length_has_the_same_start),
		cmocka_unit_test(the_transcript_gives_the_published_keys),
		cmocka_unit_test(the_transcripts_phase_1_proves_both_ends),
		cmocka_unit_test(the_transcripts_quick_mode_hashes_are_ours),
		cmocka_unit_test(sealing_the_transcript_again_gives_its_octets),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}

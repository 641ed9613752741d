/* test_dh.c - Diffie-Hellman against RFC 5903, RFC 7748, NIST, Wycheproof and plain arithmetic */
#include "tests/unit/crypto/vectors.h"

#include "core/crypto/dh.h"

static struct dh_key *key_of(enum group g, const char *private_hex)
{
	own(bytes) x = hex(private_hex);
	struct dh_key *k = NULL;

	assert_int_equal(dh_of_private(g, slice_of(x), &k, NULL), R_OK);
	assert_int_equal(dh_group(k), g);
	return k;
}

/* Both ends, both public values, the one secret. */
static void check_pair(enum group g, const char *const text[5])
{
	own(dh_key) a = key_of(g, text[0]);
	own(dh_key) b = key_of(g, text[2]);
	own(bytes) a_public = hex(text[1]);
	own(bytes) b_public = hex(text[3]);
	own(bytes) want = hex(text[4]);
	own(bytes) ab = NULL;
	own(bytes) ba = NULL;

	assert_true(slice_equal(dh_public(a), slice_of(a_public)));
	assert_true(slice_equal(dh_public(b), slice_of(b_public)));
	assert_int_equal(dh_shared(a, slice_of(b_public), &ab, NULL), R_OK);
	assert_int_equal(dh_shared(b, slice_of(a_public), &ba, NULL), R_OK);
	assert_true(slice_equal(slice_of(ab), slice_of(want)));
	assert_true(slice_equal(slice_of(ba), slice_of(want)));
}

/* RFC 5903 sections 8.1 to 8.3: i, gix|giy, r, grx|gry, girx. */
static void curves_come_out_as_in_rfc_5903(void **state)
{
	static const char *const p256[] = {
		"C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433",
		"DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"
		"5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3",
		"C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53",
		"D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
		"56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB",
		"D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE",
	};
	static const char *const p384[] = {
		"099F3C7034D4A2C699884D73A375A67F7624EF7C6B3C0F16"
		"0647B67414DCE655E35B538041E649EE3FAEF896783AB194",
		"667842D7D180AC2CDE6F74F37551F55755C7645C20EF73E3"
		"1634FE72B4C55EE6DE3AC808ACB4BDB4C88732AEE95F41AA"
		"9482ED1FC0EEB9CAFC4984625CCFC23F65032149E0E144AD"
		"A024181535A0F38EEB9FCFF3C2C947DAE69B4C634573A81C",
		"41CB0779B4BDB85D47846725FBEC3C9430FAB46CC8DC5060"
		"855CC9BDA0AA2942E0308312916B8ED2960E4BD55A7448FC",
		"E558DBEF53EECDE3D3FCCFC1AEA08A89A987475D12FD950D"
		"83CFA41732BC509D0D1AC43A0336DEF96FDA41D0774A3571"
		"DCFBEC7AACF3196472169E838430367F66EEBE3C6E70C416"
		"DD5F0C68759DD1FFF83FA40142209DFF5EAAD96DB9E6386C",
		"11187331C279962D93D604243FD592CB9D0A926F422E4718"
		"7521287E7156C5C4D603135569B9E9D09CF5D4A270F59746",
	};
	static const char *const p521[] = {
		"0037ADE9319A89F4DABDB3EF411AACCCA5123C61ACAB57B5393DCE47608172A095AA"
		"85A30FE1C2952C6771D937BA9777F5957B2639BAB072462F68C27A57382D4A52",
		"0015417E84DBF28C0AD3C278713349DC7DF153C897A1891BD98BAB4357C9ECBEE1E3"
		"BF42E00B8E380AEAE57C2D107564941885942AF5A7F4601723C4195D176CED3E"
		"017CAE20B6641D2EEB695786D8C946146239D099E18E1D5A514C739D7CB4A10AD8A7"
		"88015AC405D7799DC75E7B7D5B6CF2261A6A7F1507438BF01BEB6CA3926F9582",
		"0145BA99A847AF43793FDD0E872E7CDFA16BE30FDC780F97BCCC3F078380201E9C67"
		"7D600B343757A3BDBF2A3163E4C2F869CCA7458AA4A4EFFC311F5CB151685EB9",
		"00D0B3975AC4B799F5BEA16D5E13E9AF971D5E9B984C9F39728B5E5739735A219B97"
		"C356436ADC6E95BB0352F6BE64A6C2912D4EF2D0433CED2B6171640012D9460F"
		"015C68226383956E3BD066E797B623C27CE0EAC2F551A10C2C724D9852077B87220B"
		"6536C5C408A1D2AEBB8E86D678AE49CB57091F4732296579AB44FCD17F0FC56A",
		"01144C7D79AE6956BC8EDB8E7C787C4521CB086FA64407F97894E5E6B2D79B04D142"
		"7E73CA4BAA240A34786859810C06B3C715A3A8CC3151F2BEE417996D19F3DDEA",
	};

	(void)state;
	check_pair(GROUP_ECP256, p256);
	check_pair(GROUP_ECP384, p384);
	check_pair(GROUP_ECP521, p521);
}

/* RFC 7748 section 6.1. */
static void x25519_comes_out_as_in_rfc_7748(void **state)
{
	static const char *const pair[] = {
		"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
		"8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
		"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
		"de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
		"4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
	};

	(void)state;
	check_pair(GROUP_X25519, pair);
}

/* modp_own.json: primes by formula, powers by integer arithmetic, leading zeros included. */
static void modp_groups_come_out_as_plain_arithmetic(void **state)
{
	json_t *j = vector_file("dh/modp_own.json"), *c;
	size_t i;

	(void)state;
	json_array_foreach(j, i, c)
	{
		const char *const text[] = { vector_text(c, "a"), vector_text(c, "ga"),
					     vector_text(c, "b"), vector_text(c, "gb"),
					     vector_text(c, "gab") };

		check_pair(alg_group_of_name(vector_text(c, "group")), text);
	}
	json_decref(j);
	assert_int_equal(i, 18);
}

static void group_2_comes_out_as_in_the_transcript(void **state)
{
	json_t *j = vector_file("transcripts/ikev1_main_psk.json");
	json_t *main_psk = json_object_get(j, "main_psk");
	json_t *expect = json_object_get(main_psk, "expect");
	own(dh_key) k = key_of(GROUP_MODP1024, vector_text(main_psk, "initiator_dh_private"));
	own(bytes) kei = vector_hex(expect, "kei");
	own(bytes) ker = vector_hex(expect, "ker");
	own(bytes) gxy = vector_hex(expect, "gxy");
	own(bytes) got = NULL;

	(void)state;
	assert_true(slice_equal(dh_public(k), slice_of(kei)));
	assert_int_equal(dh_shared(k, slice_of(ker), &got, NULL), R_OK);
	assert_true(slice_equal(slice_of(got), slice_of(gxy)));
	assert_int_equal(got->at[0], 0); /* and yet all 128 octets */
	json_decref(j);
}

static void fresh_pairs_of_every_group_agree(void **state)
{
	(void)state;
	for (int g = 1; g < GROUP_COUNT; g++) {
		own(dh_key) a = NULL;
		own(dh_key) b = NULL;
		own(bytes) ab = NULL;
		own(bytes) ba = NULL;

		assert_int_equal(dh_generate((enum group)g, &a, NULL), R_OK);
		assert_int_equal(dh_generate((enum group)g, &b, NULL), R_OK);
		assert_int_equal(dh_public(a).n, alg_group((enum group)g)->octets);
		assert_false(slice_equal(dh_public(a), dh_public(b)));
		assert_int_equal(dh_shared(a, dh_public(b), &ab, NULL), R_OK);
		assert_int_equal(dh_shared(b, dh_public(a), &ba, NULL), R_OK);
		assert_true(slice_equal(slice_of(ab), slice_of(ba)));
	}
}

/* The secret must come out as it is, or not at all. */
static void wycheproof_x25519_verdicts_agree(void **state)
{
	json_t *j = vector_file("wycheproof/x25519_test.json"), *group, *t;
	size_t gi, ti, zero = 0, good = 0;

	(void)state;
	json_array_foreach(json_object_get(j, "testGroups"), gi, group)
	{
		json_array_foreach(json_object_get(group, "tests"), ti, t)
		{
			own(dh_key) k = key_of(GROUP_X25519, vector_text(t, "private"));
			own(bytes) peer = vector_hex(t, "public");
			own(bytes) want = vector_hex(t, "shared");
			own(bytes) nothing = bytes_new(want->n);
			own(bytes) got = NULL;
			enum reason r = dh_shared(k, slice_of(peer), &got, NULL);

			if (slice_equal(slice_of(want), slice_of(nothing))) {
				assert_int_equal(r, R_BAD_KEY); /* a point of low order */
				assert_null(got);
				zero++;
			} else {
				assert_int_equal(r, R_OK);
				assert_true(slice_equal(slice_of(got), slice_of(want)));
				good++;
			}
		}
	}
	json_decref(j);
	assert_int_equal(zero + good, 518);
	assert_true(zero > 25);
}

/* The wire has x|y: a point with the 04 in front loses it, any other form has a wrong length. */
static void wycheproof_p256_verdicts_agree(void **state)
{
	json_t *j = vector_file("wycheproof/ecdh_secp256r1_ecpoint_test.json"), *group, *t;
	size_t gi, ti, done = 0;

	(void)state;
	json_array_foreach(json_object_get(j, "testGroups"), gi, group)
	{
		json_array_foreach(json_object_get(group, "tests"), ti, t)
		{
			own(bytes) x = vector_hex(t, "private");
			own(bytes) peer = vector_hex(t, "public");
			own(bytes) want = vector_hex(t, "shared");
			own(bytes) got = NULL;
			own(dh_key) k = NULL;
			bool plain = peer->n == 65 && peer->at[0] == 4;
			/* a leading zero octet keeps DER's numbers positive */
			size_t n = MIN_OF(x->n, 32u);
			struct slice scalar = slice(x->at + x->n - n, n);

			assert_int_equal(dh_of_private(GROUP_ECP256, scalar, &k, NULL), R_OK);
			enum reason r = dh_shared(
				k, slice(peer->at + (plain ? 1 : 0), peer->n - (plain ? 1 : 0)),
				&got, NULL);
			if (strcmp(vector_text(t, "result"), "valid") == 0) {
				assert_int_equal(r, R_OK);
				assert_true(slice_equal(slice_of(got), slice_of(want)));
			} else {
				assert_int_equal(r, R_BAD_KEY);
				assert_null(got);
			}
			done++;
		}
	}
	json_decref(j);
	assert_int_equal(done, 355);
}

/* Octets of a number in hex of any number of digits; false if it is too long for n. */
static bool number(const char *text, uint8_t *ret, size_t n)
{
	char padded[300];

	if (strlen(text) > 2 * n)
		return false;
	memset(padded, '0', sizeof(padded));
	strcpy(padded + 2 * n - strlen(text), text);
	own(bytes) b = hex(padded);
	memcpy(ret, b->at, n);
	return true;
}

static void nist_public_keys_are_judged_alike(void **state)
{
	enum group g = GROUP_NONE;
	uint8_t xy[2 * 66];
	size_t n = 0, done = 0;
	own(dh_key) k = NULL;
	bool fits = false;
	struct fax x;

	(void)state;
	fax_open(&x, "nist/PKV.fax");
	while (fax_next(&x)) {
		if (!*x.key) {
			g = strcmp(x.value, "P-256") == 0   ? GROUP_ECP256
			    : strcmp(x.value, "P-384") == 0 ? GROUP_ECP384
							    : GROUP_ECP521;
			n = alg_group(g)->octets / 2u;
			dh_key_free(k);
			assert_int_equal(dh_generate(g, &k, NULL), R_OK);
		} else if (strcmp(x.key, "Qx") == 0) {
			fits = number(x.value, xy, n);
		} else if (strcmp(x.key, "Qy") == 0) {
			fits = fits && number(x.value, xy + n, n);
		} else if (strcmp(x.key, "Result") == 0) {
			own(bytes) got = NULL;
			bool good = fits && dh_shared(k, slice(xy, 2 * n), &got, NULL) == R_OK;

			assert_int_equal(good, x.value[0] == 'P');
			done++;
		}
	}
	assert_int_equal(done, 36);
}

static void refuse(enum group g, struct slice value)
{
	own(dh_key) k = NULL;
	own(bytes) got = NULL;
	struct fault f = { 0 };

	assert_int_equal(dh_check_public(g, value, &f), R_BAD_KEY);
	assert_true(f.text[0] != '\0');
	assert_int_equal(dh_generate(g, &k, NULL), R_OK);
	assert_int_equal(dh_shared(k, value, &got, NULL), R_BAD_KEY);
	assert_null(got);
}

/* 0, 1, p-1, p, p+1, all ones, one octet short, one octet long, nothing at all. */
static void strange_modp_values_are_refused(void **state)
{
	json_t *j = vector_file("dh/modp_own.json"), *c;
	size_t i;

	(void)state;
	json_array_foreach(j, i, c)
	{
		enum group g = alg_group_of_name(vector_text(c, "group"));
		uint8_t v[GROUP_OCTETS_MAX + 1] = { 0 };
		size_t n = alg_group(g)->octets;

		if (!json_object_get(c, "p"))
			continue;
		own(bytes) p = vector_hex(c, "p");
		refuse(g, slice(v, n));
		v[n - 1] = 1;
		refuse(g, slice(v, n));
		memcpy(v, p->at, n);
		refuse(g, slice(v, n)); /* p, which ends in ff */
		v[n - 1]--;
		refuse(g, slice(v, n)); /* p-1 */
		v[n - 1]--;
		assert_int_equal(dh_check_public(g, slice(v, n), NULL), R_OK); /* p-2 */
		memset(v, 0xff, sizeof(v));
		refuse(g, slice(v, n));
		memcpy(v, p->at, n);
		for (size_t at = n; at-- && ++v[at] == 0;)
			;
		refuse(g, slice(v, n)); /* p+1 */
		memset(v, 0x5a, sizeof(v));
		refuse(g, slice(v, n - 1));
		refuse(g, slice(v, n + 1));
		refuse(g, slice(NULL, 0));
		memset(v, 0, sizeof(v));
		v[n - 1] = 2;
		assert_int_equal(dh_check_public(g, slice(v, n), NULL), R_OK); /* 2 */
	}
	json_decref(j);
}

static void points_beside_the_curve_are_refused(void **state)
{
	static const enum group groups[] = { GROUP_ECP256, GROUP_ECP384, GROUP_ECP521 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(groups); i++) {
		size_t n = alg_group(groups[i])->octets;
		uint8_t v[GROUP_OCTETS_MAX] = { 0 };
		own(dh_key) k = NULL;
		own(dh_key) other = NULL;
		own(bytes) got = NULL;

		assert_int_equal(dh_generate(groups[i], &k, NULL), R_OK);
		assert_int_equal(dh_generate(groups[i], &other, NULL), R_OK);
		refuse(groups[i], slice(v, n)); /* the nearest thing to infinity */
		memcpy(v, dh_public(other).at, n);
		refuse(groups[i], slice(v, n - 1));
		refuse(groups[i], slice(v, n + 1));
		v[n - 1] ^= 1;
		assert_int_equal(dh_shared(k, slice(v, n), &got, NULL), R_BAD_KEY);
		memset(v, 0xff, n);
		assert_int_equal(dh_shared(k, slice(v, n), &got, NULL), R_BAD_KEY);
		v[0] = 4; /* as if the form were still there */
		memcpy(v + 1, dh_public(other).at, n);
		assert_int_equal(dh_shared(k, slice(v, n), &got, NULL), R_BAD_KEY);
		assert_int_equal(dh_shared(k, slice(v, n + 1), &got, NULL), R_BAD_KEY);
		assert_null(got);
	}
}

static void strange_private_values_are_refused(void **state)
{
	uint8_t v[GROUP_OCTETS_MAX + 1];
	struct dh_key *k = NULL;

	(void)state;
	for (int g = 1; g < GROUP_COUNT; g++) {
		const struct group_row *row = alg_group((enum group)g);

		memset(v, 0xff, sizeof(v));
		assert_int_not_equal(
			dh_of_private((enum group)g, slice(v, row->octets + 1u), &k, NULL), R_OK);
		assert_int_not_equal(dh_of_private((enum group)g, slice(v, 0), &k, NULL), R_OK);
		if (row->kind == GROUP_KIND_MONTG)
			continue; /* any 32 octets are a scalar */
		assert_int_not_equal(
			dh_of_private((enum group)g,
				      slice(v, row->kind == GROUP_KIND_ECP ? row->octets / 2u
									   : row->octets),
				      &k, NULL),
			R_OK);
		memset(v, 0, sizeof(v));
		assert_int_not_equal(dh_of_private((enum group)g, slice(v, 32), &k, NULL), R_OK);
	}
	assert_int_not_equal(dh_generate(GROUP_NONE, &k, NULL), R_OK);
	assert_int_not_equal(dh_generate(GROUP_COUNT, &k, NULL), R_OK);
	assert_int_equal(dh_check_public(GROUP_NONE, slice(v, 32), NULL), R_BAD_KEY);
	assert_null(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(curves_come_out_as_in_rfc_5903),
		cmocka_unit_test(x25519_comes_out_as_in_rfc_7748),
		cmocka_unit_test(modp_groups_come_out_as_plain_arithmetic),
		cmocka_unit_test(group_2_comes_out_as_in_the_transcript),
		cmocka_unit_test(fresh_pairs_of_every_group_agree),
		cmocka_unit_test(wycheproof_x25519_verdicts_agree),
		cmocka_unit_test(wycheproof_p256_verdicts_agree),
		cmocka_unit_test(nist_public_keys_are_judged_alike),
		cmocka_unit_test(strange_modp_values_are_refused),
		cmocka_unit_test(points_beside_the_curve_are_refused),
		cmocka_unit_test(strange_private_values_are_refused),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}

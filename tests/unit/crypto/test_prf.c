/* test_prf.c - hashes and HMAC against NIST, Wycheproof and the RFCs */
#include "tests/unit/crypto/vectors.h"

#include "core/crypto/prf.h"

static void nist_hmac_cases_come_out(void **state)
{
	static const struct {
		const char *section;
		enum integ integ;
	} sections[] = { { "L=20", INTEG_SHA1 },
			 { "L=32", INTEG_SHA256 },
			 { "L=48", INTEG_SHA384 },
			 { "L=64", INTEG_SHA512 } };
	enum integ integ = INTEG_NONE;
	struct bytes *key = NULL, *msg = NULL;
	size_t done = 0;
	struct fax x;

	(void)state;
	fax_open(&x, "nist/HMAC.fax");
	while (fax_next(&x)) {
		if (!*x.key) {
			integ = INTEG_NONE;
			for (size_t i = 0; i < COUNT_OF(sections); i++)
				if (strcmp(sections[i].section, x.value) == 0)
					integ = sections[i].integ;
		} else if (strcmp(x.key, "Key") == 0) {
			bytes_free(key);
			key = hex(x.value);
		} else if (strcmp(x.key, "Msg") == 0) {
			bytes_free(msg);
			msg = hex(x.value);
		} else if (strcmp(x.key, "Mac") == 0 && integ) {
			own(bytes) mac = hex(x.value);
			const struct slice parts[] = { slice(msg->at, 5),
						       slice(msg->at + 5, msg->n - 5) };
			uint8_t got[DIGEST_MAX];

			assert_int_equal(prf_hmac(integ, slice_of(key), parts, 2, got), R_OK);
			assert_bytes(got, mac); /* some are truncated */
			done++;
		}
	}
	bytes_free(key);
	bytes_free(msg);
	assert_true(done > 250);
}

static void wycheproof(const char *file, enum integ integ, size_t want)
{
	json_t *j = vector_file(file), *group, *t;
	size_t gi, ti, done = 0;

	json_array_foreach(json_object_get(j, "testGroups"), gi, group)
	{
		size_t tag_n = (size_t)json_integer_value(json_object_get(group, "tagSize")) / 8;

		json_array_foreach(json_object_get(group, "tests"), ti, t)
		{
			own(bytes) key = vector_hex(t, "key");
			own(bytes) msg = vector_hex(t, "msg");
			own(bytes) tag = vector_hex(t, "tag");
			const struct slice part = slice_of(msg);
			uint8_t got[DIGEST_MAX];

			assert_int_equal(prf_hmac(integ, slice_of(key), &part, 1, got), R_OK);
			bool same = slice_equal_secret(slice(got, tag_n), slice_of(tag));
			assert_int_equal(same, strcmp(vector_text(t, "result"), "valid") == 0);
			done++;
		}
	}
	json_decref(j);
	assert_int_equal(done, want);
}

static void wycheproof_hmac_sha1_verdicts_agree(void **state)
{
	(void)state;
	wycheproof("wycheproof/hmac_sha1_test.json", INTEG_SHA1, 170);
}

static void wycheproof_hmac_sha256_verdicts_agree(void **state)
{
	(void)state;
	wycheproof("wycheproof/hmac_sha256_test.json", INTEG_SHA256, 174);
}

/* RFC 2202 section 2, cases 1, 2 and 6 (a key longer than the block). */
static void hmac_md5_is_that_of_rfc_2202(void **state)
{
	static const struct {
		const char *key, *data, *digest;
	} cases[] = {
		{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
		  "9294727a3638bb1c13f48ef8158bfc9d" },
		{ "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		  "750c783e6ab0b503eaa86e310a5db738" },
	};
	uint8_t got[DIGEST_MAX], long_key[80];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		own(bytes) key = hex(cases[i].key);
		own(bytes) data = hex(cases[i].data);
		own(bytes) digest = hex(cases[i].digest);
		const struct slice part = slice_of(data);

		assert_int_equal(prf_hmac(INTEG_MD5, slice_of(key), &part, 1, got), R_OK);
		assert_bytes(got, digest);
	}
	memset(long_key, 0xaa, sizeof(long_key));
	const struct slice part =
		slice_str("Test Using Larger Than Block-Size Key - Hash Key First");
	own(bytes) digest = hex("6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
	assert_int_equal(prf_hmac(INTEG_MD5, slice(long_key, 80), &part, 1, got), R_OK);
	assert_bytes(got, digest);
}

/* "abc": RFC 1321 A.5, FIPS 180-4 examples. */
static void hashes_of_abc_in_pieces_are_the_published_ones(void **state)
{
	static const struct {
		enum integ integ;
		const char *digest;
	} cases[] = {
		{ INTEG_MD5, "900150983cd24fb0d6963f7d28e17f72" },
		{ INTEG_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ INTEG_SHA256,
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ INTEG_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
				"1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
		{ INTEG_SHA512,
		  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
	};
	const struct slice parts[] = { slice_str("a"), slice(NULL, 0), slice_str("bc") };
	uint8_t got[DIGEST_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		own(bytes) digest = hex(cases[i].digest);

		assert_int_equal(digest->n, alg_integ(cases[i].integ)->digest);
		assert_int_equal(prf_hash(cases[i].integ, parts, COUNT_OF(parts), got), R_OK);
		assert_bytes(got, digest);
	}
}

/* An empty key is a key of its own, and not the one used before. */
static void an_empty_key_is_not_the_key_before(void **state)
{
	const struct slice part = slice_str("");
	own(bytes) digest = hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
	uint8_t got[DIGEST_MAX];

	(void)state;
	assert_int_equal(prf_hmac(INTEG_SHA256, slice_str("another"), &part, 1, got), R_OK);
	assert_int_equal(prf_hmac(INTEG_SHA256, slice(NULL, 0), &part, 1, got), R_OK);
	assert_bytes(got, digest);
}

static void no_hash_is_an_error(void **state)
{
	uint8_t got[DIGEST_MAX];

	(void)state;
	assert_int_not_equal(prf_hash(INTEG_NONE, NULL, 0, got), R_OK);
	assert_int_not_equal(prf_hmac(INTEG_COUNT, slice_str("k"), NULL, 0, got), R_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nist_hmac_cases_come_out),
		cmocka_unit_test(wycheproof_hmac_sha1_verdicts_agree),
		cmocka_unit_test(wycheproof_hmac_sha256_verdicts_agree),
		cmocka_unit_test(hmac_md5_is_that_of_rfc_2202),
		cmocka_unit_test(hashes_of_abc_in_pieces_are_the_published_ones),
		cmocka_unit_test(an_empty_key_is_not_the_key_before),
		cmocka_unit_test(no_hash_is_an_error),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}

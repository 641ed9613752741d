/* test_cipher.c - CBC against NIST and the classic DES examples, and its chain of IVs */
#include "tests/unit/crypto/vectors.h"

#include "core/crypto/cipher.h"

static void nist_multi_block_cases_come_out(void **state)
{
	struct bytes *key = NULL, *iv = NULL, *plain = NULL, *sealed = NULL;
	size_t done = 0;
	struct fax x;

	(void)state;
	fax_open(&x, "nist/CBCMMT128.fax");
	while (fax_next(&x)) {
		struct bytes **into = strcmp(x.key, "KEY") == 0          ? &key
				      : strcmp(x.key, "IV") == 0         ? &iv
				      : strcmp(x.key, "PLAINTEXT") == 0  ? &plain
				      : strcmp(x.key, "CIPHERTEXT") == 0 ? &sealed
									 : NULL;
		if (!into)
			continue;
		bytes_free(*into);
		*into = hex(x.value);
		if (!plain || !sealed)
			continue;

		own(bytes) text = bytes_dup(plain);
		own(bytes) a = bytes_dup(iv);
		own(bytes) b = bytes_dup(iv);
		assert_int_equal(
			cipher_cbc_seal(ENCR_AES_CBC, 128, key->at, a->at, text->at, text->n),
			R_OK);
		assert_true(slice_equal(slice_of(text), slice_of(sealed)));
		assert_memory_equal(a->at, sealed->at + sealed->n - 16, 16);
		assert_int_equal(
			cipher_cbc_open(ENCR_AES_CBC, 0, key->at, b->at, text->at, text->n), R_OK);
		assert_true(slice_equal(slice_of(text), slice_of(plain)));
		assert_memory_equal(b->at, a->at, 16);
		bytes_free(plain);
		bytes_free(sealed);
		plain = sealed = NULL;
		done++;
	}
	bytes_free(key);
	bytes_free(iv);
	assert_int_equal(done, 20);
}

static void one_block(enum encr e, const char *key_hex, const char *plain_hex,
		      const char *sealed_hex)
{
	own(bytes) key = hex(key_hex);
	own(bytes) text = hex(plain_hex);
	own(bytes) plain = hex(plain_hex);
	own(bytes) sealed = hex(sealed_hex);
	uint8_t iv[BLOCK_MAX] = { 0 };

	assert_int_equal(cipher_cbc_seal(e, 0, key->at, iv, text->at, text->n), R_OK);
	assert_true(slice_equal(slice_of(text), slice_of(sealed)));
	memset(iv, 0, sizeof(iv));
	assert_int_equal(cipher_cbc_open(e, 0, key->at, iv, text->at, text->n), R_OK);
	assert_true(slice_equal(slice_of(text), slice_of(plain)));
}

/* The textbook's example, and NBS Special Publication 500-20's first and last variable plaintext
 * cases; single DES runs as 3DES with K,K,K. */
static void single_des_is_single_des(void **state)
{
	(void)state;
	one_block(ENCR_DES, "133457799BBCDFF1", "0123456789ABCDEF", "85E813540F0AB405");
	one_block(ENCR_DES, "0101010101010101", "8000000000000000", "95F8A5E5DD31D900");
	one_block(ENCR_DES, "0101010101010101", "0000000000000001", "166B40B44ABA4BD6");
}

/* NIST SP 800-67's example text, two blocks so that the chain is used too. */
static void triple_des_with_one_key_thrice_is_single_des(void **state)
{
	(void)state;
	one_block(ENCR_TDES, "133457799BBCDFF1133457799BBCDFF1133457799BBCDFF1", "0123456789ABCDEF",
		  "85E813540F0AB405");
	one_block(ENCR_TDES, "0123456789ABCDEF23456789ABCDEF01456789ABCDEF0123", "5468652071756663",
		  "A826FD8CE53B855F");
}

/* RFC 2409 appendix B: the next message starts from the last block of this one. */
static void messages_in_a_row_are_one_long_message(void **state)
{
	static const enum encr all[] = { ENCR_AES_CBC, ENCR_TDES, ENCR_DES };
	uint8_t key[KEY_MAX], whole[96], parts[96];

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(17 * i + 3);
	for (size_t c = 0; c < COUNT_OF(all); c++) {
		uint8_t a[BLOCK_MAX] = { 9 }, b[BLOCK_MAX] = { 9 }, back[BLOCK_MAX] = { 9 };

		memset(whole, 'x', sizeof(whole));
		memset(parts, 'x', sizeof(parts));
		assert_int_equal(cipher_cbc_seal(all[c], 0, key, a, whole, 96), R_OK);
		assert_int_equal(cipher_cbc_seal(all[c], 0, key, b, parts, 16), R_OK);
		assert_int_equal(cipher_cbc_seal(all[c], 0, key, b, parts + 16, 80), R_OK);
		assert_memory_equal(whole, parts, 96);
		assert_memory_equal(a, b, sizeof(a));
		assert_int_equal(cipher_cbc_open(all[c], 0, key, back, parts, 48), R_OK);
		assert_int_equal(cipher_cbc_open(all[c], 0, key, back, parts + 48, 48), R_OK);
		assert_memory_equal(a, back, sizeof(a));
		for (size_t i = 0; i < sizeof(parts); i++)
			assert_int_equal(parts[i], 'x');
	}
}

static void odd_lengths_and_other_ciphers_are_refused(void **state)
{
	uint8_t key[KEY_MAX] = { 0 }, iv[BLOCK_MAX] = { 7 }, text[64] = { 1 }, before[BLOCK_MAX];

	(void)state;
	memcpy(before, iv, sizeof(iv));
	for (size_t n = 0; n < 48; n++)
		if (n % 16 || n == 0)
			assert_int_equal(cipher_cbc_open(ENCR_AES_CBC, 128, key, iv, text, n),
					 R_MALFORMED);
	assert_int_equal(cipher_cbc_open(ENCR_TDES, 0, key, iv, text, 12), R_MALFORMED);
	assert_int_equal(cipher_cbc_seal(ENCR_AES_CBC, 100, key, iv, text, 16), R_INTERNAL);
	assert_int_equal(cipher_cbc_seal(ENCR_AES_GCM, 128, key, iv, text, 16), R_INTERNAL);
	assert_int_equal(cipher_cbc_open(ENCR_NULL, 0, key, iv, text, 16), R_INTERNAL);
	assert_memory_equal(iv, before, sizeof(iv));
	assert_int_equal(text[0], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nist_multi_block_cases_come_out),
		cmocka_unit_test(single_des_is_single_des),
		cmocka_unit_test(triple_des_with_one_key_thrice_is_single_des),
		cmocka_unit_test(messages_in_a_row_are_one_long_message),
		cmocka_unit_test(odd_lengths_and_other_ciphers_are_refused),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}

/* test_suite.c - the registry: opened twice, used by threads, closed and opened again */
#include "tests/unit/crypto/vectors.h"

#include <pthread.h>

#include "core/crypto/dh.h"
#include "core/crypto/fetched.h"
#include "core/crypto/prf.h"
#include "core/crypto/shield.h"

static void before_opening_nothing_works_and_nothing_breaks(void **state)
{
	const struct slice part = slice_str("x");
	const struct esp_suite s = { ENCR_AES_GCM, 128, INTEG_NONE, false };
	uint8_t got[DIGEST_MAX], keymat[20] = { 0 };
	struct dh_key *k = NULL;

	(void)state;
	assert_int_not_equal(prf_hash(INTEG_SHA1, &part, 1, got), R_OK);
	assert_int_not_equal(prf_hmac(INTEG_SHA1, part, &part, 1, got), R_OK);
	assert_int_not_equal(dh_generate(GROUP_MODP2048, &k, NULL), R_OK);
	assert_int_not_equal(dh_check_public(GROUP_MODP2048, slice(keymat, 20), NULL), R_OK);
	assert_null(shield_new(&s, slice(keymat, 20), NULL));
	crypto_close();
}

static void every_row_of_the_register_is_fetched(void **state)
{
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(crypto_open(&f), R_OK);
	assert_int_equal(crypto_open(&f), R_OK); /* again is fine */
	for (int i = 1; i < INTEG_COUNT; i++)
		assert_non_null(fetched_md((enum integ)i));
	for (int e = 1; e < ENCR_COUNT; e++) {
		unsigned widths[] = { 0, 128, 192, 256 };

		for (size_t w = 0; w < COUNT_OF(widths); w++)
			if (e != ENCR_NULL && alg_key_bits_fit((enum encr)e, widths[w]))
				assert_non_null(fetched_cipher((enum encr)e, widths[w]));
		if (alg_encr((enum encr)e)->variable)
			assert_null(fetched_cipher((enum encr)e, 64));
	}
	for (int g = 1; g < GROUP_COUNT; g++)
		assert_int_equal(fetched_group((enum group)g) != NULL,
				 alg_group((enum group)g)->kind != GROUP_KIND_MONTG);
	crypto_close();
}

/* What one thread of a crew does: everything with a context of its own. */
static void *work(void *arg)
{
	const struct slice part = slice_str("abc");
	uint8_t *ret = arg;

	for (int i = 0; i < 200; i++)
		if (prf_hmac(INTEG_SHA256, part, &part, 1, ret) != R_OK)
			return NULL;
	struct dh_key *k = NULL;
	if (dh_generate(GROUP_ECP256, &k, NULL) != R_OK)
		return NULL;
	dh_key_free(k);
	scratch_random(ret + 32, 16);
	return arg;
}

static void threads_have_contexts_of_their_own(void **state)
{
	enum { THREADS = 4 };
	pthread_t t[THREADS];
	uint8_t got[THREADS][DIGEST_MAX];

	(void)state;
	assert_int_equal(crypto_open(NULL), R_OK);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, work, got[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		void *ret = NULL;

		assert_int_equal(pthread_join(t[i], &ret), 0);
		assert_ptr_equal(ret, got[i]);
		assert_memory_equal(got[i], got[0], 32);
		for (int k = 0; k < i; k++)
			assert_memory_not_equal(got[i] + 32, got[k] + 32, 16);
	}
	crypto_close();
}

static void the_pool_of_random_octets_does_not_repeat(void **state)
{
	enum { DRAWS = 3000 };
	static uint64_t seen[DRAWS];

	(void)state;
	assert_int_equal(crypto_open(NULL), R_OK);
	for (size_t i = 0; i < DRAWS; i++) {
		scratch_random((uint8_t *)&seen[i], 8);
		for (size_t k = 0; k < i; k++)
			assert_true(seen[k] != seen[i]);
	}
	uint8_t large[5000] = { 0 };
	scratch_random(large, sizeof(large)); /* more than the pool holds */
	crypto_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_opening_nothing_works_and_nothing_breaks),
		cmocka_unit_test(every_row_of_the_register_is_fetched),
		cmocka_unit_test(threads_have_contexts_of_their_own),
		cmocka_unit_test(the_pool_of_random_octets_does_not_repeat),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

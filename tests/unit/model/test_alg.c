/* test_alg.c - the register of algorithms, asked by name, number and value */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/alg.h"

static void names_lead_back_to_their_rows(void **state)
{
	(void)state;
	for (int e = 1; e < ENCR_COUNT; e++)
		assert_int_equal(alg_encr_of_name(alg_encr((enum encr)e)->name), e);
	for (int i = 1; i < INTEG_COUNT; i++)
		assert_int_equal(alg_integ_of_name(alg_integ((enum integ)i)->name), i);
	for (int g = 1; g < GROUP_COUNT; g++)
		assert_int_equal(alg_group_of_name(alg_group((enum group)g)->name), g);
	assert_int_equal(alg_encr_of_name("AES-CBC"), ENCR_NONE);
	assert_int_equal(alg_integ_of_name(""), INTEG_NONE);
	assert_int_equal(alg_group_of_name(NULL), GROUP_NONE);
}

static void numbers_of_the_wire_lead_back_to_their_rows(void **state)
{
	(void)state;
	for (int e = 1; e < ENCR_COUNT; e++) {
		const struct encr_row *row = alg_encr((enum encr)e);

		assert_int_equal(alg_encr_of_v1_esp(row->v1_esp), e);
		if (row->v1_ike)
			assert_int_equal(alg_encr_of_v1_ike(row->v1_ike), e);
	}
	for (int i = 1; i < INTEG_COUNT; i++) {
		assert_int_equal(alg_integ_of_v1_hash(alg_integ((enum integ)i)->v1_hash), i);
		assert_int_equal(alg_integ_of_v1_auth(alg_integ((enum integ)i)->v1_auth), i);
	}
	for (int g = 1; g < GROUP_COUNT; g++)
		assert_int_equal(alg_group_of_number(alg_group((enum group)g)->number), g);
}

/* RFC 2409 appendix A, RFC 2407 section 4.4.4 and 4.5, RFC 3526, RFC 5903. */
static void numbers_are_those_of_the_rfcs(void **state)
{
	(void)state;
	assert_int_equal(alg_encr_of_v1_ike(7), ENCR_AES_CBC);
	assert_int_equal(alg_encr_of_v1_ike(5), ENCR_TDES);
	assert_int_equal(alg_encr_of_v1_esp(12), ENCR_AES_CBC);
	assert_int_equal(alg_encr_of_v1_esp(20), ENCR_AES_GCM);
	assert_int_equal(alg_encr_of_v1_esp(11), ENCR_NULL);
	assert_int_equal(alg_integ_of_v1_hash(2), INTEG_SHA1);
	assert_int_equal(alg_integ_of_v1_hash(4), INTEG_SHA256);
	assert_int_equal(alg_integ_of_v1_auth(5), INTEG_SHA256);
	assert_int_equal(alg_group_of_number(14), GROUP_MODP2048);
	assert_int_equal(alg_group_of_number(19), GROUP_ECP256);
}

static void zero_and_strange_numbers_are_nothing(void **state)
{
	(void)state;
	assert_int_equal(alg_encr_of_v1_ike(0), ENCR_NONE);
	assert_int_equal(alg_encr_of_v1_ike(65535), ENCR_NONE);
	assert_int_equal(alg_encr_of_v1_esp(0), ENCR_NONE);
	assert_int_equal(alg_integ_of_v1_hash(0), INTEG_NONE);
	assert_int_equal(alg_integ_of_v1_auth(99999), INTEG_NONE);
	assert_int_equal(alg_group_of_number(0), GROUP_NONE);
	assert_int_equal(alg_group_of_number(22), GROUP_NONE);
}

static void values_outside_of_the_register_are_none(void **state)
{
	(void)state;
	assert_string_equal(alg_encr((enum encr)99)->name, "none");
	assert_string_equal(alg_integ((enum integ)INTEG_COUNT)->name, "none");
	assert_string_equal(alg_group((enum group)1000)->name, "none");
	assert_int_equal(alg_group(GROUP_NONE)->octets, 0);
}

static void rows_fit_the_buffers_made_for_them(void **state)
{
	(void)state;
	for (int e = 1; e < ENCR_COUNT; e++) {
		assert_true(alg_key_octets((enum encr)e,
					   alg_encr((enum encr)e)->variable ? 256 : 0) <= KEY_MAX);
		assert_true(alg_encr((enum encr)e)->block <= BLOCK_MAX);
		assert_true(alg_encr((enum encr)e)->block >= 4);
	}
	for (int i = 1; i < INTEG_COUNT; i++) {
		assert_true(alg_integ((enum integ)i)->digest <= DIGEST_MAX);
		assert_true(alg_integ((enum integ)i)->icv <= alg_integ((enum integ)i)->digest);
	}
	for (int g = 1; g < GROUP_COUNT; g++)
		assert_true(alg_group((enum group)g)->octets <= GROUP_OCTETS_MAX);
}

static void key_lengths_fit_where_they_exist(void **state)
{
	(void)state;
	assert_true(alg_key_bits_fit(ENCR_AES_CBC, 0));
	assert_true(alg_key_bits_fit(ENCR_AES_CBC, 192));
	assert_false(alg_key_bits_fit(ENCR_AES_CBC, 64));
	assert_false(alg_key_bits_fit(ENCR_AES_GCM, 512));
	assert_true(alg_key_bits_fit(ENCR_TDES, 0));
	assert_true(alg_key_bits_fit(ENCR_TDES, 192));
	assert_false(alg_key_bits_fit(ENCR_TDES, 128));
	assert_int_equal(alg_key_octets(ENCR_AES_CBC, 0), 16);
	assert_int_equal(alg_key_octets(ENCR_AES_CBC, 256), 32);
	assert_int_equal(alg_key_octets(ENCR_AES_CBC, 4096), 0);
	assert_int_equal(alg_key_octets(ENCR_DES, 0), 8);
	assert_int_equal(alg_key_octets(ENCR_TDES, 0), 24);
	assert_int_equal(alg_key_octets(ENCR_NULL, 0), 0);
}

static void an_esp_suite_knows_its_sizes(void **state)
{
	struct esp_suite gcm = { ENCR_AES_GCM, 256, INTEG_NONE, false };
	struct esp_suite cbc = { ENCR_AES_CBC, 128, INTEG_SHA256, false };

	(void)state;
	assert_int_equal(esp_suite_key_octets(&gcm), 36);
	assert_int_equal(esp_suite_icv(&gcm), 16);
	assert_int_equal(esp_suite_key_octets(&cbc), 48);
	assert_int_equal(esp_suite_icv(&cbc), 16);
	cbc.truncate_96 = true;
	assert_int_equal(esp_suite_icv(&cbc), 12);
	cbc.integ = INTEG_SHA512;
	assert_int_equal(esp_suite_icv(&cbc), 32);
}

static void suites_have_words(void **state)
{
	struct ike_suite ike = { ENCR_AES_CBC, 256, INTEG_SHA256, GROUP_MODP2048, AUTH_PSK };
	struct esp_suite esp = { ENCR_AES_CBC, 0, INTEG_SHA256, true };
	char text[SUITE_TEXT];

	(void)state;
	assert_string_equal(ike_suite_text(&ike, text), "aes-cbc-256/sha256/modp2048/psk");
	ike = (struct ike_suite){ ENCR_TDES, 192, INTEG_SHA1, GROUP_MODP1024, AUTH_RSA_SIG };
	assert_string_equal(ike_suite_text(&ike, text), "3des-cbc/sha1/modp1024/rsa-sig");
	ike = (struct ike_suite){ 0 };
	assert_string_equal(ike_suite_text(&ike, text), "none/none/none/none");
	assert_string_equal(esp_suite_text(&esp, GROUP_X25519, text),
			    "aes-cbc-128/sha256-96/x25519");
	esp = (struct esp_suite){ ENCR_AES_GCM, 256, INTEG_NONE, false };
	assert_string_equal(esp_suite_text(&esp, GROUP_NONE, text), "aes-gcm-256");
	assert_string_equal(tier_word(TIER_BROKEN), "broken");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_lead_back_to_their_rows),
		cmocka_unit_test(numbers_of_the_wire_lead_back_to_their_rows),
		cmocka_unit_test(numbers_are_those_of_the_rfcs),
		cmocka_unit_test(zero_and_strange_numbers_are_nothing),
		cmocka_unit_test(values_outside_of_the_register_are_none),
		cmocka_unit_test(rows_fit_the_buffers_made_for_them),
		cmocka_unit_test(key_lengths_fit_where_they_exist),
		cmocka_unit_test(an_esp_suite_knows_its_sizes),
		cmocka_unit_test(suites_have_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_strength.c - what keys people choose are worth, and what a generator makes */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/model/strength.h"

static unsigned bits(const char *text)
{
	return strength_bits(slice(text, strlen(text)));
}

static void what_people_choose_is_weak(void **state)
{
	static const char *const weak[] = {
		"",
		"a",
		"abcde",
		"password",
		"Passw0rd!",
		"123456789012345678901234567890",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"abcdefghijklmnopqrstuvwxyz0123456789",
		"lab-secret",
		"correct-horse",
		"correct-horse-battery",
		"Sommer2024!",
		"deadbeef",
		"internationalization",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(weak) / sizeof(*weak); i++)
		if (bits(weak[i]) >= STRENGTH_ENOUGH)
			fail_msg("%s is worth %u bits", weak[i], bits(weak[i]));
}

static void what_a_generator_makes_is_strong(void **state)
{
	static const char *const strong[] = {
		"9f86d081884c7d659a2feaa0c55ad015", "u7Xw2kPq9sLmB4vTz8cRdY",
		"kJ3+vN8xQz/2mW5bT7yR1g==",         "3kTz-9QpX-m2Vb-7RwL-c8Yd",
		"qz7hv2k9xw4mt6rp3bn8cj5d",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(strong) / sizeof(*strong); i++)
		if (bits(strong[i]) < STRENGTH_ENOUGH)
			fail_msg("%s is worth %u bits", strong[i], bits(strong[i]));
}

static void any_octet_counts(void **state)
{
	static const uint8_t raw[16] = { 0x00, 0xff, 0x80, 0x13, 0x7f, 0xc4, 0x02, 0x99,
					 0x51, 0xe0, 0x0d, 0x6a, 0x38, 0xb7, 0x25, 0xd2 };

	(void)state;
	assert_true(strength_bits(slice(raw, sizeof(raw))) >= STRENGTH_ENOUGH);
	assert_int_equal(strength_bits(slice(NULL, 0)), 0);
	assert_int_equal(strength_of_length(0), 0);
	assert_true(strength_of_length(12) < STRENGTH_ENOUGH);
	assert_true(strength_of_length(13) >= STRENGTH_ENOUGH);
}

static void when_it_falls(void **state)
{
	char text[STRENGTH_TEXT];

	(void)state;
	assert_string_equal(strength_falls(0, text), "within a second");
	assert_string_equal(strength_falls(30, text), "within a second");
	assert_string_equal(strength_falls(40, text), "within a day");
	assert_string_equal(strength_falls(50, text), "in about 7 days");
	assert_string_equal(strength_falls(80, text), "in more than a hundred years");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_people_choose_is_weak),
		cmocka_unit_test(what_a_generator_makes_is_strong),
		cmocka_unit_test(any_octet_counts),
		cmocka_unit_test(when_it_falls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

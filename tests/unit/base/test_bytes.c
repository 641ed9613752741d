/* test_bytes.c - byte strings: made, joined, compared, shown, wiped */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/bytes.h"

static void new_bytes_are_zero_and_copies_are_apart(void **state)
{
	static const uint8_t zero[32];
	own(bytes) b = bytes_new(32);
	own(bytes) copy = NULL;

	(void)state;
	assert_int_equal(b->n, 32);
	assert_memory_equal(b->at, zero, 32);
	copy = bytes_dup(b);
	copy->at[31] = 7;
	assert_int_equal(b->at[31], 0);
	assert_null(bytes_dup(NULL));
	assert_null(bytes_new(SIZE_MAX));
	assert_int_equal(slice_of(NULL).n, 0);
}

static void parts_are_joined_in_order(void **state)
{
	struct slice parts[] = { slice("ab", 2), { NULL, 0 }, slice("c", 1), slice("def", 3) };
	struct slice too_much[] = { slice("a", SIZE_MAX), slice("b", 1) };
	own(bytes) b = bytes_join(parts, COUNT_OF(parts));
	own(bytes) none = bytes_join(NULL, 0);

	(void)state;
	assert_int_equal(b->n, 6);
	assert_memory_equal(b->at, "abcdef", 6);
	assert_int_equal(none->n, 0);
	assert_null(bytes_join(too_much, 2));
}

static void hex_is_read_with_blanks_and_colons(void **state)
{
	static const char *const good[] = { "00ff7A", "00:ff:7a", " 00 ff\n7a\t", "00ff:7A" };
	static const uint8_t want[] = { 0x00, 0xff, 0x7a };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		own(bytes) b = bytes_of_hex(good[i]);

		assert_non_null(b);
		assert_int_equal(b->n, 3);
		assert_memory_equal(b->at, want, 3);
	}
	own(bytes) empty = bytes_of_hex("");
	assert_int_equal(empty->n, 0);
}

static void what_is_not_hex_is_refused(void **state)
{
	static const char *const bad[] = { "0",    "000",  "0 0",    "0:0", "0g",  "g0",
					   "0x00", "00::", "00::00", ":00", "00:", "00-00" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_null(bytes_of_hex(bad[i]));
	assert_null(bytes_of_hex(NULL));
}

static void hex_out_is_cut_between_octets(void **state)
{
	static const uint8_t octets[] = { 0x01, 0xab, 0xff };
	char out[8];

	(void)state;
	assert_string_equal(hex_of(slice(octets, 3), out, sizeof(out)), "01abff");
	assert_string_equal(hex_of(slice(octets, 3), out, 7), "01abff");
	assert_string_equal(hex_of(slice(octets, 3), out, 6), "01ab");
	assert_string_equal(hex_of(slice(octets, 3), out, 1), "");
	memset(out, 'x', sizeof(out));
	hex_of(slice(octets, 3), out, 0);
	assert_int_equal(out[0], 'x');
	assert_string_equal(hex_of(slice(NULL, 0), out, sizeof(out)), "");
}

static void equality_sees_length_and_every_octet(void **state)
{
	uint8_t a[64], b[64];

	(void)state;
	memset(a, 0x5a, sizeof(a));
	for (size_t i = 0; i < sizeof(a); i++) {
		memcpy(b, a, sizeof(a));
		assert_true(slice_equal(slice(a, 64), slice(b, 64)));
		assert_true(slice_equal_secret(slice(a, 64), slice(b, 64)));
		b[i] ^= 0x80;
		assert_false(slice_equal(slice(a, 64), slice(b, 64)));
		assert_false(slice_equal_secret(slice(a, 64), slice(b, 64)));
	}
	assert_false(slice_equal(slice(a, 63), slice(a, 64)));
	assert_false(slice_equal_secret(slice(a, 63), slice(a, 64)));
	assert_true(slice_equal(slice(NULL, 0), slice(a, 0)));
	assert_true(slice_equal_secret(slice(NULL, 0), slice(a, 0)));
}

static void order_is_by_octets_then_length(void **state)
{
	(void)state;
	assert_true(slice_compare(slice_str("ab"), slice_str("b")) < 0);
	assert_true(slice_compare(slice_str("ab"), slice_str("abc")) < 0);
	assert_true(slice_compare(slice_str("b"), slice_str("abc")) > 0);
	assert_true(slice_compare(slice("\xff", 1), slice("\x01", 1)) > 0);
	assert_int_equal(slice_compare(slice_str("abc"), slice_str("abc")), 0);
	assert_true(slice_compare(slice(NULL, 0), slice_str("a")) < 0);
	assert_int_equal(slice_compare(slice(NULL, 0), slice_str(NULL)), 0);
}

static void wiping_leaves_nothing_and_touches_nothing_else(void **state)
{
	uint8_t at[16];

	(void)state;
	memset(at, 0xaa, sizeof(at));
	wipe(&at[4], 8);
	for (size_t i = 0; i < sizeof(at); i++)
		assert_int_equal(at[i], i < 4 || i >= 12 ? 0xaa : 0);
	wipe(NULL, 0);
	bytes_free(NULL);
}

static void given_pointers_are_not_freed_twice(void **state)
{
	own(bytes) kept = NULL;

	(void)state;
	{
		own(bytes) made = bytes_of("secret", 6);

		kept = give(made);
		assert_null(made);
	}
	assert_memory_equal(kept->at, "secret", 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_bytes_are_zero_and_copies_are_apart),
		cmocka_unit_test(parts_are_joined_in_order),
		cmocka_unit_test(hex_is_read_with_blanks_and_colons),
		cmocka_unit_test(what_is_not_hex_is_refused),
		cmocka_unit_test(hex_out_is_cut_between_octets),
		cmocka_unit_test(equality_sees_length_and_every_octet),
		cmocka_unit_test(order_is_by_octets_then_length),
		cmocka_unit_test(wiping_leaves_nothing_and_touches_nothing_else),
		cmocka_unit_test(given_pointers_are_not_freed_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

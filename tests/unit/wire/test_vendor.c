/* Vendor ids: each found by itself, with something behind it, and not when cut. */
#include "tests/unit/wire/exact.h"

#include "core/wire/vendor.h"

static const char *const hexes[VENDOR_COUNT] = {
#define VENDOR(code, name, hex) [VENDOR_##code] = hex,
#include "core/wire/vendor.def"
#undef VENDOR
};

static void each_is_found(void **state)
{
	(void)state;
	for (int v = 0; v < VENDOR_COUNT; v++) {
		own(bytes) want = bytes_of_hex(hexes[v]);
		struct slice octets = vendor_octets((enum vendor)v);
		uint8_t longer[32] = { 0 };

		assert_true(slice_equal(octets, slice_of(want)));
		assert_int_equal(vendor_find(octets), v);
		assert_true(vendor_word((enum vendor)v)[0] != '\0');
		memcpy(longer, octets.at, octets.n);
		for (size_t n = 0; n <= octets.n + 4; n++) {
			exact(e, longer, n);
			assert_int_equal(vendor_find(look(&e)),
					 n < octets.n ? VENDOR_COUNT : (enum vendor)v);
		}
	}
}

static void none(void **state)
{
	(void)state;
	assert_int_equal(vendor_find(slice(NULL, 0)), VENDOR_COUNT);
	assert_int_equal(vendor_octets(VENDOR_COUNT).n, 0);
	assert_string_equal(vendor_word(VENDOR_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_found),
		cmocka_unit_test(none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_natoa.c - original addresses: octets of RFC 3947 section 5.2, every type, every length */
#include "tests/unit/wire/exact.h"

#undef fail /* cmocka's; ours is core/base/fault.h */

#include "core/wire/natoa.h"

static void as_the_rfc_draws_them(void **state)
{
	static const uint8_t four[] = { 1, 0, 0, 0, 10, 64, 0, 2 };
	static const uint8_t six[] = { 5, 0, 0, 0, 0x20, 1, 0x0d, 0xb8, 0, 0,
				       0, 0, 0, 0, 0,    0, 0,    0,    0, 7 };
	const struct {
		const char *text;
		struct slice octets;
	} rows[] = { { "10.64.0.2", slice(four, sizeof(four)) },
		     { "2001:db8::7", slice(six, sizeof(six)) } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint8_t at[32];
		struct wr w = wr_of(at, sizeof(at));
		struct addr a, got;

		assert_true(addr_read(rows[i].text, &a));
		a.port = 4500; /* is not told */
		natoa_write(&w, &a);
		assert_true(slice_equal(wr_done(&w), rows[i].octets));
		assert_int_equal(natoa_read(rows[i].octets, &got, NULL), R_OK);
		assert_true(addr_equal(&a, &got));
		assert_int_equal(got.port, 0);
	}
}

static void reserved_octets_are_ignored(void **state)
{
	static const uint8_t odd[] = { 1, 9, 9, 9, 10, 64, 0, 2 };
	struct addr a;

	(void)state;
	assert_int_equal(natoa_read(slice(odd, sizeof(odd)), &a, NULL), R_OK);
	assert_int_equal(a.ip[3], 2);
}

/* Only the two types, each in its one length; a refusal has words and touches nothing. */
static void every_type_and_length(void **state)
{
	uint8_t body[24] = { 0 };

	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		for (size_t n = 0; n <= sizeof(body); n++) {
			body[0] = (uint8_t)type;
			exact(e, body, n);
			struct addr a = { .family = 77 };
			struct fault f = { 0 };
			bool good = (type == 1 && n == 8) || (type == 5 && n == 20);

			assert_int_equal(natoa_read(look(&e), &a, &f), good ? R_OK : R_BAD_NATOA);
			if (good)
				continue;
			assert_int_equal(a.family, 77);
			assert_int_equal(f.reason, R_BAD_NATOA);
			assert_non_null(strstr(f.text, "original address"));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_rfc_draws_them),
		cmocka_unit_test(reserved_octets_are_ignored),
		cmocka_unit_test(every_type_and_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Lifetimes as attributes: round trips, both forms, every length cut short, numbers too large. */
#include "tests/unit/wire/exact.h"

#include "core/wire/life1.h"

static void it_comes_back(void **state)
{
	static const struct life1 all[] = { { 0, 0 },           { 1, 0 },
					    { 0, 1 },           { 3600, 0 },
					    { 28800, 1843200 }, { UINT32_MAX, UINT32_MAX } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		uint8_t at[64];
		struct wr w = wr_of(at, sizeof(at));
		struct life1 back;

		life1_write(&w, &all[i]);
		assert_false(w.torn);
		assert_int_equal(life1_read(wr_done(&w), &back, NULL), R_OK);
		assert_int_equal(back.seconds, all[i].seconds);
		assert_int_equal(back.kilobytes, all[i].kilobytes);
	}
}

static void both_forms_are_read(void **state)
{
	static const uint8_t list[] = { 0x80, 1, 0, 1, 0x80, 2, 0x0e, 0x10, /* 3600 s, short */
					0x80, 9, 1, 2, /* something else */
					0,    1, 0, 2, 0,    2, /* type kilobytes, long */
					0,    2, 0, 3, 1,    0, 0 };
	struct life1 l;

	(void)state;
	assert_int_equal(life1_read(slice(list, sizeof(list)), &l, NULL), R_OK);
	assert_int_equal(l.seconds, 3600);
	assert_int_equal(l.kilobytes, 65536);
}

static void cut_short_it_is_refused(void **state)
{
	uint8_t at[64];
	struct wr w = wr_of(at, sizeof(at));

	(void)state;
	life1_write(&w, &(struct life1){ 3600, 65536 });
	for (size_t n = 0; n <= w.n; n++) {
		struct life1 l = { 7, 7 };

		exact(e, at, n);
		enum reason r = life1_read(look(&e), &l, NULL);
		/* whole at the edges of its attributes only: 4, 12, 16 and 24 octets */
		assert_int_equal(r, n % 12 == 0 || n % 12 == 4 ? R_OK : R_MALFORMED);
		assert_int_equal(l.seconds, r != R_OK ? 7 : n < 12 ? 0 : 3600);
	}
}

static void too_large_is_the_largest(void **state)
{
	static const uint8_t list[] = { 0x80, 1, 0, 1, 0, 2, 0, 5, 1, 0, 0, 0, 0 };
	static const uint8_t zeros[] = { 0x80, 1, 0, 1, 0, 2, 0, 5, 0, 0, 0, 0, 9 };
	static const uint8_t typeless[] = { 0x80, 2, 0, 9, 0x80, 1, 0, 3, 0x80, 2, 0, 9 };
	struct life1 l;

	(void)state;
	assert_int_equal(life1_read(slice(list, sizeof(list)), &l, NULL), R_OK);
	assert_int_equal(l.seconds, UINT32_MAX);
	assert_int_equal(life1_read(slice(zeros, sizeof(zeros)), &l, NULL), R_OK);
	assert_int_equal(l.seconds, 9);
	assert_int_equal(life1_read(slice(typeless, sizeof(typeless)), &l, NULL), R_OK);
	assert_int_equal(l.seconds + l.kilobytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_comes_back),
		cmocka_unit_test(both_forms_are_read),
		cmocka_unit_test(cut_short_it_is_refused),
		cmocka_unit_test(too_large_is_the_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

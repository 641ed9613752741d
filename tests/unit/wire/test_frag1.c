/* test_frag1.c - a fragment on the wire: every length, number 0, id 0, and back */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#undef fail /* cmocka's; ours is core/base/fault.h */

#include "core/wire/frag1.h"
#include "core/wire/payload.h"

static const struct header of = { .cky_i = { 1 },
				  .cky_r = { 2 },
				  .next = 5,
				  .version = VERSION_1,
				  .exchange = XCHG_QUICK,
				  .flags = FLAG_ENCRYPTED,
				  .message_id = 77,
				  .length = 4711 };

static struct slice written(uint8_t *at, size_t cap, const struct frag1 *f)
{
	struct wr w = wr_of(at, cap);

	frag1_write(&w, &of, f);
	assert_false(w.torn);
	return wr_done(&w);
}

static void what_is_written_is_read(void **state)
{
	uint8_t at[128];
	struct frag1 f = { .id = 0x1234, .number = 255, .last = true, .data = slice("abc", 3) };
	struct slice whole = written(at, sizeof(at), &f);
	struct frag1 got;
	struct header h;

	(void)state;
	assert_int_equal(whole.n, 28 + 8 + 3);
	assert_int_equal(header_read(whole, &h, NULL), R_OK);
	assert_int_equal(h.next, 132);
	assert_int_equal(h.flags, 0); /* the piece itself is not encrypted */
	assert_int_equal(h.message_id, 77);
	assert_int_equal(h.length, whole.n);
	assert_memory_equal(&whole.at[28],
			    "\0\0\0\x0b\x12\x34\xff\x01"
			    "abc",
			    11);
	assert_int_equal(frag1_read(whole, &h, &got, NULL), R_OK);
	assert_int_equal(got.id, 0x1234);
	assert_int_equal(got.number, 255);
	assert_true(got.last);
	assert_true(slice_equal(got.data, f.data));
}

/* T-FRAG1, T-FRAG2: each length claimed against each length that is there. */
static void lengths_that_cannot_be_are_refused(void **state)
{
	uint8_t at[128];
	struct frag1 f = { .id = 1, .number = 1, .data = slice("abcdefgh", 8) };
	struct slice whole = written(at, sizeof(at), &f);
	struct frag1 got;
	struct header h;

	(void)state;
	for (size_t there = 0; there <= 16; there++) {
		for (size_t claims = 0; claims <= 20; claims++) {
			struct fault bad = { 0 };
			bool is_good = claims > FRAG1_HEAD && claims <= there;

			at[24] = at[25] = at[26] = 0;
			at[27] = (uint8_t)(28 + there);
			at[30] = 0;
			at[31] = (uint8_t)claims;
			assert_int_equal(header_read(slice(whole.at, 28 + there), &h, NULL), R_OK);
			enum reason r = frag1_read(slice(whole.at, 28 + there), &h, &got, &bad);
			assert_int_equal(r, is_good ? R_OK : R_MALFORMED);
			assert_true(is_good ? got.data.n == claims - 8 : bad.text[0] != 0);
		}
	}
}

static void number_0_is_refused_and_id_0_is_not(void **state)
{
	uint8_t at[128];
	struct frag1 f = { .id = 0, .number = 1, .data = slice("a", 1) };
	struct slice whole = written(at, sizeof(at), &f);
	struct frag1 got;
	struct header h;

	(void)state;
	assert_int_equal(header_read(whole, &h, NULL), R_OK);
	assert_int_equal(frag1_read(whole, &h, &got, NULL), R_OK);
	assert_int_equal(got.id, 0);
	f.number = 0;
	whole = written(at, sizeof(at), &f);
	assert_int_equal(frag1_read(whole, &h, &got, NULL), R_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(lengths_that_cannot_be_are_refused),
		cmocka_unit_test(number_0_is_refused_and_id_0_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

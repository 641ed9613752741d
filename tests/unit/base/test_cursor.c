/* test_cursor.c - readers and writers tear once and stay torn */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/cursor.h"

static const uint8_t octets[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
				  0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f };

static void numbers_are_big_endian(void **state)
{
	struct rd r = rd_of(slice(octets, sizeof(octets)));

	(void)state;
	assert_int_equal(rd_u8(&r), 0x01);
	assert_int_equal(rd_u16(&r), 0x0203);
	assert_int_equal(rd_u32(&r), 0x04050607);
	assert_true(rd_u64(&r) == UINT64_C(0x08090a0b0c0d0e0f));
	assert_int_equal(rd_left(&r), 0);
	assert_false(r.torn);
}

static void a_reader_tears_and_stays_torn(void **state)
{
	struct rd r = rd_of(slice(octets, 3));

	(void)state;
	assert_int_equal(rd_u16(&r), 0x0102);
	assert_int_equal(rd_u16(&r), 0); /* one octet short: not even half of it */
	assert_true(r.torn);
	assert_int_equal(rd_u8(&r), 0); /* would fit, but it is torn */
	assert_null(rd_take(&r, 0));
	assert_int_equal(rd_left(&r), 0);
	assert_null(rd_rest(&r).at);
	assert_null(rd_slice(&r, 1).at);
	assert_ptr_equal(r.at, &octets[2]); /* never moved again */
	assert_true(r.torn);
}

static void huge_lengths_tear(void **state)
{
	struct rd r = rd_of(slice(octets, 4));
	struct wr w;
	uint8_t room[4];

	(void)state;
	assert_null(rd_take(&r, SIZE_MAX));
	assert_true(r.torn);
	w = wr_of(room, sizeof(room));
	wr_u8(&w, 1);
	wr_zeros(&w, SIZE_MAX);
	assert_true(w.torn);
	w = wr_of(room, sizeof(room));
	wr_u32(&w, 1);
	wr_patch_u16(&w, SIZE_MAX, 1);
	assert_true(w.torn);
}

static void a_child_reads_its_part_and_no_more(void **state)
{
	struct rd r = rd_of(slice(octets, 6));
	struct rd sub = rd_sub(&r, 2);

	(void)state;
	assert_int_equal(rd_u16(&sub), 0x0102);
	assert_int_equal(rd_u8(&sub), 0);
	assert_true(sub.torn);
	assert_false(r.torn); /* the parent has skipped it and goes on */
	assert_int_equal(rd_u8(&r), 3);

	sub = rd_sub(&r, 4);
	assert_true(sub.torn);
	assert_true(r.torn);
	assert_int_equal(rd_left(&sub), 0);
	assert_int_equal(rd_u8(&sub), 0);
	sub = rd_sub(&r, 0);
	assert_true(sub.torn);
}

static void the_rest_is_what_is_left(void **state)
{
	struct rd r = rd_of(slice(octets, 5));
	struct slice s = rd_slice(&r, 2);

	(void)state;
	assert_true(slice_equal(s, slice(octets, 2)));
	s = rd_rest(&r);
	assert_true(slice_equal(s, slice(&octets[2], 3)));
	assert_int_equal(rd_rest(&r).n, 0);
	assert_false(r.torn);

	r = rd_of(slice(NULL, 0));
	assert_int_equal(rd_left(&r), 0);
	assert_non_null(rd_take(&r, 0)); /* nothing is a fine thing to take from nothing */
	assert_int_equal(rd_rest(&r).n, 0);
	assert_false(r.torn);
	rd_u8(&r);
	assert_true(r.torn);
}

static void what_is_written_reads_back(void **state)
{
	uint8_t room[32];
	struct wr w = wr_of(room, sizeof(room));
	struct rd r;

	(void)state;
	wr_u8(&w, 0xfe);
	wr_u16(&w, 0xfedc);
	wr_u32(&w, 0xfedcba98);
	wr_u64(&w, UINT64_C(0xfedcba9876543210));
	wr_slice(&w, slice_str("abc"));
	wr_slice(&w, slice(NULL, 0));
	wr_zeros(&w, 2);
	assert_int_equal(wr_done(&w).n, 20);

	r = rd_of(wr_done(&w));
	assert_int_equal(rd_u8(&r), 0xfe);
	assert_int_equal(rd_u16(&r), 0xfedc);
	assert_true(rd_u32(&r) == 0xfedcba98);
	assert_true(rd_u64(&r) == UINT64_C(0xfedcba9876543210));
	assert_memory_equal(rd_take(&r, 3), "abc", 3);
	assert_int_equal(rd_u16(&r), 0);
	assert_int_equal(rd_left(&r), 0);
	assert_false(r.torn);
}

static void a_full_writer_tears_and_writes_nothing_more(void **state)
{
	uint8_t room[8];
	struct wr w = wr_of(room, 5);

	(void)state;
	memset(room, 0x77, sizeof(room));
	wr_u32(&w, 1);
	wr_u16(&w, 0xffff);
	assert_true(w.torn);
	wr_u8(&w, 0xff); /* would fit, but it is torn */
	wr_slice(&w, slice_str("x"));
	wr_patch_u8(&w, 0, 0xff);
	for (size_t i = 4; i < sizeof(room); i++)
		assert_int_equal(room[i], 0x77);
	assert_int_equal(room[0], 0);
	assert_null(wr_done(&w).at);
	assert_int_equal(wr_done(&w).n, 0);

	w = wr_of(room, 5);
	wr_zeros(&w, 5); /* exactly full is not torn */
	assert_false(w.torn);
	assert_int_equal(wr_done(&w).n, 5);

	w = wr_of(NULL, 5);
	wr_u8(&w, 1);
	assert_true(w.torn);
}

static void patches_stay_inside_what_was_written(void **state)
{
	uint8_t room[16];
	struct wr w = wr_of(room, sizeof(room));
	static const uint8_t want[] = { 0x00, 0xab, 0x12, 0x34, 0xde, 0xad, 0xbe, 0xef };

	(void)state;
	wr_zeros(&w, 8);
	wr_patch_u8(&w, 1, 0xab);
	wr_patch_u16(&w, 2, 0x1234);
	wr_patch_u32(&w, 4, 0xdeadbeef);
	assert_false(w.torn);
	assert_true(slice_equal(wr_done(&w), slice(want, 8)));
	wr_patch_u32(&w, 5, 0); /* one octet beyond what was written, though there is room */
	assert_true(w.torn);
	assert_memory_equal(room, want, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_big_endian),
		cmocka_unit_test(a_reader_tears_and_stays_torn),
		cmocka_unit_test(huge_lengths_tear),
		cmocka_unit_test(a_child_reads_its_part_and_no_more),
		cmocka_unit_test(the_rest_is_what_is_left),
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(a_full_writer_tears_and_writes_nothing_more),
		cmocka_unit_test(patches_stay_inside_what_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

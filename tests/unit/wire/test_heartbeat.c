/* Keepalives: octet by octet, every length of number and SPI, the wrong SA, the wrong protocol. */
#include "tests/unit/wire/exact.h"

#include "core/wire/heartbeat.h"

static const uint8_t cookies[HEARTBEAT_COOKIES] = { 1, 2,  3,  4,  5,  6,  7,  8,
						    9, 10, 11, 12, 13, 14, 15, 16 };

static struct heartbeat beat(uint32_t number)
{
	return (struct heartbeat){ .type = NTFY_HEARTBEAT,
				   .cookies = slice(cookies, sizeof(cookies)),
				   .number = number };
}

static void it_is_these_octets(void **state)
{
	static const uint8_t want[HEARTBEAT_MAX] = { 0,  0,  0,  1,  1,    16,   0x9e, 0x37, 1,  2,
						     3,  4,  5,  6,  7,    8,    9,    10,   11, 12,
						     13, 14, 15, 16, 0xde, 0xad, 0xbe, 0xef };
	struct heartbeat h = beat(0xdeadbeef);
	uint8_t at[HEARTBEAT_MAX];
	struct wr w = wr_of(at, sizeof(at));

	(void)state;
	heartbeat_write(&w, &h);
	assert_false(w.torn);
	assert_true(slice_equal(wr_done(&w), slice(want, sizeof(want))));
}

static void it_comes_back(void **state)
{
	static const uint32_t numbers[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct heartbeat h = beat(numbers[i]), back;
		uint8_t at[HEARTBEAT_MAX];
		struct wr w = wr_of(at, sizeof(at));
		struct notify n;

		heartbeat_write(&w, &h);
		assert_int_equal(notify_read(wr_done(&w), &n, NULL), R_OK);
		assert_int_equal(heartbeat_read(&n, h.cookies, &back, NULL), R_OK);
		assert_int_equal(back.type, NTFY_HEARTBEAT);
		assert_int_equal(back.number, numbers[i]);
		assert_true(slice_equal(back.cookies, h.cookies));
	}
}

static void every_length_of_the_number(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 64; n++) {
		uint8_t octets[64] = { 0 };
		struct notify in = { .protocol = 1,
				     .type = NTFY_HEARTBEAT,
				     .spi = slice(cookies, sizeof(cookies)) };
		struct heartbeat back;

		exact(e, octets, n);
		in.data = look(&e);
		assert_int_equal(heartbeat_read(&in, in.spi, &back, NULL),
				 n == 4 ? R_OK : R_MALFORMED);
	}
}

static void about_another_sa_it_says_nothing(void **state)
{
	const struct slice ours = slice(cookies, sizeof(cookies));
	uint8_t spi[32] = { 0 }, number[4] = { 0 };
	struct heartbeat back;

	(void)state;
	for (size_t n = 0; n <= sizeof(spi); n++) {
		struct notify in = { .protocol = 1,
				     .type = NTFY_HEARTBEAT,
				     .spi = slice(spi, n),
				     .data = slice(number, sizeof(number)) };

		memcpy(spi, cookies, sizeof(cookies));
		assert_int_equal(heartbeat_read(&in, ours, &back, NULL),
				 n == sizeof(cookies) ? R_OK : R_BAD_PAYLOAD);
	}
	for (size_t i = 0; i < sizeof(cookies); i++) {
		struct notify in = { .protocol = 1,
				     .spi = slice(spi, sizeof(cookies)),
				     .data = slice(number, sizeof(number)) };

		memcpy(spi, cookies, sizeof(cookies));
		spi[i] ^= 1;
		assert_int_equal(heartbeat_read(&in, ours, &back, NULL), R_BAD_PAYLOAD);
	}
	for (unsigned protocol = 0; protocol < 256; protocol++) {
		struct notify in = { .protocol = (uint8_t)protocol,
				     .spi = ours,
				     .data = slice(number, sizeof(number)) };

		assert_int_equal(heartbeat_read(&in, ours, &back, NULL),
				 protocol == 1 ? R_OK : R_BAD_PAYLOAD);
	}
}

static void other_cookies_are_not_written(void **state)
{
	(void)state;
	for (size_t n = 0; n < HEARTBEAT_COOKIES; n++) {
		struct heartbeat h = beat(1);
		uint8_t at[HEARTBEAT_MAX];
		struct wr w = wr_of(at, sizeof(at));

		h.cookies = slice(cookies, n);
		heartbeat_write(&w, &h);
		assert_true(w.torn);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_these_octets),
		cmocka_unit_test(it_comes_back),
		cmocka_unit_test(every_length_of_the_number),
		cmocka_unit_test(about_another_sa_it_says_nothing),
		cmocka_unit_test(other_cookies_are_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

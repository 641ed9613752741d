/* The header: round trip, every datagram length, every claim of the length field (T-LEN,
 * T-SHORT). */
#include "tests/unit/wire/exact.h"

#include "core/wire/header.h"

static const struct header sample = {
	.cky_i = { 1, 2, 3, 4, 5, 6, 7, 8 },
	.cky_r = { 9, 10, 11, 12, 13, 14, 15, 16 },
	.next = 1,
	.version = VERSION_1,
	.exchange = XCHG_MAIN,
	.flags = FLAG_ENCRYPTED,
	.message_id = 0x259cf133,
	.length = HEADER_SIZE,
};

static void write_sample(uint8_t *ret, uint32_t length)
{
	struct header h = sample;
	struct wr w = wr_of(ret, HEADER_SIZE);

	h.length = length;
	header_write(&w, &h);
	assert_false(w.torn);
	assert_int_equal(w.n, HEADER_SIZE);
}

static void comes_back(void **state)
{
	uint8_t at[HEADER_SIZE];
	struct header h;

	(void)state;
	write_sample(at, HEADER_SIZE);
	assert_int_equal(header_read(slice(at, sizeof(at)), &h, NULL), R_OK);
	assert_memory_equal(&h, &sample, sizeof(h));
}

static void every_datagram_length(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 200; n++) {
		uint8_t at[200] = { 0 };
		struct header h;
		struct fault f = { 0 };

		write_sample(at, HEADER_SIZE);
		exact(e, at, n);
		enum reason r = header_read(look(&e), &h, &f);
		assert_int_equal(r, n < HEADER_SIZE ? R_MALFORMED : R_OK);
		assert_int_equal(f.text[0] != '\0', n < HEADER_SIZE);
	}
}

static void every_claim(void **state)
{
	static const uint32_t fit[] = { 28, 29, 59, 60 };
	static const uint32_t never[] = { 0,     1,     27,         61,         62,
					  65535, 65536, 0x7fffffff, 0x80000000, UINT32_MAX };
	uint8_t at[60] = { 0 };
	struct header h;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(fit); i++) {
		write_sample(at, fit[i]);
		assert_int_equal(header_read(slice(at, sizeof(at)), &h, NULL), R_OK);
		assert_int_equal(h.length, fit[i]);
	}
	for (size_t i = 0; i < COUNT_OF(never); i++) {
		write_sample(at, never[i]);
		assert_int_equal(header_read(slice(at, sizeof(at)), &h, NULL), R_MALFORMED);
	}
}

/* Nothing is filled on failure. */
static void keeps_the_result(void **state)
{
	uint8_t at[27] = { 0 };
	struct header h = sample;

	(void)state;
	header_read(slice(at, sizeof(at)), &h, NULL);
	assert_memory_equal(&h, &sample, sizeof(h));
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(exchange_word(XCHG_MAIN), "main mode");
	assert_string_equal(exchange_word(XCHG_QUICK), "quick mode");
	assert_string_equal(exchange_word(XCHG_IKE_AUTH), "IKE_AUTH");
	for (unsigned v = 0; v <= 65536; v++)
		assert_true(exchange_word(v)[0] != '\0');
	assert_string_equal(exchange_word(UINT32_MAX), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),  cmocka_unit_test(every_datagram_length),
		cmocka_unit_test(every_claim), cmocka_unit_test(keeps_the_result),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

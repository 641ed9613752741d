/* Notify and delete: round trips, every length and count, every type's word (T-SUB, T-STEP,
 * T-DPD0, T-ENUM). */
#include "tests/unit/wire/exact.h"

#include "core/wire/notify.h"

static void notify_comes_back(void **state)
{
	static const uint8_t octets[300] = { 1, 2, 3 };

	(void)state;
	for (size_t spi = 0; spi <= 256; spi++) {
		struct notify n = {
			.doi = 1,
			.protocol = 3,
			.type = NTFY_R_U_THERE,
			.spi = slice(octets, spi),
			.data = slice(octets, 4),
		};
		struct notify back;
		uint8_t at[400];
		struct wr w = wr_of(at, sizeof(at));

		notify_write(&w, &n);
		assert_int_equal(w.torn, spi > 255);
		if (w.torn)
			continue;
		assert_int_equal(notify_read(wr_done(&w), &back, NULL), R_OK);
		assert_int_equal(back.doi, 1);
		assert_int_equal(back.protocol, 3);
		assert_int_equal(back.type, NTFY_R_U_THERE);
		assert_true(slice_equal(back.spi, n.spi));
		assert_true(slice_equal(back.data, n.data));
	}
}

static void every_notify_length(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 300; n++) {
		for (unsigned spi = 0; spi < 256; spi++) {
			uint8_t at[300] = { 0, 0, 0, 1, 3, (uint8_t)spi, 0, 14 };
			struct notify got;

			exact(e, at, n);
			enum reason r = notify_read(look(&e), &got, NULL);
			assert_int_equal(r, n >= 8u + spi ? R_OK : R_MALFORMED);
			if (r == R_OK)
				assert_int_equal(got.data.n, n - 8 - spi);
		}
	}
}

static void delete_comes_back(void **state)
{
	static const uint8_t octets[64];

	(void)state;
	for (unsigned size = 0; size <= 16; size++) {
		for (unsigned n = 0; n <= 4; n++) {
			struct delete_ d = {
				.doi = 1,
				.protocol = 3,
				.spi_size = (uint8_t)size,
				.n = (uint16_t)n,
				.spis = slice(octets, (size_t)size * n),
			};
			struct delete_ back;
			uint8_t at[100];
			struct wr w = wr_of(at, sizeof(at));

			delete_write(&w, &d);
			assert_int_equal(w.torn, n && !size);
			if (w.torn)
				continue;
			assert_int_equal(delete_read(wr_done(&w), &back, NULL), R_OK);
			assert_int_equal(back.n, n);
			assert_int_equal(back.spi_size, size);
			assert_true(slice_equal(back.spis, d.spis));
		}
	}
}

/* Counts and sizes that do not add up, and those of no octets. */
static void every_delete_count(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 40; n++) {
		for (unsigned size = 0; size < 256; size++) {
			for (unsigned count = 0; count <= 65535;
			     count = count == 40 ? 65500 : count + 1) {
				uint8_t at[40] = { 0,
						   0,
						   0,
						   1,
						   3,
						   (uint8_t)size,
						   (uint8_t)(count >> 8),
						   (uint8_t)count };
				struct delete_ d;

				exact(e, at, n);
				bool fits =
					n >= 8 && (size_t)count * size == n - 8 && (size || !count);
				assert_int_equal(delete_read(look(&e), &d, NULL),
						 fits ? R_OK : R_MALFORMED);
			}
		}
	}
}

static void writer_does_not_lie(void **state)
{
	uint8_t at[64];
	struct wr w = wr_of(at, sizeof(at));
	struct delete_ d = { .doi = 1, .protocol = 3, .spi_size = 4, .n = 2, .spis = slice(at, 4) };

	(void)state;
	delete_write(&w, &d);
	assert_true(w.torn);
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(notify_word(14), "NO-PROPOSAL-CHOSEN");
	assert_string_equal(notify_word(NTFY_INITIAL_CONTACT), "INITIAL-CONTACT");
	assert_string_equal(notify_word(0), "?");
	for (unsigned v = 0; v <= 65536; v++)
		assert_true(notify_word(v)[0] != '\0');
	assert_string_equal(notify_word(UINT32_MAX), "?");
	for (int r = 0; r < R_COUNT; r++) {
		unsigned number = (unsigned)reason_notify1((enum reason)r);

		if (number)
			assert_string_not_equal(notify_word(number), "?");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notify_comes_back),   cmocka_unit_test(every_notify_length),
		cmocka_unit_test(delete_comes_back),   cmocka_unit_test(every_delete_count),
		cmocka_unit_test(writer_does_not_lie), cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

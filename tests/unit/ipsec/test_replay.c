/* test_replay.c - the anti-replay window of the userspace plane (RFC 4303 section 3.4.3); row F4 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ipsec/esp.h"

static const uint32_t sizes[] = { 32, 64, 128, 256, 512, 1024 };

static void see(struct esp_replay *w, uint32_t seq)
{
	assert_true(esp_replay_may(w, seq));
	esp_replay_note(w, seq);
}

static void row_f4_what_came_before_is_dropped(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct esp_replay w;

		esp_replay_init(&w, sizes[i]);
		for (uint32_t seq = 1; seq <= 3000; seq++) {
			see(&w, seq);
			assert_false(esp_replay_may(&w, seq));
		}
	}
}

/* A jump of the window's size leaves the old top just outside, one less just inside. */
static void row_f4_a_window_of_32_and_a_jump_of_33(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct esp_replay w;

		esp_replay_init(&w, sizes[i]);
		see(&w, 1);
		see(&w, 2 + sizes[i] + 1);
		assert_false(esp_replay_may(&w, 1));
		assert_false(esp_replay_may(&w, 2));
		assert_false(esp_replay_may(&w, 3));
		see(&w, 4); /* the oldest that may still come, once */
		assert_false(esp_replay_may(&w, 4));
	}
}

static void row_f4_switched_off_everything_passes(void **state)
{
	struct esp_replay w;

	(void)state;
	esp_replay_init(&w, 0);
	for (int i = 0; i < 3; i++)
		see(&w, 7);
	see(&w, 5000);
	see(&w, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row_f4_what_came_before_is_dropped),
		cmocka_unit_test(row_f4_a_window_of_32_and_a_jump_of_33),
		cmocka_unit_test(row_f4_switched_off_everything_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_traps.c - which events become notifications, and how many of them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "snmp/traps.h"

static struct traps t;

static bool may(enum event_id id, uint32_t peer, msec now)
{
	struct event e = { .id = id, .peer_index = peer };

	return traps_may(&t, &e, event_row(id)->trap, now);
}

static unsigned burst(enum event_id id, uint32_t peer, msec now, unsigned n)
{
	unsigned sent = 0;

	while (n--)
		sent += may(id, peer, now);
	return sent;
}

/* Every event that the register gives a notification has one here. */
static void every_trap_of_the_register_is_known(void **state)
{
	(void)state;
	traps_init(&t, UINT32_MAX);
	for (int id = 0; id < EVT_COUNT; id++) {
		uint8_t trap = event_row((enum event_id)id)->trap;

		bool ours = trap && trap != TRAP_FOREIGN;
		assert_int_equal(may((enum event_id)id, 1, 1000 * id), ours);
		if (ours)
			assert_true(t.tally.mask & 1u << trap);
	}
}

static void the_mask_decides(void **state)
{
	(void)state;
	traps_init(&t, 1u << 2 | 1u << 30);
	assert_int_equal(t.tally.mask, 1u << 2 | 1u << 14); /* what there is not is not shown */
	assert_false(may(EVT_PEER_UP, 1, 0));
	assert_true(may(EVT_PEER_DOWN, 1, 0));
	assert_int_equal(t.tally.sent, 1);
	assert_int_equal(t.tally.suppressed, 0); /* not wanted is not held back */
}

static void a_flood_about_one_peer_is_cut(void **state)
{
	(void)state;
	traps_init(&t, UINT32_MAX);
	assert_int_equal(burst(EVT_NEGO_FAILED, 7, 5000, 100), 10);
	assert_int_equal(burst(EVT_NEGO_FAILED, 7, 5999, 100), 0);
	assert_int_equal(burst(EVT_NEGO_FAILED, 7, 6000, 100), 1);
	assert_int_equal(burst(EVT_NEGO_FAILED, 7, 9000, 100), 3);
	assert_int_equal(t.tally.suppressed, 386);
	assert_int_equal(burst(EVT_NEGO_FAILED, 7, 100000, 100), 10);
	/* another kind, another peer */
	assert_int_equal(burst(EVT_PEER_DOWN, 7, 100000, 5), 5);
	assert_int_equal(burst(EVT_NEGO_FAILED, 8, 100000, 5), 5);
}

static void all_together_are_bounded(void **state)
{
	unsigned sent = 0;

	(void)state;
	traps_init(&t, UINT32_MAX);
	for (uint32_t peer = 1; peer <= 100; peer++)
		sent += burst(EVT_PEER_UP, peer, 5000, 10);
	assert_int_equal(sent, 200);
	assert_int_equal(burst(EVT_PEER_UP, 101, 5100, 10), 10);
	assert_int_equal(burst(EVT_PEER_UP, 102, 5100, 10), 0);
}

/* The clock may stand still, and peers may share a slot: never more than the bucket of all. */
static void colliding_peers_stay_bounded(void **state)
{
	unsigned sent = 0;

	(void)state;
	traps_init(&t, UINT32_MAX);
	for (int i = 0; i < 10000; i++)
		sent += may(EVT_NEGO_FAILED, i % 2 ? 1 : 1 + TRAP_SLOTS, 7000);
	assert_int_equal(sent, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_trap_of_the_register_is_known),
		cmocka_unit_test(the_mask_decides),
		cmocka_unit_test(a_flood_about_one_peer_is_cut),
		cmocka_unit_test(all_together_are_bounded),
		cmocka_unit_test(colliding_peers_stay_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_parallel.c - several at once: quick modes side by side, both ends at the same time, bad weather */
#include "tests/duet/play.h"

static void three_tunnels_at_once(void **state)
{
	static const char *const words[] = { "tunnels 3", "tunnels 3 pfs x25519",
					     "tunnels 3 pfs modp2048" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		own(duet) d = duet_new(words[i]);

		duet_initiate(d, A, "t1");
		duet_initiate(d, A, "t2");
		duet_initiate(d, A, "t3");
		duet_run_s(d, 5);
		assert_up(d);
		assert_int_equal(duet_pairs(d, A), 3);
		assert_int_equal(duet_pairs(d, B), 3);
		assert_int_equal(duet_ike_sas(d, A), 1);
		assert_int_equal(d->line.sent[A], 3 + 3 * 2);
	}
}

static void many_over_one_sa_from_both_ends(void **state)
{
	own(duet) d = duet_new("tunnels 30 pfs x25519");
	char name[8];

	(void)state;
	duet_initiate(d, A, "t1");
	duet_run_s(d, 3);
	line_weather(d, 5, 10, 30, 0);
	for (unsigned i = 2; i <= 30; i++) {
		snprintf(name, sizeof(name), "t%u", i);
		duet_initiate(d, i % 2 ? A : B, name);
		duet_run_ms(d, 3);
	}
	for (unsigned i = 0; i < 60; i++) {
		duet_run_s(d, 1);
		duet_traffic(d, 1);
	}
	assert_up(d);
	assert_int_equal(duet_pairs(d, A), 30);
	assert_int_equal(duet_pairs(d, B), 30);
}

/* P-24: always one usable pair, at most two per tunnel ten seconds later. */
static void both_start_at_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1, times = play_times(60); seed <= times; seed++) {
		own(duet) d = duet_new_seeded("", seed);

		d->line.latency = 5 + (msec)(seed * 7 % 40);
		duet_initiate(d, A, "t1");
		duet_run_ms(d, (msec)(seed % 12) * 9);
		uint64_t id;
		struct fault f = { 0 };
		duet_try(d, B, "t1", &id, &f);
		duet_run_s(d, 10);
		assert_true(duet_has_pair(d));
		for (enum side s = A; s <= B; s++) {
			assert_true(duet_pairs(d, s) <= 2);
			assert_true(duet_ike_sas(d, s) <= 2);
		}
		duet_run_s(d, 110);
		assert_up(d);
	}
}

static void quick_modes_of_both_at_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1, times = play_times(30); seed <= times; seed++) {
		own(duet) d = duet_new_seeded("tunnels 2", seed);
		struct reset_ask ask = { .scope = RESET_ALL,
					 .level = LEVEL_CHILD,
					 .notify_peer = true,
					 .reinitiate = REINITIATE_NEVER,
					 .why = R_OPERATOR_RESET };

		duet_initiate(d, A, "t1");
		duet_run_s(d, 3);
		duet_reset(d, A, &ask, NULL, 0);
		duet_run_s(d, 1);
		duet_initiate(d, A, "t1");
		duet_initiate(d, B, "t2");
		duet_run_ms(d, (msec)seed % 10);
		uint64_t id;
		struct fault f = { 0 };
		duet_try(d, B, "t1", &id, &f);
		duet_try(d, A, "t2", &id, &f);
		duet_run_s(d, 20);
		assert_up(d);
		assert_true(duet_pairs(d, A) >= 2 && duet_pairs(d, A) <= 4);
	}
}

/* P-21, a small share of it: the whole of it is a nightly matter. */
static void bad_weather(void **state)
{
	uint64_t seeds = play_times(400);
	unsigned up = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		own(duet) d = duet_new_seeded("", seed);
		char why[256];
		bool once = false;

		line_weather(d, 20, 10, 20, 1);
		duet_edit(d, A, "tunnels t1 start_action=start");
		for (unsigned s = 0; s < 120; s++) {
			duet_run_s(d, 1);
			duet_traffic(d, 1);
			once |= duet_has_pair(d);
		}
		up += once;
		line_weather(d, 0, 0, 0, 0);
		for (unsigned s = 0; s < 180; s++) {
			duet_run_s(d, 1);
			duet_traffic(d, 1);
		}
		if (duet_ending(d, why, sizeof(why)) == ENDED_UP)
			continue;
		duet_show(d);
		print_error("seed %llu: %s\n", (unsigned long long)seed, why);
		_fail(__FILE__, __LINE__);
	}
	print_message("%u of %llu came up in bad weather\n", up, (unsigned long long)seeds);
	assert_true(up * 1000ull >= seeds * 990);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_tunnels_at_once),
		cmocka_unit_test(many_over_one_sa_from_both_ends),
		cmocka_unit_test(both_start_at_once),
		cmocka_unit_test(quick_modes_of_both_at_once),
		cmocka_unit_test(bad_weather),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

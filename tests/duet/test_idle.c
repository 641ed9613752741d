/* test_idle.c - IPsec SAs without traffic end to the second, and come back with traffic */
#include "tests/duet/play.h"

enum { S = 1000 };

static struct duet *play_idle(const char *words, const char *edit)
{
	struct duet *d = duet_new(words);

	duet_edit(d, A, edit);
	duet_initiate(d, A, "t1");
	duet_run_ms(d, 500);
	assert_up(d);
	return d;
}

/* When the pair of A is gone, counted from now; -1 when it outlives `most` seconds. */
static msec gone_after(struct duet *d, unsigned most)
{
	msec from = d->now;

	while (d->now < from + (msec)most * S) {
		if (duet_pairs(d, A) == 0)
			return d->now - from;
		duet_run_ms(d, 10);
	}
	return -1;
}

static void ends_at_its_second(void **state)
{
	static const char *const edits[] = { "settings/ipsec ipsec sa_idle_seconds=60",
					     "tunnels t1 sa_idle_seconds=60",
					     "settings/ipsec ipsec sa_idle_seconds=600; "
					     "tunnels t1 sa_idle_seconds=60" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(edits); i++) {
		own(duet) d = play_idle("", edits[i]);

		duet_run_s(d, 30);
		duet_traffic(d, 1);
		assert_in_range(gone_after(d, 200), 60 * S, 60 * S + 20);
		assert_int_equal(duet_last_heard(d, A, EVT_CHILD_DOWN)->reason, R_IDLE);
		duet_run_s(d, 5);
		assert_int_equal(duet_pairs(d, B), 0); /* it was told */
		assert_int_equal(duet_ike_sas(d, A), 1); /* and the IKE SA lives on */
	}
}

static void without_a_limit_nothing_ends(void **state)
{
	(void)state;
	own(duet) d = play_idle("child-life 7200", "");

	assert_int_equal(gone_after(d, 3600), -1);
}

static void traffic_keeps_it(void **state)
{
	(void)state;
	own(duet) d = play_idle("child-life 7200", "tunnels t1 sa_idle_seconds=60");

	for (unsigned i = 0; i < 60; i++) {
		duet_run_s(d, 59);
		assert_int_equal(duet_traffic(d, 1), 2);
	}
	assert_int_equal(duet_heard(d, A, EVT_CHILD_DOWN), 0);
}

/* Renewed every three minutes, the pairs would never be old enough. */
static void successors_count_on(void **state)
{
	(void)state;
	own(duet) d = play_idle("child-life 180", "tunnels t1 sa_idle_seconds=400");

	assert_in_range(gone_after(d, 900), 399 * S, 401 * S);
	assert_true(duet_heard(d, A, EVT_CHILD_REKEYED) >= 2);
}

static void new_values_count_at_once(void **state)
{
	(void)state;
	own(duet) d = play_idle("child-life 7200", "");

	duet_run_s(d, 100);
	duet_edit(d, A, "settings/ipsec ipsec sa_idle_seconds=160");
	assert_in_range(gone_after(d, 200), 59 * S, 60 * S);

	own(duet) other = play_idle("child-life 7200", "tunnels t1 sa_idle_seconds=60");
	duet_run_s(other, 30);
	duet_edit(other, A, "tunnels t1 sa_idle_seconds=0");
	assert_int_equal(gone_after(other, 600), -1);
}

/* Whatever start_action says: it would be up again at once for nothing. */
static void traffic_brings_it_back(void **state)
{
	(void)state;
	own(duet) d = play_idle("", "tunnels t1 sa_idle_seconds=60 start_action=start");

	assert_in_range(gone_after(d, 100), 59 * S, 61 * S);
	duet_run_s(d, 600);
	assert_int_equal(duet_pairs(d, A), 0);
	for (uint32_t flow = 1; flow < 10; flow++)
		engine_acquire(d->side[A].engine, d->now, flow);
	duet_run_s(d, 5);
	assert_up(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_at_its_second),
		cmocka_unit_test(without_a_limit_nothing_ends),
		cmocka_unit_test(traffic_keeps_it),
		cmocka_unit_test(successors_count_on),
		cmocka_unit_test(new_values_count_at_once),
		cmocka_unit_test(traffic_brings_it_back),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

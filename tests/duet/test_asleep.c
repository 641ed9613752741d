/* test_asleep.c - a suspended machine wakes up: what expired meanwhile goes at once, the rest lives on
 *
 * P-26. The engine is told boot time, which goes on while a machine is suspended, so that waking is
 * one long jump of its clock. That the loop really wakes then is unit.loop's.
 */
#include "tests/duet/play.h"

#include "core/ipsec/recording.h"

enum { LIFE_S = 600, WITHIN_S = 5 };

/* No timer fires and no datagram arrives for so long; its peer goes on. */
static void sleep_s(struct duet *d, enum side who, unsigned s)
{
	d->side[who].suspended = true;
	duet_run_s(d, s);
	d->side[who].suspended = false;
}

/* A slept past every lifetime, from any moment of it on. */
static void what_expired_meanwhile_goes_at_once(void **state)
{
	struct rng rng = rng_seeded(26);

	(void)state;
	for (uint64_t round = 0, times = play_times(100); round < times; round++) {
		own(duet) d = play_up("ike-life 600 child-life 600");
		struct child_row c;
		struct ike_sa_row ike;
		enum side who = round % 2 ? A : B;

		duet_run_s(d, (unsigned)rng_below(&rng, LIFE_S / 2));
		assert_true(duet_child(d, who, 0, &c));
		assert_true(duet_ike(d, who, 0, &ike));
		sleep_s(d, who, LIFE_S + 1 + (unsigned)rng_below(&rng, 30 * 86400));
		assert_non_null(recording_find(d->side[who].plane, c.spi_in, true));
		duet_run_s(d, WITHIN_S);
		assert_null(recording_find(d->side[who].plane, c.spi_in, true));
		assert_null(recording_find(d->side[who].plane, c.spi_out, false));
		for (size_t i = 0; duet_child(d, who, i, &c); i++)
			assert_true(c.expires_in_seconds > 0);
		for (size_t i = 0; i < duet_ike_sas(d, who); i++) {
			struct ike_sa_row now;

			assert_true(duet_ike(d, who, i, &now));
			assert_int_not_equal(now.id, ike.id);
		}
		duet_run_s(d, 120); /* what it began on waking is over */
		if (!duet_is_up(d)) {
			duet_initiate(d, who, "t1");
			duet_run_s(d, 30);
		}
		assert_up(d);
	}
}

/* A nap is no reason to end anything. */
static void what_has_not_expired_lives_on(void **state)
{
	struct rng rng = rng_seeded(27);

	(void)state;
	for (uint64_t round = 0, times = play_times(50); round < times; round++) {
		own(duet) d = play_up("ike-life 600 child-life 600");
		struct child_row before, after;

		assert_true(duet_child(d, A, 0, &before));
		sleep_s(d, A, 1 + (unsigned)rng_below(&rng, LIFE_S / 2));
		duet_run_s(d, WITHIN_S);
		assert_true(duet_child(d, A, 0, &after));
		assert_int_equal(before.spi_in, after.spi_in);
		assert_int_equal(duet_heard(d, A, EVT_CHILD_DOWN), 0);
		assert_up(d);
	}
}

/* Both ends of a laboratory slept in one host: neither hears of the other meanwhile. */
static void both_asleep(void **state)
{
	(void)state;
	own(duet) d = play_up("ike-life 600 child-life 600");

	d->side[A].suspended = true;
	sleep_s(d, B, 86400);
	d->side[A].suspended = false;
	duet_run_s(d, WITHIN_S);
	for (enum side s = A; s <= B; s++) {
		struct child_row c;

		for (size_t i = 0; duet_child(d, s, i, &c); i++)
			assert_true(c.expires_in_seconds > 0);
	}
	duet_run_s(d, 120);
	if (!duet_is_up(d))
		duet_initiate(d, A, "t1");
	duet_run_s(d, 30);
	assert_up(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_expired_meanwhile_goes_at_once),
		cmocka_unit_test(what_has_not_expired_lives_on),
		cmocka_unit_test(both_asleep),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

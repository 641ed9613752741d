/* test_tally.c - what one IKE SA counts: quick modes, refusals, deletes, notifications */
#include "tests/duet/play.h"

static struct ike_sa_tally tally(struct duet *d, enum side who)
{
	struct ike_sa_row r;

	assert_true(duet_ike(d, who, 0, &r));
	return r.tally;
}

static void reset(struct duet *d, enum side who, const char *tunnel)
{
	struct reset_ask ask = { .scope = RESET_TUNNEL,
				 .level = LEVEL_CHILD,
				 .notify_peer = true,
				 .reinitiate = REINITIATE_NEVER,
				 .why = R_OPERATOR_RESET,
				 .who = "tester" };

	strcpy(ask.name, tunnel);
	duet_reset(d, who, &ask, NULL, 0);
	duet_run_s(d, 3);
}

static void a_known_play_is_counted(void **state)
{
	(void)state;
	own(duet) d = play_up("tunnels 3");
	struct ike_sa_tally a, b;

	duet_initiate(d, A, "t2");
	duet_run_s(d, 3);
	duet_initiate(d, B, "t3");
	duet_run_s(d, 3);
	assert_up(d);
	reset(d, A, "t1");
	reset(d, A, "t2");
	reset(d, B, "t3");
	a = tally(d, A);
	b = tally(d, B);
	assert_int_equal(a.quick_modes_out, 2);
	assert_int_equal(a.quick_modes_in, 1);
	assert_int_equal(b.quick_modes_out, 1);
	assert_int_equal(b.quick_modes_in, 2);
	assert_int_equal(a.child_deletes_out, 2);
	assert_int_equal(a.child_deletes_in, 1);
	assert_int_equal(b.child_deletes_out, 1);
	assert_int_equal(b.child_deletes_in, 2);
	assert_int_equal(a.ike_deletes_out + a.ike_deletes_in, 0);
	assert_int_equal(b.ike_deletes_out + b.ike_deletes_in, 0);
	assert_int_equal(a.quick_modes_out_refused + a.quick_modes_in_refused, 0);
	assert_int_equal(b.quick_modes_out_refused + b.quick_modes_in_refused, 0);
}

static void a_refusal_is_counted_at_both_ends(void **state)
{
	(void)state;
	own(duet) d = play_up("tunnels 2");
	struct ike_sa_tally a, b;

	duet_edit(d, B, "-tunnels t2");
	duet_initiate(d, A, "t2");
	duet_run_s(d, 20);
	a = tally(d, A);
	b = tally(d, B);
	/* what A asks about the refusal are quick modes too, and refused */
	assert_true(a.quick_modes_out >= 2);
	assert_int_equal(b.quick_modes_in_refused, a.quick_modes_out - 1);
	assert_int_equal(a.quick_modes_out_refused, b.quick_modes_in_refused);
	assert_int_equal(b.quick_modes_in, a.quick_modes_out);
	assert_int_equal(a.quick_modes_in_refused, 0);
	assert_int_equal(b.quick_modes_out_refused, 0);
	assert_true(b.notifies_out >= 1);
	assert_int_equal(a.notifies_in, b.notifies_out);
	assert_int_equal(b.notifies_in, a.notifies_out);
}

static void silence_is_no_refusal(void **state)
{
	(void)state;
	own(duet) d = play_up("tunnels 2");

	line_mute(d, A_TO_B, 600000);
	duet_initiate(d, A, "t2");
	duet_run_s(d, 200);
	for (enum side who = A; who <= B; who++) {
		struct ike_sa_row r;

		if (!duet_ike(d, who, 0, &r))
			continue;
		assert_int_equal(r.tally.quick_modes_out_refused, 0);
		assert_int_equal(r.tally.quick_modes_in_refused, 0);
	}
}

static void keepalives_are_counted(void **state)
{
	(void)state;
	own(duet) d = duet_new("main");
	struct ike_sa_tally a, b;

	duet_edit(d, A, "settings/keepalive keepalive interval_seconds=20");
	duet_edit(d, B, "settings/keepalive keepalive timeout_seconds=60");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 1);
	a = tally(d, A);
	duet_run_s(d, 100);
	b = tally(d, B);
	assert_int_equal(tally(d, A).notifies_out - a.notifies_out, 5);
	assert_int_equal(b.notifies_in, tally(d, A).notifies_out);
	assert_int_equal(b.notifies_out, tally(d, A).notifies_in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_play_is_counted),
		cmocka_unit_test(a_refusal_is_counted_at_both_ends),
		cmocka_unit_test(silence_is_no_refusal),
		cmocka_unit_test(keepalives_are_counted),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

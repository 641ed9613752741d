/* test_scope.c - which traffic and which keys a pair of IPsec SAs may have: rows F1, F2 and E3 */
#include "tests/duet/play.h"

#include "core/wire/header.h"

/* The narrower end may start; what a wider one asks for lies outside. */
static void row_f1_the_narrow_end_starts(void **state)
{
	own(duet) d = duet_new("");
	struct child_row c;

	(void)state;
	duet_edit(d, A, "tunnels t1 local_ts=10.1.1.16/28");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
	assert_true(duet_child(d, B, 0, &c));
	assert_string_equal(c.remote_ts, "10.1.1.16/28");
}

/* What was narrowed leaves no policy behind when its flow is configured otherwise, or what comes
 * after would be dropped by it. */
static void a_narrow_policy_goes_with_its_flow(void **state)
{
	own(duet) d = duet_new("");
	struct reset_ask ask = { .scope = RESET_ALL,
				 .level = LEVEL_BOTH,
				 .notify_peer = true,
				 .why = R_OPERATOR_RESET };

	(void)state;
	duet_edit(d, A, "tunnels t1 local_ts=10.1.1.16/28");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_int_equal(recording_policies(d->side[B].plane), 2);
	duet_edit(d, B, "tunnels t1 remote_ts=10.1.1.16/28");
	assert_int_equal(recording_policies(d->side[B].plane), 1);
	duet_reset(d, B, &ask, NULL, 0);
	duet_run_s(d, 5);
	assert_int_equal(recording_policies(d->side[B].plane), 1);
	assert_clean(d);
}

static void row_f1_the_wide_end_starts(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	duet_edit(d, A, "tunnels t1 local_ts=10.1.1.16/28");
	duet_initiate(d, B, "t1");
	duet_run_s(d, 30);
	assert_no_pair(d);
	assert_verdict(d, A, 32, R_NO_TUNNEL, SIDE_LOCAL, "");
	assert_int_equal(duet_pairs(d, A), 0);
	assert_int_equal(duet_pairs(d, B), 0);
}

/* Standard mode: a pair of IPsec SAs for each pair of selectors. */
static void row_f2_aggregation_has_one_pair(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	duet_edit(d, A, "tunnels t1 aggregation=true local_ts=10.1.1.0/24,10.1.9.0/24");
	duet_edit(d, B, "tunnels t1 aggregation=true remote_ts=10.1.1.0/24,10.1.9.0/24");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 10);
	assert_up(d);
	for (enum side s = A; s <= B; s++) {
		struct plane *p = d->side[s].plane;
		struct child_row c;

		assert_int_equal(duet_pairs(d, s), 1);
		assert_true(duet_child(d, s, 0, &c));
		assert_string_equal(s == A ? c.local_ts : c.remote_ts, "10.1.1.0-10.1.9.255");
		/* a policy for each pair, and both lead to the one SA pair */
		assert_int_equal(recording_policies(p), 2);
		assert_int_equal(recording_policy(p, 0)->reqid, recording_policy(p, 1)->reqid);
		assert_true(recording_policy(p, 0)->id != recording_policy(p, 1)->id);
	}
}

/* One end of each kind: the wish for all is not what the other has, its single ones are. */
static void row_f2_both_ends_must_agree(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	duet_edit(d, A, "tunnels t1 aggregation=true local_ts=10.1.1.0/24,10.1.9.0/24");
	duet_edit(d, B, "tunnels t1 remote_ts=10.1.1.0/24,10.1.9.0/24");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 10);
	assert_int_equal(duet_pairs(d, A), 0);
	assert_verdict(d, B, XCHG_QUICK, R_NO_TUNNEL, SIDE_LOCAL, "remote_ts");
	duet_initiate(d, B, "t1");
	duet_run_s(d, 10);
	assert_int_equal(duet_pairs(d, A), 2);
}

/* What lies between the selectors is around them, but none of them. */
static void row_f2_nothing_between(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	duet_edit(d, A, "tunnels t1 aggregation=true local_ts=10.1.1.0/24,10.1.9.0/24");
	duet_edit(d, B, "tunnels t1 remote_ts=10.1.5.0/24");
	duet_initiate(d, B, "t1");
	duet_run_s(d, 10);
	assert_int_equal(duet_pairs(d, A), 0);
	assert_verdict(d, A, XCHG_QUICK, R_NO_TUNNEL, SIDE_LOCAL, "");
}

static void row_f2_edits_keep_what_is_negotiated(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	duet_edit(d, A, "tunnels t1 aggregation=true local_ts=10.1.1.0/24,10.1.5.0/24,10.1.9.0/24");
	assert_int_equal(recording_policies(d->side[A].plane), 3);
	duet_edit(d, A, "tunnels t1 local_ts=10.1.1.0/24,10.1.9.0/24");
	assert_int_equal(recording_policies(d->side[A].plane), 2);
	duet_edit(d, A, "tunnels t1 aggregation=false");
	assert_int_equal(recording_policies(d->side[A].plane), 2);
	assert_true(recording_policy(d->side[A].plane, 0)->reqid !=
		    recording_policy(d->side[A].plane, 1)->reqid);
	duet_edit(d, A, "-tunnels t1");
	assert_int_equal(recording_policies(d->side[A].plane), 0);
}

static void row_f2_standard_has_a_pair_for_each(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	duet_edit(d, A, "tunnels t1 local_ts=10.1.1.0/24,10.1.9.0/24");
	duet_edit(d, B, "tunnels t1 remote_ts=10.1.1.0/24,10.1.9.0/24");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 10);
	assert_up(d);
	for (enum side s = A; s <= B; s++)
		assert_int_equal(duet_pairs(d, s), 2);
	assert_int_equal(duet_ike_sas(d, A), 1);
}

/* PFS at one end alone, or with another group: refused, and both are told to look at PFS. */
static void row_e3_pfs_must_be_the_same(void **state)
{
	static const char *const theirs[] = { "none", "modp2048" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(theirs); i++) {
		for (enum side first = A; first <= B; first++) {
			own(duet) d = duet_new("pfs x25519");
			char text[80];

			snprintf(text, sizeof(text), "ipsec-proposals e1 pfs_group=%s", theirs[i]);
			duet_edit(d, B, text);
			duet_initiate(d, first, "t1");
			duet_run_s(d, 30);
			assert_no_pair(d);
			assert_verdict(d, !first, 32, R_NO_PROPOSAL, SIDE_LOCAL, "pfs_group");
			assert_verdict(d, first, 32, R_NO_PROPOSAL, SIDE_REMOTE, "pfs_group");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row_f1_the_narrow_end_starts),
		cmocka_unit_test(a_narrow_policy_goes_with_its_flow),
		cmocka_unit_test(row_f1_the_wide_end_starts),
		cmocka_unit_test(row_f2_standard_has_a_pair_for_each),
		cmocka_unit_test(row_f2_aggregation_has_one_pair),
		cmocka_unit_test(row_f2_both_ends_must_agree),
		cmocka_unit_test(row_f2_nothing_between),
		cmocka_unit_test(row_f2_edits_keep_what_is_negotiated),
		cmocka_unit_test(row_e3_pfs_must_be_the_same),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

/* test_scope.c - which traffic and which keys a pair of IPsec SAs may have: rows F1, F2 and E3 */
#include "tests/duet/play.h"

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
		cmocka_unit_test(row_f1_the_wide_end_starts),
		cmocka_unit_test(row_f2_standard_has_a_pair_for_each),
		cmocka_unit_test(row_e3_pfs_must_be_the_same),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

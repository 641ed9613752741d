/* test_refused.c - this machine says no: a busy crew, a data plane that refuses, slow sums
 *
 * All or nothing: a tunnel is whole at both ends or gone at both, and the next attempt works.
 */
#include "tests/duet/play.h"

static void ends_well(struct duet *d, const char *what)
{
	char why[256];

	duet_run_s(d, 120);
	if (duet_ending(d, why, sizeof(why)) == ENDED_STUCK) {
		duet_show(d);
		print_error("%s: %s\n", what, why);
		_fail(__FILE__, __LINE__);
	}
	duet_initiate(d, A, "t1");
	duet_run_s(d, 60);
	assert_up(d);
	for (enum side s = A; s <= B; s++)
		assert_true(duet_pairs(d, s) <= 2);
}

static void each_call_of_the_plane_refused(void **state)
{
	static const char *const words[] = { "sa_add", "spi_new" };
	char say[80];

	(void)state;
	for (int what = 0; what < 2; what++) {
		for (enum side who = A; who <= B; who++) {
			for (unsigned nth = 1; nth <= (what ? 1u : 2u); nth++) {
				own(duet) d = duet_new("");
				struct plane *p = d->side[who].plane;

				snprintf(say, sizeof(say), "%c refuses %s %u", "AB"[who],
					 words[what], nth);
				if (what)
					recording_fail_spi_new(p, nth, R_PLANE);
				else
					recording_fail_sa_add(p, nth, R_PLANE);
				duet_initiate(d, A, "t1");
				duet_run_s(d, 1);
				assert_true(recording_sas(p) == 0);
				ends_well(d, say);
			}
		}
	}
}

static void the_refusal_is_told(void **state)
{
	(void)state;
	for (enum side who = A; who <= B; who++) {
		own(duet) d = duet_new("");
		struct story s;

		recording_fail_sa_add(d->side[who].plane, 1, R_PLANE);
		duet_initiate(d, A, "t1");
		duet_run_s(d, 2);
		assert_true(duet_story(d, who, 32, &s));
		assert_int_equal(s.verdict, VERDICT_FAILED);
		assert_int_equal(s.reason, R_PLANE);
		assert_int_equal(s.side, SIDE_LOCAL);
	}
}

static void a_policy_refused_comes_later(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	recording_fail_policy_add(d->side[A].plane, 1, R_PLANE);
	duet_edit(d, A,
		  "tunnels t2 peer=p local_ts=10.9.0.0/24 remote_ts=10.9.0.0/24 "
		  "ipsec_proposals=e1 start_action=none");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
}

/* The crew has no room for the n-th sum of either end. */
static void a_busy_crew(void **state)
{
	char say[80];

	(void)state;
	for (enum side who = A; who <= B; who++) {
		for (unsigned n = 1; n <= 5; n++) {
			own(duet) d = duet_new("aes-cbc-128/sha256/modp2048 pfs modp2048");

			snprintf(say, sizeof(say), "%c refuses %u sums", "AB"[who], n);
			d->side[who].refuse = n;
			duet_initiate(d, A, "t1");
			ends_well(d, say);
		}
	}
}

static void a_slow_crew(void **state)
{
	(void)state;
	for (msec ms = 100; ms <= 8000; ms *= 3) {
		own(duet) d = duet_new("aes-cbc-128/sha256/modp2048 pfs modp2048");

		d->side[A].crunch_ms = d->side[B].crunch_ms = ms;
		duet_initiate(d, A, "t1");
		ends_well(d, "a slow crew");
	}
}

/* The engine is freed, or its SA ended, while a sum is away. */
static void the_sa_goes_before_the_sum_is_back(void **state)
{
	struct reset_ask ask = { .scope = RESET_ALL, .notify_peer = true, .why = R_OPERATOR_RESET };

	(void)state;
	for (enum side who = A; who <= B; who++) {
		for (unsigned ms = 1; ms < 120; ms += 7) {
			own(duet) d = duet_new("aes-cbc-128/sha256/modp2048 pfs modp2048");

			d->side[who].crunch_ms = 200;
			duet_initiate(d, A, "t1");
			duet_run_ms(d, ms);
			ask.reinitiate = REINITIATE_NEVER;
			duet_reset(d, who, &ask, NULL, 0);
			duet_run_s(d, 120);
			assert_true(duet_ending(d, NULL, 0) != ENDED_STUCK);
		}
		own(duet) left = duet_new("aes-cbc-128/sha256/modp2048 pfs modp2048");

		left->side[who].hold = true;
		duet_initiate(left, A, "t1");
		duet_run_s(left, 1); /* and freed with a sum away */
	}
}

/* A responder answers first and computes later: with pairs made beforehand, its answer to the
 * third message needs no sum at all. */
static void answers_come_from_the_pool(void **state)
{
	(void)state;
	own(duet) d = play_up("aes-cbc-128/sha256/modp2048");
	struct reset_ask ask = { .scope = RESET_ALL,
				 .notify_peer = true,
				 .why = R_OPERATOR_RESET,
				 .reinitiate = REINITIATE_NEVER };

	duet_reset(d, B, &ask, NULL, 0);
	duet_run_s(d, 10);
	assert_clean(d);
	unsigned before = d->line.sent[B];
	d->side[B].hold = true;
	duet_initiate(d, A, "t1");
	duet_run_ms(d, 200);
	assert_int_equal(d->line.sent[B] - before, 2);
	duet_release(d, B);
	duet_run_s(d, 3);
	assert_up(d);
}

/* The third message of quick mode is lost. Traffic of the initiator proves it was meant; without
 * traffic the responder gives up, says so, and both are clean. */
static void the_third_message_lost(void **state)
{
	(void)state;
	for (int traffic = 0; traffic < 2; traffic++) {
		own(duet) d = duet_new("");

		line_lose(d, A_TO_B, 5);
		duet_initiate(d, A, "t1");
		duet_run_s(d, 1);
		unsigned sent = d->line.sent[B];
		assert_int_equal(duet_pairs(d, A), 1);
		assert_int_equal(recording_sas(d->side[A].plane), 2);
		assert_int_equal(recording_sas(d->side[B].plane), 1); /* inbound alone */
		duet_run_s(d, 10);
		assert_int_equal(d->line.sent[B], sent); /* never again by itself */
		if (traffic) {
			duet_traffic(d, 1);
			duet_run_s(d, 5);
			assert_up(d);
			assert_story(d, B, 32, "the peer's traffic confirms");
		} else {
			duet_run_s(d, 109);
			assert_no_pair(d);
		}
	}
}

static void a_quick_mode_given_up_is_told(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	duet_initiate(d, A, "t1");
	while (d->line.sent[A_TO_B] < 4)
		duet_run_ms(d, 1);
	line_mute(d, B_TO_A, 1000000);
	duet_run_s(d, 120);
	assert_verdict(d, A, 32, R_NO_ANSWER, SIDE_REMOTE, "");
	assert_int_equal(duet_pairs(d, A), 0);
	assert_int_equal(recording_spis(d->side[A].plane), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_call_of_the_plane_refused),
		cmocka_unit_test(the_refusal_is_told),
		cmocka_unit_test(a_policy_refused_comes_later),
		cmocka_unit_test(a_busy_crew),
		cmocka_unit_test(a_slow_crew),
		cmocka_unit_test(the_sa_goes_before_the_sum_is_back),
		cmocka_unit_test(answers_come_from_the_pool),
		cmocka_unit_test(the_third_message_lost),
		cmocka_unit_test(a_quick_mode_given_up_is_told),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

/* test_names.c - peers by host name: asked once or each time, while the tunnel waits */
#include "tests/duet/play.h"

static struct duet *by_name(const char *words)
{
	struct duet *d = duet_new(words);

	d->side[A].host = "198.51.100.2";
	duet_edit(d, A, "peers p remote_address=hub.example");
	return d;
}

static void asked_once(void **state)
{
	own(duet) d = by_name("");
	struct ike_sa_row row;
	struct reset_ask ask = { .scope = RESET_ALL,
				 .notify_peer = true,
				 .why = R_OPERATOR_RESET,
				 .reinitiate = REINITIATE_NEVER };

	(void)state;
	for (int i = 0; i < 3; i++) {
		duet_initiate(d, A, "t1");
		duet_run_s(d, 5);
		assert_up(d);
		assert_true(duet_ike(d, A, 0, &row));
		assert_string_equal(row.remote_address, "198.51.100.2");
		assert_string_equal(row.instance, "");
		duet_reset(d, A, &ask, NULL, 0);
		duet_run_s(d, 5);
	}
	/* when the peer was taken up, and maybe for the first call that did not wait for that */
	assert_true(d->side[A].asked >= 1 && d->side[A].asked <= 2);
}

static void the_story_tells_of_it(void **state)
{
	own(duet) d = by_name("");
	struct story s;

	(void)state;
	d->side[A].crunch_ms = 2000;
	assert_true(duet_initiate(d, A, "t1") != 0);
	duet_run_s(d, 1);
	assert_int_equal(d->line.sent[A_TO_B], 0); /* it waits */
	duet_run_s(d, 20);
	assert_up(d);
	assert_story(d, A, 2, "asking for the address of hub.example",
		     "hub.example is 198.51.100.2", "sent our proposal");
	assert_true(duet_story(d, A, 2, &s));
	assert_true(addr_equal(&s.remote, &d->side[B].addr));
}

/* A name that is anew each time leads to wherever the peer is then. */
static void asked_each_time(void **state)
{
	own(duet) d = by_name("aggressive");
	unsigned before;

	(void)state;
	duet_edit(d, A, "peers p remote_dynamic=true");
	duet_run_s(d, 5);
	before = d->side[A].asked;
	d->side[A].host = "203.0.113.99"; /* nobody there */
	duet_initiate(d, A, "t1");
	duet_run_s(d, 90);
	assert_verdict(d, A, 4, R_NO_ANSWER, SIDE_REMOTE, "remote_address");
	assert_int_equal(d->side[A].asked, before + 1);
	d->side[A].host = "198.51.100.2";
	duet_initiate(d, A, "t1");
	duet_run_s(d, 10);
	assert_up(d);
	assert_int_equal(d->side[A].asked, before + 2);
}

static void no_answer_is_a_story(void **state)
{
	own(duet) d = by_name("");

	(void)state;
	d->side[A].host = NULL;
	duet_edit(d, A, "peers p remote_address=nowhere.example");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_verdict(d, A, 2, R_NO_ADDRESS, SIDE_LOCAL, "remote_address");
	assert_clean(d);
	/* later it is there */
	d->side[A].host = "198.51.100.2";
	duet_initiate(d, A, "t1");
	duet_run_s(d, 10);
	assert_up(d);
}

/* The name service fails later: the old address is better than none. */
static void an_old_answer_is_kept(void **state)
{
	own(duet) d = by_name("aggressive");
	struct reset_ask ask = { .scope = RESET_ALL,
				 .notify_peer = true,
				 .why = R_OPERATOR_RESET,
				 .reinitiate = REINITIATE_NEVER };

	(void)state;
	duet_edit(d, A, "peers p remote_dynamic=true");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
	duet_reset(d, A, &ask, NULL, 0);
	duet_run_s(d, 5);
	d->side[A].host = NULL;
	duet_initiate(d, A, "t1");
	duet_run_s(d, 10);
	assert_up(d);
}

/* Known by its name's address when it calls, also when the name service was late. */
static void a_caller_by_host_name(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	duet_edit(d, B, "peers p remote_address=branch.example");
	duet_run_s(d, 10);
	d->side[B].host = "192.0.2.1";
	duet_run_s(d, 70);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
	duet_edit(d, B, "peers p remote_address=other.example");
	duet_edit(d, B, "-tunnels t1;-peers p");
	duet_run_s(d, 5);
}

/* Everything may end while a question is away. */
static void gone_before_the_answer(void **state)
{
	(void)state;
	for (int what = 0; what < 3; what++) {
		own(duet) d = by_name("");

		d->side[A].crunch_ms = 3000;
		duet_initiate(d, A, "t1");
		duet_run_s(d, 1);
		if (what == 1)
			duet_edit(d, A, "-tunnels t1;-peers p");
		if (what == 2)
			duet_edit(d, A, "peers p remote_address=198.51.100.2");
		if (what > 0)
			duet_run_s(d, 90);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asked_once),
		cmocka_unit_test(the_story_tells_of_it),
		cmocka_unit_test(asked_each_time),
		cmocka_unit_test(no_answer_is_a_story),
		cmocka_unit_test(an_old_answer_is_kept),
		cmocka_unit_test(a_caller_by_host_name),
		cmocka_unit_test(gone_before_the_answer),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

/* test_taken.c - two callers who ask for the same traffic (RFC 3948 sections 5.1 and 5.2)
 *
 * A plays both: as "ari" it comes up, then forgets all without a word and comes back as another. To B
 * ari still lives.
 */
#include "tests/duet/play.h"

#define OUTSIDE "203.0.113.7"

static void as(struct duet *d, const char *name)
{
	char edit[128];

	snprintf(edit, sizeof(edit),
		 "peers p exchange_mode=aggressive local_id.type=fqdn local_id.value=%s "
		 "remote_id.type=fqdn remote_id.value=hub",
		 name);
	duet_edit(d, A, edit);
}

static void forget(struct duet *d)
{
	duet_reset(d, A,
		   &(struct reset_ask){ .scope = RESET_ALL,
					.level = LEVEL_BOTH,
					.force = true,
					.reinitiate = REINITIATE_NEVER,
					.why = R_OPERATOR_RESET },
		   NULL, 0);
	assert_int_equal(duet_pairs(d, A), 0);
}

/* B knows ari and bob, each with a tunnel of its own for what the end behind the NAT has. */
static struct duet *play(const char *words, const char *ts)
{
	struct duet *d = duet_new(words);
	char edit[512];

	line_nat(d, A, OUTSIDE);
	snprintf(edit, sizeof(edit),
		 "peers p exchange_mode=aggressive remote_address=any remote_id.type=fqdn "
		 "remote_id.value=ari local_id.type=fqdn local_id.value=hub; "
		 "peers q exchange_mode=aggressive remote_address=any remote_id.type=fqdn "
		 "remote_id.value=bob local_id.type=fqdn local_id.value=hub psk=k "
		 "ike_proposals=i1; %s",
		 ts);
	duet_edit(d, B, edit);
	as(d, "ari");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_int_equal(duet_pairs(d, B), 1);
	return d;
}

#define TRANSPORT                                                                         \
	"tunnels t1 remote_ts=" OUTSIDE "; tunnels t2 peer=q mode=transport sequence=20 " \
	"local_ts=198.51.100.2 remote_ts=" OUTSIDE " ipsec_proposals=e1"
#define TUNNEL                                                                      \
	"tunnels t2 peer=q sequence=20 local_ts=10.2.1.0/24 remote_ts=10.1.1.0/24 " \
	"ipsec_proposals=e1"

static void come_back_as(struct duet *d, const char *name)
{
	forget(d);
	line_nat_rebind(d, A);
	as(d, name);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
}

static void another_behind_the_nat_is_refused(void **state)
{
	static const char *const words[] = { "transport", "" }, *const ts[] = { TRANSPORT, TUNNEL };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		own(duet) d = play(words[i], ts[i]);
		struct child_row kept, still;
		const struct event *said;

		assert_true(duet_child(d, B, 0, &kept));
		come_back_as(d, "bob");
		said = duet_last_heard(d, B,
				       EVT_NEGO_FAILED); /* A asks further; that is no failure */
		assert_non_null(said);
		assert_int_equal(said->reason, R_TRAFFIC_TAKEN);
		assert_non_null(strstr(said->text, "bob and fqdn ari"));
		assert_non_null(strstr(said->text, OUTSIDE));
		assert_verdict(d, A, 32, R_BAD_ID, SIDE_REMOTE, "");
		assert_int_equal(duet_pairs(d, B), 1);
		assert_true(duet_child(d, B, 0, &still));
		assert_int_equal(still.spi_in, kept.spi_in);
		assert_int_equal(duet_heard(d, B, EVT_CHILD_TAKEN), 0);
	}
}

/* Who shows the identity of before lost its SAs; it is not kept out by itself. */
static void the_same_caller_comes_back(void **state)
{
	(void)state;
	own(duet) d = play("transport", TRANSPORT);

	come_back_as(d, "ari");
	assert_int_equal(duet_pairs(d, A), 1);
	assert_true(duet_has_pair(d));
	assert_int_equal(duet_heard(d, B, EVT_CHILD_TAKEN), 0);
}

/* The first went: its SA ends, and the next try of the other has it. */
static void once_it_is_gone_the_other_has_it(void **state)
{
	(void)state;
	own(duet) d = play("transport", TRANSPORT);

	come_back_as(d, "bob");
	assert_int_equal(duet_pairs(d, A), 0);
	duet_reset(d, B,
		   &(struct reset_ask){ .scope = RESET_PEER,
					.level = LEVEL_BOTH,
					.name = "p",
					.force = true,
					.reinitiate = REINITIATE_NEVER,
					.why = R_OPERATOR_RESET },
		   NULL, 0);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_int_equal(duet_pairs(d, A), 1);
	assert_true(duet_has_pair(d));
}

/* One of a range of addresses who asks for what another address had has moved, as far as anyone can tell. */
static void from_elsewhere_it_is_taken_over(void **state)
{
	(void)state;
	own(duet) d = duet_new("");
	const struct event *said;

	duet_edit(d, B, "peers p remote_address=192.0.2.0/24");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_int_equal(duet_heard(d, B, EVT_CHILD_UP), 1);
	forget(d);
	assert_true(addr_read("192.0.2.77", &d->side[A].addr));
	duet_edit(d, A, "peers p local_address=192.0.2.77");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_int_equal(duet_pairs(d, A), 1);
	assert_true(duet_has_pair(d));
	assert_int_equal(duet_heard(d, B, EVT_CHILD_TAKEN), 1);
	said = duet_last_heard(d, B, EVT_CHILD_TAKEN);
	assert_non_null(strstr(said->text, "192.0.2.77"));
	assert_non_null(strstr(said->text, "192.0.2.1 "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_behind_the_nat_is_refused),
		cmocka_unit_test(the_same_caller_comes_back),
		cmocka_unit_test(once_it_is_gone_the_other_has_it),
		cmocka_unit_test(from_elsewhere_it_is_taken_over),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

/* test_natt.c - a NAT on the way: noticed, gone around, followed when it changes its mind */
#include "tests/duet/play.h"

static struct duet *behind_nat(enum side who, const char *words)
{
	struct duet *d = duet_new(words);

	line_nat(d, who, "203.0.113.7");
	duet_edit(d, !who,
		  who == A ? "peers p remote_address=203.0.113.7 remote_id.value=192.0.2.1"
			   : "peers p remote_address=203.0.113.7 remote_id.value=198.51.100.2");
	return d;
}

static void is_encapsulated(struct duet *d)
{
	assert_up(d);
	for (enum side s = A; s <= B; s++)
		for (size_t i = 0; i < recording_sas(d->side[s].plane); i++)
			assert_true(recording_at(d->side[s].plane, i)->sa.udp_encap);
}

static void the_initiator_sits_behind_a_nat(void **state)
{
	own(duet) d = behind_nat(A, "");
	struct ike_sa_row a, b;
	struct child_row c;

	(void)state;
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	is_encapsulated(d);
	assert_int_equal(d->line.sent[A_TO_B], 5);
	assert_true(duet_ike(d, A, 0, &a) && duet_ike(d, B, 0, &b));
	assert_true(a.nat_local && !a.nat_remote);
	assert_true(b.nat_remote && !b.nat_local);
	assert_int_equal(a.local_port, 4500);
	assert_int_equal(a.remote_port, 4500);
	assert_int_equal(b.remote_port, d->line.nat[A].base + 1);
	assert_string_equal(b.remote_address, "203.0.113.7");
	assert_true(duet_child(d, B, 0, &c));
	assert_true(c.encap);
	assert_int_equal(c.remote_port, d->line.nat[A].base + 1);
}

static void the_responder_sits_behind_a_nat(void **state)
{
	own(duet) d = behind_nat(B, "pfs x25519");
	struct ike_sa_row a, b;

	(void)state;
	/* its outside ports are forwarded; the caller has to know only the address and port 500 */
	d->line.nat[B].base = 500;
	duet_initiate(d, B, "t1");
	duet_run_s(d, 5);
	is_encapsulated(d);
	assert_true(duet_ike(d, A, 0, &a) && duet_ike(d, B, 0, &b));
	assert_true(b.nat_local && a.nat_remote);
}

static void without_a_nat_esp_stays_bare(void **state)
{
	(void)state;
	own(duet) d = play_up("");
	struct ike_sa_row a;

	assert_true(duet_ike(d, A, 0, &a));
	assert_false(a.nat_local || a.nat_remote);
	assert_int_equal(a.remote_port, 500);
	assert_false(recording_at(d->side[A].plane, 0)->sa.udp_encap);
}

static void forced_without_a_nat(void **state)
{
	(void)state;
	for (enum side who = A; who <= B; who++) {
		own(duet) d = duet_new("");

		duet_edit(d, who, "peers p nat_traversal=force");
		duet_initiate(d, A, "t1");
		duet_run_s(d, 5);
		is_encapsulated(d);
		own(duet) plain = duet_new("");

		plain->side[who].plane->always_encap = true;
		duet_initiate(plain, A, "t1");
		duet_run_s(plain, 5);
		is_encapsulated(plain);
	}
}

static void switched_off_it_is_not_noticed(void **state)
{
	(void)state;
	for (enum side who = A; who <= B; who++) {
		own(duet) d = behind_nat(A, "");

		duet_edit(d, who, "peers p nat_traversal=off");
		duet_initiate(d, A, "t1");
		duet_run_s(d, 5);
		assert_up(d);
		assert_false(recording_at(d->side[A].plane, 0)->sa.udp_encap);
	}
}

static void transport_mode_through_a_nat(void **state)
{
	own(duet) d = duet_new("transport");

	(void)state;
	duet_edit_both(d, "peers p nat_traversal=force");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	is_encapsulated(d);
	assert_true(recording_at(d->side[B].plane, 0)->sa.transport);
}

/* Every message may be lost here too: floating does not confuse repeats. */
static void each_message_lost_through_a_nat(void **state)
{
	(void)state;
	for (enum way w = A_TO_B; w <= B_TO_A; w++) {
		for (unsigned n = 1; n <= 4; n++) {
			own(duet) d = behind_nat(A, "");

			line_lose(d, w, n);
			duet_initiate(d, A, "t1");
			duet_run_s(d, 30);
			is_encapsulated(d);
			own(duet) twice = behind_nat(A, "");

			line_double(twice, w, n);
			duet_initiate(twice, A, "t1");
			duet_run_s(twice, 30);
			is_encapsulated(twice);
		}
	}
}

static void the_nat_changes_its_mind(void **state)
{
	own(duet) d = behind_nat(A, "");
	struct ike_sa_row b;

	(void)state;
	duet_edit_both(d, "tunnels t2 peer=p local_ts=10.9.0.0/24 remote_ts=10.9.0.0/24 "
			  "ipsec_proposals=e1 start_action=none");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	is_encapsulated(d);
	line_nat_rebind(d, A);
	duet_run_s(d, 5);
	assert_true(duet_ike(d, B, 0, &b));
	assert_int_not_equal(b.remote_port, d->line.nat[A].base + 1); /* nothing proved it yet */
	duet_initiate(d, A, "t2");
	duet_run_s(d, 20);
	assert_up(d);
	assert_int_equal(duet_pairs(d, A), 2);
	assert_true(duet_ike(d, B, 0, &b));
	assert_int_equal(b.remote_port, d->line.nat[A].base + 1);
}

static void forged_ports_move_nothing(void **state)
{
	own(duet) d = behind_nat(A, "");
	struct ike_sa_row before, after;
	struct addr liar;

	(void)state;
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	is_encapsulated(d);
	assert_true(duet_ike(d, B, 0, &before));
	addr_read("203.0.113.200", &liar);
	liar.port = 4500;
	for (size_t i = 0; i < d->line.log_n; i++)
		if (d->line.log[i].way == A_TO_B)
			duet_inject(d, B, &liar, slice_of(d->line.log[i].octets));
	duet_run_s(d, 5);
	assert_true(duet_ike(d, B, 0, &after));
	assert_int_equal(before.remote_port, after.remote_port);
	assert_string_equal(before.remote_address, after.remote_address);
	is_encapsulated(d);
}

/* The plane saw authenticated ESP from a new port. */
static void esp_proves_a_new_port(void **state)
{
	own(duet) d = behind_nat(A, "");
	struct child_row c;
	struct addr from;

	(void)state;
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	is_encapsulated(d);
	assert_true(duet_child(d, B, 0, &c));
	line_nat_rebind(d, A);
	from = addr_with_port(d->line.nat[A].outside, (uint16_t)(d->line.nat[A].base + 1));
	engine_moved(d->side[B].engine, d->now, c.spi_in, &from);
	assert_true(duet_child(d, B, 0, &c));
	assert_int_equal(c.remote_port, from.port);
	assert_up(d);
}

static void rekeys_through_a_nat(void **state)
{
	own(duet) d = behind_nat(A, "ike-life 60 child-life 180");

	(void)state;
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	is_encapsulated(d);
	duet_run_s(d, 700);
	is_encapsulated(d);
	assert_int_equal(duet_heard(d, A, EVT_PEER_DOWN), 0);
}

/* --- keeping it awake ------------------------------------------------------------------ */

static struct duet *awake_behind_nat(enum side who)
{
	struct duet *d = behind_nat(who, "child-life 86400");

	if (who == B)
		d->line.nat[B].base = 500;
	duet_initiate(d, who, "t1");
	duet_run_s(d, 5);
	is_encapsulated(d);
	return d;
}

static void only_the_end_behind_the_nat_keeps_it_awake(void **state)
{
	(void)state;
	for (enum side who = A; who <= B; who++) {
		own(duet) d = awake_behind_nat(who);
		msec first = d->line.log[d->line.log_n - 1].at;

		assert_int_equal(d->line.log[d->line.log_n - 1].way, (enum way)who);
		duet_run_ms(d, first + 20000 - 1 - d->now);
		assert_int_equal(d->line.awake[who], 0);
		duet_run_ms(d, 1);
		assert_int_equal(d->line.awake[who], 1);
		duet_run_s(d, 200);
		assert_int_equal(d->line.awake[who], 11);
		assert_int_equal(d->line.awake[!who], 0);
	}
}

static void without_a_nat_nothing_is_kept_awake(void **state)
{
	(void)state;
	own(duet) plain = play_up("");
	own(duet) forced = duet_new("");

	duet_edit_both(forced, "peers p nat_traversal=force");
	duet_initiate(forced, A, "t1");
	duet_run_s(forced, 5);
	is_encapsulated(forced);
	duet_run_s(plain, 300);
	duet_run_s(forced, 300);
	for (enum side s = A; s <= B; s++)
		assert_int_equal(plain->line.awake[s] + forced->line.awake[s], 0);
}

static void traffic_keeps_it_awake_just_as_well(void **state)
{
	own(duet) d = awake_behind_nat(A);
	unsigned before;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		duet_traffic(d, 1);
		duet_run_s(d, 19);
	}
	assert_int_equal(d->line.awake[A], 0);
	/* so do IKE messages */
	duet_edit(d, A, "settings/keepalive keepalive interval_seconds=20");
	duet_run_s(d, 20);
	before = d->line.awake[A];
	duet_run_s(d, 400);
	assert_int_equal(d->line.awake[A], before);
}

static void its_interval_is_the_peers_or_the_global_one(void **state)
{
	own(duet) d = awake_behind_nat(A);

	(void)state;
	duet_edit(d, A, "settings/ike ike nat_keepalive_seconds=50");
	duet_run_s(d, 500);
	assert_in_range(d->line.awake[A], 9, 10);
	d->line.awake[A] = 0;
	duet_edit(d, A, "peers p nat_keepalive_seconds=5");
	duet_run_s(d, 500);
	assert_in_range(d->line.awake[A], 99, 101);
}

/* A NAT that forgets after 30 s keeps the mapping, and the end outside can still begin. */
static void the_mapping_survives(void **state)
{
	(void)state;
	for (unsigned s = 20; s <= 40; s += 20) {
		own(duet) d = awake_behind_nat(A);
		uint16_t base = d->line.nat[A].base;
		char text[80];

		snprintf(text, sizeof(text), "settings/ike ike nat_keepalive_seconds=%u", s);
		duet_edit(d, A, text);
		line_nat_forgets(d, A, 30000);
		duet_run_s(d, 1000);
		assert_int_equal(d->line.nat[A].base == base, s < 30);
	}
}

static void after_the_end_nothing_is_kept_awake(void **state)
{
	own(duet) d = awake_behind_nat(A);
	unsigned before;

	(void)state;
	duet_run_s(d, 100);
	duet_reset(d, A,
		   &(struct reset_ask){ .scope = RESET_ALL,
					.notify_peer = true,
					.reinitiate = REINITIATE_NEVER,
					.why = R_OPERATOR_RESET },
		   NULL, 0);
	before = d->line.awake[A];
	duet_run_s(d, 300);
	assert_int_equal(d->line.awake[A], before);
	assert_clean(d);
}

static void both_ends_sit_behind_nats(void **state)
{
	own(duet) d = duet_new("child-life 86400");
	struct ike_sa_row a, b;

	(void)state;
	line_nat(d, A, "203.0.113.7");
	line_nat(d, B, "203.0.113.9");
	line_nat_forwards(d, B);
	duet_edit(d, A, "peers p remote_address=203.0.113.9 remote_id.value=198.51.100.2");
	duet_edit(d, B, "peers p remote_address=203.0.113.7 remote_id.value=192.0.2.1");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	is_encapsulated(d);
	assert_true(duet_ike(d, A, 0, &a) && duet_ike(d, B, 0, &b));
	assert_true(a.nat_local && a.nat_remote && b.nat_local && b.nat_remote);
	duet_run_s(d, 200);
	assert_int_equal(d->line.awake[A], 10);
	assert_int_equal(d->line.awake[B], 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_initiator_sits_behind_a_nat),
		cmocka_unit_test(the_responder_sits_behind_a_nat),
		cmocka_unit_test(without_a_nat_esp_stays_bare),
		cmocka_unit_test(forced_without_a_nat),
		cmocka_unit_test(switched_off_it_is_not_noticed),
		cmocka_unit_test(transport_mode_through_a_nat),
		cmocka_unit_test(each_message_lost_through_a_nat),
		cmocka_unit_test(the_nat_changes_its_mind),
		cmocka_unit_test(forged_ports_move_nothing),
		cmocka_unit_test(esp_proves_a_new_port),
		cmocka_unit_test(rekeys_through_a_nat),
		cmocka_unit_test(only_the_end_behind_the_nat_keeps_it_awake),
		cmocka_unit_test(without_a_nat_nothing_is_kept_awake),
		cmocka_unit_test(traffic_keeps_it_awake_just_as_well),
		cmocka_unit_test(its_interval_is_the_peers_or_the_global_one),
		cmocka_unit_test(the_mapping_survives),
		cmocka_unit_test(after_the_end_nothing_is_kept_awake),
		cmocka_unit_test(both_ends_sit_behind_nats),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

/* test_lifetimes.c - when SAs are renewed and end, to the second; rows e1 and e2 of the scenarios */
#include "tests/duet/play.h"

enum { S = 1000 };

/* The row of the IKE SA with this id; false: it is gone. */
static bool ike_of(struct duet *d, enum side who, uint32_t id, struct ike_sa_row *ret)
{
	for (size_t i = 0; duet_ike(d, who, i, ret); i++)
		if (ret->id == id)
			return true;
	return false;
}

struct seen {
	msec fading, replaced, gone, renewed; /* since it came up; 0 never */
};

static void note(msec *at, bool is_so, msec since)
{
	if (is_so && !*at)
		*at = since;
}

/* A minute and a half in the life of both ends of one IKE SA, with traffic. */
static void live(struct duet *d, struct seen seen[2])
{
	uint32_t id[2];
	struct ike_sa_row r;
	msec up = d->now;

	for (enum side s = A; s <= B; s++) {
		assert_true(duet_ike(d, s, 0, &r));
		id[s] = r.id;
	}
	while (d->now < up + 99 * S) {
		for (enum side s = A; s <= B; s++) {
			bool there = ike_of(d, s, id[s], &r);

			note(&seen[s].gone, !there, d->now - up);
			note(&seen[s].fading, there && r.flags & SAF_FD, d->now - up);
			note(&seen[s].replaced, there && r.flags & SAF_RL, d->now - up);
			note(&seen[s].renewed, duet_heard(d, s, EVT_IKE_REKEYED) > 0, d->now - up);
		}
		assert_int_equal(duet_traffic(d, 1), 2);
		duet_run_ms(d, 50);
	}
}

static void row_e1_an_ike_sa_fades_is_replaced_and_goes(void **state)
{
	msec least = 100 * S, most = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		own(duet) d = duet_new_seeded("ike-life 100", seed);
		struct seen seen[2] = { 0 };

		duet_initiate(d, A, "t1");
		while (!duet_is_up(d))
			duet_run_ms(d, 10);
		live(d, seen);
		/* the initiator renegotiates at 85 to 95 %, and the responder shows FD from 85 % on */
		assert_in_range(seen[A].renewed, 84900, 95 * S);
		assert_in_range(seen[B].fading, 84900, 85100);
		for (enum side s = A; s <= B; s++) {
			assert_in_range(seen[s].replaced, seen[A].renewed - 100,
					seen[A].renewed + 100);
			assert_in_range(seen[s].gone, seen[A].renewed + 2900,
					seen[A].renewed + 5200);
			assert_int_equal(duet_heard(d, s, EVT_PEER_DOWN), 0);
			assert_int_equal(duet_heard(d, s, EVT_CHILD_DOWN), 0);
		}
		assert_up(d);
		least = MIN_OF(least, seen[A].renewed);
		most = MAX_OF(most, seen[A].renewed);
	}
	assert_true(most - least > 2 * S); /* not all at one moment */
}

static void row_e2_ipsec_sas_are_renewed_by_the_smaller_time(void **state)
{
	(void)state;
	for (enum side shorter = A; shorter <= B; shorter++) {
		for (enum side first = A; first <= B; first++) {
			own(duet) d = duet_new("");
			struct child_row c;
			msec up;

			duet_edit(d, shorter, "tunnels t1 lifetime_seconds=180");
			duet_edit(d, !shorter, "tunnels t1 lifetime_seconds=600");
			duet_initiate(d, first, "t1");
			while (!duet_is_up(d))
				duet_run_ms(d, 10);
			up = d->now;
			for (enum side s = A; s <= B; s++) {
				assert_true(duet_child(d, s, 0, &c));
				assert_int_equal(c.lifetime_seconds, 180);
			}
			while (!duet_heard(d, A, EVT_CHILD_REKEYED) && d->now < up + 180 * S)
				duet_run_ms(d, 50);
			assert_in_range(d->now - up, 180 * S * 85 / 100 - 100, 180 * S * 95 / 100);
			duet_run_s(d, 10);
			assert_up(d);
			assert_int_equal(duet_pairs(d, A), 1);
		}
	}
}

static void row_e2_ipsec_sas_are_renewed_by_the_smaller_volume(void **state)
{
	(void)state;
	for (enum side shorter = A; shorter <= B; shorter++) {
		own(duet) d = duet_new("");

		duet_edit(d, shorter, "tunnels t1 lifetime_kilobytes=2560");
		duet_edit(d, !shorter, "tunnels t1 lifetime_kilobytes=99999");
		duet_initiate(d, A, "t1");
		duet_run_s(d, 3);
		assert_up(d);
		for (enum side s = A; s <= B; s++) {
			for (size_t i = 0; i < recording_sas(d->side[s].plane); i++) {
				const struct plane_sa *sa = &recording_at(d->side[s].plane, i)->sa;

				assert_int_equal(sa->hard_bytes, 2560 * 1024);
				assert_in_range(sa->soft_bytes, 2560 * 1024 / 100 * 84,
						2560 * 1024 / 100 * 98);
			}
		}
		/* the plane says that the soft limit is reached, long before the time is up */
		const struct plane_sa *out = &recording_at(d->side[A].plane, 1)->sa;

		engine_bytes_limit(d->side[A].engine, d->now, out->spi, false);
		duet_run_s(d, 10);
		assert_int_equal(duet_heard(d, A, EVT_CHILD_REKEYED), 1);
		assert_int_equal(duet_heard(d, B, EVT_CHILD_REKEYED), 1);
		assert_up(d);
	}
}

/* A peer that wants no second IKE SA takes the successor of one that fades. */
static void unique_keep_lets_a_successor_in(void **state)
{
	own(duet) d = duet_new("ike-life 300");

	(void)state;
	duet_edit_both(d, "peers p unique=keep");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 1500);
	assert_up(d);
	assert_true(duet_heard(d, A, EVT_IKE_REKEYED) >= 4);
	assert_int_equal(duet_heard(d, A, EVT_IKE_DOWN), 0);
	assert_int_equal(duet_heard(d, B, EVT_IKE_DOWN), 0);
}

/* An IKE SA whose peer cannot be reached any more expires and leaves its IPsec SAs alive. */
static void ipsec_sas_outlive_their_ike_sa(void **state)
{
	own(duet) d = duet_new("ike-life 300 child-life 86400");

	(void)state;
	duet_initiate(d, A, "t1");
	duet_run_s(d, 3);
	assert_up(d);
	line_mute(d, A_TO_B, 400 * S);
	line_mute(d, B_TO_A, 400 * S);
	duet_run_s(d, 350);
	for (enum side s = A; s <= B; s++) {
		assert_int_equal(duet_ike_sas(d, s), 0);
		assert_int_equal(duet_pairs(d, s), 1);
		assert_int_equal(duet_last_heard(d, s, EVT_IKE_DOWN)->reason, R_EXPIRED);
		assert_int_equal(duet_heard(d, s, EVT_CHILD_DOWN), 0);
	}
	assert_int_equal(duet_traffic(d, 1), 2);
}

/* Windows of 32 to 1024 packets, for SAs that are negotiated later. */
static void a_new_window_is_for_later_sas(void **state)
{
	static const unsigned sizes[] = { 64, 128, 256, 512, 1024 };
	own(duet) d = duet_new("child-life 180");

	(void)state;
	duet_initiate(d, A, "t1");
	duet_run_s(d, 3);
	assert_int_equal(recording_at(d->side[A].plane, 0)->sa.replay_window, 32);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		unsigned rekeys = duet_heard(d, A, EVT_CHILD_REKEYED);
		struct child_row c;
		char text[80];

		snprintf(text, sizeof(text), "settings/ipsec ipsec anti_replay_window=%u",
			 sizes[i]);
		duet_edit(d, A, text);
		duet_run_s(d, 20);
		assert_int_not_equal(recording_at(d->side[A].plane, 0)->sa.replay_window, sizes[i]);
		while (duet_heard(d, A, EVT_CHILD_REKEYED) == rekeys)
			duet_run_s(d, 1);
		duet_run_s(d, 10);
		assert_int_equal(recording_sas(d->side[A].plane), 2);
		assert_int_equal(recording_at(d->side[A].plane, 0)->sa.replay_window, sizes[i]);
		assert_true(duet_child(d, A, 0, &c));
	}
	assert_up(d);
}

/* --- row F5 --- */

enum { STRANGE = 0x00c0ffee };

/* An end loses its pair without a word, as after a crash. The SPI the other one goes on sending with. */
static uint32_t lose_pair(struct duet *d, enum side who)
{
	struct reset_ask ask = { .scope = RESET_TUNNEL,
				 .level = LEVEL_CHILD,
				 .reinitiate = REINITIATE_NEVER,
				 .name = "t1",
				 .why = R_OPERATOR_RESET };
	struct child_row c;

	assert_true(duet_child(d, !who, 0, &c));
	duet_reset(d, who, &ask, NULL, 0);
	duet_run_s(d, 2);
	assert_int_equal(duet_pairs(d, who), 0);
	assert_int_equal(duet_pairs(d, !who), 1);
	return c.spi_out;
}

static void row_f5_an_unknown_spi_is_dropped_in_silence(void **state)
{
	own(duet) d = duet_new("");
	uint64_t sent;

	(void)state;
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	sent = d->line.sent[B_TO_A];
	engine_unknown_spi(d->side[B].engine, d->now, STRANGE, &d->side[A].addr);
	duet_run_s(d, 2);
	assert_int_equal(d->line.sent[B_TO_A], sent);
}

static void row_f5_recovery_needs_an_ike_sa(void **state)
{
	own(duet) d = duet_new("");
	struct addr stranger;
	uint64_t sent;

	(void)state;
	duet_edit_both(d, "settings/ipsec ipsec invalid_spi_recovery=true");
	engine_unknown_spi(d->side[B].engine, d->now, STRANGE, &d->side[A].addr);
	duet_run_s(d, 5);
	assert_int_equal(d->line.sent[B_TO_A], 0);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	sent = d->line.sent[B_TO_A];
	assert_true(addr_read("203.0.113.99", &stranger));
	engine_unknown_spi(d->side[B].engine, d->now, STRANGE, &stranger);
	duet_run_s(d, 2);
	assert_int_equal(d->line.sent[B_TO_A], sent);
	/* many at once are told once; what is none of the peer's ends nothing */
	for (uint32_t i = 0; i < 100; i++)
		engine_unknown_spi(d->side[B].engine, d->now, STRANGE + i, &d->side[A].addr);
	duet_run_s(d, 2);
	assert_int_equal(d->line.sent[B_TO_A], sent + 1);
	assert_up(d);
}

static void row_f5_the_peer_deletes_and_traffic_brings_another(void **state)
{
	(void)state;
	for (enum side loser = A; loser <= B; loser++) {
		own(duet) d = duet_new("");
		uint32_t spi;

		duet_edit_both(d, "settings/ipsec ipsec invalid_spi_recovery=true;"
				  "tunnels t1 start_action=trap");
		duet_initiate(d, A, "t1");
		duet_run_s(d, 30);
		spi = lose_pair(d, loser);
		engine_unknown_spi(d->side[loser].engine, d->now, spi, &d->side[!loser].addr);
		duet_run_s(d, 5);
		assert_int_equal(duet_heard(d, !loser, EVT_CHILD_DOWN), 1);
		assert_int_equal(duet_last_heard(d, !loser, EVT_CHILD_DOWN)->reason, R_SPI_UNKNOWN);
		assert_int_equal(duet_pairs(d, !loser), 0);
		engine_acquire(d->side[!loser].engine, d->now,
			       recording_policy(d->side[!loser].plane, 0)->id);
		duet_run_s(d, 10);
		assert_up(d);
		assert_int_equal(duet_pairs(d, loser), 1);
	}
}

/* Both data planes get it with the SA; what they do with it is tried in tests/planes. */
static void row_f3_the_check_is_for_later_sas(void **state)
{
	own(duet) d = duet_new("tunnels 2");
	bool seen[2] = { false, false };

	(void)state;
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	duet_edit(d, A, "settings/ipsec ipsec decrypt_check=false");
	duet_initiate(d, A, "t2");
	duet_run_s(d, 5);
	assert_up(d);
	for (size_t i = 0; i < recording_sas(d->side[A].plane); i++) {
		const struct plane_sa *sa = &recording_at(d->side[A].plane, i)->sa;

		if (sa->inbound)
			seen[sa->any_inner] = true;
		else
			assert_false(sa->any_inner);
	}
	assert_true(seen[false] && seen[true]);
}

/* An exchange that nobody answers is given up at its second, in either phase. */
static void an_exchange_has_its_time(void **state)
{
	static const unsigned limits[] = { 10, 90, 600 };

	(void)state;
	for (size_t i = 0; i < 2 * COUNT_OF(limits); i++) {
		own(duet) d = duet_new("tunnels 2");
		bool second = i % 2;
		char edit[120];
		msec start;

		snprintf(edit, sizeof(edit),
			 "settings/ike ike exchange_timeout_seconds=%u retransmit_seconds=60 "
			 "retransmit_tries=20",
			 limits[i / 2]);
		duet_edit(d, A, edit);
		if (second) {
			duet_initiate(d, A, "t1");
			duet_run_s(d, 5);
			assert_up(d);
		}
		line_mute(d, A_TO_B, 3600 * S);
		start = d->now;
		duet_initiate(d, A, second ? "t2" : "t1");
		duet_run_ms(d, start + limits[i / 2] * S - 1 - d->now);
		assert_int_equal(duet_heard(d, A, EVT_NEGO_FAILED), 0);
		duet_run_ms(d, 1);
		assert_int_equal(duet_heard(d, A, EVT_NEGO_FAILED), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row_e1_an_ike_sa_fades_is_replaced_and_goes),
		cmocka_unit_test(row_e2_ipsec_sas_are_renewed_by_the_smaller_time),
		cmocka_unit_test(row_e2_ipsec_sas_are_renewed_by_the_smaller_volume),
		cmocka_unit_test(unique_keep_lets_a_successor_in),
		cmocka_unit_test(ipsec_sas_outlive_their_ike_sa),
		cmocka_unit_test(a_new_window_is_for_later_sas),
		cmocka_unit_test(row_f3_the_check_is_for_later_sas),
		cmocka_unit_test(row_f5_an_unknown_spi_is_dropped_in_silence),
		cmocka_unit_test(row_f5_recovery_needs_an_ike_sa),
		cmocka_unit_test(an_exchange_has_its_time),
		cmocka_unit_test(row_f5_the_peer_deletes_and_traffic_brings_another),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

/* test_rekey.c - lifetimes, and renegotiation that nobody behind the tunnel notices
 *
 * Make before break: at no moment of fifty rekeys is there no SA to send with that the other end
 * would take. Sums of a tunnel only grow, and no packet is forgotten.
 */
#include "core/base/rng.h"
#include "tests/duet/play.h"

struct watchman {
	bool on_duty;
	bool had_pair;
	uint64_t sent; /* packets we made pass, of both ends */
	uint64_t last[2];
	size_t most_pairs;
};

static void watch(struct duet *d, void *arg)
{
	struct watchman *w = arg;

	if (!w->on_duty)
		return;
	if (!duet_has_pair(d))
		duet_complain(d, "a moment without a usable pair");
	for (enum side s = A; s <= B; s++)
		w->most_pairs = MAX_OF(w->most_pairs, duet_pairs(d, s));
}

/* A second with one packet each way; sums may not fall. */
static void a_second(struct duet *d, struct watchman *w)
{
	struct tunnel_row t;

	duet_run_s(d, 1);
	if (duet_traffic(d, 1) != 2)
		duet_complain(d, "a packet found no SA at the other end");
	w->sent += 1;
	for (enum side s = A; s <= B; s++) {
		assert_true(duet_tunnel(d, s, "t1", &t));
		assert_true(t.packets_out >= w->last[s]);
		w->last[s] = t.packets_out;
	}
}

static void sums_are_whole(struct duet *d, const struct watchman *w)
{
	struct tunnel_row t;

	for (enum side s = A; s <= B; s++) {
		assert_true(duet_tunnel(d, s, "t1", &t));
		assert_int_equal(t.packets_out, w->sent);
		assert_int_equal(t.packets_in, w->sent);
		assert_int_equal(t.bytes_out, w->sent * 100);
	}
}

static unsigned replaced_only(struct duet *d, enum side s)
{
	const struct actor *a = &d->side[s];
	unsigned n = 0;

	for (size_t i = 0; i < MIN_OF(a->heard_n, (size_t)DUET_HEARD); i++) {
		const struct event *e = &a->heard[i];

		if (e->id == EVT_CHILD_DOWN || e->id == EVT_IKE_DOWN) {
			n++;
			if (e->reason != R_REPLACED && e->reason != R_EXPIRED &&
			    e->reason != R_PEER_DELETED) {
				print_error("%c: %s: %s %s\n", "AB"[s], event_row(e->id) -> name,
					    reason_slug(e->reason), e -> text);
				_fail(__FILE__, __LINE__);
			}
		}
	}
	return n;
}

static void rekeys(const char *words, enum side who, unsigned seconds, unsigned least)
{
	own(duet) d = duet_new(words);
	struct watchman w = { 0 };
	struct tunnel_row t;

	d->after = watch;
	d->arg = &w;
	duet_initiate(d, who, "t1");
	duet_run_s(d, 2);
	assert_up(d);
	w.on_duty = true;
	for (unsigned i = 0; i < seconds; i++)
		a_second(d, &w);
	sums_are_whole(d, &w);
	assert_true(w.most_pairs <= 3);
	for (enum side s = A; s <= B; s++) {
		assert_true(duet_tunnel(d, s, "t1", &t));
		assert_true(t.rekeys >= least);
		assert_int_equal(t.state, TS_UP);
		assert_int_equal(t.up_count, 1);
		assert_int_equal(t.down_count, 0);
		assert_int_equal(duet_heard(d, s, EVT_PEER_DOWN), 0);
		assert_int_equal(duet_heard(d, s, EVT_NEGO_FAILED), 0);
		replaced_only(d, s);
		assert_true(duet_pairs(d, s) <= 2);
	}
}

static void fifty_rekeys_of_the_child(void **state)
{
	(void)state;
	rekeys("pfs x25519 child-life 180", A, 180 * 50, 50);
}

static void the_responder_of_old_rekeys_too(void **state)
{
	(void)state;
	rekeys("child-life 180", B, 180 * 6, 6);
}

static void rekeys_of_both_phases(void **state)
{
	(void)state;
	rekeys("ike-life 60 child-life 180", A, 60 * 60, 19);
}

static void rekeys_of_phase_1_leave_the_children_alone(void **state)
{
	(void)state;
	own(duet) d = play_up("ike-life 60");
	struct child_row first, now;

	assert_true(duet_child(d, A, 0, &first));
	duet_run_s(d, 60 * 20);
	assert_up(d);
	assert_true(duet_child(d, A, 0, &now));
	assert_int_equal(first.spi_in, now.spi_in);
	assert_true(duet_heard(d, A, EVT_IKE_REKEYED) >= 20);
	assert_true(duet_ike_sas(d, A) <= 2);
}

/* The initiator steps in between 85 and 95 % of the lifetime, not always at the same second. */
static void soft_ends_are_spread(void **state)
{
	msec least = 0, most = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		own(duet) d = duet_new_seeded("child-life 1000", seed);
		msec at;

		duet_initiate(d, A, "t1");
		duet_run_s(d, 2);
		assert_up(d);
		msec up = d->now;
		while (duet_heard(d, A, EVT_CHILD_REKEYED) < 1 && d->now < up + 1000000)
			duet_run_ms(d, 500);
		at = d->now - up;
		assert_true(at >= 845000 && at <= 955000);
		least = least ? MIN_OF(least, at) : at;
		most = MAX_OF(most, at);
	}
	assert_true(most - least > 20000);
}

static void the_smaller_lifetime_counts(void **state)
{
	(void)state;
	for (enum side shorter = A; shorter <= B; shorter++) {
		own(duet) d = duet_new("");
		struct child_row c;
		struct ike_sa_row r;

		duet_edit(d, shorter,
			  "ike-proposals i1 lifetime_seconds=2000;"
			  "tunnels t1 lifetime_seconds=600 lifetime_kilobytes=5000");
		duet_edit(d, !shorter,
			  "ike-proposals i1 lifetime_seconds=4000;"
			  "tunnels t1 lifetime_seconds=1200 lifetime_kilobytes=9000");
		duet_initiate(d, A, "t1");
		duet_run_s(d, 3);
		assert_up(d);
		assert_true(duet_ike(d, B, 0, &r));
		assert_int_equal(r.lifetime_seconds, 2000);
		assert_true(duet_ike(d, A, 0, &r));
		assert_int_equal(r.lifetime_seconds, 2000);
		for (enum side s = A; s <= B; s++) {
			assert_true(duet_child(d, s, 0, &c));
			assert_int_equal(c.lifetime_seconds, 600);
			assert_int_equal(c.lifetime_kilobytes, 5000);
		}
	}
}

static void volume_renegotiates_too(void **state)
{
	(void)state;
	own(duet) d = play_up("");
	struct child_row first, now;

	assert_true(duet_child(d, A, 0, &first));
	engine_bytes_limit(d->side[A].engine, d->now, first.spi_out, false);
	engine_bytes_limit(d->side[A].engine, d->now, first.spi_in, false);
	duet_run_s(d, 120);
	assert_up(d);
	assert_int_equal(duet_heard(d, A, EVT_CHILD_REKEYED), 1);
	assert_true(duet_child(d, A, 0, &now));
	assert_int_not_equal(now.spi_in, first.spi_in);
	engine_bytes_limit(d->side[B].engine, d->now, now.spi_out, true);
	duet_run_s(d, 120);
	assert_true(duet_ending(d, NULL, 0) != ENDED_STUCK);
}

/* The peer does not want to any more: at the hard end the pair goes, and nothing stays behind. */
static void a_hard_end_is_an_end(void **state)
{
	(void)state;
	own(duet) d = play_up("child-life 180");

	line_mute(d, A_TO_B, 10000000);
	line_mute(d, B_TO_A, 10000000);
	duet_run_s(d, 1000);
	assert_int_equal(duet_pairs(d, A), 0);
	assert_int_equal(duet_pairs(d, B), 0);
	assert_int_equal(recording_spis(d->side[A].plane), 0);
	assert_int_equal(recording_spis(d->side[B].plane), 0);
}

/* Rekeys over a bad line: sometimes late, never lost for good. */
static void rekeys_over_a_bad_line(void **state)
{
	(void)state;
	own(duet) d = play_up("ike-life 300 child-life 300");

	line_weather(d, 10, 5, 10, 0);
	for (unsigned i = 0; i < 3000; i++) {
		duet_run_s(d, 1);
		duet_traffic(d, 1);
	}
	line_weather(d, 0, 0, 0, 0);
	duet_edit(d, A, "tunnels t1 start_action=start");
	duet_run_s(d, 400);
	assert_up(d);
}

/* Both ends reach their soft end at the same moment. */
static void both_rekey_at_once(void **state)
{
	(void)state;
	own(duet) d = play_up("");
	struct child_row a, b;

	for (uint64_t round = 0, times = play_times(20); round < times; round++) {
		assert_true(duet_child(d, A, 0, &a));
		assert_true(duet_child(d, B, 0, &b));
		engine_bytes_limit(d->side[A].engine, d->now, a.spi_out, false);
		engine_bytes_limit(d->side[B].engine, d->now, b.spi_out, false);
		duet_run_s(d, 120);
		assert_up(d);
		assert_true(duet_pairs(d, A) <= 2);
	}
	assert_int_equal(duet_heard(d, A, EVT_PEER_DOWN), 0);
}

/* P-26: wall clocks are for people; no lifetime knows them. */
static void wall_clocks_may_jump(void **state)
{
	(void)state;
	own(duet) d = play_up("ike-life 600 child-life 600");
	struct rng rng = rng_seeded(26);
	struct watchman w = { .on_duty = true };

	d->after = watch;
	d->arg = &w;
	for (unsigned i = 0; i < 1200; i++) {
		a_second(d, &w);
		if (i % 12 == 0) { /* ten years forth or back */
			struct actor *a = &d->side[i % 24 ? A : B];

			a->wall_skew_ms =
				2 * (int64_t)rng_below(&rng, 315360000) * 1000 - 315360000ll * 1000;
		}
	}
	for (enum side s = A; s <= B; s++) {
		assert_in_range(duet_heard(d, s, EVT_CHILD_REKEYED), 2, 3);
		assert_int_equal(duet_heard(d, s, EVT_PEER_DOWN), 0);
	}
	assert_up(d);
}

/* One end renegotiates while the other deletes, at every distance in time. */
static void a_rekey_against_a_delete(void **state)
{
	(void)state;
	for (int level = LEVEL_BOTH; level <= LEVEL_IKE; level++) {
		for (unsigned ms = 0; ms < 80; ms += 3) {
			own(duet) d = play_up("pfs x25519 child-life 180");
			struct reset_ask ask = { .scope = RESET_ALL,
						 .level = (enum reset_level)level,
						 .notify_peer = true,
						 .reinitiate = REINITIATE_NEVER,
						 .why = R_OPERATOR_RESET };
			struct child_row c;
			char why[256];

			assert_true(duet_child(d, A, 0, &c));
			engine_bytes_limit(d->side[A].engine, d->now, c.spi_out, false);
			duet_run_ms(d, ms);
			duet_reset(d, B, &ask, NULL, 0);
			/* a replaced pair nobody can tell of any more ends with its life */
			for (unsigned i = 0; i < 200; i++) {
				duet_run_s(d, 1);
				duet_traffic(d, 1);
			}
			if (duet_ending(d, why, sizeof(why)) == ENDED_STUCK)
				duet_complain(d, "level %d after %u ms: %s", level, ms, why);
			duet_initiate(d, A, "t1");
			duet_run_s(d, 10);
			assert_up(d);
		}
	}
}

/* Each message of a rekey of either phase is lost: late, but never without a pair. */
static void each_message_of_a_rekey_lost(void **state)
{
	(void)state;
	for (enum way w = A_TO_B; w <= B_TO_A; w++) {
		for (unsigned n = 1; n <= 6; n++) {
			own(duet) d = play_up("ike-life 300 child-life 300");
			struct watchman watchman = { .on_duty = true };

			d->after = watch;
			d->arg = &watchman;
			line_lose(d, w, d->line.sent[w] + n);
			for (unsigned i = 0; i < 600; i++)
				a_second(d, &watchman);
			sums_are_whole(d, &watchman);
			assert_up(d);
		}
	}
}

static enum reason renew(struct duet *d, bool child, uint32_t id, uint64_t *ret, struct fault *f)
{
	struct renew_ask ask = { .is_child = child, .id = id, .who = "tester" };

	return engine_renew(d->side[A].engine, d->now, &ask, ret, f);
}

/* What a timer would begin later is begun now, and nobody behind the tunnel notices. */
static void renewed_on_wish(void **state)
{
	own(duet) d = play_up("");
	struct watchman w = { .on_duty = true };
	struct child_row pair, next_pair;
	struct ike_sa_row sa, next_sa;
	struct fault f = { 0 };
	uint64_t id = 0;

	(void)state;
	d->after = watch;
	d->arg = &w;
	assert_true(duet_child(d, A, 0, &pair) && duet_ike(d, A, 0, &sa));
	assert_int_equal(renew(d, true, pair.id, &id, &f), R_OK);
	assert_true(id != pair.negotiation && id != 0);
	assert_int_equal(renew(d, true, pair.id, &id, &f), R_WRONG_STATE);
	duet_run_s(d, 10);
	assert_true(duet_child(d, A, 0, &next_pair));
	assert_true(next_pair.spi_in != pair.spi_in);
	assert_int_equal(renew(d, true, pair.id, &id, &f), R_NOT_FOUND);
	assert_int_equal(renew(d, false, sa.id, &id, &f), R_OK);
	assert_int_equal(renew(d, false, sa.id, &id, &f), R_WRONG_STATE);
	duet_run_s(d, 10);
	assert_true(duet_ike(d, A, 0, &next_sa) && duet_child(d, A, 0, &pair));
	assert_true(strcmp(next_sa.initiator_spi, sa.initiator_spi) != 0);
	assert_int_equal(pair.id, next_pair.id);
	assert_int_equal(pair.ike_sa, next_sa.id);
	assert_int_equal(renew(d, false, 4000000000u, &id, &f), R_NOT_FOUND);
	assert_up(d);
}

/* Its IKE SA is gone, so one is called first: that is the negotiation, not the last one of the peer. */
static void renewed_on_wish_without_an_ike_sa(void **state)
{
	own(duet) d = play_up("");
	struct child_row pair, next;
	struct peer_row peer;
	struct fault f = { 0 };
	uint64_t id = 0, again = 0;
	struct story s;

	(void)state;
	assert_true(duet_child(d, A, 0, &pair));
	line_mute(d, A_TO_B, 1000); /* B goes on with both */
	duet_reset(d, A,
		   &(struct reset_ask){ .scope = RESET_ALL,
					.level = LEVEL_IKE,
					.notify_peer = true,
					.reinitiate = REINITIATE_NEVER,
					.why = R_OPERATOR_RESET },
		   NULL, 0);
	duet_run_s(d, 2);
	assert_int_equal(duet_ike_sas(d, A), 0);
	assert_int_equal(duet_pairs(d, A), 1);
	assert_true(duet_peer(d, A, "p", &peer));
	assert_int_equal(renew(d, true, pair.id, &id, &f), R_OK);
	assert_true(id > peer.last_negotiation);
	assert_true(duet_story(d, A, 0, &s));
	assert_int_equal(id, s.id);
	assert_int_equal(renew(d, true, pair.id, &again, &f),
			 R_OK); /* it waits for the same call */
	assert_int_equal(again, id);
	duet_run_s(d, 10);
	assert_true(duet_child(d, A, 0, &next));
	assert_true(next.spi_in != pair.spi_in);
	assert_int_equal(duet_pairs(d, A), 1);
	assert_up(d);
}

/* A question is answered; without a profile nobody draws conclusions from silence. */
static void asked_on_wish(void **state)
{
	own(duet) d = play_up("");
	struct ike_sa_row before, after;
	struct fault f = { 0 };

	(void)state;
	assert_true(duet_ike(d, A, 0, &before));
	assert_int_equal(engine_ask_alive(d->side[A].engine, d->now, before.id, &f), R_OK);
	duet_run_s(d, 2);
	assert_true(duet_ike(d, A, 0, &after));
	assert_int_equal(after.packets_out, before.packets_out + 1);
	assert_int_equal(after.packets_in, before.packets_in + 1);
	line_lose(d, A_TO_B, 1);
	assert_int_equal(engine_ask_alive(d->side[A].engine, d->now, before.id, &f), R_OK);
	duet_run_s(d, 60);
	assert_up(d);
	assert_int_equal(engine_ask_alive(d->side[A].engine, d->now, 4000000000u, &f), R_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(renewed_on_wish),
		cmocka_unit_test(renewed_on_wish_without_an_ike_sa),
		cmocka_unit_test(asked_on_wish),
		cmocka_unit_test(fifty_rekeys_of_the_child),
		cmocka_unit_test(the_responder_of_old_rekeys_too),
		cmocka_unit_test(rekeys_of_both_phases),
		cmocka_unit_test(rekeys_of_phase_1_leave_the_children_alone),
		cmocka_unit_test(soft_ends_are_spread),
		cmocka_unit_test(the_smaller_lifetime_counts),
		cmocka_unit_test(volume_renegotiates_too),
		cmocka_unit_test(a_hard_end_is_an_end),
		cmocka_unit_test(rekeys_over_a_bad_line),
		cmocka_unit_test(both_rekey_at_once),
		cmocka_unit_test(wall_clocks_may_jump),
		cmocka_unit_test(a_rekey_against_a_delete),
		cmocka_unit_test(each_message_of_a_rekey_lost),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

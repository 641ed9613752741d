/* test_liveness.c - keepalives, the TIMEOUT tag and DPD, to the second
 *
 * Plays called row_b1 and so on are the rows of that name in the list of scenarios for the manual's
 * timers.
 */
#include "tests/duet/play.h"

#include "core/base/text.h"
#include "core/wire/header.h"
#include "tests/duet/forge.h"

enum { S = 1000 };

static unsigned sent_since(const struct duet *d, enum way w, msec since)
{
	unsigned n = 0;

	for (size_t i = 0; i < d->line.log_n; i++)
		n += d->line.log[i].way == w && d->line.log[i].at >= since;
	return n;
}

/* When the newest datagram of this way left. */
static msec last_sent(const struct duet *d, enum way w)
{
	msec at = 0;

	for (size_t i = 0; i < d->line.log_n; i++)
		if (d->line.log[i].way == w)
			at = d->line.log[i].at;
	return at;
}

static void run_to(struct duet *d, msec at)
{
	assert_true(at >= d->now);
	duet_run_ms(d, at - d->now);
}

static bool is_tagged(struct duet *d, enum side who)
{
	struct ike_sa_row r;
	struct peer_row p;
	bool tagged = duet_ike(d, who, 0, &r) && r.timeout_tagged;

	/* the tag is one thing wherever it shows */
	assert_true(duet_peer(d, who, "p", &p));
	assert_int_equal(tagged, p.state == PS_TIMEOUT);
	assert_int_equal(tagged, (r.flags & SAF_TO) != 0);
	assert_int_equal(tagged, strstr(r.flags_text, "TO") != NULL);
	return tagged;
}

/* --- keepalives ---------------------------------------------------------------------- */

static struct duet *with_keepalives(const char *a, const char *b)
{
	struct duet *d = duet_new("child-life 86400");
	char text[200];

	snprintf(text, sizeof(text), "settings/keepalive keepalive %s", a);
	duet_edit(d, A, text);
	snprintf(text, sizeof(text), "settings/keepalive keepalive %s", b);
	duet_edit(d, B, text);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 1);
	assert_up(d);
	return d;
}

/* Runs until B's third keepalive has arrived, and returns when that was. */
static msec third_beat(struct duet *d)
{
	unsigned before = d->line.sent[B_TO_A];

	while (d->line.sent[B_TO_A] < before + 3)
		duet_run_ms(d, 100);
	duet_run_ms(d, d->line.latency);
	return last_sent(d, B_TO_A) + d->line.latency;
}

static void row_b1_two_silent_timeouts_end_it(void **state)
{
	own(duet) d = with_keepalives("timeout_seconds=60", "interval_seconds=20");
	msec heard = third_beat(d);

	(void)state;
	line_mute(d, B_TO_A, 3600 * S);
	run_to(d, heard + 60 * S - 1);
	assert_false(is_tagged(d, A));
	run_to(d, heard + 60 * S);
	assert_true(is_tagged(d, A));
	assert_int_equal(duet_heard(d, A, EVT_IKE_TIMEOUT), 1);
	assert_up(d); /* it is still used */
	run_to(d, heard + 120 * S - 1);
	assert_up(d);
	run_to(d, heard + 120 * S);
	assert_int_equal(duet_ike_sas(d, A), 0);
	assert_int_equal(duet_pairs(d, A), 0);
	assert_int_equal(duet_last_heard(d, A, EVT_IKE_DOWN)->reason, R_KEEPALIVE_TIMEOUT);
	assert_int_equal(duet_last_heard(d, A, EVT_CHILD_DOWN)->reason, R_KEEPALIVE_TIMEOUT);
	assert_int_equal(duet_heard(d, A, EVT_PEER_DOWN), 1);
	assert_int_equal(duet_counters(d, A).keepalive_timeouts, 2); /* the tag, the end */
	/* B was told, IPsec SAs first: only one direction was lost */
	assert_int_equal(sent_since(d, A_TO_B, heard + 120 * S), 2);
	duet_run_s(d, 1);
	assert_clean(d);
}

static void row_b2_a_keepalive_takes_the_tag_away(void **state)
{
	own(duet) d = with_keepalives("timeout_seconds=60", "interval_seconds=20");
	msec heard = third_beat(d);

	(void)state;
	line_mute(d, B_TO_A, 89 * S);
	run_to(d, heard + 61 * S);
	assert_true(is_tagged(d, A));
	run_to(d, heard + 101 * S);
	assert_false(is_tagged(d, A));
	duet_run_s(d, 3600);
	assert_false(is_tagged(d, A));
	assert_up(d);
	assert_int_equal(duet_heard(d, A, EVT_IKE_TIMEOUT), 1);
	assert_int_equal(duet_heard(d, A, EVT_IKE_DOWN), 0);
}

/* row_b3, a timeout that is not longer than the interval, warns: tests/unit/model/test_rules.c */

static void row_b4_a_peer_that_sends_none_dies_after_two_timeouts(void **state)
{
	own(duet) d = with_keepalives("timeout_seconds=60", "interval_seconds=0");
	msec start = d->now - 1 * S;

	(void)state;
	duet_traffic(d, 5);
	run_to(d, start + 59 * S);
	assert_false(is_tagged(d, A));
	run_to(d, start + 61 * S);
	assert_true(is_tagged(d, A));
	/* traffic, DPD answers and other messages are not keepalives */
	duet_traffic(d, 5);
	duet_edit_both(d, "tunnels t2 peer=p local_ts=10.9.0.0/24 remote_ts=10.9.0.0/24 "
			  "ipsec_proposals=e1 start_action=none");
	duet_initiate(d, A, "t2");
	duet_run_s(d, 3);
	assert_int_equal(duet_pairs(d, A), 2);
	assert_true(is_tagged(d, A));
	run_to(d, start + 119 * S);
	assert_int_equal(duet_pairs(d, A), 2);
	run_to(d, start + 122 * S);
	assert_clean(d);
}

static void row_b5_values_at_the_edges_work(void **state)
{
	own(duet) d = with_keepalives("timeout_seconds=28800", "interval_seconds=28800");
	msec start = d->now;

	(void)state;
	/* 19 and 28801 are refused by the field tables: tests/unit/model/test_tables.c */
	run_to(d, start + 28799 * S);
	assert_int_equal(sent_since(d, B_TO_A, start), 0);
	run_to(d, start + 28801 * S);
	assert_int_equal(sent_since(d, B_TO_A, start), 1);
	assert_up(d);
}

static void one_step_where_the_setting_says_so(void **state)
{
	own(duet) d = with_keepalives("timeout_seconds=60 tag_first=false", "interval_seconds=20");
	msec heard = third_beat(d);

	(void)state;
	line_mute(d, B_TO_A, 3600 * S);
	run_to(d, heard + 60 * S - 1);
	assert_up(d);
	run_to(d, heard + 60 * S);
	assert_int_equal(duet_ike_sas(d, A), 0);
	assert_int_equal(duet_heard(d, A, EVT_IKE_TIMEOUT), 0);
	assert_int_equal(duet_counters(d, A).keepalive_timeouts, 1);
	assert_int_equal(duet_counters(d, A).dpd_timeouts, 0);
	duet_run_s(d, 1);
	assert_clean(d);
}

static void both_ends_watch_each_other_for_a_day(void **state)
{
	own(duet) d = with_keepalives("timeout_seconds=61 interval_seconds=20",
				      "timeout_seconds=61 interval_seconds=20");

	(void)state;
	duet_run_s(d, 86400);
	assert_up(d);
	for (enum side s = A; s <= B; s++) {
		assert_int_equal(duet_heard(d, s, EVT_IKE_TIMEOUT), 0);
		assert_int_equal(duet_heard(d, s, EVT_IKE_DOWN), 0);
	}
}

static void keepalives_come_at_their_interval(void **state)
{
	own(duet) d = with_keepalives("interval_seconds=30", "interval_seconds=20");
	msec start = d->now;

	(void)state;
	duet_run_s(d, 600);
	assert_int_equal(sent_since(d, A_TO_B, start), 20);
	assert_int_equal(sent_since(d, B_TO_A, start), 30);
}

static void a_peer_has_its_own_values(void **state)
{
	own(duet) d = with_keepalives("timeout_seconds=60", "interval_seconds=20");
	msec start, heard;
	struct peer_row row;

	(void)state;
	duet_edit(d, B, "peers p keepalive.interval_seconds=50");
	duet_edit(d, A, "peers p keepalive.timeout_seconds=120");
	start = d->now;
	duet_run_s(d, 200);
	assert_int_equal(sent_since(d, B_TO_A, start), 4);
	heard = last_sent(d, B_TO_A) + d->line.latency;
	line_mute(d, B_TO_A, 3600 * S);
	assert_true(duet_peer(d, A, "p", &row));
	assert_int_equal(row.keepalive_timeout_seconds, 120);
	assert_int_equal(row.role, PEER_ROLE_BOTH);
	run_to(d, heard + 119 * S);
	assert_false(is_tagged(d, A));
	run_to(d, heard + 120 * S);
	assert_true(is_tagged(d, A));
}

static void new_values_count_at_once(void **state)
{
	own(duet) d = with_keepalives("timeout_seconds=28800", "interval_seconds=28800");
	msec start;

	(void)state;
	duet_run_s(d, 1000);
	start = d->now;
	duet_edit(d, B, "settings/keepalive keepalive interval_seconds=20");
	duet_edit(d, A, "settings/keepalive keepalive timeout_seconds=40");
	duet_run_s(d, 100);
	assert_int_equal(sent_since(d, B_TO_A, start), 5);
	assert_false(is_tagged(d, A));
	line_mute(d, B_TO_A, 3600 * S);
	duet_run_s(d, 41);
	assert_true(is_tagged(d, A));
	/* an edit of something else puts nothing off */
	duet_edit(d, A, "peers p description=x");
	assert_true(is_tagged(d, A));
	/* without supervision there is no tag, and no end */
	duet_edit(d, A, "settings/keepalive keepalive timeout_seconds=0");
	assert_false(is_tagged(d, A));
	duet_run_s(d, 3600);
	assert_int_equal(duet_ike_sas(d, A), 1);
}

static void another_type_is_not_heard(void **state)
{
	own(duet) d =
		with_keepalives("timeout_seconds=60 notify_type=32768", "interval_seconds=20");

	(void)state;
	duet_run_s(d, 61);
	assert_true(is_tagged(d, A));
	duet_edit(d, B, "settings/keepalive keepalive notify_type=32768");
	duet_run_s(d, 20);
	assert_false(is_tagged(d, A));
}

/* Recorded keepalives, sent again by somebody on the path, keep nothing alive. */
static void old_keepalives_count_for_nothing(void **state)
{
	own(duet) d = with_keepalives("timeout_seconds=60", "interval_seconds=20");
	msec heard = third_beat(d);
	size_t recorded = d->line.log_n;

	(void)state;
	duet_edit(d, B, "settings/keepalive keepalive interval_seconds=0");
	for (unsigned s = 0; s < 119; s++) {
		for (size_t i = 0; i < recorded; i++)
			if (d->line.log[i].way == B_TO_A)
				line_replay(d, i);
		forge_notify(d, A, 1, NTFY_HEARTBEAT);
		duet_run_s(d, 1);
	}
	assert_true(is_tagged(d, A));
	run_to(d, heard + 120 * S);
	assert_int_equal(duet_ike_sas(d, A), 0);
}

/* The successor begins with a clean slate, and its predecessor is not watched any more. */
static void a_successor_is_watched_afresh(void **state)
{
	own(duet) d = duet_new("ike-life 300");

	(void)state;
	duet_edit(d, A, "settings/keepalive keepalive timeout_seconds=100");
	duet_edit(d, B, "settings/keepalive keepalive interval_seconds=30");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 3000);
	assert_up(d);
	assert_int_equal(duet_heard(d, A, EVT_IKE_TIMEOUT), 0);
	assert_true(duet_heard(d, A, EVT_IKE_REKEYED) >= 9);
}

/* --- DPD ----------------------------------------------------------------------------- */

static struct duet *with_dpd(const char *profile)
{
	struct duet *d = duet_new("");
	char text[200];

	snprintf(text, sizeof(text), "dpd-profiles w %s; peers p dpd=w", profile);
	duet_edit(d, A, text);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 1);
	assert_up(d);
	return d;
}

static void passed(struct duet *d, enum side who, uint32_t spi, bool inbound)
{
	struct plane *p = d->side[who].plane;
	const struct recording_sa *s = recording_find(p, spi, inbound);

	if (!s)
		return;
	struct plane_count c = s->count;

	c.packets++;
	c.bytes += 100;
	c.last_ms = (uint64_t)d->now;
	recording_count(p, spi, inbound, &c);
}

/* One packet leaves through each pair; `arrives`: and is taken in over there. */
static void send_one(struct duet *d, enum side who, bool arrives)
{
	const struct plane *p = d->side[who].plane;

	for (size_t i = 0; i < recording_sas(p); i++) {
		const struct plane_sa *sa = &recording_at(p, i)->sa;
		uint32_t spi = sa->spi;

		if (sa->inbound || recording_used(p, sa->reqid) != spi)
			continue;
		passed(d, who, spi, false);
		if (arrives)
			passed(d, !who, spi, true);
	}
}

/* One packet a second for so long, from here, or there and back. */
static void traffic_s(struct duet *d, unsigned s, bool answered)
{
	for (unsigned i = 0; i < s; i++) {
		send_one(d, A, true);
		if (answered)
			send_one(d, B, true);
		duet_run_s(d, 1);
	}
}

static void kill_b(struct duet *d)
{
	line_mute(d, B_TO_A, 86400 * S);
}

/* When A's n-th datagram since then left; -1: it did not. */
static msec nth_since(const struct duet *d, unsigned n, msec since)
{
	for (size_t i = 0; i < d->line.log_n; i++)
		if (d->line.log[i].way == A_TO_B && d->line.log[i].at >= since && n-- == 0)
			return d->line.log[i].at;
	return -1;
}

static void row_c1_dead_15_s_after_the_first_hello(void **state)
{
	(void)state;
	for (uint64_t seed = 1, times = play_times(20); seed <= times; seed++) {
		own(duet) d = with_dpd("interval_seconds=10 retry_seconds=5");
		msec heard, hello;

		duet_run_ms(d, (msec)(seed * 137 % S));
		traffic_s(d, 20, true);
		kill_b(d);
		send_one(d, A, true);
		send_one(d, B, true);
		heard = d->now;
		duet_run_s(d, 1);
		traffic_s(d, 9, false);
		assert_int_equal(sent_since(d, A_TO_B, heard), 0); /* not longer than 10 s */
		while (sent_since(d, A_TO_B, heard) == 0 && d->now < heard + 60 * S)
			traffic_s(d, 1, false);
		hello = nth_since(d, 0, heard);
		assert_in_range(hello, heard + 10 * S + 1, heard + 12 * S);
		traffic_s(d, 13, false);
		assert_int_equal(nth_since(d, 1, heard), hello + 5 * S);
		assert_int_equal(nth_since(d, 2, heard), hello + 10 * S);
		run_to(d, hello + 15 * S - 1);
		assert_int_equal(duet_ike_sas(d, A), 1);
		assert_int_equal(duet_pairs(d, A), 1);
		assert_int_equal(sent_since(d, A_TO_B, heard), 3);
		run_to(d, hello + 15 * S);
		assert_int_equal(duet_ike_sas(d, A), 0);
		assert_int_equal(duet_pairs(d, A), 0);
		assert_int_equal(duet_last_heard(d, A, EVT_IKE_DOWN)->reason, R_DPD_TIMEOUT);
		assert_int_equal(duet_last_heard(d, A, EVT_CHILD_DOWN)->reason, R_DPD_TIMEOUT);
		assert_int_equal(duet_counters(d, A).dpd_timeouts, 1);
		assert_int_equal(duet_counters(d, A).keepalive_timeouts, 0);
		assert_int_equal(sent_since(d, A_TO_B, hello + 15 * S), 2); /* both notices */
		duet_run_s(d, 600);
		assert_clean(d); /* and nothing comes back by itself */
	}
}

static void row_c2_without_traffic_nothing_is_asked(void **state)
{
	own(duet) d = with_dpd("interval_seconds=10 retry_seconds=5");
	msec start = d->now;

	(void)state;
	kill_b(d);
	duet_run_s(d, 1000);
	assert_int_equal(sent_since(d, A_TO_B, start), 0);
	assert_int_equal(duet_ike_sas(d, A), 1);
	assert_int_equal(duet_pairs(d, A), 1);
}

/* row_c3, a profile that is used cannot be deleted: tests/unit/model/test_rules.c */

static void a_living_peer_answers_and_lives(void **state)
{
	own(duet) d = with_dpd("interval_seconds=10 retry_seconds=5");
	msec start = d->now;

	(void)state;
	traffic_s(d, 100, false); /* it takes in, and sends nothing back but answers */
	assert_up(d);
	assert_in_range(sent_since(d, A_TO_B, start), 7, 10);
	assert_int_equal(sent_since(d, A_TO_B, start), sent_since(d, B_TO_A, start));
	assert_int_equal(duet_counters(d, A).dropped_unexpected, 0);
}

static void traffic_from_the_peer_is_an_answer(void **state)
{
	own(duet) d = with_dpd("interval_seconds=10 retry_seconds=5");
	msec start = d->now;

	(void)state;
	kill_b(d); /* IKE alone is lost */
	while (sent_since(d, A_TO_B, start) < 2)
		traffic_s(d, 1, false);
	send_one(d, B, true);
	traffic_s(d, 9, false);
	assert_int_equal(sent_since(d, A_TO_B, start), 2);
	assert_int_equal(duet_ike_sas(d, A), 1);
	for (unsigned i = 0; i < 30; i++)
		traffic_s(d, 9, i % 2);
	assert_int_equal(duet_pairs(d, A), 1);
}

static void a_late_answer_counts(void **state)
{
	own(duet) d = with_dpd("interval_seconds=10 retry_seconds=5");
	unsigned b = d->line.sent[B_TO_A];

	(void)state;
	line_delay(d, B_TO_A, b + 1, 12 * S); /* to the first, after the third */
	line_lose(d, B_TO_A, b + 2);
	line_lose(d, B_TO_A, b + 3);
	traffic_s(d, 100, false);
	assert_up(d);
	assert_int_equal(duet_heard(d, A, EVT_IKE_DOWN), 0);
}

/* Answers that were recorded, or that answer nothing that is open, keep nobody alive. */
static void old_answers_count_for_nothing(void **state)
{
	own(duet) d = with_dpd("interval_seconds=10 retry_seconds=5");
	size_t recorded;

	(void)state;
	traffic_s(d, 60, false);
	recorded = d->line.log_n;
	kill_b(d);
	for (unsigned s = 0; s < 40; s++) {
		for (size_t i = 0; i < recorded; i++)
			line_replay(d, i);
		forge_notify(d, A, 1, NTFY_R_U_THERE_ACK);
		traffic_s(d, 1, false);
	}
	assert_int_equal(duet_ike_sas(d, A), 0);
}

static void periodic_asks_without_traffic(void **state)
{
	own(duet) d = with_dpd("mode=periodic interval_seconds=10 retry_seconds=5");
	msec start = d->now, heard;

	(void)state;
	duet_run_s(d, 100);
	assert_in_range(sent_since(d, A_TO_B, start), 9, 10);
	assert_up(d);
	heard = last_sent(d, B_TO_A) + d->line.latency;
	kill_b(d);
	run_to(d, heard + 25 * S - 1);
	assert_int_equal(duet_ike_sas(d, A), 1);
	run_to(d, heard + 25 * S);
	assert_int_equal(duet_ike_sas(d, A), 0);
}

static void a_peer_without_the_vendor_id_is_not_asked(void **state)
{
	own(duet) same = with_dpd("mode=periodic");
	own(duet) d = duet_new("");
	msec start;

	(void)state;
	assert_int_equal(same->line.log[1].way, B_TO_A);
	/* the last payload of B's first answer is that vendor id, with two octets of a version */
	line_flip(d, B_TO_A, 1, same->line.log[1].octets->n - 3, 1);
	duet_edit(d, A, "dpd-profiles w mode=periodic; peers p dpd=w");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 1);
	assert_up(d);
	start = d->now;
	kill_b(d);
	duet_run_s(d, 1000);
	assert_int_equal(sent_since(d, A_TO_B, start), 0);
	assert_int_equal(duet_ike_sas(d, A), 1);
}

static void it_can_be_switched_on_and_off(void **state)
{
	own(duet) d = with_dpd("mode=periodic interval_seconds=300");
	msec start = d->now;

	(void)state;
	duet_run_s(d, 100);
	assert_int_equal(sent_since(d, A_TO_B, start), 0);
	duet_edit(d, A, "dpd-profiles w interval_seconds=10");
	duet_run_s(d, 2);
	assert_int_equal(sent_since(d, A_TO_B, start), 1);
	duet_edit(d, A, "peers p dpd=");
	start = d->now;
	kill_b(d);
	duet_run_s(d, 1000);
	assert_int_equal(sent_since(d, A_TO_B, start), 0);
	duet_edit(d, A, "peers p dpd=w");
	duet_run_s(d, 26);
	assert_int_equal(duet_ike_sas(d, A), 0);
}

/* Each question and answer uses up a message id; the SA is renewed before it has none left. */
static void many_questions_wear_out_no_sa(void **state)
{
	own(duet) d = with_dpd("mode=periodic interval_seconds=1 retry_seconds=1");

	(void)state;
	duet_edit_both(d, "peers p initial_contact=false");
	duet_run_s(d, 20000);
	assert_up(d);
	assert_in_range(duet_heard(d, A, EVT_IKE_REKEYED), 2, 4);
	assert_int_equal(duet_heard(d, A, EVT_PEER_DOWN), 0);
	assert_int_equal(duet_counters(d, A).dropped_unauthenticated, 0);
	assert_int_equal(duet_counters(d, B).dropped_unauthenticated, 0);
}

static void after_a_death_it_starts_again(void **state)
{
	own(duet) d = with_dpd("action=restart interval_seconds=10 retry_seconds=1 max_failures=2");

	(void)state;
	line_mute(d, B_TO_A, 60 * S);
	traffic_s(d, 20, false);
	assert_int_equal(duet_heard(d, A, EVT_PEER_DOWN), 1);
	duet_run_s(d, 180);
	assert_up(d);
	/* once it was back the tunnel's own start_action counts again */
	duet_reset(d, B,
		   &(struct reset_ask){ .scope = RESET_ALL,
					.level = LEVEL_BOTH,
					.notify_peer = true,
					.reinitiate = REINITIATE_NEVER,
					.why = R_OPERATOR_RESET },
		   NULL, 0);
	duet_run_s(d, 120);
	assert_clean(d);
}

static void after_a_death_it_waits_for_traffic(void **state)
{
	own(duet) d = with_dpd("action=trap interval_seconds=10 retry_seconds=1 max_failures=2");
	const struct plane *p = d->side[A].plane;

	(void)state;
	assert_false(recording_policy(p, 0)->trap); /* start_action=none */
	line_mute(d, B_TO_A, 20 * S);
	traffic_s(d, 20, false);
	assert_int_equal(duet_pairs(d, A), 0);
	assert_int_equal(recording_policies(p), 1);
	assert_true(recording_policy(p, 0)->trap);
	duet_run_s(d, 60);
	assert_int_equal(duet_pairs(d, A), 0);
	engine_acquire(d->side[A].engine, d->now, recording_policy(p, 0)->id);
	duet_run_s(d, 5);
	assert_up(d);
	assert_false(recording_policy(p, 0)->trap);
}

static void a_start_tunnel_comes_back_after_a_death(void **state)
{
	own(duet) d = with_dpd("interval_seconds=10 retry_seconds=1 max_failures=2");

	(void)state;
	duet_edit(d, A, "tunnels t1 start_action=start");
	line_mute(d, B_TO_A, 60 * S);
	traffic_s(d, 20, false);
	duet_run_s(d, 180);
	assert_up(d);
}

static void bad_lines_raise_no_false_alarm(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		own(duet) d = duet_new_seeded("child-life 86400", seed);

		duet_edit_both(d, "settings/keepalive keepalive interval_seconds=20 "
				  "timeout_seconds=61; dpd-profiles w; peers p dpd=w");
		duet_initiate(d, A, "t1");
		duet_run_s(d, 5);
		assert_up(d);
		line_weather(d, 5, 2, 5, 0);
		for (unsigned i = 0; i < 86400 / 5 - 1000; i++) {
			send_one(d, A, rng_below(&d->line.weather, 100) >= 5);
			send_one(d, B, rng_below(&d->line.weather, 100) >= 5);
			duet_run_s(d, 5);
		}
		for (enum side s = A; s <= B; s++) {
			assert_int_equal(duet_heard(d, s, EVT_PEER_DOWN), 0);
			assert_int_equal(duet_heard(d, s, EVT_IKE_DOWN), 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row_b1_two_silent_timeouts_end_it),
		cmocka_unit_test(row_b2_a_keepalive_takes_the_tag_away),
		cmocka_unit_test(row_b4_a_peer_that_sends_none_dies_after_two_timeouts),
		cmocka_unit_test(row_b5_values_at_the_edges_work),
		cmocka_unit_test(one_step_where_the_setting_says_so),
		cmocka_unit_test(both_ends_watch_each_other_for_a_day),
		cmocka_unit_test(keepalives_come_at_their_interval),
		cmocka_unit_test(a_peer_has_its_own_values),
		cmocka_unit_test(new_values_count_at_once),
		cmocka_unit_test(another_type_is_not_heard),
		cmocka_unit_test(old_keepalives_count_for_nothing),
		cmocka_unit_test(a_successor_is_watched_afresh),
		cmocka_unit_test(row_c1_dead_15_s_after_the_first_hello),
		cmocka_unit_test(row_c2_without_traffic_nothing_is_asked),
		cmocka_unit_test(a_living_peer_answers_and_lives),
		cmocka_unit_test(traffic_from_the_peer_is_an_answer),
		cmocka_unit_test(a_late_answer_counts),
		cmocka_unit_test(old_answers_count_for_nothing),
		cmocka_unit_test(periodic_asks_without_traffic),
		cmocka_unit_test(a_peer_without_the_vendor_id_is_not_asked),
		cmocka_unit_test(it_can_be_switched_on_and_off),
		cmocka_unit_test(many_questions_wear_out_no_sa),
		cmocka_unit_test(after_a_death_it_starts_again),
		cmocka_unit_test(after_a_death_it_waits_for_traffic),
		cmocka_unit_test(a_start_tunnel_comes_back_after_a_death),
		cmocka_unit_test(bad_lines_raise_no_false_alarm),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

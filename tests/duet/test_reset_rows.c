/* test_reset_rows.c - the manual's scenarios about resets, by their names
 *
 * D1 .. D6 and C3 of the manual's list, and the flags of both phases. D2 and D4 are played against strongSwan in tests/interop/cases, too.
 */
#include "tests/duet/play.h"

#include "core/model/rules.h"

enum { MOST = 16 };

static struct reset_ask asked(enum reset_scope scope, enum reset_level level)
{
	return (struct reset_ask){ .scope = scope,
				   .level = level,
				   .notify_peer = true,
				   .reinitiate = REINITIATE_AUTO,
				   .why = R_OPERATOR_RESET,
				   .who = "tester" };
}

/* Traffic asks for the flow of this name's first pair: whatever flow ids there are. */
static void traffic(struct duet *d, enum side who)
{
	for (uint32_t flow = 1; flow < 30; flow++)
		engine_acquire(d->side[who].engine, d->now, flow);
	duet_run_s(d, 5);
}

static size_t at_event(const struct duet *d, enum side s, enum event_id id)
{
	const struct actor *a = &d->side[s];

	for (size_t i = 0; i < a->heard_n; i++)
		if (a->heard[i].id == id)
			return i;
	duet_complain(d, "%c never heard %s", "AB"[s], event_row(id) -> name);
	return 0;
}

static struct duet *on_traffic(const char *words)
{
	struct duet *d = duet_new(words);

	duet_edit_both(d, "tunnels t1 start_action=trap");
	traffic(d, A);
	assert_up(d);
	return d;
}

/* Another key without a reset: the SAs go on with the old one, and say that they are stale and why. */
static void row_d1(void **state)
{
	own(duet) d = on_traffic("");
	struct ike_sa_row before, after;
	struct peer_row p;

	(void)state;
	assert_true(duet_ike(d, A, 0, &before) && !before.stale);
	duet_edit_both(d, "secrets k value=new-horse");
	duet_run_s(d, 5);
	assert_true(duet_ike(d, A, 0, &after));
	assert_int_equal(before.id, after.id);
	assert_true(after.stale);
	assert_non_null(strstr(after.stale_reasons, "psk"));
	assert_true(duet_peer(d, A, "p", &p) && p.stale);
	assert_up(d);
	assert_int_equal(duet_traffic(d, 5), 10);
}

/* And the reset: IPsec Deletes before the IKE Delete, nothing until traffic, then the new key. */
static void row_d2(void **state)
{
	own(duet) d = on_traffic("");
	struct reset_ask ask = asked(RESET_PEER, LEVEL_BOTH);
	struct touched t[MOST];
	struct ike_sa_row row;

	(void)state;
	strcpy(ask.name, "p");
	duet_edit_both(d, "secrets k value=new-horse");
	struct reset_report r = duet_reset(d, A, &ask, t, MOST);
	assert_int_equal(r.n, 2);
	assert_int_equal(r.notices, 2);
	assert_string_equal(r.warning, "");
	assert_true(t[0].is_child && !t[1].is_child);
	duet_run_s(d, 3);
	assert_clean(d);
	for (enum side s = A; s <= B; s++)
		assert_true(at_event(d, s, EVT_CHILD_DOWN) < at_event(d, s, EVT_IKE_DOWN));
	traffic(d, A);
	assert_up(d);
	assert_true(duet_ike(d, A, 0, &row) && !row.stale);
	/* it is the new key: with the old one at one end nothing comes up */
	duet_reset(d, A, &ask, NULL, 0);
	duet_edit(d, B, "secrets k value=" STAGE_SECRET);
	traffic(d, A);
	assert_int_equal(duet_pairs(d, A), 0);
}

/* The wrong order: the peer keeps its IPsec SAs, and both answers say so. */
static void row_d3(void **state)
{
	own(duet) d = on_traffic("");
	struct reset_ask ask = asked(RESET_ALL, LEVEL_IKE);
	struct reset_report r = duet_reset(d, A, &ask, NULL, 0);

	(void)state;
	assert_int_equal(r.ike_sas, 1);
	assert_int_equal(r.child_sas, 0);
	assert_non_null(strstr(r.warning, "no Delete can be sent"));
	duet_run_s(d, 2);
	ask = asked(RESET_ALL, LEVEL_CHILD);
	r = duet_reset(d, A, &ask, NULL, 0);
	assert_int_equal(r.child_sas, 1);
	assert_int_equal(r.notices, 0);
	assert_non_null(strstr(r.warning, "no IKE SA left"));
	duet_run_s(d, 2);
	assert_int_equal(duet_pairs(d, A), 0);
	assert_int_equal(duet_pairs(d, B), 1);
}

#define KEY_1                              \
	"000102030405060708090a0b0c0d0e0f" \
	"101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
#define KEY_2                              \
	"f00102030405060708090a0b0c0d0e0f" \
	"101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
#define MANUAL "tunnels m keying=manual peer=p ipsec_proposals=e1 "

/* A pair with the same keys crosswise, and no IKE SA. */
static struct duet *by_hand(void)
{
	struct duet *d = duet_new("esp aes-cbc-128/sha256");

	duet_edit_both(d, "-tunnels t1; secrets one type=ipsec_keys value=0x" KEY_1
			  "; secrets two type=ipsec_keys value=" KEY_2);
	duet_edit(d, A,
		  MANUAL "local_ts=10.1.9.0/24 remote_ts=10.2.9.0/24 manual.spi_in=0x00001001 "
			 "manual.spi_out=0x00002002 manual.key_in=one manual.key_out=two");
	duet_edit(d, B,
		  MANUAL "local_ts=10.2.9.0/24 remote_ts=10.1.9.0/24 manual.spi_in=0x00002002 "
			 "manual.spi_out=0x00001001 manual.key_in=two manual.key_out=one");
	duet_run_s(d, 1);
	return d;
}

/* Back within a second, with the same SPIs and without a word to the peer. */
static void row_d5(void **state)
{
	own(duet) d = by_hand();
	struct reset_ask ask = asked(RESET_ALL, LEVEL_BOTH);
	struct child_row before, after;
	struct touched t[MOST];

	(void)state;
	assert_true(duet_child(d, A, 0, &before) && before.keying == KEYING_MANUAL);
	assert_int_equal(before.replay_window, 0);
	assert_int_equal(before.ike_sa, 0);
	assert_int_equal(duet_traffic(d, 5), 10);
	struct reset_report r = duet_reset(d, A, &ask, t, MOST);
	assert_int_equal(r.n, 1);
	assert_int_equal(t[0].result, RES_REESTABLISHED);
	assert_string_equal(r.warning, "");
	duet_run_s(d, 1);
	assert_true(duet_child(d, A, 0, &after));
	assert_true(after.id != before.id);
	assert_int_equal(after.spi_in, 0x1001);
	assert_int_equal(after.spi_out, 0x2002);
	assert_int_equal(duet_traffic(d, 5), 10);
	assert_false(duet_ike(d, A, 0, &(struct ike_sa_row){ 0 }));
	/* it lives as long as its tunnel */
	duet_run_s(d, 3 * 86400);
	assert_true(duet_child(d, A, 0, &before) && before.id == after.id);
	duet_edit(d, A, "tunnels m enabled=false");
	duet_run_s(d, 1);
	assert_int_equal(duet_pairs(d, A), 0);
}

/* Another key is an edit as any other: stale until the reset that applies it. */
static void row_d5_edited(void **state)
{
	own(duet) d = by_hand();
	struct reset_ask ask = asked(RESET_TUNNEL, LEVEL_CHILD);
	struct child_row c;

	(void)state;
	strcpy(ask.name, "m");
	duet_edit(d, A, "secrets one value=" KEY_2);
	assert_true(duet_child(d, A, 0, &c) && c.stale);
	assert_string_equal(c.stale_reasons, "manual.key_in");
	duet_edit(d, A, "peers p initial_contact=false");
	assert_true(duet_child(d, A, 0, &c));
	assert_string_equal(c.stale_reasons, "manual.key_in");
	duet_reset(d, A, &ask, NULL, 0);
	duet_run_s(d, 1);
	assert_true(duet_child(d, A, 0, &c) && !c.stale);
	/* a key that does not fit takes the tunnel down, and says by which member */
	duet_edit(d, A, "secrets one value=0x1234");
	duet_reset(d, A, &ask, NULL, 0);
	duet_run_s(d, 1);
	assert_int_equal(duet_pairs(d, A), 0);
	at_event(d, A, EVT_MANUAL_FAILED);
	struct tunnel_row t;
	assert_true(duet_tunnel(d, A, "m", &t) && t.state == TS_FAILED);
	assert_non_null(strstr(t.last_failure, "has another length"));
	duet_edit(d, A, "secrets one value=" KEY_1);
	duet_run_s(d, 10);
	assert_true(duet_child(d, A, 0, &c) && !c.stale);
	assert_int_equal(duet_traffic(d, 5), 10);
}

/* Who calls for its traffic hears no, and its pair stays. */
static void row_d5_called(void **state)
{
	own(duet) d = by_hand();

	(void)state;
	duet_edit(d, B,
		  "-tunnels m; tunnels t1 peer=p ipsec_proposals=e1 local_ts=10.2.9.0/24 "
		  "remote_ts=10.1.9.0/24");
	duet_initiate(d, B, "t1");
	duet_run_s(d, 10);
	assert_verdict(d, A, 32, R_NO_TUNNEL, SIDE_LOCAL, "keying");
	assert_int_equal(duet_pairs(d, A), 1);
}

/* Exactly those: every way to name one of two pairs. */
static void row_d4(void **state)
{
	enum { BY_CONNECTION, BY_TUNNEL, BY_SPI_IN, BY_SPI_OUT, WAYS };

	(void)state;
	for (int way = 0; way < WAYS; way++) {
		own(duet) d = play_up("tunnels 2");
		struct reset_ask ask = asked(RESET_SPI, LEVEL_CHILD);
		struct child_row c, left;
		struct ike_sa_row sa;
		struct touched t[MOST];

		duet_initiate(d, A, "t2");
		duet_run_s(d, 3);
		assert_true(duet_child(d, A, 0, &c) && duet_ike(d, A, 0, &sa));
		assert_int_not_equal(c.id, sa.id);
		if (way == BY_CONNECTION)
			ask = asked(RESET_CONNECTION, LEVEL_IKE);
		else if (way == BY_TUNNEL)
			ask = asked(RESET_TUNNEL, LEVEL_CHILD);
		ask.id = c.id;
		ask.spi = way == BY_SPI_OUT ? c.spi_out : c.spi_in;
		ask.remote = d->side[way == BY_SPI_OUT ? B : A].addr;
		snprintf(ask.name, sizeof(ask.name), "%s", c.tunnel);
		struct reset_report r = duet_reset(d, A, &ask, t, MOST);
		assert_int_equal(r.n, 1);
		assert_true(t[0].is_child);
		assert_int_equal(t[0].id, c.id);
		assert_int_equal(r.notices, 1);
		assert_string_equal(r.warning, "");
		duet_run_s(d, 2);
		/* both directions at both ends; phase 1 and the other pair stay */
		assert_up(d);
		for (enum side s = A; s <= B; s++) {
			assert_int_equal(duet_pairs(d, s), 1);
			assert_int_equal(duet_ike_sas(d, s), 1);
		}
		assert_true(duet_child(d, A, 0, &left));
		assert_string_not_equal(left.tunnel, c.tunnel);
	}
}

static void row_d4_by_remote_takes_all_with_it(void **state)
{
	own(duet) d = play_up("tunnels 2");
	struct reset_ask ask = asked(RESET_REMOTE, LEVEL_CHILD);

	(void)state;
	duet_initiate(d, A, "t2");
	duet_run_s(d, 3);
	ask.remote = d->side[B].addr;
	assert_int_equal(duet_reset(d, A, &ask, NULL, 0).child_sas, 2);
	duet_run_s(d, 2);
	assert_int_equal(duet_pairs(d, B), 0);
	assert_int_equal(duet_ike_sas(d, B), 1);
}

/* A connection id of phase 1: the IKE SA alone, or with its pairs when both are asked for. */
static void row_d4_of_phase_1(void **state)
{
	(void)state;
	for (enum reset_level level = LEVEL_BOTH; level <= LEVEL_IKE; level++) {
		own(duet) d = play_up("");
		struct reset_ask ask = asked(RESET_CONNECTION, level);
		struct ike_sa_row sa;

		assert_true(duet_ike(d, A, 0, &sa));
		ask.id = sa.id + 1000;
		assert_int_equal(duet_reset(d, A, &ask, NULL, 0).n, 0);
		assert_up(d);
		ask.id = sa.id;
		struct reset_report r = duet_reset(d, A, &ask, NULL, 0);
		assert_int_equal(r.ike_sas, level != LEVEL_CHILD);
		assert_int_equal(r.child_sas, level != LEVEL_IKE);
		assert_int_equal(*r.warning != '\0', level == LEVEL_IKE);
	}
}

/* Without traffic nothing comes back. */
static void row_d6(void **state)
{
	own(duet) d = on_traffic("");
	struct reset_ask ask = asked(RESET_ALL, LEVEL_BOTH);

	(void)state;
	duet_reset(d, A, &ask, NULL, 0);
	duet_run_s(d, 2);
	assert_clean(d);
	unsigned sent = d->line.sent[A] + d->line.sent[B];
	duet_run_s(d, 300);
	assert_int_equal(d->line.sent[A] + d->line.sent[B], sent);
	assert_clean(d);
	traffic(d, A);
	assert_up(d);
}

/* A profile that a peer uses stays, and who uses it is said; without the peer it may go. */
static void row_c3(void **state)
{
	own(duet) d = duet_new("");
	struct edit gone = { .op = EDIT_DELETE, .kind = K_DPD_PROFILE, .name = "often" };
	struct fault f = { 0 };

	(void)state;
	duet_edit(d, A, "dpd-profiles often interval_seconds=5;peers p dpd=often");
	for (int used = 1; used >= 0; used--) {
		struct faults errors = { 0 }, warnings = { 0 };

		if (!used)
			duet_edit(d, A, "peers p dpd=");
		struct config *after = config_with(d->side[A].config, &gone, 1, "tester", 1, &f);
		enum reason r =
			after ? rules_check(d->side[A].config, after, &gone, 1, &errors, &warnings)
			      : f.reason;
		assert_int_equal(r, used ? R_IN_USE : R_OK);
		assert_int_equal(errors.n > 0, used);
		if (used)
			assert_non_null(strstr(errors.at[0].text, "p"));
		config_unref(after);
	}
}

/* --- the flags of both phases ---------------------------------------------------------- */

static void half_done_is_none(struct duet *d, void *arg)
{
	bool *seen = arg;
	struct ike_sa_row sa;
	struct child_row c;

	if (duet_ike(d, A, 0, &sa) && sa.state == SA_CONNECTING) {
		*seen = true;
		assert_string_equal(sa.flags_text, "NONE");
	}
	if (duet_child(d, A, 0, &c) && c.state == CS_NEGOTIATING)
		assert_string_equal(c.flags_text, "NONE");
}

static void flags_come_at_their_moment(void **state)
{
	own(duet) d = duet_new("");
	struct child_row c[2];
	struct ike_sa_row sa;
	bool seen = false, replaced = false;

	(void)state;
	duet_edit_both(d, "ipsec-proposals e1 lifetime_seconds=180");
	d->after = half_done_is_none;
	d->arg = &seen;
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	d->after = NULL;
	assert_true(seen);
	for (enum side s = A; s <= B; s++) {
		const char *want = s == A ? "RD|ST" : "RD";

		assert_true(duet_ike(d, s, 0, &sa) && duet_child(d, s, 0, &c[0]));
		assert_string_equal(sa.flags_text, want);
		assert_string_equal(c[0].flags_text, want);
	}
	/* a new pair takes over: the old one is RL until it goes, the new one never */
	for (int i = 0; i < 200 * 10; i++) {
		duet_run_ms(d, 100);
		if (!duet_child(d, A, 0, &c[0]) || !duet_child(d, A, 1, &c[1]) ||
		    c[1].state == CS_NEGOTIATING || !(c[0].flags & SAF_RL))
			continue;
		replaced = true;
		assert_non_null(strstr(c[0].flags_text, "RD|ST|RL"));
		assert_string_equal(c[1].flags_text, "RD|ST");
	}
	assert_true(replaced);
}

/* RK while its heir is negotiated, RL on the old one from then on, on the initiator's side. */
static void flags_of_phase_1_over_its_life(void **state)
{
	own(duet) d = duet_new("");
	struct ike_sa_row old, heir;
	bool rekeying = false, replaced = false;
	uint32_t id = 0;

	(void)state;
	duet_edit_both(d, "ike-proposals i1 lifetime_seconds=100");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_true(duet_ike(d, A, 0, &old));
	id = old.id;
	for (int i = 0; i < 100 * 50 && duet_ike(d, A, 0, &old) && old.id == id; i++) {
		bool fresh = duet_ike(d, A, 1, &heir) && heir.flags & SAF_RD;

		rekeying |= strstr(old.flags_text, "RK") != NULL;
		replaced |= strstr(old.flags_text, "RD|ST|RL") != NULL;
		assert_int_equal(strstr(old.flags_text, "RL") != NULL, fresh);
		if (fresh)
			assert_string_equal(heir.flags_text, "RD|ST");
		duet_run_ms(d, 20);
	}
	assert_true(rekeying && replaced);
}

/* Nobody answers the initiator's renegotiation: the pair fades at both ends until its hard end. */
static void a_pair_fades(void **state)
{
	own(duet) d = duet_new("");
	msec faded[2] = { 0 }, gone[2] = { 0 }, up;
	struct child_row c;

	(void)state;
	duet_edit_both(d, "ipsec-proposals e1 lifetime_seconds=180");
	duet_initiate(d, A, "t1");
	while (!duet_is_up(d))
		duet_run_ms(d, 10);
	up = d->now;
	line_mute(d, A_TO_B, 1000 * 1000);
	line_mute(d, B_TO_A, 1000 * 1000);
	while (d->now < up + 190 * 1000) {
		for (enum side s = A; s <= B; s++) {
			bool there = duet_child(d, s, 0, &c) && c.flags & SAF_RD;

			if (!there && !gone[s])
				gone[s] = d->now - up;
			if (!there || !(c.flags & SAF_FD))
				continue;
			faded[s] = faded[s] ? faded[s] : d->now - up;
			assert_non_null(strstr(c.flags_text, s == A ? "RD|ST|FD" : "RD|FD"));
		}
		duet_run_ms(d, 50);
	}
	for (enum side s = A; s <= B; s++) {
		assert_in_range(faded[s], 180 * 850 - 100, 180 * 970 + 100);
		assert_in_range(gone[s], 179900, 180100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row_d1),
		cmocka_unit_test(row_d2),
		cmocka_unit_test(row_d3),
		cmocka_unit_test(row_d4),
		cmocka_unit_test(row_d5),
		cmocka_unit_test(row_d5_edited),
		cmocka_unit_test(row_d5_called),
		cmocka_unit_test(row_d4_by_remote_takes_all_with_it),
		cmocka_unit_test(row_d4_of_phase_1),
		cmocka_unit_test(row_d6),
		cmocka_unit_test(row_c3),
		cmocka_unit_test(flags_come_at_their_moment),
		cmocka_unit_test(flags_of_phase_1_over_its_life),
		cmocka_unit_test(a_pair_fades),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

/* test_reset.c - deletes of either end, resets of every scope, and what an edit makes stale */
#include "tests/duet/play.h"

enum { MOST = 16 };

static struct reset_ask asked(enum reset_scope scope, enum reset_level level)
{
	return (struct reset_ask){ .scope = scope,
				   .level = level,
				   .notify_peer = true,
				   .reinitiate = REINITIATE_NEVER,
				   .why = R_OPERATOR_RESET,
				   .who = "tester" };
}

/* When the n-th event of this id was heard; complains when it was not. */
static size_t place(const struct duet *d, enum side s, enum event_id id)
{
	const struct actor *a = &d->side[s];

	for (size_t i = 0; i < a->heard_n; i++)
		if (a->heard[i].id == id)
			return i;
	duet_complain(d, "%c never heard %s", "AB"[s], event_row(id) -> name);
	return 0;
}

static void a_reset_ends_both_ends(void **state)
{
	(void)state;
	for (enum side who = A; who <= B; who++) {
		own(duet) d = play_up("tunnels 3");
		struct reset_ask ask = asked(RESET_ALL, LEVEL_BOTH);
		struct touched t[MOST];
		struct reset_report r;

		duet_initiate(d, A, "t2");
		duet_initiate(d, B, "t3");
		duet_run_s(d, 3);
		assert_up(d);
		r = duet_reset(d, who, &ask, t, MOST);
		assert_int_equal(r.n, 4);
		assert_int_equal(r.ike_sas, 1);
		assert_int_equal(r.child_sas, 3);
		assert_true(r.notices >= 2);
		assert_true(t[0].is_child && t[1].is_child && t[2].is_child && !t[3].is_child);
		for (size_t i = 0; i < r.n; i++)
			assert_int_equal(t[i].result, RES_DELETED);
		duet_run_s(d, 2);
		assert_clean(d);
		/* children first, at both ends, which means on the wire */
		for (enum side s = A; s <= B; s++)
			assert_true(place(d, s, EVT_CHILD_DOWN) < place(d, s, EVT_IKE_DOWN));
		assert_int_equal(duet_last_heard(d, who, EVT_CHILD_DOWN)->reason, R_OPERATOR_RESET);
		assert_int_equal(duet_last_heard(d, !who, EVT_CHILD_DOWN)->reason, R_PEER_DELETED);
		assert_int_equal(duet_last_heard(d, !who, EVT_IKE_DOWN)->reason, R_PEER_DELETED);
		assert_int_equal(duet_heard(d, who, EVT_SA_RESET), 1);
		assert_int_equal(duet_heard(d, A, EVT_PEER_DOWN), 1);
		assert_int_equal(duet_heard(d, B, EVT_PEER_DOWN), 1);
		duet_initiate(d, !who, "t1");
		duet_run_s(d, 3);
		assert_up(d);
	}
}

static void the_notices_say_what_went(void **state)
{
	(void)state;
	own(duet) d = play_up("tunnels 2");
	struct reset_ask ask = asked(RESET_PEER, LEVEL_BOTH);
	struct counter_row before, after;

	strcpy(ask.name, "p");
	duet_initiate(d, B, "t2");
	duet_run_s(d, 3);
	before = duet_counters(d, B);
	unsigned sent = d->line.sent[A];
	struct reset_report r = duet_reset(d, A, &ask, NULL, 0);
	duet_run_s(d, 1);
	after = duet_counters(d, B);
	assert_int_equal(after.deletes_in - before.deletes_in, r.notices);
	assert_int_equal(d->line.sent[A] - sent, r.notices);
	assert_clean(d);
}

static void one_tunnel_goes_the_other_stays(void **state)
{
	(void)state;
	own(duet) d = play_up("tunnels 2");
	struct reset_ask ask = asked(RESET_TUNNEL, LEVEL_CHILD);
	struct tunnel_row t;

	strcpy(ask.name, "t1");
	duet_initiate(d, A, "t2");
	duet_run_s(d, 3);
	struct reset_report r = duet_reset(d, A, &ask, NULL, 0);
	assert_int_equal(r.child_sas, 1);
	assert_int_equal(r.ike_sas, 0);
	duet_run_s(d, 3);
	assert_up(d);
	assert_int_equal(duet_pairs(d, A), 1);
	assert_int_equal(duet_pairs(d, B), 1);
	assert_true(duet_tunnel(d, B, "t1", &t) && t.state == TS_DOWN);
	assert_string_equal(t.last_down_reason, "deleted-by-peer");
	assert_true(duet_tunnel(d, B, "t2", &t) && t.state == TS_UP);
}

static void every_scope_names_its_own(void **state)
{
	(void)state;
	static const enum reset_scope scopes[] = { RESET_PEER,     RESET_TUNNEL, RESET_IKE_SA,
						   RESET_CHILD_SA, RESET_REMOTE, RESET_SPI };

	for (size_t i = 0; i < COUNT_OF(scopes); i++) {
		own(duet) d = play_up("");
		struct reset_ask ask = asked(scopes[i], LEVEL_BOTH), miss;
		struct child_row c;
		struct ike_sa_row sa;
		struct reset_report dry, real;

		assert_true(duet_child(d, A, 0, &c) && duet_ike(d, A, 0, &sa));
		strcpy(ask.name, scopes[i] == RESET_PEER ? "p" : "t1");
		ask.id = scopes[i] == RESET_IKE_SA ? sa.id : c.id;
		if (scopes[i] == RESET_REMOTE)
			ask.remote = d->side[B].addr;
		ask.spi = c.spi_in;
		miss = ask;
		strcpy(miss.name, "nobody");
		miss.id += 1000;
		miss.remote = d->side[A].addr;
		miss.spi ^= 0x55;
		dry = duet_reset(d, A, &miss, NULL, 0);
		assert_int_equal(dry.n, 0);
		ask.dry_run = true;
		struct touched would[MOST], did[MOST];
		dry = duet_reset(d, A, &ask, would, MOST);
		duet_run_s(d, 1);
		assert_up(d);
		ask.dry_run = false;
		real = duet_reset(d, A, &ask, did, MOST);
		assert_true(dry.n > 0 && dry.n <= MOST);
		assert_int_equal(dry.n, real.n);
		for (size_t k = 0; k < dry.n; k++) {
			assert_int_equal(would[k].result, RES_WOULD);
			assert_int_equal(would[k].id, did[k].id);
			assert_int_equal(would[k].is_child, did[k].is_child);
		}
		duet_run_s(d, 2);
		assert_int_equal(duet_pairs(d, A), 0);
		assert_int_equal(duet_pairs(d, B), 0);
	}
}

/* An SPI belongs to the end that receives with it: ours to our address, the peer's to its own. */
static void an_spi_is_looked_for_at_its_end(void **state)
{
	(void)state;
	own(duet) d = play_up("");
	struct reset_ask ask = asked(RESET_SPI, LEVEL_CHILD);
	const struct addr *here = &d->side[A].addr, *there = &d->side[B].addr;
	struct child_row c;

	assert_true(duet_child(d, A, 0, &c));
	const struct {
		uint32_t spi;
		struct addr dst;
		size_t n;
	} cases[] = {
		{ c.spi_in, *here, 1 },  { c.spi_out, *there, 1 },          { c.spi_in, *there, 0 },
		{ c.spi_out, *here, 0 }, { c.spi_out, { .family = 0 }, 1 },
	};

	ask.dry_run = true;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		ask.spi = cases[i].spi;
		ask.remote = cases[i].dst;
		assert_int_equal(duet_reset(d, A, &ask, NULL, 0).n, cases[i].n);
	}
	ask.dry_run = false;
	ask.spi = c.spi_out;
	ask.remote = *there;
	assert_int_equal(duet_reset(d, A, &ask, NULL, 0).child_sas, 1);
	duet_run_s(d, 2);
	assert_int_equal(duet_pairs(d, A), 0);
	assert_int_equal(duet_pairs(d, B), 0);
}

/* The IKE SA alone: the children live on without it, as in the manual. */
static void the_ike_sa_alone(void **state)
{
	(void)state;
	own(duet) d = play_up("");
	struct reset_ask ask = asked(RESET_ALL, LEVEL_IKE);
	struct reset_report r = duet_reset(d, A, &ask, NULL, 0);

	assert_int_equal(r.ike_sas, 1);
	assert_int_equal(r.child_sas, 0);
	duet_run_s(d, 2);
	assert_up(d);
	assert_int_equal(duet_ike_sas(d, A), 0);
	assert_int_equal(duet_ike_sas(d, B), 0);
	/* and now the peer cannot be told any more */
	ask = asked(RESET_ALL, LEVEL_CHILD);
	r = duet_reset(d, A, &ask, NULL, 0);
	assert_int_equal(r.child_sas, 1);
	assert_int_equal(r.notices, 0);
	assert_true(*r.warning);
}

static void children_follow_when_the_peer_record_says_so(void **state)
{
	(void)state;
	own(duet) d = duet_new("");
	struct reset_ask ask = asked(RESET_ALL, LEVEL_IKE);

	duet_edit(d, B, "peers p children_follow_delete=true");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 3);
	assert_up(d);
	duet_reset(d, A, &ask, NULL, 0);
	duet_run_s(d, 2);
	assert_int_equal(duet_pairs(d, B), 0);
	assert_int_equal(duet_pairs(d, A), 1);
}

static void by_force_nobody_is_told(void **state)
{
	(void)state;
	own(duet) d = play_up("");
	struct reset_ask ask = asked(RESET_ALL, LEVEL_BOTH);
	unsigned sent = d->line.sent[A];

	ask.force = true;
	struct touched t[MOST];
	struct reset_report r = duet_reset(d, A, &ask, t, MOST);
	assert_int_equal(r.notices, 0);
	assert_int_equal(t[0].result, RES_FORCE_DELETED);
	duet_run_s(d, 5);
	assert_int_equal(d->line.sent[A], sent);
	assert_int_equal(duet_pairs(d, A), 0);
	assert_int_equal(duet_pairs(d, B), 1);
}

/* One end forgot everything; INITIAL-CONTACT clears the other. */
static void initial_contact_clears_the_orphans(void **state)
{
	(void)state;
	own(duet) d = play_up("");
	struct reset_ask ask = asked(RESET_ALL, LEVEL_BOTH);

	ask.force = true;
	duet_reset(d, A, &ask, NULL, 0);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 10);
	assert_up(d);
	assert_int_equal(duet_pairs(d, B), 1);
	assert_int_equal(duet_ike_sas(d, B), 1);
}

static void it_comes_back_when_asked_to(void **state)
{
	(void)state;
	own(duet) d = play_up("");
	struct reset_ask ask = asked(RESET_PEER, LEVEL_BOTH);
	struct touched t[MOST];
	struct child_row before, after;

	assert_true(duet_child(d, A, 0, &before));
	strcpy(ask.name, "p");
	ask.reinitiate = REINITIATE_ALWAYS;
	struct reset_report r = duet_reset(d, A, &ask, t, MOST);
	assert_int_equal(r.n, 2);
	assert_int_not_equal(t[0].negotiation, 0);
	duet_run_s(d, 10);
	assert_up(d);
	assert_int_equal(duet_pairs(d, A), 1);
	assert_true(duet_child(d, A, 0, &after));
	assert_int_not_equal(before.spi_in, after.spi_in);
}

/* start_action start: whoever ended it, it comes again. */
static void start_now_comes_again(void **state)
{
	(void)state;
	for (enum side who = A; who <= B; who++) {
		own(duet) d = duet_new("");
		struct reset_ask ask = asked(RESET_ALL, LEVEL_BOTH);

		ask.reinitiate = REINITIATE_AUTO;
		duet_edit(d, A, "tunnels t1 start_action=start");
		duet_run_s(d, 5);
		assert_up(d);
		duet_reset(d, who, &ask, NULL, 0);
		duet_run_s(d, 20);
		assert_up(d);
		assert_int_equal(duet_pairs(d, A), 1);
	}
}

/* --- stale --------------------------------------------------------------------------- */

struct edit_case {
	const char *edit;
	bool ike, child; /* becomes stale */
	const char *member;
};

static const struct edit_case edits[] = {
	{ "peers p description=x", false, false, "" },
	{ "ike-proposals i1 lifetime_seconds=5000", true, false, "lifetime_seconds" },
	{ "ipsec-proposals e1 lifetime_seconds=900", false, true, "lifetime_seconds" },
	{ "ipsec-proposals e1 lifetime_kilobytes=9000", false, true, "lifetime_kilobytes" },
	{ "tunnels t1 lifetime_seconds=900", false, true, "lifetime_seconds" },
	{ "tunnels t1 lifetime_kilobytes=9000", false, true, "lifetime_kilobytes" },
	{ "settings/keepalive keepalive interval_seconds=60", false, false, "" },
	{ "settings/ike ike nat_keepalive_seconds=30", false, false, "" },
	{ "peers p keepalive.interval_seconds=60", false, false, "" },
	{ "dpd-profiles often interval_seconds=5 retry_seconds=2;peers p dpd=often", false, false,
	  "" },
	{ "peers p nat_traversal=force", true, false, "nat_traversal" },
	{ "ike-proposals i1 key_length=256", true, false, "key_length" },
	{ "ike-proposals i1 integrity_algorithm=sha512", true, false, "integrity_algorithm" },
	{ "ike-proposals i1 dh_group=ecp256", true, false, "dh_group" },
	{ "secrets k value=another", true, false, "psk" },
	{ "ipsec-proposals e1 key_length=256", false, true, "key_length" },
	{ "ipsec-proposals e1 pfs_group=x25519", false, true, "pfs_group" },
	{ "tunnels t1 local_ts=10.7.0.0/24", false, true, "local_ts" },
	{ "tunnels t1 sha2_256_truncation_96=true", false, true, "sha2_256_truncation_96" },
	{ "tunnels t1 enabled=false", false, true, "" },
	{ "tunnels t9 peer=p local_ts=10.8.0.0/24 remote_ts=10.8.0.0/24 ipsec_proposals=e1", false,
	  false, "" },
};

static void an_edit_touches_what_it_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(edits); i++) {
		own(duet) d = play_up("");
		const struct edit_case *c = &edits[i];
		struct ike_sa_row sa;
		struct child_row ch;
		struct touched *t;
		uint32_t unaffected;
		bool ike = false, child = false;
		size_t n = duet_weigh(d, A, c->edit, &t, &unaffected);

		for (size_t k = 0; k < n; k++) {
			ike |= !t[k].is_child && t[k].action == IMPACT_IKE;
			child |= t[k].is_child && t[k].action >= IMPACT_CHILD;
			assert_true(strstr(t[k].reason, c->member) || t[k].removed);
		}
		free(t);
		if (ike != c->ike || (child != c->child && !(child && ike)))
			duet_complain(d, "%s weighs as ike %d child %d", c->edit, ike, child);
		duet_edit(d, A, c->edit);
		assert_true(duet_ike(d, A, 0, &sa));
		if (sa.stale != c->ike)
			duet_complain(d, "after %s the IKE SA is stale %d", c->edit, sa.stale);
		if (c->ike)
			assert_non_null(strstr(sa.stale_reasons, c->member));
		assert_int_equal(duet_child(d, A, 0, &ch), true);
		if (c->child && !ch.stale)
			duet_complain(d, "after %s the child is not stale", c->edit);
		if (!c->ike && !c->child)
			assert_false(ch.stale);
	}
}

static void a_stale_reset_clears_what_is_stale(void **state)
{
	(void)state;
	own(duet) d = play_up("tunnels 2");
	struct reset_ask ask = asked(RESET_STALE, LEVEL_BOTH);
	struct child_row c;

	duet_initiate(d, A, "t2");
	duet_run_s(d, 3);
	duet_edit_both(d, "tunnels t2 sha2_256_truncation_96=true");
	ask.reinitiate = REINITIATE_ALWAYS;
	ask.why = R_CONFIG_CHANGED;
	struct reset_report r = duet_reset(d, A, &ask, NULL, 0);
	assert_int_equal(r.child_sas, 1);
	assert_int_equal(r.ike_sas, 0);
	duet_run_s(d, 5);
	assert_up(d);
	assert_int_equal(duet_pairs(d, A), 2);
	for (size_t i = 0; duet_child(d, A, i, &c); i++)
		assert_false(c.stale);
	r = duet_reset(d, A, &ask, NULL, 0);
	assert_int_equal(r.n, 0);
}

static void renegotiation_clears_stale(void **state)
{
	(void)state;
	own(duet) d = play_up("child-life 180 ike-life 600");
	struct child_row c;
	struct ike_sa_row sa;

	duet_edit_both(d, "ipsec-proposals e1 key_length=256; ike-proposals i1 key_length=256");
	assert_true(duet_child(d, A, 0, &c) && c.stale);
	assert_true(duet_ike(d, A, 0, &sa) && sa.stale);
	duet_run_s(d, 660);
	assert_up(d);
	for (size_t i = 0; duet_child(d, A, i, &c); i++) {
		assert_false(c.stale);
		assert_int_equal(c.key_length, 256);
	}
	for (size_t i = 0; duet_ike(d, A, i, &sa); i++) {
		assert_false(sa.stale);
		assert_int_equal(sa.key_length, 256);
	}
}

/* An edit or delete of what a negotiation stands on, at each moment of it. */
static void edits_while_it_runs(void **state)
{
	static const char *const list[] = { "-tunnels t1",
					    "-tunnels t1; -peers p",
					    "tunnels t1 enabled=false",
					    "peers p enabled=false",
					    "peers p psk=none; secrets none description=x",
					    "ike-proposals i1 key_length=256" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(list); i++) {
		for (unsigned n = 1; n <= 9; n++) {
			for (enum side who = A; who <= B; who++) {
				own(duet) d = duet_new("");

				duet_initiate(d, A, "t1");
				while (d->line.sent[A] + d->line.sent[B] < n)
					duet_run_ms(d, 1);
				duet_edit(d, who, list[i]);
				duet_run_s(d, 120);
			}
		}
	}
}

static void shutting_down_tells_the_peer(void **state)
{
	(void)state;
	own(duet) d = play_up("tunnels 2");

	duet_initiate(d, B, "t2");
	duet_run_s(d, 2);
	engine_shutdown(d->side[A].engine, d->now);
	duet_run_s(d, 3);
	assert_clean(d);
	assert_int_equal(duet_last_heard(d, A, EVT_CHILD_DOWN)->reason, R_SHUTDOWN);
	struct fault f = { 0 };
	uint64_t id;
	assert_int_not_equal(duet_try(d, A, "t1", &id, &f), R_OK);
	duet_initiate(d, B, "t1");
	duet_run_s(d, 120);
	assert_clean(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reset_ends_both_ends),
		cmocka_unit_test(the_notices_say_what_went),
		cmocka_unit_test(one_tunnel_goes_the_other_stays),
		cmocka_unit_test(every_scope_names_its_own),
		cmocka_unit_test(an_spi_is_looked_for_at_its_end),
		cmocka_unit_test(the_ike_sa_alone),
		cmocka_unit_test(children_follow_when_the_peer_record_says_so),
		cmocka_unit_test(by_force_nobody_is_told),
		cmocka_unit_test(initial_contact_clears_the_orphans),
		cmocka_unit_test(it_comes_back_when_asked_to),
		cmocka_unit_test(start_now_comes_again),
		cmocka_unit_test(an_edit_touches_what_it_says),
		cmocka_unit_test(a_stale_reset_clears_what_is_stale),
		cmocka_unit_test(renegotiation_clears_stale),
		cmocka_unit_test(edits_while_it_runs),
		cmocka_unit_test(shutting_down_tells_the_peer),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

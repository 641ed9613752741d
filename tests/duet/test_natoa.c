/* test_natoa.c - transport mode through a NAT: selectors, original addresses, bad ones
 *
 * What an end says about original addresses is put in by a double in the place of transport1_put.
 */
#include "tests/duet/play.h"

#include "core/base/cursor.h"
#include "core/ike/exchange.h"
#include "core/ike/sa.h"
#include "core/ike/v1/build1.h"
#include "core/ike/v1/quick1.h"
#include "core/ike/within.h"
#include "core/wire/header.h"

void __real_transport1_put(struct build *b, const struct exchange *x);
void __wrap_transport1_put(struct build *b, const struct exchange *x);

/* Bodies in the place of an end's own; n < 0: leave it as it is. */
static struct {
	enum sa_role who;
	int n;
	struct slice at[3];
	enum payload kind;
	unsigned times; /* how often it was asked */
} liar = { .n = -1 };

void __wrap_transport1_put(struct build *b, const struct exchange *x)
{
	liar.times++;
	if (liar.n < 0 || x->role != liar.who) {
		__real_transport1_put(b, x);
		return;
	}
	for (int i = 0; i < liar.n; i++)
		build1_put(b, liar.kind, liar.at[i]);
}

static int be_honest(void **state)
{
	(void)state;
	liar.n = -1;
	liar.kind = PL_NATOA;
	liar.times = 0;
	return 0;
}

#define OUTSIDE_A "203.0.113.7"
#define OUTSIDE_B "203.0.113.9"
#define INSIDE_A  "192.0.2.1"
#define INSIDE_B  "198.51.100.2"

/* One end, or both, behind NATs. Each end's tunnel names the ends as this end sees them. */
static struct duet *play(bool nat_a, bool nat_b, const char *words)
{
	struct duet *d;
	char edit[256];

	snprintf(edit, sizeof(edit), "transport %s", words);
	d = duet_new(edit);
	if (nat_a) {
		line_nat(d, A, OUTSIDE_A);
		snprintf(edit, sizeof(edit),
			 "peers p remote_address=%s remote_id.value=%s; tunnels t1 remote_ts=%s",
			 OUTSIDE_A, INSIDE_A, OUTSIDE_A);
		duet_edit(d, B, edit);
	}
	if (nat_b) {
		line_nat(d, B, OUTSIDE_B);
		line_nat_forwards(d, B);
		snprintf(edit, sizeof(edit),
			 "peers p remote_address=%s remote_id.value=%s; tunnels t1 remote_ts=%s",
			 OUTSIDE_B, INSIDE_B, OUTSIDE_B);
		duet_edit(d, A, edit);
	}
	return d;
}

static const struct plane_sa *inbound(struct duet *d, enum side who)
{
	const struct plane *p = d->side[who].plane;

	for (size_t i = 0; i < recording_sas(p); i++)
		if (recording_at(p, i)->sa.inbound)
			return &recording_at(p, i)->sa;
	_fail(__FILE__, __LINE__);
	return NULL;
}

static void is_address(const struct addr *a, const char *want)
{
	char text[ADDR_TEXT];

	assert_string_equal(a->family ? addr_text(a, text) : "", want);
}

/* How this end sees both, and what it knows of how the other end does. */
static void sees(struct duet *d, enum side who, const char *itself, const char *other,
		 const char *original_other, const char *original_itself)
{
	const struct plane_sa *s = inbound(d, who);

	assert_true(s->transport && s->udp_encap);
	is_address(&s->local_ts.range.low, itself);
	is_address(&s->remote_ts.range.high, other);
	is_address(&s->original_remote, original_other);
	is_address(&s->original_local, original_itself);
}

static void run(struct duet *d)
{
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
}

static void the_initiator_sits_behind_a_nat(void **state)
{
	own(duet) d = play(true, false, "");

	(void)state;
	run(d);
	assert_up(d);
	sees(d, A, INSIDE_A, INSIDE_B, INSIDE_B, OUTSIDE_A);
	sees(d, B, INSIDE_B, OUTSIDE_A, INSIDE_A, INSIDE_B);
	assert_story(d, B, XCHG_QUICK, "behind the NAT that is " OUTSIDE_A,
		     "the peer calls itself " INSIDE_A " and us " INSIDE_B);
	assert_story(d, A, XCHG_QUICK, "the peer calls itself " INSIDE_B " and us " OUTSIDE_A);
}

static void the_responder_sits_behind_a_nat(void **state)
{
	own(duet) d = play(false, true, "pfs x25519");

	(void)state;
	run(d);
	assert_up(d);
	sees(d, A, INSIDE_A, OUTSIDE_B, INSIDE_B, INSIDE_A);
	sees(d, B, INSIDE_B, INSIDE_A, INSIDE_A, OUTSIDE_B);
}

static void both_ends_sit_behind_nats(void **state)
{
	own(duet) d = play(true, true, "");

	(void)state;
	run(d);
	assert_up(d);
	sees(d, A, INSIDE_A, OUTSIDE_B, INSIDE_B, OUTSIDE_A);
	sees(d, B, INSIDE_B, OUTSIDE_A, INSIDE_A, OUTSIDE_B);
}

/* The pair is renewed by either end, and the IKE SA as well. */
static void it_is_renewed(void **state)
{
	own(duet) d = play(true, true, "ike-life 60 child-life 180");

	(void)state;
	run(d);
	duet_run_s(d, 1500);
	assert_up(d);
	assert_int_equal(duet_heard(d, A, EVT_PEER_DOWN), 0);
	sees(d, B, INSIDE_B, OUTSIDE_A, INSIDE_A, OUTSIDE_B);
}

/* Forced without a NAT: both are told all the same, and nothing differs. */
static void forced(void **state)
{
	own(duet) d = play(false, false, "");

	(void)state;
	duet_edit_both(d, "peers p nat_traversal=force");
	run(d);
	assert_up(d);
	sees(d, A, INSIDE_A, INSIDE_B, INSIDE_B, INSIDE_A);
	sees(d, B, INSIDE_B, INSIDE_A, INSIDE_A, INSIDE_B);
}

/* A tunnel that names the inner address of the end behind the NAT works, too: both write that. */
static void selectors_with_the_original_address(void **state)
{
	own(duet) d = play(true, false, "");

	(void)state;
	duet_edit(d, B, "tunnels t1 remote_ts=" INSIDE_A);
	run(d);
	assert_up(d);
	sees(d, A, INSIDE_A, INSIDE_B, INSIDE_B, INSIDE_A);
	sees(d, B, INSIDE_B, INSIDE_A, INSIDE_A, INSIDE_B);
}

/* The tunnel would fit, but for its mode: that is what the verdict tells. */
static void against_tunnel_mode(void **state)
{
	own(duet) d = play(true, false, "");

	(void)state;
	duet_edit(d, B, "tunnels t1 mode=tunnel");
	run(d);
	assert_no_pair(d);
	assert_verdict(d, B, XCHG_QUICK, R_NO_PROPOSAL, SIDE_LOCAL, "mode");
}

/* Networks are nobody's own address: they stay what they are. */
static void only_single_addresses_are_exchanged(void **state)
{
	own(duet) d = play(true, false, "");

	(void)state;
	duet_edit(d, A, "tunnels t1 local_ts=10.1.0.0/24");
	run(d);
	assert_no_pair(d);
	assert_verdict(d, B, XCHG_QUICK, R_NO_TUNNEL, SIDE_LOCAL, "remote_ts");
}

static void tunnel_mode_needs_none(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	duet_edit_both(d, "peers p nat_traversal=force");
	run(d);
	assert_up(d);
	is_address(&inbound(d, A)->original_remote, "");
	is_address(&inbound(d, B)->original_remote, "");
	/* and those of a peer that sends them are not looked at */
	liar.n = 1;
	liar.who = ROLE_INITIATOR;
	liar.at[0] = slice("\x09\0\0\0", 4);
	own(duet) again = duet_new("");
	duet_edit_both(again, "peers p nat_traversal=force");
	run(again);
	assert_up(again);
}

static void without_a_nat_none_are_sent(void **state)
{
	own(duet) d = play(false, false, "");

	(void)state;
	run(d);
	assert_up(d);
	assert_int_equal(liar.times, 2);
	is_address(&inbound(d, A)->original_remote, "");
	is_address(&inbound(d, B)->original_remote, "");
}

/* --- bad ones -------------------------------------------------------------------------- */

static const uint8_t good[] = { 1, 0, 0, 0, 192, 0, 2, 1 };
static const uint8_t wrong_type[] = { 4, 0, 0, 0, 192, 0, 2, 1 };
static const uint8_t too_long[] = { 1, 0, 0, 0, 192, 0, 2, 1, 0 };
static const uint8_t too_short[] = { 5, 0, 0, 0, 192, 0, 2, 1 };
static const uint8_t empty[] = { 1, 0, 0, 0 };
static const uint8_t zeros[] = { 1, 0, 0, 0, 0, 0, 0, 0 };
#define OCTETS(x) slice((x), sizeof(x))

static void bad_ones_are_refused_with_a_reason(void **state)
{
	const struct {
		int n;
		struct slice at[3];
		enum payload kind;
		const char *words;
	} rows[] = {
		{ 3, { OCTETS(good), OCTETS(good), OCTETS(good) }, PL_NATOA, "more than two" },
		{ 2, { OCTETS(good), OCTETS(wrong_type) }, PL_NATOA, "not of type 4" },
		{ 2, { OCTETS(too_long), OCTETS(good) }, PL_NATOA, "has 5 octets, not 4" },
		{ 2, { OCTETS(good), OCTETS(too_short) }, PL_NATOA, "has 4 octets, not 16" },
		{ 2, { OCTETS(empty), OCTETS(good) }, PL_NATOA, "has 0 octets, not 4" },
	};

	(void)state;
	for (enum side who = A; who <= B; who++) {
		for (size_t i = 0; i < COUNT_OF(rows); i++) {
			own(duet) d = play(true, false, "");
			struct story s;

			liar.who = who == A ? ROLE_INITIATOR : ROLE_RESPONDER;
			liar.n = rows[i].n;
			liar.kind = rows[i].kind;
			memcpy(liar.at, rows[i].at, sizeof(liar.at));
			run(d);
			duet_run_s(d, 60);
			assert_no_pair(d);
			assert_verdict(d, !who, XCHG_QUICK, R_BAD_NATOA, SIDE_LOCAL, "");
			assert_true(duet_story(d, !who, XCHG_QUICK, &s));
			if (!strstr(s.text, rows[i].words))
				print_error("%s\n", s.text);
			assert_non_null(strstr(s.text, rows[i].words));
		}
	}
}

/* RFC 3947 demands two, and not everybody sends them: one is the sender's own. Those with the number of
 * the drafts are none. */
static void fewer_are_enough(void **state)
{
	static const struct {
		int n;
		enum payload kind;
		const char *story;
	} rows[] = { { 0, PL_NATOA, "no original addresses" },
		     { 1, PL_NATOA, "calls itself 192.0.2.1 and us nothing" },
		     { 2, PL_NATOA_D, "no original addresses" } };

	(void)state;
	for (enum side who = A; who <= B; who++) {
		for (size_t i = 0; i < COUNT_OF(rows); i++) {
			own(duet) d = play(true, false, "");

			liar.who = who == A ? ROLE_INITIATOR : ROLE_RESPONDER;
			liar.n = rows[i].n;
			liar.kind = rows[i].kind;
			liar.at[0] = liar.at[1] = OCTETS(good);
			run(d);
			assert_up(d);
			assert_story(d, !who, XCHG_QUICK, rows[i].story);
			is_address(&inbound(d, !who)->original_local, "");
			is_address(&inbound(d, !who)->original_remote,
				   rows[i].n == 1 ? "192.0.2.1" : "");
		}
	}
}

/* Zeros say nothing, so the checksums are made anew. */
static void zeros_are_no_address(void **state)
{
	own(duet) d = play(true, false, "");

	(void)state;
	liar.who = ROLE_INITIATOR;
	liar.n = 2;
	liar.at[0] = OCTETS(zeros);
	liar.at[1] = OCTETS(good);
	run(d);
	assert_up(d);
	sees(d, B, INSIDE_B, OUTSIDE_A, "", INSIDE_A);
}

/* --- the drafts ------------------------------------------------------------------------ */

/* B knows draft 02 alone: A's newer vendor ids arrive spoiled. */
static struct duet *play_draft(void)
{
	static const char *const newer[] = { "4a131c81070358455c5728f20e95452f",
					     "7d9419a65310ca6f2c179d9215529d56",
					     "90cb80913ebb696e086381b5ec427b1f" };
	own(duet) same = play(true, false, "");
	struct duet *d = play(true, false, "");

	run(same);
	for (size_t k = 0; k < COUNT_OF(newer); k++) {
		struct slice all = slice_of(same->line.log[0].octets);
		own(bytes) id = bytes_of_hex(newer[k]);

		for (size_t i = 0; i + id->n <= all.n; i++)
			if (memcmp(all.at + i, id->at, id->n) == 0)
				line_flip(d, A_TO_B, 1, i, 0xff);
	}
	return d;
}

static void the_drafts_have_their_own_number(void **state)
{
	own(duet) d = play_draft();

	(void)state;
	run(d);
	assert_up(d);
	sees(d, A, INSIDE_A, INSIDE_B, INSIDE_B, OUTSIDE_A);
	sees(d, B, INSIDE_B, OUTSIDE_A, INSIDE_A, INSIDE_B);
}

/* Draft 02 tells the sender's own address, and only should. */
static void the_drafts_may_tell_less(void **state)
{
	(void)state;
	for (int n = 0; n <= 1; n++) {
		liar.n = -1;
		own(duet) d = play_draft();

		liar.who = ROLE_INITIATOR;
		liar.n = n;
		liar.kind = PL_NATOA_D;
		liar.at[0] = OCTETS(good);
		run(d);
		assert_up(d);
		sees(d, B, INSIDE_B, OUTSIDE_A, n ? INSIDE_A : "", "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_initiator_sits_behind_a_nat, be_honest),
		cmocka_unit_test_setup(the_responder_sits_behind_a_nat, be_honest),
		cmocka_unit_test_setup(both_ends_sit_behind_nats, be_honest),
		cmocka_unit_test_setup(it_is_renewed, be_honest),
		cmocka_unit_test_setup(forced, be_honest),
		cmocka_unit_test_setup(selectors_with_the_original_address, be_honest),
		cmocka_unit_test_setup(against_tunnel_mode, be_honest),
		cmocka_unit_test_setup(only_single_addresses_are_exchanged, be_honest),
		cmocka_unit_test_setup(tunnel_mode_needs_none, be_honest),
		cmocka_unit_test_setup(without_a_nat_none_are_sent, be_honest),
		cmocka_unit_test_setup(bad_ones_are_refused_with_a_reason, be_honest),
		cmocka_unit_test_setup(fewer_are_enough, be_honest),
		cmocka_unit_test_setup(zeros_are_no_address, be_honest),
		cmocka_unit_test_setup(the_drafts_have_their_own_number, be_honest),
		cmocka_unit_test_setup(the_drafts_may_tell_less, be_honest),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

/* test_aggressive.c - aggressive mode with a pre-shared key: up, named, mishandled, probed
 *
 * A calls B unless it is said otherwise. Each of the three messages is lost, doubled, swapped, delayed,
 * damaged; names are found, unknown ones get an answer that tells nothing.
 */
#include "tests/duet/play.h"

#include "core/wire/header.h"
#include "core/wire/payload.h"

#define AGGRESSIVE 4

static void up_by_address(void **state)
{
	(void)state;
	own(duet) d = play_up("aggressive");
	struct ike_sa_row a, b;

	assert_int_equal(d->line.sent[A_TO_B], 4); /* two of phase 1, two of quick mode */
	assert_int_equal(d->line.sent[B_TO_A], 2);
	assert_true(duet_ike(d, A, 0, &a) && duet_ike(d, B, 0, &b));
	assert_int_equal(a.exchange_mode, MODE_AGGRESSIVE);
	assert_int_equal(b.exchange_mode, MODE_AGGRESSIVE);
	assert_string_equal(a.flags_text, "RD|ST");
	assert_string_equal(b.flags_text, "RD");
	assert_string_equal(b.instance, "");
	assert_story(d, A, AGGRESSIVE, "sent our proposal, key exchange and identity",
		     "authenticated the peer", "proved who we are");
	assert_story(d, B, AGGRESSIVE, "a proposal came", "took the peer's proposal",
		     "answered and proved who we are", "the peer goes on",
		     "authenticated the peer");
	assert_int_equal(duet_counters(d, B).half_open, 0);
}

static void up_with_each_group(void **state)
{
	static const char *const words[] = {
		"aggressive aes-cbc-256/sha512/modp2048 pfs modp2048",
		"aggressive 3des-cbc/md5/modp1024",
		"aggressive aes-cbc-128/sha1/ecp256",
		"aggressive aes-cbc-256/sha384/ecp384",
		"aggressive aes-cbc-256/sha512/x25519",
		"aggressive ipv6",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		own(duet) d = play_up(words[i]);

		duet_run_s(d, 30);
		assert_up(d);
	}
}

/* Only proposals of the first one's group can be offered. */
static void one_group_is_offered(void **state)
{
	own(duet) d = duet_new("aggressive aes-cbc-256/sha512/modp2048");
	struct story s;

	(void)state;
	duet_edit(d, A,
		  "ike-proposals i2 number=20 allow_weak=true encryption_algorithm=3des-cbc "
		  "integrity_algorithm=sha1 dh_group=modp1024;"
		  "ike-proposals i3 number=30 encryption_algorithm=aes-cbc key_length=128 "
		  "integrity_algorithm=sha256 dh_group=modp2048;"
		  "peers p ike_proposals=i1,i2,i3");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
	assert_story(d, A, AGGRESSIVE, "1 of 3 proposals are left out");
	assert_true(duet_story(d, B, AGGRESSIVE, &s));
	assert_null(strstr(s.theirs, "modp1024"));
	assert_non_null(strstr(s.theirs, "aes-cbc-128"));
}

#define NAMED_A                                                                      \
	"peers p exchange_mode=aggressive local_id.type=fqdn local_id.value=branch " \
	"remote_id.type=fqdn remote_name=center"
#define NAMED_B                                                                      \
	"peers p exchange_mode=aggressive local_id.type=fqdn local_id.value=center " \
	"remote_id.type=fqdn remote_name=branch remote_address=any"

static struct duet *named(const char *words)
{
	struct duet *d = duet_new(words);

	duet_edit(d, A, NAMED_A);
	duet_edit(d, B, NAMED_B);
	return d;
}

static void up_by_name(void **state)
{
	own(duet) d = named("");
	struct ike_sa_row a, b;

	(void)state;
	duet_initiate(d, A, "t1");
	duet_run_s(d, 3);
	assert_up(d);
	assert_true(duet_ike(d, A, 0, &a) && duet_ike(d, B, 0, &b));
	assert_string_equal(a.local_id, "fqdn branch");
	assert_string_equal(b.remote_id, "fqdn branch");
	assert_string_equal(b.instance, "p@192.0.2.1");
	assert_string_equal(a.instance, "");
}

/* Every kind of identity finds its peer among others that call from anywhere. */
static void up_by_each_kind_of_identity(void **state)
{
	static const struct {
		const char *a, *b;
	} ids[] = {
		{ "local_id.type=fqdn local_id.value=branch", "remote_name=branch" },
		{ "local_id.type=user_fqdn local_id.value=me@branch", "remote_name=me@branch" },
		{ "local_id.type=user_fqdn local_id.value=me@branch",
		  "remote_id.type=user_fqdn remote_id.value=me@branch" },
		{ "local_id.type=key_id local_id.value=group-7",
		  "remote_id.type=key_id remote_id.value=group-7" },
		{ "local_id.type=address local_id.value=10.77.0.1",
		  "remote_id.type=address remote_id.value=10.77.0.1" },
		{ "local_id.type=address", "remote_id.type=address" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		own(duet) d = duet_new("aggressive");
		char edit[256];

		snprintf(edit, sizeof(edit), "peers p %s", ids[i].a);
		duet_edit(d, A, edit);
		snprintf(edit, sizeof(edit), "peers p remote_address=any %s", ids[i].b);
		duet_edit(d, B, edit);
		duet_edit(d, B,
			  "secrets k2 value=another;peers a1 remote_address=any "
			  "exchange_mode=aggressive psk=k2 remote_name=other;"
			  "peers z1 remote_address=any exchange_mode=aggressive psk=k2 "
			  "remote_id.type=key_id remote_id.value=group-8");
		duet_initiate(d, A, "t1");
		duet_run_s(d, 3);
		assert_up(d);
	}
}

static void the_local_name_is_the_global_one(void **state)
{
	own(duet) d = named("");

	(void)state;
	duet_edit(d, A, "peers p local_id.value=;settings/ike ike local_name=branch");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 3);
	assert_up(d);
}

/* --- mishaps --- */

static unsigned ended_up, plays;

static void traffic_flows(struct duet *d, void *arg)
{
	(void)arg;
	duet_traffic(d, 1);
}

static void comes_to_an_end(struct duet *d, bool must_be_up, const char *what)
{
	char why[256];

	duet_run_s(d, 120);
	enum ending e = duet_ending(d, why, sizeof(why));
	plays++;
	ended_up += e == ENDED_UP;
	if (e != ENDED_UP && !must_be_up) {
		duet_initiate(d, A, "t1");
		duet_run_s(d, 60);
		e = duet_ending(d, why, sizeof(why));
	}
	if (e == ENDED_UP)
		return;
	duet_show(d);
	print_error("%s: %s\n", what, why);
	_fail(__FILE__, __LINE__);
}

typedef void mishap_fn(struct duet *d, enum way w, unsigned nth);

static void late(struct duet *d, enum way w, unsigned nth)
{
	line_delay(d, w, nth, 2500);
}

static void very_late(struct duet *d, enum way w, unsigned nth)
{
	line_delay(d, w, nth, 14000);
}

static void lost_twice(struct duet *d, enum way w, unsigned nth)
{
	line_lose(d, w, nth);
	line_lose(d, w, nth + 1);
}

static void each_message_mishandled(void **state)
{
	static const struct {
		mishap_fn *befall;
		const char *what;
	} mishaps[] = { { line_lose, "lost" },      { line_double, "doubled" },
			{ line_swap, "swapped" },   { late, "late" },
			{ very_late, "very late" }, { lost_twice, "lost twice" } };
	static const char *const words[] = { "aggressive",
					     "aggressive aes-cbc-128/sha256/modp2048" };
	char say[80];

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(mishaps) / sizeof(*mishaps); i++) {
		for (unsigned n = 1; n <= 6; n++) {
			own(duet) d = duet_new(words[i & 1]);
			enum way w = n <= 4 ? A_TO_B : B_TO_A;
			unsigned nth = n <= 4 ? n : n - 4;

			snprintf(say, sizeof(say), "%s: message %u of %c %s", words[i & 1], nth,
				 "AB"[w], mishaps[i / 2].what);
			d->after = traffic_flows;
			mishaps[i / 2].befall(d, w, nth);
			duet_initiate(d, A, "t1");
			comes_to_an_end(d, true, say);
		}
	}
}

static void each_octet_damaged(void **state)
{
	char say[80];

	(void)state;
	for (unsigned n = 1; n <= 3; n++) {
		for (size_t at = 0; at < 300; at++) {
			own(duet) d = named("");
			enum way w = n == 2 ? B_TO_A : A_TO_B;

			snprintf(say, sizeof(say), "octet %zu of message %u damaged", at, n);
			line_flip(d, w, n == 3 ? 2 : 1, at, (uint8_t)(1u << (at + n) % 8));
			duet_initiate(d, A, "t1");
			comes_to_an_end(d, false, say);
		}
	}
}

/* Who answers never speaks unasked. */
static void a_responder_never_resends(void **state)
{
	own(duet) d = duet_new("aggressive");

	(void)state;
	line_mute(d, B_TO_A, 1000000);
	duet_initiate(d, A, "t1");
	duet_run_ms(d, 100);
	assert_int_equal(d->line.sent[B_TO_A], 1);
	line_mute(d, A_TO_B, 1000000);
	duet_run_s(d, 60);
	assert_int_equal(d->line.sent[B_TO_A], 1);
	duet_run_s(d, 120);
	assert_clean(d);
}

/* Of the n-th datagram of this way that belongs to this exchange; the log's end when there is none. */
static size_t place(const struct duet *d, enum way w, int exchange, unsigned n)
{
	size_t i;

	for (i = 0; i < d->line.log_n; i++) {
		struct header h;

		if (d->line.log[i].way == w &&
		    header_read(slice_of(d->line.log[i].octets), &h, NULL) == R_OK &&
		    h.exchange == exchange && --n == 0)
			break;
	}
	return i;
}

/* The last message is lost. It goes again by itself ahead of quick mode, before the peer says anything:
 * one that repeats nothing would never ask for it. */
static void the_proof_comes_again_unasked(void **state)
{
	static const char *const words[] = { "aggressive", "aggressive rsa" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		own(duet) d = duet_new(words[i]);

		line_lose(d, A_TO_B, 2);
		duet_initiate(d, A, "t1");
		duet_run_s(d, 16);
		assert_up(d);
		assert_int_equal(duet_heard(d, A, EVT_NEGO_FAILED), 0);
		size_t again = place(d, A_TO_B, XCHG_AGGRESSIVE, 3);

		assert_true(again < d->line.log_n);
		assert_int_equal(place(d, A_TO_B, XCHG_QUICK, 2), again + 1);
		assert_true(place(d, B_TO_A, XCHG_AGGRESSIVE, 2) > again);
		duet_run_s(d, 120); /* once the peer has shown itself there is no need of it */
		assert_int_equal(place(d, A_TO_B, XCHG_AGGRESSIVE, 4), d->line.log_n);
	}
}

/* The last message is lost: quick mode, sent again, makes the answer and with it the proof come again. */
static void the_proof_lost_comes_again(void **state)
{
	own(duet) d = duet_new("aggressive");

	(void)state;
	line_lose(d, A_TO_B, 2);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 20);
	assert_up(d);
	assert_int_equal(duet_heard(d, A, EVT_NEGO_FAILED), 0);
	assert_int_equal(duet_heard(d, B, EVT_NEGO_FAILED), 0);
}

/* --- who may not --- */

static void another_key(void **state)
{
	own(duet) d = named("");

	(void)state;
	duet_edit(d, B, "secrets k value=battery-staple");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 120);
	assert_clean(d);
	assert_verdict(d, A, AGGRESSIVE, R_AUTH_FAILED, SIDE_LOCAL, "psk");
}

/* The initiator is the one without the right key: it learns nothing, the responder gives up. */
static void an_unknown_name(void **state)
{
	own(duet) d = named("");
	struct counter_row c;
	struct story s;

	(void)state;
	duet_edit(d, A, "peers p local_id.value=stranger");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_verdict(d, B, AGGRESSIVE, R_BAD_ID, SIDE_LOCAL, "remote_id");
	assert_true(duet_story(d, B, AGGRESSIVE, &s));
	assert_string_equal(s.peer, "");
	assert_non_null(strstr(s.text, "fqdn stranger"));
	c = duet_counters(d, B);
	assert_int_equal(c.id_failures, 1);
	assert_int_equal(c.dropped_no_peer, 1);
	assert_true(d->line.sent[B_TO_A] >= 1); /* it was answered */
	duet_run_s(d, 120);
	assert_clean(d);
	assert_verdict(d, A, AGGRESSIVE, R_AUTH_FAILED, SIDE_LOCAL, "psk");
	assert_int_equal(duet_heard(d, B, EVT_AUTH_FAILED), duet_counters(d, B).id_failures);
}

/* Payload by payload: type and length of what answers the first message. */
static size_t shape_of(struct duet *d, char *ret, size_t cap)
{
	struct header h;
	struct chain c;

	*ret = '\0';
	for (size_t i = 0; i < d->line.log_n; i++) {
		const struct sent *s = &d->line.log[i];

		if (s->way != B_TO_A)
			continue;
		assert_int_equal(header_read(slice_of(s->octets), &h, NULL), R_OK);
		assert_int_equal(
			chain_read(slice(&s->octets->at[HEADER_SIZE], s->octets->n - HEADER_SIZE),
				   h.next, &c, NULL),
			R_OK);
		for (size_t k = 0; k < c.n; k++)
			snprintf(ret + strlen(ret), cap - strlen(ret), "%d:%zu ", c.at[k].kind,
				 c.at[k].body.n);
		return s->octets->n;
	}
	return 0;
}

/* What a stranger sees tells no known name from an unknown one: first answer, repeat, silence after. */
static void names_cannot_be_told_apart(void **state)
{
	char shape[2][512];
	size_t octets[2];
	unsigned answers[2];

	(void)state;
	for (int known = 0; known < 2; known++) {
		own(duet) d = named("");

		/* the caller has no key in either play */
		duet_edit(d, A,
			  known ? "secrets k value=guess"
				: "secrets k value=guess;peers p local_id.value=franch");
		duet_initiate(d, A, "t1");
		duet_run_ms(d, 500);
		octets[known] = shape_of(d, shape[known], sizeof(shape[known]));
		for (size_t i = 0; i < 3; i++) {
			line_replay(d, 0);
			duet_run_ms(d, 300);
		}
		/* a last message that proves nothing */
		struct addr from = d->line.log[0].packet.remote;
		uint8_t last[HEADER_SIZE + 48];
		memset(last, 0x5a, sizeof(last));
		memcpy(last, d->line.log[1].octets->at, HEADER_SIZE);
		last[16] = 8;
		last[19] = FLAG_ENCRYPTED;
		last[27] = sizeof(last);
		last[26] = 0;
		for (int i = 0; i < 3; i++)
			duet_inject(d, B, &from, slice(last, sizeof(last)));
		duet_run_s(d, 40);
		answers[known] = d->line.sent[B_TO_A];
		assert_int_equal(duet_ike_sas(d, B), 0);
	}
	assert_true(octets[0] > 0);
	assert_int_equal(octets[0], octets[1]);
	assert_string_equal(shape[0], shape[1]);
	assert_int_equal(answers[0], answers[1]);
}

/* No peer asks for it: refused, as if it did not exist. */
static void nobody_needs_it(void **state)
{
	own(duet) d = duet_new("aggressive");

	(void)state;
	duet_edit(d, B, "peers p exchange_mode=main remote_address=192.0.2.0/24");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 30);
	assert_clean(d);
	assert_verdict(d, B, AGGRESSIVE, R_MODE_REFUSED, SIDE_LOCAL, "exchange_mode");
	assert_verdict(d, A, AGGRESSIVE, R_BAD_EXCHANGE, SIDE_REMOTE, "");
	assert_int_equal(duet_counters(d, B).half_open, 0);
}

static void no_proposal_fits(void **state)
{
	own(duet) d = named("");

	(void)state;
	duet_edit(d, B, "ike-proposals i1 integrity_algorithm=sha512");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 60);
	assert_clean(d);
	assert_verdict(d, B, AGGRESSIVE, R_NO_PROPOSAL, SIDE_LOCAL, "integrity_algorithm");
	assert_verdict(d, A, AGGRESSIVE, R_NO_PROPOSAL, SIDE_REMOTE, "integrity_algorithm");
}

/* --- strangers in numbers --- */

/* The first message of a play, sent from many addresses with many cookies. */
static struct bytes *first_message(struct duet *d)
{
	duet_initiate(d, A, "t1");
	duet_run_ms(d, 5);
	assert_true(d->line.log_n > 0);
	return bytes_dup(d->line.log[0].octets);
}

static void strangers_get_few_sums(void **state)
{
	own(duet) d = named("aggressive aes-cbc-128/sha256/modp2048");
	own(bytes) first = first_message(d);
	struct addr from;

	(void)state;
	line_mute(d, A_TO_B, 1000000);
	unsigned before = d->side[B].crunched;
	for (unsigned i = 0; i < 3000; i++) {
		char text[40];

		snprintf(text, sizeof(text), "10.%u.%u.9", i / 250, i % 250);
		assert_true(addr_read(text, &from));
		from.port = 500;
		memcpy(first->at, &i, sizeof(i));
		duet_inject(d, B, &from, slice_of(first));
		duet_run_ms(d, 1);
	}
	struct counter_row c = duet_counters(d, B);
	assert_true(c.half_open <= 256 + 4);
	assert_true(c.dropped_flood > 2500);
	assert_true(d->line.strays <= 120); /* 25 a second, for three seconds and a bit */
	assert_true(d->line.strays_octets <= 2 * d->line.strays * first->n);
	assert_true(d->side[B].crunched - before <= 200);
	duet_run_s(d, 120);
	assert_int_equal(duet_counters(d, B).half_open, 0);
}

static void one_address_gets_its_share(void **state)
{
	own(duet) d = named("aggressive");
	own(bytes) first = first_message(d);
	struct addr from;

	(void)state;
	line_mute(d, A_TO_B, 1000000);
	duet_run_s(d, 130);
	assert_true(addr_read("203.0.113.9", &from));
	from.port = 500;
	for (unsigned i = 0; i < 100; i++) {
		memcpy(first->at, &i, sizeof(i));
		duet_inject(d, B, &from, slice_of(first));
		duet_run_ms(d, 100);
	}
	assert_true(duet_counters(d, B).half_open <= 8);
	assert_true(d->line.strays <= 8);
}

/* Nothing that answers is more than twice as long as what asked for it. */
static void no_amplifier(void **state)
{
	static const char *const words[] = {
		"aggressive aes-cbc-128/sha256/x25519",
		"aggressive aes-cbc-256/sha512/x25519",
		"aggressive aes-cbc-256/sha512/ecp256",
		"aggressive aes-cbc-256/sha512/modp2048",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		own(duet) d = named(words[i]);

		duet_initiate(d, A, "t1");
		duet_run_s(d, 3);
		assert_up(d);
		assert_true(d->line.log[1].octets->n <= 2 * d->line.log[0].octets->n);
	}
}

/* --- both ends, later --- */

static void both_start_at_once(void **state)
{
	own(duet) d = duet_new("aggressive");

	(void)state;
	duet_initiate(d, A, "t1");
	duet_initiate(d, B, "t1");
	duet_run_s(d, 30);
	assert_up(d);
}

static void rekeys(void **state)
{
	own(duet) d = duet_new("aggressive ike-life 60 child-life 180");

	(void)state;
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
	duet_run_s(d, 900);
	assert_up(d);
	assert_int_equal(duet_heard(d, A, EVT_PEER_DOWN), 0);
	assert_int_equal(duet_heard(d, B, EVT_PEER_DOWN), 0);
}

static void rekeys_of_a_caller_by_name(void **state)
{
	own(duet) d = named("ike-life 60 child-life 180");

	(void)state;
	line_nat(d, A, "203.0.113.7");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
	duet_run_s(d, 900);
	assert_up(d);
	assert_int_equal(duet_heard(d, B, EVT_PEER_DOWN), 0);
}

static int say_how_many(void **state)
{
	(void)state;
	print_message("%u plays, %u of them ended up at once\n", plays, ended_up);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(up_by_address),
		cmocka_unit_test(up_with_each_group),
		cmocka_unit_test(one_group_is_offered),
		cmocka_unit_test(up_by_name),
		cmocka_unit_test(up_by_each_kind_of_identity),
		cmocka_unit_test(the_local_name_is_the_global_one),
		cmocka_unit_test(each_message_mishandled),
		cmocka_unit_test(each_octet_damaged),
		cmocka_unit_test(a_responder_never_resends),
		cmocka_unit_test(the_proof_lost_comes_again),
		cmocka_unit_test(the_proof_comes_again_unasked),
		cmocka_unit_test(another_key),
		cmocka_unit_test(an_unknown_name),
		cmocka_unit_test(names_cannot_be_told_apart),
		cmocka_unit_test(nobody_needs_it),
		cmocka_unit_test(no_proposal_fits),
		cmocka_unit_test(strangers_get_few_sums),
		cmocka_unit_test(one_address_gets_its_share),
		cmocka_unit_test(no_amplifier),
		cmocka_unit_test(both_start_at_once),
		cmocka_unit_test(rekeys),
		cmocka_unit_test(rekeys_of_a_caller_by_name),
	};

	return cmocka_run_group_tests(tests, play_start, say_how_many);
}

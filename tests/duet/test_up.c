/* test_up.c - main and quick mode come up with every algorithm, in both roles
 *
 * Nine messages, no more, and the same keys, suite, mode and selectors at both ends.
 */
#include "tests/duet/play.h"

#include "core/ike/v1/steps1.h"

static void comes_up(const char *words, enum side who)
{
	own(duet) d = duet_new(words);
	struct ike_sa_row ike;
	struct child_row child;

	duet_initiate(d, who, "t1");
	duet_run_s(d, 5);
	assert_up(d);
	assert_int_equal(d->line.sent[who], 5);
	assert_int_equal(d->line.sent[!who], 4);
	for (enum side s = A; s <= B; s++) {
		assert_int_equal(duet_ike_sas(d, s), 1);
		assert_int_equal(duet_pairs(d, s), 1);
		assert_true(duet_ike(d, s, 0, &ike));
		assert_int_equal(ike.role, s == who ? ROLE_INITIATOR : ROLE_RESPONDER);
		assert_true(duet_child(d, s, 0, &child));
		assert_int_equal(child.role, s == who ? ROLE_INITIATOR : ROLE_RESPONDER);
		assert_int_equal(duet_heard(d, s, EVT_IKE_UP), 1);
		assert_int_equal(duet_heard(d, s, EVT_CHILD_UP), 1);
		assert_int_equal(duet_heard(d, s, EVT_PEER_UP), 1);
		assert_int_equal(duet_heard(d, s, EVT_NEGO_FAILED), 0);
	}
}

static void both_roles_come_up(void **state)
{
	(void)state;
	comes_up("main psk aes-cbc-128/sha256/x25519 esp aes-cbc-128/sha256 tunnel", A);
	comes_up("main psk aes-cbc-128/sha256/x25519 esp aes-cbc-128/sha256 tunnel", B);
}

static void the_story_is_told(void **state)
{
	own(duet) d = duet_new("");
	struct story s;

	(void)state;
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_story(d, A, 2, "sent our proposal", "the peer chose a proposal",
		     "sent our key exchange", "computing the shared secret", "proved who we are",
		     "authenticated the peer");
	assert_story(d, B, 2, "answered the proposal", "took the peer's key exchange",
		     "sent our key exchange, computing the shared secret",
		     "waiting for the peer's proof", "authenticated the peer");
	assert_story(d, A, 32, "preparing the IPsec SA", "sent our proposal for the IPsec SA",
		     "the peer accepted", "installed the IPsec SAs and confirmed");
	assert_story(d, B, 32, "the proposal fits", "answered the proposal for the IPsec SA",
		     "installed the inbound SA, waiting for the confirmation",
		     "the peer confirmed");
	for (enum side w = A; w <= B; w++) {
		assert_true(duet_story(d, w, 2, &s));
		assert_int_equal(s.verdict, VERDICT_UP);
		assert_string_equal(s.peer, "p");
		assert_non_null(strstr(s.ours, "aes-cbc-128/sha256/x25519"));
		assert_non_null(strstr(s.theirs, "aes-cbc-128/sha256/x25519"));
		assert_non_null(strstr(s.chosen, "aes-cbc-128/sha256/x25519"));
		assert_true(duet_story(d, w, 32, &s));
		assert_int_equal(s.verdict, VERDICT_UP);
		assert_string_equal(s.tunnel, "t1");
	}
}

static void every_group(void **state)
{
	char words[160];

	(void)state;
	for (enum group g = GROUP_NONE + 1; g < GROUP_COUNT; g++) {
		snprintf(words, sizeof(words),
			 "aes-cbc-128/sha256/%s esp aes-cbc-128/sha256 pfs %s", alg_group(g)->name,
			 alg_group(g)->name);
		comes_up(words, g % 2 ? A : B);
	}
}

static void every_cipher_and_hash_of_phase_1(void **state)
{
	static const char *const ciphers[] = { "aes-cbc-128", "aes-cbc-192", "aes-cbc-256",
					       "3des-cbc", "des-cbc" };
	char words[160];

	(void)state;
	for (size_t c = 0; c < COUNT_OF(ciphers); c++) {
		for (enum integ i = INTEG_NONE + 1; i < INTEG_COUNT; i++) {
			snprintf(words, sizeof(words), "%s/%s/ecp256 esp aes-cbc-128/sha256",
				 ciphers[c], alg_integ(i)->name);
			comes_up(words, i % 2 ? A : B);
		}
	}
}

static void every_protection_of_phase_2(void **state)
{
	static const char *const ciphers[] = { "aes-cbc-128", "aes-cbc-192", "aes-cbc-256",
					       "3des-cbc",    "des-cbc",     "null" };
	char words[160];

	(void)state;
	for (size_t c = 0; c < COUNT_OF(ciphers); c++) {
		for (enum integ i = INTEG_NONE + 1; i < INTEG_COUNT; i++) {
			snprintf(words, sizeof(words), "aes-cbc-128/sha256/x25519 esp %s/%s",
				 ciphers[c], alg_integ(i)->name);
			comes_up(words, i % 2 ? B : A);
		}
	}
	for (unsigned bits = 128; bits <= 256; bits += 64) {
		snprintf(words, sizeof(words),
			 "aes-cbc-128/sha256/x25519 esp aes-gcm-%u pfs ecp384", bits);
		comes_up(words, A);
		comes_up(words, B);
	}
}

static void transport_mode(void **state)
{
	(void)state;
	own(duet) d = play_up("transport esp aes-gcm-256");

	for (enum side s = A; s <= B; s++)
		assert_true(recording_at(d->side[s].plane, 0)->sa.transport);
}

static void over_ipv6(void **state)
{
	(void)state;
	comes_up("ipv6 tunnel", A);
	comes_up("ipv6 transport", B);
}

static void sha256_cut_to_96(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	duet_edit_both(d, "tunnels t1 sha2_256_truncation_96=true");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
	assert_true(recording_at(d->side[A].plane, 0)->sa.suite.truncate_96);
}

static void keys_of_every_length(void **state)
{
	static const size_t lengths[] = { 1, 2, 31, 63, 64, 65, 127, 128 };
	char edit[256];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		own(duet) d = duet_new("");
		size_t n = (size_t)snprintf(edit, sizeof(edit), "secrets k value=");

		memset(edit + n, 'x', lengths[i]);
		edit[n + lengths[i]] = '\0';
		duet_edit_both(d, edit);
		duet_initiate(d, A, "t1");
		duet_run_s(d, 5);
		assert_up(d);
	}
}

/* Both ends offer several; the responder's order by number decides. */
static void the_responders_order_decides(void **state)
{
	own(duet) d = duet_new("");
	struct ike_sa_row r;

	(void)state;
	duet_edit(d, A,
		  "ike-proposals i2 number=20 key_length=256 dh_group=x25519;"
		  "ike-proposals i3 number=30 key_length=192 dh_group=x25519;"
		  "peers p ike_proposals=i1,i2,i3");
	duet_edit(d, B,
		  "ike-proposals i2 number=5 key_length=192 dh_group=x25519;"
		  "ike-proposals i3 number=6 key_length=256 dh_group=x25519");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
	assert_true(duet_ike(d, B, 0, &r));
	assert_string_equal(r.proposal_name, "i2");
	assert_int_equal(r.key_length, 192);
	assert_true(duet_ike(d, A, 0, &r));
	assert_string_equal(r.proposal_name, "i3");
}

static void the_built_in_default_is_the_last_resort(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	duet_edit(d, A, "peers p ike_proposals=default");
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
}

static void starting_twice_is_one_start(void **state)
{
	own(duet) d = duet_new("");
	uint64_t first, second;

	(void)state;
	first = duet_initiate(d, A, "t1");
	second = duet_initiate(d, A, "t1");
	assert_int_not_equal(first, 0);
	assert_int_equal(first, second);
	duet_run_s(d, 5);
	assert_up(d);
	assert_int_equal(duet_initiate(d, A, "t1"), 0);
	duet_run_s(d, 5);
	assert_int_equal(d->line.sent[A_TO_B], 5);
}

static void start_action_start(void **state)
{
	own(duet) d = duet_new("");

	(void)state;
	duet_edit(d, A, "tunnels t1 start_action=start");
	duet_run_s(d, 20);
	assert_up(d);
}

static void traffic_starts_it(void **state)
{
	own(duet) d = duet_new("");
	const struct plane_policy *p;

	(void)state;
	duet_edit(d, A, "tunnels t1 start_action=trap");
	p = recording_policy(d->side[A].plane, 0);
	assert_non_null(p);
	assert_true(p->trap);
	engine_acquire(d->side[A].engine, d->now, p->id);
	engine_acquire(d->side[A].engine, d->now, p->id);
	duet_run_s(d, 5);
	assert_up(d);
	assert_int_equal(d->line.sent[A_TO_B], 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_roles_come_up),
		cmocka_unit_test(the_story_is_told),
		cmocka_unit_test(every_group),
		cmocka_unit_test(every_cipher_and_hash_of_phase_1),
		cmocka_unit_test(every_protection_of_phase_2),
		cmocka_unit_test(transport_mode),
		cmocka_unit_test(over_ipv6),
		cmocka_unit_test(sha256_cut_to_96),
		cmocka_unit_test(keys_of_every_length),
		cmocka_unit_test(the_responders_order_decides),
		cmocka_unit_test(the_built_in_default_is_the_last_resort),
		cmocka_unit_test(starting_twice_is_one_start),
		cmocka_unit_test(start_action_start),
		cmocka_unit_test(traffic_starts_it),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

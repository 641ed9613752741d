/* test_forged.c - nothing unproven moves state, and nothing old works again
 *
 * Clear deletes and notifies with the right cookies, damaged sealed ones, later exchanges before
 * their time, every datagram replayed and reflected, header flags of strangers: at each moment of a
 * negotiation and over its SAs, which must come up, and stay, as if nobody had said anything.
 */
#include "core/base/rng.h"
#include "tests/duet/play.h"

#include "tests/duet/forge.h"

/* Run until so many datagrams were sent in all. */
static void run_until_sent(struct duet *d, unsigned n)
{
	for (unsigned i = 0; i < 20000 && d->line.sent[A] + d->line.sent[B] < n; i++)
		duet_run_ms(d, 1);
}

static void every_notify(struct duet *d, enum side to)
{
	static const uint16_t odd[] = { NTFY_CONNECTED,     NTFY_RESPONDER_LIFETIME,
					NTFY_REPLAY_STATUS, NTFY_INITIAL_CONTACT,
					NTFY_R_U_THERE,     NTFY_R_U_THERE_ACK,
					NTFY_HEARTBEAT,     65535 };

	for (uint16_t type = 0; type <= 31; type++) {
		forge_notify(d, to, 1, type);
		forge_notify(d, to, 3, type);
	}
	for (size_t i = 0; i < COUNT_OF(odd); i++)
		forge_notify(d, to, 1, odd[i]);
}

static void every_lie(struct duet *d, enum side to)
{
	forge_delete_ike(d, to);
	for (enum side s = A; s <= B; s++)
		for (size_t i = 0; i < recording_sas(d->side[s].plane); i++)
			forge_delete_esp(d, to, recording_at(d->side[s].plane, i)->sa.spi);
	every_notify(d, to);
	forge_sealed(d, to, XCHG_INFO, 0x11111111, 64);
	forge_sealed(d, to, XCHG_QUICK, 0x22222222, 160);
	forge_sealed(d, to, XCHG_QUICK, 0, 160);
	forge_sealed(d, to, XCHG_TRANSACTION, 0x33333333, 64);
	forge_sealed(d, to, XCHG_INFO, 0, 63);
	forge_sealed(d, to, XCHG_AGGRESSIVE, 0, 64);
}

/* P-23: each moment, each end, some seventy lies. */
static void lies_at_each_moment(void **state)
{
	(void)state;
	for (uint64_t seed = 1, times = play_times(1); seed <= times; seed++) {
		for (unsigned at = 0; at < 2 * 9; at++) {
			enum side to = at % 2 ? B : A;
			unsigned n = 1 + at / 2;
			own(duet) d = duet_new_seeded("", seed);

			duet_initiate(d, A, "t1");
			run_until_sent(d, n);
			every_lie(d, to);
			duet_run_s(d, 30);
			assert_up(d);
			assert_int_equal(duet_pairs(d, A), 1);
			assert_int_equal(duet_ike_sas(d, A), 1);
			assert_int_equal(duet_heard(d, to, EVT_IKE_DOWN), 0);
		}
	}
}

/* Anybody can spoil a public value on its way: the good one that follows still counts. */
static void spoiled_public_value(void **state)
{
	(void)state;
	enum { IN_KE = 80 };
	for (enum way w = A_TO_B; w <= B_TO_A; w++) {
		own(duet) d = duet_new("main psk aes-cbc-128/sha256/ecp256 esp aes-cbc-128/sha256");

		line_flip(d, w, 2, IN_KE, 0x10);
		duet_initiate(d, A, "t1");
		duet_run_s(d, 90);
		if (w == B_TO_A) {
			/* it is not on the curve, and we ask again until it is */
			assert_up(d);
			assert_int_equal(duet_ike_sas(d, A), 1);
			assert_int_equal(duet_heard(d, A, EVT_IKE_DOWN), 0);
		}
	}
}

static void lies_are_counted(void **state)
{
	(void)state;
	own(duet) d = play_up("");

	for (enum side s = A; s <= B; s++) {
		struct counter_row before = duet_counters(d, s);

		forge_delete_ike(d, s);
		forge_notify(d, s, 1, 14);
		struct counter_row after = duet_counters(d, s);
		assert_int_equal(after.dropped_unauthenticated, before.dropped_unauthenticated + 2);
		assert_int_equal(after.deletes_in, before.deletes_in);
	}
	assert_up(d);
}

static void sealed_garbage_is_no_oracle(void **state)
{
	(void)state;
	own(duet) d = play_up("");
	unsigned sent = d->line.sent[B];

	for (uint32_t i = 1; i <= 500; i++) {
		forge_sealed(d, B, XCHG_INFO, i, 16 * (1 + i % 20));
		forge_sealed(d, B, XCHG_QUICK, i, 16 * (1 + i % 20));
		forge_sealed(d, B, XCHG_MAIN, 0, 16 * (1 + i % 20));
	}
	duet_run_s(d, 5);
	assert_up(d);
	assert_int_equal(d->line.sent[B], sent);
	/* and message ids that were guessed can still be used */
	duet_edit_both(d, "tunnels t2 peer=p local_ts=10.9.0.0/24 remote_ts=10.9.0.0/24 "
			  "ipsec_proposals=e1 start_action=none");
	duet_initiate(d, A, "t2");
	duet_run_s(d, 5);
	assert_up(d);
	assert_int_equal(duet_pairs(d, B), 2);
}

static void replay_all(struct duet *d, size_t n, bool reflected)
{
	for (size_t i = 0; i < n; i++) {
		if (reflected)
			line_reflect(d, i);
		else
			line_replay(d, i);
		duet_run_ms(d, 40);
	}
}

/* P-22 */
static void play_old(uint64_t seed)
{
	own(duet) d = duet_new_seeded("pfs x25519", seed);

	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
	size_t n = d->line.log_n;
	struct recording_calls a = recording_calls(d->side[A].plane), b;

	for (int round = 0; round < 3; round++) {
		replay_all(d, n, false);
		replay_all(d, n, true);
	}
	duet_run_s(d, 60);
	assert_up(d);
	b = recording_calls(d->side[A].plane);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_int_equal(duet_ike_sas(d, A), 1);
	assert_int_equal(duet_ike_sas(d, B), 1);
	assert_int_equal(duet_pairs(d, B), 1);
	/* the IV chain was not disturbed: the next exchanges work */
	duet_edit_both(d, "tunnels t2 peer=p local_ts=10.9.0.0/24 remote_ts=10.9.0.0/24 "
			  "ipsec_proposals=e1 start_action=none");
	duet_initiate(d, B, "t2");
	duet_run_s(d, 5);
	assert_up(d);
	assert_int_equal(duet_pairs(d, A), 2);
}

static void nothing_old_works_again(void **state)
{
	(void)state;
	for (uint64_t seed = 1, times = play_times(2); seed <= times; seed++)
		play_old(seed);
}

static void replays_after_the_end_bring_nothing_back(void **state)
{
	(void)state;
	own(duet) d = play_up("");
	struct reset_ask ask = { .scope = RESET_ALL,
				 .notify_peer = true,
				 .reinitiate = REINITIATE_NEVER,
				 .why = R_OPERATOR_RESET };
	size_t n;

	duet_reset(d, A, &ask, NULL, 0);
	duet_run_s(d, 5);
	assert_clean(d);
	n = d->line.log_n;
	replay_all(d, n, false);
	replay_all(d, n, true);
	duet_run_s(d, 90);
	assert_clean(d);
}

static void replays_in_the_middle(void **state)
{
	(void)state;
	for (unsigned at = 2; at <= 9; at++) {
		own(duet) d = duet_new("");

		duet_initiate(d, A, "t1");
		run_until_sent(d, at);
		for (size_t i = 0; i < at - 1; i++) {
			line_replay(d, i);
			line_reflect(d, i);
		}
		/* a first message heard again is a half-open record, for half a minute */
		duet_run_s(d, 60);
		assert_up(d);
		assert_int_equal(duet_ike_sas(d, A), 1);
		assert_int_equal(duet_pairs(d, B), 1);
	}
}

/* Header flags are protected by nothing: commit and authentication-only change nothing. */
static void flags_of_strangers(void **state)
{
	static const uint8_t bits[] = { FLAG_COMMIT, FLAG_AUTH_ONLY, 0x80, 0x10 };

	(void)state;
	for (enum way w = A_TO_B; w <= B_TO_A; w++) {
		for (unsigned n = 1; n <= (w == A_TO_B ? 5u : 4u); n++) {
			for (size_t i = 0; i < COUNT_OF(bits); i++) {
				own(duet) d = duet_new("");

				line_flip(d, w, n, 19, bits[i]);
				duet_initiate(d, A, "t1");
				duet_run_s(d, 1);
				if (bits[i] == FLAG_COMMIT)
					assert_up(d);
				/* the last message is not sent again by itself */
				if (bits[i] == FLAG_COMMIT || w == B_TO_A || n < 5) {
					duet_run_s(d, 20);
					assert_up(d);
				}
			}
		}
	}
}

/* A datagram too short, or of another version, or with cookies of nobody. */
static void strangers_octets(void **state)
{
	(void)state;
	own(duet) d = play_up("");
	struct rng rng = rng_seeded(7);
	struct counter_row before = duet_counters(d, B), after;
	uint8_t at[600];

	for (size_t n = 0; n < sizeof(at); n++) {
		rng_fill(&rng, at, n);
		forge_octets(d, B, slice(at, n));
	}
	after = duet_counters(d, B);
	assert_int_equal(after.datagrams_in - before.datagrams_in, sizeof(at));
	duet_run_s(d, 120);
	assert_up(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lies_at_each_moment),
		cmocka_unit_test(spoiled_public_value),
		cmocka_unit_test(lies_are_counted),
		cmocka_unit_test(sealed_garbage_is_no_oracle),
		cmocka_unit_test(nothing_old_works_again),
		cmocka_unit_test(replays_after_the_end_bring_nothing_back),
		cmocka_unit_test(replays_in_the_middle),
		cmocka_unit_test(flags_of_strangers),
		cmocka_unit_test(strangers_octets),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

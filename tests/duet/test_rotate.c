/* test_rotate.c - a pre-shared key is rotated with overlap: both ends, both modes, a lossy wire
 *
 * B is always the end that was rotated first: it takes the new key and, for a day, the old one. A has
 * the old key, gets the new one in the middle, and nothing that is up ends by it.
 */
#include "tests/duet/play.h"

#include "core/model/settings.h"

#define MAIN       2
#define AGGRESSIVE 4
#define NEW_KEY    "battery-staple"
#define UNTIL      "4000000000"
#define ROTATED    "secrets k value=" NEW_KEY " previous.value=" STAGE_SECRET " previous.until=" UNTIL
#define CHANGED    "secrets k value=" NEW_KEY
#define FINISHED   "secrets k previous.until=0"

static struct duet *rotated(const char *words)
{
	struct duet *d = duet_new(words);

	duet_edit(d, B, ROTATED);
	return d;
}

static void proven_by(struct duet *d, enum side who, enum psk_proven want)
{
	struct ike_sa_row row;

	assert_true(duet_ike(d, who, 0, &row));
	assert_int_equal(row.psk, want);
	assert_int_equal(strlen(row.psk_fingerprint), 16);
}

/* Who has only one key, old or new, comes up whoever calls. */
static void either_key_comes_up(void **state)
{
	static const char *const modes[] = { "main", "aggressive" };
	static const char *const theirs[] = { "", CHANGED };

	(void)state;
	for (size_t m = 0; m < 2; m++)
		for (size_t k = 0; k < 2; k++)
			for (enum side who = A; who <= B; who++) {
				own(duet) d = rotated(modes[m]);

				duet_edit(d, A, theirs[k]);
				duet_initiate(d, who, "t1");
				/* as responder of aggressive mode B may have to be called twice */
				duet_run_s(d, 40);
				if (!duet_is_up(d)) {
					assert_int_equal(m, 1);
					assert_int_equal(k, 0);
					assert_int_equal(who, A);
					duet_initiate(d, who, "t1");
					duet_run_s(d, 10);
				}
				assert_up(d);
				proven_by(d, A, PSK_CURRENT);
				proven_by(d, B, k ? PSK_CURRENT : PSK_PREVIOUS);
				assert_int_equal(duet_heard(d, B, EVT_PSK_CHANGED), k);
				assert_int_equal(duet_heard(d, B, EVT_AUTH_FAILED), 0);
			}
}

/* One that has neither is refused as ever: with the same verdict, and once. */
static void a_third_key_does_not(void **state)
{
	static const char *const modes[] = { "main", "aggressive" };

	(void)state;
	for (size_t m = 0; m < 2; m++)
		for (enum side who = A; who <= B; who++) {
			own(duet) d = rotated(modes[m]);

			duet_edit(d, A, "secrets k value=neither-of-the-two");
			duet_initiate(d, who, "t1");
			duet_run_s(d, 300);
			assert_clean(d);
			assert_true(duet_heard(d, who, EVT_NEGO_FAILED) > 0);
			assert_int_equal(duet_heard(d, B, EVT_PSK_CHANGED), 0);
		}
}

/* What is up stays, and is not stale while the overlap lasts; when it ends, who has not been changed
 * shows. */
static void what_is_up_stays(void **state)
{
	own(duet) d = play_up("main");
	struct touched *t;
	struct ike_sa_row row;
	uint32_t others;

	(void)state;
	assert_int_equal(duet_weigh(d, B, ROTATED, &t, &others), 0);
	free(t);
	assert_true(duet_weigh(d, B, CHANGED, &t, &others) > 0);
	free(t);
	duet_edit(d, B, ROTATED);
	duet_run_s(d, 5);
	assert_up(d);
	proven_by(d, B, PSK_PREVIOUS);
	assert_true(duet_ike(d, B, 0, &row));
	assert_false(row.stale);
	assert_true(duet_weigh(d, B, FINISHED, &t, &others) > 0);
	assert_non_null(strstr(t[0].reason, "psk.value"));
	free(t);
	duet_edit(d, B, FINISHED);
	duet_run_s(d, 5);
	assert_up(d); /* an end of the overlap ends no SA */
	proven_by(d, B, PSK_GONE);
	assert_true(duet_ike(d, B, 0, &row));
	assert_true(row.stale);
	assert_string_equal(row.stale_reasons, "psk.value");
}

/* Old at both ends, B rotates, A is changed, B finishes; both renegotiate all the time. Of a line that
 * loses nothing every packet arrives; of one that does, both ends come to the same in the end. */
static void whole_rotation(const char *words, unsigned lose, uint64_t seed)
{
	own(duet) d = duet_new_seeded(words, seed);

	duet_edit_both(d, "tunnels t1 start_action=start");
	duet_run_s(d, 30);
	assert_up(d);
	line_weather(d, lose, lose, lose, 0);
	for (unsigned s = 0; s < 3600; s++) {
		if (s == 600)
			duet_edit(d, B, ROTATED);
		if (s == 1800)
			duet_edit(d, A, CHANGED);
		if (s == 3000)
			duet_edit(d, B, FINISHED);
		duet_run_s(d, 1);
		if (duet_traffic(d, 1) == 2 || lose)
			continue;
		duet_show(d);
		print_error("%s: a packet is lost after %u s, seed %llu\n", words, s,
			    (unsigned long long)seed);
		_fail(__FILE__, __LINE__);
	}
	line_weather(d, 0, 0, 0, 0);
	duet_run_s(d, 900);
	assert_up(d);
	proven_by(d, A, PSK_CURRENT);
	proven_by(d, B, PSK_CURRENT);
	assert_true(duet_heard(d, B, EVT_PSK_CHANGED) >= 1);
}

static void a_rotation_in_main_mode(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= play_times(6); seed++)
		whole_rotation("main ike-life 600 child-life 300", seed % 2 ? 0 : 10, seed);
}

static void a_rotation_in_aggressive_mode(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= play_times(6); seed++)
		whole_rotation("aggressive ike-life 600 child-life 300", seed % 2 ? 0 : 10, seed);
}

/* The end of the overlap needs nobody: by the clock alone the previous key counts no more. */
static void the_overlap_ends_by_the_clock(void **state)
{
	own(duet) d = duet_new("main");
	char edit[160];

	(void)state;
	snprintf(edit, sizeof(edit),
		 "secrets k value=" NEW_KEY " previous.value=" STAGE_SECRET " previous.until=%lld",
		 (long long)(d->side[B].ports.wall_ms(d->side[B].ports.ctx) / 1000 + 60));
	duet_edit(d, B, edit);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 5);
	assert_up(d);
	duet_run_s(d, 120);
	proven_by(d, B, PSK_GONE);
	duet_reset(d, A,
		   &(struct reset_ask){ .scope = RESET_ALL,
					.level = LEVEL_BOTH,
					.notify_peer = true,
					.why = R_CONFIG_CHANGED },
		   NULL, 0);
	duet_run_s(d, 5);
	duet_initiate(d, A, "t1");
	duet_run_s(d, 120);
	assert_clean(d);
	assert_true(duet_heard(d, B, EVT_AUTH_FAILED) > 0);
}

/* The story of who calls says what happened, and no event says that a key failed. */
static void the_story_goes_on(void **state)
{
	own(duet) d = rotated("main");
	struct story s;

	(void)state;
	duet_initiate(d, B, "t1");
	duet_run_s(d, 30);
	assert_up(d);
	assert_story(d, B, MAIN, "proved who we are", "once more by the previous one",
		     "sent our proposal", "the peer has the previous pre-shared key");
	assert_true(duet_story(d, B, MAIN, &s));
	assert_int_equal(s.verdict, VERDICT_UP);
	assert_int_equal(duet_heard(d, B, EVT_NEGO_FAILED), 0);
	assert_int_equal(duet_ike_sas(d, B), 1);
}

/* The peer's new key is told once, however often it is proven. */
static void told_once(void **state)
{
	own(duet) d = play_up("main ike-life 600");

	(void)state;
	duet_edit(d, B, ROTATED);
	duet_edit(d, A, CHANGED);
	duet_run_s(d, 2400);
	assert_up(d);
	assert_int_equal(duet_heard(d, B, EVT_PSK_CHANGED), 1);
	assert_null(strstr(duet_last_heard(d, B, EVT_PSK_CHANGED)->text, NEW_KEY));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(either_key_comes_up),
		cmocka_unit_test(a_third_key_does_not),
		cmocka_unit_test(what_is_up_stays),
		cmocka_unit_test(a_rotation_in_main_mode),
		cmocka_unit_test(a_rotation_in_aggressive_mode),
		cmocka_unit_test(the_overlap_ends_by_the_clock),
		cmocka_unit_test(the_story_goes_on),
		cmocka_unit_test(told_once),
	};

	return cmocka_run_group_tests(tests, play_start, NULL);
}

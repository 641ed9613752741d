/* test_sessions.c - sessions end when they should; guessing is slowed down */
#include "tests/unit/api/desk.h"

#include "api/sessions.h"
#include "api/throttle.h"

static const struct session_limits limit = { .idle = 1000, .whole = 5000 };

static void sessions_end(void **state)
{
	own(sessions) s = sessions_new();
	char cookie[SESSION_TEXT], csrf[SESSION_TEXT], word[SESSION_TEXT];
	struct session e;

	(void)state;
	sessions_open(s, "ann", 0, cookie, csrf);
	assert_int_equal(strlen(cookie), SESSION_TEXT - 1);
	assert_true(sessions_find(s, cookie, limit, 900, &e));
	assert_string_equal(e.user, "ann");
	assert_true(sessions_csrf(s, e.key, word));
	assert_string_equal(word, csrf);
	assert_false(sessions_find(s, "another", limit, 900, &e));
	for (msec now = 900; now < 5000; now += 900)
		assert_true(sessions_find(s, cookie, limit, now, &e)); /* used: not idle */
	assert_false(sessions_find(s, cookie, limit, 5001, &e)); /* the whole limit */
	sessions_open(s, "ann", 6000, cookie, csrf);
	assert_true(sessions_find(s, cookie, limit, 6500, &e));
	assert_true(sessions_still(s, e.key, limit, 7400));
	assert_false(sessions_still(s, e.key, limit, 7600)); /* looking is no use */
	assert_false(sessions_find(s, cookie, limit, 7600, &e));
}

static void sessions_are_bounded(void **state)
{
	own(sessions) s = sessions_new();
	char first[SESSION_TEXT], cookie[SESSION_TEXT], csrf[SESSION_TEXT], other[SESSION_TEXT];
	struct session e;

	(void)state;
	sessions_open(s, "bob", 0, other, csrf);
	sessions_open(s, "ann", 1, first, csrf);
	for (int i = 0; i < SESSIONS_PER_USER; i++)
		sessions_open(s, "ann", 2 + i, cookie, csrf);
	assert_false(sessions_find(s, first, limit, 100, &e)); /* the oldest made room */
	assert_true(sessions_find(s, other, limit, 100, &e)); /* nobody else's did */
	assert_true(sessions_find(s, cookie, limit, 100, &e));
	sessions_close_of(s, "ann", e.key);
	assert_true(sessions_find(s, cookie, limit, 100, &e));
	sessions_close_of(s, "ann", NULL);
	assert_false(sessions_find(s, cookie, limit, 100, &e));
	sessions_close(s, e.key); /* once more is fine */
	for (int i = 0; i < 3 * SESSIONS_MOST; i++) {
		char name[NAME_SIZE];

		snprintf(name, sizeof(name), "u%d", i);
		sessions_open(s, name, 200, cookie, csrf);
		assert_true(sessions_find(s, cookie, limit, 200, &e));
	}
}

static void guessing_is_slow(void **state)
{
	own(throttle) t = throttle_new();

	(void)state;
	for (int i = 0; i < TRIES_MOST; i++)
		assert_int_equal(throttle_try(t, "ann", 1000 * i), 0);
	assert_true(throttle_try(t, "ann", 6000) > 0);
	assert_int_equal(throttle_try(t, "bob", 6000), 0);
	assert_true(throttle_try(t, "ann", TRIES_MS - 1) > 0);
	assert_int_equal(throttle_try(t, "ann", TRIES_MS), 0); /* the first is a minute old */
	assert_true(throttle_try(t, "ann", TRIES_MS) > 0);
	throttle_forgive(t, "ann");
	assert_int_equal(throttle_try(t, "ann", TRIES_MS), 0);
	for (int i = 0; i < 3 * THROTTLE_KEYS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(throttle_try(t, name, 2 * TRIES_MS + i), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_end),
		cmocka_unit_test(sessions_are_bounded),
		cmocka_unit_test(guessing_is_slow),
	};

	return cmocka_run_group_tests(tests, desk_open, NULL);
}

/* play.h - cmocka for duets: what a test says about a play
 *
 * Included by tests only, once, before anything else. The harness's own complaints become failures
 * of the test that is running.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#undef fail /* cmocka's; ours is core/base/fault.h */

#include "tests/duet/duet.h"

static inline void play_alarm(const char *text)
{
	print_error("%s\n", text);
	_fail(__FILE__, __LINE__);
}

static inline int play_start(void **state)
{
	(void)state;
	duet_alarm = play_alarm;
	return 0;
}

static inline void play_expect(struct duet *d, enum ending want, const char *file, int line)
{
	static const char *const word[] = { "up", "clean", "stuck" };
	char why[256];
	enum ending got = duet_ending(d, why, sizeof(why));

	if (got == want)
		return;
	duet_show(d);
	print_error("%s: %s where %s is due: %s\n", d->title, word[got], word[want], why);
	_fail(file, line);
}

/* One test of a program, for tests/soak. */
__attribute__((constructor)) static void play_filter(void)
{
	cmocka_set_test_filter(getenv("IKEEPER_DUET_TEST"));
}

/* How often to play what is played by seed: tests/soak plays many more. */
static inline uint64_t play_times(uint64_t few)
{
	const char *many = getenv("IKEEPER_DUET_SEEDS");

	return many ? strtoull(many, NULL, 10) : few;
}

/* The same SAs at both ends, keys equal crosswise, and traffic would pass. */
#define assert_up(d)        play_expect((d), ENDED_UP, __FILE__, __LINE__)
#define assert_no_pair(d)   play_expect((d), ENDED_CLEAN, __FILE__, __LINE__)
#define assert_same_keys(d) assert_up(d)
#define assert_clean(d)                        \
	do {                                   \
		assert_no_pair(d);             \
		assert_true(duet_is_clean(d)); \
	} while (0)

/* The newest story of this exchange type has these steps in this order; others may be between. */
static inline void play_story(struct duet *d, enum side who, int exchange, const char *const *steps)
{
	struct story s;
	size_t at = 0;

	if (!duet_story(d, who, exchange, &s)) {
		print_error("%c has no story of exchange %d\n", "AB"[who], exchange);
		_fail(__FILE__, __LINE__);
	}
	for (; *steps; steps++) {
		while (at < s.steps_n && !strstr(s.steps[at].text, *steps))
			at++;
		if (at++ < s.steps_n)
			continue;
		print_error("%c's story lacks \"%s\" at its place:\n", "AB"[who], *steps);
		for (size_t i = 0; i < s.steps_n; i++)
			print_error("   %c %s\n", s.steps[i].direction, s.steps[i].text);
		_fail(__FILE__, __LINE__);
	}
}
#define assert_story(d, who, exchange, ...) \
	play_story((d), (who), (exchange), (const char *const[]){ __VA_ARGS__, NULL })

struct play_want {
	enum reason reason;
	enum story_side side;
	const char *field;
};

/* How a negotiation failed: reason, side, and the field to look at ("": any). */
static inline void play_verdict(struct duet *d, enum side who, int exchange, struct play_want want)
{
	struct story s;

	if (!duet_story(d, who, exchange, &s)) {
		print_error("%s: %c has no story of exchange %d\n", d->title, "AB"[who], exchange);
		_fail(__FILE__, __LINE__);
	}
	if (s.verdict == VERDICT_FAILED && s.reason == want.reason && s.side == want.side &&
	    strstr(s.field, want.field))
		return;
	print_error("%s: %c says verdict %d, %s, side %d, field '%s': %s\n", d->title, "AB"[who],
		    s.verdict, reason_slug(s.reason), s.side, s.field, s.text);
	print_error("   where %s, side %d, field '%s' is due\n", reason_slug(want.reason),
		    want.side, want.field);
	_fail(__FILE__, __LINE__);
}
#define assert_verdict(d, who, exchange, reason_, side_, field_) \
	play_verdict((d), (who), (exchange), (struct play_want){ (reason_), (side_), (field_) })

/* Up by the plainest of ways. */
static inline struct duet *play_up(const char *words)
{
	struct duet *d = duet_new(words);

	duet_initiate(d, A, "t1");
	duet_run_s(d, 3);
	assert_up(d);
	return d;
}

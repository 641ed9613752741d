/* test_config_diff.c - the edits that lie between two configurations lead from one to the other */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/text.h"
#include "core/model/config.h"

enum { NAMES = 8, ROUNDS = 300 };

static unsigned roll(unsigned *seed, unsigned n)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 8) % n;
}

/* One random edit; owned by the caller's reference. */
static struct config *step(const struct config *c, unsigned *seed)
{
	static const enum kind kinds[] = { K_DPD_PROFILE, K_SECRET, K_PEER, K_SETTINGS_KEEPALIVE };
	struct edit e = { .kind = kinds[roll(seed, 4)] };
	struct fault f = { 0 };
	bool single = kind_row(e.kind)->single;

	if (!single)
		snprintf(e.name, sizeof(e.name), "n%u", roll(seed, NAMES));
	const struct record *old = config_find(c, e.kind, e.name);
	if (old && !single && roll(seed, 4) == 0) {
		e.op = EDIT_DELETE;
	} else {
		e.rec = old ? record_copy(old) : record_new(e.kind);
		assert_non_null(e.rec);
		if (!single)
			text_copy(e.rec->name, sizeof(e.rec->name), e.name);
		if (e.kind == K_DPD_PROFILE)
			((struct dpd_profile *)e.rec)->interval_seconds = 10 + roll(seed, 9);
		if (e.kind == K_SETTINGS_KEEPALIVE)
			((struct settings_keepalive *)e.rec)->interval_seconds = roll(seed, 9);
		if (e.kind == K_SECRET) {
			((struct secret *)e.rec)->value.n = 40;
			((struct secret *)e.rec)->value.at[7] = (uint8_t)roll(seed, 3);
		}
	}
	struct config *next = config_with(c, &e, 1, "ann", 1, &f);
	record_unref(e.rec);
	if (!next)
		fail_msg("%s", f.text);
	return next;
}

static void edits_lead_from_one_to_the_other(void **state)
{
	unsigned seed = 7;
	size_t all = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		own(config) a = config_new();
		own(config) b = NULL;
		struct edit *edits;
		struct fault f = { 0 };
		size_t n;

		for (unsigned i = roll(&seed, 12); i > 0; i--) {
			struct config *next = step(a, &seed);
			config_unref(a);
			a = next;
		}
		b = (struct config *)(uintptr_t)config_ref(a);
		for (unsigned i = roll(&seed, 12); i > 0; i--) {
			struct config *next = step(b, &seed);
			config_unref(b);
			b = next;
		}
		/* both ways, as going back does */
		for (int way = 0; way < 2; way++) {
			const struct config *from = way ? b : a, *to = way ? a : b;

			assert_true(config_edits(from, to, &edits, &n));
			own(config) there = config_with(from, edits, n, "ann", 2, &f);
			if (!there)
				fail_msg("%s", f.text);
			edits_free(edits, n);
			all += n;
			assert_true(config_edits(there, to, &edits, &n));
			assert_int_equal(n, 0);
			edits_free(edits, n);
		}
	}
	assert_true(all > ROUNDS);
}

static void an_edit_notices_what_came_between(void **state)
{
	own(config) a = config_new();
	struct edit *edits;
	struct fault f = { 0 };
	unsigned seed = 3;
	size_t n;

	(void)state;
	own(config) b = step(a, &seed);
	own(config) c = step(b, &seed);
	while (config_count(b, K_PEER) + config_count(b, K_DPD_PROFILE) == 0) {
		config_unref(b);
		b = c;
		c = step(b, &seed);
	}
	assert_true(config_edits(b, a, &edits, &n));
	assert_true(n > 0);
	edits[0].if_match = 999;
	assert_null(config_with(b, edits, n, "ann", 2, &f));
	assert_int_equal(f.reason, R_STALE);
	edits_free(edits, n);
}

static void the_same_is_no_edit(void **state)
{
	own(config) a = config_new();
	own(config) b = config_new();
	struct edit *edits;
	size_t n = 1;

	(void)state;
	assert_true(config_edits(a, b, &edits, &n));
	assert_int_equal(n, 0);
	edits_free(edits, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_lead_from_one_to_the_other),
		cmocka_unit_test(an_edit_notices_what_came_between),
		cmocka_unit_test(the_same_is_no_edit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_leaf.c - pages by number: full ones, short ones, and where the next begins */
#include "tests/unit/api/desk.h"

#include "api/leaf.h"

/* A keeper with rows most..1 gives what it is asked for; every third row is wanted when picky. */
static void walk(uint64_t most, uint64_t limit, size_t scan, bool picky)
{
	uint64_t before = 0, expected = most, pages = 0;
	bool more = true;

	for (; more && pages < 100; pages++) {
		struct leaf l = { .limit = limit, .scan = scan };
		uint64_t given = 0;

		for (uint64_t id = before ? before - 1 : most, n = 0; id > 0 && n < scan;
		     id--, n++) {
			bool wanted = !picky || id % 3 == 0;

			if (!leaf_takes(&l, id, wanted))
				continue;
			while (picky && expected % 3 != 0)
				expected--;
			assert_int_equal(id, expected--);
			given++;
		}
		assert_true(given <= limit);
		assert_int_equal(given, l.given);
		more = l.more || l.seen >= l.scan;
		if (more)
			assert_true(!before || l.last < before);
		before = l.last;
		text_done(&l.t);
	}
	while (picky && expected && expected % 3 != 0)
		expected--;
	assert_int_equal(expected, 0); /* every row came once, in order */
}

static void pages_meet(void **state)
{
	(void)state;
	for (uint64_t most = 0; most < 25; most++)
		for (uint64_t limit = 1; limit < 12; limit++) {
			walk(most, limit, (size_t)limit + 1, false);
			walk(most, limit, 10, true);
			walk(most, limit, 1, true);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(pages_meet) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

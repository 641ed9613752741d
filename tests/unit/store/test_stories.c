/* test_stories.c - kept negotiations fill no disk, and strangers push out no peer's */
#include "tests/unit/store/desk.h"

#include "store/parts.h"

enum { BATCH = 64 };

/* So many of this peer with ids from `first` on. */
static void keep(struct desk *d, const char *peer, uint64_t first, size_t n, int64_t at_ms)
{
	static struct story stories[BATCH];
	const struct story *list[BATCH];

	for (size_t i = 0; i < n; i += BATCH) {
		size_t k;

		for (k = 0; k < BATCH && i + k < n; k++) {
			stories[k] = (struct story){ .id = first + i + k, .started_ms = at_ms };
			strcpy(stories[k].peer, peer);
			list[k] = &stories[k];
		}
		d->repo->stories_keep(d->repo->ctx, list, k);
	}
}

static uint64_t count(struct desk *d, const char *where)
{
	char sql[100];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM stories WHERE %s", where);
	return store_number(d->store, sql);
}

static void strangers_push_out_nobody(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	keep(&d, "hub", 1, 10, 1750000000000);
	keep(&d, "", 11, 3000, 1750000000000);
	assert_int_equal(count(&d, "peer = 'hub'"), 10);
	assert_in_range(count(&d, "peer = ''"), 2000, 2000 + 256 + BATCH);
	desk_remove(&d);
}

static void the_oldest_go(void **state)
{
	static const int64_t day_ms = 24 * 3600 * 1000;
	struct desk d;

	(void)state;
	desk_new(&d);
	keep(&d, "hub", 1, 300, 1750000000000);
	keep(&d, "hub", 301, 300, 1750000000000 + 89 * day_ms);
	assert_int_equal(count(&d, "1"), 600);
	keep(&d, "hub", 601, 300, 1750000000000 + 91 * day_ms);
	assert_int_equal(count(&d, "id <= 300"), 0);
	assert_int_equal(count(&d, "1"), 600);
	desk_remove(&d);
}

static void there_are_never_too_many(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	keep(&d, "hub", 1, 21000, 1750000000000);
	assert_in_range(count(&d, "1"), 20000, 20000 + 256 + BATCH);
	assert_int_equal(store_number(d.store, "SELECT max(id) FROM stories"), 21000);
	desk_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strangers_push_out_nobody),
		cmocka_unit_test(the_oldest_go),
		cmocka_unit_test(there_are_never_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

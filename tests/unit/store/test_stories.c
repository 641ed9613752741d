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

/* With the change that says so, and after a restart; a change that is refused bounds nothing. */
static void the_settings_bound_them_at_once(void **state)
{
	struct settings_logging *l;
	struct desk d;

	(void)state;
	desk_new(&d);
	keep(&d, "hub", 1, 300, 1750000000000);
	keep(&d, "", 301, 200, 1750000000000);
	l = (void *)record_copy(config_find(d.config, K_SETTINGS_LOGGING, ""));
	l->negotiations_kept = 250;
	l->strangers_kept = 20;
	struct edit e = { .op = EDIT_PUT, .kind = K_SETTINGS_LOGGING, .rec = &l->r };
	struct config *after = config_with(d.config, &e, 1, "ann", 1, &d.fault);
	struct save s = {
		.edits = &e, .n = 1, .before = d.config, .after = after, .now_s = 1700000000
	};
	store_run(d.store, "UPDATE standing SET revision = 7", NULL);
	d.repo->save(d.repo->ctx, &s, desk_hear, &d);
	assert_int_equal(d.fault.reason, R_STALE);
	store_run(d.store, "UPDATE standing SET revision = 0", NULL);
	assert_int_equal(count(&d, "1"), 500);
	config_unref(after);
	assert_int_equal(desk_put(&d, &l->r), R_OK);
	assert_int_equal(count(&d, "peer = ''"), 20);
	assert_int_equal(count(&d, "1"), 250);
	desk_close(&d);
	assert_true(desk_open(&d));
	keep(&d, "hub", 501, 300, 1750000000000);
	assert_in_range(count(&d, "1"), 250, 250 + 256);
	desk_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strangers_push_out_nobody),
		cmocka_unit_test(the_oldest_go),
		cmocka_unit_test(there_are_never_too_many),
		cmocka_unit_test(the_settings_bound_them_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

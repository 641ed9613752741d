/* test_copies.c - a copy holds the configuration and nothing else, and comes back whole or not at all */
#include "tests/unit/store/desk.h"

#include "store/parts.h"

struct took {
	const struct config *config;
	struct fault fault;
};

static void take(void *arg, struct config *take_c, const struct fault *f)
{
	struct took *t = arg;

	t->config = take_c;
	t->fault = *f;
}

static struct took back(struct desk *d, struct slice copy)
{
	struct took t = { 0 };

	d->repo->copied(d->repo->ctx, copy, take, &t);
	return t;
}

static bool holds(const struct bytes *b, const char *octets)
{
	return memmem(b->at, b->n, octets, strlen(octets)) != NULL;
}

/* Every table has a row that must not travel, and a secret was replaced. */
static void fill(struct desk *d)
{
	struct user u = { .name = "canary-user", .role = ROLE_ADMIN, .password = "canary-hash" };
	struct token t = { .id = "tk", .name = "canary-token", .owner = "ann" };
	struct event e = { .id = 0, .seq = 1 };

	memcpy(t.hash, "canary-token-hash", 17);
	text_copy(e.text, sizeof(e.text), "canary-event");
	d->repo->user_put(d->repo->ctx, &u, NULL, desk_hear, d);
	assert_int_equal(d->fault.reason, R_OK);
	d->repo->token_put(d->repo->ctx, &t, NULL, desk_hear, d);
	assert_int_equal(d->fault.reason, R_OK);
	assert_int_equal(d->repo->fact_put(d->repo->ctx, "fact", "canary-fact", NULL), R_OK);
	d->repo->journal(d->repo->ctx, &e, 1);
	assert_int_equal(desk_put(d, desk_secret("s", "former-value", 60)), R_OK);
	assert_int_equal(desk_put(d, desk_secret("s", "sealed-value", 60)), R_OK);
	assert_int_equal(desk_put(d, desk_record(K_DPD_PROFILE, "gone")), R_OK);
	assert_int_equal(desk_delete(d, K_DPD_PROFILE, "gone"), R_OK);
}

static void holds_the_configuration_and_nothing_else(void **state)
{
	static const char *const no[] = { "canary-", "former-value" };
	own(bytes) copy = NULL;
	struct fault f = { 0 };
	struct desk d;

	(void)state;
	desk_new(&d);
	fill(&d);
	assert_true(desk_files_with(&d, "canary-user"));
	copy = desk_copy(&d, 64);
	assert_non_null(copy);
	assert_true(desk_files_with(&d, "canary-event") && desk_files_with(&d, "canary-fact"));
	assert_true(holds(copy, "sealed-value"));
	for (size_t i = 0; i < COUNT_OF(no); i++)
		if (holds(copy, no[i]))
			fail_msg("%s is in the copy", no[i]);
	assert_true(desk_files_with(&d, "canary-user")); /* the store keeps what it had */
	desk_remove(&d);
}

static void comes_back_as_it_was(void **state)
{
	own(bytes) copy = NULL;
	struct fault f = { 0 };
	struct edit *edits;
	struct desk d;
	size_t n;

	(void)state;
	desk_new(&d);
	fill(&d);
	uint64_t revision = config_revision(d.config);
	copy = desk_copy(&d, 64);
	assert_non_null(copy);
	assert_int_equal(desk_put(&d, desk_record(K_DPD_PROFILE, "later")), R_OK);
	struct took t = back(&d, slice_of(copy));
	if (!t.config)
		fail_msg("%s", t.fault.text);
	assert_int_equal(config_revision(t.config), revision);
	assert_true(config_edits(t.config, d.config, &edits, &n));
	assert_int_equal(n, 1);
	assert_string_equal(edits[0].name, "later");
	edits_free(edits, n);
	config_unref(t.config);
	desk_load(&d);
	assert_int_equal(config_revision(d.config), revision + 1); /* the store is where it was */
	desk_remove(&d);
}

/* One octet after the other: refused, or the very same configuration; never another one. */
static void a_damaged_copy_is_refused(void **state)
{
	own(bytes) copy = NULL;
	struct fault f = { 0 };
	size_t refused = 0, n, tried = 0;
	struct edit *edits;
	struct desk d;

	(void)state;
	desk_new(&d);
	fill(&d);
	copy = desk_copy(&d, 64);
	assert_non_null(copy);
	for (size_t at = 1; at < copy->n; at += 1 + copy->n / 150, tried++) {
		copy->at[at] ^= 0x10;
		struct took t = back(&d, slice_of(copy));
		copy->at[at] ^= 0x10;
		refused += !t.config;
		if (!t.config)
			continue;
		assert_true(config_edits(d.config, t.config, &edits, &n));
		assert_int_equal(n, 0);
		edits_free(edits, n);
		config_unref(t.config);
	}
	assert_true(refused > 0);
	assert_true(tried > 100);
	for (size_t cut = 0; cut < copy->n; cut += 1 + copy->n / 20) {
		struct took t = back(&d, slice(copy->at, cut));

		assert_null(t.config);
		assert_int_not_equal(t.fault.reason, R_OK);
	}
	desk_remove(&d);
}

static void a_strangers_file_is_refused(void **state)
{
	static const char text[200] = "SQLite format 3";
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(back(&d, slice(text, sizeof(text))).fault.reason, R_STORE_DAMAGED);
	assert_int_equal(back(&d, slice(text, 0)).fault.reason, R_STORE_DAMAGED);
	desk_remove(&d);
}

/* How many pages a step is asked for is how many it takes, so the longest holds nobody up; what is
 * changed between two steps is in the copy whole or, when it comes later, not at all. */
static void copied_in_steps(void **state)
{
	enum { PAGES = 4 };
	own(bytes) copy = NULL;
	struct copying *c, *other;
	struct fault f = { 0 };
	size_t steps = 0;
	struct desk d;

	(void)state;
	desk_new(&d);
	fill(&d);
	uint64_t pages = store_number(d.store, "PRAGMA page_count");
	assert_true(pages > 5 * PAGES);
	assert_int_equal(d.repo->copy_begin(d.repo->ctx, &c, &f), R_OK);
	assert_int_equal(d.repo->copy_begin(d.repo->ctx, &other, &f), R_BUSY);
	while (!d.repo->copy_step(c, PAGES)) {
		char name[NAME_SIZE];

		snprintf(name, sizeof(name), "between-%zu", steps++);
		if (steps < 4)
			assert_int_equal(desk_put(&d, desk_record(K_DPD_PROFILE, name)), R_OK);
	}
	assert_true((steps + 1) * PAGES >= pages && steps >= pages / PAGES - 1);
	assert_int_equal(d.repo->copy_finish(c, &copy, &f), R_OK);
	d.repo->copy_end(c);
	struct took t = back(&d, slice_of(copy));
	if (!t.config)
		fail_msg("%s", t.fault.text);
	assert_int_equal(config_revision(t.config), config_revision(d.config));
	assert_non_null(config_dpd(t.config, "between-2"));
	config_unref(t.config);
	desk_remove(&d);
}

/* The daemon ends while one is under way: nothing hangs on it. */
static void ended_in_between(void **state)
{
	own(bytes) copy = NULL;
	struct copying *c;
	struct fault f = { 0 };
	struct desk d;

	(void)state;
	desk_new(&d);
	fill(&d);
	assert_int_equal(d.repo->copy_begin(d.repo->ctx, &c, &f), R_OK);
	assert_false(d.repo->copy_step(c, 1));
	struct repo repo = *d.repo;
	desk_close(&d);
	assert_true(repo.copy_step(c, 1));
	assert_int_equal(repo.copy_finish(c, &copy, &f), R_STORE);
	assert_null(copy);
	repo.copy_end(c);
	assert_true(desk_open(&d));
	desk_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_the_configuration_and_nothing_else),
		cmocka_unit_test(comes_back_as_it_was),
		cmocka_unit_test(copied_in_steps),
		cmocka_unit_test(ended_in_between),
		cmocka_unit_test(a_damaged_copy_is_refused),
		cmocka_unit_test(a_strangers_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

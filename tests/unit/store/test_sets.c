/* test_sets.c - change sets outlive the daemon, and what goes of them goes from the disk */
#include "tests/unit/store/desk.h"

#include "store/parts.h"

static enum reason stage(struct desk *d, uint64_t id, const char *name, struct record *take_rec)
{
	struct changeset_row row = { .kind = K_SECRET, .after = take_rec };
	struct changeset s = { .id = id, .created_s = 1, .touched_s = 1, .rows = &row, .n = 1 };

	text_copy(row.name, sizeof(row.name), name);
	enum reason r = d->repo->changeset_put(d->repo->ctx, &s, NULL, &d->fault);
	record_unref(take_rec);
	return r;
}

struct heard {
	size_t sets;
	size_t sealed; /* octets of the first row's secret */
	char mark[32];
};

static void hear(void *arg, const struct changeset *s)
{
	struct heard *h = arg;
	const struct secret *secret;

	if (!s)
		return;
	h->sets++;
	assert_int_equal(s->n, 1);
	secret = (const void *)s->rows[0].after;
	h->sealed = secret->value.n;
	text_copy(h->mark, sizeof(h->mark), secret->value.fingerprint);
}

static void a_set_outlives_the_daemon(void **state)
{
	struct heard h = { 0 };
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(stage(&d, 4, "s", desk_secret("s", "canary-one", 60)), R_OK);
	desk_close(&d);
	assert_true(desk_open(&d));
	assert_int_equal(d.repo->changesets(d.repo->ctx, 0, hear, &h, &d.fault), R_OK);
	assert_int_equal(h.sets, 1);
	assert_int_equal(h.sealed, 60);
	assert_true(*h.mark);
	assert_int_equal(d.repo->changesets_last(d.repo->ctx), 4);
	assert_null(config_secret(d.config, "s")); /* it is no configuration */
	desk_remove(&d);
}

static void what_goes_goes_from_the_disk(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(stage(&d, 1, "s", desk_secret("s", "canary-one", 60)), R_OK);
	assert_true(desk_files_with(&d, "canary-one"));
	assert_int_equal(stage(&d, 1, "s", desk_secret("s", "canary-two", 60)), R_OK);
	assert_false(desk_files_with(&d, "canary-one"));
	assert_int_equal(d.repo->changeset_drop(d.repo->ctx, 1, NULL, &d.fault), R_OK);
	assert_false(desk_files_with(&d, "canary-two"));
	desk_remove(&d);
}

static void a_copy_has_no_sets(void **state)
{
	own(bytes) copy = NULL;
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(stage(&d, 1, "s", desk_secret("s", "canary-one", 60)), R_OK);
	copy = desk_copy(&d, 64);
	assert_non_null(copy);
	assert_null(memmem(copy->at, copy->n, "canary-one", 10));
	desk_remove(&d);
}

/* By hand, or by a fault of the disk: said, and nothing is made up. */
static void a_torn_row_is_told(void **state)
{
	struct heard h = { 0 };
	struct fault f = { 0 };
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(stage(&d, 1, "s", desk_secret("s", "canary-one", 60)), R_OK);
	assert_int_equal(store_run(d.store, "UPDATE changeset_rows SET after = x'0102'", &f), R_OK);
	assert_int_equal(d.repo->changesets(d.repo->ctx, 0, hear, &h, &f), R_STORE_DAMAGED);
	assert_int_equal(h.sets, 0);
	desk_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_outlives_the_daemon),
		cmocka_unit_test(what_goes_goes_from_the_disk),
		cmocka_unit_test(a_copy_has_no_sets),
		cmocka_unit_test(a_torn_row_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

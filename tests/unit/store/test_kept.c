/* test_kept.c - any earlier configuration comes out as it was */
#include "tests/unit/store/desk.h"

#include "core/model/tunnel.h"
#include "store/parts.h"

enum { STEPS = 120, NAMES = 6 };

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

static struct took past(struct desk *d, uint64_t revision)
{
	struct took t = { 0 };

	d->repo->past(d->repo->ctx, revision, take, &t);
	return t;
}

static void same(const struct config *a, const struct config *b)
{
	struct edit *edits;
	size_t n;

	assert_true(config_edits(a, b, &edits, &n));
	if (n)
		fail_msg("%s %s differs", kind_row(edits[0].kind)->path, edits[0].name);
	edits_free(edits, n);
	for (int k = 0; k < K_COUNT; k++)
		assert_int_equal(config_count(a, (enum kind)k), config_count(b, (enum kind)k));
}

/* One change after another at random: secrets, profiles, settings; all revisions are held. */
static void step(struct desk *d, unsigned r)
{
	struct edit e = { .kind = r % 3 == 0 ? K_SECRET : K_DPD_PROFILE };
	char text[32];

	if (r % 11 == 0) {
		e.kind = K_SETTINGS_KEEPALIVE;
		e.rec = record_copy(config_find(d->config, e.kind, NULL));
		((struct settings_keepalive *)e.rec)->interval_seconds = r % 1000 + 20;
		((struct settings_keepalive *)e.rec)->timeout_seconds = 0;
	} else {
		snprintf(e.name, sizeof(e.name), "n%u", r / 16 % NAMES);
		if (config_find(d->config, e.kind, e.name) && r % 5 == 0) {
			e.op = EDIT_DELETE;
		} else if (e.kind == K_SECRET) {
			snprintf(text, sizeof(text), "\n%u # 7\n", r);
			e.rec = desk_secret(e.name, text, 40);
		} else {
			e.rec = desk_record(e.kind, e.name);
			((struct dpd_profile *)e.rec)->interval_seconds = r % 290 + 10;
		}
	}
	if (desk_change(d, &e, 1) != R_OK)
		fail_msg("%s", d->fault.text);
	record_unref(e.rec);
}

static void every_revision_comes_back(void **state)
{
	const struct config *held[STEPS + 1];
	struct desk d;
	unsigned r = 4711;

	(void)state;
	desk_new(&d);
	held[0] = config_ref(d.config);
	for (int i = 1; i <= STEPS; i++) {
		r = r * 1103515245 + 12345;
		step(&d, r >> 8 & 0xffff);
		held[i] = config_ref(d.config);
	}
	desk_close(&d);
	assert_true(desk_open(&d));
	for (int i = 0; i <= STEPS; i++) {
		struct took t = past(&d, (uint64_t)i);

		if (!t.config)
			fail_msg("revision %d: %s", i, t.fault.text);
		assert_int_equal(config_revision(t.config), i);
		same(held[i], t.config);
		config_unref(t.config);
		config_unref(held[i]);
	}
	desk_remove(&d);
}

static void the_future_is_not_there(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(desk_put(&d, desk_secret("s", "one", 40)), R_OK);
	struct took t = past(&d, 2);
	assert_null(t.config);
	assert_int_equal(t.fault.reason, R_NOT_FOUND);
	desk_remove(&d);
}

/* What was overwritten before this schema is gone, and said to be. */
static void before_it_was_kept_is_told(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	for (int i = 0; i < 3; i++)
		assert_int_equal(desk_put(&d, desk_secret("s", "value", 40)), R_OK);
	store_run(d.store, "UPDATE kept_since SET revision = 2", NULL);
	struct took t = past(&d, 1);
	assert_null(t.config);
	assert_int_equal(t.fault.reason, R_NOT_FOUND);
	t = past(&d, 2);
	assert_non_null(t.config);
	config_unref(t.config);
	desk_remove(&d);
}

static void put_secret(struct desk *d, const char *name, int i)
{
	char value[16];

	snprintf(value, sizeof(value), "%c-value", 'a' + i);
	assert_int_equal(desk_put(d, desk_secret(name, value, 40)), R_OK);
}

/* Bounds as the settings say, at once; a change of its own. */
static void bound_it(struct desk *d, uint32_t most, uint32_t days)
{
	const struct record *old = config_find(d->config, K_SETTINGS_LOGGING, "");
	struct settings_logging *l = (void *)record_copy(old);

	l->replaced_kept = most;
	l->replaced_days = days;
	assert_int_equal(desk_put(d, &l->r), R_OK);
}

/* Too many: the oldest revision goes whole, its secret is on no disk, and it is named. */
static void too_many_go_by_name(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	bound_it(&d, 3, 365);
	for (int i = 0; i < 8; i++)
		put_secret(&d, i == 1 ? "other" : "mine", i);
	assert_int_equal(store_number(d.store, "SELECT count(*) FROM kept"), 3);
	assert_int_equal(desk_files_with(&d, "a-value"), 0);
	assert_int_equal(desk_files_with(&d, "b-value"), 1); /* stands */
	assert_int_not_equal(desk_files_with(&d, "g-value"), 0);
	for (uint64_t revision = 1; revision <= 9; revision++) {
		struct took t = past(&d, revision);

		assert_int_equal(t.config != NULL, revision >= 6);
		if (!t.config) {
			assert_int_equal(t.fault.reason, R_NOT_FOUND);
			assert_non_null(strstr(t.fault.text, "since revision 6"));
			assert_non_null(strstr(t.fault.text, "secret mine"));
			assert_null(strstr(t.fault.text, "other"));
		}
		config_unref(t.config);
	}
	desk_remove(&d);
}

/* Too old by the time of the change that replaced it; what the last one replaced stays. */
static void the_old_go_but_not_the_last(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	for (int i = 0; i < 4; i++)
		put_secret(&d, "mine", i);
	assert_int_equal(store_number(d.store, "SELECT count(*) FROM kept"), 3);
	store_run(d.store, "UPDATE changes SET at_s = at_s - 366 * 86400 WHERE revision <= 3",
		  NULL);
	put_secret(&d, "mine", 4);
	assert_int_equal(store_number(d.store, "SELECT min(until) FROM kept"), 4);
	bound_it(&d, 0, 365); /* at once, with the change that says so */
	assert_int_equal(store_number(d.store, "SELECT count(*) FROM kept"), 1);
	put_secret(&d, "mine", 5);
	struct took t = past(&d, 5);
	assert_null(t.config);
	t = past(&d, 6);
	assert_non_null(t.config);
	config_unref(t.config);
	desk_remove(&d);
}

static void a_torn_row_is_named(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(desk_put(&d, desk_secret("s", "value", 40)), R_OK);
	assert_int_equal(desk_put(&d, desk_secret("s", "other", 40)), R_OK);
	for (int cut = 1; cut < 60; cut++) {
		char sql[96];

		snprintf(sql, sizeof(sql),
			 "UPDATE kept SET body = substr(body, 1, length(body) - 1)");
		store_run(d.store, sql, NULL);
		struct took t = past(&d, 1);
		if (!t.config)
			assert_int_equal(t.fault.reason, R_STORE_DAMAGED);
		config_unref(t.config);
	}
	store_run(d.store, "UPDATE kept SET body = CAST('nonsense 99999999999999999999' AS BLOB)",
		  NULL);
	struct took t = past(&d, 1);
	assert_null(t.config);
	assert_int_equal(t.fault.reason, R_STORE_DAMAGED);
	desk_remove(&d);
}

struct seen {
	uint64_t revision[8];
	uint32_t records[8];
	size_t n;
};

static void see(void *arg, const struct commit *c)
{
	struct seen *s = arg;

	if (!c)
		return;
	s->revision[s->n] = c->revision;
	s->records[s->n++] = c->records;
}

static void commits_are_one_row_a_revision(void **state)
{
	struct edit two[2] = { { .kind = K_SECRET }, { .kind = K_SECRET } };
	struct seen s = { .n = 0 };
	struct desk d;

	(void)state;
	desk_new(&d);
	for (int i = 0; i < 2; i++) {
		snprintf(two[i].name, sizeof(two[i].name), "s%d", i);
		two[i].rec = desk_secret(two[i].name, "value", 40);
	}
	assert_int_equal(desk_change(&d, two, 2), R_OK);
	record_unref(two[0].rec);
	record_unref(two[1].rec);
	assert_int_equal(desk_delete(&d, K_SECRET, "s0"), R_OK);
	d.repo->commits(d.repo->ctx, 0, 8, see, &s);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.revision[0], 2);
	assert_int_equal(s.records[0], 1);
	assert_int_equal(s.records[1], 2);
	s.n = 0;
	d.repo->commits(d.repo->ctx, 2, 8, see, &s);
	assert_int_equal(s.n, 1);
	desk_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_revision_comes_back),
		cmocka_unit_test(the_future_is_not_there),
		cmocka_unit_test(before_it_was_kept_is_told),
		cmocka_unit_test(too_many_go_by_name),
		cmocka_unit_test(the_old_go_but_not_the_last),
		cmocka_unit_test(a_torn_row_is_named),
		cmocka_unit_test(commits_are_one_row_a_revision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

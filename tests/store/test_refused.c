/* test_refused.c - the disk refuses one deed, or all from there on: an answer, and nothing changed
 *
 * P-41. No space, read only and I/O errors at each write, cut and sync of a change. The change is
 * refused with 507 or 500 and a sentence that names the file, the revision stays; the same store takes
 * the next change as soon as the disk does. Or the change was whole before, and is acknowledged.
 */
#include "tests/store/shim.h"
#include "tests/store/story.h"

static const struct shim_plan none;

static const struct refusal {
	const char *what;
	int code;
	int status; /* HTTP */
} refusals[] = {
	{ "no space", SQLITE_FULL, 507 },
	{ "I/O error in a write", SQLITE_IOERR_WRITE, 500 },
	{ "I/O error in a sync", SQLITE_IOERR_FSYNC, 500 },
	{ "I/O error", SQLITE_IOERR, 500 },
	{ "read only", SQLITE_READONLY, 500 },
};

struct tally {
	unsigned points, refused, acknowledged;
};

/* One change with deed `at` refused; false: it has fewer deeds. */
static bool one(struct desk *d, const struct refusal *how, unsigned at, bool on, struct tally *t)
{
	struct shim_plan plan = { .at = at, .refuse = how->code, .from_there_on = on };
	uint64_t revision = config_revision(d->config), picture = story_picture(d->config), now;
	unsigned deeds;
	enum reason r;

	shim_set(&plan);
	r = story_go_on(d);
	deeds = shim_count();
	if (r == R_OK) {
		t->acknowledged += deeds >= at;
	} else {
		int status = (int)reason_http(r);

		t->refused++;
		if (status != how->status && status != 507 && status != 500)
			fail_msg("%s at deed %u: %d, %s", how->what, at, status, d->fault.text);
		assert_non_null(strstr(d->fault.text, "ikeeper.db"));
		/* while the disk still refuses what we had can be read */
		desk_load(d);
		if (!d->config)
			fail_msg("%s at deed %u: cannot be read: %s", how->what, at, d->fault.text);
		assert_int_equal(config_revision(d->config), revision);
		assert_true(story_picture(d->config) == picture);
	}
	shim_set(&none);
	if (story_go_on(d) != R_OK)
		fail_msg("%s at deed %u: the next change: %s", how->what, at, d->fault.text);
	now = config_revision(d->config);
	assert_int_equal(now, revision + 1 + (r == R_OK));
	desk_load(d);
	picture = story_picture(d->config);
	t->points++;
	if (at % 5 == 0) { /* and it lasts */
		desk_close(d);
		if (!desk_open(d))
			fail_msg("%s at deed %u: opening: %s", how->what, at, d->fault.text);
		assert_int_equal(config_revision(d->config), now);
		assert_true(story_picture(d->config) == picture);
		story_whole(d);
	}
	return deeds >= at;
}

static void every_deed_of_a_change_refused(void **state)
{
	unsigned rounds = story_times("IKEEPER_STORE_ROUNDS", 1);
	struct tally t = { 0 };
	struct desk d;

	(void)state;
	shim_set(&none);
	desk_new(&d);
	for (int i = 0; i < 10; i++)
		assert_int_equal(story_go_on(&d), R_OK);
	desk_load(&d);
	for (unsigned round = 0; round < rounds; round++)
		for (size_t i = 0; i < COUNT_OF(refusals); i++)
			for (int on = 0; on < 2; on++)
				for (unsigned at = 1; one(&d, &refusals[i], at, on, &t); at++)
					;
	print_message("%u points: %u changes refused, %u acknowledged, whole before the refusal\n",
		      t.points, t.refused, t.acknowledged);
	assert_true(t.refused >= 50);
	desk_remove(&d);
}

/* A start on a disk that refuses: a sentence with the name of the file, and a start when it no longer
 * does; what stands there is as it was. */
static void every_deed_of_a_start_refused(void **state)
{
	unsigned refused = 0, points = 0;
	struct desk d;

	(void)state;
	shim_set(&none);
	desk_new(&d);
	for (int i = 0; i < 10; i++)
		assert_int_equal(story_go_on(&d), R_OK);
	desk_load(&d);
	uint64_t picture = story_picture(d.config);
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		bool is_over = false;

		for (unsigned at = 1; !is_over; at++, points++) {
			struct shim_plan plan = { .at = at,
						  .refuse = refusals[i].code,
						  .from_there_on = true };

			desk_close(&d);
			shim_set(&plan);
			if (!desk_open(&d)) {
				refused++;
				assert_non_null(strstr(d.fault.text, "ikeeper.db"));
			}
			is_over = shim_count() < at;
			desk_close(&d);
			shim_set(&none);
			if (!desk_open(&d))
				fail_msg("%s at deed %u: the next start: %s", refusals[i].what, at,
					 d.fault.text);
			assert_true(story_picture(d.config) == picture);
		}
	}
	print_message("%u points: %u starts refused\n", points, refused);
	assert_true(refused > 0);
	desk_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_deed_of_a_change_refused),
		cmocka_unit_test(every_deed_of_a_start_refused),
	};

	cmocka_set_test_filter(getenv("IKEEPER_DUET_TEST"));
	shim_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

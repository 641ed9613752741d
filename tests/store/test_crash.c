/* test_crash.c - SIGKILL at every deed of every change, and the power cut between any two
 *
 * P-40. A child makes one change and is killed by the shim (shim.h) before its first deed on the disk,
 * its second, and so on until it lives through; every other time half of a write is done first. After
 * each kill the store opens within a second with the revision before or after, never less than what
 * was acknowledged, and all of it is of that one revision.
 *
 * The power cut is a model: of everything since a file was last synced each sector of 512 octets is
 * there or not, by chance. 200 changes and 10,000 cuts are played by tests/soak; ctest plays some.
 */
#include "tests/store/shim.h"
#include "tests/store/story.h"

#include <signal.h>
#include <sys/wait.h>

#include "core/base/rng.h"
#include "core/base/timers.h"

enum { SECTOR = 512, AT_ONCE_MS = 1000 };

static const struct shim_plan none;

static void make_desk(struct desk *d)
{
	*d = (struct desk){ .dir = "/dev/shm/ikeeper-crash-XXXXXX" };
	if (!mkdtemp(d->dir)) {
		strcpy(d->dir, "/tmp/ikeeper-crash-XXXXXX");
		assert_non_null(mkdtemp(d->dir));
	}
}

static void reopen(struct desk *d, const char *when)
{
	msec began = clock_now();

	if (!desk_open(d))
		fail_msg("%s: %s", when, d->fault.text);
	if (clock_now() - began > AT_ONCE_MS)
		print_message("%s: opening took %d ms\n", when, (int)(clock_now() - began));
	assert_true(clock_now() - began <= 10 * AT_ONCE_MS); /* a busy machine is not a fault */
}

/* A child makes the next change and is killed at this deed; true: it lived through it all. */
static bool one_kill(struct desk *d, unsigned at, bool tear, bool *ret_said)
{
	struct shim_plan plan = { .at = at, .kill = true, .tear = tear };
	int ends[2], status;
	char said;

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		shim_set(&plan);
		if (!desk_open(d) || story_go_on(d) != R_OK)
			_exit(1);
		if (write(ends[1], "!", 1) != 1)
			_exit(2);
		desk_close(d);
		_exit(0);
	}
	close(ends[1]);
	*ret_said = read(ends[0], &said, 1) == 1;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status))
		fail_msg("the writer ended by itself with %d", WEXITSTATUS(status));
	return WIFEXITED(status);
}

static void killed_at_every_deed(void **state)
{
	unsigned changes = story_times("IKEEPER_STORE_CHANGES", 3), points = 0, after = 0;
	struct kept_files before = { 0 };
	uint64_t picture;
	struct desk d;

	(void)state;
	make_desk(&d);
	shim_set(&none);
	reopen(&d, "at first");
	for (unsigned n = 0; n < changes; n++) {
		uint64_t next, revision = config_revision(d.config);
		bool lived = false;

		picture = story_picture(d.config);
		desk_close(&d);
		kept_take(&before, d.dir);
		/* what the whole change says */
		reopen(&d, "to look ahead");
		assert_int_equal(story_go_on(&d), R_OK);
		desk_close(&d);
		reopen(&d, "to look ahead");
		next = story_picture(d.config);
		desk_close(&d);
		for (unsigned at = 1; !lived; at++) {
			bool said;
			char when[64];

			kept_put(&before, d.dir);
			lived = one_kill(&d, at, at % 2, &said);
			points += !lived;
			snprintf(when, sizeof(when), "change %u, deed %u", n + 1, at);
			reopen(&d, when);
			uint64_t now = config_revision(d.config);
			if (now != revision && now != revision + 1)
				fail_msg("%s: revision %llu", when, (unsigned long long)now);
			if (said && now == revision)
				fail_msg("%s: an acknowledged change is lost", when);
			if (story_picture(d.config) != (now == revision ? picture : next))
				fail_msg("%s: a mixture", when);
			after += now != revision && !said;
			desk_close(&d);
			story_whole(&d);
		}
		kept_free(&before);
		reopen(&d, "to go on");
	}
	print_message("%u kills in %u changes; %u times the change was whole though not yet "
		      "acknowledged\n",
		      points, changes, after);
	assert_true(points >= 10 * changes);
	desk_remove(&d);
}

/* ---- the power cut ---- */

struct image {
	char name[24];
	uint8_t *octets;
	size_t n, cap;
	bool there;
};

struct disk {
	struct image at[KEPT_FILES];
	size_t n;
};

static struct image *image_of(struct disk *k, const char *name)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->at[i].name, name) == 0)
			return &k->at[i];
	assert_true(k->n < KEPT_FILES);
	text_copy(k->at[k->n].name, sizeof(k->at[k->n].name), name);
	return &k->at[k->n++];
}

static void image_size(struct image *f, size_t n)
{
	if (n > f->cap) {
		f->cap = 2 * n;
		f->octets = realloc(f->octets, f->cap);
	}
	if (n > f->n)
		memset(f->octets + f->n, 0, n - f->n);
	f->n = n;
}

/* `rng`: sector by sector, or not; NULL: all of it. */
static void image_do(struct disk *k, const struct shim_note *o, struct rng *rng)
{
	struct image *f = image_of(k, o->deed == SHIM_SYNC ? "ikeeper.db" : o->name);

	switch (o->deed) {
	case SHIM_MAKE:
		f->there = true;
		break;
	case SHIM_REMOVE:
		if (!rng || o->at || rng_below(rng, 2))
			f->there = false, f->n = 0;
		break;
	case SHIM_CUT:
		if (!rng || rng_below(rng, 2))
			image_size(f, (size_t)o->at);
		break;
	case SHIM_WRITE:
		f->there = true;
		for (size_t at = 0, n; at < o->n; at += n) {
			n = MIN_OF(o->n - at, SECTOR - ((size_t)o->at + at) % SECTOR);
			if (rng && rng_below(rng, 2))
				continue;
			image_size(f, MAX_OF(f->n, (size_t)o->at + at + n));
			memcpy(f->octets + o->at + at, o->octets + at, n);
		}
		break;
	case SHIM_SYNC:
	case SHIM_DEEDS:
	default:
		break;
	}
}

/* Is there a sync of the same file, or of the directory for its name, between this deed and the cut? */
static bool is_safe(const struct shim_note *o, size_t i, size_t cut)
{
	const char *what = o[i].deed == SHIM_REMOVE ? "." : o[i].name;

	for (size_t j = i + 1; j < cut; j++)
		if (o[j].deed == SHIM_SYNC && strcmp(o[j].name, what) == 0)
			return true;
	return false;
}

static void disk_put(const struct disk *k, const char *dir)
{
	struct kept_files files = { 0 };

	for (size_t i = 0; i < k->n; i++) {
		if (!k->at[i].there)
			continue;
		struct kept_file *f = &files.at[files.n++];

		memcpy(f->name, k->at[i].name, sizeof(f->name));
		f->octets = k->at[i].octets;
		f->n = k->at[i].n;
	}
	kept_put(&files, dir);
}

struct told {
	size_t deeds; /* when the change was acknowledged */
	uint64_t picture;
};

static void one_cut(struct desk *d, const struct told *told, size_t told_n, struct rng *rng)
{
	size_t notes_n, cut, i;
	const struct shim_note *o = shim_notes(&notes_n);
	struct disk k = { 0 };
	char when[64];

	/* never before the first change: until then there is nothing to lose */
	cut = told[0].deeds + rng_below(rng, (uint32_t)(notes_n - told[0].deeds + 1));
	for (i = 0; i < cut; i++)
		image_do(&k, &o[i], is_safe(o, i, cut) ? NULL : rng);
	disk_put(&k, d->dir);
	for (i = 0; i < k.n; i++)
		free(k.at[i].octets);
	snprintf(when, sizeof(when), "cut after deed %zu", cut);
	reopen(d, when);
	uint64_t now = config_revision(d->config), due = 0;
	for (i = 0; i < told_n && told[i].deeds <= cut; i++)
		due = i;
	if (now < due || now >= told_n || now > due + 1)
		fail_msg("%s: revision %llu where %llu was acknowledged", when,
			 (unsigned long long)now, (unsigned long long)due);
	if (story_picture(d->config) != told[now].picture)
		fail_msg("%s: a mixture", when);
	desk_close(d);
	story_whole(d);
}

static void the_power_fails_anywhere(void **state)
{
	enum { CHANGES = 24 };
	struct shim_plan record = { .record = true };
	unsigned cuts = story_times("IKEEPER_STORE_CUTS", 150);
	struct told told[CHANGES + 1];
	struct rng rng = rng_seeded(40);
	struct desk d;
	size_t n;

	(void)state;
	make_desk(&d);
	shim_set(&record);
	/* the file itself is made, empty, before sqlite comes */
	reopen(&d, "at first");
	for (unsigned i = 0; i <= CHANGES; i++) {
		struct event ev = { .seq = i + 1, .id = EVT_CONFIG };

		if (i)
			assert_int_equal(story_go_on(&d), R_OK);
		shim_notes(&n);
		desk_load(&d);
		told[i] = (struct told){ n, story_picture(d.config) };
		d.repo->journal(d.repo->ctx, &ev, 1);
	}
	desk_close(&d);
	shim_set(&none);
	for (unsigned i = 0; i < cuts; i++)
		one_cut(&d, told, CHANGES + 1, &rng);
	shim_notes(&n);
	print_message("%u cuts of power in %zu deeds\n", cuts, n);
	shim_forget();
	desk_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_every_deed),
		cmocka_unit_test(the_power_fails_anywhere),
	};

	cmocka_set_test_filter(getenv("IKEEPER_DUET_TEST"));
	shim_install();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

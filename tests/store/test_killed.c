/* test_killed.c - a store killed while it writes loses nothing it acknowledged
 *
 * A child opens the store and makes one change after another: secrets that replace each other
 * (so the log is emptied all the time), peers, deletions, events. After each it writes the
 * revision into a pipe. The parent kills it at a random moment, opens the store itself, and
 * compares: the revision is the last acknowledged one or the one that was under way, every
 * record is of a whole change, the history has a line for each, and sqlite finds no fault.
 */
#include "tests/store/story.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>

#include "core/base/rng.h"
#include "core/base/timers.h"

enum { ROUNDS = 60, MOST_MS = 15000 };

static _Noreturn void write_on(struct desk *d, int to)
{
	if (!desk_open(d))
		_exit(1);
	for (;;) {
		uint64_t n = config_revision(d->config) + 1;
		struct event ev = { .seq = n, .id = EVT_CONFIG, .revision = n };
		struct edit e[STORY_EDITS];
		size_t count = story_edits(d, n, e);

		if (desk_change(d, e, count) != R_OK)
			_exit(2);
		d->repo->journal(d->repo->ctx, &ev, 1);
		if (write(to, &n, sizeof(n)) != sizeof(n))
			_exit(3);
		for (size_t i = 0; i < 3; i++)
			record_unref(e[i].rec);
	}
}

static uint64_t last_word(int from)
{
	uint64_t n, last = 0;

	while (read(from, &n, sizeof(n)) == sizeof(n))
		last = n;
	return last;
}

static void nap_ms(unsigned ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

/* One life: started, killed; what it acknowledged last. */
static uint64_t one_life(struct desk *d)
{
	int ends[2], status;

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[0]);
		write_on(d, ends[1]);
	}
	close(ends[1]);
	nap_ms((unsigned)(rand() % 120) + 20);
	kill(child, SIGKILL);
	uint64_t last = last_word(ends[0]);
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFSIGNALED(status))
		fail_msg("the writer ended by itself with %d", WEXITSTATUS(status));
	return last;
}

static void assert_whole(const struct desk *d)
{
	char path[128], said[200] = "";
	sqlite3_stmt *st;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/ikeeper.db", d->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	snprintf(said, sizeof(said), "%s", (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	sqlite3_close(db);
	assert_string_equal(said, "ok");
}

static void count_change(void *arg, const struct history_row *h)
{
	uint64_t *revisions = arg;

	if (h && strcmp(h->kind, "secrets") == 0)
		++*revisions;
}

static void assert_one_change(const struct desk *d, uint64_t n)
{
	char word[24], name[16];
	uint64_t lines = 0;

	snprintf(word, sizeof(word), "%llu", (unsigned long long)n);
	snprintf(name, sizeof(name), "p%u", (unsigned)(n % STORY_SLOTS));
	assert_string_equal(config_secret(d->config, "s")->description, word);
	assert_string_equal(config_ipsec_proposal(d->config, "s")->description, word);
	assert_string_equal(config_peer(d->config, name)->description, word);
	assert_int_equal(config_peer(d->config, name)->r.revision, n);
	d->repo->history(d->repo->ctx, "secrets", "s", 0, SIZE_MAX / 4, count_change, &lines);
	assert_int_equal(lines, n);
}

static void nothing_acknowledged_is_lost(void **state)
{
	unsigned seed = (unsigned)clock_wall_ms();
	int64_t end = clock_now() + MOST_MS;
	uint64_t last = 0;
	int rounds = 0;
	struct desk d;

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	desk_new(&d);
	desk_close(&d);
	for (; rounds < ROUNDS && clock_now() < end; rounds++) {
		uint64_t acknowledged = one_life(&d);

		if (!desk_open(&d))
			fail_msg("after %llu: %s", (unsigned long long)last, d.fault.text);
		uint64_t now = config_revision(d.config);
		last = MAX_OF(last, acknowledged);
		if (now < last || (acknowledged && now > acknowledged + 1))
			fail_msg("revision %llu where %llu was acknowledged",
				 (unsigned long long)now, (unsigned long long)last);
		if (now)
			assert_one_change(&d, now);
		last = now;
		desk_close(&d);
		assert_whole(&d);
	}
	print_message("%d kills, %llu changes\n", rounds, (unsigned long long)last);
	assert_true(rounds >= 10 && last >= 10);
	desk_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(nothing_acknowledged_is_lost) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_store.c - opening: modes, the lock, damage, strangers, a full disk; what secrets leave */
#include "store/parts.h"
#include "tests/unit/store/desk.h"

#include <errno.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/wait.h>

static void path_in(const struct desk *d, const char *name, char ret[128])
{
	snprintf(ret, 128, "%s/%s", d->dir, name);
}

static void run_sql(const struct desk *d, const char *sql)
{
	char path[128];
	sqlite3 *db;

	path_in(d, "ikeeper.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

/* ---- files ---- */

static void files_are_the_owners_alone(void **state)
{
	mode_t old = umask(0);
	struct desk d;
	size_t n = 0;

	(void)state;
	desk_new(&d);
	assert_int_equal(desk_put(&d, desk_record(K_DPD_PROFILE, "a")), R_OK);
	DIR *dir = opendir(d.dir);
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		struct stat st;

		assert_int_equal(fstatat(dirfd(dir), e->d_name, &st, 0), 0);
		if (!S_ISREG(st.st_mode))
			continue;
		if ((st.st_mode & 0777) != 0600)
			fail_msg("%s has mode %o", e->d_name, st.st_mode & 0777);
		n++;
	}
	closedir(dir);
	assert_true(n >= 3); /* database, log, lock at least */
	umask(old);
	desk_remove(&d);
}

static void an_open_file_is_closed_again_to_others(void **state)
{
	struct stat st;
	struct desk d;
	char path[128];

	(void)state;
	desk_new(&d);
	desk_close(&d);
	path_in(&d, "ikeeper.db", path);
	assert_int_equal(chmod(path, 0644), 0);
	assert_true(desk_open(&d));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	desk_remove(&d);
}

static void the_directory_is_made_and_must_be_safe(void **state)
{
	struct fault f = { 0 };
	struct stat st;
	struct desk d;
	char sub[128];

	(void)state;
	desk_new(&d);
	desk_close(&d);
	path_in(&d, "sub", sub);
	own(store) s = store_open(sub, &f);
	assert_non_null(s);
	assert_int_equal(stat(sub, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	store_close(give(s));
	assert_int_equal(chmod(sub, 0777), 0);
	assert_null(store_open(sub, &f));
	assert_non_null(strstr(f.text, sub));
	char file[160];
	snprintf(file, sizeof(file), "%s/ikeeper.db", sub);
	unlink(file);
	snprintf(file, sizeof(file), "%s/ikeeper.lock", sub);
	unlink(file);
	rmdir(sub);
	desk_remove(&d);
}

static void a_link_is_not_followed(void **state)
{
	struct desk d;
	char path[128];

	(void)state;
	desk_new(&d);
	desk_close(&d);
	path_in(&d, "ikeeper.db", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/tmp/ikeeper-elsewhere", path), 0);
	assert_false(desk_open(&d));
	assert_int_equal(d.fault.reason, R_STORE);
	assert_int_equal(access("/tmp/ikeeper-elsewhere", F_OK), -1);
	desk_remove(&d);
}

static void two_cannot_have_one_store(void **state)
{
	struct fault f = { 0 };
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_null(store_open(d.dir, &f));
	assert_int_equal(f.reason, R_STORE);
	assert_non_null(strstr(f.text, "another ikeeperd"));
	assert_non_null(strstr(f.text, d.dir));
	assert_int_equal(desk_put(&d, desk_record(K_DPD_PROFILE, "a")), R_OK);
	desk_remove(&d);
}

static void a_transaction_is_durable_by_its_settings(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	desk_close(&d);
	char path[128], head[20];
	path_in(&d, "ikeeper.db", path);
	int fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, head, sizeof(head)), sizeof(head));
	close(fd);
	assert_int_equal(head[18], 2); /* written by write-ahead log */
	assert_int_equal(head[19], 2);
	desk_remove(&d);
}

/* ---- what is not ours, or not whole ---- */

static void strangers_are_refused_unchanged(void **state)
{
	struct desk d;
	char path[128], head[20];

	(void)state;
	desk_new(&d);
	desk_close(&d);
	path_in(&d, "ikeeper.db", path);
	unlink(path);
	run_sql(&d, "CREATE TABLE photographs (n)");
	assert_false(desk_open(&d));
	assert_int_equal(d.fault.reason, R_STORE);
	assert_non_null(strstr(d.fault.text, "another program"));
	int fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, head, sizeof(head)), sizeof(head));
	close(fd);
	assert_int_equal(head[18], 1); /* not even its log was changed */
	desk_remove(&d);
}

static void a_newer_schema_is_refused(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(desk_put(&d, desk_record(K_DPD_PROFILE, "a")), R_OK);
	desk_close(&d);
	run_sql(&d, "PRAGMA user_version = 99");
	assert_false(desk_open(&d));
	assert_int_equal(d.fault.reason, R_STORE);
	assert_non_null(strstr(d.fault.text, "newer ikeeper (schema 99"));
	assert_non_null(strstr(d.fault.text, "ikeeper.db"));
	desk_remove(&d);
}

static void write_over(const struct desk *d, off_t at, const void *what, size_t n)
{
	char path[128];

	path_in(d, "ikeeper.db", path);
	int fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, what, n, at), n);
	close(fd);
}

static off_t size_of(const struct desk *d)
{
	struct stat st;
	char path[128];

	path_in(d, "ikeeper.db", path);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void a_damaged_file_is_told_by_its_name(void **state)
{
	uint8_t noise[600];
	struct desk d;

	(void)state;
	memset(noise, 0x5a, sizeof(noise));
	desk_new(&d);
	for (int i = 0; i < 20; i++) {
		char name[8];

		snprintf(name, sizeof(name), "p%d", i);
		assert_int_equal(desk_put(&d, desk_record(K_PEER, name)), R_OK);
	}
	desk_close(&d);
	write_over(&d, 0, noise, 100);
	assert_false(desk_open(&d));
	assert_int_equal(d.fault.reason, R_STORE_DAMAGED);
	assert_non_null(strstr(d.fault.text, "ikeeper.db is damaged"));
	desk_remove(&d);
}

/* Wherever the noise is, opening ends in a configuration or in a sentence. */
static void damage_anywhere_is_survived(void **state)
{
	uint8_t noise[200];
	unsigned refused = 0, n = 0;
	struct desk d;

	(void)state;
	memset(noise, 0xe7, sizeof(noise));
	desk_new(&d);
	assert_int_equal(desk_put(&d, desk_secret("s", "x", 60)), R_OK);
	assert_int_equal(desk_put(&d, desk_record(K_PEER, "p")), R_OK);
	desk_close(&d);
	off_t size = size_of(&d);
	char *whole = malloc((size_t)size), path[128];
	path_in(&d, "ikeeper.db", path);
	int fd = open(path, O_RDWR);
	assert_int_equal(read(fd, whole, (size_t)size), size);
	for (off_t at = 40; at + 200 < size; at += 1531, n++) {
		write_over(&d, at, noise, sizeof(noise));
		if (!desk_open(&d)) {
			assert_true(d.fault.text[0]);
			refused++;
		}
		desk_close(&d);
		assert_int_equal(pwrite(fd, whole, (size_t)size, 0), size);
		assert_int_equal(ftruncate(fd, size), 0);
	}
	close(fd);
	free(whole);
	print_message("%u of %u refused\n", refused, n);
	assert_true(refused >= 5 && refused < n);
	assert_true(desk_open(&d));
	assert_non_null(config_peer(d.config, "p"));
	desk_remove(&d);
}

static void a_row_changed_by_hand_is_named(void **state)
{
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(desk_put(&d, desk_record(K_PEER, "p")), R_OK);
	desk_close(&d);
	run_sql(&d, "UPDATE peers SET local_address = 'nonsense'");
	assert_false(desk_open(&d));
	assert_int_equal(d.fault.reason, R_STORE_DAMAGED);
	assert_non_null(strstr(d.fault.text, "peer p has a bad local_address"));
	desk_close(&d);
	run_sql(&d, "UPDATE peers SET local_address = ''");
	assert_true(desk_open(&d));
	desk_remove(&d);
}

/* ---- a full disk ---- */

static void fill_up(const struct desk *d)
{
	char path[128], block[4096] = { 1 };

	path_in(d, "ballast", path);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		;
	close(fd);
}

static void hear_user(void *arg, const struct user *u)
{
	*(size_t *)arg += u != NULL;
}

static void play_full_disk(struct desk *d)
{
	struct user u = { .name = "bob", .role = ROLE_ADMIN };
	struct event e = { .seq = 1, .id = EVT_STARTED };
	char ballast[128];
	enum reason r = R_OK;
	size_t users = 0;
	int kept = 0;

	assert_int_equal(desk_put(d, desk_record(K_PEER, "first")), R_OK);
	fill_up(d);
	for (int i = 0; i < 2000 && r == R_OK; i++) {
		char name[16];

		snprintf(name, sizeof(name), "p%d", i);
		r = desk_put(d, desk_record(K_PEER, name));
		kept += r == R_OK;
	}
	assert_int_equal(r, R_STORE_FULL);
	assert_non_null(strstr(d->fault.text, "no room left"));
	d->repo->user_put(d->repo->ctx, &u, NULL, desk_hear, d);
	d->repo->users(d->repo->ctx, hear_user, &users);
	assert_int_equal(users, d->fault.reason == R_OK);
	d->repo->journal(d->repo->ctx, &e, 1);
	path_in(d, "ballast", ballast);
	unlink(ballast);
	assert_int_equal(desk_put(d, desk_record(K_PEER, "last")), R_OK);
	desk_close(d);
	assert_true(desk_open(d));
	assert_int_equal(config_count(d->config, K_PEER), kept + 2);
	assert_int_equal(config_revision(d->config), (uint64_t)kept + 2);
}

static void a_full_disk_refuses_and_forgets_nothing(void **state)
{
	struct desk d = { .dir = "/tmp/ikeeper-full-XXXXXX" };

	(void)state;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		skip();
	assert_non_null(mkdtemp(d.dir));
	if (mount("none", d.dir, "tmpfs", 0, "size=1m,mode=0700") < 0) {
		rmdir(d.dir);
		skip();
	}
	assert_true(desk_open(&d));
	play_full_disk(&d);
	desk_close(&d);
	umount(d.dir);
	rmdir(d.dir);
}

static void no_room_for_the_first_byte_is_told(void **state)
{
	struct desk d = { .dir = "/tmp/ikeeper-full-XXXXXX" };

	(void)state;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		skip();
	assert_non_null(mkdtemp(d.dir));
	if (mount("none", d.dir, "tmpfs", 0, "size=64k,mode=0700") < 0) {
		rmdir(d.dir);
		skip();
	}
	fill_up(&d);
	assert_false(desk_open(&d));
	assert_int_equal(d.fault.reason, R_STORE_FULL);
	assert_non_null(strstr(d.fault.text, d.dir));
	desk_close(&d);
	umount(d.dir);
	rmdir(d.dir);
}

/* ---- secrets ---- */

/* What it was is kept, sealed, to go back to; nowhere else. */
static void a_replaced_secret_is_put_away_once(void **state)
{
	static const char first[] = "CANARY-of-the-first-value", second[] = "canary-OF-THE-SECOND";
	struct desk d;

	(void)state;
	desk_new(&d);
	assert_int_equal(desk_put(&d, desk_secret("s", first, 80)), R_OK);
	for (int i = 0; i < 30; i++) {
		char name[8];

		snprintf(name, sizeof(name), "t%d", i);
		assert_int_equal(desk_put(&d, desk_secret(name, "filling", 200)), R_OK);
	}
	assert_true(desk_files_with(&d, first) > 0);
	assert_int_equal(desk_put(&d, desk_secret("s", second, 80)), R_OK);
	assert_int_equal(desk_files_with(&d, first), 1);
	assert_int_equal(store_number(d.store, "SELECT count(*) FROM kept WHERE instr(body, "
					       "CAST('CANARY-of-the-first-value' AS BLOB))"),
			 1);
	store_run(d.store, "DELETE FROM kept", NULL);
	store_scrub(d.store);
	assert_int_equal(desk_files_with(&d, first), 0);
	assert_int_equal(desk_delete(&d, K_SECRET, "s"), R_OK);
	store_run(d.store, "DELETE FROM kept", NULL);
	store_scrub(d.store);
	assert_int_equal(desk_files_with(&d, second), 0);
	desk_remove(&d);
}

static void a_replaced_password_is_in_no_file(void **state)
{
	struct user u = { .name = "ann", .role = ROLE_ADMIN, .password = "$scrypt$CANARY-one" };
	struct desk d;

	(void)state;
	desk_new(&d);
	d.repo->user_put(d.repo->ctx, &u, NULL, desk_hear, &d);
	assert_int_equal(d.fault.reason, R_OK);
	assert_true(desk_files_with(&d, "CANARY-one") > 0);
	strcpy(u.password, "$scrypt$CANARY-two");
	d.repo->user_put(d.repo->ctx, &u, NULL, desk_hear, &d);
	assert_int_equal(desk_files_with(&d, "CANARY-one"), 0);
	assert_true(desk_files_with(&d, "CANARY-two") > 0);
	d.repo->user_delete(d.repo->ctx, "ann", NULL, desk_hear, &d);
	assert_int_equal(desk_files_with(&d, "CANARY-two"), 0);
	desk_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_the_owners_alone),
		cmocka_unit_test(an_open_file_is_closed_again_to_others),
		cmocka_unit_test(the_directory_is_made_and_must_be_safe),
		cmocka_unit_test(a_link_is_not_followed),
		cmocka_unit_test(two_cannot_have_one_store),
		cmocka_unit_test(a_transaction_is_durable_by_its_settings),
		cmocka_unit_test(strangers_are_refused_unchanged),
		cmocka_unit_test(a_newer_schema_is_refused),
		cmocka_unit_test(a_damaged_file_is_told_by_its_name),
		cmocka_unit_test(damage_anywhere_is_survived),
		cmocka_unit_test(a_row_changed_by_hand_is_named),
		cmocka_unit_test(a_full_disk_refuses_and_forgets_nothing),
		cmocka_unit_test(no_room_for_the_first_byte_is_told),
		cmocka_unit_test(a_replaced_secret_is_put_away_once),
		cmocka_unit_test(a_replaced_password_is_in_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

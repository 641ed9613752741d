/* test_viewmap.c - a picture is taken when it is sealed, whole and sound, else the old one stays */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "snmp/viewmap.h"

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL };

static int file_of(const void *at, size_t n, int seals)
{
	int fd = memfd_create("picture", MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, at, n), n);
	if (seals)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static struct view *some_view(uint64_t number)
{
	struct view *v = view_new(1, 1, 1, 3);

	for (uint32_t i = 0; i < 3; i++)
		view_peers(v)[i].index = i + 1;
	v->number = number;
	return v;
}

static void the_newest_is_taken_once_a_turn(void **state)
{
	struct view *one = some_view(1), *two = some_view(2);
	struct viewmap m;

	(void)state;
	viewmap_init(&m);
	viewmap_turn(&m, 10);
	assert_null(m.view);
	viewmap_put(&m, file_of(one, one->size, SEALS), one->size);
	assert_null(m.view); /* not before the turn */
	viewmap_put(&m, file_of(two, two->size, SEALS), two->size);
	viewmap_turn(&m, 20);
	assert_int_equal(m.view->number, 2);
	assert_int_equal(m.taken_at, 20);
	viewmap_turn(&m, 30);
	assert_int_equal(m.taken_at, 20);
	viewmap_done(&m);
	view_unref(one);
	view_unref(two);
}

static void refuse(struct viewmap *m, int fd, uint32_t size)
{
	viewmap_put(m, fd, size);
	viewmap_turn(m, 99);
	assert_int_equal(m->view->number, 1);
	assert_int_equal(m->taken_at, 10);
}

static void what_is_not_sound_is_put_away(void **state)
{
	struct view *good = some_view(1), *bad = some_view(2);
	struct viewmap m;

	(void)state;
	viewmap_init(&m);
	viewmap_put(&m, file_of(good, good->size, SEALS), good->size);
	viewmap_turn(&m, 10);
	assert_int_equal(m.view->number, 1);

	refuse(&m, file_of(bad, bad->size, 0), bad->size);
	refuse(&m, file_of(bad, bad->size, F_SEAL_SHRINK), bad->size);
	refuse(&m, file_of(bad, bad->size, F_SEAL_WRITE), bad->size);
	refuse(&m, file_of(bad, bad->size - 1, SEALS), bad->size);
	refuse(&m, file_of(bad, bad->size, SEALS), bad->size - 1);
	refuse(&m, file_of(bad, bad->size, SEALS), 0);
	refuse(&m, open("/dev/null", O_RDONLY), bad->size);
	view_peers(bad)[2].index = 1; /* a walk over it would not end in order */
	refuse(&m, file_of(bad, bad->size, SEALS), bad->size);
	viewmap_done(&m);
	view_unref(good);
	view_unref(bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_is_taken_once_a_turn),
		cmocka_unit_test(what_is_not_sound_is_put_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

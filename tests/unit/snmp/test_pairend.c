/* test_pairend.c - only whole messages of known kinds are heard, and nothing said blocks */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/handover.h"
#include "core/base/timers.h"
#include "snmp/pairend.h"

static int far;
static struct pairend near;

static int open_pair(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	near = (struct pairend){ .fd = pair[0] };
	far = pair[1];
	return 0;
}

static int close_pair(void **state)
{
	(void)state;
	close(near.fd);
	if (far >= 0)
		close(far);
	return 0;
}

static void say(const void *at, size_t n)
{
	assert_int_equal(send(far, at, n, 0), n);
}

static void say_with_fd(const void *at, size_t n, int fd)
{
	assert_true(handover_send(far, at, n, fd));
}

static void whole_messages_are_heard(void **state)
{
	struct pair_picture p = { .kind = PAIR_PICTURE, .size = 77 };
	struct pair_plain stop = { PAIR_STOP };
	union pair_any m;
	int fd;

	(void)state;
	assert_false(pairend_hear(&near, 0, &m, &fd));
	int null = open("/dev/null", O_RDONLY);
	say_with_fd(&p, sizeof(p), null);
	close(null);
	say(&stop, sizeof(stop));
	assert_true(pairend_hear(&near, 1000, &m, &fd));
	assert_int_equal(m.picture.size, 77);
	assert_true(fd >= 0);
	close(fd);
	assert_true(pairend_hear(&near, 0, &m, &fd));
	assert_int_equal(m.kind, PAIR_STOP);
	assert_int_equal(fd, -1);
}

static int descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void what_is_cut_or_unknown_is_not(void **state)
{
	struct pair_picture p = { .kind = PAIR_PICTURE, .size = 77 };
	struct pair_plain odd = { 99 };
	union pair_any m;
	int fd, before = descriptors();

	(void)state;
	say_with_fd(&p, sizeof(p) - 1, STDIN_FILENO);
	assert_false(pairend_hear(&near, 1000, &m, &fd));
	assert_int_equal(fd, -1);
	assert_int_equal(descriptors(), before); /* the file that came along was closed */
	say(&odd, sizeof(odd));
	assert_false(pairend_hear(&near, 1000, &m, &fd));
	say("x", 1);
	assert_false(pairend_hear(&near, 1000, &m, &fd));
	assert_false(near.closed);
}

static void the_end_is_noticed(void **state)
{
	union pair_any m;
	int fd;

	(void)state;
	close(far);
	far = -1;
	assert_false(pairend_hear(&near, 1000, &m, &fd));
	assert_true(near.closed);
	pairend_want(&near); /* no signal, no harm */
}

static void nobody_listening_costs_nothing(void **state)
{
	msec begin = clock_now();

	(void)state;
	for (int i = 0; i < 100000; i++)
		pairend_log(&near, LOG_WARN_, "the same again");
	assert_true(clock_now() - begin < 10000);
	assert_false(near.closed);
}

static void a_line_is_one_line(void **state)
{
	struct pair_log got;

	(void)state;
	pairend_log(&near, LOG_INFO_, "first\nsecond");
	assert_int_equal(recv(far, &got, sizeof(got), 0), sizeof(got));
	assert_string_equal(got.text, "first");
	assert_int_equal(got.level, LOG_INFO_);
}

int main(void)
{
#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, open_pair, close_pair)
	const struct CMUnitTest tests[] = {
		WITH_PAIR(whole_messages_are_heard), WITH_PAIR(what_is_cut_or_unknown_is_not),
		WITH_PAIR(the_end_is_noticed),       WITH_PAIR(nobody_listening_costs_nothing),
		WITH_PAIR(a_line_is_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

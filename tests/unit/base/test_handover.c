/* test_handover.c - a descriptor arrives as a copy of its own, and none when none was sent */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/handover.h"

static int ends[2];

static int open_ends(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

static int close_ends(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void a_descriptor_comes_with_its_message(void **state)
{
	char octet = 0, text[4] = "";
	int files[2], fd = -1;

	(void)state;
	assert_int_equal(pipe(files), 0);
	assert_true(handover_send(ends[0], "abc", 3, files[0]));
	close(files[0]);
	assert_int_equal(handover_receive(ends[1], text, sizeof(text), MSG_DONTWAIT, &fd), 3);
	assert_string_equal(text, "abc");
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);

	assert_int_equal(write(files[1], "x", 1), 1);
	assert_int_equal(read(fd, &octet, 1), 1);
	assert_int_equal(octet, 'x');
	close(fd);
	close(files[1]);
}

static void a_message_alone_brings_none(void **state)
{
	char octet;
	int fd = 0;

	(void)state;
	assert_int_equal(send(ends[0], "a", 1, 0), 1);
	assert_int_equal(handover_receive(ends[1], &octet, 1, MSG_DONTWAIT, &fd), 1);
	assert_int_equal(fd, -1);
}

static void silence_and_the_end_bring_none(void **state)
{
	char octet;
	int fd = 0;

	(void)state;
	assert_int_equal(handover_receive(ends[1], &octet, 1, MSG_DONTWAIT, &fd), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(fd, -1);
	assert_int_equal(shutdown(ends[0], SHUT_RDWR), 0);
	fd = 0;
	assert_int_equal(handover_receive(ends[1], &octet, 1, MSG_DONTWAIT, &fd), 0);
	assert_int_equal(fd, -1);
	assert_false(handover_send(ends[0], "a", 1, ends[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_descriptor_comes_with_its_message, open_ends,
						close_ends),
		cmocka_unit_test_setup_teardown(a_message_alone_brings_none, open_ends, close_ends),
		cmocka_unit_test_setup_teardown(silence_and_the_end_bring_none, open_ends,
						close_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

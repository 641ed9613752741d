/* test_listen.c - sockets of our own making, and those given to us */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/listen.h"

static int bound(int type)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	int fd = socket(AF_INET, type, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	return fd;
}

static void a_given_socket_is_served_where_it_listens(void **state)
{
	struct sockaddr_in in;
	socklen_t n = sizeof(in);
	struct fault f = { 0 };
	int fd = bound(SOCK_STREAM);
	uint16_t port = 0;

	(void)state;
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &n), 0);
	assert_int_equal(listen_given(fd, &port, &f), fd);
	assert_int_equal(port, ntohs(in.sin_port));
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	close(fd);
}

static void what_does_not_listen_is_refused(void **state)
{
	int fds[] = { bound(SOCK_STREAM), bound(SOCK_DGRAM), open("/dev/null", O_RDONLY), 4000 };

	(void)state;
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		struct fault f = { 0 };
		uint16_t port = 7;

		assert_int_equal(listen_given(fds[i], &port, &f), -1);
		assert_non_null(strstr(f.text, "no listening TCP socket"));
		assert_int_equal(port, 7);
		close(fds[i]);
	}
}

static void two_cannot_have_one_port(void **state)
{
	struct fault f = { 0 };
	uint16_t port = 0, other = 0;
	int fd = listen_tcp("127.0.0.1", 0, &port, &f);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(listen_tcp("127.0.0.1", port, &other, &f), -1);
	assert_non_null(strstr(f.text, "127.0.0.1"));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_given_socket_is_served_where_it_listens),
		cmocka_unit_test(what_does_not_listen_is_refused),
		cmocka_unit_test(two_cannot_have_one_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

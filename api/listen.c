/* listen.c - listening sockets of our own making
 *
 * libmicrohttpd could open them too, but not with our modes, nor tell which port it got, nor
 * say in a sentence what went wrong.
 *
 * Called by: server.c.  Thread: loop.  Owns: nothing.
 */
#include "api/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/addr.h"

enum { BACKLOG = 128 };

static int refuse(int fd, struct fault *f, const char *what, const char *where)
{
	fail(f, R_SYSTEM, "cannot %s %s: %s", what, where, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

int listen_tcp(const char *address, uint16_t port, uint16_t *ret_port, struct fault *f)
{
	struct sockaddr_storage ss;
	struct addr a;
	int on = 1;

	if (!addr_read(address, &a)) {
		fail(f, R_INVALID, "the listen address %.60s is no address", address);
		return -1;
	}
	a.port = port;
	socklen_t n = addr_to_sockaddr(&a, &ss);
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return refuse(fd, f, "open a socket for", address);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&ss, n) != 0)
		return refuse(fd, f, "bind the REST API to", address);
	if (listen(fd, BACKLOG) != 0)
		return refuse(fd, f, "listen at", address);
	n = sizeof(ss);
	if (getsockname(fd, (struct sockaddr *)&ss, &n) != 0 ||
	    !addr_of_sockaddr((struct sockaddr *)&ss, &a))
		return refuse(fd, f, "learn the port at", address);
	*ret_port = a.port;
	return fd;
}

/* Whoever starts us may stand where we cannot bind: outside of our network namespace. */
int listen_given(int fd, uint16_t *ret_port, struct fault *f)
{
	struct sockaddr_storage ss;
	struct addr a;
	int listens = 0;
	socklen_t listens_n = sizeof(listens), n = sizeof(ss);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_n) != 0 || !listens ||
	    getsockname(fd, (struct sockaddr *)&ss, &n) != 0 ||
	    !addr_of_sockaddr((struct sockaddr *)&ss, &a)) {
		fail(f, R_INVALID, "descriptor %d is no listening TCP socket", fd);
		return -1;
	}
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		return refuse(-1, f, "use the socket given for", "the REST API");
	*ret_port = a.port;
	return fd;
}

/* Somebody answers there: it is not ours to take. */
static int is_alive(const struct sockaddr_un *un)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int alive = fd >= 0 && connect(fd, (const struct sockaddr *)un, sizeof(*un)) == 0;

	if (fd >= 0)
		close(fd);
	return alive;
}

int listen_unix(const char *path, uint32_t group, struct fault *f)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct stat st;

	if (strlen(path) >= sizeof(un.sun_path)) {
		fail(f, R_INVALID, "the path of the socket is over %zu octets",
		     sizeof(un.sun_path) - 1);
		return -1;
	}
	memcpy(un.sun_path, path, strlen(path));
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode)) {
		if (is_alive(&un)) {
			fail(f, R_SYSTEM, "another daemon answers on %.100s", path);
			return -1;
		}
		unlink(path);
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return refuse(fd, f, "open a socket for", path);
	/* Nobody may connect before the group is set: the mode opens last. */
	mode_t before = umask(0177);
	int bound = bind(fd, (struct sockaddr *)&un, sizeof(un));
	umask(before);
	if (bound != 0)
		return refuse(fd, f, "bind", path);
	if (group != (uint32_t)-1 && chown(path, (uid_t)-1, group) != 0)
		return refuse(fd, f, "give its group to", path);
	if (chmod(path, 0660) != 0)
		return refuse(fd, f, "set the mode of", path);
	if (listen(fd, BACKLOG) != 0)
		return refuse(fd, f, "listen at", path);
	return fd;
}

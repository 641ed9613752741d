/* handover.c - a descriptor that goes along with a message on a Unix socket
 *
 * Copies of descriptors are how processes of ours give each other sockets and sealed memory
 * (SCM_RIGHTS of unix(7)): at most one with each message, closed when the receiver executes
 * another program.
 *
 * Called by: the daemon's spawner and agentlink, and the snmp process.  Thread: any.  Owns: nothing.
 */
#include "core/base/handover.h"

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

union control {
	struct cmsghdr align;
	char at[CMSG_SPACE(sizeof(int))];
};

bool handover_send(int to, const void *at, size_t n, int fd)
{
	union control room = { .at = { 0 } };
	struct iovec iov = { (void *)(uintptr_t)at, n };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = room.at,
			    .msg_controllen = sizeof(room.at) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	return sendmsg(to, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)n;
}

static int fd_of(struct msghdr *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	int fd;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len < CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

ssize_t handover_receive(int from, void *at, size_t n, int flags, int *ret_fd)
{
	union control room;
	struct iovec iov = { at, n };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = room.at,
			    .msg_controllen = sizeof(room.at) };
	ssize_t came = recvmsg(from, &m, flags | MSG_CMSG_CLOEXEC);

	*ret_fd = came > 0 ? fd_of(&m) : -1;
	return came;
}

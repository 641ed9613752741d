/* spawner.c - starts the snmp agent when asked
 *
 * Forked first, while the process is still young: no secret, no thread, no socket but the one
 * to the daemon. Each datagram brings one descriptor, which becomes descriptor 3 of a new
 * agent. The socket closing is its end.
 *
 * Called by: main (fork), agentlink.c (ask). Thread: a process of its own.
 */
#include "core/daemon/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/handover.h"
#include "core/model/pair.h"

static int receive_fd(int from)
{
	char octet;
	ssize_t n;
	int fd;

	do
		n = handover_receive(from, &octet, 1, 0, &fd);
	while (n < 0 && errno == EINTR);
	return fd;
}

static void start_agent(const char *path, int fd)
{
	if (fork() != 0)
		return;
	/* dup2 onto itself would keep close-on-exec */
	if (fd == PAIR_AGENT_FD)
		fcntl(fd, F_SETFD, 0);
	else if (dup2(fd, PAIR_AGENT_FD) < 0)
		_exit(126);
	execl(path, path, (char *)NULL);
	_exit(127);
}

static void serve(int from, const char *path)
{
	int fd;

	prctl(PR_SET_NAME, "ikeeper-spawn");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	while ((fd = receive_fd(from)) >= 0) {
		start_agent(path, fd);
		close(fd);
	}
	_exit(0);
}

int spawner_fork(const char *agent_path, struct fault *f)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		fail(f, R_SYSTEM, "no socket pair for the spawner: %s", strerror(errno));
		return -1;
	}
	pid_t pid = fork();
	if (pid < 0) {
		fail(f, R_SYSTEM, "cannot fork the spawner: %s", strerror(errno));
		close(pair[0]);
		close(pair[1]);
		return -1;
	}
	if (pid == 0) {
		close(pair[0]);
		serve(pair[1], agent_path);
	}
	close(pair[1]);
	return pair[0];
}

enum reason spawner_ask(int spawner, int agent_end, struct fault *f)
{
	char octet = 1;

	if (!handover_send(spawner, &octet, 1, agent_end))
		return fail(f, R_SYSTEM, "the spawner does not listen: %s", strerror(errno));
	return R_OK;
}

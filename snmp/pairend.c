/* pairend.c - the agent's end of the pair to the daemon
 *
 * Whole structs over SOCK_SEQPACKET, as core/model/pair.h lays them out. Nothing here blocks:
 * what the daemon has no room for is lost, and the daemon asks for nothing twice.
 *
 * Called by: agent.c, library.c for its log lines.  Thread: the agent's only one.
 * Owns: the descriptor.
 */
#include "snmp/pairend.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/handover.h"
#include "core/base/text.h"

static void tell(struct pairend *p, const void *at, size_t n)
{
	if (!p->closed && send(p->fd, at, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EPIPE)
		p->closed = true;
}

static size_t size_of_kind(uint32_t kind)
{
	switch (kind) {
	case PAIR_SETUP:
		return sizeof(struct pair_setup);
	case PAIR_PICTURE:
		return sizeof(struct pair_picture);
	case PAIR_EVENT:
		return sizeof(struct pair_event);
	case PAIR_STOP:
		return sizeof(struct pair_plain);
	default:
		return 0;
	}
}

static bool hear_one(struct pairend *p, union pair_any *ret, int *ret_fd)
{
	ssize_t n = handover_receive(p->fd, ret, sizeof(*ret), MSG_DONTWAIT, ret_fd);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		p->closed = true;
	if (n <= 0)
		return false;
	if (n >= (ssize_t)sizeof(ret->kind) && (size_t)n == size_of_kind(ret->kind))
		return true;
	if (*ret_fd >= 0)
		close(*ret_fd);
	*ret_fd = -1;
	return false;
}

bool pairend_hear(struct pairend *p, int wait_ms, union pair_any *ret, int *ret_fd)
{
	struct pollfd w = { .fd = p->fd, .events = POLLIN };

	if (p->closed || (wait_ms && poll(&w, 1, wait_ms) <= 0))
		return false;
	return hear_one(p, ret, ret_fd);
}

void pairend_state(struct pairend *p, bool up, const char *text)
{
	struct pair_state m = { .kind = PAIR_STATE, .up = up };

	text_copy(m.text, sizeof(m.text), text);
	tell(p, &m, sizeof(m));
}

void pairend_want(struct pairend *p)
{
	struct pair_plain m = { PAIR_WANT };

	tell(p, &m, sizeof(m));
}

void pairend_log(struct pairend *p, enum log_level level, const char *text)
{
	struct pair_log m = { .kind = PAIR_LOG, .level = (int)level };

	text_copy(m.text, sizeof(m.text), text);
	m.text[strcspn(m.text, "\n")] = '\0';
	tell(p, &m, sizeof(m));
}

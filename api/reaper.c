/* reaper.c - connections, and an end for those that take too long
 *
 * libmicrohttpd's timeout is an idle timeout: an octet a second keeps a connection for ever.
 * So every connection has a deadline of ours: 30 s until a request is whole (the handshake
 * and the wait for the next request count), none while it is worked on, 120 s to take the
 * answer away. Past it the descriptor is shut down, and libmicrohttpd finds it closed.
 *
 * The lock makes that safe: a connection leaves the list before its descriptor is closed, so
 * a descriptor in the list is never somebody else's.
 *
 * On the Unix socket the kernel says here who calls.
 *
 * Called by: libmicrohttpd, server.c.  Thread: http; reaper_tick the loop.  Owns: conns.
 */
#include "api/reaper.h"

#include <stdlib.h>
#include <unistd.h>

/* The caller's group is ours, as primary group or as one of the others. */
static bool in_group(int fd, const struct ucred *who, uint32_t group)
{
	gid_t groups[256];
	socklen_t n = sizeof(groups);

	if (group == (uint32_t)-1)
		return false;
	if (who->gid == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n) != 0)
		return false;
	for (size_t i = 0; i < n / sizeof(groups[0]); i++)
		if (groups[i] == group)
			return true;
	return false;
}

/* SO_PEERCRED also succeeds on TCP, with nonsense: the family decides first. */
static void recognise(struct conn *l, uint32_t group)
{
	struct sockaddr_storage ss;
	struct ucred who;
	socklen_t n = sizeof(ss);

	if (getsockname(l->fd, (struct sockaddr *)&ss, &n) != 0 || ss.ss_family != AF_UNIX)
		return;
	l->is_local = true;
	n = sizeof(who);
	if (getsockopt(l->fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0 || n != sizeof(who))
		return;
	l->uid = who.uid;
	l->is_trusted = who.uid == 0 || who.uid == geteuid() || in_group(l->fd, &who, group);
}

void reaper_note(void *cls, struct MHD_Connection *conn, void **socket_context,
		 enum MHD_ConnectionNotificationCode what)
{
	struct server *s = cls;
	struct conn *l = *socket_context;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (!l)
			return;
		pthread_mutex_lock(&s->lock);
		list_remove(&l->link);
		pthread_mutex_unlock(&s->lock);
		free(l);
		return;
	}
	l = calloc(1, sizeof(*l));
	*socket_context = l;
	if (!l)
		return; /* no request of such a connection is answered */
	l->fd = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	recognise(l, s->unix_group);
	pthread_mutex_lock(&s->lock);
	l->deadline = clock_now() + ARRIVE_MS;
	list_push(&s->conns, &l->link);
	pthread_mutex_unlock(&s->lock);
}

struct conn *reaper_line(struct MHD_Connection *conn)
{
	const union MHD_ConnectionInfo *i =
		MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return i ? i->socket_context : NULL;
}

void reaper_allow(struct server *s, struct conn *line, msec deadline)
{
	pthread_mutex_lock(&s->lock);
	line->deadline = deadline;
	pthread_mutex_unlock(&s->lock);
}

void reaper_tick(struct server *s, msec now)
{
	pthread_mutex_lock(&s->lock);
	list_each (i, &s->conns) {
		struct conn *l = owner_of(i, struct conn, link);

		if (l->deadline && now >= l->deadline) {
			shutdown(l->fd, SHUT_RDWR);
			l->deadline = 0;
		}
	}
	pthread_mutex_unlock(&s->lock);
}

/* server.c - the HTTP doors: TLS on TCP, plain on a Unix socket
 *
 * Two libmicrohttpd daemons, each with one epoll thread of its own, and one way through the
 * house for every request: guard, route, who is it, body, handler, answer. Whatever refuses
 * early reads the rest of a small body away first, so that the client hears the refusal.
 *
 * Stopping: nothing new is accepted or parked, parked requests are answered with 503 and
 * streams ended, half a second is given to carry that away, and only then libmicrohttpd is
 * stopped, since it aborts over suspended connections.
 *
 * Called by: main.  Thread: loop; libmicrohttpd's callbacks on its own.
 * Owns: the daemons, the sockets, and through auth.h and stream.c what those keep.
 */
#include "api/doors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/log.h"
#include "api/again.h"
#include "api/assets.h"
#include "api/auth.h"
#include "api/entry.h"
#include "api/listen.h"
#include "api/pulse.h"
#include "api/reaper.h"
#include "api/stream.h"

struct server *server_ref(struct server *s)
{
	atomic_fetch_add(&s->refs, 1);
	return s;
}

void server_unref(struct server *s)
{
	if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	auth_free(s->auth);
	again_free(s->again);
	changesets_free(s->changesets);
	operations_free(s->operations);
	hooks_free(s->hooks);
	stream_free(s->stream);
	pulse_free(s->pulse);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->left);
	free(s);
}

static void say(void *cls, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* The library complains about every client that leaves: that is news for debugging only. */
static void say(void *cls, const char *fmt, va_list ap)
{
	char line[240];

	(void)cls;
	if (!log_wants(LOG_API, LOG_DEBUG_))
		return;
	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	log_say(LOG_DEBUG_, LOG_API, "http: %s", line);
}

/* Paths and queries stay as they came: router.c decodes segment by segment. */
static size_t leave_alone(void *cls, struct MHD_Connection *conn, char *s)
{
	(void)cls;
	(void)conn;
	return strlen(s);
}

static struct MHD_Daemon *start(struct server *s, int fd, const char *cert, const char *key)
{
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			 MHD_USE_ERROR_LOG | (cert ? MHD_USE_TLS : 0u);
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0,
		  (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" },
		{ MHD_OPTION_PER_IP_CONNECTION_LIMIT, CONNECTIONS_PER_ADDRESS, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_OptionItem plain[] = { { MHD_OPTION_END, 0, NULL } };

	return MHD_start_daemon(flags, 0, NULL, NULL, entry_answer, s, MHD_OPTION_EXTERNAL_LOGGER,
				say, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
				MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MOST,
				MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(ARRIVE_MS / 1000),
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
				MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK,
				leave_alone, NULL, MHD_OPTION_URI_LOG_CALLBACK, entry_line, s,
				MHD_OPTION_NOTIFY_CONNECTION, reaper_note, s,
				MHD_OPTION_NOTIFY_COMPLETED, entry_completed, s, MHD_OPTION_ARRAY,
				cert ? tls : plain, MHD_OPTION_END);
}

static void each_second(struct timer *t, msec now)
{
	struct server *s = owner_of(t, struct server, tick);

	reaper_tick(s, now);
	stream_tick(s->stream, now);
	people_tick(s->auth->people, s->control->repo, now);
	timer_arm(loop_timers(s->loop), t, now + 1000);
}

static struct server *make(const struct server_want *w)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	atomic_init(&s->refs, 1);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->left, NULL);
	list_init(&s->conns);
	list_init(&s->parked);
	s->tls_fd = s->local_fd = -1;
	s->loop = w->loop;
	s->control = w->control;
	s->keyring = w->keyring;
	s->unix_group = w->unix_group;
	text_copy(s->listen_address, sizeof(s->listen_address),
		  w->listen_address ? w->listen_address : "127.0.0.1");
	text_copy(s->webui_dir, sizeof(s->webui_dir), w->webui_dir ? w->webui_dir : "");
	s->auth = auth_new(s);
	s->again = again_new();
	s->changesets = changesets_new(s->control);
	s->operations = operations_new(s);
	s->hooks = hooks_new(s);
	s->stream = stream_new(s);
	s->pulse = pulse_new(s);
	if (!s->auth || !s->again || !s->changesets || !s->operations || !s->hooks || !s->stream ||
	    !s->pulse) {
		server_unref(s);
		return NULL;
	}
	return s;
}

struct server *server_start(const struct server_want *w, struct fault *f)
{
	struct server *s = make(w);

	if (!s) {
		fail(f, R_NO_MEMORY, "no memory for the http server");
		return NULL;
	}
	s->started = true;
	s->tick.fire = each_second;
	timer_arm(loop_timers(s->loop), &s->tick, clock_now() + 1000);
	if (w->tls_cert && w->tls_key) {
		s->tls_fd = w->listen_fd > STDERR_FILENO
				    ? listen_given(w->listen_fd, &s->port, f)
				    : listen_tcp(s->listen_address, w->port, &s->port, f);
		if (s->tls_fd < 0)
			goto out;
		s->tls = start(s, s->tls_fd, w->tls_cert, w->tls_key);
	}
	if (w->unix_path && *w->unix_path) {
		s->local_fd = listen_unix(w->unix_path, w->unix_group, f);
		if (s->local_fd < 0)
			goto out;
		text_copy(s->unix_path, sizeof(s->unix_path), w->unix_path);
		s->local = start(s, s->local_fd, NULL, NULL);
	}
	if ((s->tls_fd < 0 || s->tls) && (s->local_fd < 0 || s->local))
		return s;
	fail(f, R_SYSTEM, "libmicrohttpd does not start; is the certificate and its key sound?");
out:
	server_stop(s);
	server_free(s);
	return NULL;
}

uint16_t server_port(const struct server *s)
{
	return s->port;
}

void server_setup_link(struct server *s, char *ret, size_t cap)
{
	auth_setup_link(s->auth, ret, cap);
}

/* Half a second for what was parked and streamed to leave in peace. */
static void wait_left(struct server *s)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 500 * 1000 * 1000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&s->lock);
	while (s->leaving && pthread_cond_timedwait(&s->left, &s->lock, &until) == 0)
		continue;
	pthread_mutex_unlock(&s->lock);
}

static void answer_parked(struct server *s)
{
	static const struct fault stopping = { .reason = R_SHUTDOWN,
					       .text = "the gateway is stopping" };

	for (;;) {
		pthread_mutex_lock(&s->lock);
		struct link *first = list_first(&s->parked);
		pthread_mutex_unlock(&s->lock);
		if (!first)
			return;
		call_overtake(owner_of(first, struct call, parked_link), &stopping);
	}
}

static void stop_daemon(struct MHD_Daemon **d, int *fd)
{
	if (*d)
		MHD_stop_daemon(*d);
	*d = NULL;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void server_stop(struct server *s)
{
	if (!s || !s->started)
		return;
	s->started = false;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_mutex_unlock(&s->lock);
	/* It returns the listening descriptors, which are ours to close. */
	if (s->tls)
		MHD_quiesce_daemon(s->tls);
	if (s->local)
		MHD_quiesce_daemon(s->local);
	stream_stop(s->stream);
	answer_parked(s);
	operations_stop(s->operations);
	hooks_stop(s->hooks);
	wait_left(s);
	stop_daemon(&s->tls, &s->tls_fd);
	stop_daemon(&s->local, &s->local_fd);
	if (*s->unix_path)
		unlink(s->unix_path);
	auth_stop(s->auth);
	pulse_stop(s->pulse);
	timer_stop(loop_timers(s->loop), &s->tick);
}

void server_free(struct server *s)
{
	if (!s)
		return;
	server_stop(s);
	server_unref(s);
}

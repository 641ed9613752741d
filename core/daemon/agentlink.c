/* agentlink.c - the daemon's end of the pair to the snmp process
 *
 * The agent gets its settings first, then events, and a picture as a sealed memory file for
 * each WANT, which it says at most once a second and only while somebody polls. Sending never
 * blocks: an agent that hangs loses messages, the engine notices nothing.
 *
 * When the pair closes the agent is started again, at once and then after 1, 2, 4 .. 30 s; one
 * that lived for half a minute has earned a start at once. When its settings change it is told
 * to STOP, and its successor starts when it has left, since both want the same port.
 *
 * Called by: daemon.c. Thread: loop. Owns: our end of the pair.
 */
#include "core/daemon/agentlink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/handover.h"
#include "core/base/log.h"
#include "core/base/rng.h"
#include "core/base/text.h"
#include "core/daemon/spawner.h"
#include "core/model/pair.h"

enum {
	PICTURE_EVERY_MS = 500, /* an honest agent asks once a second */
	BACKOFF_FIRST_MS = 1000,
	BACKOFF_MOST_MS = 30000,
	EARNED_MS = 30000,
	LEAVE_MS = 2000,
};

struct agentlink {
	struct agentlink_want want;
	struct watch watch; /* fd -1: no agent */
	struct listener listener;
	struct timer restart; /* of the next start, also while the old one leaves */
	bool leaving; /* was told to STOP */
	const struct record *settings; /* as the running agent was told */
	const struct record *auth, *priv;
	msec started_at, pictured_at, backoff;
	char why[200]; /* what it said before it ended */
	char state[260];
};

/* What may come from an agent. */
union from_agent {
	uint32_t kind;
	struct pair_state state;
	struct pair_log log;
};

static void start(struct agentlink *a);

static void send_plain(struct agentlink *a, const void *at, size_t n)
{
	if (a->watch.fd >= 0 && !a->leaving)
		(void)!send(a->watch.fd, at, n, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* The view as a file nobody can change any more. */
static int sealed_copy(const struct view *v)
{
	int fd = memfd_create("ikeeper-picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	size_t done = 0;
	while (done < v->size) {
		ssize_t n = write(fd, (const char *)v + done, v->size - done);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (done < v->size ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void send_picture(struct agentlink *a)
{
	const struct view *v = board_look(a->want.control->board);
	struct pair_picture p = { .kind = PAIR_PICTURE, .size = v->size };
	int fd = sealed_copy(v);

	if (fd >= 0) {
		handover_send(a->watch.fd, &p, sizeof(p), fd);
		close(fd);
	}
	view_unref(v);
}

/* Somebody polls: made now, since the one on the board may be old when nobody else looks. */
static void on_want(struct agentlink *a)
{
	msec now = clock_now();

	if (a->leaving || now - a->pictured_at < PICTURE_EVERY_MS)
		return;
	a->pictured_at = now;
	a->want.control->fresh(a->want.control->ctx);
	send_picture(a);
}

static void hear(struct listener *l, const struct event *e)
{
	struct agentlink *a = owner_of(l, struct agentlink, listener);

	if (a->watch.fd < 0 || !event_row(e->id)->trap)
		return;
	struct pair_event p = { .kind = PAIR_EVENT, .event = *e };
	send_plain(a, &p, sizeof(p));
}

static void say(struct agentlink *a, const char *text)
{
	struct event e = { .id = EVT_SNMP_STATE };

	text_copy(a->state, sizeof(a->state), text);
	text_copy(e.text, sizeof(e.text), text);
	events_tell(a->want.control->events, &e);
}

static void drop(struct agentlink *a)
{
	if (a->watch.fd < 0)
		return;
	loop_unwatch(a->want.loop, &a->watch);
	close(a->watch.fd);
	a->watch.fd = -1;
}

static void start_later(struct agentlink *a)
{
	timer_arm(loop_timers(a->want.loop), &a->restart, clock_now() + a->backoff);
	a->backoff = a->backoff ? MIN_OF(a->backoff * 2, BACKOFF_MOST_MS) : BACKOFF_FIRST_MS;
}

static void start_now(struct agentlink *a)
{
	timer_stop(loop_timers(a->want.loop), &a->restart);
	drop(a);
	a->leaving = false;
	a->backoff = 0;
	start(a);
}

/* Due: the next try, or the old one has not left in time. */
static void on_restart(struct timer *t, msec now)
{
	struct agentlink *a = owner_of(t, struct agentlink, restart);

	(void)now;
	if (a->leaving)
		start_now(a);
	else
		start(a);
}

static void on_end(struct agentlink *a)
{
	char text[260];

	if (a->leaving) {
		start_now(a);
		return;
	}
	drop(a);
	if (clock_now() - a->started_at >= EARNED_MS)
		a->backoff = 0;
	snprintf(text, sizeof(text), "agent ended%s%s; it is started again%s", *a->why ? ": " : "",
		 a->why, a->backoff ? " later" : "");
	say(a, text);
	start_later(a);
}

static void on_state(struct agentlink *a, struct pair_state *m)
{
	m->text[sizeof(m->text) - 1] = '\0';
	if (a->leaving)
		return;
	if (m->up)
		say(a, m->text);
	else
		text_copy(a->why, sizeof(a->why), m->text);
}

static void on_log(struct pair_log *m)
{
	enum log_level level = m->level < LOG_WARN_ || m->level > LOG_DEBUG_
				       ? LOG_DEBUG_
				       : (enum log_level)m->level;

	m->text[sizeof(m->text) - 1] = '\0';
	log_say(level, LOG_SNMP, "%s", m->text);
}

static void on_ready(struct watch *w, uint32_t events)
{
	struct agentlink *a = owner_of(w, struct agentlink, watch);
	union from_agent m;
	ssize_t n = recv(w->fd, &m, sizeof(m), MSG_DONTWAIT);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < (ssize_t)sizeof(m.kind))
		on_end(a);
	else if (m.kind == PAIR_WANT)
		on_want(a);
	else if (m.kind == PAIR_STATE && n == sizeof(m.state))
		on_state(a, &m.state);
	else if (m.kind == PAIR_LOG && n == sizeof(m.log))
		on_log(&m.log);
}

/* USM forbids to use a boots number twice: raised and kept before the agent starts. */
static uint32_t next_boots(struct agentlink *a)
{
	struct repo *repo = a->want.control->repo;
	char text[16] = "0";
	struct fault f = { 0 };

	if (!repo->fact_get(repo->ctx, "snmp.boots", text, sizeof(text)))
		strcpy(text, "0");
	uint32_t boots = (uint32_t)strtoul(text, NULL, 10) + 1;
	snprintf(text, sizeof(text), "%u", boots);
	if (repo->fact_put(repo->ctx, "snmp.boots", text, &f) != R_OK)
		log_say(LOG_WARN_, LOG_SNMP, "the engine boots could not be kept: %s", f.text);
	return boots;
}

/* RFC 3411: our enterprise (documentation arc 32473) with the top bit, format 5, 12 octets. */
static void fill_engine_id(struct agentlink *a, struct pair_setup *s)
{
	struct repo *repo = a->want.control->repo;
	char text[70] = "";
	struct fault f = { 0 };

	if (!repo->fact_get(repo->ctx, "snmp.engine_id", text, sizeof(text)) || !*text) {
		uint8_t id[17] = { 0x80, 0x00, 0x7e, 0xd9, 0x05 };
		struct rng rng = rng_system();
		rng_fill(&rng, id + 5, 12);
		hex_of(slice(id, sizeof(id)), text, sizeof(text));
		if (repo->fact_put(repo->ctx, "snmp.engine_id", text, &f) != R_OK)
			log_say(LOG_WARN_, LOG_SNMP, "the engine id could not be kept: %s", f.text);
	}
	own(bytes) id = bytes_of_hex(text);
	if (id && id->n <= sizeof(s->engine_id)) {
		memcpy(s->engine_id, id->at, id->n);
		s->engine_id_n = (uint32_t)id->n;
	}
}

static void fill_secret(struct agentlink *a, const struct record *r, char *ret, size_t cap)
{
	struct bytes *plain = NULL;

	if (r && a->want.secret(a->want.arg, (const struct secret *)r, &plain, NULL) == R_OK &&
	    plain->n < cap) {
		memcpy(ret, plain->at, plain->n);
		ret[plain->n] = '\0';
	}
	bytes_free(plain);
}

static void fill_masks(const struct settings_snmp *s, struct pair_setup *ret)
{
	ret->notify = s->notify;
	ret->hh3c_ike = s->hh3c_ike;
	ret->hh3c_ipsec = s->hh3c_ipsec;
	ret->hh3c_ipsec_v2 = s->hh3c_ipsec_v2;
	ret->cisco_flow = s->cisco_flow;
	ret->hh3c_ike_notify = s->hh3c_ike_notify;
	ret->hh3c_ipsec_notify = s->hh3c_ipsec_notify;
	ret->hh3c_ipsec_v2_notify = s->hh3c_ipsec_v2_notify;
	ret->cisco_flow_notify = s->cisco_flow_notify;
}

static void fill_setup(struct agentlink *a, const struct settings_snmp *s, struct pair_setup *ret)
{
	*ret = (struct pair_setup){ .kind = PAIR_SETUP, .mode = s->mode, .port = s->port };
	text_copy(ret->listen_address, sizeof(ret->listen_address), s->listen_address);
	text_copy(ret->agentx_socket, sizeof(ret->agentx_socket), s->agentx_socket);
	text_copy(ret->user, sizeof(ret->user), s->user);
	fill_secret(a, a->auth, ret->auth, sizeof(ret->auth));
	fill_secret(a, a->priv, ret->priv, sizeof(ret->priv));
	if (s->mode == SNMP_STANDALONE) {
		ret->engine_boots = next_boots(a);
		fill_engine_id(a, ret);
	}
	ret->trap_targets_n = s->trap_targets_n;
	for (size_t i = 0; i < s->trap_targets_n && i < PAIR_TARGETS; i++)
		text_copy(ret->trap_targets[i], sizeof(ret->trap_targets[i]), s->trap_targets[i]);
	ret->trap_informs = s->trap_informs;
	fill_masks(s, ret);
	text_copy(ret->host_name, sizeof(ret->host_name), a->want.host_name);
}

static enum reason open_pair(struct agentlink *a, struct fault *f)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail(f, R_SYSTEM, "no socket pair for the agent: %s", strerror(errno));
	int room = 1 << 20;
	setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	enum reason r = spawner_ask(a->want.spawner, pair[1], f);
	close(pair[1]);
	a->watch.fd = pair[0];
	if (r == R_OK)
		r = loop_watch(a->want.loop, &a->watch, EPOLLIN, f);
	if (r != R_OK) {
		close(pair[0]);
		a->watch.fd = -1;
	}
	return r;
}

static void note_state(struct agentlink *a, const char *why)
{
	text_copy(a->state, sizeof(a->state), why);
}

static void start(struct agentlink *a)
{
	const struct settings_snmp *s = (const struct settings_snmp *)a->settings;
	struct pair_setup setup;
	struct fault f = { 0 };

	if (s->mode == SNMP_OFF || a->want.spawner < 0) {
		note_state(a, s->mode == SNMP_OFF ? "is off" : "has no agent on this machine");
		return;
	}
	fill_setup(a, s, &setup);
	if (s->mode == SNMP_STANDALONE && (!*setup.user || !*setup.auth || !*setup.priv)) {
		say(a, "cannot start: the passphrases of its user cannot be read");
	} else if (open_pair(a, &f) != R_OK) {
		say(a, f.text);
		start_later(a);
	} else {
		a->started_at = clock_now();
		a->why[0] = '\0';
		send_plain(a, &setup, sizeof(setup));
		send_picture(a);
		note_state(a, "agent is starting");
	}
	wipe(&setup, sizeof(setup));
}

static const struct record *keep(const struct record *old, const struct record *new)
{
	record_unref(old);
	return new ? record_ref(new) : NULL;
}

void agentlink_adopt(struct agentlink *a, const struct config *c)
{
	const struct settings_snmp *s = config_snmp(c);
	const struct record *auth = config_find(c, K_SECRET, s->auth_secret);
	const struct record *priv = config_find(c, K_SECRET, s->priv_secret);

	if (a->settings == &s->r && a->auth == auth && a->priv == priv)
		return;
	a->settings = keep(a->settings, &s->r);
	a->auth = keep(a->auth, auth);
	a->priv = keep(a->priv, priv);
	if (a->watch.fd < 0) {
		start_now(a);
		return;
	}
	struct pair_plain stop = { PAIR_STOP };
	send_plain(a, &stop, sizeof(stop));
	a->leaving = true;
	timer_arm(loop_timers(a->want.loop), &a->restart, clock_now() + LEAVE_MS);
}

struct agentlink *agentlink_new(const struct agentlink_want *w, struct fault *f)
{
	struct agentlink *a = calloc(1, sizeof(*a));

	if (!a) {
		fail(f, R_NO_MEMORY, "no memory for the agent link");
		return NULL;
	}
	a->want = *w;
	a->watch = (struct watch){ .fd = -1, .ready = on_ready };
	a->restart.fire = on_restart;
	a->listener.hear = hear;
	events_listen(w->control->events, &a->listener);
	const struct config *c = board_config(w->control->board);
	agentlink_adopt(a, c);
	config_unref(c);
	return a;
}

void agentlink_free(struct agentlink *a)
{
	if (!a)
		return;
	struct pair_plain stop = { PAIR_STOP };
	send_plain(a, &stop, sizeof(stop));
	drop(a);
	events_unlisten(&a->listener);
	timer_stop(loop_timers(a->want.loop), &a->restart);
	record_unref(a->settings);
	record_unref(a->auth);
	record_unref(a->priv);
	free(a);
}

const char *agentlink_state(const struct agentlink *a)
{
	return a->state;
}

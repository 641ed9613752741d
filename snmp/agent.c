/* agent.c - the life of the agent process
 *
 * The daemon sends its settings over the pair, the library is started with them, and privileges
 * are dropped before the first datagram is read. From then on it is a loop of short turns:
 * sleep, hear what the daemon says, take the newest picture, serve one datagram a socket. A
 * request is answered from one picture, since there is no other in that turn.
 *
 * When somebody polls it says WANT, at most once a second; the daemon then sends a picture a
 * second for a while. The first poll after a silence finds an old picture and waits a fifth of
 * a second for the new one. Losing the AgentX master ends the process: the daemon starts
 * another one, which reaches the master's socket with privileges this one no longer has.
 *
 * Called by: main.c.  Thread: the process has no other.  Owns: all there is.
 */
#include "snmp/agent.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "snmp/cage.h"
#include "snmp/library.h"
#include "snmp/pairend.h"
#include "snmp/foreign.h"
#include "snmp/foreigntraps.h"
#include "snmp/viewmap.h"
#include "snmp/walk.h"
#include "snmp/traps.h"

enum {
	SETUP_WAIT_MS = 10000,
	TURN_MS = 1000,
	WANT_EVERY_MS = 1000,
	FRESH_MS = 1500,
	PATIENCE_MS = 200,
	MESSAGES_A_TURN = 64
};

struct agent {
	struct pairend pair;
	struct viewmap picture;
	struct traps traps;
	struct walk_source source;
	msec wanted_at; /* 0: never */
	bool looked; /* in this turn */
	bool stop;
};

static void on_message(struct agent *a, const union pair_any *m, int fd)
{
	switch (m->kind) {
	case PAIR_PICTURE:
		viewmap_put(&a->picture, fd, m->picture.size);
		return;
	case PAIR_EVENT:
		traps_tell(&a->traps, &m->event.event, clock_now());
		break;
	case PAIR_STOP:
		a->stop = true;
		break;
	default:
		break;
	}
	if (fd >= 0)
		close(fd);
}

static void hear(struct agent *a, int wait_ms)
{
	union pair_any m;
	int fd;

	for (int i = 0; i < MESSAGES_A_TURN && pairend_hear(&a->pair, wait_ms, &m, &fd); i++) {
		wait_ms = 0;
		on_message(a, &m, fd);
	}
}

static bool is_old(const struct agent *a, msec now)
{
	return !a->picture.view || now - a->picture.taken_at > FRESH_MS;
}

/* Somebody polls. Only the first look of a turn may change the picture. */
static const struct view *look(void *arg)
{
	struct agent *a = arg;
	msec now = clock_now();

	if (!a->looked && (!a->wanted_at || now - a->wanted_at >= WANT_EVERY_MS)) {
		a->wanted_at = now;
		pairend_want(&a->pair);
		while (is_old(a, now) && a->picture.waiting_fd < 0 && !a->pair.closed &&
		       clock_now() - now < PATIENCE_MS)
			hear(a, PATIENCE_MS);
		viewmap_turn(&a->picture, clock_now());
	}
	a->looked = true;
	return a->picture.view;
}

static bool hear_setup(struct agent *a, struct pair_setup *ret)
{
	union pair_any m;
	int fd;

	if (!pairend_hear(&a->pair, SETUP_WAIT_MS, &m, &fd))
		return false;
	if (fd >= 0)
		close(fd);
	bool good = m.kind == PAIR_SETUP;
	if (good)
		*ret = m.setup;
	wipe(&m, sizeof(m));
	return good;
}

static enum reason start(struct agent *a, const struct pair_setup *s, struct fault *f)
{
	if (library_open(s, &a->pair, f) != R_OK || walk_register(&a->source, f) != R_OK ||
	    library_start(s, f) != R_OK)
		return f->reason;
	return cage_enter(f);
}

static void say_up(struct agent *a, const struct pair_setup *s)
{
	char text[200];

	if (s->mode == SNMP_AGENTX)
		snprintf(text, sizeof(text), "speaks through the AgentX master at %s",
			 s->agentx_socket);
	else
		snprintf(text, sizeof(text), "listens on %s%s%s:%u",
			 strchr(s->listen_address, ':') ? "[" : "", s->listen_address,
			 strchr(s->listen_address, ':') ? "]" : "", s->port);
	pairend_state(&a->pair, true, text);
}

static void serve(struct agent *a)
{
	while (!a->stop && !a->pair.closed && !library_is_orphan()) {
		library_wait(a->pair.fd, TURN_MS);
		hear(a, 0);
		viewmap_turn(&a->picture, clock_now());
		a->looked = false;
		library_serve();
	}
	if (library_is_orphan())
		pairend_state(&a->pair, false, "lost its AgentX master");
}

int agent_run(int pair_fd)
{
	static struct agent a; /* too large for a stack, and there is only one */
	struct pair_setup setup;
	struct fault f = { 0 };

	a.pair.fd = pair_fd;
	viewmap_init(&a.picture);
	cage_prepare();
	if (!hear_setup(&a, &setup))
		return 1;
	traps_init(&a.traps, setup.notify);
	foreign_traps_init(&setup);
	a.source = (struct walk_source){
		.look = look, .arg = &a, .tally = &a.traps.tally, .trees = foreign_trees(&setup)
	};
	enum reason r = start(&a, &setup, &f);
	wipe(setup.auth, sizeof(setup.auth));
	wipe(setup.priv, sizeof(setup.priv));
	if (r == R_OK) {
		say_up(&a, &setup);
		serve(&a);
		library_close();
	} else {
		pairend_state(&a.pair, false, f.text);
	}
	viewmap_done(&a.picture);
	return r != R_OK;
}

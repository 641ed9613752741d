/* session.h - IPsec sessions: which five-tuple went into which tunnel, for one packet thread
 *
 * A session begins with the first packet that a tunnel takes and ends when none came for the idle
 * time. It is a cache as well: while it is there, no policy is searched. A table has room for
 * SESSIONS_MOST; a new five-tuple takes the place of the one that was idle the longest among
 * SESSIONS_WAYS.
 *
 * One thread writes a table (session_look, session_point, session_hit); the loop may read it at any
 * time (sessions_read, session_list) and waits for nobody.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/own.h"
#include "core/base/timers.h"
#include "core/ipsec/inner.h"
#include "core/ipsec/plane.h"

enum {
	SESSIONS_WAYS = 4,
	SESSIONS_SETS = 1024,
	SESSIONS_MOST = SESSIONS_SETS * SESSIONS_WAYS,
	SESSION_WORDS = 5,
	SESSION_IDLE_S = 300, /* until somebody says otherwise */
};

/* What all tables of a plane share. */
struct session_rule {
	_Atomic uint64_t idle_ms;
	_Atomic uint64_t last_id;
};

struct session {
	_Alignas(128) _Atomic uint64_t version; /* odd: being written */
	_Atomic uint64_t words[SESSION_WORDS];
	_Atomic uint64_t edition; /* of the policies `where` was found in, 0: an empty place */
	_Atomic(void *) where; /* the caller's: what takes these packets, NULL nothing does */
	_Atomic uint64_t id; /* 0: no packet was taken yet */
	_Atomic uint64_t epoch; /* of its tunnel when it began */
	_Atomic uint64_t began, last, matched;
};

struct session_table {
	struct session_rule *rule;
	struct session at[SESSIONS_MOST];
};

/* A session as the loop sees it. */
struct session_seen {
	uint64_t words[SESSION_WORDS];
	uint64_t edition, id, epoch, matched;
	msec began, last;
	void *where;
};

void session_rule_init(struct session_rule *r);
void session_rule_idle(struct session_rule *r, uint32_t seconds);
/* `rule` is shared and outlives it. */
struct session_table *session_table_new(struct session_rule *rule); /* NULL: no memory */
void session_table_free(struct session_table *s);
OWNABLE(session_table)

/* The writer. Sessions of another edition of the policies are forgotten. *ret_known false: the place is
 * this packet's from now on, session_point must say where it goes. */
struct session *session_look(struct session_table *s, const struct inner *i, uint64_t edition,
			     bool *ret_known);
void session_point(struct session *e, void *where);
static inline void *session_where(const struct session *e)
{
	return atomic_load_explicit(&e->where, memory_order_relaxed);
}
/* The tunnel took a packet. A session that was idle for too long, or of another epoch, begins anew. */
void session_hit(struct session_table *s, struct session *e, uint64_t epoch, msec now);

/* The reader. False: there is no session in this place, or it changed under our eyes. */
bool session_read(const struct session *e, struct session_seen *ret);
bool session_is_idle(const struct session_rule *r, const struct session_seen *e, msec now);

/* Of several tables the sessions that live and whose tunnel `tunnel_of` knows, as plane.h wants them:
 * what several threads carried is one session. Returns how many of ask->most. */
struct session_source {
	struct session_table *const *tables; /* some may be NULL */
	size_t tables_n;
	/* The reqid of this session's tunnel, 0: it lives no more. */
	uint32_t (*tunnel_of)(void *arg, const struct session_seen *e);
	void *arg;
};
size_t session_list(const struct session_source *from, const struct plane_session_ask *ask,
		    struct plane_session *ret);

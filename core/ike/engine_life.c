/* engine_life.c - an engine's birth and end, its ids, its events
 *
 * Called by: core/daemon, duets; engine_id, engine_version, engine_send and engine_tell by all of
 * core/ike.
 * Thread: loop.  Owns: all of struct engine.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/rng.h"
#include "core/base/text.h"
#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/engine.h"
#include "core/ike/engine_tell.h"
#include "core/ike/exchange.h"
#include "core/ike/callers.h"
#include "core/ike/halfopen.h"
#include "core/ike/registry.h"
#include "core/ike/keypool.h"
#include "core/ike/sweep.h"
#include "core/ike/trace.h"
#include "core/ike/within.h"
#include "core/model/config.h"

enum { ID_BITS = 0x7fffffff };

uint32_t engine_id(struct engine *e)
{
	do
		e->last_id = (e->last_id & ID_BITS) + 1;
	while (e->last_id > ID_BITS || registry_of_id(e->registry, e->last_id) ||
	       registry_child_of_id(e->registry, e->last_id) || book_flow(e, e->last_id));
	return e->last_id;
}

const struct version *engine_version(const struct engine *e, uint8_t major)
{
	for (size_t i = 0; e->versions[i]; i++)
		if (e->versions[i]->major == major)
			return e->versions[i];
	return NULL;
}

void engine_send(struct engine *e, const struct packet *p)
{
	e->counters.datagrams_out++;
	e->counters.octets_out += p->octets.n;
	e->ports.send(e->ports.ctx, p);
}

static uint32_t age_of(const struct engine *e, msec up_at)
{
	return up_at && e->now > up_at ? (uint32_t)((e->now - up_at) / 1000) : 0;
}

static void put_ends(struct event *ev, const struct engine *e, const struct ike_sa *sa,
		     const struct child *c)
{
	ev->remote = sa ? sa->remote : c->remote;
	ev->local = sa ? sa->local : c->local;
	ev->tunnel_index = c ? c->tunnel->r.index : 0;
	ev->age_seconds = age_of(e, c ? c->up_at : sa->up_at);
	ev->lifetime_seconds = c ? c->lifetime_s : sa->lifetime_s;
	ev->lifetime_kilobytes = c ? c->lifetime_kb : 0;
}

void engine_tell(struct engine *e, enum event_id id, const struct ike_sa *sa, const struct child *c,
		 enum reason r, const char *fmt, ...)
{
	const struct peer *p = sa ? sa->peer : c ? c->peer : NULL;
	struct event ev = {
		.id = id,
		.reason = r,
		.peer_index = p ? p->r.index : 0,
		.ike_sa = sa ? sa->id : 0,
		.child_sa = c ? c->id : 0,
		.negotiation = c    ? c->negotiation
			       : sa ? sa->negotiation
				    : 0,
		.revision = c    ? c->revision
			    : sa ? sa->revision
				 : config_revision(e->config),
	};
	va_list args;

	if (p)
		text_copy(ev.peer, sizeof(ev.peer), p->r.name);
	if (c)
		text_copy(ev.tunnel, sizeof(ev.tunnel), c->tunnel->r.name);
	if (sa || c)
		put_ends(&ev, e, sa, c);
	text_copy(ev.who, sizeof(ev.who), c ? c->who : sa ? sa->who : "");
	va_start(args, fmt);
	vsnprintf(ev.text, sizeof(ev.text), fmt, args);
	va_end(args);
	events_tell(e->ports.events, &ev);
}

/* --- life --- */

static bool take_versions(struct engine *e, const struct version *const *versions)
{
	for (size_t i = 0; versions[i]; i++) {
		if (i == VERSIONS_MOST)
			return false;
		e->versions[i] = versions[i];
	}
	return true;
}

static bool make_parts(struct engine *e)
{
	e->registry = registry_new();
	e->callers = callers_new();
	e->halfopens = halfopens_new(e, NULL);
	e->traces = traces_new();
	e->keys = keypool_new();
	e->book = book_new(e);
	return e->registry && e->callers && e->halfopens && e->traces && e->keys && e->book;
}

struct engine *engine_new(const struct ports *p, const struct version *const *versions,
			  const struct config *c, msec now)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->ports = *p;
	e->config = config_ref(c);
	e->now = now;
	timers_init(&e->timers);
	list_init(&e->sas);
	list_init(&e->children);
	list_init(&e->pieces.oldest);
	rng_fill(e->ports.rng, e->key, sizeof(e->key));
	rng_fill(e->ports.rng, e->nobodys_psk, sizeof(e->nobodys_psk));
	sweep_init(e);
	if (!take_versions(e, versions) || !make_parts(e)) {
		engine_free(e);
		return NULL;
	}
	book_adopt(e, NULL);
	carried_adopt(e);
	return e;
}

/* Silently: whoever wants the peers to know called engine_shutdown. */
static void drop_all(struct engine *e)
{
	struct sa_end end = { .reason = R_SHUTDOWN, .with_children = true };

	list_each (l, &e->children) {
		struct child *c = owner_of(l, struct child, link);

		child_end(c, R_SHUTDOWN, false, NULL);
	}
	list_each (l, &e->sas)
		sa_end(owner_of(l, struct ike_sa, link), &end);
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	e->stopping = true;
	drop_all(e);
	timer_stop(&e->timers, &e->sweep);
	book_free(e, e->book);
	keypool_free(e->keys);
	traces_free(e->traces);
	halfopens_free(e->halfopens);
	callers_free(e->callers);
	registry_free(e->registry);
	wipe(e->nobodys_psk, sizeof(e->nobodys_psk));
	timers_done(&e->timers);
	config_unref(e->config);
	free(e);
}

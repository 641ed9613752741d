/* engine.c - the ways in: packets, time, commands, news of the data plane
 *
 * Every entry says what time it is, does its work and returns; nothing here waits. A datagram's
 * header is read and counted, its version picks who goes on. What is to be done later hangs on
 * timers that engine_tick fires.
 *
 * Called by: core/daemon, duets.  Thread: loop.  Owns: nothing; birth and end are in engine_life.c.
 */
#include <string.h>

#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/engine.h"
#include "core/ike/exchange.h"
#include "core/ike/halfopen.h"
#include "core/ike/lifetime.h"
#include "core/ike/liveness.h"
#include "core/ike/registry.h"
#include "core/ike/keypool.h"
#include "core/ike/natt_awake.h"
#include "core/ike/stray.h"
#include "core/ike/sweep.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/config_inside.h"
#include "core/wire/header.h"

/* --- packets and time --- */

/* Known here, or a call. */
static void unspoken(struct engine *e, const struct packet *p, const struct header *h)
{
	struct cookies cky;
	struct ike_sa *sa;

	memcpy(cky.i, h->cky_i, sizeof(cky.i));
	memcpy(cky.r, h->cky_r, sizeof(cky.r));
	sa = registry_find(e->registry, &cky);
	if (!sa)
		heard_unspoken(e, p, h);
	else if (sa->version->foreign && addr_equal(&sa->remote, &p->remote))
		sa->version->foreign(sa, p, h);
}

void engine_packet(struct engine *e, msec now, const struct packet *p)
{
	const struct version *v;
	struct header h;

	e->now = now;
	e->counters.datagrams_in++;
	e->counters.octets_in += p->octets.n;
	if (e->stopping)
		return; /* all were told; nothing new begins */
	if (header_read(p->octets, &h, NULL) != R_OK) {
		e->counters.dropped_malformed++;
		return;
	}
	v = engine_version(e, h.version >> 4);
	if (!v) {
		e->counters.dropped_version++;
		unspoken(e, p, &h);
		return;
	}
	e->serving = p;
	uint64_t strays = e->counters.dropped_cookie;
	v->packet(e, p, &h);
	e->serving = NULL;
	if (e->counters.dropped_cookie != strays)
		stray_message(e, p);
}

static msec sooner(msec a, msec b)
{
	return a < 0 ? b : b < 0 ? a : MIN_OF(a, b);
}

msec engine_tick(struct engine *e, msec now)
{
	msec callers;

	e->now = now;
	timers_fire(&e->timers, now);
	callers = halfopens_tick(e);
	keypool_refill(e);

	msec next = timers_next(&e->timers);
	return sooner(callers, next < 0 ? -1 : MAX_OF(next - now, (msec)0));
}

/* --- commands --- */

/* All flows of the tunnel; the first negotiation is the one to look at. */
enum reason engine_initiate(struct engine *e, msec now, const char *tunnel, const char *who,
			    uint64_t *ret_negotiation, struct fault *f)
{
	struct tunnel_run *t = book_tunnel(e, tunnel);
	enum reason r = R_OK;

	e->now = now;
	*ret_negotiation = 0;
	if (!t)
		return fail(f, R_NOT_FOUND, "there is no tunnel %s", tunnel);
	if (list_is_empty(&t->flows))
		return fail_field(f, R_INVALID, "local_ts",
				  "the tunnel %s has no pair of traffic selectors", tunnel);
	list_each (l, &t->flows) {
		uint64_t negotiation;
		struct fault one = { 0 };

		if (book_start(owner_of(l, struct flow, link), who, &negotiation, &one) != R_OK) {
			r = one.reason;
			if (f)
				*f = one;
		} else if (!*ret_negotiation) {
			*ret_negotiation = negotiation;
		}
	}
	return *ret_negotiation ? R_OK : r;
}

void engine_shutdown(struct engine *e, msec now)
{
	struct sa_end end = { .reason = R_SHUTDOWN, .notify = true };

	e->now = now;
	e->stopping = true;
	list_each (l, &e->children) {
		struct child *c = owner_of(l, struct child, link);

		child_end(c, R_SHUTDOWN, true, NULL);
	}
	list_each (l, &e->sas)
		sa_end(owner_of(l, struct ike_sa, link), &end);
}

/* --- news of the data plane --- */

void engine_acquire(struct engine *e, msec now, uint32_t policy_id)
{
	struct flow *fl = book_flow(e, policy_id);

	e->now = now;
	if (fl && fl->run->peer_run && !e->stopping)
		book_acquire(fl);
}

/* Authenticated ESP came from elsewhere: as good as an authenticated message, but only behind a
 * NAT addresses change without anybody wanting it. */
void engine_moved(struct engine *e, msec now, uint32_t spi, const struct addr *from)
{
	struct child *c = child_of_spi_in(e, spi);
	struct ike_sa *sa = c ? c->sa : NULL;

	e->now = now;
	if (!c || !c->encap || (sa && !sa->nat_remote))
		return;
	if (sa && sa_shares_ports(sa) && !addr_equal_port(&sa->remote, from)) {
		sa->remote = *from;
		registry_moved(e->registry, sa);
		child_follow(sa);
	} else if (!child_move(c, &c->local, from)) {
		lifetime_child_soft(c);
	}
}

/* Ours or the peer's SPI: the plane counts both directions. Limits are rare, SPIs of peers are not
 * hashed. */
static struct child *child_of_any_spi(struct engine *e, uint32_t spi)
{
	struct child *c = child_of_spi_in(e, spi);

	if (c)
		return c;
	list_each (l, &e->children) {
		c = owner_of(l, struct child, link);
		if (c->spi_out == spi && c->out_installed)
			return c;
	}
	return NULL;
}

void engine_bytes_limit(struct engine *e, msec now, uint32_t spi, bool hard)
{
	struct child *c = child_of_any_spi(e, spi);

	e->now = now;
	if (!c)
		return;
	if (hard)
		child_end(c, c->replaced ? R_REPLACED : R_EXPIRED, true, NULL);
	else
		lifetime_child_soft(c);
}

/* --- configuration --- */

void engine_adopt(struct engine *e, msec now, const struct config *next)
{
	const struct config *before = e->config;

	e->now = now;
	e->config = config_ref(next);
	book_adopt(e, before);
	config_unref(before);
	liveness_arm_all(e);
	natt_awake_arm_all(e);
	idle_arm_all(e);
	carried_adopt(e);
	sweep_after_adopt(e);
}

uint64_t engine_refusals(const struct engine *e)
{
	return e->counters.dropped_flood + e->counters.dropped_busy;
}

bool engine_changed(struct engine *e)
{
	return e->changed;
}

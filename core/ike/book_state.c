/* book_state.c - states, sums and failures of peers and tunnels
 *
 * Whoever makes or ends an SA says so here; counts move, and states follow from the counts. A peer
 * is up while all its tunnels are, partial while some are; PEER_UP and PEER_DOWN mark the way
 * from none to some and back, so a rekey tells nothing.
 *
 * Called by: sa.c, child.c, the IKE versions.  Thread: loop.  Owns: nothing.
 */
#include <stdio.h>

#include "core/base/text.h"
#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/inner_book.h"
#include "core/ike/sa.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/event.h"
#include "core/model/peer.h"
#include "core/model/tunnel.h"

/* --- states --- */

static enum tunnel_state tunnel_state(const struct tunnel_run *t)
{
	if (!t->tunnel->enabled || !t->peer_run || !t->peer_run->peer->enabled)
		return TS_DISABLED;
	if (t->up_n)
		return TS_UP;
	if (t->busy_n || t->waiting_n)
		return TS_CONNECTING;
	return t->failing ? TS_FAILED : TS_DOWN;
}

/* The IKE SA that carries on: the newest that was not replaced. */
static bool is_tagged(const struct peer_run *p)
{
	bool tagged = false;

	list_each (l, (struct link *)&p->sas) {
		struct ike_sa *sa = owner_of(l, struct ike_sa, run_link);

		if (sa_is_usable(sa))
			tagged = sa->timeout_tagged;
	}
	return tagged;
}

/* One tunnel is up at least, or the IKE SA where there is no tunnel. */
static bool carries(const struct peer_run *p)
{
	return p->tunnels_n ? p->tunnels_up > 0 : p->sas_up > 0;
}

static enum peer_state peer_state(const struct peer_run *p)
{
	if (!p->peer->enabled)
		return PS_DISABLED;
	if (is_tagged(p))
		return PS_TIMEOUT;
	if (p->tunnels_n ? p->tunnels_up == p->tunnels_n : p->sas_up > 0)
		return PS_UP;
	if (p->tunnels_up)
		return PS_PARTIAL;
	if (p->connecting_n || p->busy_n)
		return PS_CONNECTING;
	return p->failures && p->e->now < p->not_before ? PS_BACKOFF : PS_WAITING;
}

static void tell_peer(struct peer_run *p, bool up)
{
	struct event ev = {
		.id = up ? EVT_PEER_UP : EVT_PEER_DOWN,
		.reason = R_OK,
		.peer_index = p->peer->r.index,
		.negotiation = p->last_negotiation,
		.revision = config_revision(p->e->config),
	};

	enum reason why = p->peer->enabled ? p->last_down : R_CONFIG_CHANGED;

	if (!up)
		ev.reason = why;
	text_copy(ev.peer, sizeof(ev.peer), p->peer->r.name);
	addr_read(p->peer->remote_address, &ev.remote);
	if (up)
		snprintf(ev.text, sizeof(ev.text), "%s carries traffic (%u of %u tunnels up)",
			 p->peer->r.name, p->tunnels_up, p->tunnels_n);
	else
		snprintf(ev.text, sizeof(ev.text), "%s has no tunnel up any more: %s",
			 p->peer->r.name, reason_title(why));
	events_tell(p->e->ports.events, &ev);
}

void book_look_peer(struct peer_run *p)
{
	enum peer_state s = peer_state(p);
	bool up = s == PS_UP || s == PS_PARTIAL || (s == PS_TIMEOUT && carries(p));

	if (s != p->state) {
		p->state = s;
		p->state_since_s = engine_wall_s(p->e);
		p->e->changed = true;
	}
	if (up == p->is_up)
		return;
	p->is_up = up;
	++*(up ? &p->up_count : &p->down_count);
	tell_peer(p, up);
}

void book_look(struct tunnel_run *t)
{
	enum tunnel_state s = tunnel_state(t);
	struct peer_run *p = t->peer_run;

	if (s != t->state) {
		if (p && t->state == TS_UP)
			p->tunnels_up--;
		if (p && s == TS_UP)
			p->tunnels_up++;
		if (s == TS_UP)
			t->up_count++;
		if (t->state == TS_UP)
			t->down_count++;
		t->state = s;
		t->state_since_s = engine_wall_s(t->e);
		t->e->changed = true;
	}
	if (p)
		book_look_peer(p);
}

/* --- IKE SAs --- */

void book_sa_born(struct ike_sa *sa)
{
	struct peer_run *p = sa->run;

	list_push(&p->sas, &sa->run_link);
	p->sas_n++;
	p->connecting_n++;
	book_look_peer(p);
}

void book_sa_gone(struct ike_sa *sa)
{
	struct peer_run *p = sa->run;

	if (!p)
		return;
	list_remove(&sa->run_link);
	sa->run = NULL;
	p->sas_n--;
	--*(sa->authenticated ? &p->sas_up : &p->connecting_n);
	book_look_peer(p);
}

/* --- children --- */

static struct tunnel_run *run_of(const struct child *c)
{
	return c->flow ? c->flow->run : NULL;
}

static void count_child(struct tunnel_run *t, int children, int busy, int up)
{
	t->children_n += (unsigned)children;
	t->busy_n += (unsigned)busy;
	t->up_n += (unsigned)up;
	if (!t->peer_run)
		return;
	t->peer_run->children_n += (unsigned)children;
	t->peer_run->busy_n += (unsigned)busy;
}

void book_child_born(struct child *c)
{
	count_child(run_of(c), 1, 1, 0);
	book_look(run_of(c));
}

void book_child_up(struct child *c, bool rekeyed)
{
	struct tunnel_run *t = run_of(c);

	if (!t)
		return;
	count_child(t, 0, -1, 1);
	t->failing = false;
	t->last_negotiation = c->negotiation;
	if (rekeyed)
		t->rekeys++;
	if (t->peer_run)
		t->peer_run->last_negotiation = c->negotiation;
	book_look(t);
	book_went_well(c);
}

void book_child_failed(struct child *c, const struct fault *f)
{
	struct tunnel_run *t = run_of(c);
	struct child *before = child_of_id(c->e, c->replaces);

	if (before && before->state == CS_REKEYING)
		before->state = CS_UP;
	if (!t)
		return;
	count_child(t, -1, -1, 0);
	if (t->peer_run)
		book_failed(t->peer_run, t, c->negotiation, f);
	book_look(t);
	if (c->role == ROLE_INITIATOR)
		book_went_wrong(c->flow, f->reason);
}

void book_child_down(struct child *c, enum reason why)
{
	struct tunnel_run *t = run_of(c);
	bool last;

	if (!t)
		return;
	count_child(t, -1, 0, -1);
	last = t->up_n == 0;
	if (!c->replaced)
		t->last_down = why;
	if (last && t->peer_run)
		t->peer_run->last_down = why;
	book_look(t);
	if (!c->replaced)
		book_lost(c, why);
}

void book_detach_child(struct child *c)
{
	struct tunnel_run *t = run_of(c);
	bool busy = c->state == CS_NEGOTIATING;

	if (!t)
		return;
	count_child(t, -1, busy ? -1 : 0, busy ? 0 : -1);
	list_remove(&c->flow_link);
	c->flow = NULL;
}

void book_count_run(struct tunnel_run *t, int sign)
{
	struct peer_run *p = t->peer_run;

	p->children_n += (unsigned)(sign * (int)t->children_n);
	p->busy_n += (unsigned)(sign * (int)t->busy_n);
	if (t->state == TS_UP)
		p->tunnels_up += (unsigned)sign;
	if (t->tunnel->enabled)
		p->tunnels_n += (unsigned)sign;
}

/* --- sums and failures --- */

void book_traffic(const struct child *c, const struct plane_count *in,
		  const struct plane_count *out)
{
	struct tunnel_run *t = run_of(c);

	if (!t)
		return;
	t->bytes_in += in->bytes;
	t->packets_in += in->packets;
	t->bytes_out += out->bytes;
	t->packets_out += out->packets;
	if (!t->peer_run)
		return;
	t->peer_run->bytes_in += in->bytes;
	t->peer_run->packets_in += in->packets;
	t->peer_run->bytes_out += out->bytes;
	t->peer_run->packets_out += out->packets;
}

bool book_is_our_wish(enum reason r)
{
	return r == R_OPERATOR_RESET || r == R_CONFIG_CHANGED || r == R_SHUTDOWN ||
	       r == R_REPLACED || r == R_IDLE;
}

void book_failed(struct peer_run *p, struct tunnel_run *t, uint64_t negotiation,
		 const struct fault *f)
{
	int64_t now_s = engine_wall_s(p->e);

	if (book_is_our_wish(f->reason))
		return;
	p->failed = *f;
	p->failed_at_s = now_s;
	p->e->changed = true;
	if (negotiation)
		p->last_negotiation = negotiation;
	if (!t)
		return;
	t->failed = *f;
	t->failed_at_s = now_s;
	t->failing = t->up_n == 0;
	if (negotiation)
		t->last_negotiation = negotiation;
}

/* child.c - the pair of IPsec SAs: install, rekey, remove
 *
 * Both SAs of a pair get into the data plane or none stays there. When a pair is up, traffic moves to
 * it at once, and the one it replaces stays a few seconds for what is still on its way; only the
 * end that initiated the newer deletes it. Of two that both ends negotiated at the same
 * moment rival.c says which one that is.
 *
 * A pair whose selectors are a part of its flow's (a caller of a template) has a policy of its
 * own, which its successors take over.
 *
 * Called by: the IKE versions, sa.c, lifetime.c, reset.c.  Thread: loop.  Owns: children.
 */
#include "core/ike/child.h"

#include <stdlib.h>

#include "core/base/text.h"
#include "core/ike/book.h"
#include "core/ike/engine_tell.h"
#include "core/ike/exchange.h"
#include "core/ike/lifetime.h"
#include "core/ike/manual_keys.h"
#include "core/ike/registry.h"
#include "core/ike/trace.h"
#include "core/ike/within.h"
#include "core/model/config.h"

static struct child *make(const struct peer *peer, struct flow *flow, enum sa_role role,
			  struct fault *f)
{
	struct engine *e = flow->e;
	struct child *c = calloc(1, sizeof(*c));

	if (!c) {
		fail(f, R_NO_MEMORY, "no memory for an IPsec SA");
		return NULL;
	}
	c->e = e;
	c->id = engine_id(e);
	c->role = role;
	c->state = CS_NEGOTIATING;
	c->born = e->now;
	c->born_order = ++e->last_order;
	c->flow = flow;
	c->tunnel = flow->run->tunnel;
	c->peer = peer;
	c->revision = config_revision(e->config);
	c->local_ts = flow->local_ts;
	c->remote_ts = flow->remote_ts;
	list_init(&c->sa_link);
	if (registry_child(e->registry, c, f) != R_OK) {
		free(c);
		return NULL;
	}
	record_ref(&c->tunnel->r);
	record_ref(&c->peer->r);
	list_push(&e->children, &c->link);
	list_push(&flow->children, &c->flow_link);
	e->counters.child_sas++;
	book_child_born(c);
	return c;
}

struct child *child_new(struct ike_sa *sa, struct flow *flow, enum sa_role role, struct fault *f)
{
	struct child *c = make(sa->peer, flow, role, f);

	if (!c)
		return NULL;
	c->local = sa->local;
	c->remote = sa->remote;
	child_carry(c, sa);
	return c;
}

struct child *child_by_hand(const struct peer *peer, struct flow *flow, struct fault *f)
{
	return make(peer, flow, ROLE_INITIATOR, f);
}

struct child *child_of_id(struct engine *e, uint32_t id)
{
	return registry_child_of_id(e->registry, id);
}

struct child *child_of_spi_in(struct engine *e, uint32_t spi)
{
	return registry_child_of_spi(e->registry, spi);
}

/* Children of one IKE SA; a Delete is rare. Those that outlived theirs are asked too: their peer's
 * Delete comes over the IKE SA that is left. */
struct child *child_of_spi_out(struct ike_sa *sa, uint32_t spi)
{
	list_each (l, &sa->children) {
		struct child *c = owner_of(l, struct child, sa_link);

		if (c->spi_out == spi && c->state != CS_DELETING)
			return c;
	}
	return sa->run ? book_child_of_spi_out(sa, spi) : NULL;
}

void child_carry(struct child *c, struct ike_sa *by)
{
	if (c->sa) {
		list_remove(&c->sa_link);
		c->sa->children_n--;
	}
	c->sa = by;
	if (!by)
		return;
	list_push(&by->children, &c->sa_link);
	by->children_n++;
}

enum reason child_spi(struct child *c, struct fault *f)
{
	const struct plane *p = c->e->ports.plane;

	if (c->spi_in)
		return R_OK;
	if (p->spi_new(p->ctx, &c->local, &c->remote, &c->spi_in, f) != R_OK) {
		c->spi_in = 0;
		return R_PLANE;
	}
	return registry_child(c->e->registry, c, f);
}

/* --- into the plane --- */

bool child_same_traffic(const struct child *a, const struct child *b)
{
	return selector_equal(&a->local_ts, &b->local_ts) &&
	       selector_equal(&a->remote_ts, &b->remote_ts);
}

/* The pair of the same flow that carries the same traffic now. */
static struct child *sibling(const struct child *c)
{
	if (!c->flow)
		return NULL;
	list_each (l, &c->flow->children) {
		struct child *other = owner_of(l, struct child, flow_link);

		if (other != c && other->state != CS_NEGOTIATING && !other->replaced &&
		    child_same_traffic(c, other))
			return other;
	}
	return NULL;
}

/* The flow's own id, or when narrower that of its predecessor, or a new one. */
static void find_reqid(struct child *c)
{
	struct child *before;

	if (c->reqid || !c->flow)
		return;
	c->narrow = !selector_equal(&c->local_ts, &c->flow->local_ts) ||
		    !selector_equal(&c->remote_ts, &c->flow->remote_ts);
	if (!c->narrow) {
		c->reqid = c->flow->id;
		return;
	}
	before = sibling(c);
	c->reqid = before ? before->reqid : c->id;
}

static void take_path(struct child *c)
{
	if (!c->sa || c->in_installed || c->out_installed)
		return;
	c->local = c->sa->local;
	c->remote = c->sa->remote;
	c->encap = c->sa->encap;
	c->zeros = c->encap && c->sa->natt_oldest;
}

static uint32_t replay_window(const struct child *c)
{
	const struct settings_ipsec *s = config_ipsec(c->e->config);

	return s->anti_replay && !manual_is(c->tunnel) ? s->anti_replay_window : 0;
}

static enum reason install(struct child *c, bool inbound, struct slice keymat, struct fault *f)
{
	const struct plane *p = c->e->ports.plane;
	struct plane_sa sa = {
		.spi = inbound ? c->spi_in : c->spi_out,
		.inbound = inbound,
		.transport = c->transport,
		.suite = c->suite,
		.keymat = keymat,
		.replay_window = replay_window(c),
		.local_ts = c->local_ts,
		.remote_ts = c->remote_ts,
		.any_inner = inbound && !config_ipsec(c->e->config)->decrypt_check,
	};
	struct fault why = { 0 };

	if (inbound)
		c->replay_window = sa.replay_window;
	find_reqid(c);
	take_path(c);
	sa.reqid = c->reqid;
	sa.udp_encap = c->encap;
	sa.zeros = c->zeros;
	sa.local = c->local;
	sa.remote = c->remote;
	if (inbound) {
		sa.original_local = c->original_local;
		sa.original_remote = c->original_remote;
	}
	lifetime_bytes(c, &sa.soft_bytes, &sa.hard_bytes);
	if (p->sa_add(p->ctx, &sa, &why) == R_OK) {
		const struct ports *ports = &c->e->ports;

		if (ports->esp_keyed)
			ports->esp_keyed(ports->ctx, c->peer->r.name, &sa);
		return R_OK;
	}
	return fail(f, R_PLANE, "the data plane %s refused the %s SA: %s", p->name,
		    inbound ? "inbound" : "outbound", why.text);
}

enum reason child_install_in(struct child *c, struct slice keymat, struct fault *f)
{
	if (install(c, true, keymat, f) != R_OK)
		return R_PLANE;
	c->in_installed = true;
	return R_OK;
}

enum reason child_install_out(struct child *c, struct slice keymat, struct fault *f)
{
	if (install(c, false, keymat, f) != R_OK)
		return R_PLANE;
	c->out_installed = true;
	return R_OK;
}

static void uninstall(struct child *c)
{
	const struct plane *p = c->e->ports.plane;

	if (c->out_installed)
		p->sa_del(p->ctx, c->spi_out, false, &c->local, &c->remote);
	if (c->in_installed)
		p->sa_del(p->ctx, c->spi_in, true, &c->local, &c->remote);
	else if (c->spi_in)
		p->spi_drop(p->ctx, c->spi_in, &c->local, &c->remote);
	c->in_installed = c->out_installed = false;
}

/* --- up --- */

static void replace(struct child *old, const struct child *by)
{
	old->replaced = true;
	old->state = CS_UP;
	old->ours_to_end = by->role == ROLE_INITIATOR;
	lifetime_child_replaced(old);
}

/* Two callers of one range of addresses may ask for the same traffic; the newer has it then (taken.c). */
static bool meet(struct child *c)
{
	struct child *other = sibling(c);

	if (!other)
		return false;
	if (rival_child_yields(c, other))
		replace(c, other);
	else
		replace(other, c);
	if (other->replaced)
		child_takes_over(c, other);
	if (!c->replaced)
		c->idle_from = idle_since(other);
	idle_arm(other);
	return true;
}

static void use(const struct child *c)
{
	const struct plane *p = c->e->ports.plane;

	p->sa_use(p->ctx, c->reqid, c->spi_out);
}

void child_up(struct child *c)
{
	struct engine *e = c->e;
	char ours[SELECTOR_TEXT], theirs[SELECTOR_TEXT];

	c->state = CS_UP;
	c->up_at = c->minute_at = c->counted_at = c->idle_from = e->now;
	c->up_s = engine_wall_s(e);
	c->up_order = ++e->last_order;
	e->changed = true;
	if (c->sa && !sa_is_usable(c->sa) && sa_heir(c->sa))
		child_carry(c, sa_heir(c->sa)); /* it was replaced while this was under way */
	lifetime_child_up(c);

	bool carries_on = meet(c);
	idle_arm(c);
	if (c->flow)
		book_policy(c->flow, c);
	if (!c->replaced)
		use(c);
	engine_tell(e, carries_on ? EVT_CHILD_REKEYED : EVT_CHILD_UP, c->sa, c, R_OK,
		    "%s protects %s to %s (SPI %08x in, %08x out)", c->tunnel->r.name,
		    selector_text(&c->local_ts, ours, sizeof(ours)),
		    selector_text(&c->remote_ts, theirs, sizeof(theirs)), (unsigned)c->spi_in,
		    (unsigned)c->spi_out);
	book_child_up(c, carries_on);
	rival_child_up(c);
}

/* --- the end --- */

/* The exchange that negotiates it, if that is still going on. */
static void end_exchange(struct child *c)
{
	if (!c->sa)
		return;
	list_each (l, &c->sa->exchanges) {
		struct exchange *x = owner_of(l, struct exchange, link);

		if (x->child != c)
			continue;
		x->child = NULL;
		exchange_free(x);
		return;
	}
}

static void release(struct child *c)
{
	struct engine *e = c->e;

	timer_stop(&e->timers, &c->life);
	timer_stop(&e->timers, &c->idle);
	child_carry(c, NULL);
	if (c->flow)
		list_remove(&c->flow_link);
	registry_child_remove(e->registry, c);
	list_remove(&c->link);
	record_unref(&c->tunnel->r);
	record_unref(&c->peer->r);
	record_unref(c->proposal ? &c->proposal->r : NULL);
	for (size_t i = 0; i < COUNT_OF(c->keys); i++)
		record_unref(c->keys[i] ? &c->keys[i]->r : NULL);
	e->counters.child_sas--;
	e->changed = true;
	free(c);
}

/* The pair this one replaced lives still: a peer that prefers it deleted this one. */
static void revive(struct child *c)
{
	if (!c->flow)
		return;
	list_each (l, &c->flow->children) {
		struct child *other = owner_of(l, struct child, flow_link);

		if (!other->replaced || other->state != CS_UP || !child_same_traffic(c, other))
			continue;
		other->replaced = other->ours_to_end = false;
		lifetime_child_up(other);
		idle_arm(other);
		use(other);
		return;
	}
}

/* Traffic needs another pair, if there is one. */
static void pass_on(struct child *c, enum reason why)
{
	struct child *other = c->replaced ? NULL : sibling(c);

	if (other)
		use(other);
	else if (!c->replaced && why == R_PEER_DELETED)
		revive(c);
}

bool child_tell_gone(struct child *c)
{
	return c->sa && c->sa->state != SA_CONNECTING && c->sa->version->tell_child_gone(c->sa, c);
}

void child_end(struct child *c, enum reason why, bool notify, unsigned *ret_notices)
{
	struct engine *e = c->e;

	if (c->state == CS_DELETING)
		return;
	/* also before it is up: the peer may have its half already, or has it in a moment */
	if (notify && child_tell_gone(c) && ret_notices)
		++*ret_notices;
	if (c->state == CS_NEGOTIATING) {
		struct fault f = { .reason = why };

		child_fail(c, &f);
		return;
	}
	c->state = CS_DELETING;
	child_count(c);
	if (!c->replaced)
		engine_tell(e, EVT_CHILD_DOWN, c->sa, c, why, "%s lost its IPsec SAs: %s",
			    c->tunnel->r.name, reason_title(why));
	uninstall(c);
	pass_on(c, why);
	if (c->flow)
		book_policy_leave(c->flow, c);
	book_child_down(c, why);
	release(c);
}

void child_fail(struct child *c, const struct fault *f)
{
	struct fault kept = *f;

	if (c->state == CS_DELETING)
		return;
	c->state = CS_DELETING;
	/* The peer may have its half already; what is installed here was told of by who gave up. */
	if (kept.reason == R_PLANE && c->spi_out && !c->in_installed && !c->out_installed)
		child_tell_gone(c);
	end_exchange(c);
	rival_child_overtaken(c, &kept);
	trace_fail(c->e, c->negotiation, SIDE_NONE, &kept);
	uninstall(c);
	book_child_failed(c, &kept);
	release(c);
}

uint32_t child_flags(const struct child *c)
{
	bool ready = c->in_installed && c->out_installed && c->state != CS_NEGOTIATING;
	bool fading = ready && !c->replaced && c->soft_at && c->e->now >= c->soft_at;

	return (ready ? SAF_RD : 0u) | (c->role == ROLE_INITIATOR ? SAF_ST : 0u) |
	       (c->replaced ? SAF_RL : 0u) | (fading ? SAF_FD : 0u) |
	       (c->state == CS_REKEYING ? SAF_RK : 0u);
}

/* sa.c - the IKE SA: birth, states, death
 *
 * Becoming "up" happens in sa_up and nowhere else. There it also meets its twins, SAs with the same
 * peer and identity: as a rule the newer carries on and the older are replaced, their children
 * move. Only the end that initiated the newer deletes the older. When both ends started at once
 * rival.c says which one that is.
 *
 * Called by: the IKE versions, book.c, lifetime.c, reset.c.  Thread: loop.
 * Owns: SAs, and through them their exchanges.
 */
#include "core/ike/sa.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/text.h"
#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/engine_tell.h"
#include "core/ike/exchange.h"
#include "core/ike/lifetime.h"
#include "core/ike/liveness.h"
#include "core/ike/natt.h"
#include "core/ike/natt_awake.h"
#include "core/ike/registry.h"
#include "core/ike/trace.h"
#include "core/ike/within.h"
#include "core/model/config.h"

struct ike_sa *sa_new(struct engine *e, const struct sa_want *w, struct fault *f)
{
	struct ike_sa *sa = calloc(1, sizeof(*sa));

	if (!sa) {
		fail(f, R_NO_MEMORY, "no memory for an IKE SA");
		return NULL;
	}
	sa->e = e;
	sa->id = engine_id(e);
	sa->version = w->version;
	sa->role = w->role;
	sa->state = SA_CONNECTING;
	sa->exchange_mode = w->peer->exchange_mode;
	sa->local = w->local;
	sa->remote = w->remote;
	sa->born = sa->last_in = e->now;
	sa->born_order = ++e->last_order;
	sa->born_s = engine_wall_s(e);
	sa->revision = config_revision(e->config);
	sa->asked_by_us = w->role == ROLE_INITIATOR;
	text_copy(sa->who, sizeof(sa->who), w->who ? w->who : "");
	list_init(&sa->exchanges);
	list_init(&sa->children);
	list_init(&sa->run_link);
	list_init(&sa->twin_link);
	if (registry_add(e->registry, sa, f) != R_OK) {
		free(sa);
		return NULL;
	}
	record_ref(&w->peer->r);
	sa->peer = w->peer;
	list_push(&e->sas, &sa->link);
	sa->run = w->run;
	if (sa->run)
		book_sa_born(sa);
	e->counters.ike_sas++;
	e->changed = true;
	return sa;
}

enum reason sa_register(struct ike_sa *sa, struct fault *f)
{
	return registry_cookies(sa->e->registry, sa, f);
}

struct ike_sa *sa_of_ref(struct engine *e, struct sa_ref r)
{
	return registry_of_ref(e->registry, r);
}

struct ike_sa *sa_of_id(struct engine *e, uint32_t id)
{
	return registry_of_id(e->registry, id);
}

void sa_choose(struct ike_sa *sa, const struct ike_proposal *p, uint32_t lifetime_s)
{
	record_ref(&p->r);
	sa->proposal = p;
	sa->suite = ike_proposal_suite(p);
	sa->lifetime_s = lifetime_s;
}

bool sa_is_usable(const struct ike_sa *sa)
{
	return sa->authenticated && (sa->state == SA_UP || sa->state == SA_REKEYING) &&
	       !sa->replaced && !sa->unwanted;
}

struct ike_sa *sa_heir(const struct ike_sa *sa)
{
	struct link *twins = registry_twins(sa->e->registry, sa);
	struct ike_sa *newest = NULL;

	if (!twins)
		return NULL;
	list_each (l, twins) {
		struct ike_sa *twin = owner_of(l, struct ike_sa, twin_link);

		if (twin != sa && sa_is_usable(twin))
			newest = twin;
	}
	return newest;
}

/* --- twins --- */

static bool is_successor(const struct ike_sa *sa, const struct ike_sa *of)
{
	return sa->replaces.generation == of->ref.generation && sa->replaces.slot == of->ref.slot;
}

static void move_children(struct ike_sa *from, struct ike_sa *to)
{
	list_each (l, &from->children) {
		struct child *c = owner_of(l, struct child, sa_link);

		if (c->state != CS_NEGOTIATING)
			child_carry(c, to);
	}
}

static void replace(struct ike_sa *old, struct ike_sa *by)
{
	old->replaced = true;
	old->rekeying = false;
	old->state = SA_UP;
	old->ours_to_end = by->role == ROLE_INITIATOR;
	move_children(old, by);
	lifetime_ike_replaced(old);
	liveness_arm(old);
	natt_awake_arm(old);
}

/* False: the peer's `unique` setting lets the older stand and refuses this one. */
static bool meet(struct ike_sa *sa, struct ike_sa *twin)
{
	int unique = sa->peer->unique;
	bool successor = is_successor(sa, twin);

	if (unique == UNIQUE_NO && !successor)
		return true;
	if (unique == UNIQUE_KEEP && !successor && !twin->fading && twin->children_n)
		return false;
	if (!successor && rival_sa_yields(sa, twin))
		replace(sa, twin);
	else
		replace(twin, sa);
	return true;
}

/* True when it carries on for another one. */
static bool meet_twins(struct ike_sa *sa)
{
	struct link *twins = registry_twins(sa->e->registry, sa);
	struct ike_sa *before = sa_of_ref(sa->e, sa->replaces);
	bool carries_on = before != NULL;

	/* the predecessor, even when the peer shows another identity now */
	if (before && before != sa)
		replace(before, sa);
	if (!twins)
		return carries_on;
	list_each (l, twins) {
		struct ike_sa *twin = owner_of(l, struct ike_sa, twin_link);

		if (twin == sa || !sa_is_usable(twin) || sa->replaced)
			continue;
		if (!meet(sa, twin)) {
			sa->unwanted = true;
			lifetime_ike_replaced(sa);
			return false;
		}
		carries_on |= twin->replaced;
	}
	return carries_on;
}

/* A peer that calls from several addresses may be several; each is named by where it is. Behind one
 * NAT only ports tell them apart, unless the peer has just one identity. */
static void name_instance(struct ike_sa *sa)
{
	const struct peer *p = sa->peer;
	bool is_one = *p->remote_id_value || *p->remote_name;
	char addr[ADDR_TEXT];

	if (!sa->run || sa->run->place)
		return;
	snprintf(sa->instance, sizeof(sa->instance), "%s@%s", p->r.name,
		 sa->nat_remote && !is_one ? addr_text_port(&sa->remote, addr)
					   : addr_text(&sa->remote, addr));
}

void sa_up(struct ike_sa *sa)
{
	struct engine *e = sa->e;
	char addr[ADDR_TEXT];

	sa->authenticated = true;
	sa->state = SA_UP;
	sa->up_at = e->now;
	sa->up_order = ++e->last_order;
	sa->up_s = engine_wall_s(e);
	name_instance(sa);
	e->changed = true;
	registry_up(e->registry, sa, NULL);
	lifetime_ike_up(sa);

	bool carries_on = meet_twins(sa);
	liveness_arm(sa);
	natt_awake_arm(sa);
	engine_tell(e, carries_on ? EVT_IKE_REKEYED : EVT_IKE_UP, sa, NULL, R_OK,
		    "%s at %s proved to be %s%s%s", sa->peer->r.name,
		    addr_text_port(&sa->remote, addr), sa->remote_id,
		    sa->unwanted ? "; it has an IKE SA already, which stays" : "",
		    natt_is_missed(sa) ? "; a NAT seems to be on the way, but NAT traversal is not "
					 "on at both ends: IPsec packets will not get through"
				       : "");
	book_sa_up(sa);
	rival_sa_up(sa);
}

/* The peer started afresh: what is older than this SA means nothing to it any more. */
static void end_old_children(struct ike_sa *sa)
{
	list_each (l, &sa->children) {
		struct child *c = owner_of(l, struct child, sa_link);

		if (c->state != CS_NEGOTIATING && c->up_at < sa->born)
			child_end(c, R_REPLACED, false, NULL);
	}
}

void sa_initial_contact(struct ike_sa *sa)
{
	struct link *twins = registry_twins(sa->e->registry, sa);
	struct sa_end end = {
		.reason = R_REPLACED,
		.with_children = true,
		.text = "the peer lost it and started afresh (INITIAL-CONTACT)",
	};

	if (!twins)
		return;
	/* Ending one may end none but itself: the next was looked up before. */
	list_each (l, twins) {
		struct ike_sa *twin = owner_of(l, struct ike_sa, twin_link);

		/* up before this one began: else it is the other half of a start at both ends */
		if (twin != sa && twin->up_at < sa->born)
			sa_end(twin, &end);
	}
	end_old_children(sa);
	book_peer_lost_children(sa);
}

/* --- the end --- */

static void end_children(struct ike_sa *sa, const struct sa_end *how, const struct fault *f)
{
	struct ike_sa *heir = sa_heir(sa);

	list_each (l, &sa->children) {
		struct child *c = owner_of(l, struct child, sa_link);

		if (c->state == CS_NEGOTIATING) {
			/* the peer may have its half already, or has it in a moment */
			if (how->notify && child_tell_gone(c) && how->ret_notices)
				++*how->ret_notices;
			child_fail(c, f);
		} else if (how->with_children) {
			child_end(c, how->reason, how->notify, how->ret_notices);
		} else {
			child_carry(c, heir);
		}
	}
}

/* It was to follow another, which goes on and tries again later. */
static void tell_predecessor(struct ike_sa *sa)
{
	struct ike_sa *before = sa_of_ref(sa->e, sa->replaces);

	if (before && !sa->authenticated && !before->replaced) {
		before->rekeying = false;
		if (before->state == SA_REKEYING)
			before->state = SA_UP;
	}
}

static void say_down(struct ike_sa *sa, const struct fault *f)
{
	if (sa->authenticated && !sa->replaced)
		engine_tell(sa->e, EVT_IKE_DOWN, sa, NULL, f->reason,
			    "the IKE SA with %s ended: %s", sa->peer->r.name,
			    *f->text ? f->text : reason_title(f->reason));
}

void sa_rests_on(struct ike_sa *sa, const struct record *r)
{
	for (size_t i = 0; i < sa->rests_on_n; i++)
		if (sa->rests_on[i] == r)
			return;
	if (sa->rests_on_n < SA_RESTS_MOST)
		sa->rests_on[sa->rests_on_n++] = record_ref(r);
}

static void release(struct ike_sa *sa)
{
	struct engine *e = sa->e;

	list_each (l, &sa->exchanges)
		exchange_free(owner_of(l, struct exchange, link));
	timer_stop(&e->timers, &sa->life);
	liveness_stop(sa);
	natt_awake_stop(sa);
	registry_remove(e->registry, sa);
	if (sa->own)
		sa->version->own_free(sa);
	list_remove(&sa->link);
	record_unref(&sa->peer->r);
	record_unref(sa->proposal ? &sa->proposal->r : NULL);
	record_unref(sa->psk ? &sa->psk->r : NULL);
	for (size_t i = 0; i < sa->rests_on_n; i++)
		record_unref(sa->rests_on[i]);
	bytes_free(sa->remote_id_body);
	e->counters.ike_sas--;
	e->changed = true;
	free(sa);
}

void sa_end(struct ike_sa *sa, const struct sa_end *how)
{
	struct fault f = how->fault ? *how->fault : (struct fault){ .reason = how->reason };
	bool failed = !sa->authenticated;
	struct peer_run *run = sa->run;

	if (sa->state == SA_DELETING)
		return;
	sa->state = SA_DELETING;
	if (!*f.text && how->text)
		text_copy(f.text, sizeof(f.text), how->text);
	end_children(sa, how, &f);
	if (how->notify && sa->version->tell_ike_gone(sa) && how->ret_notices)
		++*how->ret_notices;
	say_down(sa, &f);
	if (failed)
		trace_fail(sa->e, sa->negotiation, SIDE_NONE, &f);
	tell_predecessor(sa);
	book_sa_gone(sa);

	uint64_t negotiation = sa->negotiation;
	bool ours = sa->role == ROLE_INITIATOR;
	release(sa);
	if (!run || !failed)
		return;
	book_failed(run, NULL, negotiation, &f);
	if (ours)
		book_sa_failed(run, &f);
}

/* --- small things --- */

const struct sealed *sa_psk(const struct ike_sa *sa)
{
	if (!sa->psk)
		return NULL;
	return sa->psk_previous ? &sa->psk->previous : &sa->psk->value;
}

enum psk_proven sa_psk_word(const struct ike_sa *sa, const struct config *now)
{
	const struct sealed *key = sa_psk(sa);
	const struct secret *s = key ? config_secret(now, sa->psk->r.name) : NULL;

	if (!key)
		return PSK_NONE;
	if (s && sealed_equal(key, &s->value))
		return PSK_CURRENT;
	if (s && secret_overlaps(s, engine_wall_s(sa->e)) && sealed_equal(key, &s->previous))
		return PSK_PREVIOUS;
	return PSK_GONE;
}

bool sa_is_first_contact(const struct ike_sa *sa)
{
	if (!sa->run)
		return false;
	list_each (l, &sa->run->sas)
		if (owner_of(l, struct ike_sa, run_link)->authenticated)
			return false;
	return true;
}

void sa_heard(struct ike_sa *sa)
{
	struct engine *e = sa->e;

	sa->last_in = e->now;
	sa->last_in_s = engine_wall_s(e);
	if (!e->serving)
		return;
	sa->packets_in++;
	sa->bytes_in += e->serving->octets.n;
	natt_follow(sa, e->serving);
}

uint32_t sa_flags(const struct ike_sa *sa)
{
	return (sa->authenticated ? SAF_RD : 0u) | (sa->role == ROLE_INITIATOR ? SAF_ST : 0u) |
	       (sa->replaced ? SAF_RL : 0u) | (sa->fading ? SAF_FD : 0u) |
	       (sa->timeout_tagged ? SAF_TO : 0u) | (sa->rekeying ? SAF_RK : 0u);
}

/* reset_who.c - which SAs a reset means
 *
 * A scope picks SAs of both kinds, the level takes some of them away. Where an IKE SA goes at level
 * both, its children go too. A tunnel shares its IKE SA with the peer's other tunnels: at level
 * both the IKE SA goes only when it carries nothing else.
 *
 * Called by: reset.c.  Thread: loop.  Owns: nothing.
 */
#include <stdio.h>
#include <string.h>

#include "core/ike/act.h"
#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/sa.h"
#include "core/ike/stale.h"
#include "core/ike/within.h"

/* RFC 4301 section 4.1: an SPI means something at its destination alone. Without one it is
 * looked for at both ends. */
static bool has_spi(const struct child *c, const struct reset_ask *ask)
{
	bool anywhere = ask->remote.family == 0;

	return (c->spi_in == ask->spi && (anywhere || addr_equal(&c->local, &ask->remote))) ||
	       (c->spi_out == ask->spi && (anywhere || addr_equal(&c->remote, &ask->remote)));
}

/* Is this SA meant by the scope itself? */
static bool means_child(const struct act *a, const struct child *c)
{
	const struct reset_ask *ask = a->ask;

	switch (ask->scope) {
	case RESET_ALL:
		return true;
	case RESET_PEER:
		return strcmp(c->peer->r.name, ask->name) == 0;
	case RESET_TUNNEL:
		return strcmp(c->tunnel->r.name, ask->name) == 0;
	case RESET_CHILD_SA:
	case RESET_CONNECTION:
		return c->id == ask->id;
	case RESET_REMOTE:
		return addr_equal(&c->remote, &ask->remote);
	case RESET_SPI:
		return has_spi(c, ask);
	case RESET_STALE:
		return stale_child(c, a->e->config, NULL, NULL) >= IMPACT_CHILD;
	case RESET_IKE_SA:
	case RESET_TOUCHED:
	default:
		return false;
	}
}

static bool means_ike(const struct act *a, const struct ike_sa *sa)
{
	const struct reset_ask *ask = a->ask;

	switch (ask->scope) {
	case RESET_ALL:
		return true;
	case RESET_PEER:
		return strcmp(sa->peer->r.name, ask->name) == 0 ||
		       (*sa->instance && strcmp(sa->instance, ask->name) == 0);
	case RESET_IKE_SA:
	case RESET_CONNECTION:
		return sa->id == ask->id;
	case RESET_REMOTE:
		return addr_equal(&sa->remote, &ask->remote);
	case RESET_STALE:
		return stale_ike(sa, a->e->config, NULL, NULL) >= IMPACT_IKE;
	case RESET_TUNNEL:
	case RESET_CHILD_SA:
	case RESET_SPI:
	case RESET_TOUCHED:
	default:
		return false;
	}
}

static void children_of(struct act *a, struct ike_sa *sa)
{
	list_each (l, &sa->children)
		act_child(a, owner_of(l, struct child, sa_link));
}

/* All that an IKE SA carries is on the list. */
static bool carries_nothing_else(const struct act *a, const struct ike_sa *sa)
{
	list_each (l, (struct link *)&sa->children)
		if (owner_of(l, struct child, sa_link)->mark != a->mark)
			return false;
	return true;
}

static void collect_children(struct act *a)
{
	if (a->ask->level == LEVEL_IKE && a->ask->scope != RESET_SPI)
		return;
	list_each (l, &a->e->children) {
		struct child *c = owner_of(l, struct child, link);

		if (means_child(a, c))
			act_child(a, c);
	}
	list_each (l, &a->e->sas) {
		struct ike_sa *sa = owner_of(l, struct ike_sa, link);

		if (means_ike(a, sa))
			children_of(a, sa);
	}
}

static void collect_ikes(struct act *a)
{
	if (a->ask->level == LEVEL_CHILD)
		return;
	list_each (l, &a->e->sas) {
		struct ike_sa *sa = owner_of(l, struct ike_sa, link);

		if (means_ike(a, sa))
			act_ike(a, sa);
	}
}

/* A tunnel's IKE SAs: those that carry it, or all of its peer at level ike. */
static void tunnel_ikes(struct act *a)
{
	struct tunnel_run *t = book_tunnel(a->e, a->ask->name);

	if (a->ask->level == LEVEL_CHILD || !t || !t->peer_run)
		return;
	list_each (l, &t->peer_run->sas) {
		struct ike_sa *sa = owner_of(l, struct ike_sa, run_link);

		if (a->ask->level == LEVEL_IKE || (sa->children_n && carries_nothing_else(a, sa)))
			act_ike(a, sa);
	}
}

/* One SA by its id, found by its hash; all other scopes look at every SA, once. A connection id is
 * that of an IKE SA or of a pair, both count in one series: a pair goes alone, at any level. */
static void collect_named(struct act *a)
{
	const struct reset_ask *ask = a->ask;
	struct child *c = ask->scope != RESET_IKE_SA ? child_of_id(a->e, ask->id) : NULL;
	struct ike_sa *sa = ask->scope != RESET_CHILD_SA ? sa_of_id(a->e, ask->id) : NULL;

	if (c)
		act_child(a, c);
	if (sa && ask->level != LEVEL_IKE)
		children_of(a, sa);
	if (sa && ask->level != LEVEL_CHILD)
		act_ike(a, sa);
}

/* Just these, whatever has happened to them since they were announced. */
static void collect_touched(struct act *a)
{
	const struct touched *t = a->ask->touched;

	for (size_t i = 0; i < a->ask->touched_n; i++) {
		struct child *c = t[i].is_child ? child_of_id(a->e, t[i].id) : NULL;
		struct ike_sa *sa = t[i].is_child ? NULL : sa_of_id(a->e, t[i].id);

		if (c)
			act_child(a, c);
		if (sa)
			children_of(a, sa);
	}
	for (size_t i = 0; i < a->ask->touched_n; i++) {
		struct ike_sa *sa = t[i].is_child ? NULL : sa_of_id(a->e, t[i].id);

		if (sa)
			act_ike(a, sa);
	}
}

static void check_name(struct act *a)
{
	const struct reset_ask *ask = a->ask;
	char text[ADDR_TEXT];

	if (a->report.n)
		return;
	if (ask->scope == RESET_PEER && strchr(ask->name, '@'))
		fail(&a->fault, R_NOT_FOUND, "no caller %s has an SA", ask->name);
	else if (ask->scope == RESET_PEER && !book_peer(a->e, ask->name))
		fail(&a->fault, R_NOT_FOUND, "there is no peer %s", ask->name);
	else if (ask->scope == RESET_TUNNEL && !book_tunnel(a->e, ask->name))
		fail(&a->fault, R_NOT_FOUND, "there is no tunnel %s", ask->name);
	else if (ask->scope == RESET_IKE_SA && !sa_of_id(a->e, ask->id))
		fail(&a->fault, R_NOT_FOUND, "there is no IKE SA %u", (unsigned)ask->id);
	else if (ask->scope == RESET_CHILD_SA && !child_of_id(a->e, ask->id))
		fail(&a->fault, R_NOT_FOUND, "there is no IPsec SA %u", (unsigned)ask->id);
	else if (ask->scope == RESET_CONNECTION && !sa_of_id(a->e, ask->id) &&
		 !child_of_id(a->e, ask->id))
		fail(&a->fault, R_NOT_FOUND, "there is no connection %u", (unsigned)ask->id);
	else if (ask->scope == RESET_SPI)
		fail(&a->fault, R_NOT_FOUND, "there is no IPsec SA with SPI 0x%08x%s%s",
		     (unsigned)ask->spi, ask->remote.family ? " to " : "",
		     addr_text(&ask->remote, text));
	else if (ask->scope == RESET_REMOTE)
		fail(&a->fault, R_NOT_FOUND, "there is no SA with %s",
		     addr_text(&ask->remote, text));
}

void act_collect(struct act *a)
{
	switch (a->ask->scope) {
	case RESET_CHILD_SA:
	case RESET_IKE_SA:
	case RESET_CONNECTION:
		collect_named(a);
		break;
	case RESET_TUNNEL:
		collect_children(a);
		tunnel_ikes(a);
		break;
	case RESET_TOUCHED:
		collect_touched(a);
		break;
	default:
		collect_children(a);
		collect_ikes(a);
	}
	check_name(a);
}

/* lastoffer.c - which story's offer is held against a configuration
 *
 * Called by: control.c.  Thread: loop.  Owns: nothing.
 */
#include <string.h>

#include "core/daemon/inside.h"
#include "core/ike/offered.h"
#include "core/model/replay.h"
#include "core/wire/header.h"

enum { LOOK_MOST = 200 };

struct search {
	const struct replay_ask *ask;
	const struct config *config;
	struct replay *ret;
	bool found, refused; /* refused: the one found was, for its proposals */
};

static bool names_proposal(const struct tunnel *t, const char *proposal)
{
	for (size_t i = 0; t && i < t->ipsec_proposals_n; i++)
		if (strcmp(t->ipsec_proposals[i], proposal) == 0)
			return true;
	return false;
}

static bool is_about(const struct search *q, const struct story *s)
{
	bool quick = s->exchange == XCHG_QUICK;

	if (s->role != ROLE_RESPONDER || !s->offer_n)
		return false;
	switch ((int)q->ask->kind) {
	case K_PEER:
	case K_IKE_PROPOSAL:
		return s->exchange == XCHG_MAIN || s->exchange == XCHG_AGGRESSIVE;
	case K_TUNNEL:
		return quick && (!*s->tunnel || strcmp(s->tunnel, q->ask->name) == 0);
	case K_IPSEC_PROPOSAL:
		return quick && names_proposal(config_tunnel(q->config, s->tunnel), q->ask->name);
	default:
		return false;
	}
}

/* The newest; of an IKE proposal, which is everybody's, the newest that was refused before any. */
static void look(void *arg, const struct story *s)
{
	struct search *q = arg;
	bool refused;

	if (!s || !is_about(q, s))
		return;
	refused = s->reason == R_NO_PROPOSAL;
	if (q->found && (q->ask->kind != K_IKE_PROPOSAL || q->refused || !refused))
		return;
	q->found = true;
	q->refused = refused;
	replay_offer(s, q->config, q->ret);
}

static void replay_one(void *arg, const struct story *s)
{
	struct search *q = arg;

	replay_offer(s, q->config, q->ret);
}

enum reason lastoffer_replay(void *ctx, const struct replay_ask *ask, const struct config *c,
			     struct replay *ret, struct fault *f)
{
	struct daemon *d = ctx;
	struct search q = { .ask = ask, .config = c ? c : d->config, .ret = ret };
	struct story_ask stories = { .peer = "", .tunnel = "", .most = LOOK_MOST };
	const struct tunnel *t;

	if (ask->negotiation) {
		if (chronicle_find(d, ask->negotiation, replay_one, &q))
			return R_OK;
		return fail(f, R_NOT_FOUND, "there is no negotiation %llu, or it is forgotten",
			    (unsigned long long)ask->negotiation);
	}
	if (ask->kind == K_PEER)
		stories.peer = ask->name;
	else if (ask->kind == K_TUNNEL && (t = config_tunnel(q.config, ask->name)))
		stories.peer = t->peer;
	chronicle_read(d, &stories, look, &q);
	return q.found ? R_OK : fail(f, R_NOT_FOUND, "no offer is kept that says something to it");
}

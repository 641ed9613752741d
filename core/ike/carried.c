/* carried.c - IPsec sessions: the data plane's, by the names people know
 *
 * The plane ties a session to a reqid; which pair of SAs carries that now is known here. A pair that
 * was renewed has another id, and its sessions go on under that.
 *
 * Called by: core/daemon, engine.c.  Thread: loop.  Owns: nothing.
 */
#include <stdlib.h>

#include "core/base/text.h"
#include "core/ike/child.h"
#include "core/ike/engine.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/ipsec_session.h"
#include "core/model/settings.h"
#include "core/model/tunnel.h"

/* A pair that carries traffic. */
struct carrier {
	uint32_t reqid;
	const struct child *c;
};

static const char none_here[] =
	"this data plane keeps no IPsec sessions; its tunnels carry traffic without them";

void carried_adopt(struct engine *e)
{
	struct plane *p = e->ports.plane;

	if (p->sessions_idle)
		p->sessions_idle(p->ctx, config_ipsec(e->config)->session_idle_seconds);
}

static bool carries(const struct child *c)
{
	return c->out_installed && !c->replaced;
}

static int by_reqid(const void *a, const void *b)
{
	const struct carrier *x = a, *y = b;

	return (x->reqid > y->reqid) - (x->reqid < y->reqid);
}

/* By reqid, so that a long list is not looked through for each session. malloc'd. */
static struct carrier *carriers(struct engine *e, size_t *ret_n)
{
	struct carrier *at;
	size_t n = 0;

	list_each (l, &e->children)
		n++;
	at = malloc((n + 1) * sizeof(*at));
	*ret_n = 0;
	if (!at)
		return NULL;
	list_each (l, &e->children) {
		const struct child *c = owner_of(l, struct child, link);

		if (carries(c))
			at[(*ret_n)++] = (struct carrier){ c->reqid, c };
	}
	qsort(at, *ret_n, sizeof(*at), by_reqid);
	return at;
}

static void tell(const struct engine *e, const struct plane_session *s, const struct child *c,
		 struct session_row *ret)
{
	*ret = (struct session_row){
		.id = s->id,
		.child_sa = c->id,
		.protocol = s->protocol,
		.source = s->src,
		.destination = s->dst,
		.age_s = (uint32_t)((e->now - MIN_OF(s->began, e->now)) / SECOND_MS),
		.idle_s = (uint32_t)((e->now - MIN_OF(s->last, e->now)) / SECOND_MS),
		.limit_s = config_ipsec(e->config)->session_idle_seconds,
		.matched = s->matched,
	};
	text_copy(ret->tunnel, sizeof(ret->tunnel), c->tunnel->r.name);
	text_copy(ret->peer, sizeof(ret->peer), c->peer->r.name);
}

static void list(struct engine *e, const struct plane_session *at, size_t n,
		 engine_session_each *each, void *arg)
{
	size_t pairs_n;
	struct carrier *pairs = carriers(e, &pairs_n);
	struct session_row row;

	for (size_t i = 0; pairs && i < n; i++) {
		struct carrier key = { .reqid = at[i].reqid };
		const struct carrier *found =
			bsearch(&key, pairs, pairs_n, sizeof(*pairs), by_reqid);

		if (!found)
			continue;
		tell(e, &at[i], found->c, &row);
		each(arg, &row);
	}
	free(pairs);
}

const char *engine_sessions(struct engine *e, msec now, const struct session_ask *ask,
			    engine_session_each *each, void *arg)
{
	struct plane *p = e->ports.plane;
	const struct child *c = ask->child_sa ? child_of_id(e, ask->child_sa) : NULL;
	bool any = p->sessions && (!ask->child_sa || (c && carries(c)));
	struct plane_session *at = any ? calloc(ask->most + 1, sizeof(*at)) : NULL;

	e->now = now;
	if (at) {
		struct plane_session_ask want = { .now = now,
						  .reqid = c ? c->reqid : 0,
						  .before = ask->before,
						  .most = ask->most };

		list(e, at, p->sessions(p->ctx, &want, at), each, arg);
	}
	free(at);
	each(arg, NULL);
	return p->sessions ? NULL : none_here;
}

enum reason engine_sessions_end(struct engine *e, uint32_t child_sa, struct fault *f)
{
	struct plane *p = e->ports.plane;
	const struct child *c = child_sa ? child_of_id(e, child_sa) : NULL;

	if (child_sa && !c)
		return fail(f, R_NOT_FOUND, "there is no IPsec SA %u", (unsigned)child_sa);
	if (!p->sessions_end)
		return fail(f, R_PLANE, "%s", none_here);
	if (!c || carries(c))
		p->sessions_end(p->ctx, c ? c->reqid : 0);
	return R_OK;
}

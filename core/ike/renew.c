/* renew.c - new keys, or a sign of life, because somebody wants it now
 *
 * Both are what timers begin otherwise: a successor before the old one ends, a question of DPD.
 *
 * Called by: core/daemon through engine_renew and engine_ask_alive.  Thread: loop.  Owns: nothing.
 */
#include <string.h>

#include "core/base/text.h"
#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/engine.h"
#include "core/ike/exchange.h"
#include "core/ike/liveness.h"
#include "core/ike/manual_keys.h"
#include "core/ike/sa.h"
#include "core/ike/within.h"
#include "core/model/control.h"
#include "core/model/tunnel.h"

static enum reason renew_child(struct engine *e, uint32_t id, const char *who, uint64_t *ret,
			       struct fault *f)
{
	struct child *c = child_of_id(e, id);

	if (!c)
		return fail(f, R_NOT_FOUND, "there is no IPsec SA pair %u", (unsigned)id);
	if (manual_is(c->tunnel))
		return fail_field(f, R_INVALID, "keying",
				  "%s has manual keys: write new ones at both ends",
				  c->tunnel->r.name);
	if (c->state == CS_REKEYING)
		return fail(f, R_WRONG_STATE, "it is being renegotiated already");
	if (c->state != CS_UP || c->replaced || !c->flow)
		return fail(f, R_WRONG_STATE, "it does not carry the traffic of a tunnel any more");
	text_copy(c->flow->who, sizeof(c->flow->who), who);
	return book_renew(c, ret, f);
}

static struct ike_sa *successor_of_ike(const struct ike_sa *sa)
{
	list_each (l, &sa->e->sas) {
		struct ike_sa *next = owner_of(l, struct ike_sa, link);

		if (next->replaces.generation == sa->ref.generation &&
		    next->replaces.slot == sa->ref.slot)
			return next;
	}
	return NULL;
}

static enum reason renew_ike(struct engine *e, uint32_t id, const char *who, uint64_t *ret,
			     struct fault *f)
{
	struct ike_sa *sa = sa_of_id(e, id), *next;

	if (!sa)
		return fail(f, R_NOT_FOUND, "there is no IKE SA %u", (unsigned)id);
	if (sa->rekeying)
		return fail(f, R_WRONG_STATE, "it is being renegotiated already");
	if (!sa_is_usable(sa) || !sa->run)
		return fail(f, R_WRONG_STATE, "it is not established, or is replaced already");
	text_copy(sa->who, sizeof(sa->who), who);
	book_renew_ike(sa);
	next = successor_of_ike(sa);
	if (!next)
		return fail(f, R_WRONG_STATE, "its renegotiation could not begin");
	*ret = next->negotiation;
	return R_OK;
}

enum reason engine_renew(struct engine *e, msec now, const struct renew_ask *ask,
			 uint64_t *ret_negotiation, struct fault *f)
{
	e->now = now;
	*ret_negotiation = 0;
	return ask->is_child ? renew_child(e, ask->id, ask->who, ret_negotiation, f)
			     : renew_ike(e, ask->id, ask->who, ret_negotiation, f);
}

enum reason engine_ask_alive(struct engine *e, msec now, uint32_t id, struct fault *f)
{
	struct ike_sa *sa = sa_of_id(e, id);

	e->now = now;
	if (!sa)
		return fail(f, R_NOT_FOUND, "there is no IKE SA %u", (unsigned)id);
	if (!sa_is_usable(sa))
		return fail(f, R_WRONG_STATE, "it is not established, or is replaced already");
	if (!liveness_ask(sa))
		return fail(f, R_WRONG_STATE, "the peer did not say that it answers DPD");
	return R_OK;
}

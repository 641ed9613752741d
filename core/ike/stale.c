/* stale.c - which SAs are older than the configuration, and in which members
 *
 * An SA keeps the records it was built from. Records are shared between configurations, so for most
 * SAs it is a comparison of pointers; only where one differs the members are looked at, and only
 * members that need a new SA count. An IPsec SA that lost its IKE SA is also judged by its peer,
 * since nobody else is left to be.
 *
 * Called by: sweep.c, reset.c, picture.c, daemon through engine_prepare.  Thread: loop.
 * Owns: nothing.
 */
#include "core/ike/stale.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/ike/child.h"
#include "core/ike/engine.h"
#include "core/ike/manual_keys.h"
#include "core/ike/sa.h"
#include "core/ike/within.h"
#include "core/model/control.h"

enum { REASON_SIZE = sizeof(((struct touched *)0)->reason) };

static void add(struct text *t, const char *prefix, const char *member, size_t n)
{
	if (!t)
		return;
	text_add_str(t, t->n ? ", " : "");
	text_add_str(t, prefix);
	text_add_n(t, member, n);
}

/* Members that differ, as "prefix.member". */
static enum impact differ(const struct record *built_from, const struct record *now,
			  const char *prefix, enum impact least, struct text *ret)
{
	struct text members;
	enum impact i;

	if (built_from == now)
		return IMPACT_NONE;
	text_init(&members, REASON_SIZE);
	i = record_diff(built_from, now, &members);
	if (i >= least && members.n) {
		const char *at = members.at;

		while (*at) {
			size_t n = strcspn(at, ",");

			add(ret, prefix, at, n);
			at += n + strspn(at + n, ", ");
		}
	}
	text_done(&members);
	return i >= least ? i : IMPACT_NONE;
}

static enum impact worse(enum impact a, enum impact b)
{
	return a > b ? a : b;
}

static void say_removed(const char *what, struct text *ret, bool *ret_removed)
{
	add(ret, what, "", 0);
	if (ret_removed)
		*ret_removed = true;
}

static enum impact proposal_of(const struct ike_sa *sa, const struct config *c, struct text *ret)
{
	const struct ike_proposal *now;

	if (!sa->proposal)
		return IMPACT_NONE;
	now = config_ike_proposal(c, sa->proposal->r.name);
	if (now)
		return differ(&sa->proposal->r, &now->r, "ike_proposal.", IMPACT_IKE, ret);
	add(ret, "ike_proposal", "", 0);
	return IMPACT_IKE;
}

static enum impact secret_of(const struct ike_sa *sa, const struct peer *now,
			     const struct config *c, struct text *ret)
{
	const struct secret *s = sa->psk ? config_secret(c, now->psk) : NULL;

	/* another secret by name shows as the peer's member already */
	if (!s || strcmp(s->r.name, sa->psk->r.name) != 0)
		return IMPACT_NONE;
	/* while it is rotated both its values are as good as ever */
	if (sa_psk_word(sa, c) != PSK_GONE)
		return IMPACT_NONE;
	add(ret, "psk.value", "", 0);
	return IMPACT_IKE;
}

/* Certificates, keys and authorities that it was proven with. */
static enum impact proofs_of(const struct ike_sa *sa, const struct config *c, struct text *ret)
{
	enum impact i = IMPACT_NONE;

	for (size_t k = 0; k < sa->rests_on_n; k++) {
		const struct record *r = sa->rests_on[k], *now = config_find(c, r->kind, r->name);
		const char *prefix = r->kind == K_CERTIFICATE   ? "certificate."
				     : r->kind == K_PRIVATE_KEY ? "private_key."
								: "authority.";

		if (now) {
			i = worse(i, differ(r, now, prefix, IMPACT_IKE, ret));
			continue;
		}
		add(ret, prefix, "name", 4);
		i = IMPACT_IKE;
	}
	return i;
}

enum impact stale_ike(const struct ike_sa *sa, const struct config *c, struct text *ret,
		      bool *ret_removed)
{
	const struct peer *now = config_peer(c, sa->peer->r.name);
	enum impact i;

	if (ret_removed)
		*ret_removed = false;
	if (!now || !now->enabled) {
		say_removed(now ? "enabled" : "peer", ret, ret_removed);
		return IMPACT_IKE;
	}
	i = differ(&sa->peer->r, &now->r, "", IMPACT_IKE, ret);
	i = worse(i, proposal_of(sa, c, ret));
	i = worse(i, proofs_of(sa, c, ret));
	return worse(i, secret_of(sa, now, c, ret));
}

static enum impact ipsec_proposal_of(const struct child *ch, const struct config *c,
				     struct text *ret)
{
	const struct ipsec_proposal *now;

	if (!ch->proposal)
		return IMPACT_NONE;
	now = config_ipsec_proposal(c, ch->proposal->r.name);
	if (now)
		return differ(&ch->proposal->r, &now->r, "ipsec_proposal.", IMPACT_CHILD, ret);
	add(ret, "ipsec_proposal", "", 0);
	return IMPACT_CHILD;
}

enum impact stale_child(const struct child *ch, const struct config *c, struct text *ret,
			bool *ret_removed)
{
	const struct tunnel *now = config_tunnel(c, ch->tunnel->r.name);
	const struct peer *peer = config_peer(c, ch->peer->r.name);
	enum impact i;

	if (ret_removed)
		*ret_removed = false;
	if (!now || !now->enabled || !peer || !peer->enabled) {
		say_removed(!now           ? "tunnel"
			    : !peer        ? "peer"
			    : now->enabled ? "peer.enabled"
					   : "enabled",
			    ret, ret_removed);
		return IMPACT_CHILD;
	}
	i = differ(&ch->tunnel->r, &now->r, "", IMPACT_CHILD, ret);
	i = worse(i, ipsec_proposal_of(ch, c, ret));
	if (manual_is(ch->tunnel))
		return worse(i, manual_stale(ch, c, ret));
	if (!ch->sa && differ(&ch->peer->r, &peer->r, "peer.", IMPACT_CHILD, ret))
		i = worse(i, IMPACT_CHILD);
	return i;
}

/* --- what the next configuration makes stale --- */

struct list {
	struct touched *at;
	size_t n, cap;
	const struct config *now, *next;
};

static struct touched *one_more(struct list *l)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 16;
		struct touched *more = realloc(l->at, cap * sizeof(*more));

		if (!more)
			return NULL;
		l->at = more;
		l->cap = cap;
	}
	l->at[l->n] = (struct touched){ 0 };
	return &l->at[l->n++];
}

/* What judged the SA under both configurations. */
struct judged {
	enum impact impact;
	bool removed, is_new; /* it was not stale for these reasons before */
	char reason[REASON_SIZE];
};

static struct text over(char *at)
{
	*at = '\0';
	return (struct text){ .at = at, .cap = REASON_SIZE, .limit = REASON_SIZE - 1 };
}

static struct judged judge_ike(const struct ike_sa *sa, const struct list *l)
{
	struct judged j = { 0 };
	char before[REASON_SIZE];
	struct text t = over(j.reason), old = over(before);

	j.impact = stale_ike(sa, l->next, &t, &j.removed);
	if (j.impact == IMPACT_NONE)
		return j;
	stale_ike(sa, l->now, &old, NULL);
	j.is_new = strcmp(before, j.reason) != 0;
	return j;
}

static struct judged judge_child(const struct child *c, const struct list *l)
{
	struct judged j = { 0 };
	char before[REASON_SIZE];
	struct text t = over(j.reason), old = over(before);

	j.impact = stale_child(c, l->next, &t, &j.removed);
	if (j.impact == IMPACT_NONE)
		return j;
	stale_child(c, l->now, &old, NULL);
	j.is_new = strcmp(before, j.reason) != 0;
	return j;
}

static void set_reason(struct touched *t, const char *prefix, const struct judged *j)
{
	struct text text = over(t->reason);

	text_add(&text, "%s%s %s", prefix, j->reason, j->removed ? "gone or disabled" : "changed");
	t->action = j->impact;
	t->removed = j->removed;
}

/* An IKE SA takes its children along, so they are touched too. */
static void touch_child(struct list *l, struct child *c)
{
	struct judged own = judge_child(c, l), sa = { 0 };
	struct touched *t;

	if (c->sa)
		sa = judge_ike(c->sa, l);
	if (!(own.impact && own.is_new) && !(sa.impact && sa.is_new))
		return;
	t = one_more(l);
	if (!t)
		return;
	t->is_child = true;
	t->id = c->id;
	text_copy(t->peer, sizeof(t->peer), c->peer->r.name);
	text_copy(t->tunnel, sizeof(t->tunnel), c->tunnel->r.name);
	child_count(c);
	t->bytes_last_minute = c->minute_bytes;
	set_reason(t, own.impact && own.is_new ? "" : "its IKE SA: ",
		   own.impact && own.is_new ? &own : &sa);
}

static bool touch_ike(struct list *l, const struct ike_sa *sa)
{
	struct judged j = judge_ike(sa, l);
	struct touched *t = j.impact && j.is_new ? one_more(l) : NULL;

	if (!t)
		return false;
	t->id = sa->id;
	text_copy(t->peer, sizeof(t->peer), sa->peer->r.name);
	set_reason(t, "", &j);
	return true;
}

void engine_prepare(struct engine *e, const struct config *next, struct touched **ret,
		    size_t *ret_n, uint32_t *ret_unaffected)
{
	struct list l = { .now = e->config, .next = next };

	*ret_unaffected = 0;
	list_each (i, &e->children)
		touch_child(&l, owner_of(i, struct child, link));
	list_each (i, &e->sas)
		if (!touch_ike(&l, owner_of(i, struct ike_sa, link)))
			++*ret_unaffected;
	*ret = l.at;
	*ret_n = l.n;
}

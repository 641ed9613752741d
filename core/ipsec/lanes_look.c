/* lanes_look.c - what the userspace plane holds, for who looks
 *
 * Called by: userspace.c.  Thread: loop.  Owns: nothing.
 */
#include "core/ipsec/lanes.h"

struct plane_count lane_count(const struct lane *l)
{
	return (struct plane_count){ .packets = l->count.packets,
				     .bytes = l->count.bytes,
				     .last_ms = l->count.last_ms,
				     .replayed = l->count.replayed,
				     .bad_icv = l->count.bad_icv,
				     .other_errors = l->count.other };
}

struct visit {
	plane_state_each *each;
	void *arg;
};

static void tell(const struct visit *v, struct lane *l)
{
	const struct way *w = atomic_load(&l->way);
	struct plane_count count = lane_count(l);
	struct plane_state s = plane_state_of(&l->sa, &count);

	s.from = l->sa.inbound ? w->remote : w->local; /* it may have moved */
	s.to = l->sa.inbound ? w->local : w->remote;
	s.udp_encap = w->udp_encap;
	v->each(v->arg, &s);
}

static void visit_out(void *arg, struct slice key, void *value)
{
	(void)key;
	for (struct lane *at = value; at; at = at->next_same)
		tell(arg, at);
}

void lanes_states(struct lanes *l, plane_state_each *each, void *arg)
{
	struct visit v = { each, arg };

	for (size_t i = 0; i < LANES_BUCKETS; i++)
		for (struct lane *at = atomic_load(&l->buckets[i]); at; at = atomic_load(&at->next))
			tell(&v, at);
	hash_each(l->out, visit_out, &v);
}

void lanes_rules(struct lanes *l, plane_rule_each *each, void *arg)
{
	const struct guards *g = lanes_guards(l);

	for (size_t i = 0; i < g->n; i++) {
		struct plane_rule rule = plane_rule_of(&g->at[i]->p);

		each(arg, &rule);
	}
}

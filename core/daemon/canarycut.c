/* canarycut.c - a change cut for its canary: what is done first, what waits, what is watched
 *
 * The canary's edits are the change, the others stay in its change set. Where that part alone is
 * against a rule, all of it is done at once and only the SAs of others wait. Either way the answer
 * says which it was.
 *
 * Called by: change.c.  Thread: loop.  Owns: nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/daemon/inside.h"

/* ---- edits ---- */

/* The part alone, when it is sound. NULL: it is not, or there is no memory. */
static struct config *part_of(const struct daemon *d, const struct change *c, size_t n,
			      int64_t now_s)
{
	struct faults errors = { 0 }, warnings = { 0 };
	struct fault f = { 0 };
	struct config *part = config_with(d->config, c->edits, n, c->who, now_s, &f);

	if (part &&
	    (rules_check(d->config, part, c->edits, n, &errors, &warnings) != R_OK || errors.n)) {
		config_unref(part);
		return NULL;
	}
	return part;
}

enum reason cut_change(const struct daemon *d, struct change *c, int64_t now_s,
		       struct config **after, struct canary_plan *ret, struct fault *f)
{
	struct config *part;

	if (c->confirm != CONFIRM_NOT)
		return fail_field(f, R_INVALID, "canary",
				  "a change is confirmed or has a canary, not both");
	if (canary_plan_make(d->config, *after, c->edits, c->n, &c->canary, ret, f) != R_OK)
		return f->reason;
	if (ret->first_n == c->n)
		return R_OK;
	if (!c->changeset)
		return fail_field(f, R_INVALID, "canary",
				  "what waits has no change set that it could wait in");
	part = part_of(d, c, ret->first_n, now_s);
	if (!part) {
		ret->first_n = c->n;
		ret->is_shared = true;
		return R_OK;
	}
	config_unref(*after);
	*after = part;
	for (size_t i = ret->first_n; i < c->n; i++)
		record_unref(c->edits[i].rec);
	ret->waiting_n = c->n - ret->first_n;
	c->n = ret->first_n;
	return R_OK;
}

/* ---- SAs ---- */

/* Disabled means gone, for everybody: those are not held. */
enum reason cut_touched(const struct canary_plan *plan, struct outcome *o,
			struct touched **ret_held, size_t *ret_n)
{
	struct touched *held = calloc(o->touched_n + 1, sizeof(*held));
	size_t n = 0;

	*ret_n = 0;
	*ret_held = held;
	if (!held)
		return R_NO_MEMORY;
	for (size_t i = 0; i < o->touched_n; i++) {
		const struct touched *t = &o->touched[i];

		if (t->removed || canary_names(plan->peers, t->peer))
			o->touched[n++] = *t;
		else
			held[(*ret_n)++] = *t;
	}
	o->touched_n = n;
	return R_OK;
}

static bool is_among(const struct outcome *o, const struct touched *t)
{
	for (size_t i = 0; i < o->touched_n; i++)
		if (o->touched[i].is_child == t->is_child && o->touched[i].id == t->id)
			return true;
	return false;
}

enum reason cut_add_held(const struct canary *c, struct outcome *o)
{
	struct touched *more = realloc(o->touched, (o->touched_n + c->held_n + 1) * sizeof(*more));

	if (!more)
		return R_NO_MEMORY;
	o->touched = more;
	for (size_t i = 0; i < c->held_n; i++)
		if (!is_among(o, &c->held[i]))
			o->touched[o->touched_n++] = c->held[i];
	return R_OK;
}

/* ---- what is watched ---- */

/* Tunnels of its peers that are up; when none is, all that can be. */
static void pick_tunnels(struct daemon *d, const struct config *after, const char *peers,
			 bool up_only, struct text *t)
{
	const struct view *v = board_look(d->board);
	const struct child_row *row = v ? view_children((struct view *)(uintptr_t)v) : NULL;

	for (size_t i = 0; i < config_count(after, K_TUNNEL); i++) {
		const char *name = config_at(after, K_TUNNEL, i)->name;
		const struct tunnel *tunnel = config_tunnel(after, name);
		bool up = !up_only;

		if (!canary_names(peers, tunnel->peer) || !tunnels_is_wanted(after, name) ||
		    tunnel->from_template)
			continue;
		for (uint32_t k = 0; v && k < v->children_n && !up; k++)
			up = row[k].state == CS_UP && strcmp(row[k].tunnel, name) == 0;
		if (up)
			text_add(t, "%s\n", name);
	}
	view_unref(v);
}

char *canary_fact(struct daemon *d, const struct change *c, const struct canary_plan *plan,
		  const struct config *after, struct fault *f)
{
	uint64_t back = config_revision(d->config);
	struct canary made = { .is = { .revision = back + 1,
				       .back = back,
				       .changeset = c->changeset,
				       .is_shared = plan->is_shared,
				       .manual = c->canary.manual },
			       .hold_s = c->canary.hold_s,
			       .reset = c->reset,
			       .reinitiate = c->reinitiate,
			       .peers = plan->peers };
	struct text t;

	publish_fresh(d);
	text_init(&t, CANARY_FACT_MOST);
	pick_tunnels(d, after, plan->peers, true, &t);
	if (!t.n)
		pick_tunnels(d, after, plan->peers, false, &t);
	if (!t.n) {
		text_done(&t);
		fail_field(f, R_INVALID, "canary",
			   "the canary's peers have no tunnel that could be watched");
		return NULL;
	}
	made.tunnels = text_give(&t);
	text_copy(made.is.who, sizeof(made.is.who), c->who);
	char *fact = made.tunnels ? canaryfact_write(&made) : NULL;
	free(made.tunnels);
	if (!fact)
		fail(f, R_NO_MEMORY, "no memory for the canary");
	return fact;
}

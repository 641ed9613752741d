/* canaryplan.c - one change for a few peers first: which of its edits are theirs, and who shares them
 *
 * Two walks over references decide it: from the canary's peers and tunnels through both
 * configurations, and from everybody else's through the present one, since their part waits. What the
 * first reaches is the canary's; what both reach is shared. A record that is to go and that others
 * still use waits for them: nobody needs it gone.
 *
 * Called by: core/daemon.  Thread: loop.  Owns: nothing.
 */
#include "core/model/canaryplan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/text.h"

struct walk {
	struct hash *seen;
	const struct config *through[2]; /* the second may be NULL */
	const struct config *system[2]; /* whose system lists of IKE proposals count */
	bool failed;
};

bool canary_names(const char *lines, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = lines; at && *at;) {
		size_t len = strcspn(at, "\n");

		if (len == n && strncmp(at, name, n) == 0)
			return true;
		at += len + (at[len] == '\n');
	}
	return false;
}

void canary_plan_done(struct canary_plan *p)
{
	free(p->peers);
	*p = (struct canary_plan){ 0 };
}

/* ---- who ---- */

static bool has_label(const struct peer *p, const char *label)
{
	for (size_t i = 0; p && *label && i < p->labels_n; i++)
		if (strcmp(p->labels[i], label) == 0)
			return true;
	return false;
}

static bool is_named(const struct canary_ask *ask, const char *name)
{
	for (size_t i = 0; i < ask->peers_n; i++)
		if (strcmp(ask->peers[i], name) == 0)
			return true;
	return false;
}

/* Peers as they will be: a label that the change itself gives counts. */
static enum reason who(const struct config *now, const struct config *after,
		       const struct canary_ask *ask, struct canary_plan *ret, struct fault *f)
{
	struct text t;

	for (size_t i = 0; i < ask->peers_n; i++)
		if (!config_peer(now, ask->peers[i]) && !config_peer(after, ask->peers[i]))
			return fail_field(f, R_INVALID, "canary.peers", "there is no peer %s",
					  ask->peers[i]);
	text_init(&t, 0);
	for (size_t i = 0; i < config_count(after, K_PEER); i++) {
		const struct record *r = config_at(after, K_PEER, i);

		if (!is_named(ask, r->name) &&
		    !has_label((const struct peer *)(const void *)r, ask->label))
			continue;
		text_add(&t, "%s\n", r->name);
		ret->peers_n++;
	}
	ret->peers = text_give(&t);
	if (!ret->peers)
		return fail(f, R_NO_MEMORY, "no memory for the canary");
	if (ret->peers_n)
		return R_OK;
	return *ask->label ? fail_field(f, R_INVALID, "canary.label", "no peer has the label %s",
					ask->label)
			   : fail_field(f, R_INVALID, "canary.peers",
					"none of these peers is left after the change");
}

/* ---- what they use ---- */

static struct slice key_of(enum kind k, const char *name, char ret[NAME_SIZE + 8])
{
	int n = snprintf(ret, NAME_SIZE + 8, "%c%.*s", 'A' + (int)k, NAME_SIZE, name);

	return slice(ret, (size_t)n);
}

static bool reached(const struct walk *w, enum kind k, const char *name)
{
	char key[NAME_SIZE + 8];

	return hash_find(w->seen, key_of(k, name, key)) != NULL;
}

static void visit(struct walk *w, enum kind k, const char *name);

static void visit_fields(struct walk *w, const struct record *r)
{
	for (const struct field *fl = kind_row(r->kind)->fields; fl->name; fl++)
		for (size_t i = 0; fl->kind == F_REF && i < field_count(fl, r); i++)
			visit(w, fl->ref, field_str(fl, r, i));
}

/* A peer that names none is offered, and may offer, what is in the system's list. */
static void visit_system(struct walk *w)
{
	for (size_t c = 0; c < 2; c++)
		for (size_t i = 0; w->system[c] && i < config_count(w->system[c], K_IKE_PROPOSAL);
		     i++) {
			const struct record *r = config_at(w->system[c], K_IKE_PROPOSAL, i);

			if (config_ike_proposal(w->system[c], r->name)->system)
				visit(w, K_IKE_PROPOSAL, r->name);
		}
}

/* References go a few steps deep at most: tunnel, peer, certificate, private key. */
static void visit(struct walk *w, enum kind k, const char *name)
{
	char key[NAME_SIZE + 8];
	bool ok = true;

	if (!*name || reached(w, k, name))
		return;
	hash_put(w->seen, key_of(k, name, key), w, &ok);
	w->failed |= !ok;
	for (size_t c = 0; c < 2; c++) {
		const struct config *through = w->through[c];
		const struct record *r = through ? config_find(through, k, name) : NULL;

		if (!r)
			continue;
		visit_fields(w, r);
		if (k == K_PEER && !config_peer(through, name)->ike_proposals_n)
			visit_system(w);
	}
}

/* All peers that are named, or all that are not, with their tunnels. */
static void start(struct walk *w, const char *peers, bool named)
{
	for (size_t c = 0; c < 2; c++) {
		const struct config *from = w->through[c];

		for (size_t i = 0; from && i < config_count(from, K_PEER); i++) {
			const char *name = config_at(from, K_PEER, i)->name;

			if (canary_names(peers, name) == named)
				visit(w, K_PEER, name);
		}
		for (size_t i = 0; from && i < config_count(from, K_TUNNEL); i++) {
			const char *name = config_at(from, K_TUNNEL, i)->name;

			if (canary_names(peers, config_tunnel(from, name)->peer) == named)
				visit(w, K_TUNNEL, name);
		}
	}
}

/* ---- whose edits ---- */

static bool is_theirs(const struct edit *e, const struct walk *canary, const struct walk *others)
{
	bool is_used = reached(others, e->kind, e->name);

	if (kind_row(e->kind)->single || !reached(canary, e->kind, e->name))
		return false;
	return e->op == EDIT_PUT || !is_used || e->kind == K_PEER || e->kind == K_TUNNEL;
}

static bool sort(struct edit *edits, size_t n, const struct walk *canary, const struct walk *others,
		 struct canary_plan *ret)
{
	struct edit *rest = calloc(n + 1, sizeof(*rest));
	size_t rest_n = 0;

	for (size_t i = 0; rest && i < n; i++) {
		if (!is_theirs(&edits[i], canary, others)) {
			rest[rest_n++] = edits[i];
			continue;
		}
		ret->is_shared |= reached(others, edits[i].kind, edits[i].name);
		edits[ret->first_n++] = edits[i];
	}
	if (rest)
		memcpy(edits + ret->first_n, rest, rest_n * sizeof(*rest));
	free(rest);
	return rest != NULL;
}

enum reason canary_plan_make(const struct config *now, const struct config *after,
			     struct edit *edits, size_t n, const struct canary_ask *ask,
			     struct canary_plan *ret, struct fault *f)
{
	own(hash) mine = hash_new();
	own(hash) theirs = hash_new();
	struct walk canary = { .seen = mine, .through = { now, after }, .system = { now, after } };
	struct walk others = { .seen = theirs, .through = { now }, .system = { now, after } };

	*ret = (struct canary_plan){ 0 };
	if (who(now, after, ask, ret, f) != R_OK)
		return f->reason;
	if (mine && theirs) {
		start(&canary, ret->peers, true);
		start(&others, ret->peers, false);
	}
	if (!mine || !theirs || canary.failed || others.failed ||
	    !sort(edits, n, &canary, &others, ret))
		return fail(f, R_NO_MEMORY, "no memory for the canary");
	if (ret->first_n)
		return R_OK;
	return fail_field(f, R_INVALID, "canary",
			  "nothing of this change concerns the canary's peers");
}

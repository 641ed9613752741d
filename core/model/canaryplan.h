/* canaryplan.h - one change for a few peers first: which of its edits are theirs, and who shares them
 *
 * A record concerns a peer when the peer, or one of its tunnels, is it or refers to it, by however
 * many steps. A peer that names no IKE proposals is concerned by every one of the system's list.
 * Settings concern nobody in particular and wait.
 */
#pragma once

#include "core/model/control.h"

struct canary_plan {
	char *peers; /* one a line; own it (free) */
	size_t peers_n;
	size_t first_n; /* edits that are theirs */
	bool is_shared; /* others use a record that these edits change */
	size_t waiting_n; /* edits that wait in the change set, once it was cut */
};

/* One name a line, as the plan has its peers. */
bool canary_names(const char *lines, const char *name);

/* The canary's edits are put first, the others stay in their order behind them. `after` is what all
 * edits together would make. R_INVALID: a peer that is not there, a label that nobody has, or nothing
 * of the change concerns them. */
enum reason canary_plan_make(const struct config *now, const struct config *after,
			     struct edit *edits, size_t n, const struct canary_ask *ask,
			     struct canary_plan *ret, struct fault *f);
void canary_plan_done(struct canary_plan *p);

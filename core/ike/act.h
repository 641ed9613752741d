/* act.h - one reset while it is being done; reset.c and reset_who.c only */
#pragma once

#include "core/base/fault.h"
#include "core/model/control.h"

struct child;
struct engine;
struct ike_sa;

struct act {
	struct engine *e;
	const struct reset_ask *ask;
	uint64_t mark; /* on what is collected already */
	struct reset_report report;
	size_t cap;
	struct fault fault;
};

/* Children first, then IKE SAs; R_NOT_FOUND in act.fault when what is named does not exist. */
void act_collect(struct act *a);
void act_child(struct act *a, struct child *c);
void act_ike(struct act *a, struct ike_sa *sa);

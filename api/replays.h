/* replays.h - what a peer offered, held against what would be: beside the answer of a dry run */
#pragma once

#include "api/draft.h"
#include "api/request.h"

/* On the loop: `"replay": {...}` or null, of the last offer that says something about this record
 * under `c`, the configuration as it would be (NULL: none would be). */
void replays_put(struct request *r, enum kind k, const char *name, const struct config *c,
		 struct text *t);
/* The same of many records: the first that would be refused, else the first; null. */
void replays_put_draft(struct request *r, const struct draft *d, const struct config *c,
		       struct text *t);

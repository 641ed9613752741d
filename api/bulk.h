/* bulk.h - one change of many records: from the draft to the answer */
#pragma once

#include "api/draft.h"
#include "api/terms.h"
#include "api/request.h"

/* The handler's work while the request is parked. */
struct bulk {
	struct draft draft;
	struct terms terms;
	bool dry_run;
	bool by_lines; /* rows came from lines: faults name them, the answer only counts */
	bool goes_back; /* to what revision `back` was */
	uint64_t back;
	uint64_t made_for; /* MATCH_ANY, or the revision the whole was made for */
	uint64_t set; /* change set it came from: gone when it was applied; 0 none */
	void *beside; /* whoever began it keeps it here; NULL none */
	void (*drop_beside)(void *);
	struct faults errors; /* of the draft: a dry run says them, anything else is refused */
};

/* Hangs a bulk on r->work, with dry_run and options read; NULL: answered. `known` are further
 * members of the query. */
struct bulk *bulk_begin(struct request *r);
/* Options and nothing else in the body (or no body); false: answered. */
bool bulk_body(struct request *r, struct bulk *b);
/* On the loop: the change, then the answer. */
void bulk_run(struct request *r);
/* Answers with the faults of the draft: a preview when it is a dry run. */
void bulk_refuse(struct request *r, struct bulk *b);
/* {"revision", "back", "until", "mode", ...} or null */
void bulk_confirming(struct text *t, const struct confirming *c);

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
	bool may_canary; /* what waits has a change set to wait in */
	bool goes_back; /* to what revision `back` was */
	uint64_t back;
	uint64_t made_for; /* MATCH_ANY, or the revision the whole was made for */
	uint64_t set; /* change set it came from: gone when it was applied; 0 none */
	/* Further members of a preview, each with a comma before it; NULL none. Loop thread, but http
	 * when the draft is refused. False: it has answered itself. */
	bool (*more)(struct request *r, struct bulk *b, struct text *t);
	void *own; /* what whoever began it keeps here, freed by free_own */
	void (*free_own)(void *own);
	int status; /* of a preview, 0: 200 */
	struct faults errors; /* of the draft: a dry run says them, anything else is refused */
};

/* Hangs a bulk on r->work, with dry_run and options read; NULL: answered. `known` are further
 * members of the query. */
struct bulk *bulk_begin(struct request *r);
/* A bulk made elsewhere (zeroed, malloc) becomes the request's work, which frees it. */
void bulk_hang(struct request *r, struct bulk *b);
/* Options and nothing else in the body (or no body); false: answered. */
bool bulk_body(struct request *r, struct bulk *b);
/* On the loop: the change, then the answer. */
void bulk_run(struct request *r);
/* Answers with the faults of the draft: a preview when it is a dry run. */
void bulk_refuse(struct request *r, struct bulk *b);
/* {"revision", "back", "until", "mode", ...} or null */
void bulk_confirming(struct text *t, const struct confirming *c);

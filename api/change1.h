/* change1.h - one write of one record: from the wish to the answer */
#pragma once

#include "api/terms.h"
#include "api/request.h"

/* The handler's work while the request is parked. */
struct wish {
	enum edit_op op;
	enum kind kind;
	char name[NAME_SIZE];
	struct record *rec; /* merged, NULL for a deletion; owned */
	const struct record *before; /* what it was merged onto, NULL for a new one; owned */
	bool whole; /* PUT and POST: members not given go back to presets */
	bool must_be_new, dry_run;
	struct terms terms;
	unsigned tries;
	/* What w->rec, a copy of w->before, becomes; NULL: the body is merged onto it. */
	enum reason (*make)(struct request *r, struct wish *w, struct faults *errors);
};

/* Reads dry_run and the options. NULL: answered already. The wish hangs on r->work. */
struct wish *change1_begin(struct request *r, enum edit_op op);
/* Merges the body onto w->rec (made from w->before or new) and parks; answers faults itself. */
void change1_write(struct request *r, struct wish *w);
void change1_delete(struct request *r, struct wish *w);
/* Frees what the wish owns and answers. */
void change1_refuse(struct request *r, struct wish *w, const struct fault *f);
/* 412, with the revision that is there now. */
void change1_stale(struct request *r, struct wish *w, uint64_t now);
/* The record of this kind and name; of a single kind, the one there is. */
const struct record *change1_find(const struct config *c, enum kind k, const char *name);

/* leaf.h - a page of what is kept newest first: stories, events, changes
 *
 *	l = leaf_begin(r, known, run);	reads limit and cursor, parks
 *	run:  keeper(l->before, l->scan, each, l)
 *	each: if (leaf_takes(l, id, wanted)) write one row into l->t;   NULL: leaf_end(l)
 */
#pragma once

#include "api/request.h"

enum { LEAF_LIMIT = 100, LEAF_MOST = 1000, LEAF_SCAN = 1000 };

struct leaf {
	struct request *r;
	struct text t;
	uint64_t limit, before;
	size_t scan; /* how many rows the keeper is asked for */
	size_t seen, given;
	uint64_t last; /* the last row looked at and dealt with */
	bool more;
	const char *note; /* a sentence about the whole list, for those that have such a member */
	bool has_note;
	bool lines; /* the caller accepts NDJSON: a row a line, no page around them */
};

/* `known` are the filters besides limit and cursor, at most 12; when one is given, LEAF_SCAN rows
 * are looked through, and a page may come out short with a cursor to go on. */
void leaf_begin(struct request *r, const char *const *known, void (*run)(struct request *r));
/* The same; a caller who accepts application/x-ndjson gets lines, X-Next-Cursor when more follow. */
void leaf_begin_export(struct request *r, const char *const *known, void (*run)(struct request *r));
bool leaf_takes(struct leaf *l, uint64_t id, bool wanted);
void leaf_end(struct leaf *l); /* answers */

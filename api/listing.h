/* listing.h - filters, order and pages: one way to list rows of any kind */
#pragma once

#include "api/request.h"

enum { LISTING_LIMIT = 100, LISTING_MOST = 1000, LISTING_FILTERS = 12, LISTING_VALUE = 300 };

struct listing {
	const struct field *fields;
	const struct field *key; /* "name" or "id": unique, and the natural order */
	uint64_t limit;
	const char *only; /* fields=..., NULL all */
	bool count;
	const char *search; /* q=...: words that a row must hold somewhere, NULL none */
	size_t filters_n;
	struct {
		const struct field *field;
		const char *value;
	} filters[LISTING_FILTERS];
	const struct field *sort; /* NULL: the natural order */
	bool down;
	bool resumed; /* a cursor was given: after_value (of sort) and after_key are the last row */
	char after_value[LISTING_VALUE], after_key[LISTING_VALUE];
};

/* Rows in their natural order; `first` is where the natural order resumes. */
struct listing_source {
	const void *ctx;
	size_t n, first;
	const void *(*at)(const void *ctx, size_t i);
	void (*put)(const void *ctx, struct text *t, const void *row, const char *only);
	uint64_t generation;
	/* Whose a row is, for callers with a scope; NULL: nobody's. */
	const char *(*peer)(const void *ctx, const void *row);
};

/* Reads limit, cursor, sort, fields, count and filters by member name from the query. Answers
 * 400 itself and returns false when one makes no sense. */
bool listing_read(struct request *r, const struct field *fields, const char *key,
		  struct listing *ret);
/* Answers {"items": [...], "next_cursor": ..., "generation": ...}. */
void listing_answer(struct request *r, const struct listing *l, const struct listing_source *s);

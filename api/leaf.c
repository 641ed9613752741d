/* leaf.c - a page of what is kept newest first: stories, events, changes
 *
 * Their keepers give rows below a number, so the cursor is that number. Looking for few among
 * many is bounded per request: the page then is short, and its cursor goes on from there.
 *
 * Called by: traces.c, past.c, audit.c.  Thread: http until parked, then the loop.
 * Owns: the leaf, which hangs on the request.
 */
#include "api/leaf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/doors.h"
#include "api/query.h"

enum { KNOWN_MOST = 14 };

static bool read_paging(struct request *r, const char *const *known, struct leaf *l)
{
	const char *words[KNOWN_MOST + 1] = { "limit", "cursor" };
	size_t n = 2;

	for (; *known && n < KNOWN_MOST; known++)
		words[n++] = *known;
	if (!request_query_ok(r, words) || !query_uint(r, "limit", 1, LEAF_MOST, &l->limit) ||
	    !query_uint(r, "cursor", 1, INT64_MAX, &l->before))
		return false;
	l->scan = (size_t)l->limit + 1;
	for (size_t i = 2; i < n; i++)
		if (request_query(r, words[i]))
			l->scan = LEAF_SCAN;
	return true;
}

static void drop(void *leaf)
{
	struct leaf *l = leaf;

	text_done(&l->t);
	free(l);
}

static void begin(struct request *r, const char *const *known, void (*run)(struct request *r),
		  bool lines)
{
	struct leaf *l = calloc(1, sizeof(*l));

	if (!l) {
		request_fault(r, &(struct fault){ .reason = R_NO_MEMORY });
		return;
	}
	r->work = l;
	r->drop = drop;
	l->r = r;
	l->lines = lines;
	l->limit = LEAF_LIMIT;
	if (read_paging(r, known, l))
		request_park(r, run);
}

void leaf_begin(struct request *r, const char *const *known, void (*run)(struct request *r))
{
	begin(r, known, run, false);
}

void leaf_begin_export(struct request *r, const char *const *known, void (*run)(struct request *r))
{
	const char *accept = call_header(call_of(r), "Accept");

	begin(r, known, run, accept && strcasestr(accept, "application/x-ndjson"));
}

static void open_page(struct leaf *l)
{
	text_init(&l->t, 0);
	if (!l->lines)
		text_add_str(&l->t, "{\"items\":[");
}

bool leaf_takes(struct leaf *l, uint64_t id, bool wanted)
{
	if (!l->seen++)
		open_page(l);
	if (l->more)
		return false;
	if (wanted && l->given == l->limit) {
		l->more = true;
		return false;
	}
	l->last = id;
	if (wanted && l->given++)
		text_add_str(&l->t, l->lines ? "\n" : ",");
	return wanted;
}

static void end_lines(struct leaf *l)
{
	char cursor[24];

	text_add_str(&l->t, l->given ? "\n" : "");
	if (l->more || l->seen >= l->scan) {
		snprintf(cursor, sizeof(cursor), "%llu", (unsigned long long)l->last);
		request_header(l->r, "X-Next-Cursor", cursor);
	}
	request_text(l->r, 200, "application/x-ndjson", &l->t);
}

void leaf_end(struct leaf *l)
{
	if (!l->seen)
		open_page(l);
	if (l->lines) {
		end_lines(l);
		return;
	}
	const struct config *c = board_config(l->r->control->board);
	uint64_t generation = c ? config_revision(c) : 0;

	config_unref(c);
	if (l->more || l->seen >= l->scan)
		text_add(&l->t, "],\"next_cursor\":\"%llu\"", (unsigned long long)l->last);
	else
		text_add_str(&l->t, "],\"next_cursor\":null");
	text_add(&l->t, ",\"generation\":%llu", (unsigned long long)generation);
	if (l->has_note)
		text_add_member(&l->t, "note", l->note ? l->note : "");
	text_add_str(&l->t, "}");
	request_text(l->r, 200, "application/json", &l->t);
}

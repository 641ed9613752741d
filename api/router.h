/* router.h - which handler a method and a path mean
 *
 * The table is route.def with {kind} opened for every kind of kind.def. A literal segment is
 * stronger than a parameter, so "/peers/{name}" and "/tunnel-status" never quarrel.
 * Any thread.
 */
#pragma once

#include "api/request.h"

enum { ROUTE_SEGMENTS = 4 };

struct route {
	enum method method;
	enum role role;
	void (*handle)(struct request *r);
	const char *area, *summary;
	enum kind kind; /* K_COUNT: no configuration record */
	char path[64]; /* "/settings/ike", "/peers/{name}" */
	char segment[ROUTE_SEGMENTS][32];
	size_t segments;
};

size_t router_count(void);
const struct route *router_at(size_t i);
/* NULL when there is none; then *ret_allow is a bit per method the path does know (0: 404).
 * HEAD finds what GET finds. */
const struct route *router_find(enum method m, const char (*segment)[256], size_t segments,
				unsigned *ret_allow);
/* Records that are an admin's to write: secrets, private keys, settings. */
bool router_is_guarded(enum kind k);
/* "GET, HEAD, PATCH" */
void router_allow(unsigned bits, struct text *t);
const char *method_word(enum method m);
enum method method_of_word(const char *word); /* M_COUNT when unknown */
/* One decoded segment; false: not UTF-8, a control character, or too long. */
bool router_decode(const char *raw, size_t n, char *ret, size_t cap);

/* The handlers of route.def. */
#define ROUTE(method, path, role, handler, area, summary) void handler(struct request *r);
#include "api/route.def"
#undef ROUTE

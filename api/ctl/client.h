/* client.h - requests to the daemon's local socket */
#pragma once

#include <jansson.h>

#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/base/own.h"
#include "core/base/text.h"
#include "api/ctl/code.h"

struct client;

/* What came back. Own it with answer_done. */
struct answer {
	long status;
	json_t *json; /* NULL when the body is no JSON */
	struct text body; /* as it came */
};

struct client *client_new(const char *socket, unsigned timeout_s); /* NULL: no memory */
void client_free(struct client *c);
OWNABLE(client)

/* One request to /api/v1PATH. `precondition` is a whole header ("If-Match: *") or NULL, `body`
 * may be NULL. Any HTTP answer is CODE_OK here; otherwise f says why there was none. */
struct ask {
	const char *method, *path, *precondition;
	const json_t *body;
};

enum code client_ask(struct client *c, const struct ask *a, struct answer *ret, struct fault *f);
/* The next request carries these octets, one JSON text a line, as its body; borrowed until then. */
void client_lines(struct client *c, struct slice lines);
/* A whole list, page after page, as the first answer with all items in it. */
enum code client_list(struct client *c, const char *path, struct answer *ret, struct fault *f);
void answer_done(struct answer *a);
enum code answer_code(const struct answer *a); /* what the status means for the exit code */
/* Append a path segment or a query value, escaped. */
void client_escape(struct text *t, const char *word);

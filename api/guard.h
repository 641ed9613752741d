/* guard.h - what is looked at before anything else believes a request
 *
 * Pure: headers as they lie in memory go in, a verdict comes out. server.c collects them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/fault.h"

enum { GUARD_HEADERS = 64, GUARD_HOSTS = 16 };

struct guard_header {
	const char *name, *value;
	size_t name_n, value_n;
};

struct guard_ask {
	const char *method, *uri, *version;
	struct guard_header headers[GUARD_HEADERS];
	size_t headers_n;
	size_t dropped; /* headers that found no room */
	size_t octets; /* of request line and headers together, as the library counted; 0 unknown */
	const char *hosts[GUARD_HOSTS]; /* names and addresses that are ours */
	size_t hosts_n;
	bool contiguous; /* the library parses in place: the layout can be checked */
};

struct guard_say {
	uint64_t announced; /* Content-Length */
	bool has_body; /* announced, or chunked */
	bool expects; /* 100-continue */
	bool forwarded; /* came by a proxy or from a page */
	int status; /* of the refusal */
	struct fault fault;
};

/* False: refuse with ret->status and ret->fault, then close. */
bool guard_check(const struct guard_ask *a, struct guard_say *ret);
/* "name", "name:443", "[::1]:443": the name is one of hosts. */
bool guard_host(const char *host, size_t n, const char *const *hosts, size_t hosts_n);
/* The same for "https://name:443". */
bool guard_origin(const char *origin, const char *host);
/* The body is JSON in UTF-8. */
/* application/x-ndjson or application/jsonl: one JSON text a line. */
bool guard_is_lines(const char *content_type);
bool guard_is_json(const char *content_type);

/* desk.h - what the tests of the api room share: cmocka, and a request without a connection */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto/suite.h"
#include "api/doors.h"

/* A request to this address, routed nowhere; answers are made and can be asked for their status. */
static inline struct call *desk_call(const char *uri)
{
	static struct server *s;
	struct fault f = { 0 };

	if (!s)
		s = calloc(1, sizeof(*s));
	atomic_store(&s->refs, 100000); /* never the last */
	struct call *c = call_new(s, NULL, uri);

	assert_non_null(c);
	assert_int_equal(call_read_uri(c, &f), R_OK);
	return c;
}

static inline void call_free(struct call *c)
{
	call_unref(c);
}
OWNABLE(call)

static inline void json_drop(json_t **j)
{
	json_decref(*j);
}
#define own_json __attribute__((cleanup(json_drop))) json_t *

static inline int desk_open(void **state)
{
	(void)state;
	return crypto_open(NULL) == R_OK ? 0 : -1;
}

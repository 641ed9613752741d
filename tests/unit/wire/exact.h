/* exact.h - octets in an allocation of just their size, so that one octet too far is seen */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/bytes.h"
#include "core/base/cursor.h"
#include "core/base/own.h"

struct exact {
	uint8_t *at;
	size_t n;
};

static inline void exact_free(struct exact *e)
{
	free(e->at);
}

#define exact(name, data, size)                                                                   \
	__attribute__((cleanup(exact_free))) struct exact name = { malloc((size) + 0u), (size) }; \
	if ((size) > 0)                                                                           \
	memcpy(name.at, (data), (size))

static inline struct slice look(const struct exact *e)
{
	return slice(e->at, e->n);
}

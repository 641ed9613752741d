/* moment.h - a moment as people and programs read it */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/text.h"

/* Milliseconds since 1970 as RFC 3339 in UTC with quotes, null for 0: one JSON value. */
void moment_json(int64_t wall_ms, struct text *t);
/* "2027-01-31" or "2027-01-31T18:00:00Z", from 1970 to 9999, to seconds since 1970. */
bool moment_read(const char *text, int64_t *ret_s);
enum { MOMENT_TEXT = 24 };
char *moment_text(int64_t s, char ret[MOMENT_TEXT]); /* "2027-01-31T18:00:00Z". Returns ret. */

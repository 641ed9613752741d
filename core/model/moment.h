/* moment.h - a moment as people and programs read it */
#pragma once

#include <stdint.h>

#include "core/base/text.h"

/* Milliseconds since 1970 as RFC 3339 in UTC with quotes, null for 0: one JSON value. */
void moment_json(int64_t wall_ms, struct text *t);

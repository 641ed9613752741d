/* assign.h - member=value words as a JSON body */
#pragma once

#include <jansson.h>

#include "core/base/fault.h"

/* NULL: f says why. `members` are those of the kind in GET /schema (an array). */
json_t *assign_body(const json_t *members, char *const *words, int n, struct fault *f);
/* "a,b" as ["a", "b"]; own it. */
json_t *assign_list(const char *s);

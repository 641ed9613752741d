/* changesets.h - edits that wait to be applied together */
#pragma once

#include "api/request.h"

struct changesets;

enum { SETS_MOST = 64, SET_AGE_S = 24 * 3600 };

struct changesets *changesets_new(void);
void changesets_free(struct changesets *c);
void changesets_forget(struct server *s, uint64_t id); /* it was applied; loop thread */

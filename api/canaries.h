/* canaries.h - a change that is tried on a few peers first, as JSON */
#pragma once

#include <jansson.h>

#include "api/request.h"

struct set;

/* {"peers", "label", "hold_seconds", "widen"}; faults are collected. */
void canaries_read(json_t *v, struct canary_ask *ret, struct faults *errors);
/* What was cut, of a preview or an answer: an object, or null. */
void canaries_put_cut(struct text *t, const struct outcome *o);
/* How it stands, or null. Loop thread. */
void canaries_put(struct text *t, const struct canarying *c);
/* The word for how it stands. */
const char *canaries_state(enum canary_state s);
/* This set is tried on a few peers: refused, and true. Loop thread. */
bool canaries_holds(struct request *r, uint64_t changeset);

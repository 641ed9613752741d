/* initiate.h - what the actions that begin a negotiation share */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct request;

/* 202 with where to look and body.negotiation; id 0: 200, there was nothing to begin. Takes the body. */
void initiate_answer(struct request *r, uint64_t id, json_t *take_body);
/* The second row of such an act, after it: "negotiations/ID", begun for "path/name". The first one stands
 * before the act, when there is no number yet. Nothing for id 0. */
void initiate_record(struct request *r, uint64_t id, const char *path, const char *name);
/* These take no wishes; an empty object is fine. False: answered. */
bool initiate_body_is_empty(struct request *r);

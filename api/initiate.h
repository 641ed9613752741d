/* initiate.h - what the actions that begin a negotiation share */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct request;

/* 202 with where to look and body.negotiation; id 0: 200, there was nothing to begin. Takes the body. */
void initiate_answer(struct request *r, uint64_t id, json_t *take_body);
/* These take no wishes; an empty object is fine. False: answered. */
bool initiate_body_is_empty(struct request *r);

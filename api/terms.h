/* terms.h - how a change is to be made: what it resets, what brings it back, who confirms it */
#pragma once

#include "api/request.h"

struct terms {
	enum reset_choice reset;
	bool says_reset;
	enum reinitiate reinitiate;
	enum confirm_mode confirm;
	uint32_t confirm_s;
	struct canary_ask canary; /* of a change set alone */
	char comment[128];
};

extern const struct name confirm_words[]; /* manual, tunnels_established */
/* Names of the query members, to be put into a handler's list of known ones. */
#define TERMS_QUERY "reset", "reinitiate", "confirm", "confirm_timeout_seconds", "comment"

/* Out of the query; false: answered. */
bool terms_query(struct request *r, struct terms *o);
/* Out of a body's members, over what the query said; faults are collected. Other members of the
 * body are somebody else's. */
void terms_body(json_t *body, struct terms *o, struct faults *errors);
bool terms_owns(const char *member); /* it is one of those a body may have */
void terms_fill(const struct terms *o, const struct request *r, struct change *c);

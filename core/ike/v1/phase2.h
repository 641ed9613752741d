/* phase2.h - quick mode and informationals, as far as v1.c has to know; this room only */
#pragma once

#include <stdbool.h>

#include "core/ike/exchange.h"
#include "core/model/story.h"

enum reason quick1_start(struct ike_sa *sa, struct child *c, struct fault *f);
/* An encrypted quick mode message over an SA that is up. */
void quick1_packet(struct ike_sa *sa, const struct packet *p, const struct header *h);
void quick1_sum(struct exchange *x, enum xevent on);
/* The negotiation ends: story, notice to the peer (side local), child. */
void quick1_fail(struct exchange *x, enum story_side side, const struct fault *f);

/* Encrypted: opened, proven, obeyed. Clear: noted and counted, never obeyed. */
void info1_packet(struct ike_sa *sa, const struct packet *p, const struct header *h);
bool info1_child_gone(struct ike_sa *sa, const struct child *c);
bool info1_ike_gone(struct ike_sa *sa);

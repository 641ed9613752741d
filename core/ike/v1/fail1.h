/* fail1.h - how a phase 1 ends without an SA; this room only */
#pragma once

#include "core/base/fault.h"
#include "core/model/story.h"

struct child;
struct exchange;
struct ike_sa;
struct notify; /* core/wire/notify.h */

/* The verdict, the events, and the end of the SA; x and its SA are gone. */
void fail1_end(struct exchange *x, enum story_side side, const struct fault *f);
/* A message was refused before anything was proven: noted, and waited for a better one; a peer that
 * repeats itself is believed. True: that was the end, x and its SA are gone. */
bool fail1_refuse(struct exchange *x, const struct fault *f);
/* Time ran out: the noted refusal, or silence, is the verdict. */
void fail1_silence(struct exchange *x, enum reason r);

/* --- words1.c: a peer's refusal, in words. */
/* c: whose quick mode it is, NULL for phase 1. False: the peer does not say why, nothing that it said
 * before tells, and it may be asked. */
bool words1_refusal(const struct ike_sa *sa, const struct child *c, const struct notify *n,
		    struct fault *ret);
/* Of who said so under our keys, before phase 1 was over. */
void words1_proven(const struct ike_sa *sa, const struct notify *n, struct fault *ret);
/* What was agreed is taken back at once: the other end could not install it. */
void words1_took_back(const struct ike_sa *sa, const char *how, struct fault *ret);
/* The peer ended phase 1 right after our last message. */
void words1_ended(const struct ike_sa *sa, struct fault *ret);

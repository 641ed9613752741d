/* fail1.h - how a phase 1 ends without an SA; this room only */
#pragma once

#include "core/base/fault.h"
#include "core/model/story.h"

struct exchange;

/* The verdict, the events, and the end of the SA; x and its SA are gone. */
void fail1_end(struct exchange *x, enum story_side side, const struct fault *f);
/* A message was refused before anything was proven: noted, and waited for a better one; a peer that
 * repeats itself is believed. True: that was the end, x and its SA are gone. */
bool fail1_refuse(struct exchange *x, const struct fault *f);
/* Time ran out: the noted refusal, or silence, is the verdict. */
void fail1_silence(struct exchange *x, enum reason r);

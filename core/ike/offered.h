/* offered.h - a story's offer through the same selection as on the day it came */
#pragma once

struct config;
struct replay; /* core/model/replay.h */
struct story; /* core/model/story.h */

/* Both phases. Looks at nothing but its arguments. */
void replay_offer(const struct story *s, const struct config *c, struct replay *ret);

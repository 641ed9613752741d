/* play.h - two engines in one process, with time that only the play moves; this room only
 *
 * No datagram leaves, no SA reaches a data plane. Everything is the play's own, so it may run on a
 * crew thread.
 */
#pragma once

#include "core/base/addr.h"

struct config;
struct simulation; /* core/model/simulation.h */

struct play {
	const struct config *config[2]; /* ours, theirs: secrets in them are plain */
	struct addr addr[2];
	const char *peer[2]; /* of each config: the one that is the other end */
	bool they_begin;
};

int64_t play_began_s(void); /* the wall clock of every play when it begins, since 1970 */
void play_run(const struct play *p, struct simulation *ret);

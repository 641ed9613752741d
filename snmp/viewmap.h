/* viewmap.h - the newest picture of the gateway, mapped read-only */
#pragma once

#include "core/base/timers.h"
#include "core/model/view.h"

struct viewmap {
	const struct view *view; /* NULL: none yet */
	size_t size;
	int waiting_fd; /* came after it, not looked at yet; -1 none */
	uint32_t waiting_size;
	msec taken_at;
};

void viewmap_init(struct viewmap *p);
void viewmap_done(struct viewmap *p);
/* A newer one came: it waits until viewmap_turn. Takes the descriptor. */
void viewmap_put(struct viewmap *p, int take_fd, uint32_t size);
/* From here on answers are made from the one that waits, if any and if it is sound. */
void viewmap_turn(struct viewmap *p, msec now);

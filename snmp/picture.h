/* picture.h - the newest picture of the gateway, mapped read-only */
#pragma once

#include "core/base/timers.h"
#include "core/model/view.h"

struct picture {
	const struct view *view; /* NULL: none yet */
	size_t size;
	int waiting_fd; /* came after it, not looked at yet; -1 none */
	uint32_t waiting_size;
	msec taken_at;
};

void picture_init(struct picture *p);
void picture_done(struct picture *p);
/* A newer one came: it waits until picture_turn. Takes the descriptor. */
void picture_put(struct picture *p, int take_fd, uint32_t size);
/* From here on answers are made from the one that waits, if any and if it is sound. */
void picture_turn(struct picture *p, msec now);

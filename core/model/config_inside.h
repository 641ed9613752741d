/* config_inside.h - what config.c and config_edit.c share, and nobody else */
#pragma once

#include "core/model/config.h"
#include "core/model/shelf.h"

struct config {
	uint32_t refs; /* atomic */
	uint64_t revision;
	uint32_t last_index[K_COUNT]; /* the highest ever given */
	struct shelf *shelf[K_COUNT];
};

struct config *config_bare(void); /* empty shelves, not even the single records */
/* Every single record that is missing, with its presets. */
enum reason config_settle_singles(struct config *c, struct fault *f);
/* The built-in proposal as the settings of `c` want it; nothing to do when it is so already. */
enum reason config_settle_builtin(struct config *c, struct fault *f);

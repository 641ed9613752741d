/* sweep.h - after a new configuration: SAs without a place in it end, stale ones are told */
#pragma once

struct engine;

void sweep_init(struct engine *e);
/* Tells SA_STALE once per SA, and ends SAs whose peer or tunnel is gone with the next tick, unless
 * the caller resets them before: only the caller knows on whose behalf. */
void sweep_after_adopt(struct engine *e);

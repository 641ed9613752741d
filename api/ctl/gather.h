/* gather.h - the records of the daemon, for what works on all of them */
#pragma once

#include "core/dialect/sketch.h"
#include "api/ctl/ctl.h"

/* Settings, proposals, DPD profiles, secrets without values, peers and tunnels into `ret`. The
 * refusal was said. */
enum code gather_records(struct ctl *c, struct sketch *ret);

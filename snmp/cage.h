/* cage.h - what the agent gives up before it reads the first datagram */
#pragma once

#include "core/base/fault.h"

/* Ends when its parent does; no core files. For the first moment of the process. */
void cage_prepare(void);
/* No root, no capability, no way back. */
enum reason cage_enter(struct fault *f);

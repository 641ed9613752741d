/* away.h - what every job of an engine begins with: it may come back when the engine is gone */
#pragma once

#include "core/base/crew.h"
#include "core/base/list.h"

struct engine;

struct away {
	struct job job;
	struct link link;
	struct engine *e; /* NULL once it is gone */
};

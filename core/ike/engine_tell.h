/* engine_tell.h - an event of the engine, for its own files and the versions only */
#pragma once

#include "core/base/fault.h"
#include "core/model/event.h"

struct child;
struct engine;
struct ike_sa;

/* About this SA (may be NULL), with the members every event of an SA has. */
void engine_tell(struct engine *e, enum event_id id, const struct ike_sa *sa, const struct child *c,
		 enum reason r, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

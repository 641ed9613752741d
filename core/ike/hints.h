/* hints.h - what to do about a failed negotiation, when nobody closer to it said so */
#pragma once

#include "core/base/fault.h"
#include "core/model/story.h"

/* The member to look at on that side; "" none. */
const char *hints_field(enum reason r, enum story_side refused_by);
const char *hints_for(enum reason r,
		      enum story_side refused_by); /* "" when nothing comes to mind */

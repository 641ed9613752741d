/* hints.h - what to do about a failed negotiation, when nobody closer to it said so */
#pragma once

#include "core/base/fault.h"
#include "core/model/story.h"

const char *hints_for(enum reason r,
		      enum story_side refused_by); /* "" when nothing comes to mind */

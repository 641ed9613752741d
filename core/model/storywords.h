/* storywords.h - the words of a story's members, for its JSON and for rows about failures */
#pragma once

#include "core/base/text.h"

extern const struct name story_exchanges[]; /* of struct story's exchange; ended by NULL */
extern const struct name story_roles[]; /* enum sa_role */
extern const struct name story_sides[]; /* enum story_side */

/* hints.h - what to do about a failed negotiation, when nobody closer to it said so */
#pragma once

#include "core/base/fault.h"
#include "core/model/story.h"

struct hint_ask {
	enum reason reason;
	enum story_side refused_by;
	bool rsa; /* the peer authenticates by signatures, not by a pre-shared key */
	bool phase2; /* under an IKE SA that is up: nobody proves himself any more */
};

const char *hints_field(const struct hint_ask *a); /* the member to look at on that side; "" none */
const char *hints_for(const struct hint_ask *a); /* "" when nothing comes to mind */

/* resets.h - POST /resets, and whatever else ends SAs */
#pragma once

#include "api/request.h"

/* Parks the request; answers with the report of every SA. Who and why are filled in. */
void resets_start(struct request *r, const struct reset_ask *ask);

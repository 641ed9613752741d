/* v1.h - IKEv1 for the engine (RFC 2407, 2408, 2409) */
#pragma once

#include "core/ike/exchange.h"

extern const struct version version1;

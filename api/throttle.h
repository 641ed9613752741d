/* throttle.h - guessing is slow
 *
 * So many tries in a minute per key, a source address or a name. Loop thread only.
 */
#pragma once

#include <stdint.h>

#include "core/base/own.h"
#include "core/base/timers.h"

enum { TRIES_MOST = 5, TRIES_MS = 60 * 1000, THROTTLE_KEYS = 1024 };

struct throttle;

struct throttle *throttle_new(void);
void throttle_free(struct throttle *t);
OWNABLE(throttle)
/* Seconds to wait, 0: go ahead, and the try is counted. */
uint32_t throttle_try(struct throttle *t, const char *key, msec now);
void throttle_forgive(struct throttle *t, const char *key); /* it was the right password */

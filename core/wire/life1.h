/* life1.h - lifetimes as a list of attributes: what RESPONDER-LIFETIME carries (RFC 2407 4.6.3.1) */
#pragma once

#include <stdint.h>

#include "core/base/cursor.h"
#include "core/base/fault.h"

struct life1 {
	uint32_t seconds, kilobytes; /* 0: not said */
};

void life1_write(struct wr *w, const struct life1 *l);
/* Attributes that are no lifetime are passed over. */
enum reason life1_read(struct slice list, struct life1 *ret, struct fault *f);

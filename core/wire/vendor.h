/* vendor.h - look-ups over vendor.def */
#pragma once

#include <stddef.h>

#include "core/base/bytes.h"

enum vendor {
#define VENDOR(code, name, hex) VENDOR_##code,
#include "core/wire/vendor.def"
#undef VENDOR
	VENDOR_COUNT
};

enum vendor vendor_find(struct slice body); /* VENDOR_COUNT when unknown */
struct slice vendor_octets(enum vendor v);
const char *vendor_word(enum vendor v);

/* base64.h - octets as text (RFC 4648 section 4) */
#pragma once

#include "core/base/bytes.h"
#include "core/base/text.h"

void base64_add(struct text *t, struct slice s); /* with padding, in one line */
/* NULL: it is not base64 to the last letter and bit, or no memory. Wipes itself. */
struct bytes *base64_read(const char *text, size_t n);

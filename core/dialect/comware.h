/* comware.h - the configuration text of H3C and HP Comware V5 */
#pragma once

#include "core/dialect/sketch.h"

void comware_read(struct slice text, struct sketch *ret);
void comware_write(const struct sketch *from, struct text *ret, struct sketch *ret_notes);

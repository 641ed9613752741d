/* others.h - products that are only written: the other end of a peer */
#pragma once

#include "core/dialect/sketch.h"

void routeros_write(const struct sketch *from, struct text *ret, struct sketch *ret_notes);
void fortios_write(const struct sketch *from, struct text *ret, struct sketch *ret_notes);
void ios_write(const struct sketch *from, struct text *ret, struct sketch *ret_notes);

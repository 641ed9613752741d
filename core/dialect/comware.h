/* comware.h - the configuration text of H3C and HP Comware V5 */
#pragma once

#include "core/dialect/draft.h"

void comware_read(struct slice text, struct draft *ret);
void comware_write(const struct draft *from, struct text *ret, struct draft *ret_notes);

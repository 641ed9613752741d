/* over.h - a bounded text over the caller's own room, for the printers of this room
 *
 * Printers never allocate: core/base/text leaves room given beforehand alone as long as the
 * limit is below it. A limit of 0 would mean none, so one octet of room holds only the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/text.h"

/* false when there is room for nothing but the end, which is then written already. */
static inline bool text_over(struct text *t, char *ret, size_t cap)
{
	if (cap > 0)
		ret[0] = '\0';
	*t = (struct text){ .at = ret, .cap = cap, .limit = cap ? cap - 1 : 0 };
	return cap > 1;
}

/* strength.h - about how many guesses a pre-shared key withstands */
#pragma once

#include <stddef.h>

#include "core/base/bytes.h"

enum {
	STRENGTH_ENOUGH = 80, /* bits; below that a key must not be shown to guessers */
	STRENGTH_TEXT = 64,
};

/* Bits; careful rather than kind, since nobody knows how a key was made. 0 for an empty one. */
unsigned strength_bits(struct slice plain);
/* At most so many, when nothing but its length is known. */
unsigned strength_of_length(size_t octets);
/* "within a second", "in about 12 days": until it falls at 10^9 guesses a second. Returns ret. */
char *strength_falls(unsigned bits, char ret[STRENGTH_TEXT]);

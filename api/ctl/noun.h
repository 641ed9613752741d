/* noun.h - what one can say after show, set and delete */
#pragma once

#include "api/ctl/table.h"

enum {
	NOUN_CONFIG = 1,
	NOUN_SET = 2,
	NOUN_DELETE = 4,
	NOUN_NEWEST = 8,
	NOUN_OBJECT = 16,
	NOUN_SHORT = 32
};

struct noun {
	const char *word, *alias, *list, *one, *status;
	const struct column *columns;
	unsigned uses;
};

const struct noun *noun_find(const char *word); /* NULL if unknown */
/* "peer, tunnel, ..." of those with all of `uses`. */
void noun_words(struct text *t, unsigned uses);

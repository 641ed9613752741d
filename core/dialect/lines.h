/* lines.h - a stranger's text, line by line and word by word */
#pragma once

#include "core/base/bytes.h"

enum { LINE_SIZE = 1024, LINE_WORDS = 64 };

struct lines {
	struct slice rest;
	unsigned no; /* of the line last read, from 1 */
	bool indented; /* it began with a blank */
	bool odd; /* it was too long or no text, and was cut to nothing */
	int n; /* its words */
	char *word[LINE_WORDS + 1]; /* ended by NULL */
	char line[LINE_SIZE]; /* as it came, without blanks at both ends */
	char split[LINE_SIZE];
};

struct lines lines_of(struct slice text);
bool lines_next(struct lines *l); /* false: there are no more */

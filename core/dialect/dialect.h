/* dialect.h - register: foreign configuration languages, to read and to write
 *
 * Pure functions between a text and a draft. Nobody here knows a socket, a store or HTTP, so the
 * command line and the daemon can use the same ones.
 */
#pragma once

#include "core/dialect/draft.h"

enum { DIALECT_TEXT_MAX = 4 * 1024 * 1024 };

struct dialect {
	const char *word, *title;
	/* A text to records and notes, in an order in which they can be made. NULL: not read. */
	void (*read)(struct slice text, struct draft *ret);
	/* The records as a text, and notes about what the language cannot say. NULL: not written. */
	void (*write)(const struct draft *from, struct text *ret, struct draft *ret_notes);
	/* The same for the gateway at the other end of one peer: from its point of view, with
	 * SECRET_HERE where the key goes. NULL: not written. */
	void (*other_side)(const struct draft *from, const char *peer, struct text *ret,
			   struct draft *ret_notes);
};

extern const struct dialect dialects[]; /* ended by one without a word */
const struct dialect *dialect_find(const char *word); /* NULL: unknown */

/* dialect.h - register: foreign configuration languages, to read and to write
 *
 * Pure functions between a text and a sketch. Nobody here knows a socket, a store or HTTP, so the
 * command line and the daemon can use the same ones.
 */
#pragma once

#include "core/dialect/sketch.h"

enum { DIALECT_TEXT_MAX = 4 * 1024 * 1024 };

struct dialect {
	const char *word, *title;
	/* A text to records and notes, in an order in which they can be made. NULL: not read. */
	void (*read)(struct slice text, struct sketch *ret);
	/* Records as a text, and notes about what the language cannot say. A key that the sketch
	 * does not hold is SECRET_HERE. NULL: not written. */
	void (*write)(const struct sketch *from, struct text *ret, struct sketch *ret_notes);
	bool whole; /* says a whole gateway, not only one end of a peer */
	char comment; /* begins a line that the language passes over */
	bool own_mode; /* its gateway answers calls in the exchange mode of its own peer only; ours in both */
};

extern const struct dialect dialects[]; /* ended by one without a word */
const struct dialect *dialect_find(const char *word); /* NULL: unknown */
/* What the other end of this peer has to be configured with. `address` is where it reaches us,
 * NULL when not known. False: there is no such peer. */
bool dialect_other_side(const struct dialect *d, const struct sketch *from, const char *peer,
			const char *address, struct text *ret, struct sketch *ret_notes);

/* paper.h - what the command prints: text for people, or JSON
 *
 * Everything is gathered and written at once, so that --watch does not flicker. Whatever came
 * from the daemon passes through paper_clean: peers choose some of those words, and a terminal
 * obeys control characters.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "core/base/text.h"

enum ink { INK_PLAIN, INK_GOOD, INK_BAD, INK_WAIT, INK_DIM, INK_BOLD };

struct paper {
	struct text text;
	bool json; /* --json or --yaml was asked for */
	bool yaml;
	bool compact; /* one line a document: --watch */
	bool colour;
};

void paper_init(struct paper *p, bool json, bool compact);
void paper_done(struct paper *p);
void paper_clear(struct paper *p); /* a fresh screen, on a terminal */
void paper_flush(struct paper *p); /* to standard output */
void paper_json(struct paper *p, const json_t *j); /* or as YAML, when that was asked for */
void paper_yaml(struct paper *p, json_t *j);
void paper_ink(struct paper *p, enum ink i); /* INK_PLAIN ends what was begun */
void paper_clean(struct paper *p, const char *s); /* control characters made visible */
void paper_inked(struct paper *p, enum ink i, const char *s);
void paper_pad(struct paper *p, size_t n);
size_t paper_width(const char *s); /* columns on a terminal, of text that is clean */
enum ink paper_ink_of(const char *state); /* "up" is good, "failed" is bad */

/* simulation.h - a negotiation played in memory against a described other end */
#pragma once

#include "core/base/bytes.h"
#include "core/model/story.h"

enum { SIMULATION_STORIES = 8, SIMULATION_NOTES = 20 };

struct edit; /* core/model/config.h */

/* What to play against: the other end's configuration in a language of core/dialect, or its records, as
 * another gateway of ours exports them. */
struct simulate_ask {
	const char *peer, *language; /* SIMULATE_RECORDS: edits instead of a text */
	struct slice text; /* copied; may hold the other end's key, which is wiped after the play */
	const struct edit *edits; /* their secrets sealed as ours are; copied */
	size_t edits_n;
};

#define SIMULATE_RECORDS "ikeeper"

struct simulation {
	char peer[NAME_SIZE];
	enum story_verdict verdict; /* never running */
	enum reason reason;
	enum story_side side;
	char field[64], text[240], hint[160];
	bool they_began; /* we know no address of theirs: they called */
	uint32_t virtual_ms, datagrams;
	size_t here_n, there_n, notes_n;
	struct story here[SIMULATION_STORIES], there[SIMULATION_STORIES]; /* oldest first */
	char note[SIMULATION_NOTES][240]; /* what of the text was left out, or is to be known */
};

void simulation_json(const struct simulation *s, struct text *t);

/* changeset.h - a change set as it is kept: edits that wait to be applied together
 *
 * One row per record: what it was when it was first touched and what it is to be, with its secrets
 * sealed. What is in the text of a row's record is the store's to keep and nobody else's to show.
 */
#pragma once

#include "core/model/record.h"

enum { CHANGESETS_MOST = 64, CHANGESET_AGE_S = 24 * 3600 };

struct changeset_row {
	enum kind kind;
	char name[NAME_SIZE];
	const struct record *before; /* NULL: it was not there */
	const struct record *after; /* NULL: it is to go */
};

struct changeset {
	uint64_t id; /* never given twice */
	int64_t created_s, touched_s; /* wall clock */
	uint64_t revision; /* of the configuration when it was made */
	char who[WHO_SIZE], comment[128];
	char note[200]; /* what became of it when it was last applied, "" nothing yet */
	struct changeset_row *rows;
	size_t n;
};

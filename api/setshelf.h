/* setshelf.h - change sets that wait, here and in the store. Loop thread. */
#pragma once

#include "api/draft.h"
#include "core/model/changeset.h"

struct set {
	uint64_t id;
	int64_t created_s, touched_s;
	uint64_t revision; /* of the configuration when it was made */
	char who[WHO_SIZE], comment[128];
	char note[200]; /* what became of it when it was last applied, "" nothing yet */
	struct draft draft;
};

struct changesets {
	const struct control *control;
	uint64_t last;
	uint64_t
		tried; /* on a few peers first: its end is the daemon's, and is looked for; 0 none */
	size_t n;
	struct set *at[CHANGESETS_MOST];
};

void setshelf_load(struct changesets *c); /* what an earlier life kept */
void setshelf_follow(struct changesets *c); /* what became of the one that was tried */
void setshelf_free(struct set *s);
void setshelf_forget_old(struct changesets *c);
struct set *setshelf_find(const struct changesets *c, uint64_t id);
/* An empty one, not yet among the others. R_BUSY: there are too many. */
struct set *setshelf_new(struct changesets *c, const char *who, const char *comment,
			 struct fault *f);
/* With a row of the audit log, NULL none, as the next two: into the store, and with it among the others. It is the caller's still when it is refused. */
enum reason setshelf_add(struct changesets *c, struct set *take_s, const struct audit_row *row,
			 struct fault *f);
/* Other edits take the place of its own; they stay the caller's when it is refused. */
enum reason setshelf_edit(struct changesets *c, struct set *s, struct draft *take_draft,
			  const struct audit_row *row, struct fault *f);
enum reason setshelf_discard(struct changesets *c, uint64_t id, const struct audit_row *row,
			     struct fault *f);
void setshelf_drop(struct changesets *c, uint64_t id); /* the store has dropped it already */

/* draft.h - edits of many records, staged before they are one change
 *
 * One row per record: what it was when it was first touched, and what it is to be. Secrets are
 * sealed as they come in. Loop thread only.
 */
#pragma once

#include <jansson.h>

#include "core/crypto/secret.h"
#include "core/model/changeset.h"
#include "core/model/control.h"

enum { DRAFT_MOST = 200000 };

struct hash;

struct staged {
	enum kind kind;
	char name[NAME_SIZE];
	const struct record *before; /* NULL: it was not there */
	struct record *rec; /* NULL: it is to go */
	size_t line; /* of the text it came from, from 1; 0 none */
	bool is_kept; /* the store has it as it is here */
};

struct draft {
	struct staged *at;
	size_t n, cap;
	struct hash *places; /* kind and name to place in `at`, from 1 */
};

struct desk {
	const struct config *config; /* what records were, when they are not in the draft yet */
	struct keyring *keyring;
	enum role role; /* of whoever stages: secrets and settings are an admin's */
	struct faults *errors;
};

void draft_done(struct draft *d);
bool draft_copy(const struct draft *from, struct draft *to); /* false: no memory; to be done with */
/* As the store had it. False: no memory; to be done with. */
bool draft_restore(struct draft *d, const struct changeset_row *rows, size_t n);
struct staged *draft_find(const struct draft *d, enum kind k, const char *name);
/* The row of a record, made from the configuration when it is new. NULL: no memory, or too many. */
struct staged *draft_row(struct draft *d, const struct config *c, enum kind k, const char *name);
/* Its edits are out of the draft again. False: it has none. */
bool draft_forget(struct draft *d, const struct config *now, enum kind k, const char *name);
/* One edit, {"op", "path", "value"}; `i` is its place for pointers. False: errors were added. */
bool draft_stage(struct draft *d, const struct desk *desk, json_t *edit, size_t i);
/* A merge patch onto the record as the draft has it; it is made when there is none. */
bool draft_merge(struct draft *d, const struct desk *desk, enum kind k, const char *name,
		 json_t *value, const char *field);
/* A whole record, as PUT; no value: it goes. */
bool draft_put(struct draft *d, const struct desk *desk, enum kind k, const char *name,
	       json_t *value, const char *field);
bool draft_take_edits(struct draft *d, const struct config *c, struct edit *edits, size_t n);
/* Rows that change nothing are left out. NULL with *ret_n 0 is fine; false: no memory. */
bool draft_edits(const struct draft *d, struct edit **ret, size_t *ret_n);
/* The row that the edit came from, as draft_edits counted them (from 1); NULL: none. */
const struct staged *draft_row_of_edit(const struct draft *d, size_t edit);
/* {"KIND": {"created": n, "updated": n, "deleted": n, "unchanged": n}, ...} */
void draft_tally(const struct draft *d, struct text *t);
bool staged_is_idle(const struct staged *s);
/* [{"kind", "name", "op", "changes"}] */
void draft_report(const struct draft *d, struct text *t);
/* Rows whose record is no longer what it was: [{"kind", "name", "current_revision", "members"}]; NULL
 * when there is none. */
json_t *draft_conflicts(const struct draft *d, const struct config *now);
/* R_FORBIDDEN with the record that asks for an admin. */
enum reason draft_may(const struct draft *d, enum role role, struct fault *f);

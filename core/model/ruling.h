/* ruling.h - what the files of the rules share, and nobody else sees
 *
 * A check looks at one record; a sweep looks once at all of a kind, for what only many records
 * together can break. Both are rows of a table, so a rule is added by a row and a function.
 */
#pragma once

#include "core/model/rules.h"

struct ruling {
	const struct config *before, *after;
	const struct edit *edits; /* of the change */
	size_t edits_n;
	struct faults *errors, *warnings;
	int64_t now_s; /* wall clock */
	bool no_memory;
};

#define ON(kind) (1u << (kind))
enum { NO_MEMBER = 0xffff };

struct check {
	enum rule rule;
	enum kind kind; /* of the record it looks at */
	/* ON() of kinds whose edits repeat the check: for records that refer to the edited one,
	 * and for all records when the edited one is a single record. */
	uint32_t also;
	void (*record)(struct ruling *r, const struct record *rec);
};

struct sweep {
	enum rule rule;
	enum kind kind; /* of the records it looks at, when one of them was touched */
	void (*all)(struct ruling *r);
};

/* Ended by a row without function. */
extern const struct check rules_of_proposals[], rules_of_peers[], rules_of_tunnels[],
	rules_of_services[], rules_of_pki[], rules_of_manual[], rules_of_exceptions[];
extern const struct sweep rules_sweeps_of_proposals[], rules_sweeps_of_peers[],
	rules_sweeps_of_tunnels[], rules_sweeps_of_pki[], rules_sweeps_of_manual[],
	rules_sweeps_of_exceptions[];

/* The record breaks the rule; the member is named by its offset, NO_MEMBER is none. */
void rules_break(struct ruling *r, enum rule rule, const struct record *rec, size_t member,
		 const char *hint, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* The checks of this record that an edit of one of these kinds repeats. */
void rules_look_again(struct ruling *r, const struct record *rec, uint32_t on);
bool rules_is_touched(const struct ruling *r, const struct record *rec);

/* What a remote address stands for. */
enum remote_sort { REMOTE_NONE, REMOTE_HOST, REMOTE_NAME, REMOTE_SOME, REMOTE_ANY };
enum remote_sort rules_remote_sort(const struct peer *p);
/* Is the peer there for tunnels with manual keys alone, and for one at least? */
bool rules_only_manual(const struct config *c, const char *peer);

/* rules.h - the manual's notes as numbered rules
 *
 * Every rule of rule.def is checked over the records an edit touched and those that refer
 * to them, never over the whole configuration. All faults are collected, not the first one.
 */
#pragma once

#include "core/model/config.h"

enum rule {
#define RULE(code, name, severity, text) RULE_##code,
#include "core/model/rule.def"
#undef RULE
	RULE_COUNT
};

enum rule_severity { RULE_ERROR, RULE_WARNING };

struct rule_row {
	const char *name;
	enum rule_severity severity;
	const char *text;
};

const struct rule_row *rule_row(enum rule r);
/* A pre-shared key that this peer shows to whoever asks (aggressive mode, CVE-2002-1623): the sentence
 * about it, with how long the key withstands guessing. False: nothing is at risk, ret is "". */
bool rules_key_at_risk(const struct config *c, const struct peer *p, char *ret, size_t cap);
/* R_OK, or R_INVALID (R_IN_USE when a deletion is refused) with every fault in `errors`. */
enum reason rules_check(const struct config *before, const struct config *after,
			const struct edit *edits, size_t n, struct faults *errors,
			struct faults *warnings);

/* fault.h - failures as values: a code for machines, a sentence for people
 *
 * Functions that may fail return `enum reason` (R_OK is 0) and fill the last
 * parameter. `f` may be NULL where the caller does not care for the sentence.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

/* access(2) has an R_OK too, and it is 4. With unistd.h read above and the name defined as
 * itself below, neither unistd.h nor fcntl.h can put it in the way again. */
#undef R_OK

enum reason {
#define REASON(code, slug, http, v1, v2, title) R_##code,
#include "core/base/reason.def"
#undef REASON
	R_COUNT
};
#define R_OK R_OK

struct fault {
	enum reason reason;
	char field[64]; /* JSON pointer of the member at fault ("/local_id/type"), "" when none */
	char rule[48]; /* the rule that refused, "" when none */
	char text[240]; /* the particulars, one sentence */
	char hint[160]; /* what to do about it, "" when nothing comes to mind */
	size_t edit; /* of a change of many records: which edit, from 1; 0 none or unknown */
};

/* fail - fill the fault and return its reason: `return fail(f, R_X, "...", ...)`. In brackets
 * here, since cmocka has a macro of that name; a test that calls it says #undef fail. */
enum reason(fail)(struct fault *f, enum reason r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* fail_field - the same with the member at fault (without the leading slash, dots as in the
 * field table: "local_id.type" becomes "/local_id/type"). */
enum reason fail_field(struct fault *f, enum reason r, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

const char *reason_slug(enum reason r);
const char *reason_title(enum reason r);
int reason_http(enum reason r);
int reason_notify1(enum reason r); /* IKEv1 notify number, 0 none */
int reason_notify2(enum reason r);
/* The reason an IKEv1 notify number stands for; R_PEER_REFUSED for unknown ones. */
enum reason reason_of_notify1(unsigned notify);
/* R_COUNT if the slug is unknown. */
enum reason reason_of_slug(const char *slug);

/* A bounded list of faults, for forms: all that is wrong in one answer. */
struct faults {
	size_t n;
	size_t dropped; /* further ones that did not fit */
	struct fault at[32];
};

struct fault *faults_add(struct faults *l, enum reason r, const char *rule, const char *field,
			 const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* fault.c - failures as values: a code for machines, a sentence for people
 *
 * The row in reason.def decides the HTTP status, the notify number on the wire, the
 * problem page and the counter. The sentence is written once, where the fact is known,
 * and travels unchanged to the trace, the log, the answer and the trap.
 *
 * Called by every room.  Thread: any, values only.  Owns: nothing.
 * Not here: deciding what to do about a failure.
 */
#include "core/base/fault.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"

struct row {
	const char *slug, *title;
	uint16_t http, notify1, notify2;
};

static const struct row rows[R_COUNT] = {
#define REASON(code, slug, http, v1, v2, title) [R_##code] = { slug, title, http, v1, v2 },
#include "core/base/reason.def"
#undef REASON
};

/* A number that is no reason can only come from us. */
static const struct row *row_of(enum reason r)
{
	return &rows[(unsigned)r < R_COUNT ? (unsigned)r : (unsigned)R_INTERNAL];
}

/* point_at - "local_id.type" to the JSON pointer "/local_id/type". What is a pointer already
 * stays one, so a fault can be passed on. */
static void point_at(struct fault *f, const char *field)
{
	char pointer[sizeof(f->field)] = "";

	if (field && *field && *field != '/') {
		pointer[0] = '/';
		text_copy(&pointer[1], sizeof(pointer) - 1, field);
		for (char *c = pointer; *c; c++) {
			if (*c == '.')
				*c = '/';
		}
	} else {
		text_copy(pointer, sizeof(pointer), field);
	}
	memcpy(f->field, pointer, sizeof(pointer));
}

/* describe - through a copy, since the arguments may well be the fault's own old text */
static void __attribute__((format(printf, 4, 0)))
describe(struct fault *f, enum reason r, const char *field, const char *fmt, va_list args)
{
	char text[sizeof(f->text) + 4];

	vsnprintf(text, sizeof(text), fmt, args);
	point_at(f, field);
	f->reason = r;
	f->rule[0] = f->hint[0] = '\0';
	text_copy(f->text, sizeof(f->text), text);
}

enum reason fail(struct fault *f, enum reason r, const char *fmt, ...)
{
	if (f) {
		va_list args;

		va_start(args, fmt);
		describe(f, r, "", fmt, args);
		va_end(args);
	}
	return r;
}

enum reason fail_field(struct fault *f, enum reason r, const char *field, const char *fmt, ...)
{
	if (f) {
		va_list args;

		va_start(args, fmt);
		describe(f, r, field, fmt, args);
		va_end(args);
	}
	return r;
}

const char *reason_slug(enum reason r)
{
	return row_of(r)->slug;
}

const char *reason_title(enum reason r)
{
	return row_of(r)->title;
}

int reason_http(enum reason r)
{
	return row_of(r)->http;
}

int reason_notify1(enum reason r)
{
	return row_of(r)->notify1;
}

int reason_notify2(enum reason r)
{
	return row_of(r)->notify2;
}

/* Several reasons share a number; the first row is the plainest reading of it. */
enum reason reason_of_notify1(unsigned notify)
{
	for (unsigned r = 0; notify && r < R_COUNT; r++) {
		if (rows[r].notify1 == notify)
			return (enum reason)r;
	}
	return R_PEER_REFUSED;
}

enum reason reason_of_slug(const char *slug)
{
	for (unsigned r = 0; slug && r < R_COUNT; r++) {
		if (strcmp(rows[r].slug, slug) == 0)
			return (enum reason)r;
	}
	return R_COUNT;
}

struct fault *faults_add(struct faults *l, enum reason r, const char *rule, const char *field,
			 const char *fmt, ...)
{
	if (l->n == COUNT_OF(l->at)) {
		l->dropped++;
		return NULL;
	}

	struct fault *f = &l->at[l->n++];
	va_list args;

	va_start(args, fmt);
	describe(f, r, field, fmt, args);
	va_end(args);
	text_copy(f->rule, sizeof(f->rule), rule);
	return f;
}

/* sketch_says.h - what the tests of all dialects ask a sketch */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/dialect/dialect.h"

static inline struct sketch read_text(const char *dialect, const char *text)
{
	struct sketch d;

	sketch_init(&d);
	dialect_find(dialect)->read(slice_str(text), &d);
	assert_false(d.no_memory);
	return d;
}

static inline void show_notes(const struct sketch *d)
{
	for (size_t i = 0; i < d->notes_n; i++)
		print_message("line %u [%s] %s\n", d->notes[i].line, d->notes[i].words,
			      d->notes[i].text);
}

/* The record as JSON; the members that were set and no other. */
static inline void says(const struct sketch *d, enum kind k, const char *name, const char *json)
{
	const struct entry *e = sketch_find(d, k, name);
	struct text t;

	if (!e) {
		show_notes(d);
		fail_msg("there is no %s %s", kind_row(k)->path, name);
	}
	text_init(&t, 0);
	entry_json(e, &t);
	assert_string_equal(t.at, json);
	text_done(&t);
}

static inline bool notes(const struct sketch *d, unsigned line, const char *part)
{
	for (size_t i = 0; i < d->notes_n; i++)
		if (d->notes[i].line == line && strstr(d->notes[i].text, part))
			return true;
	show_notes(d);
	return false;
}

/* No note may hold this. */
static inline bool leaks(const struct sketch *d, const char *secret)
{
	for (size_t i = 0; i < d->notes_n; i++)
		if (strstr(d->notes[i].text, secret) || strstr(d->notes[i].words, secret))
			return true;
	return false;
}

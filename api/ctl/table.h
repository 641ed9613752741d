/* table.h - JSON as tables and as lists of members */
#pragma once

#include "api/ctl/paper.h"

enum shape {
	SHAPE_PLAIN, /* strings, numbers, lists joined with a comma */
	SHAPE_STATE, /* a word with a colour */
	SHAPE_BYTES, /* 1.2M */
	SHAPE_SECONDS, /* 1h02m */
	SHAPE_MARK, /* true is the member's name, false nothing */
	SHAPE_LAST, /* as plain; nothing is aligned behind it */
};

struct column {
	const char *head;
	const char *member; /* dotted; with '|' the second when the first is missing */
	enum shape shape;
};

json_t *table_member(const json_t *o, const char *dotted); /* borrowed; NULL if missing */
/* The text of a member, cleaned; "" when missing or null. */
void table_cell(struct text *t, const json_t *row, const struct column *c);
void table_print(struct paper *p, const struct column *columns, const json_t *rows);
/* Every member of an object on a line of its own; nested ones with dotted names. */
void table_object(struct paper *p, const json_t *o);
void table_bytes(struct text *t, uint64_t v);
void table_seconds(struct text *t, uint64_t v);

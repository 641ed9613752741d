/* text.h - a string that grows, and words for numbers
 *
 * text_init, text_add ..., text_done. When memory runs out the text is cut and says so.
 * Control characters from strangers are made visible by text_add_clean.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/bytes.h"

struct text {
	char *at; /* always terminated once something was added */
	size_t n, cap;
	size_t limit; /* 0: none. Beyond it the text is cut */
	bool cut;
};

void text_init(struct text *t, size_t limit);
void text_done(struct text *t);
void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_add_str(struct text *t, const char *s);
void text_add_n(struct text *t, const char *s, size_t n);
/* Printable ASCII and valid UTF-8 as it is; every other octet as \xNN. */
void text_add_clean(struct text *t, struct slice s);
void text_add_hex(struct text *t, struct slice s);
/* As a JSON string with its quotes; octets that are not UTF-8 become U+FFFD. */
void text_add_json(struct text *t, const char *s, size_t n);
/* The same of a whole text; "" is null. */
void text_add_json_str(struct text *t, const char *s);
/* A further member of a JSON object: a text, null for ""; a number, null for 0. */
void text_add_member(struct text *t, const char *key, const char *s);
void text_add_member_id(struct text *t, const char *key, uint64_t id);
char *text_give(struct text *t); /* the caller frees; "" never NULL unless no memory */

/* Words for small numbers, ended by a row with word NULL. */
struct name {
	int value;
	const char *word;
};

const char *name_of(const struct name *names, int value); /* "?" when unknown */
bool name_find(const struct name *names, const char *word, int *ret);
/* Copy, always terminated; true if it fitted. */
bool text_copy(char *ret, size_t cap, const char *s);
bool is_utf8(const char *s, size_t n); /* valid, no NUL, no surrogates */

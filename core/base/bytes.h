/* bytes.h - owned byte strings and borrowed slices
 *
 * `struct bytes` owns and wipes itself when freed, so secrets live in it.
 * `struct slice` only looks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/own.h"

struct bytes {
	size_t n;
	uint8_t at[];
};

struct slice {
	const uint8_t *at;
	size_t n;
};

struct bytes *bytes_new(size_t n); /* zeroed; NULL when memory has run out */
struct bytes *bytes_of(const void *at, size_t n);
struct bytes *bytes_dup(const struct bytes *b); /* NULL gives NULL */
struct bytes *bytes_join(const struct slice *parts, size_t n);
/* From hex digits; blanks and colons between octets are allowed. NULL if it is not hex. */
struct bytes *bytes_of_hex(const char *hex);
void bytes_free(struct bytes *b); /* wipes first; NULL is fine */
OWNABLE(bytes)

static inline struct slice slice_of(const struct bytes *b)
{
	return b ? (struct slice){ b->at, b->n } : (struct slice){ NULL, 0 };
}

static inline struct slice slice(const void *at, size_t n)
{
	return (struct slice){ at, n };
}

struct slice slice_str(const char *s);
bool slice_equal(struct slice a, struct slice b); /* quick; for public data */
bool slice_equal_secret(struct slice a, struct slice b); /* constant time for equal lengths */
int slice_compare(struct slice a, struct slice b); /* memcmp order, shorter first */
void wipe(void *at, size_t n); /* the compiler may not drop it */
/* Lower-case hex, terminated; writes at most cap octets, cuts politely. Returns ret. */
char *hex_of(struct slice s, char *ret, size_t cap);

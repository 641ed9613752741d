/* vectors.h - reading known answers
 *
 * JSON by jansson, NIST's .fax files line by line ("Key = value"). Whatever is missing fails
 * the test that asked.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "core/base/bytes.h"
#include "core/crypto/suite.h"

#include <cmocka.h> /* last: its macro fail() would hide fault.h's function */

#define VECTORS SOURCE_DIR "/tests/vectors/"

static inline json_t *vector_file(const char *name)
{
	char path[512];
	json_error_t e;

	snprintf(path, sizeof(path), "%s%s", VECTORS, name);
	json_t *j = json_load_file(path, 0, &e);
	if (!j)
		fail_msg("%s: %s", path, e.text);
	return j;
}

static inline const char *vector_text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	if (!s)
		fail_msg("no text \"%s\"", name);
	return s;
}

/* Hex of a member; an empty text gives no octets. The caller frees. */
static inline struct bytes *vector_hex(const json_t *o, const char *name)
{
	const char *hex = vector_text(o, name);
	struct bytes *b = *hex ? bytes_of_hex(hex) : bytes_new(0);

	if (!b)
		fail_msg("\"%s\" is not hex", name);
	return b;
}

static inline struct bytes *hex(const char *text)
{
	struct bytes *b = bytes_of_hex(text);

	assert_non_null(b);
	return b;
}

static inline bool vector_is(const uint8_t *at, size_t n, const struct bytes *want)
{
	return want->n == n && memcmp(at, want->at, n) == 0;
}

#define assert_bytes(octets, want) assert_memory_equal((octets), (want)->at, (want)->n)

/* The next "Key = value" of a .fax file, or "[value]" with an empty key. */
struct fax {
	FILE *file;
	char line[20000];
	const char *key, *value;
};

static inline void fax_open(struct fax *x, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s%s", VECTORS, name);
	x->file = fopen(path, "r");
	assert_non_null(x->file);
}

static inline bool fax_next(struct fax *x)
{
	while (fgets(x->line, sizeof(x->line), x->file)) {
		char *equals = strstr(x->line, " = ");

		x->line[strcspn(x->line, "\r\n")] = '\0';
		if (x->line[0] == '[') {
			x->line[strcspn(x->line, "]")] = '\0';
			x->key = "";
			x->value = x->line + 1;
			return true;
		}
		if (x->line[0] == '#' || !equals)
			continue;
		*equals = '\0';
		x->key = x->line;
		x->value = equals + 3;
		return true;
	}
	fclose(x->file);
	return false;
}

static inline int open_crypto(void **state)
{
	(void)state;
	return crypto_open(NULL) == R_OK ? 0 : -1;
}

static inline int close_crypto(void **state)
{
	(void)state;
	crypto_close();
	return 0;
}

/* decoded.h - the decoder's lines as JSON, for its tests */
#pragma once

#include <jansson.h>

#include "core/daemon/decode.h"
#include "tests/duet/play.h"

/* A list of objects, one a line; NULL with a fault when nothing could be read. */
static inline json_t *decoded(struct slice file, const struct decode_want *w, struct fault *f)
{
	char *at = NULL;
	size_t n = 0, from = 0;
	FILE *out = open_memstream(&at, &n);
	json_t *list = json_array();

	assert_non_null(out);
	decode_octets(file, w, out, f);
	fclose(out);
	for (size_t i = 0; i < n; i++) {
		json_error_t e;

		if (at[i] != '\n')
			continue;
		json_t *o = json_loadb(&at[from], i - from, JSON_REJECT_DUPLICATES, &e);
		if (!o) {
			print_error("%.*s: %s\n", (int)(i - from), &at[from], e.text);
			_fail(__FILE__, __LINE__);
		}
		json_array_append_new(list, o);
		from = i + 1;
	}
	assert_int_equal(from, n);
	free(at);
	return list;
}

static inline const char *said(const json_t *list, size_t i, const char *member)
{
	const char *s = json_string_value(json_object_get(json_array_get(list, i), member));

	return s ? s : "";
}

static inline bool is_verified(const json_t *list, size_t i)
{
	return json_is_true(json_object_get(json_array_get(list, i), "verified"));
}

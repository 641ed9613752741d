/* json.h - any record to and from JSON, by its field table */
#pragma once

#include <jansson.h>

#include "core/base/text.h"
#include "core/crypto/secret.h"
#include "core/model/config.h"

/* Strict parse: depth 32, no doubled members, UTF-8, integers as integers. R_BAD_JSON with line. */
enum reason json_parse(const char *at, size_t n, json_t **ret, struct fault *f);

/* A configuration record; secrets show as value_set and fingerprint. */
json_t *json_of_record(const struct record *r);
/* Merge a body onto a record (RFC 7396: null is back to the preset). Every fault is collected:
 * unknown member, wrong type, bad value. Read-only members equal to what is there are fine.
 * Secrets are sealed with the keyring. `whole`: members not given go back to their presets. */
enum reason json_merge(struct record *rec, json_t *body, bool whole, struct keyring *k,
		       struct faults *errors);
/* Writes a flat row as a JSON object straight into the text: lists of SAs, no tree. `only` is a
 * comma list of members or NULL. */
void json_row(struct text *t, const struct field *fields, const void *row, const char *only);

/* json.h - any record to and from JSON, by its field table */
#pragma once

#include <jansson.h>

#include "core/base/text.h"
#include "core/crypto/secret.h"
#include "core/model/config.h"

/* Strict parse: depth 32, no doubled members, UTF-8, integers as integers. R_BAD_JSON with line. */
enum reason json_parse(const char *at, size_t n, json_t **ret, struct fault *f);

/* A JSON pointer (RFC 6901) of a member that is in no table, into f->field; cut between characters. */
void json_pointer(struct fault *f, const char *prefix, const char *key);
/* A configuration record; secrets show as value_set and fingerprint. */
json_t *json_of_record(const struct record *r);
/* Merge a body onto a record (RFC 7396: null is back to the preset). Every fault is collected:
 * unknown member, wrong type, bad value. Read-only members equal to what is there are fine.
 * Secrets are sealed with the keyring. `whole`: members not given go back to their presets. */
enum reason json_merge(struct record *rec, json_t *body, bool whole, struct keyring *k,
		       struct faults *errors);
/* A record out of text, as POST would make it: both steps above at once. */
enum reason json_read_record(enum kind kind, struct slice text, struct keyring *k,
			     struct record **ret, struct faults *errors);
/* Writes a flat row as a JSON object straight into the text: lists of SAs, no tree. `only` is a
 * comma list of members or NULL. */
void json_row(struct text *t, const struct field *fields, const void *row, const char *only);
/* The same for a record, with what every record knows (json_record_fields). */
void json_record(struct text *t, const struct record *r, const char *only);
extern const struct field json_record_fields[]; /* index, revision, created_at, ... */
void json_value(struct text *t, const struct field *fl, const void *row); /* not for secrets */
void json_time(struct text *t, int64_t seconds); /* RFC 3339 in quotes, null when out of range */
bool json_wanted(const char *only, const char *name);
json_t *json_of_text(struct text *t); /* parses what was written and ends the text */

/* record.h - what every configuration record begins with
 *
 * Records are immutable once they are part of a config, and counted: configs share them,
 * and an SA keeps those it was built from, so "stale" is a comparison of two records.
 */
#pragma once

#include <stdint.h>

#include "core/base/own.h"
#include "core/model/field.h"

enum { NAME_MAX_ = 32, NAME_SIZE = 33, WHO_SIZE = 64 };

struct record {
	enum kind kind;
	uint32_t refs; /* atomic */
	uint32_t index; /* stable number of this record, never reused: SNMP's row index */
	uint64_t revision; /* of the configuration that last wrote it: its ETag */
	int64_t created_s, changed_s;
	char changed_by[WHO_SIZE];
	char scope[NAME_SIZE]; /* which gateways it is for; "this" until there is a fleet */
	char name[NAME_SIZE];
};

struct kind_row {
	const char *path; /* "peers", "settings/ike" */
	const char *word; /* "peer", "settings": for sentences */
	bool single;
	size_t size;
	const struct field *fields;
};

const struct kind_row *kind_row(enum kind k);
enum kind kind_of_path(const char *path); /* K_COUNT when unknown */
struct record *record_new(enum kind k); /* presets set, refs 1; NULL: no memory */
struct record *record_copy(const struct record *r); /* refs 1 */
const struct record *record_ref(const struct record *r);
void record_unref(const struct record *r); /* wipes secrets with the last; NULL is fine */
static inline void record_free(struct record *r)
{
	record_unref(r);
}
OWNABLE(record)
enum impact record_diff(const struct record *a, const struct record *b, struct text *ret_members);

/* field.h - one row per member: the register every room reads
 *
 * A record or a view row is a plain struct; its table of `struct field` says what each
 * member is called, what it may hold, what a change of it touches and what to tell people.
 * JSON, the store's columns, validation, OpenAPI, the forms of the browser and the impact
 * preview all walk the same rows.
 *
 * A dot in a name nests in JSON ("local_id.type") and is an underscore in SQL.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/fault.h"
#include "core/model/syntax.h"

struct slice; /* core/base/bytes.h */
struct name; /* core/base/text.h */
struct text;

enum field_kind {
	F_TEXT, /* char[size], terminated */
	F_UINT, /* uint32_t or uint64_t by size; 0 is allowed beside min..max with FF_ZERO */
	F_CHOICE, /* int with a word of `names` */
	F_FLAG, /* bool */
	F_ADDRESS, /* char[size] whose shape is `syntax`, kept in canonical text */
	F_REF, /* char[size]: name of a record of kind `ref`, "" none */
	F_SECRET, /* struct sealed or sealed_long, by size: written, never read back */
	F_KINDS
};

/* What must happen to living SAs before a new value counts. */
enum impact { IMPACT_NONE, IMPACT_NEXT, IMPACT_CHILD, IMPACT_IKE };

enum {
	FF_KEY = 1, /* names the record; cannot be changed */
	FF_REQUIRED = 2, /* must be given when a record is made */
	FF_READ_ONLY = 4, /* ours to say; accepted back unchanged, ignored */
	FF_LATER = 8, /* accepted; has no effect in this release: other than the preset it warns */
	FF_TIME = 16, /* seconds since 1970, RFC 3339 in JSON; 0 is null */
	FF_HEX = 32, /* number as "0x%08x" in JSON */
	FF_ZERO = 64, /* 0 means off, or "as the global setting" */
	FF_RESTART = 128, /* counts after a restart of the daemon */
	FF_COUNTER = 256, /* grows for ever; for metrics and MIBs */
	FF_LINES = 512, /* text of several lines: line breaks and tabs are allowed */
	FF_DERIVED = 1024, /* read from other members; the store keeps no column of it */
};

enum kind {
#define KIND(code, ...) K_##code,
#include "core/model/kind.def"
#undef KIND
	K_COUNT
};

struct field {
	const char *name;
	enum field_kind kind;
	enum impact impact;
	enum syntax syntax;
	enum kind ref;
	const struct name *names;
	const char *preset; /* default as text: "main", "20", "true"; NULL is "" or 0 */
	const char *help;
	uint32_t min, max; /* number range, or text length in octets */
	uint32_t flags;
	uint16_t offset, size; /* of the (first) value */
	uint16_t count_at; /* offset of the uint8_t count when many */
	uint8_t many; /* 0: one value; n: a list of at most n values side by side */
};

/* FIELD(struct tag, member, name, ...) and LIST(tag, member, count member, most, name, ...). */
#define FIELD(tag, member, name_, ...)                                 \
	{                                                              \
		.name = name_, .offset = offsetof(struct tag, member), \
		.size = sizeof(((struct tag *)0)->member), __VA_ARGS__ \
	}
#define LIST(tag, member, count_, name_, ...)                            \
	{                                                                \
		.name = name_, .offset = offsetof(struct tag, member),   \
		.size = sizeof(((struct tag *)0)->member[0]),            \
		.count_at = offsetof(struct tag, count_),                \
		.many = COUNT_OF(((struct tag *)0)->member), __VA_ARGS__ \
	}

/* AROUND: what sealing adds (version, key id, nonce, tag); the rest has the text's length. */
enum { SEALED_MAX = 320, SECRET_MAX = 256, SEALED_AROUND = 33 };

/* A sealed secret as it lies in a record and in the store; api seals, the daemon opens. */
struct sealed {
	uint16_t n; /* 0: not set */
	char fingerprint[18];
	uint8_t at[SEALED_MAX];
};

/* The same with room for a private key; what lies behind `at` is reached by its field only. */
enum { SECRET_LONG_MAX = 7168, SEALED_LONG_MAX = SECRET_LONG_MAX + SEALED_AROUND };
struct sealed_long {
	uint16_t n;
	char fingerprint[18];
	uint8_t at[SEALED_LONG_MAX];
};

const struct field *field_find(const struct field *t, const char *name);
void field_preset(const struct field *t, void *rec); /* set every member to its default */
/* Set from text (forms, command line, store): checks shape and range, makes text canonical.
 * `i` is the place in a list, 0 otherwise; the count grows by itself. F_SECRET is refused. */
enum reason field_set_text(const struct field *fl, void *rec, size_t i, const char *value,
			   struct fault *f);
enum reason field_set_uint(const struct field *fl, void *rec, uint64_t value, struct fault *f);
enum reason field_set_flag(const struct field *fl, void *rec, bool value, struct fault *f);
void field_clear(const struct field *fl, void *rec); /* back to the preset; lists become empty */
size_t field_count(const struct field *fl, const void *rec); /* 1 when not a list */
uint64_t field_uint(const struct field *fl, const void *rec); /* UINT, CHOICE, FLAG */
const char *field_str(const struct field *fl, const void *rec, size_t i); /* TEXT, ADDRESS, REF */
/* How much is sealed and its fingerprint; the octets are field_sealed_octets, of either size. */
const struct sealed *field_sealed(const struct field *fl, const void *rec);
struct slice field_sealed_octets(const struct field *fl, const void *rec);
/* Keeps what was sealed elsewhere. R_INVALID: it is longer than the member. */
enum reason field_set_sealed(const struct field *fl, void *rec, struct slice sealed,
			     const char *fingerprint, struct fault *f);
/* The value as people read it; lists joined with ", "; secrets as "set" or "". */
void field_text(const struct field *fl, const void *rec, struct text *t);
bool field_equal(const struct field *fl, const void *a, const void *b);
bool field_is_preset(const struct field *fl, const void *rec);
/* The strongest impact of all members that differ; their names joined by ", " in ret_members
 * (may be NULL). Members of impact NONE are not named. */
enum impact field_diff(const struct field *t, const void *a, const void *b,
		       struct text *ret_members);
const char *impact_word(enum impact i); /* "none", "next_negotiation", "reset_child", "reset_ike" */

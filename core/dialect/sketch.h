/* sketch.h - what a foreign configuration text comes to: records, and notes about the rest
 *
 * A reader of a dialect fills a sketch, a writer of a dialect reads one; neither does more than
 * that. Members are set through the field tables, so what a sketch holds has passed the checks of
 * its member; what several members mean together is said by the rules when it is applied.
 */
#pragma once

#include "core/base/text.h"
#include "core/model/record.h"

struct hash;

enum note_sort {
	NOTE_LEFT_OUT, /* the words have no counterpart here, or could not be read */
	NOTE_MIND, /* taken over, but something is to be known about it */
};

/* Stands for a key in a text of ours; reading it sets none. */
#define SECRET_HERE "PUT-THE-PRE-SHARED-KEY-HERE"

enum { NOTE_WORDS = 80, NOTE_TEXT = 240, SKETCH_NOTES = 2000, SKETCH_ENTRIES = 65536 };

struct note {
	enum note_sort sort;
	unsigned line; /* 0: about the whole text */
	char words[NOTE_WORDS]; /* of the line, cut; "" none. Never a secret */
	char text[NOTE_TEXT]; /* one sentence */
};

/* One record on its way. */
struct entry {
	struct record *rec; /* owned */
	uint64_t given; /* bit i: the i-th member of its table was set */
	struct bytes *secret; /* K_SECRET: its value in the clear, NULL none; owned and wiped */
	unsigned line; /* where it began */
};

struct sketch {
	struct entry **at; /* in the order in which they must be made: what is referred to, first */
	size_t n, cap;
	struct note *notes;
	size_t notes_n, notes_cap, notes_dropped;
	struct hash *by_name;
	bool no_memory;
};

void sketch_init(struct sketch *d);
void sketch_done(struct sketch *d);
/* Of this kind and name, made if it is not there; single records have any name. NULL: the name is
 * none we take (there is a note then), or no memory. */
struct entry *sketch_add(struct sketch *d, enum kind k, const char *name, unsigned line);
struct entry *sketch_find(const struct sketch *d, enum kind k, const char *name); /* NULL: none */
/* Of no sketch yet, and without a name; NULL: no memory. */
struct entry *entry_new(enum kind k, unsigned line);
void entry_free(struct entry *e); /* NULL is fine */
OWNABLE(entry)
/* Under this name into the sketch; the entry is the sketch's, or gone when this says false. */
bool sketch_take(struct sketch *d, struct entry *take_e, const char *name);
/* Set or, for a list, append. False: the value is none of its; there is a note. */
bool sketch_set(struct sketch *d, struct entry *e, const char *member, const char *value,
		unsigned line);
/* The value of a member as text, "" when it has none. `ret` holds its octets. */
const char *entry_text(const struct entry *e, const char *member, struct text *ret);
/* A note about each member that has a value and is in none of `said`. */
void sketch_unsaid(struct sketch *notes, const struct entry *e, uint64_t said,
		   const char *language);
uint64_t entry_bit(const struct entry *e, const char *member); /* its bit of `given`, 0 none */
bool entry_has(const struct entry *e, const char *member); /* was it set */
void sketch_note(struct sketch *d, enum note_sort s, unsigned line, const char *words,
		 const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Sort so that whatever is referred to comes first; call it when all are in. */
void sketch_order(struct sketch *d);
/* The members that were set as a JSON object. The value of a secret stands in it. */
void entry_json(const struct entry *e, struct text *t);
void entry_path(const struct entry *e, struct text *t); /* "/peers/branch", "/settings/ike" */
/* allow_weak on every proposal with weak algorithms, and a note about each. */
void sketch_allow_weak(struct sketch *d);
/* allow_weak_key on every peer in aggressive mode whose key is known and easy to guess, likewise. */
void sketch_allow_weak_keys(struct sketch *d);

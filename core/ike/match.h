/* match.h - comparing transforms trait by trait, and remembering the pair that came nearest
 *
 * For select.c and select_esp.c. When nothing fits, people want to know in what: the member of the
 * pair that agrees in most.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/base/fault.h"
#include "core/wire/sa1.h"

enum { MATCH_TRAITS = 6 };

struct traits {
	int v[MATCH_TRAITS];
};

struct match {
	const char *const *names; /* of the traits, as members of records */
	size_t n;
	uint8_t protocol; /* of the texts */
	int best; /* traits equal in the nearest pair, -1 none yet */
	const char *field; /* the first in which it differs */
	struct transform1 theirs, ours; /* the nearest pair */
	uint8_t their_protocol;
};

struct match match_start(const char *const *names, size_t n, uint8_t protocol);
/* Equal in all traits? Otherwise the pair is kept if none came nearer. */
bool match_pair(struct match *m, const struct traits *theirs, const struct traits *ours);
/* To be called after a match_pair that said no: the texts of that pair. */
void match_texts(struct match *m, uint8_t protocol, const struct transform1 *theirs,
		 const struct transform1 *ours);
/* R_NO_PROPOSAL with field and sentence. `said`: "the peer offers", `accepted`: "we accept". */
enum reason match_none(const struct match *m, const char *said, const char *accepted,
		       struct fault *f);

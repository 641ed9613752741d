/* story.h - what happened in one negotiation, as it is told
 *
 * Kept by the engine in a ring while it is told, by the store once it ended; copied to whoever asks.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/fault.h"
#include "core/model/record.h"

enum { STORY_STEPS = 40, STORY_OFFERS = 1000, STORY_OFFER = 3072, STORY_ID = 160 };
enum story_side { SIDE_NONE, SIDE_LOCAL, SIDE_REMOTE };
enum story_verdict { VERDICT_RUNNING, VERDICT_UP, VERDICT_FAILED };

struct story_step {
	int64_t wall_ms;
	char direction; /* '>' sent, '<' received, ' ' within */
	char text[128];
};

struct story {
	uint64_t id;
	char peer[NAME_SIZE], tunnel[NAME_SIZE];
	uint32_t ike_sa, child_sa;
	int exchange; /* wire's exchange type: 2 main, 4 aggressive, 32 quick */
	int role; /* enum sa_role */
	struct addr local, remote;
	int64_t started_ms, ended_ms; /* wall; 0 not yet */
	enum story_verdict verdict;
	enum reason reason;
	enum story_side side; /* who refused */
	char field[64]; /* member to look at, on that side */
	char text[240]; /* the verdict in one sentence */
	char hint[160];
	char ours[STORY_OFFERS]; /* acceptable or offered by us, one per line */
	char theirs[STORY_OFFERS]; /* offered or chosen by the peer, one per line */
	char chosen[160];
	char local_id[STORY_ID], remote_id[STORY_ID]; /* as the ends named themselves; "" not yet */
	/* Body of the SA payload that the peer sent, from the DOI on (RFC 2408 section 3.4): its offer
	 * where it began, its choice where we did. None of it is secret. 0 octets: none came. */
	uint8_t offer[STORY_OFFER];
	size_t offer_n;
	uint64_t revision;
	size_t steps_n;
	struct story_step steps[STORY_STEPS];
};

typedef void story_each(void *arg, const struct story *s); /* NULL ends a list */

void story_json(const struct story *s, bool whole,
		struct text *t); /* whole: with steps and offers */

/* phase1.h - how phase 1 begins, what main mode's ends share, and how it fails; this room only */
#pragma once

#include "core/ike/halfopen.h"
#include "core/ike/v1/own1.h"

/* A first message: answered from a half-open record, or refused. */
void first1_packet(struct engine *e, const struct packet *p, const struct header *h);
/* The third message: an IKE SA in the state after the answer, with its story begun. NULL with a
 * fault when there is no room. */
struct exchange *first1_third(struct engine *e, const struct halfopen *ho, const struct packet *p,
			      struct fault *f);

enum reason main1_start(struct ike_sa *sa, struct fault *f);
/* The offers of both ends, for the story of an SA that has a choice. */
void first1_tell_offers(struct engine *e, uint64_t negotiation, const struct peer *p,
			const struct sa1 *theirs);
bool first1_says_natt(const struct chain *c); /* the vendor id of RFC 3947 is there */

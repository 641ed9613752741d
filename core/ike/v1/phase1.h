/* phase1.h - how phase 1 begins, what main mode's ends share, and how it fails; this room only */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/fault.h"

struct chain; /* core/wire/payload.h */
struct engine;
struct exchange;
struct halfopen; /* core/ike/halfopen.h */
struct header; /* core/wire/header.h */
struct ike_sa;
struct packet; /* core/ike/ports.h */

/* A first message: answered from a half-open record, or refused. */
void first1_packet(struct engine *e, const struct packet *p, const struct header *h);
/* The third message: an IKE SA in the state after the answer, with its story begun. NULL with a
 * fault when there is no room. */
struct exchange *first1_third(struct engine *e, const struct halfopen *ho, const struct packet *p,
			      struct fault *f);

enum reason main1_start(struct ike_sa *sa, struct fault *f);
bool first1_says_natt(const struct chain *c); /* the vendor id of RFC 3947 is there */

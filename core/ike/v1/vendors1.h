/* vendors1.h - what the vendor ids of phase 1 say, and which ones we send; for this room only */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chain; /* core/wire/payload.h */
struct engine;
struct ike_sa; /* core/ike/sa.h */
struct peer; /* core/model/peer.h */
struct writer; /* core/wire/writer.h */

/* One bit for each vendor id of the register that the message carries. */
uint32_t vendors1_seen(const struct chain *c);
/* Ours: all that we can, as initiator; as responder what goes with the peer's. */
void vendors1_offer(struct writer *w, const struct engine *e, const struct peer *p);
void vendors1_answer(struct writer *w, const struct engine *e, const struct peer *p, uint32_t seen);
/* Of these only the one of NAT-T, for answers that must be short. */
void vendors1_answer_natt(struct writer *w, const struct engine *e, const struct peer *p,
			  uint32_t seen);
void vendors1_answer_dpd(struct writer *w); /* likewise */
/* One that says nothing but makes a first message this much longer, at most 256. */
void vendors1_room(struct writer *w, size_t octets);
/* A first message that is a question, which makes no SA: what says so, and did it come. */
void vendors1_ask(struct writer *w);
bool vendors1_asks(uint32_t seen);
/* The peer would go around a NAT, but by draft 00 or 01 of RFC 3947 alone, which our data plane cannot. */
bool vendors1_only_oldest(const struct engine *e, const struct peer *p, uint32_t seen);
/* What both ends can is what this SA does. */
void vendors1_take(struct ike_sa *sa, uint32_t seen);

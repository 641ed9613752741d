/* build1.h - putting an IKEv1 message together and sending it; for this room only */
#pragma once

#include "core/wire/payload.h"
#include "core/wire/writer.h"

struct engine;
struct exchange;
struct ike_sa;
struct notify; /* core/wire/notify.h */
struct packet; /* core/ike/ports.h */

enum { MESSAGE_MAX = 8192 };

struct build {
	uint8_t at[MESSAGE_MAX];
	struct writer w;
	uint32_t message_id;
	size_t hash_at, hash_n; /* the HASH body of a phase 2 message */
};

/* A message of phase 1. */
void build1_start(struct build *b, const struct ike_sa *sa, uint8_t exchange, bool encrypted);
/* A message of phase 2: encrypted, with room for its HASH in front. */
void build1_start2(struct build *b, const struct ike_sa *sa, uint8_t exchange, uint32_t mid);
void build1_put(struct build *b, enum payload kind, struct slice body);
/* What a HASH covers: everything behind the HASH payload so far. */
struct slice build1_rest(struct build *b);
void build1_hash(struct build *b, const uint8_t *digest);
void build1_key(struct build *b, const struct exchange *x); /* KE, when it has a key pair */
/* Of the remote end and of ours; nothing when NAT-T is not spoken. */
enum reason build1_natd(struct build *b, const struct ike_sa *sa, struct fault *f);
/* RESPONDER-LIFETIME about the SA of this protocol and SPI (RFC 2407 section 4.6.3.1): the answer must
 * repeat what was offered, what we hold shorter is said beside it. 0: nothing to say. */
void build1_lifetimes(struct build *b, unsigned protocol, struct slice spi, uint32_t seconds,
		      uint32_t kilobytes);
/* Finish and send over the exchange; sealed with this chain when it is not NULL. */
enum reason build1_send(struct build *b, struct exchange *x, uint8_t *iv, bool wait,
			struct fault *f);

/* An informational of its own: HASH(1) and one payload, sealed. False: could not be built. */
bool build1_inform(struct ike_sa *sa, enum payload kind, struct slice body);
bool build1_notify(struct ike_sa *sa, const struct notify *n);
/* An unprotected refusal in answer to this datagram, if strangers may hear one now. */
void build1_refuse(struct engine *e, const struct packet *p, const struct header *h, unsigned type);

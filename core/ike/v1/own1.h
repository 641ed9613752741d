/* own1.h - what IKEv1 adds to an IKE SA and to its exchanges; for this room only
 *
 * Names as in RFC 2409: SAi_b, Ni_b, Nr_b, g^xi, g^xr. What only phase 1 needs is freed when the
 * SA is up.
 */
#pragma once

#include "core/crypto/keys1.h"
#include "core/ike/ports.h"
#include "core/ike/sa.h"
#include "core/model/story.h"

struct exchange; /* core/ike/exchange.h */
struct heavy; /* core/ike/halfopen.h */

/* Message ids that were used, for the life of the SA: nothing old works again. */
struct mids {
	uint32_t *at;
	size_t n, cap;
};

struct own1 {
	struct keys1 keys;
	bool keyed; /* keys are derived: messages can be opened */
	bool proven; /* the peer's HASH was good */
	bool quick_came; /* the peer began a quick mode, good or not */
	uint8_t iv[BLOCK_MAX]; /* last cipher block of phase 1 */
	uint8_t next_iv[BLOCK_MAX]; /* of the message being looked at; becomes iv when it is good */
	struct bytes *sai_b, *ni_b, *nr_b, *g_xi, *g_xr;
	const struct ike_proposal **offered; /* initiator: counted */
	size_t offered_n;
	bool shorter; /* responder: our lifetime is, so the peer must hear of it */
	bool contact; /* INITIAL-CONTACT came with the proof being looked at */
	struct packet proof_packet; /* where that came from */
	struct bytes *answer; /* of aggressive mode with signatures, until it is proven */
	unsigned doubts; /* answers that did not prove good */
	struct mids mids;
	struct fault
		*noted; /* a refusal that proves nothing yet: the verdict if nothing better comes */
	enum story_side noted_side;
	unsigned strikes; /* messages refused in the current state */
	unsigned refusals; /* clear refusals, one per transmission of ours */
	unsigned refused_try;
	unsigned asked; /* ask1.c: what the peer is being asked with */
	/* aggressive mode, responder */
	struct heavy *heavy; /* a caller that has not gone on */
	struct bytes *idii_b; /* as it came with the first message */
	size_t transform; /* of the offer: what we chose */
	uint32_t vendors; /* what the peer's first message named, a bit each */
	size_t asked_octets; /* of the first message: the answer is at most twice as long */
	struct packet early_packet; /* a quick mode that overtook the end of phase 1 */
	struct bytes *early;
};

static inline struct own1 *own1_of(const struct ike_sa *sa)
{
	return sa->own;
}

/* psk1.c: an initiator's attempt by the current one of two pre-shared keys came to nothing: once more from the start, by the previous one. The
 * exchange is gone then; SA and story go on. False: there is no other key, it has failed. */
bool psk1_again(struct exchange *x);
/* Of phase 1, in whichever mode; NULL when it is forgotten. */
struct exchange *own1_exchange(struct ike_sa *sa);
enum reason own1_new(struct ike_sa *sa, struct fault *f);
/* The same for an initiator, with a cookie that it has to itself, and registered by it. */
enum reason own1_begin(struct ike_sa *sa, struct fault *f);
void own1_free(struct ike_sa *sa);
size_t own1_cipher_key(const struct ike_sa *sa, uint8_t *ret); /* as struct version says */
void own1_settle(struct ike_sa *sa); /* up: what only phase 1 needed goes */
/* A copy in the place of what is there: bodies that the hashes need later. */
enum reason own1_keep(struct bytes **at, struct slice s, struct fault *f);
enum { NONCE_OCTETS = 32 };
/* Our own nonce, in the place of what is there. */
enum reason own1_nonce(struct engine *e, struct bytes **at, size_t octets, struct fault *f);
/* Keep the first refusal that says something. */
void own1_note(struct ike_sa *sa, enum story_side side, const struct fault *f);

enum { MIDS_MOST = 16384, MIDS_RENEW = MIDS_MOST / 4 * 3 };
bool mids_has(const struct mids *m, uint32_t mid);
enum reason mids_add(struct mids *m, uint32_t mid, struct fault *f); /* R_BUSY when full */
/* After this many its successor is due; the other end leaves us a little more time. */
void mids_look(struct ike_sa *sa);
/* A message id never used on this SA; it is used from now on. */
enum reason mids_new(struct ike_sa *sa, uint32_t *ret, struct fault *f);

/* phase1.h - how phase 1 begins, and what both modes and both ends share; this room only */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/fault.h"

struct build; /* build1.h */
struct chain; /* core/wire/payload.h */
struct engine;
struct exchange;
struct halfopen; /* core/ike/halfopen.h */
struct header; /* core/wire/header.h */
struct ike_sa;
struct ike_choice; /* core/ike/select.h */
struct ike_proposal;
struct msg; /* core/ike/exchange.h */
struct packet; /* core/ike/ports.h */
struct peer; /* core/model/peer.h */
struct sa1; /* core/wire/sa1.h */

/* A first message: answered from a half-open record, or refused. */
void first1_packet(struct engine *e, const struct packet *p, const struct header *h);
/* The third message: an IKE SA in the state after the answer, with its story begun. NULL with a
 * fault when there is no room. */
struct exchange *first1_third(struct engine *e, const struct halfopen *ho, const struct packet *p,
			      struct fault *f);

enum reason main1_start(struct ike_sa *sa, struct fault *f);
/* One proposal with one transform, as an answer repeats it. */
void first1_chosen(const struct sa1 *offer, size_t transform, struct sa1 *ret);

void phase1_take_vendors(struct ike_sa *sa, const struct chain *c); /* what both ends can */
/* What we offer: for the answer, for the hashes, for the story. */
enum reason phase1_remember_offer(struct exchange *x, const struct ike_proposal *const *list,
				  size_t n, struct fault *f);
enum reason phase1_read_choice(struct exchange *x, const struct msg *in, struct ike_choice *ret,
			       struct fault *f);
void phase1_take_choice(struct ike_sa *sa, const struct ike_choice *c);
/* KE and nonce of this end, kept for the hashes. */
enum reason phase1_put_keys(struct exchange *x, struct build *b, size_t nonce_octets,
			    struct fault *f);
/* The peer's, checked before any sum. */
enum reason phase1_take_keys(struct exchange *x, const struct msg *in, struct fault *f);
void phase1_float(struct exchange *x); /* initiator: to the NAT-T port, if there is a reason */
void phase1_put_initial_contact(struct build *b, const struct ike_sa *sa); /* when it is one */
bool phase1_has_contact(const struct chain *c); /* INITIAL-CONTACT is in it */
/* Up, at this end. `last`: the peer's last message, NULL none. */
void phase1_settle(struct exchange *x, const struct chain *last);

/* The choice as the answer repeats it, and what NAT-D payloads of a message say about the way it came. */
enum reason aggr1_put_choice(struct exchange *x, struct build *b, struct fault *f);
void aggr1_judge_nat(struct ike_sa *sa, const struct msg *in);
enum reason aggr1_start(struct ike_sa *sa, struct fault *f);
/* Does a message wait here for a secret that nobody asked for yet? */
bool aggr1_wants_secret(const struct exchange *x);
/* May its last message come in the clear (Volans)? */
bool aggr1_takes_clear(const struct exchange *x);
/* A first message in aggressive mode: answered by an SA of its own, or refused. */
void greet1_packet(struct engine *e, const struct packet *p, const struct header *h);
/* The exchange that this first message began before; NULL: it is new. */
struct exchange *greet1_again(struct engine *e, const struct packet *p, const struct header *h);
/* An answer with a signature is being looked at, and may be anybody's. */
bool asig1_judges(const struct exchange *x);
/* An answer with a signature did not prove good, and may have been anybody's: true, and we wait for
 * another. */
bool asig1_doubts(struct exchange *x, const struct fault *bad);

/* The peer answered what it was asked with after a refusal: the verdict falls, x and its SA are gone.
 * False: it is no question, or not over. */
bool ask1_over(struct exchange *x);
/* A message in another IKE version with the cookies of this SA: an answer to such a question, or nothing. */
void ask1_foreign(struct ike_sa *sa, const struct packet *p, const struct header *h);

/* --- psk1.c: a pre-shared key that is being rotated, and which of the two the peer has */
/* Responder of main mode, before the message with IDii and HASH_I is looked at: it goes on with the
 * key that opens it and makes its hash, else with the one it had. Never fails, says nothing. */
void psk1_fit(struct exchange *x, const struct packet *p, const struct header *h);
/* Initiator of aggressive mode: SKEYID by the key that makes this HASH_R, and what proof1_check says
 * then. R_AUTH_FAILED: neither does. */
enum reason psk1_check_answer(struct ike_sa *sa, struct slice id_body, struct slice hash,
			      struct fault *f);
/* Responder of aggressive mode, before it answers: by which key. */
void psk1_choose(struct exchange *x);
/* Initiator of main mode, as it proves itself by the current key: it does not wait for long. */
void psk1_asked(struct exchange *x);
/* The peer proved itself: told when that is the first time by the new key. */
void psk1_proven(struct exchange *x);

bool sign1_wanted(const struct peer *p); /* certificates rather than a pre-shared key */
/* CERTREQ payloads, when this peer is to show a certificate. */
void sign1_put_requests(struct build *b, const struct ike_sa *sa);
void sign1_put_request(struct build *b); /* one, for a certificate of any authority */
void sign1_put_certificates(struct build *b, const struct ike_sa *sa); /* ours, as CERT payloads */
/* Over HASH_I or HASH_R of this end, with the keys and cookies that the SA has now: EV_SIGNED. */
enum reason sign1_begin(struct exchange *x, struct fault *f);
/* Identity, certificates and signature of the peer, likewise: EV_VERIFIED. */
enum reason sign1_verify(struct exchange *x, struct slice id_body, const struct chain *c,
			 struct fault *f);
void sign1_believe(struct exchange *x); /* what the message said counts, and its chain */
void sign1_settle(struct exchange *x); /* up, with the INITIAL-CONTACT that came */

/* exchange.h - running a step table
 *
 * The table of a mode *is* its state diagram: one row per arrow. Handlers never set the state.
 * Waiting for a sum is a state of its own, so what is published always tells the truth.
 *
 * Called by the versions. Thread: loop. An exchange belongs to its IKE SA.
 */
#pragma once

#include "core/base/list.h"
#include "core/base/timers.h"
#include "core/ike/resend.h"
#include "core/model/alg.h"
#include "core/model/view.h"

struct chain; /* core/wire/payload.h */
struct child;
struct dh_key; /* core/crypto/dh.h */
struct engine;
struct exchange;
struct header; /* core/wire/header.h */
struct ike_sa;

enum xevent {
	EV_START, /* we begin */
	EV_MSG, /* a message of the peer, clear and parsed */
	EV_KEY, /* x->key is there */
	EV_SECRET, /* x->secret is there */
	EV_SIGNED, /* x->signature is there */
	EV_VERIFIED, /* the peer's certificate and signature are good */
	EV_DOUBTED, /* it did not prove good, and may have been anybody's */
	EV_SEALED, /* a message that cannot be opened before there is a secret */
	EV_PROOF, /* authenticated ESP came: as good as the message that is missing */
	EV_COUNT
};

/* One message of the peer, clear and parsed. Borrowed. */
struct msg {
	const struct packet *packet;
	const struct header *header;
	const struct chain *chain;
};

typedef enum reason step_act(struct exchange *x, const struct msg *in, struct fault *f);

struct step {
	int from;
	enum sa_role role;
	enum xevent on;
	uint32_t must,
		may; /* payloads of the message, P(...) bits; vendor ids are always welcome */
	step_act *act;
	int to;
	const char *story; /* what the trace, the log, the API and the tests print */
};

struct exchange {
	struct engine *e;
	struct ike_sa *sa;
	struct child *child; /* that it makes, NULL in phase 1 */
	struct link link; /* sa->exchanges */
	uint64_t number; /* unique in this engine: jobs come back to it */
	const struct step *steps;
	uint8_t type; /* enum exchange_type on the wire */
	enum sa_role role;
	int state;
	int done; /* the state in which it is finished; it stays a while to answer repeats */
	const char *story;
	uint32_t message_id;
	uint64_t negotiation; /* its story, 0 none */
	struct resend resend; /* what we sent last, and what it answered */
	struct timer deadline; /* given up then; once done: forgotten then */
	/* sums under way (sums.h) */
	struct dh_key *key;
	enum group group; /* asked for; GROUP_NONE: no sum in this exchange */
	struct bytes *peer_public, *secret;
	struct bytes *signature; /* ours (sigs.h) */
	bool summing;
	bool keep_key; /* another public value may come for it */
	bool ready; /* the event below is due as soon as the current step is over */
	enum xevent ready_event;
	struct packet held_packet; /* came while a sum was away; octets in held */
	struct bytes *held;
	void *own; /* the version's */
	void (*own_free)(void *own);
};

/* On the SA's list, in state 0, with deadline armed for settings' exchange_timeout. NULL: memory.
 * `done` is the state that ends the table. */
struct exchange *exchange_new(struct ike_sa *sa, uint8_t type, enum sa_role role,
			      const struct step *steps, int done);
/* Given up after so long, if that is sooner. */
void exchange_hurry(struct exchange *x, msec most);
void exchange_free(struct exchange *x); /* off the list; secrets are wiped; NULL is fine */
struct exchange *exchange_find(struct ike_sa *sa, uint8_t type, uint32_t message_id);
struct exchange *exchange_of_number(struct ike_sa *sa, uint64_t number);
bool exchange_is_done(const struct exchange *x);
/* Follow the one arrow that fits, or say why none does (R_UNEXPECTED, R_BAD_PAYLOAD for payloads
 * that are missing or have no place). Each arrow taken is a step of the story. Events that
 * became ready meanwhile (a key from the pool) are followed before it returns. When it
 * fails nothing about the state changed and the caller decides what ends. */
enum reason exchange_run(struct exchange *x, enum xevent on, const struct msg *in, struct fault *f);
/* The arrow's story in the state it is in; "" before the first. */
const char *exchange_story(const struct exchange *x);

/* What an IKE version must do for the engine. All on the loop thread. */
struct version {
	uint8_t major; /* 1, 2: of the header's version octet */
	/* A datagram of this version; the header was read and counted. */
	void (*packet)(struct engine *e, const struct packet *p, const struct header *h);
	/* Begin phase 1 as initiator on a fresh SA; without a remote address it is asked for first
	 * (names.h). On failure the caller ends the SA. */
	enum reason (*start_ike)(struct ike_sa *sa, struct fault *f);
	/* The address of its host name is there now: go on where start_ike stopped. */
	enum reason (*resolved)(struct ike_sa *sa, struct fault *f);
	/* Begin to negotiate this child as initiator over an SA that is up. */
	enum reason (*start_child)(struct ike_sa *sa, struct child *c, struct fault *f);
	/* A sum is back: EV_KEY, EV_SECRET; or it failed (f not R_OK). Must cope with the exchange
	 * being ended by what follows. */
	void (*sum)(struct exchange *x, enum xevent on, const struct fault *f);
	/* The deadline of an exchange: not done means given up, done means forgotten. */
	void (*deadline)(struct exchange *x);
	/* The last resend went unanswered. */
	void (*unanswered)(struct exchange *x);
	/* We initiate it, and by what we sent so far the peer cannot hold it for up. */
	bool (*can_drop)(const struct ike_sa *sa);
	/* Notices; true: one was sent. SAs go away right after. */
	bool (*tell_child_gone)(struct ike_sa *sa, const struct child *c);
	bool (*tell_ike_gone)(struct ike_sa *sa);
	/* Over an SA that is up: a keepalive, a question of DPD. NULL: not in this version. */
	bool (*say_alive)(struct ike_sa *sa, uint32_t number);
	bool (*ask_alive)(struct ike_sa *sa, uint32_t number);
	/* ESP of the peer came with this SPI, which no SA has. NULL: not in this version. */
	bool (*tell_spi_unknown)(struct ike_sa *sa, uint32_t spi);
	/* A message in a version that nobody speaks, with cookies of an SA of this one. NULL: dropped. */
	void (*foreign)(struct ike_sa *sa, const struct packet *p, const struct header *h);
	/* The key of the message cipher, octets of it (KEY_MAX at most) into ret; 0: none yet. NULL: the
	 * version has no one key for both directions. For who traces with secrets; wipe it. */
	size_t (*cipher_key)(const struct ike_sa *sa, uint8_t *ret);
	void (*own_free)(struct ike_sa *sa); /* sa->own: wipe and free */
};

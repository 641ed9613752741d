/* whose.h - whose a datagram is, an IPsec SA of the data plane, a policy of it
 *
 * For who looks from outside: the trace of datagrams, and the list of what the data plane holds.
 * Nothing changes by asking. Thread: loop.
 */
#pragma once

#include "core/base/addr.h"
#include "core/model/alg.h"
#include "core/model/record.h"

struct engine;
struct packet; /* ports.h */

struct whose_packet {
	char peer[NAME_SIZE]; /* "" nobody's that is known */
	uint32_t ike_sa; /* 0 none */
	uint64_t negotiation; /* of its exchange, 0 none */
	uint8_t initiator_spi[8]; /* as the message has it */
	uint8_t key
		[KEY_MAX]; /* of the message cipher, when it was asked for and is there: wipe it */
	size_t key_n;
};

/* A datagram that came or is about to leave. Of a caller without an IKE SA the peer is the one its
 * address stands for. */
void engine_whose(struct engine *e, const struct packet *p, bool with_key,
		  struct whose_packet *ret);

struct whose_plane {
	uint32_t child; /* 0: of a policy, no pair has it to itself */
	uint32_t ike_sa; /* 0: it outlived it, or nobody negotiated it */
	char peer[NAME_SIZE], tunnel[NAME_SIZE];
};

/* The pair this SA belongs to; reqid as it was given to the plane. False: none that is known here. */
bool engine_whose_sa(struct engine *e, uint32_t spi, bool inbound, uint32_t reqid,
		     struct whose_plane *ret);
/* The tunnel this policy belongs to, by the number it was given to the plane with. */
bool engine_whose_policy(struct engine *e, uint32_t id, struct whose_plane *ret);

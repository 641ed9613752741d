/* ports.h - everything the engine may ask of the world
 *
 * The engine owns no socket, clock or thread. What it needs comes through this struct: the
 * daemon fills it with the real thing, a duet with a play.
 */
#pragma once

#include <stdint.h>

#include "core/base/addr.h"
#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/base/timers.h"

struct events; /* core/model/event.h */
struct job; /* core/base/crew.h */
struct plane; /* core/ipsec/plane.h */
struct plane_sa;
struct private_key; /* core/model/pki.h */
struct rng; /* core/base/rng.h */
struct secret; /* core/model/settings.h */

/* One IKE datagram without the non-ESP marker. */
struct packet {
	struct addr local, remote; /* with ports */
	bool natt; /* NAT-T port: the marker is put on and taken off below */
	struct slice octets;
};

struct ports {
	void *ctx;
	void (*send)(void *ctx, const struct packet *p);
	/* One octet, without the marker even on the NAT-T port; NULL: nobody keeps NATs awake. */
	void (*nat_keepalive)(void *ctx, const struct packet *p);
	/* Heavy sums. R_BUSY: the caller keeps the job. done() comes back on the loop thread. */
	enum reason (*crunch)(void *ctx, struct job *take_j);
	msec (*now)(void *ctx); /* for finished jobs; every other entry is told the time */
	int64_t (*wall_ms)(void *ctx);
	/* The plain value of a sealed secret, wiped by its owner as soon as it was used. */
	enum reason (*secret)(void *ctx, const struct secret *s, struct bytes **ret,
			      struct fault *f);
	/* The text of a sealed private key, likewise; NULL: there are none. */
	enum reason (*private_key)(void *ctx, const struct private_key *k, struct bytes **ret,
				   struct fault *f);
	/* The local address packets to this one would leave from. */
	bool (*source_for)(void *ctx, const struct addr *remote, struct addr *ret);
	/* The address of a host name, of this family (4, 6; 0: any). Called on the crew; it may take
	 * many seconds, and may look at nothing of the engine. */
	enum reason (*resolve)(void *ctx, const char *name, unsigned family, struct addr *ret,
			       struct fault *f);
	/* An SA went into the plane, of this peer; the keys in it are borrowed. NULL: nobody looks. */
	void (*esp_keyed)(void *ctx, const char *peer, const struct plane_sa *sa);
	struct plane *plane;
	struct rng *rng;
	struct events *events;
	uint16_t port, nat_port; /* ours: 500 and 4500, or high ones without privileges */
	char host_name[64];
};

/* halfopen.h - callers that sent a first message and nothing more
 *
 * IKEv1 has no stateless cookie, since the offered SA body is needed for the later HASH. So a first
 * message costs one small record and no sum: it becomes an IKE SA with the third message. The
 * table is bounded; when it is full the oldest record goes. A cap per address and per /24 (IPv4)
 * or /48 (IPv6) holds for strangers, never for configured peers or those that have an SA. Our
 * cookie is a keyed hash of addresses, ports, the caller's cookie and the minute, so a first
 * message that comes again finds its record.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/fault.h"
#include "core/base/list.h"
#include "core/base/timers.h"
#include "core/crypto/keys1.h"

struct engine;
struct halfopens;
struct ike_sa;
struct ike_proposal; /* core/model/proposal.h */
struct packet; /* ports.h */
struct peer; /* core/model/peer.h */
struct pieces; /* pieces.h */

struct halfopen {
	struct link link; /* oldest first */
	struct cookies cky;
	struct addr local, remote;
	msec born;
	const struct peer *peer; /* counted */
	const struct ike_proposal *proposal; /* counted: what we chose */
	uint8_t transform; /* index of the chosen one among all in the SA body */
	uint32_t vendors; /* what the caller can: the version's bits */
	bool natt; /* came on the NAT-T port */
	uint32_t lifetime_s;
	bool shorter; /* than the caller wants: it must hear of it */
	struct bytes *sa_body; /* as offered */
	struct pieces *pieces; /* of a message that is not whole yet, NULL none */
	msec answered_at;
};

struct halfopens *halfopens_new(struct engine *e, struct fault *f);
void halfopens_free(struct halfopens *h);
/* Our cookie for this caller now. With `before`: that of the minute before. */
void halfopen_cookie(struct engine *e, const struct packet *p, const uint8_t *cky_i, bool before,
		     uint8_t ret[8]);
/* cky->r for a caller that is new: that of now, or another when an SA stands on this pair already. */
void halfopen_cookie_new(struct engine *e, const struct packet *p, struct cookies *cky);
/* Room for a new one: R_BUSY when a cap says no (counted as dropped_flood). */
enum reason halfopen_admit(struct engine *e, const struct addr *remote, struct fault *f);
/* Takes a copy of `h` and references to its records; sa_body is taken. */
enum reason halfopen_put(struct engine *e, const struct halfopen *take_h, struct fault *f);
struct halfopen *halfopen_find(struct engine *e, const struct cookies *cky);
/* The same first message again: by address, port and the caller's cookie. */
struct halfopen *halfopen_again(struct engine *e, const struct packet *p, const uint8_t *cky_i);
/* A first message came again: answered, but at most ten times a second. */
bool halfopen_may_answer(struct engine *e, struct halfopen *h);
void halfopen_drop(struct engine *e, struct halfopen *h);
/* A caller that is an IKE SA from its first message on (aggressive mode). It counts among the callers
 * of its address and network; such SAs are few, the oldest one ends to make room. */
struct heavy;
struct heavy *halfopen_enter(struct ike_sa *sa, struct fault *f); /* NULL: R_BUSY, R_NO_MEMORY */
void halfopen_leave(struct engine *e, struct heavy *h); /* it is up, or gone; NULL is fine */
/* Diffie-Hellman for an address that is no configured peer's: fifty times a second, and no more
 * than half of them for first messages. R_BUSY (counted as dropped_flood). */
enum reason halfopen_may_sum(struct engine *e, const struct addr *remote, bool first,
			     struct fault *f);
/* Called by engine_tick: those older than 30 s go. Returns ms to the next, -1 none. */
msec halfopens_tick(struct engine *e);
size_t halfopens_count(const struct engine *e);

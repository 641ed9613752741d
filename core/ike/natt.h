/* natt.h - noticing a NAT and moving to the NAT-T port
 *
 * Each end hashes the addresses it believes in (RFC 3947 section 3.2). A hash that does not match
 * means something rewrote the packet on the way. The initiator then floats with its next message.
 * Nothing changes the path of an SA but an authenticated message.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"
#include "core/base/fault.h"
#include "core/crypto/keys1.h"
#include "core/wire/payload.h"

struct engine;
struct ike_sa;
struct packet; /* ports.h */
struct peer; /* core/model/peer.h */

/* May NAT-T be spoken with this peer; shall it be even without a NAT (force, or a plane that
 * prefers UDP)? */
bool natt_allowed(const struct peer *p);
bool natt_forced(const struct engine *e, const struct peer *p);
/* HASH(CKY-I | CKY-R | IP | Port); returns its octets in ret (DIGEST_MAX), 0 on failure. */
size_t natt_digest(enum integ hash, const struct cookies *cky, const struct addr *a, uint8_t *ret);
enum payload natt_payload(const struct ike_sa *sa); /* NAT-D, by its number of old or of today */
/* The two we send: of the remote end, then of ours (spoiled on purpose when forced). */
enum reason natt_ours(const struct ike_sa *sa, uint8_t ret_remote[DIGEST_MAX],
		      uint8_t ret_local[DIGEST_MAX], size_t *ret_n);
/* The ones that came: first is of our address as the peer sees it, the rest are of its own. Sets
 * nat_local, nat_remote, encap. */
void natt_judge(struct ike_sa *sa, const struct chain *c);
/* NAT-T is not spoken and yet the peer seems to be behind a NAT: its port is no port of IKE, or it proved
 * to be another address than it comes from. Neither is certain, so it is for people only. */
bool natt_is_missed(const struct ike_sa *sa);
void natt_float(struct ike_sa *sa); /* initiator: ports become the NAT-T ones */
/* An authenticated message came from here: follow it when the peer may have moved. */
void natt_follow(struct ike_sa *sa, const struct packet *p);

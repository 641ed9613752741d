/* select.h - offered against acceptable proposals, and the reason nothing fitted
 *
 * Phase 1: the initiator offers its peer's proposals in their order, else all
 * system ones by number, the built-in default last; the responder ignores the peer's list and
 * matches every offer against the system ones by number, the built-in default last. Equal means
 * cipher with key length, hash, authentication method and group; the smaller lifetime wins.
 * Phase 2: the tunnel's IPsec proposals in their order.
 *
 * Both offers are kept as text, one transform a line, for the story.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/fault.h"
#include "core/model/alg.h"

struct config; /* core/model/config.h */
struct ike_proposal; /* core/model/proposal.h */
struct ipsec_proposal;
struct peer; /* core/model/peer.h */
struct sa1; /* core/wire/sa1.h */
struct tunnel; /* core/model/tunnel.h */

enum { SELECT_MOST = 32 };

/* What we would offer to, or accept from, this peer (NULL: one that nobody knows); weakly typed lists
 * by preference. Only what authenticates as the peer does. */
size_t select_ike_offered(const struct config *c, const struct peer *p,
			  const struct ike_proposal **ret, size_t cap);
size_t select_ike_accepted(const struct config *c, const struct peer *p,
			   const struct ike_proposal **ret, size_t cap);
size_t select_esp(const struct config *c, const struct tunnel *t, const struct ipsec_proposal **ret,
		  size_t cap);
/* Seconds and kilobytes of a tunnel with this proposal: tunnel's, proposal's, then global. */
uint32_t select_lifetime_s(const struct config *c, const struct tunnel *t,
			   const struct ipsec_proposal *p);
uint32_t select_lifetime_kb(const struct config *c, const struct tunnel *t,
			    const struct ipsec_proposal *p);

/* Our offer as the wire's struct. ESP: transforms of one proposal with this SPI (4 octets, host
 * order) whose octets must outlive ret: spi_octets. */
void select_ike_write(const struct ike_proposal *const *list, size_t n, struct sa1 *ret);
struct esp_offer {
	const struct config *config;
	const struct tunnel *tunnel;
	const struct ipsec_proposal *const *list;
	size_t n;
	bool encap; /* in UDP */
	bool draft; /* with the numbers of the NAT-T drafts */
	uint8_t spi_octets[4];
};
void select_esp_write(const struct esp_offer *o, struct sa1 *ret);

/* What was agreed. */
struct ike_choice {
	const struct ike_proposal *proposal;
	size_t transform; /* index in sa1.transforms */
	struct ike_suite suite;
	uint32_t lifetime_s;
};
struct esp_choice {
	const struct ipsec_proposal *proposal;
	size_t transform, proposal1; /* indexes in sa1 */
	struct esp_suite suite;
	enum group pfs;
	bool transport, encap;
	uint32_t lifetime_s, lifetime_kb; /* the smaller of both ends */
	uint32_t spi; /* the peer's */
};

/* R_NO_PROPOSAL with "peer offers ...; we accept ..." and, in f->field, the first member in which
 * the nearest pair differs ("encryption_algorithm", "key_length", "integrity_algorithm",
 * "dh_group", "authentication_method", "pfs_group", "mode", "protocol"). */
enum reason select_ike(const struct sa1 *offer, const struct ike_proposal *const *accepted,
		       size_t n, struct ike_choice *ret, struct fault *f);
/* `got_group`: a KE payload came. `encap` what the SA negotiated about NAT. */
enum reason select_esp_offer(const struct sa1 *offer, const struct esp_offer *accepted,
			     struct esp_choice *ret, struct fault *f);
/* The initiator checks that what came back is one of its own: same reasons. */
enum reason select_ike_answer(const struct sa1 *answer, const struct ike_proposal *const *offered,
			      size_t n, struct ike_choice *ret, struct fault *f);
enum reason select_esp_answer(const struct sa1 *answer, const struct esp_offer *offered,
			      struct esp_choice *ret, struct fault *f);

/* One transform a line, at most cap. */
void select_offer_text(const struct sa1 *sa, char *ret, size_t cap);
void select_ike_text(const struct ike_proposal *const *list, size_t n, char *ret, size_t cap);
void select_esp_text(const struct esp_offer *o, char *ret, size_t cap);

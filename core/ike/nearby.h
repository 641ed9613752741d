/* nearby.h - offers that differ from ours in one member, and the usual ones
 *
 * What a peer that refused all of ours is asked with: what it picks of these shows the member in
 * which the two ends differ. The asking ends with the answer.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct esp_offer; /* select.h */
struct ike_proposal; /* core/model/proposal.h */
struct sa1; /* core/wire/sa1.h */

/* Neighbours of the first proposals first, ours last, at most SA1_TRANSFORMS. */
void nearby_ike(const struct ike_proposal *const *list, size_t n, struct sa1 *ret);
/* Whole suites that are common, old ones among them, with our authentication. */
void nearby_ike_usual(const struct ike_proposal *const *list, size_t n, struct sa1 *ret);
/* All but the PFS group, whose public value can be sent for one group only; AH as a proposal of its
 * own. The SPI's octets must outlive ret. */
void nearby_esp(const struct esp_offer *o, struct sa1 *ret);
/* The encapsulation of the other mode: tunnel for transport, transport for tunnel (enum encap). */
uint16_t nearby_other_mode(uint16_t encap);

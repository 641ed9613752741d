/* inner.h - the IP packet inside: who, to whom, which ports, and its checksums
 *
 * Pure functions of octets, IPv4 and IPv6. Nothing here trusts a length.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/addr.h"
#include "core/model/tunnel.h"

enum { INNER_TCP = 6, INNER_UDP = 17, INNER_IPV4 = 4, INNER_IPV6 = 41, INNER_NONE = 59 };

/* What selectors and the offloads ask of a packet. */
struct inner {
	uint8_t family; /* 4, 6 */
	uint8_t protocol; /* of the transport header */
	uint8_t tos; /* DSCP and ECN */
	bool fragment; /* any piece of a cut datagram */
	bool plain; /* no IPv4 options, no IPv6 extension headers */
	uint16_t at; /* where the transport header starts */
	uint16_t n; /* octets of the whole packet, by its own header */
	uint16_t sport, dport; /* 0 when there are none, or in a later fragment */
	struct addr src, dst;
};

bool inner_read(const uint8_t *p, size_t n, struct inner *ret);
/* From, in the direction the packet travels, to. */
bool inner_fits(const struct inner *i, const struct selector *from, const struct selector *to);
/* RFC 6040 section 4.2, normal mode: what the outer header says about congestion reaches the
 * inner one. False: the packet must be dropped. */
bool inner_take_ecn(uint8_t *p, const struct inner *i, uint8_t outer_tos);

/* Internet checksum (RFC 1071): sums in the machine's own order, folded at the end. */
uint64_t inner_sum(const uint8_t *p, size_t n, uint64_t sum);
uint16_t inner_fold(uint64_t sum);
uint64_t inner_pseudo(const uint8_t *p, uint8_t family, uint8_t protocol, size_t n);
/* Sets the IPv4 header's checksum; nothing to do for IPv6. */
void inner_seal_head(uint8_t *p, uint8_t family);
/* Fills TCP's or UDP's checksum in a whole packet. */
void inner_seal(uint8_t *p, const struct inner *i);
/* TCP's or UDP's checksum was made for other addresses than the header has now, since a NAT changed them
 * (RFC 3948 section 3.1.2): `was_from` and `was_to`, which may be of the other family; family 0 when
 * they are not known, and then the checksum is made anew. UDP without a checksum stays so; fragments are
 * left alone. */
void inner_mend(uint8_t *p, const struct inner *i, const struct addr *was_from,
		const struct addr *was_to);
/* The transport checksum is right. */
bool inner_is_whole(const uint8_t *p, const struct inner *i);

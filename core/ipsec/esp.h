/* esp.h - ESP packets: trailer, padding, replay window
 *
 * RFC 4303. A packet lies in one buffer; sealing and opening happen in place.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/crypto/shield.h"
#include "core/ipsec/inner.h"

enum { ESP_HEAD = 8, ESP_EXTRA_MAX = 8 + 16 + 15 + 2 + 32, ESP_WINDOW_MAX = 1024 };

/* Where the text starts in a packet of this shield. */
static inline size_t esp_text_at(const struct shield *s)
{
	return ESP_HEAD + shield_iv(s);
}

/* Octets of the whole packet around a text of this length. */
size_t esp_sealed_n(const struct shield *s, size_t text_n);
/* The text stands at esp_text_at, the buffer holds esp_sealed_n octets. `next` is the protocol
 * of the text. seq counts from 1; above 2^32 - 1 nothing is sealed: R_EXPIRED. */
enum reason esp_seal(struct shield *s, uint8_t *packet, size_t text_n, uint32_t spi, uint64_t seq,
		     uint8_t next);
/* Verify, decrypt, take the padding off. R_BAD_HASH, R_MALFORMED. */
enum reason esp_open(struct shield *s, uint8_t *packet, size_t n, struct slice *ret_text,
		     uint8_t *ret_next);

struct esp_replay {
	uint32_t window; /* packets, 0: everything may pass */
	uint32_t top; /* highest number seen */
	uint64_t seen[ESP_WINDOW_MAX / 64]; /* a ring: bit seq % ESP_WINDOW_MAX */
};

void esp_replay_init(struct esp_replay *r, uint32_t window); /* rounded into 32 .. 1024 */
/* Asked before the ICV is computed, told after it was good. */
bool esp_replay_may(const struct esp_replay *r, uint32_t seq);
void esp_replay_note(struct esp_replay *r, uint32_t seq);

/* Transport mode. Out: the IP header is taken off a packet that stands at `p`; what is left
 * starts at p again. False: a fragment, or headers that cannot go. */
bool esp_strip(uint8_t *p, const struct inner *i, size_t *ret_n, uint8_t *ret_next);
struct esp_ends {
	struct addr from, to;
};
/* In: an IP header between the ends `now` is put in front of the text; ret holds 40 octets more than
 * the text. `was`: a NAT may have changed the addresses on the way, these are the ones that the sender
 * made its checksum for (family 0: not known), and it is put right (inner_mend); NULL: no NAT, it stays
 * as it came. Returns the packet's length, 0 if it would be too long. */
size_t esp_dress(struct slice text, uint8_t next, const struct esp_ends *now,
		 const struct esp_ends *was, uint8_t *ret);

/* capture.h - IKE datagrams out of a capture file: pcap, pcapng, or hex text
 *
 * Every reader is bounded by the cursor; what cannot be is a sentence, never a crash.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/bytes.h"
#include "core/base/fault.h"

/* One IKE message without the non-ESP marker. */
struct captured {
	uint64_t frame; /* number in the file, from 1 */
	int64_t time_us; /* since 1970, -1 unknown */
	struct addr from, to; /* family 0: hex text has none */
	bool natt; /* had the marker */
	struct slice octets; /* borrowed */
};

struct capture_want {
	uint16_t port; /* a further IKE port, 0 none */
	void (*each)(void *arg, const struct captured *c);
	void *arg;
};

/* R_MALFORMED when the file is none of these, or is cut in the middle (what came before was told). */
enum reason capture_read(struct slice file, const struct capture_want *w, struct fault *f);

/* netpacket.c: the UDP datagram in a captured packet of this link type. False: there is none. */
struct netpacket {
	struct addr from, to; /* with ports */
	struct slice payload;
};
bool netpacket_read(uint32_t link_type, struct slice octets, struct netpacket *ret);

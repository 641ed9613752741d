/* pcapng.h - writing a capture file as Wireshark reads it (draft-ietf-opsawg-pcapng)
 *
 * One section, one interface of link type raw IP: a datagram is written with IP and UDP headers made
 * from its two ends, so no capture of the machine's traffic is needed. Everything is little endian.
 */
#pragma once

#include "core/base/addr.h"
#include "core/base/bytes.h"
#include "core/base/text.h"

struct pcapng_datagram {
	int64_t wall_ms; /* since 1970 */
	struct addr from, to; /* with ports; of one family */
	bool inbound; /* came here; otherwise it left */
	bool marker; /* four octets of zero stand before it: RFC 3948 section 2.2 */
	struct slice octets;
	const char *comment; /* "" none */
};

/* Section header and interface. The comment is of the whole file; "" none. */
void pcapng_begin(struct text *t, const char *comment);
/* An enhanced packet; one whose ends are of no or two families is left out. */
void pcapng_add(struct text *t, const struct pcapng_datagram *d);

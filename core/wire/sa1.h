/* sa1.h - the IKEv1 SA payload: proposals, transforms, attributes
 *
 * RFC 2408 sections 3.3 to 3.6, attributes of RFC 2409 appendix A (phase 1) and RFC 2407
 * section 4.5 (phase 2). Read and written through the same structs, so what we read we could
 * have written. Numbers are the wire's own; alg.h turns them into algorithms.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/cursor.h"
#include "core/base/fault.h"

enum protocol { PROTO_ISAKMP = 1, PROTO_AH = 2, PROTO_ESP = 3, PROTO_IPCOMP = 4 };
enum { TRANSFORM_KEY_IKE = 1, SA1_DOI_IPSEC = 1, SA1_SITUATION_IDENTITY = 1 };

/* RFC 2407 section 4.5 and RFC 3947 section 5.1 */
enum encap {
	ENCAP_NONE,
	ENCAP_TUNNEL = 1,
	ENCAP_TRANSPORT = 2,
	ENCAP_UDP_TUNNEL = 3,
	ENCAP_UDP_TRANSPORT = 4,
	ENCAP_UDP_TUNNEL_DRAFT = 61443,
	ENCAP_UDP_TRANSPORT_DRAFT = 61444
};

enum { SA1_PROPOSALS = 8, SA1_TRANSFORMS = 64 };

/* Attributes of one transform; 0 means absent. Which ones count depends on the protocol. */
struct attrs1 {
	uint16_t encr, hash, auth_method, group; /* phase 1; group also PFS in phase 2 */
	uint16_t key_bits;
	uint16_t encap, auth_alg; /* phase 2 */
	uint32_t life_seconds, life_kilobytes;
	bool odd; /* an attribute, or a value of one, that we do not know: never acceptable */
};

struct transform1 {
	uint8_t number;
	uint8_t id; /* KEY_IKE, or the ESP transform */
	struct attrs1 a;
};

struct proposal1 {
	uint8_t number;
	uint8_t protocol;
	struct slice spi; /* borrowed from the payload when read */
	size_t first, n; /* its transforms in sa1.transforms */
};

struct sa1 {
	size_t n;
	struct proposal1 at[SA1_PROPOSALS];
	size_t transforms_n;
	struct transform1 transforms[SA1_TRANSFORMS];
};

/* Body of an SA payload, from the DOI on. R_MALFORMED with a sentence. */
enum reason sa1_read(struct slice body, struct sa1 *ret, struct fault *f);
/* The body; proposals with the same number belong together (AND). Attributes are written in
 * ascending class order, lifetimes as type and duration, 4 octets when above 65535. */
void sa1_write(struct wr *w, const struct sa1 *sa);
/* One transform as people read it: "aes-cbc-256/sha256/modp2048/psk 86400 s"; for phase 2
 * "aes-cbc-128/sha1/tunnel modp2048 3600 s". ret holds 120. Returns ret. */
char *transform1_text(const struct transform1 *t, uint8_t protocol, char *ret, size_t cap);

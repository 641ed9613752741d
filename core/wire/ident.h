/* ident.h - identities and, in phase 2, traffic selectors
 *
 * RFC 2407 section 4.6.2. The body of an ID payload: type, protocol, port, data. Shapes are
 * checked here (an IPv4 address has four octets, a subnet eight, a low end is not above the
 * high one); what they mean is decided elsewhere.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"
#include "core/base/cursor.h"
#include "core/base/fault.h"

enum id_type {
	ID_NONE = 0,
	ID_IPV4_ADDR = 1,
	ID_FQDN = 2,
	ID_USER_FQDN = 3,
	ID_IPV4_SUBNET = 4,
	ID_IPV6_ADDR = 5,
	ID_IPV6_SUBNET = 6,
	ID_IPV4_RANGE = 7,
	ID_IPV6_RANGE = 8,
	ID_DER_DN = 9,
	ID_DER_GN = 10,
	ID_KEY_ID = 11,
};

struct ident {
	uint8_t type;
	uint8_t protocol;
	uint16_t port;
	struct slice data; /* borrowed */
};

enum reason ident_read(struct slice body, struct ident *ret, struct fault *f);
void ident_write(struct wr *w, const struct ident *id);
/* The addresses an address-like identity covers; false for names. A mask must be contiguous. */
bool ident_range(const struct ident *id, struct range *ret);
/* Body for a range: the tightest of address, subnet, range. */
void ident_write_range(struct wr *w, const struct range *r, uint8_t protocol, uint16_t port);
const char *ident_type_word(unsigned type); /* "address", "fqdn", "user_fqdn", "subnet", ... */
/* "fqdn branch.example", "subnet 10.1.0.0/16 tcp/80": strangers' octets made visible. Returns ret. */
char *ident_text(const struct ident *id, char *ret, size_t cap);

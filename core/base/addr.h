/* addr.h - IPv4 and IPv6 addresses, prefixes, ranges, ports
 *
 * Values, compared and hashed by content. Text in and out is canonical
 * (RFC 5952 for IPv6). Nothing here resolves names.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/base/bytes.h"

enum { ADDR_TEXT = 64, PREFIX_TEXT = 68 };

struct addr {
	uint8_t family; /* 0 none, 4, 6 */
	uint8_t pad;
	uint16_t port; /* host order; 0 none */
	uint8_t ip[16]; /* IPv4 in the first four octets, the rest zero */
};

struct prefix {
	struct addr addr; /* host bits zero, port zero */
	uint8_t bits;
};

struct range {
	struct addr low, high; /* same family, low <= high */
};

bool addr_read(const char *text, struct addr *ret); /* "192.0.2.1", "2001:db8::1"; no port */
bool prefix_read(const char *text,
		 struct prefix *ret); /* "10.0.0.0/8"; a bare address is /32 or /128 */
bool range_read(const char *text, struct range *ret); /* "10.0.0.1-10.0.0.9" */
/* Text without port; "" for family 0. ret must hold ADDR_TEXT. Returns ret. */
char *addr_text(const struct addr *a, char *ret);
char *addr_text_port(const struct addr *a, char *ret); /* "192.0.2.1:500", "[2001:db8::1]:500" */
char *prefix_text(const struct prefix *p, char *ret);

size_t addr_size(const struct addr *a); /* 0, 4, 16 */
struct slice addr_slice(const struct addr *a);
bool addr_of_slice(struct slice s, struct addr *ret); /* 4 or 16 octets */
bool addr_is_any(const struct addr *a); /* family 0 or all zero */
bool addr_equal(const struct addr *a, const struct addr *b); /* without port */
bool addr_equal_port(const struct addr *a, const struct addr *b);
int addr_compare(const struct addr *a, const struct addr *b);
struct addr addr_with_port(struct addr a, uint16_t port);
struct addr addr_masked(const struct addr *a, uint8_t bits);
bool prefix_has(const struct prefix *p, const struct addr *a);
bool prefix_has_prefix(const struct prefix *outer, const struct prefix *inner);
bool prefix_equal(const struct prefix *a, const struct prefix *b);
bool range_has(const struct range *r, const struct addr *a);
struct range prefix_range(const struct prefix *p);
/* The prefix that is exactly this range; false if there is none. */
bool range_prefix(const struct range *r, struct prefix *ret);

socklen_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *ret);
bool addr_of_sockaddr(const struct sockaddr *sa, struct addr *ret);

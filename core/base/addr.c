/* addr.c - IPv4 and IPv6 addresses, prefixes, ranges, ports
 *
 * Text goes in strictly (no leading zeros, no octal, no short forms such as 10.1) and
 * comes out canonical, so equal addresses have equal text: RFC 5952 for IPv6, with the
 * dotted form for IPv4-mapped addresses only (section 5). An address compares and masks
 * octet by octet, IPv4 in the first four.
 *
 * Called by every room.  Thread: any, values only.  Owns: nothing.
 * Not here: resolving names - the crew does that - and which address is ours.
 */
#include "core/base/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"

static unsigned bits_of(const struct addr *a)
{
	return (unsigned)addr_size(a) * 8;
}

bool addr_read(const char *text, struct addr *ret)
{
	struct addr a = { 0 };

	if (!text)
		return false;
	if (inet_pton(AF_INET, text, a.ip) == 1)
		a.family = 4;
	else if (inet_pton(AF_INET6, text, a.ip) == 1)
		a.family = 6;
	else
		return false;
	*ret = a;
	return true;
}

/* The address before the separator, and where the rest begins; NULL when it is none. */
static const char *read_until(const char *text, char separator, struct addr *ret)
{
	char head[ADDR_TEXT];
	const char *end = text ? strchr(text, separator) : NULL;

	if (!end || (size_t)(end - text) >= sizeof(head))
		return NULL;
	memcpy(head, text, (size_t)(end - text));
	head[end - text] = '\0';
	return addr_read(head, ret) ? &end[1] : NULL;
}

static bool read_bits(const char *s, unsigned max, uint8_t *ret)
{
	unsigned v = 0;

	if (!*s || (s[0] == '0' && s[1]))
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		v = v * 10 + (unsigned)(*s - '0');
		if (v > max)
			return false;
	}
	*ret = (uint8_t)v;
	return true;
}

bool prefix_read(const char *text, struct prefix *ret)
{
	struct prefix p = { 0 };
	const char *bits;

	if (addr_read(text, &p.addr)) {
		p.bits = (uint8_t)bits_of(&p.addr);
	} else {
		bits = read_until(text, '/', &p.addr);
		if (!bits || !read_bits(bits, bits_of(&p.addr), &p.bits))
			return false;
	}
	p.addr = addr_masked(&p.addr, p.bits);
	*ret = p;
	return true;
}

bool range_read(const char *text, struct range *ret)
{
	struct range r;
	const char *high = read_until(text, '-', &r.low);

	if (!high || !addr_read(high, &r.high) || r.low.family != r.high.family ||
	    addr_compare(&r.low, &r.high) > 0)
		return false;
	*ret = r;
	return true;
}

/* The longest run of two or more zero groups, the first of equals (RFC 5952 section 4.2). */
static void longest_zeros(const uint16_t group[8], int *ret_from, int *ret_to)
{
	*ret_from = *ret_to = -1;
	for (int i = 0; i < 8; i++) {
		int j = i;

		while (j < 8 && group[j] == 0)
			j++;
		if (j - i >= 2 && j - i > *ret_to - *ret_from) {
			*ret_from = i;
			*ret_to = j;
		}
		i = MAX_OF(i, j - 1);
	}
}

static void text6(const uint8_t ip[16], char *ret)
{
	uint16_t group[8];
	int from, to;
	struct text t = { .at = ret, .cap = ADDR_TEXT, .limit = ADDR_TEXT - 1 };

	for (int i = 0; i < 8; i++)
		group[i] = (uint16_t)(ip[2 * i] << 8 | ip[2 * i + 1]);
	longest_zeros(group, &from, &to);
	if (from == 0 && to == 5 && group[5] == 0xffff) {
		text_add(&t, "::ffff:%u.%u.%u.%u", ip[12], ip[13], ip[14], ip[15]);
		return;
	}
	for (int i = 0; i < 8; i++) {
		if (i == from) {
			text_add_str(&t, "::");
			i = to - 1;
			continue;
		}
		text_add(&t, i > 0 && i != to ? ":%x" : "%x", group[i]);
	}
}

char *addr_text(const struct addr *a, char *ret)
{
	ret[0] = '\0';
	if (a->family == 4)
		snprintf(ret, ADDR_TEXT, "%u.%u.%u.%u", a->ip[0], a->ip[1], a->ip[2], a->ip[3]);
	else if (a->family == 6)
		text6(a->ip, ret);
	return ret;
}

char *addr_text_port(const struct addr *a, char *ret)
{
	char plain[ADDR_TEXT];

	addr_text(a, plain);
	if (!*plain)
		ret[0] = '\0';
	else
		snprintf(ret, ADDR_TEXT, a->family == 6 ? "[%.45s]:%u" : "%.45s:%u", plain,
			 a->port);
	return ret;
}

char *prefix_text(const struct prefix *p, char *ret)
{
	char plain[ADDR_TEXT];

	addr_text(&p->addr, plain);
	if (!*plain)
		ret[0] = '\0';
	else
		snprintf(ret, PREFIX_TEXT, "%.45s/%u", plain, p->bits);
	return ret;
}

size_t addr_size(const struct addr *a)
{
	return a->family == 4 ? 4 : a->family == 6 ? 16 : 0;
}

struct slice addr_slice(const struct addr *a)
{
	return slice(a->ip, addr_size(a));
}

bool addr_of_slice(struct slice s, struct addr *ret)
{
	if (s.n != 4 && s.n != 16)
		return false;

	struct addr a = { .family = s.n == 4 ? 4 : 6 };
	memcpy(a.ip, s.at, s.n);
	*ret = a;
	return true;
}

bool addr_is_any(const struct addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->ip, zero, addr_size(a)) == 0;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_compare(a, b) == 0;
}

bool addr_equal_port(const struct addr *a, const struct addr *b)
{
	return addr_equal(a, b) && a->port == b->port;
}

/* Without ports, as addr_equal; none before IPv4 before IPv6. */
int addr_compare(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->ip, b->ip, addr_size(a));
}

struct addr addr_with_port(struct addr a, uint16_t port)
{
	a.port = port;
	return a;
}

/* The octets of a prefix with its host bits all zero or all one. */
static struct addr filled(const struct addr *a, unsigned bits, uint8_t host)
{
	struct addr out = { .family = a->family };

	for (size_t i = 0; i < addr_size(a); i++) {
		unsigned here = bits >= 8 ? 8 : bits;
		uint8_t mask = (uint8_t)(0xff00u >> here);

		out.ip[i] = (uint8_t)((a->ip[i] & mask) | (host & ~mask));
		bits -= here;
	}
	return out;
}

struct addr addr_masked(const struct addr *a, uint8_t bits)
{
	return filled(a, bits, 0);
}

bool prefix_has(const struct prefix *p, const struct addr *a)
{
	struct addr masked = addr_masked(a, p->bits);

	return p->addr.family && addr_equal(&p->addr, &masked);
}

bool prefix_has_prefix(const struct prefix *outer, const struct prefix *inner)
{
	return outer->bits <= inner->bits && prefix_has(outer, &inner->addr);
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->bits == b->bits && addr_equal(&a->addr, &b->addr);
}

bool range_has(const struct range *r, const struct addr *a)
{
	return a->family && a->family == r->low.family && addr_compare(&r->low, a) <= 0 &&
	       addr_compare(a, &r->high) <= 0;
}

struct range prefix_range(const struct prefix *p)
{
	return (struct range){ .low = filled(&p->addr, p->bits, 0),
			       .high = filled(&p->addr, p->bits, 0xff) };
}

bool range_prefix(const struct range *r, struct prefix *ret)
{
	unsigned bits = 0, max = bits_of(&r->low);

	if (max == 0 || r->low.family != r->high.family)
		return false;
	while (bits < max && !((r->low.ip[bits / 8] ^ r->high.ip[bits / 8]) & 0x80 >> bits % 8))
		bits++;

	struct prefix p = { .addr = addr_masked(&r->low, (uint8_t)bits), .bits = (uint8_t)bits };
	struct range full = prefix_range(&p);
	if (!addr_equal(&full.low, &r->low) || !addr_equal(&full.high, &r->high))
		return false;
	*ret = p;
	return true;
}

socklen_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (a->family == 4) {
		struct sockaddr_in *in = (struct sockaddr_in *)ret;

		in->sin_family = AF_INET;
		in->sin_port = htons(a->port);
		memcpy(&in->sin_addr, a->ip, 4);
		return sizeof(*in);
	}
	if (a->family == 6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(a->port);
		memcpy(&in6->sin6_addr, a->ip, 16);
		return sizeof(*in6);
	}
	return 0;
}

bool addr_of_sockaddr(const struct sockaddr *sa, struct addr *ret)
{
	struct addr a = { 0 };

	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in)); /* sa may be aligned for less */
		a.family = 4;
		a.port = ntohs(in.sin_port);
		memcpy(a.ip, &in.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof(in6));
		a.family = 6;
		a.port = ntohs(in6.sin6_port);
		memcpy(a.ip, &in6.sin6_addr, 16);
	} else {
		return false;
	}
	*ret = a;
	return true;
}

/* inner.c - the IP packet inside: who, to whom, which ports, and its checksums
 *
 * Packets come from the kernel's TUN or out of ESP that verified; both may still be short or
 * lie about their lengths. Extension headers are walked as far as the transport header.
 *
 * Called by esp.c, cut.c, join.c, egress.c and ingress.c.  Thread: any.  Owns: nothing.
 */
#include "core/ipsec/inner.h"

#include <arpa/inet.h>
#include <string.h>

enum {
	IPV4_HEAD = 20,
	IPV6_HEAD = 40,
	HOP_BY_HOP = 0,
	ROUTING = 43,
	FRAGMENT = 44,
	DESTINATION = 60,
	ECN_MASK = 3,
	ECN_CE = 3,
};

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void set_be16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static bool read_ipv4(const uint8_t *p, size_t n, struct inner *ret)
{
	unsigned head = (p[0] & 15u) * 4;

	if (n < IPV4_HEAD || head < IPV4_HEAD || be16(p + 2) < head || be16(p + 2) > n)
		return false;
	ret->n = be16(p + 2);
	ret->tos = p[1];
	ret->protocol = p[9];
	ret->at = (uint16_t)head;
	ret->plain = head == IPV4_HEAD;
	ret->fragment = (be16(p + 6) & 0x3fff) != 0;
	ret->src.family = ret->dst.family = 4;
	memcpy(ret->src.ip, p + 12, 4);
	memcpy(ret->dst.ip, p + 16, 4);
	return true;
}

/* Past the extension headers; the packet has ret->n octets. */
static bool walk_extensions(const uint8_t *p, struct inner *ret)
{
	for (;;) {
		unsigned kind = ret->protocol;
		size_t left = ret->n - ret->at;

		if (kind != HOP_BY_HOP && kind != ROUTING && kind != DESTINATION &&
		    kind != FRAGMENT)
			return true;
		ret->plain = false;
		size_t size = kind == FRAGMENT || left < 8 ? 8 : (p[ret->at + 1] + 1u) * 8;

		if (size > left)
			return false;
		ret->protocol = p[ret->at];
		if (kind == FRAGMENT) {
			uint16_t where = be16(p + ret->at + 2);

			ret->fragment |= (where & 0xfff9) != 0;
			if (where & 0xfff8) { /* no transport header here */
				ret->at = (uint16_t)(ret->at + size);
				return true;
			}
		}
		ret->at = (uint16_t)(ret->at + size);
	}
}

static bool read_ipv6(const uint8_t *p, size_t n, struct inner *ret)
{
	if (n < IPV6_HEAD || be16(p + 4) + (size_t)IPV6_HEAD > n ||
	    be16(p + 4) + IPV6_HEAD > UINT16_MAX)
		return false;
	ret->n = (uint16_t)(be16(p + 4) + IPV6_HEAD);
	ret->tos = (uint8_t)(p[0] << 4 | p[1] >> 4);
	ret->protocol = p[6];
	ret->at = IPV6_HEAD;
	ret->plain = true;
	ret->src.family = ret->dst.family = 6;
	memcpy(ret->src.ip, p + 8, 16);
	memcpy(ret->dst.ip, p + 24, 16);
	return walk_extensions(p, ret);
}

/* A later fragment has no ports; neither has ICMP. */
static void read_ports(const uint8_t *p, struct inner *ret)
{
	bool later = ret->family == 4 ? (be16(p + 6) & 0x1fff) != 0
				      : ret->fragment && ret->plain == false;

	switch (ret->protocol) {
	case INNER_TCP:
	case INNER_UDP:
	case 33: /* DCCP */
	case 132: /* SCTP */
	case 136: /* UDP-Lite */
		if (!later && ret->n - ret->at >= 4) {
			ret->sport = be16(p + ret->at);
			ret->dport = be16(p + ret->at + 2);
		}
		break;
	default:
		break;
	}
}

bool inner_read(const uint8_t *p, size_t n, struct inner *ret)
{
	if (n < IPV4_HEAD)
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->family = p[0] >> 4;
	if (ret->family == 4 ? !read_ipv4(p, n, ret) : ret->family != 6 || !read_ipv6(p, n, ret))
		return false;
	read_ports(p, ret);
	return true;
}

static bool side_fits(const struct inner *i, const struct selector *s, const struct addr *a,
		      uint16_t port)
{
	return s->range.low.family == i->family && memcmp(a->ip, s->range.low.ip, 16) >= 0 &&
	       memcmp(a->ip, s->range.high.ip, 16) <= 0 &&
	       (s->protocol == 0 || s->protocol == i->protocol) &&
	       (s->port == 0 || s->port == port);
}

bool inner_fits(const struct inner *i, const struct selector *from, const struct selector *to)
{
	return side_fits(i, from, &i->src, i->sport) && side_fits(i, to, &i->dst, i->dport);
}

/* --- checksums ----------------------------------------------------------------------- */

uint64_t inner_sum(const uint8_t *p, size_t n, uint64_t sum)
{
	size_t i, words = n / 4;
	uint32_t word;
	uint16_t half;

	for (i = 0; i < words; i++) { /* the compiler makes vectors of it */
		memcpy(&word, p + 4 * i, 4);
		sum += word;
	}
	p += 4 * words;
	n -= 4 * words;
	if (n >= 2) {
		memcpy(&half, p, 2);
		sum += half;
		p += 2;
		n -= 2;
	}
	if (n) {
		uint8_t last[2] = { *p, 0 };

		memcpy(&half, last, 2);
		sum += half;
	}
	return sum;
}

uint16_t inner_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint64_t inner_pseudo(const uint8_t *p, uint8_t family, uint8_t protocol, size_t n)
{
	const uint8_t *addrs = family == 4 ? p + 12 : p + 8;

	return inner_sum(addrs, family == 4 ? 8 : 32,
			 (uint64_t)htons(protocol) + htons((uint16_t)n));
}

void inner_seal_head(uint8_t *p, uint8_t family)
{
	uint16_t sum;

	if (family != 4)
		return;
	memset(p + 10, 0, 2);
	sum = (uint16_t)~inner_fold(inner_sum(p, (p[0] & 15u) * 4u, 0));
	memcpy(p + 10, &sum, 2);
}

/* Where the checksum stands in the transport header; 0 for protocols we do not know. */
static unsigned sum_at(const struct inner *i)
{
	if (i->protocol == INNER_TCP && i->n - i->at >= 20)
		return 16;
	return i->protocol == INNER_UDP && i->n - i->at >= 8 ? 6 : 0;
}

void inner_seal(uint8_t *p, const struct inner *i)
{
	unsigned where = sum_at(i);
	size_t n = (size_t)i->n - i->at;
	uint16_t sum;

	if (!where || i->fragment)
		return;
	memset(p + i->at + where, 0, 2);
	sum = (uint16_t)~inner_fold(
		inner_sum(p + i->at, n, inner_pseudo(p, i->family, i->protocol, n)));
	if (sum == 0 && i->protocol == INNER_UDP)
		sum = 0xffff; /* zero would mean: none */
	memcpy(p + i->at + where, &sum, 2);
}

/* RFC 1624: what was in the sum goes out, what is there now comes in. In ones' complement arithmetic
 * an address counts by its octets alone, so its family does not matter. */
static uint16_t moved(uint16_t sum, const struct inner *i, const struct addr *was_from,
		      const struct addr *was_to)
{
	uint64_t gone = inner_sum(was_from->ip, addr_size(was_from),
				  inner_sum(was_to->ip, addr_size(was_to), 0));
	uint64_t came = inner_sum(i->src.ip, addr_size(&i->src),
				  inner_sum(i->dst.ip, addr_size(&i->dst), 0));

	return (uint16_t)~inner_fold((uint64_t)(uint16_t)~sum + (uint16_t)~inner_fold(gone) + came);
}

void inner_mend(uint8_t *p, const struct inner *i, const struct addr *was_from,
		const struct addr *was_to)
{
	unsigned where = sum_at(i);
	uint16_t sum;

	if (!where || i->fragment)
		return;
	memcpy(&sum, p + i->at + where, 2);
	if (sum == 0 && i->protocol == INNER_UDP)
		return;
	if (!was_from->family || !was_to->family) {
		inner_seal(p, i);
		return;
	}
	sum = moved(sum, i, was_from, was_to);
	if (sum == 0 && i->protocol == INNER_UDP)
		sum = 0xffff;
	memcpy(p + i->at + where, &sum, 2);
}

bool inner_is_whole(const uint8_t *p, const struct inner *i)
{
	size_t n = (size_t)i->n - i->at;

	return inner_fold(inner_sum(p + i->at, n, inner_pseudo(p, i->family, i->protocol, n))) ==
	       0xffff;
}

/* --- congestion ---------------------------------------------------------------------- */

static void set_tos(uint8_t *p, uint8_t family, uint8_t tos)
{
	if (family == 4) {
		p[1] = tos;
		inner_seal_head(p, 4);
		return;
	}
	set_be16(p, (be16(p) & 0xf00f) | (size_t)tos << 4);
}

bool inner_take_ecn(uint8_t *p, const struct inner *i, uint8_t outer_tos)
{
	if ((outer_tos & ECN_MASK) != ECN_CE || (i->tos & ECN_MASK) == ECN_CE)
		return true;
	if ((i->tos & ECN_MASK) == 0)
		return false; /* its ends would never learn of the congestion */
	set_tos(p, i->family, i->tos | ECN_CE);
	return true;
}

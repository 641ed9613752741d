/* netpacket.c - from a captured frame down to the UDP datagram in it
 *
 * Ethernet (with VLAN tags), Linux cooked (both versions), loopback of BSD and raw IP; IPv4 and
 * IPv6. A first fragment is shown as far as it goes, later ones are not put together: whoever
 * captures IKE with large certificates sees that the message is cut.
 *
 * Called by capture.c. Thread: any, values only. Owns: nothing.
 */
#include "core/base/cursor.h"
#include "core/daemon/capture.h"

/* www.tcpdump.org/linktypes.html */
enum {
	LT_NULL = 0,
	LT_ETHERNET = 1,
	LT_RAW_BSD = 12,
	LT_RAW_OPENBSD = 14,
	LT_RAW = 101,
	LT_LOOP = 108,
	LT_LINUX_SLL = 113,
	LT_IPV4 = 228,
	LT_IPV6 = 229,
	LT_LINUX_SLL2 = 276,
};

enum { ETHER_IPV4 = 0x0800, ETHER_IPV6 = 0x86dd, ETHER_VLAN = 0x8100, ETHER_QINQ = 0x88a8 };
enum { IP_UDP = 17, IP6_HOP = 0, IP6_ROUTING = 43, IP6_FRAGMENT = 44, IP6_DEST = 60 };
enum { EXTENSIONS_MOST = 8, VLANS_MOST = 4 };

static bool read_udp(struct slice s, struct netpacket *ret)
{
	struct rd r = rd_of(s);

	ret->from.port = rd_u16(&r);
	ret->to.port = rd_u16(&r);
	size_t n = rd_u16(&r);
	rd_u16(&r);
	if (r.torn || n < 8)
		return false;
	ret->payload = rd_slice(&r, n - 8 < rd_left(&r) ? n - 8 : rd_left(&r));
	return true;
}

static bool read_ipv4(struct slice s, struct netpacket *ret)
{
	struct rd r = rd_of(s);
	size_t head = (size_t)(rd_u8(&r) & 15u) * 4;

	rd_u8(&r);
	size_t whole = rd_u16(&r);
	rd_u16(&r);
	unsigned fragment = rd_u16(&r) & 0x1fffu;
	rd_u8(&r);
	unsigned protocol = rd_u8(&r);
	rd_u16(&r);
	struct slice from = rd_slice(&r, 4), to = rd_slice(&r, 4);
	rd_take(&r, head < 20 ? 0 : head - 20);
	if (r.torn || head < 20 || fragment != 0 || protocol != IP_UDP ||
	    !addr_of_slice(from, &ret->from) || !addr_of_slice(to, &ret->to))
		return false;

	size_t left = rd_left(&r);
	if (whole >= head && whole - head < left) /* 0 when the card cuts segments itself */
		left = whole - head;
	return read_udp(rd_slice(&r, left), ret);
}

static bool read_ipv6(struct slice s, struct netpacket *ret)
{
	struct rd r = rd_of(s);

	rd_u32(&r);
	size_t n = rd_u16(&r);
	unsigned next = rd_u8(&r);
	rd_u8(&r);
	struct slice from = rd_slice(&r, 16), to = rd_slice(&r, 16);
	if (r.torn || !addr_of_slice(from, &ret->from) || !addr_of_slice(to, &ret->to))
		return false;

	struct rd body = rd_sub(&r, n && n < rd_left(&r) ? n : rd_left(&r));
	for (int i = 0; i < EXTENSIONS_MOST && next != IP_UDP; i++) {
		unsigned here = next;

		if (here != IP6_HOP && here != IP6_ROUTING && here != IP6_DEST &&
		    here != IP6_FRAGMENT)
			return false;
		next = rd_u8(&body);
		size_t units = rd_u8(&body);
		if (here == IP6_FRAGMENT && (rd_u16(&body) & 0xfff8u))
			return false;
		rd_take(&body, here == IP6_FRAGMENT ? 4 : 6 + units * 8);
	}
	return !body.torn && next == IP_UDP && read_udp(rd_rest(&body), ret);
}

static bool read_ip(struct slice s, struct netpacket *ret)
{
	if (s.n == 0)
		return false;
	return s.at[0] >> 4 == 4   ? read_ipv4(s, ret)
	       : s.at[0] >> 4 == 6 ? read_ipv6(s, ret)
				   : false;
}

static bool read_ether_type(struct rd *r, unsigned type, struct netpacket *ret)
{
	for (int i = 0; i < VLANS_MOST && (type == ETHER_VLAN || type == ETHER_QINQ); i++) {
		rd_u16(r);
		type = rd_u16(r);
	}
	if (type != ETHER_IPV4 && type != ETHER_IPV6)
		return false;
	return read_ip(rd_rest(r), ret);
}

bool netpacket_read(uint32_t link_type, struct slice octets, struct netpacket *ret)
{
	struct rd r = rd_of(octets);
	unsigned type;

	*ret = (struct netpacket){ 0 };
	switch (link_type) {
	case LT_ETHERNET:
		rd_take(&r, 12);
		return read_ether_type(&r, rd_u16(&r), ret);
	case LT_LINUX_SLL:
		rd_take(&r, 14);
		return read_ether_type(&r, rd_u16(&r), ret);
	case LT_LINUX_SLL2:
		type = rd_u16(&r);
		rd_take(&r, 18);
		return read_ether_type(&r, type, ret);
	case LT_NULL: /* a family in somebody's byte order; the IP version says it again */
	case LT_LOOP:
		rd_u32(&r);
		return read_ip(rd_rest(&r), ret);
	case LT_RAW_BSD:
	case LT_RAW_OPENBSD:
	case LT_RAW:
	case LT_IPV4:
	case LT_IPV6:
		return read_ip(octets, ret);
	default:
		return false;
	}
}

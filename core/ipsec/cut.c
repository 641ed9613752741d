/* cut.c - cutting the kernel's super-packets into packets that fit
 *
 * Each piece gets the headers, its share of the payload, its lengths, numbers and checksums:
 * what a network card with TSO does. FIN and PSH belong to the last piece, CWR to the first
 * (RFC 3168 section 6.1.2).
 *
 * Called by egress.c.  Thread: any.  Owns: nothing; the packet is the caller's.
 */
#include "core/ipsec/cut.h"

#include <string.h>

#include <linux/virtio_net.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

enum {
	TCP_FIN = 0x01,
	TCP_PSH = 0x08,
	TCP_CWR = 0x80,
	TCP_FLAGS = 13,
	TCP_HEAD = 20,
	UDP_HEAD = 8,
	IPV6_HEAD = 40,
};

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void set_be32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void set_be16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* The kernel left the sum of the pseudo header in the checksum's place: finish it. */
static bool finish_sum(const struct virtio_net_hdr *v, uint8_t *p, size_t n)
{
	size_t at = (size_t)v->csum_start + v->csum_offset;
	uint16_t sum;

	if (!(v->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return true;
	if (at + 2 > n || v->csum_start > n)
		return false;
	sum = (uint16_t)~inner_fold(inner_sum(p + v->csum_start, n - v->csum_start, 0));
	if (sum == 0)
		sum = 0xffff; /* the same number, and UDP needs this one */
	memcpy(p + at, &sum, 2);
	return true;
}

/* Headers of the transport protocol, 0 when it cannot be cut. */
static size_t transport_head(const struct cut *c, uint8_t gso)
{
	const struct inner *i = &c->inner;
	size_t left = (size_t)i->n - i->at, n;

	if (gso == VIRTIO_NET_HDR_GSO_UDP_L4)
		return i->protocol == INNER_UDP && left >= UDP_HEAD ? UDP_HEAD : 0;
	if (gso != VIRTIO_NET_HDR_GSO_TCPV4 && gso != VIRTIO_NET_HDR_GSO_TCPV6)
		return 0;
	if (i->protocol != INNER_TCP || left < TCP_HEAD)
		return 0;
	n = (size_t)(c->packet[i->at + 12] >> 4) * 4;
	return n >= TCP_HEAD && n <= left ? n : 0;
}

bool cut_begin(struct cut *c, uint8_t *frame, size_t n)
{
	struct virtio_net_hdr v;
	uint8_t gso;

	if (n <= sizeof(v))
		return false;
	memcpy(&v, frame, sizeof(v));
	*c = (struct cut){ .packet = frame + sizeof(v) };
	n -= sizeof(v);
	if (!inner_read(c->packet, n, &c->inner))
		return false;
	gso = v.gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;
	c->end = c->inner.n;
	if (gso == VIRTIO_NET_HDR_GSO_NONE) {
		c->whole = true;
		return finish_sum(&v, c->packet, c->inner.n);
	}
	size_t head = transport_head(c, gso);

	if (!head || !v.gso_size)
		return false;
	c->at = c->head = c->inner.at + head;
	c->piece = v.gso_size;
	c->id = (uint16_t)(c->packet[4] << 8 | c->packet[5]);
	c->seq = c->inner.protocol == INNER_TCP ? be32(c->packet + c->inner.at + 4) : 0;
	return c->at < c->end;
}

size_t cut_next_n(const struct cut *c)
{
	if (c->at >= c->end)
		return 0;
	return c->whole ? c->end : c->head + MIN_OF(c->piece, c->end - c->at);
}

static void finish_tcp(struct cut *c, uint8_t *t, bool first, bool last)
{
	set_be32(t + 4, c->seq);
	if (!last)
		t[TCP_FLAGS] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (!first)
		t[TCP_FLAGS] &= (uint8_t)~TCP_CWR;
}

void cut_next(struct cut *c, uint8_t *ret)
{
	size_t n = cut_next_n(c), payload = n - c->head;
	struct inner i = c->inner;

	if (c->whole) {
		memcpy(ret, c->packet, n);
		c->at = c->end;
		return;
	}
	memcpy(ret, c->packet, c->head);
	memcpy(ret + c->head, c->packet + c->at, payload);
	i.n = (uint16_t)n;
	if (i.family == 4) {
		set_be16(ret + 2, n);
		set_be16(ret + 4, c->id++);
		inner_seal_head(ret, 4);
	} else {
		set_be16(ret + 4, n - IPV6_HEAD);
	}
	if (i.protocol == INNER_TCP)
		finish_tcp(c, ret + i.at, c->at == c->head, c->at + payload >= c->end);
	else
		set_be16(ret + i.at + 4, n - i.at);
	inner_seal(ret, &i);
	c->seq += (uint32_t)payload;
	c->at += payload;
}

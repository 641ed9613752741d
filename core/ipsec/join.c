/* join.c - joining packets of one flow again before the kernel gets them
 *
 * A TCP segment may continue a flow when everything but its number and payload is equal, as a
 * network card's receive offload would have it. Its checksum is verified first, since the
 * super-packet's says "not computed yet" and thereby vouches for all of it. UDP datagrams join
 * when they are equally long. Headers are copied, payloads stay in the receive buffer.
 *
 * Called by ingress.c.  Thread: one.  Owns: nothing; descriptors and packets are the caller's.
 */
#include "core/ipsec/join.h"

#include <errno.h>
#include <string.h>

#include <linux/virtio_net.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

enum {
	TCP_HEAD = 20,
	TCP_ACK = 0x10,
	TCP_PSH = 0x08,
	TCP_FLAGS = 13,
	TCP_SUM = 16,
	UDP_HEAD = 8,
	UDP_SUM = 6,
	IPV6_HEAD = 40,
	TOTAL_MAX = 65000,
};

void join_init(struct join *j, const int *fds, unsigned n)
{
	memset(j, 0, sizeof(*j));
	j->fds_n = MIN_OF(n, (unsigned)COUNT_OF(j->fds));
	memcpy(j->fds, fds, j->fds_n * sizeof(*fds));
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void set_be16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* Symmetric, so that both directions of a flow meet the same queue. */
static unsigned flow_of(const struct inner *i)
{
	uint32_t h = (uint32_t)i->sport ^ i->dport;

	for (unsigned at = 0; at < 16; at += 4)
		h ^= be32(i->src.ip + at) ^ be32(i->dst.ip + at);
	h *= 2654435761u;
	return h >> 16;
}

static void write_out(struct join *j, int fd, struct iovec *iov, int n)
{
	if (writev(fd, iov, n) < 0)
		j->lost++;
}

static void write_plain(struct join *j, int fd, uint8_t *p, const struct inner *i)
{
	struct virtio_net_hdr v = { 0 };
	struct iovec iov[2] = { { &v, sizeof(v) }, { p, i->n } };

	write_out(j, fd, iov, 2);
}

/* The headers of several pieces as one; the kernel computes the checksum if it is needed. */
static struct virtio_net_hdr finish(struct join_flow *w)
{
	const struct inner *i = &w->inner;
	size_t n = w->head + w->total;
	bool tcp = i->protocol == INNER_TCP;
	uint16_t sum;

	if (i->family == 4) {
		set_be16(w->headers + 2, n);
		inner_seal_head(w->headers, 4);
	} else {
		set_be16(w->headers + 4, n - IPV6_HEAD);
	}
	if (!tcp)
		set_be16(w->headers + i->at + 4, n - i->at);
	sum = inner_fold(inner_pseudo(w->headers, i->family, i->protocol, n - i->at));
	memcpy(w->headers + i->at + (tcp ? TCP_SUM : UDP_SUM), &sum, 2);
	return (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = !tcp             ? VIRTIO_NET_HDR_GSO_UDP_L4
			    : i->family == 4 ? VIRTIO_NET_HDR_GSO_TCPV4
					     : VIRTIO_NET_HDR_GSO_TCPV6,
		.hdr_len = (uint16_t)w->head,
		.gso_size = (uint16_t)w->piece,
		.csum_start = i->at,
		.csum_offset = tcp ? TCP_SUM : UDP_SUM,
	};
}

/* A kernel before 6.2 refuses UDP super-packets: once more in pieces, and never again. */
static void give_up_udp(struct join *j, struct join_flow *w)
{
	struct virtio_net_hdr v = { 0 };

	j->no_udp = true;
	for (unsigned p = 0; p < w->n; p++) {
		struct inner i = w->inner;
		struct iovec iov[3] = { { &v, sizeof(v) }, { w->headers, w->head }, w->iov[2 + p] };

		i.n = (uint16_t)(w->head + iov[2].iov_len);
		if (i.family == 4) {
			set_be16(w->headers + 2, i.n);
			inner_seal_head(w->headers, 4);
		} else {
			set_be16(w->headers + 4, (size_t)i.n - IPV6_HEAD);
		}
		set_be16(w->headers + i.at + 4, (size_t)i.n - i.at);
		memset(w->headers + i.at + UDP_SUM, 0, 2);
		uint64_t sum = inner_pseudo(w->headers, i.family, INNER_UDP, (size_t)i.n - i.at);
		sum = inner_sum(w->headers + i.at, UDP_HEAD, sum);
		uint16_t folded =
			(uint16_t)~inner_fold(inner_sum(iov[2].iov_base, iov[2].iov_len, sum));

		folded = folded ? folded : 0xffff;
		memcpy(w->headers + i.at + UDP_SUM, &folded, 2);
		write_out(j, w->fd, iov, 3);
	}
}

static void flush_flow(struct join *j, struct join_flow *w)
{
	struct virtio_net_hdr v = { 0 };

	if (!w->n)
		return;
	if (w->n > 1)
		v = finish(w);
	w->iov[0] = (struct iovec){ &v, sizeof(v) };
	w->iov[1] = (struct iovec){ w->headers, w->head };
	if (writev(w->fd, w->iov, (int)(2 + w->n)) < 0) {
		if (errno == EINVAL && v.gso_type == VIRTIO_NET_HDR_GSO_UDP_L4)
			give_up_udp(j, w);
		else
			j->lost++;
	}
	w->n = 0;
}

/* Octets of headers if this packet may be joined with others of its kind, else 0. */
static size_t joinable(const struct join *j, const uint8_t *p, const struct inner *i)
{
	size_t left = (size_t)i->n - i->at, head;

	if (i->fragment || !i->plain)
		return 0;
	if (i->protocol == INNER_UDP) {
		bool good = !j->no_udp && left > UDP_HEAD &&
			    (p[i->at + UDP_SUM] | p[i->at + UDP_SUM + 1]) != 0 &&
			    (size_t)(p[i->at + 4] << 8 | p[i->at + 5]) == left;

		return good ? (size_t)i->at + UDP_HEAD : 0;
	}
	if (i->protocol != INNER_TCP || left <= TCP_HEAD)
		return 0;
	head = (size_t)(p[i->at + 12] >> 4) * 4;
	if (head < TCP_HEAD || head >= left || i->at + head > JOIN_HEAD)
		return 0;
	return (p[i->at + TCP_FLAGS] & ~TCP_PSH) == TCP_ACK ? i->at + head : 0;
}

/* All that must be equal beside addresses and ports. */
static bool continues(const struct join_flow *w, const uint8_t *p, const struct inner *i,
		      size_t head)
{
	size_t payload = i->n - head, at = i->at;
	const uint8_t *mine = w->headers;

	if (w->full || w->head != head || payload > w->piece || w->n == JOIN_PIECES ||
	    w->total + payload + head > TOTAL_MAX)
		return false;
	if (i->family == 4 && (mine[1] != p[1] || mine[6] != p[6] || mine[8] != p[8]))
		return false; /* TOS, DF, TTL */
	if (i->family == 6 && (memcmp(mine, p, 4) != 0 || mine[7] != p[7]))
		return false; /* class and label, hop limit */
	if (i->protocol == INNER_UDP)
		return true;
	return w->next == be32(p + at + 4) && memcmp(mine + at + 8, p + at + 8, 5) == 0 &&
	       memcmp(mine + at + 14, p + at + 14, 2) == 0 &&
	       memcmp(mine + at + TCP_HEAD, p + at + TCP_HEAD, head - at - TCP_HEAD) == 0;
}

static bool is_flow(const struct join_flow *w, const struct inner *i)
{
	return w->n && w->inner.protocol == i->protocol && w->inner.family == i->family &&
	       w->inner.sport == i->sport && w->inner.dport == i->dport &&
	       memcmp(w->inner.src.ip, i->src.ip, 16) == 0 &&
	       memcmp(w->inner.dst.ip, i->dst.ip, 16) == 0;
}

static void start_flow(struct join_flow *w, const uint8_t *p, const struct inner *i, size_t head)
{
	w->inner = *i;
	w->head = head;
	w->piece = i->n - head;
	w->total = 0;
	w->full = false;
	memcpy(w->headers, p, head);
}

static void append(struct join *j, struct join_flow *w, uint8_t *p, const struct inner *i)
{
	size_t payload = i->n - w->head;
	bool tcp = i->protocol == INNER_TCP;

	w->iov[2 + w->n++] = (struct iovec){ p + w->head, payload };
	w->total += payload;
	if (tcp) {
		w->next = be32(p + i->at + 4) + (uint32_t)payload;
		w->headers[i->at + TCP_FLAGS] |= p[i->at + TCP_FLAGS] & TCP_PSH;
	}
	w->full = payload < w->piece;
	if (tcp && p[i->at + TCP_FLAGS] & TCP_PSH) /* the sender wants it there now */
		flush_flow(j, w);
}

void join_add(struct join *j, uint8_t *p, const struct inner *i)
{
	unsigned flow = flow_of(i);
	struct join_flow *w = &j->flows[flow % JOIN_FLOWS];
	int fd = j->fds[flow % j->fds_n];
	size_t head = joinable(j, p, i);

	if (!head || !inner_is_whole(p, i)) {
		if (is_flow(w, i) || i->fragment) /* keep the order within a flow */
			flush_flow(j, w);
		write_plain(j, fd, p, i);
		return;
	}
	if (w->n && (!is_flow(w, i) || !continues(w, p, i, head)))
		flush_flow(j, w);
	if (!w->n) {
		start_flow(w, p, i, head);
		w->fd = fd;
	}
	append(j, w, p, i);
}

void join_flush(struct join *j)
{
	for (unsigned i = 0; i < JOIN_FLOWS; i++)
		flush_flow(j, &j->flows[i]);
}

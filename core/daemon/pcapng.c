/* pcapng.c - writing a capture file as Wireshark reads it
 *
 * Section Header, Interface Description and Enhanced Packet blocks, no others. The Decryption Secrets
 * Block has no type for IKE, so keys are no matter of this file: who has some writes them as a comment.
 *
 * Called by: wiretap.c.  Thread: loop.  Owns: nothing.
 */
#include "core/daemon/pcapng.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/cursor.h"

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 6,
	ORDER_MARK = 0x1a2b3c4d,
	LINK_RAW = 101, /* an IP packet, its version in the first nibble */
	OPT_END = 0,
	OPT_COMMENT = 1,
	OPT_USER_APPLICATION = 4, /* of a section */
	OPT_IF_NAME = 2,
	OPT_EPB_FLAGS = 2,
	FLAG_INBOUND = 1,
	FLAG_OUTBOUND = 2,
	COMMENT_MOST = 60000, /* the length of an option has 16 bits */
};

enum { IP4_HEAD = 20, IP6_HEAD = 40, UDP_HEAD = 8, MARKER = 4, IP_UDP = 17, HOPS = 64 };

/* ---- blocks ---- */

static void put16(struct text *t, unsigned v)
{
	const uint8_t at[] = { (uint8_t)v, (uint8_t)(v >> 8) };

	text_add_n(t, (const char *)at, sizeof(at));
}

static void put32(struct text *t, uint32_t v)
{
	put16(t, v & 0xffff);
	put16(t, v >> 16);
}

static void put_padded(struct text *t, struct slice s)
{
	static const char zeros[4];

	text_add_n(t, (const char *)s.at, s.n);
	text_add_n(t, zeros, (4 - s.n % 4) % 4);
}

static void put_option(struct text *t, unsigned code, struct slice value)
{
	if (!value.n)
		return;
	value.n = value.n > COMMENT_MOST ? COMMENT_MOST : value.n;
	put16(t, code);
	put16(t, (unsigned)value.n);
	put_padded(t, value);
}

/* A block is its type, its length, what is in it, and its length once more. */
static void put_block(struct text *t, uint32_t type, const struct text *body)
{
	uint32_t whole = (uint32_t)body->n + 12;

	put32(t, type);
	put32(t, whole);
	text_add_n(t, body->at, body->n);
	put32(t, whole);
	t->cut |= body->cut;
}

void pcapng_begin(struct text *t, const char *comment)
{
	struct text body = { .cap = strlen(comment) + 256 };

	/* room for all of it: what moves leaves copies behind, and there may be keys in the comment */
	body.at = calloc(1, body.cap);
	body.cap = body.at ? body.cap : 0;
	put32(&body, ORDER_MARK);
	put16(&body, 1); /* version 1.0 */
	put16(&body, 0);
	put32(&body, 0xffffffff); /* the length of the section is not said */
	put32(&body, 0xffffffff);
	put_option(&body, OPT_COMMENT, slice_str(comment));
	put_option(&body, OPT_USER_APPLICATION, slice_str("ikeeperd " IKEEPER_VERSION));
	put32(&body, OPT_END);
	put_block(t, BLOCK_SECTION, &body);
	if (body.at)
		wipe(body.at, body.cap);
	text_done(&body);

	text_init(&body, 0);
	put16(&body, LINK_RAW);
	put16(&body, 0);
	put32(&body, 0); /* packets are not cut */
	put_option(&body, OPT_IF_NAME, slice_str("ike"));
	put32(&body, OPT_END);
	put_block(t, BLOCK_INTERFACE, &body);
	text_done(&body);
}

/* ---- a packet around a datagram ---- */

/* Of 16-bit words, as IP, UDP and their like want it (RFC 1071), on top of `sum`. */
static uint32_t add_words(uint32_t sum, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		sum += i % 2 ? s.at[i] : (uint32_t)s.at[i] << 8;
	return sum;
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put_ip4(struct wr *w, const struct pcapng_datagram *d, size_t udp)
{
	size_t from = w->n;

	wr_u16(w, 0x4500);
	wr_u16(w, (uint16_t)(IP4_HEAD + udp));
	wr_u32(w, 0); /* no id, not in fragments */
	wr_u8(w, HOPS);
	wr_u8(w, IP_UDP);
	wr_u16(w, 0);
	wr_slice(w, addr_slice(&d->from));
	wr_slice(w, addr_slice(&d->to));
	wr_patch_u16(w, from + 10, folded(add_words(0, slice(&w->at[from], IP4_HEAD))));
}

static void put_ip6(struct wr *w, const struct pcapng_datagram *d, size_t udp)
{
	wr_u32(w, 0x60000000);
	wr_u16(w, (uint16_t)udp);
	wr_u8(w, IP_UDP);
	wr_u8(w, HOPS);
	wr_slice(w, addr_slice(&d->from));
	wr_slice(w, addr_slice(&d->to));
}

/* The headers; the checksum is of the datagram too, which is not copied for it. */
static struct slice heads(const struct pcapng_datagram *d, uint8_t *at, size_t cap)
{
	size_t udp = UDP_HEAD + (d->marker ? MARKER : 0) + d->octets.n;
	struct wr w = wr_of(at, cap);
	uint32_t sum = IP_UDP + (uint32_t)udp;
	size_t from;

	if (d->from.family == 4)
		put_ip4(&w, d, udp);
	else
		put_ip6(&w, d, udp);
	from = w.n;
	wr_u16(&w, d->from.port);
	wr_u16(&w, d->to.port);
	wr_u16(&w, (uint16_t)udp);
	wr_u16(&w, 0);
	wr_zeros(&w, d->marker ? MARKER : 0);
	sum = add_words(sum, addr_slice(&d->from));
	sum = add_words(sum, addr_slice(&d->to));
	sum = add_words(sum, slice(&at[from], w.n - from));
	sum = folded(add_words(sum, d->octets));
	wr_patch_u16(&w, from + 6, sum ? (uint16_t)sum : 0xffff); /* 0 means there is none */
	return wr_done(&w);
}

void pcapng_add(struct text *t, const struct pcapng_datagram *d)
{
	uint64_t us = (uint64_t)d->wall_ms * 1000;
	uint8_t at[IP6_HEAD + UDP_HEAD + MARKER];
	static const char zeros[4];
	struct slice head;
	struct text body;
	size_t n;

	if (d->from.family != d->to.family || !d->from.family || d->octets.n > 65535 - sizeof(at))
		return;
	head = heads(d, at, sizeof(at));
	n = head.n + d->octets.n;
	text_init(&body, 0);
	put32(&body, 0); /* interface */
	put32(&body, (uint32_t)(us >> 32));
	put32(&body, (uint32_t)us);
	put32(&body, (uint32_t)n);
	put32(&body, (uint32_t)n);
	text_add_n(&body, (const char *)head.at, head.n);
	text_add_n(&body, (const char *)d->octets.at, d->octets.n);
	text_add_n(&body, zeros, (4 - n % 4) % 4);
	put16(&body, OPT_EPB_FLAGS);
	put16(&body, 4);
	put32(&body, d->inbound ? FLAG_INBOUND : FLAG_OUTBOUND);
	put_option(&body, OPT_COMMENT, slice_str(d->comment));
	put32(&body, OPT_END);
	put_block(t, BLOCK_PACKET, &body);
	text_done(&body);
}

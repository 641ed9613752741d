/* capture.c - IKE datagrams out of a capture file: pcap, pcapng, or hex text
 *
 * pcap as of draft-ietf-opsawg-pcap, pcapng as of draft-ietf-opsawg-pcapng: sections, interfaces
 * and the three kinds of packet blocks, either byte order. Hex text is for what people paste: one
 * message a line, or wrapped over lines until the length in its header is reached; blank lines,
 * colons and "#" comments are fine.
 *
 * Called by decode.c. Thread: any. Owns: nothing.
 */
#include "core/daemon/capture.h"

#include <string.h>

#include "core/base/cursor.h"
#include "core/wire/header.h"

enum { PORT_IKE = 500, PORT_NATT = 4500, MARKER = 4, INTERFACES_MOST = 64 };
enum { HEX_MESSAGE_MOST = 65536 };

/* A file in progress. Numbers stand in the byte order of whoever wrote it. */
struct reading {
	const struct capture_want *want;
	struct rd rd;
	bool swapped;
	uint64_t frame;
	size_t interfaces;
	struct {
		uint32_t link_type;
		uint64_t per_second; /* units of its time stamps */
	} interface[INTERFACES_MOST];
};

static uint32_t u32(const struct reading *r, struct rd *rd)
{
	uint32_t v = rd_u32(rd);

	return r->swapped ? __builtin_bswap32(v) : v;
}

static uint16_t u16(const struct reading *r, struct rd *rd)
{
	uint16_t v = rd_u16(rd);

	return r->swapped ? __builtin_bswap16(v) : v;
}

static bool is_ike_port(const struct reading *r, uint16_t port)
{
	return port == PORT_IKE || port == PORT_NATT || (r->want->port && port == r->want->port);
}

static bool has_marker(struct slice s)
{
	static const uint8_t zeros[MARKER];

	return s.n >= MARKER && memcmp(s.at, zeros, MARKER) == 0;
}

static struct slice behind_marker(struct slice s)
{
	struct rd r = rd_of(s);

	rd_take(&r, MARKER);
	return rd_rest(&r);
}

/* Tell a datagram when it is IKE: on the NAT-T port only behind a marker (RFC 3948 section 2.2);
 * on any other a marker can be told from a cookie, which is never zero in front. */
static void tell(struct reading *r, int64_t time_us, const struct netpacket *p)
{
	struct captured c = { .frame = r->frame,
			      .time_us = time_us,
			      .from = p->from,
			      .to = p->to,
			      .octets = p->payload };
	bool on_natt = p->from.port == PORT_NATT || p->to.port == PORT_NATT;

	if (!is_ike_port(r, p->from.port) && !is_ike_port(r, p->to.port))
		return;
	c.natt = has_marker(p->payload);
	if (c.natt)
		c.octets = behind_marker(p->payload);
	else if (on_natt)
		return; /* ESP, or the octet that keeps a mapping open */
	r->want->each(r->want->arg, &c);
}

static void take_frame(struct reading *r, uint32_t link_type, int64_t time_us, struct slice octets)
{
	struct netpacket p;

	r->frame++;
	if (netpacket_read(link_type, octets, &p))
		tell(r, time_us, &p);
}

/* --- pcap ---------------------------------------------------------------------------- */

static enum reason read_pcap(struct reading *r, bool nano, struct fault *f)
{
	rd_take(&r->rd, 4 + 2 + 2 + 4 + 4 + 4); /* magic, version, zone, accuracy, snap length */
	uint32_t link_type = u32(r, &r->rd) & 0xfffffffu;

	while (!r->rd.torn && rd_left(&r->rd) > 0) {
		int64_t s = u32(r, &r->rd), part = u32(r, &r->rd);
		uint32_t n = u32(r, &r->rd);

		u32(r, &r->rd);
		struct slice octets = rd_slice(&r->rd, n);
		if (!r->rd.torn)
			take_frame(r, link_type, s * 1000000 + (nano ? part / 1000 : part), octets);
	}
	if (r->rd.torn)
		return fail(f, R_MALFORMED, "the capture is cut after frame %llu",
			    (unsigned long long)r->frame);
	return R_OK;
}

/* --- pcapng -------------------------------------------------------------------------- */

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_OLD_PACKET = 2,
	BLOCK_SIMPLE = 3,
	BLOCK_PACKET = 6,
	OPTION_END = 0,
	OPTION_TSRESOL = 9,
};

static uint64_t power(uint64_t base, unsigned n)
{
	uint64_t v = 1;

	while (n-- > 0 && v <= UINT64_MAX / 20)
		v *= base;
	return v;
}

static void read_interface(struct reading *r, struct rd *b)
{
	uint32_t link_type = u16(r, b);
	uint64_t per_second = 1000000;

	u16(r, b);
	u32(r, b);
	while (!b->torn && rd_left(b) >= 4) {
		unsigned code = u16(r, b), n = u16(r, b);
		struct rd value = rd_sub(b, n);

		if (code == OPTION_END)
			break;
		rd_take(b, (4 - n % 4) % 4);
		if (code != OPTION_TSRESOL)
			continue;
		unsigned v = rd_u8(&value);
		per_second = power(v & 0x80 ? 2 : 10, v & 0x7f);
	}
	if (r->interfaces == INTERFACES_MOST)
		return;
	r->interface[r->interfaces].link_type = link_type;
	r->interface[r->interfaces++].per_second = per_second;
}

/* -1 for what no clock can have said. */
static int64_t microseconds(uint64_t at, uint64_t per_second)
{
	uint64_t s = at / per_second;
	double rest = (double)(at % per_second) / (double)per_second;

	return s > UINT32_MAX ? -1 : (int64_t)(s * 1000000) + (int64_t)(rest * 1e6);
}

static void read_packet(struct reading *r, struct rd *b, uint32_t type)
{
	uint32_t i = 0, n;
	int64_t time_us = -1;

	if (type == BLOCK_SIMPLE) {
		n = u32(r, b);
		if (n > rd_left(b))
			n = (uint32_t)rd_left(b);
	} else {
		i = type == BLOCK_PACKET ? u32(r, b) : u16(r, b);
		if (type == BLOCK_OLD_PACKET)
			u16(r, b);
		uint64_t at = (uint64_t)u32(r, b) << 32;
		at |= u32(r, b);
		n = u32(r, b);
		u32(r, b);
		if (i < r->interfaces)
			time_us = microseconds(at, r->interface[i].per_second);
	}
	struct slice octets = rd_slice(b, n);
	if (!b->torn && i < r->interfaces)
		take_frame(r, r->interface[i].link_type, time_us, octets);
	else
		r->frame++;
}

/* A new section may be written in another byte order: its magic stands behind the length. */
static bool read_section_order(struct reading *r)
{
	struct rd ahead = r->rd;

	rd_u32(&ahead);
	uint32_t magic = rd_u32(&ahead);
	r->swapped = magic == 0x4d3c2b1a;
	r->interfaces = 0;
	return magic == 0x1a2b3c4d || r->swapped;
}

static enum reason read_pcapng(struct reading *r, struct fault *f)
{
	while (!r->rd.torn && rd_left(&r->rd) > 0) {
		uint32_t type = u32(r, &r->rd);

		if (type == BLOCK_SECTION && !read_section_order(r))
			break;
		uint32_t n = u32(r, &r->rd);
		if (n < 12 || n % 4 != 0)
			break;
		struct rd body = rd_sub(&r->rd, n - 12);
		u32(r, &r->rd);
		if (r->rd.torn)
			break;
		if (type == BLOCK_INTERFACE)
			read_interface(r, &body);
		else if (type == BLOCK_PACKET || type == BLOCK_SIMPLE || type == BLOCK_OLD_PACKET)
			read_packet(r, &body, type);
	}
	if (r->rd.torn || rd_left(&r->rd) > 0)
		return fail(f, R_MALFORMED, "the capture is cut or damaged after frame %llu",
			    (unsigned long long)r->frame);
	return R_OK;
}

/* --- hex text ------------------------------------------------------------------------ */

struct hex {
	struct bytes *octets; /* what was gathered */
	size_t n;
	bool half; /* one digit of the next octet is there */
};

static int digit(uint8_t c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

static void tell_hex(struct reading *r, struct hex *h)
{
	struct captured c = { .frame = ++r->frame,
			      .time_us = -1,
			      .octets = slice(h->octets->at, h->n) };

	c.natt = has_marker(c.octets);
	if (c.natt)
		c.octets = behind_marker(c.octets);
	r->want->each(r->want->arg, &c);
	h->n = 0;
}

static bool is_whole(const struct hex *h)
{
	struct slice s = slice(h->octets->at, h->n);
	struct header head;

	if (has_marker(s))
		s = behind_marker(s);
	return header_read(s, &head, NULL) == R_OK;
}

/* A line is over: is the message? `blank` lines end it whatever its header says. */
static enum reason end_line(struct reading *r, struct hex *h, bool blank, struct fault *f)
{
	if (h->half)
		return fail(f, R_MALFORMED, "an odd number of hex digits in message %llu",
			    (unsigned long long)r->frame + 1);
	if (h->n > 0 && (blank || is_whole(h)))
		tell_hex(r, h);
	return R_OK;
}

static enum reason take_digit(struct hex *h, uint8_t c, struct fault *f)
{
	int v = digit(c);

	if (v < 0)
		return fail(f, R_MALFORMED,
			    "neither a capture nor hex: there is an octet 0x%02x in it", c);
	if (h->n == HEX_MESSAGE_MOST)
		return fail(f, R_MALFORMED, "a message of more than %d octets", HEX_MESSAGE_MOST);
	if (h->half)
		h->octets->at[h->n++] |= (uint8_t)v;
	else
		h->octets->at[h->n] = (uint8_t)(v << 4);
	h->half = !h->half;
	return R_OK;
}

static enum reason read_hex(struct reading *r, struct slice file, struct fault *f)
{
	own(bytes) room = bytes_new(HEX_MESSAGE_MOST);
	struct hex h = { .octets = room };
	bool comment = false, blank = true;

	if (!room)
		return fail(f, R_NO_MEMORY, "no memory for a message");
	for (size_t i = 0; i < file.n; i++) {
		uint8_t c = file.at[i];

		if (c == '\n') {
			if (end_line(r, &h, blank && !comment, f) != R_OK)
				return f->reason;
			comment = false;
			blank = true;
		} else if (comment || c == ' ' || c == '\t' || c == '\r' || c == ':') {
			continue;
		} else if (c == '#') {
			comment = true;
		} else if (take_digit(&h, c, f) != R_OK) {
			return f->reason;
		} else {
			blank = false;
		}
	}
	return end_line(r, &h, true, f);
}

/* --- which one ----------------------------------------------------------------------- */

enum reason capture_read(struct slice file, const struct capture_want *w, struct fault *f)
{
	struct reading r = { .want = w, .rd = rd_of(file) };
	struct rd ahead = r.rd;
	struct fault unread;

	f = f ? f : &unread;
	switch (rd_u32(&ahead)) {
	case 0xa1b2c3d4:
		return read_pcap(&r, false, f);
	case 0xa1b23c4d:
		return read_pcap(&r, true, f);
	case 0xd4c3b2a1:
		r.swapped = true;
		return read_pcap(&r, false, f);
	case 0x4d3cb2a1:
		r.swapped = true;
		return read_pcap(&r, true, f);
	case BLOCK_SECTION:
		return read_pcapng(&r, f);
	default:
		return read_hex(&r, file, f);
	}
}

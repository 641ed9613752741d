/* esp.c - ESP packets: trailer, padding, replay window
 *
 * RFC 4303. Padding is 1, 2, 3, ... (section 2.4) and checked on the way in: a packet that
 * verified and still pads wrongly was made by a broken peer. Sequence numbers start at 1 and
 * never wrap, since IKEv1 without extended numbers must rekey first (section 3.3.3). The replay
 * window is a ring of 1024 bits, of which the configured number counts.
 *
 * Called by egress.c and ingress.c.  Thread: one at a time per shield and window.
 * Owns: nothing.
 */
#include "core/ipsec/esp.h"

#include <string.h>

enum { TRAILER = 2, WINDOW_MIN = 32, TTL = 64, IPV4_HEAD = 20, IPV6_HEAD = 40 };

static void set_be32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static size_t padded(const struct shield *s, size_t text_n)
{
	size_t block = shield_block(s);

	return (text_n + TRAILER + block - 1) / block * block;
}

size_t esp_sealed_n(const struct shield *s, size_t text_n)
{
	return esp_text_at(s) + padded(s, text_n) + shield_icv(s);
}

enum reason esp_seal(struct shield *s, uint8_t *packet, size_t text_n, uint32_t spi, uint64_t seq,
		     uint8_t next)
{
	uint8_t *text = packet + esp_text_at(s);
	size_t n = padded(s, text_n), pad = n - text_n - TRAILER;

	if (seq == 0 || seq > UINT32_MAX)
		return R_EXPIRED;
	set_be32(packet, spi);
	set_be32(packet + 4, (uint32_t)seq);
	for (size_t i = 0; i < pad; i++)
		text[text_n + i] = (uint8_t)(i + 1);
	text[n - 2] = (uint8_t)pad;
	text[n - 1] = next;
	return shield_seal(s, packet, n, seq);
}

enum reason esp_open(struct shield *s, uint8_t *packet, size_t n, struct slice *ret_text,
		     uint8_t *ret_next)
{
	struct slice text;
	enum reason r = shield_open(s, packet, n, &text);

	if (r != R_OK)
		return r;
	if (text.n < TRAILER || text.at[text.n - 2] + (size_t)TRAILER > text.n)
		return R_MALFORMED;
	size_t pad = text.at[text.n - 2], end = text.n - TRAILER - pad;

	for (size_t i = 0; i < pad; i++)
		if (text.at[end + i] != i + 1)
			return R_MALFORMED;
	*ret_next = text.at[text.n - 1];
	*ret_text = slice(text.at, end);
	return R_OK;
}

/* --- replay -------------------------------------------------------------------------- */

void esp_replay_init(struct esp_replay *r, uint32_t window)
{
	memset(r, 0, sizeof(*r));
	if (window)
		r->window = MIN_OF(MAX_OF(window, WINDOW_MIN), ESP_WINDOW_MAX);
}

static uint64_t *word_of(struct esp_replay *r, uint32_t seq)
{
	return &r->seen[seq % ESP_WINDOW_MAX / 64];
}

bool esp_replay_may(const struct esp_replay *r, uint32_t seq)
{
	if (r->window == 0)
		return true;
	if (seq == 0)
		return false;
	if (seq > r->top)
		return true;
	if (r->top - seq >= r->window)
		return false;
	return !(r->seen[seq % ESP_WINDOW_MAX / 64] >> (seq % 64) & 1);
}

void esp_replay_note(struct esp_replay *r, uint32_t seq)
{
	if (seq > r->top) {
		if (seq - r->top >= ESP_WINDOW_MAX) {
			memset(r->seen, 0, sizeof(r->seen));
		} else {
			for (uint32_t skipped = r->top + 1; skipped != seq; skipped++)
				*word_of(r, skipped) &= ~(1ull << (skipped % 64));
		}
		r->top = seq;
	}
	*word_of(r, seq) |= 1ull << (seq % 64);
}

/* --- transport mode ------------------------------------------------------------------ */

bool esp_strip(uint8_t *p, const struct inner *i, size_t *ret_n, uint8_t *ret_next)
{
	/* ESP works on whole datagrams here, and the socket writes a plain header. */
	if (i->fragment || !i->plain)
		return false;
	*ret_n = (size_t)i->n - i->at;
	*ret_next = i->protocol;
	memmove(p, p + i->at, *ret_n);
	return true;
}

static void dress_ipv4(uint8_t *p, size_t n, uint8_t next, const struct addr *from,
		       const struct addr *to)
{
	memset(p, 0, IPV4_HEAD);
	p[0] = 0x45;
	p[2] = (uint8_t)(n >> 8);
	p[3] = (uint8_t)n;
	p[6] = 0x40; /* whole, and not to be cut */
	p[8] = TTL;
	p[9] = next;
	memcpy(p + 12, from->ip, 4);
	memcpy(p + 16, to->ip, 4);
	inner_seal_head(p, 4);
}

static void dress_ipv6(uint8_t *p, size_t n, uint8_t next, const struct addr *from,
		       const struct addr *to)
{
	memset(p, 0, 8);
	p[0] = 0x60;
	p[4] = (uint8_t)((n - IPV6_HEAD) >> 8);
	p[5] = (uint8_t)(n - IPV6_HEAD);
	p[6] = next;
	p[7] = TTL;
	memcpy(p + 8, from->ip, 16);
	memcpy(p + 24, to->ip, 16);
}

size_t esp_dress(struct slice text, uint8_t next, const struct esp_ends *now,
		 const struct esp_ends *was, uint8_t *ret)
{
	size_t head = now->from.family == 4 ? IPV4_HEAD : IPV6_HEAD, n = head + text.n;
	struct inner i;

	if (n > UINT16_MAX)
		return 0;
	memcpy(ret + head, text.at, text.n);
	if (now->from.family == 4)
		dress_ipv4(ret, n, next, &now->from, &now->to);
	else
		dress_ipv6(ret, n, next, &now->from, &now->to);
	if (was && inner_read(ret, n, &i))
		inner_mend(ret, &i, &was->from, &was->to);
	return n;
}

/* notify.c - notify and delete payloads of IKEv1
 *
 * RFC 2408 sections 3.14 and 3.15, the extra types of RFC 2407 section 4.6.3 and RFC 3706,
 * and the keepalives some vendors made up. The SPI's length stands before it and is a
 * stranger's: cookies (16 octets), one SPI (4) and none are all seen in the wild, so nothing
 * is assumed here. A delete with SPIs of no octets would name as many SAs as it likes without
 * a word, so it is refused.
 *
 * Called by core/ike/v1 and dump.c.  Thread: any, values only.  Owns: nothing.
 * Not here: believing any of it - only an authenticated message moves state.
 */
#include "core/wire/notify.h"

#include "core/base/text.h"

static const struct name words[] = {
	{ 1, "INVALID-PAYLOAD-TYPE" },
	{ 2, "DOI-NOT-SUPPORTED" },
	{ 3, "SITUATION-NOT-SUPPORTED" },
	{ 4, "INVALID-COOKIE" },
	{ 5, "INVALID-MAJOR-VERSION" },
	{ 6, "INVALID-MINOR-VERSION" },
	{ 7, "INVALID-EXCHANGE-TYPE" },
	{ 8, "INVALID-FLAGS" },
	{ 9, "INVALID-MESSAGE-ID" },
	{ 10, "INVALID-PROTOCOL-ID" },
	{ NTFY_INVALID_SPI, "INVALID-SPI" },
	{ 12, "INVALID-TRANSFORM-ID" },
	{ 13, "ATTRIBUTES-NOT-SUPPORTED" },
	{ 14, "NO-PROPOSAL-CHOSEN" },
	{ 15, "BAD-PROPOSAL-SYNTAX" },
	{ 16, "PAYLOAD-MALFORMED" },
	{ 17, "INVALID-KEY-INFORMATION" },
	{ 18, "INVALID-ID-INFORMATION" },
	{ 19, "INVALID-CERT-ENCODING" },
	{ 20, "INVALID-CERTIFICATE" },
	{ 21, "CERT-TYPE-UNSUPPORTED" },
	{ 22, "INVALID-CERT-AUTHORITY" },
	{ 23, "INVALID-HASH-INFORMATION" },
	{ 24, "AUTHENTICATION-FAILED" },
	{ 25, "INVALID-SIGNATURE" },
	{ 26, "ADDRESS-NOTIFICATION" },
	{ 27, "NOTIFY-SA-LIFETIME" },
	{ 28, "CERTIFICATE-UNAVAILABLE" },
	{ 29, "UNSUPPORTED-EXCHANGE-TYPE" },
	{ 30, "UNEQUAL-PAYLOAD-LENGTHS" },
	{ NTFY_CONNECTED, "CONNECTED" },
	{ NTFY_RESPONDER_LIFETIME, "RESPONDER-LIFETIME" },
	{ NTFY_REPLAY_STATUS, "REPLAY-STATUS" },
	{ NTFY_INITIAL_CONTACT, "INITIAL-CONTACT" },
	{ NTFY_R_U_THERE, "R-U-THERE" },
	{ NTFY_R_U_THERE_ACK, "R-U-THERE-ACK" },
	{ NTFY_HEARTBEAT, "HEARTBEAT" },
	{ 0, NULL },
};

enum reason notify_read(struct slice body, struct notify *ret, struct fault *f)
{
	struct rd r = rd_of(body);
	struct notify n = { .doi = rd_u32(&r) };

	n.protocol = rd_u8(&r);
	uint8_t spi_size = rd_u8(&r);
	n.type = rd_u16(&r);
	if (r.torn)
		return fail(f, R_MALFORMED, "a notification of %zu octets, eight are the least",
			    body.n);
	n.spi = rd_slice(&r, spi_size);
	if (r.torn)
		return fail(f, R_MALFORMED, "a notification's SPI of %u octets goes beyond its end",
			    (unsigned)spi_size);
	n.data = rd_rest(&r);
	*ret = n;
	return R_OK;
}

void notify_write(struct wr *w, const struct notify *n)
{
	if (n->spi.n > UINT8_MAX)
		w->torn = true;
	wr_u32(w, n->doi);
	wr_u8(w, n->protocol);
	wr_u8(w, (uint8_t)n->spi.n);
	wr_u16(w, n->type);
	wr_slice(w, n->spi);
	wr_slice(w, n->data);
}

enum reason delete_read(struct slice body, struct delete_ *ret, struct fault *f)
{
	struct rd r = rd_of(body);
	struct delete_ d = { .doi = rd_u32(&r) };

	d.protocol = rd_u8(&r);
	d.spi_size = rd_u8(&r);
	d.n = rd_u16(&r);
	if (r.torn)
		return fail(f, R_MALFORMED, "a delete of %zu octets, eight are the least", body.n);
	if (d.n && !d.spi_size)
		return fail(f, R_MALFORMED, "a delete names %u SPIs of no octets", (unsigned)d.n);

	size_t all = (size_t)d.n * d.spi_size;

	if (all != rd_left(&r))
		return fail(f, R_MALFORMED, "a delete names %u SPIs of %u octets but carries %zu",
			    (unsigned)d.n, (unsigned)d.spi_size, rd_left(&r));
	d.spis = rd_slice(&r, all);
	*ret = d;
	return R_OK;
}

void delete_write(struct wr *w, const struct delete_ *d)
{
	if (d->spis.n != (size_t)d->n * d->spi_size || (d->n && !d->spi_size))
		w->torn = true;
	wr_u32(w, d->doi);
	wr_u8(w, d->protocol);
	wr_u8(w, d->spi_size);
	wr_u16(w, d->n);
	wr_slice(w, d->spis);
}

const char *notify_word(unsigned type)
{
	return type && type <= UINT16_MAX ? name_of(words, (int)type) : "?";
}

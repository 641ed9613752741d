/* header.c - the 28-octet ISAKMP header, both versions
 *
 * RFC 2408 section 3.1 and RFC 7296 section 3.1 draw the same header, so one reader serves
 * both. The length field is believed only where the datagram bears it out: nothing is ever
 * allocated or read by its word alone. Octets behind the length are ignored, because old
 * peers pad and relays append.
 *
 * Called by the engine, the decoder and dump.c.  Thread: any, values only.  Owns: nothing.
 * Not here: whether version, flags and exchange make sense together - that is the engine's.
 */
#include "core/wire/header.h"

#include <string.h>

#include "core/base/text.h"

static const struct name exchanges[] = {
	{ XCHG_NONE, "none" },
	{ XCHG_BASE, "base mode" },
	{ XCHG_MAIN, "main mode" },
	{ XCHG_AUTH_ONLY, "authentication only" },
	{ XCHG_AGGRESSIVE, "aggressive mode" },
	{ XCHG_INFO, "informational" },
	{ XCHG_TRANSACTION, "transaction" },
	{ XCHG_QUICK, "quick mode" },
	{ XCHG_NEW_GROUP, "new group mode" },
	{ XCHG_IKE_SA_INIT, "IKE_SA_INIT" },
	{ XCHG_IKE_AUTH, "IKE_AUTH" },
	{ XCHG_CREATE_CHILD_SA, "CREATE_CHILD_SA" },
	{ XCHG_INFORMATIONAL, "INFORMATIONAL" },
	{ 0, NULL },
};

static void read_cookie(struct rd *r, uint8_t *ret)
{
	const uint8_t *at = rd_take(r, COOKIE_SIZE);

	if (at)
		memcpy(ret, at, COOKIE_SIZE);
}

enum reason header_read(struct slice datagram, struct header *ret, struct fault *f)
{
	struct rd r = rd_of(datagram);
	struct header h = { 0 };

	read_cookie(&r, h.cky_i);
	read_cookie(&r, h.cky_r);
	h.next = rd_u8(&r);
	h.version = rd_u8(&r);
	h.exchange = rd_u8(&r);
	h.flags = rd_u8(&r);
	h.message_id = rd_u32(&r);
	h.length = rd_u32(&r);

	if (r.torn)
		return fail(f, R_MALFORMED, "%zu octets are too few for a header of %d", datagram.n,
			    HEADER_SIZE);
	if (h.length < HEADER_SIZE)
		return fail(f, R_MALFORMED, "the header claims %u octets, it has %d itself",
			    (unsigned)h.length, HEADER_SIZE);
	if (h.length > datagram.n)
		return fail(f, R_MALFORMED, "the header claims %u octets, %zu arrived",
			    (unsigned)h.length, datagram.n);
	*ret = h;
	return R_OK;
}

void header_write(struct wr *w, const struct header *h)
{
	wr_slice(w, slice(h->cky_i, COOKIE_SIZE));
	wr_slice(w, slice(h->cky_r, COOKIE_SIZE));
	wr_u8(w, h->next);
	wr_u8(w, h->version);
	wr_u8(w, h->exchange);
	wr_u8(w, h->flags);
	wr_u32(w, h->message_id);
	wr_u32(w, h->length);
}

const char *exchange_word(unsigned type)
{
	return type <= UINT8_MAX ? name_of(exchanges, (int)type) : "?";
}

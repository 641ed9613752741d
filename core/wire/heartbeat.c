/* heartbeat.c - the keepalive that an IKEv1 SA carries, as a notification
 *
 * H3C's manuals say when a keepalive is sent and what follows when none comes, but not what one looks
 * like, and no capture is public. So the form is ours: a status notification of a configured number
 * about the ISAKMP SA (its SPI is both cookies), whose data is a 32-bit number that grows by one,
 * so that nothing recorded keeps a dead peer alive. Nobody answers it. Should a capture turn up,
 * this is the only file to change.
 *
 * Called by core/ike/v1.  Thread: any, values only.  Owns: nothing.
 * Not here: when one is sent, and which numbers are new - core/ike/liveness.c.
 */
#include "core/wire/heartbeat.h"

enum { DOI_IPSEC = 1, PROTOCOL_ISAKMP = 1 };

void heartbeat_write(struct wr *w, const struct heartbeat *h)
{
	uint8_t number[4];
	struct wr data = wr_of(number, sizeof(number));
	struct notify n = {
		.doi = DOI_IPSEC, .protocol = PROTOCOL_ISAKMP, .type = h->type, .spi = h->cookies
	};

	if (h->cookies.n != HEARTBEAT_COOKIES)
		w->torn = true;
	wr_u32(&data, h->number);
	n.data = wr_done(&data);
	notify_write(w, &n);
}

enum reason heartbeat_read(const struct notify *n, struct slice cookies, struct heartbeat *ret,
			   struct fault *f)
{
	struct rd r = rd_of(n->data);
	uint32_t number = rd_u32(&r);

	if (r.torn || rd_left(&r))
		return fail(f, R_MALFORMED, "a keepalive with %zu octets where a number is due",
			    n->data.n);
	if (n->protocol != PROTOCOL_ISAKMP || !slice_equal(n->spi, cookies))
		return fail(f, R_BAD_PAYLOAD, "a keepalive about another SA");
	*ret = (struct heartbeat){ .type = n->type, .cookies = n->spi, .number = number };
	return R_OK;
}

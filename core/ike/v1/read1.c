/* read1.c - the payloads of a message, in the clear or opened
 *
 * Nothing here says whether a message is to be believed: what is opened is proven by its hashes
 * afterwards, and whether a message must be encrypted is the exchange's matter.
 *
 * Called by the files of this room. Thread: loop. Owns: nothing.
 */
#include "core/ike/v1/read1.h"

#include "core/base/cursor.h"
#include "core/ike/exchange.h"
#include "core/ike/ports.h"
#include "core/ike/select.h"
#include "core/ike/trace.h"
#include "core/ike/v1/crypt1.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/wire/life1.h"
#include "core/wire/notify.h"
#include "core/wire/sa1.h"

enum reason read1_clear(const struct packet *p, const struct header *h, struct chain *ret,
			struct fault *f)
{
	struct rd r = rd_of(p->octets);

	rd_take(&r, HEADER_SIZE);
	return chain_read(rd_slice(&r, h->length - HEADER_SIZE), h->next, ret, f);
}

enum reason read1_sealed(const struct keys1 *k, const uint8_t *iv, const struct packet *p,
			 const struct header *h, struct opened *ret, struct fault *f)
{
	ret->clear = NULL;
	if (crypt1_open(k, iv, h, p->octets, &ret->clear, ret->iv, f) != R_OK)
		return f->reason;
	return chain_read(slice_of(ret->clear), h->next, &ret->chain, f);
}

enum reason read1_hashed(const struct keys1 *k, const uint8_t *iv, const struct packet *p,
			 const struct header *h, struct opened *ret, struct fault *f)
{
	ret->clear = NULL;
	if (!(h->flags & FLAG_ENCRYPTED))
		return fail(f, R_BAD_FLAGS, "a message of phase 2 must be encrypted");
	if (read1_sealed(k, iv, p, h, ret, f) != R_OK)
		return f->reason;
	if (ret->chain.n == 0 || ret->chain.at[0].kind != PL_HASH)
		return fail(f, R_BAD_HASH, "a message of phase 2 must begin with its hash");
	return R_OK;
}

struct slice read1_rest(const struct chain *c)
{
	struct rd r = rd_of(c->all);

	rd_take(&r, c->at[0].whole.n);
	return rd_rest(&r);
}

enum reason read1_offer(struct exchange *x, struct slice body, struct sa1 *ret, struct fault *f)
{
	char text[STORY_OFFERS];

	if (sa1_read(body, ret, f) != R_OK)
		return f->reason;
	select_offer_text(ret, text, sizeof(text));
	trace_theirs(x->e, x->negotiation, text);
	trace_offer(x->e, x->negotiation, body);
	return R_OK;
}

enum reason read1_end(const struct engine *e, const struct chain *c, struct fault *f)
{
	if (c->last_next && config_ike(e->config)->next_payload_check)
		return fail(f, R_BAD_PAYLOAD, "the last payload names another one behind it");
	return R_OK;
}

static bool shorten(uint32_t *ours, uint32_t theirs)
{
	bool less = theirs && (!*ours || theirs < *ours);

	if (less)
		*ours = theirs;
	return less;
}

bool read1_lifetimes(const struct chain *c, unsigned protocol, uint32_t *seconds,
		     uint32_t *kilobytes)
{
	struct life1 theirs;
	struct notify n;
	bool less = false;

	for (const struct pl *p = chain_find(c, PL_NTFY); p; p = chain_next(c, p)) {
		if (notify_read(p->body, &n, NULL) != R_OK || n.type != NTFY_RESPONDER_LIFETIME ||
		    n.protocol != protocol || life1_read(n.data, &theirs, NULL) != R_OK)
			continue;
		less |= shorten(seconds, theirs.seconds);
		less |= shorten(kilobytes, theirs.kilobytes);
	}
	return less;
}

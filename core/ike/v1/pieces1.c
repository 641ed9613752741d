/* pieces1.c - a fragment of an IKEv1 message came
 *
 * Who it belongs to is told by its cookies: an IKE SA, or a caller of main mode who answered to our
 * cookie from the address that it was made for. What comes out must be a message of the same two
 * ends, and no fragment again; everything else about it is judged like that of any datagram.
 *
 * Called by v1.c. Thread: loop. Owns: nothing.
 */
#include <string.h>

#include "core/ike/halfopen.h"
#include "core/ike/pieces.h"
#include "core/ike/registry.h"
#include "core/ike/v1/read1.h"
#include "core/ike/v1/v1.h"
#include "core/ike/within.h"
#include "core/model/peer.h"
#include "core/wire/frag1.h"
#include "core/wire/payload.h"

/* Where its pieces are kept; NULL: nobody is to send any here. */
static struct pieces **slot_of(struct engine *e, const struct packet *p, const struct header *h)
{
	struct cookies cky;
	struct halfopen *ho;
	struct ike_sa *sa;

	memcpy(cky.i, h->cky_i, sizeof(cky.i));
	memcpy(cky.r, h->cky_r, sizeof(cky.r));
	sa = registry_find(e->registry, &cky);
	if (sa)
		return sa->version == &version1 && sa->peer->fragmentation ? &sa->pieces : NULL;
	ho = halfopen_find(e, &cky);
	return ho && ho->peer->fragmentation && addr_equal(&ho->remote, &p->remote) ? &ho->pieces
										    : NULL;
}

static void count(struct engine *e, enum reason r)
{
	if (r == R_MALFORMED)
		e->counters.dropped_malformed++;
	else
		e->counters.dropped_busy++;
}

static bool is_of(const struct header *whole, const struct header *piece)
{
	return memcmp(whole->cky_i, piece->cky_i, COOKIE_SIZE) == 0 &&
	       memcmp(whole->cky_r, piece->cky_r, COOKIE_SIZE) == 0 &&
	       whole->version == piece->version && whole->next != payload_v1(PL_FRAG);
}

struct bytes *pieces1_take(struct engine *e, const struct packet *p, const struct header *h,
			   struct header *ret)
{
	struct pieces **slot = slot_of(e, p, h);
	struct bytes *whole;
	struct frag1 frag;
	struct fault f = { 0 };

	if (!slot) {
		e->counters.dropped_cookie++;
		return NULL;
	}
	if (frag1_read(p->octets, h, &frag, &f) != R_OK) {
		count(e, f.reason);
		return NULL;
	}
	struct piece piece = {
		.message_id = h->message_id,
		.id = frag.id,
		.exchange = h->exchange,
		.number = frag.number,
		.last = frag.last,
		.data = frag.data,
	};
	if (pieces_put(e, slot, &piece, &whole, &f) != R_OK) {
		count(e, f.reason);
		return NULL;
	}
	if (whole && (header_read(slice_of(whole), ret, NULL) != R_OK || !is_of(ret, h))) {
		e->counters.dropped_malformed++;
		bytes_free(whole);
		whole = NULL;
	}
	return whole;
}

/* hello2.c - the first message of IKEv2, as far as it shows whether a peer speaks IKEv2 with us
 *
 * RFC 7296 sections 3.1 to 3.4, 3.9 and 3.10. IKEv2 itself is not spoken here.
 *
 * Called by core/ike/v1/ask1.c.  Thread: any, values only.  Owns: nothing.
 */
#include "core/wire/hello2.h"

#include "core/base/own.h"
#include "core/model/alg.h"

enum {
	PL2_SA = 33,
	PL2_KE = 34,
	PL2_NONCE = 40,
	PL2_NOTIFY = 41,
	FLAG2_INITIATOR = 8,
	FLAG2_RESPONSE = 32
};
enum { TYPE_ENCR = 1, TYPE_PRF, TYPE_INTEG, TYPE_DH };
enum { N2_INVALID_KE_PAYLOAD = 17 };
enum { KEY_LENGTH = 0x8000 | 14, LENGTH_AT = 24 };

struct offer {
	struct wr *w;
	unsigned n;
	size_t last; /* where the newest transform begins */
};

static void transform(struct offer *o, unsigned type, unsigned id, unsigned bits)
{
	o->last = o->w->n;
	o->n++;
	wr_u8(o->w, 3); /* another one follows */
	wr_u8(o->w, 0);
	wr_u16(o->w, bits ? 12 : 8);
	wr_u8(o->w, (uint8_t)type);
	wr_u8(o->w, 0);
	wr_u16(o->w, (uint16_t)id);
	if (!bits)
		return;
	wr_u16(o->w, KEY_LENGTH);
	wr_u16(o->w, (uint16_t)bits);
}

static void transforms(struct offer *o)
{
	static const unsigned lengths[] = { 256, 192, 128 };

	for (int e = 1; e < ENCR_COUNT; e++) {
		const struct encr_row *row = alg_encr((enum encr)e);

		if (row->v1_ike == 0)
			continue; /* with a tag of their own they may not stand beside INTEG */
		for (size_t i = 0; i < (row->variable ? COUNT_OF(lengths) : 1); i++)
			transform(o, TYPE_ENCR, row->v2, row->variable ? lengths[i] : 0);
	}
	for (int i = 1; i < INTEG_COUNT; i++) {
		transform(o, TYPE_PRF, alg_integ((enum integ)i)->v2_prf, 0);
		transform(o, TYPE_INTEG, alg_integ((enum integ)i)->v2_integ, 0);
	}
	for (int g = 1; g < GROUP_COUNT; g++)
		transform(o, TYPE_DH, alg_group((enum group)g)->number, 0);
	wr_patch_u8(o->w, o->last, 0);
}

static size_t open_payload(struct wr *w, unsigned next)
{
	wr_u8(w, (uint8_t)next);
	wr_u8(w, 0);
	wr_u16(w, 0);
	return w->n - 4;
}

static void close_payload(struct wr *w, size_t at)
{
	wr_patch_u16(w, at + 2, (uint16_t)(w->n - at));
}

void hello2_write(struct wr *w, const uint8_t *cky_i, struct slice key, struct slice nonce)
{
	struct offer o = { .w = w };
	size_t sa, proposal, at;

	wr_slice(w, slice(cky_i, COOKIE_SIZE));
	wr_zeros(w, COOKIE_SIZE);
	wr_u8(w, PL2_SA);
	wr_u8(w, VERSION_2);
	wr_u8(w, XCHG_IKE_SA_INIT);
	wr_u8(w, FLAG2_INITIATOR);
	wr_u32(w, 0);
	wr_u32(w, 0);

	sa = open_payload(w, PL2_KE);
	proposal = open_payload(w, 0);
	wr_u8(w, 1); /* its number */
	wr_u8(w, 1); /* IKE */
	wr_u8(w, 0);
	wr_u8(w, 0);
	transforms(&o);
	wr_patch_u8(w, proposal + 7, (uint8_t)o.n);
	close_payload(w, proposal);
	close_payload(w, sa);

	at = open_payload(w, PL2_NONCE);
	wr_u16(w, alg_group(GROUP_X25519)->number);
	wr_u16(w, 0);
	wr_slice(w, key);
	close_payload(w, at);
	at = open_payload(w, 0);
	wr_slice(w, nonce);
	close_payload(w, at);
	wr_patch_u32(w, LENGTH_AT, (uint32_t)w->n);
}

bool hello2_is_spoken(struct slice datagram, const struct header *h)
{
	struct rd r = rd_of(datagram);

	if (h->version >> 4 != VERSION_2 >> 4 || h->exchange != XCHG_IKE_SA_INIT ||
	    !(h->flags & FLAG2_RESPONSE))
		return false;
	if (h->next == PL2_SA)
		return true;
	rd_take(&r, HEADER_SIZE + 6); /* to the type of a notify */
	return h->next == PL2_NOTIFY && rd_u16(&r) == N2_INVALID_KE_PAYLOAD && !r.torn;
}

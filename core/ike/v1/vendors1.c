/* vendors1.c - what the vendor ids of phase 1 say, and which ones we send
 *
 * NAT-T is offered as RFC 3947 and as its drafts 03 and 02, which differ in the numbers of payloads and
 * encapsulation modes alone; the responder names the newest that the initiator knows. Drafts 01 and 00
 * have the numbers of the others, and stay on port 500 with another marker: they are spoken where the
 * data plane carries that. We answer to DPD always, so we always say so
 * (RFC 3706 section 5); that we take fragments only where the peer is configured so; the keepalive's vendor id shows only to peers for whom a timer is set.
 *
 * Called by the files of this room. Thread: loop. Owns: nothing.
 */
#include "core/ike/v1/vendors1.h"

#include "core/base/own.h"
#include "core/ike/liveness.h"
#include "core/ike/natt.h"
#include "core/ike/sa.h"
#include "core/ike/within.h"
#include "core/ipsec/plane.h"
#include "core/model/peer.h"
#include "core/wire/payload.h"
#include "core/wire/vendor.h"
#include "core/wire/writer.h"

/* Newest first. */
static const enum vendor natt_vendors[] = { VENDOR_RFC3947, VENDOR_NATT_03, VENDOR_NATT_02N,
					    VENDOR_NATT_02, VENDOR_NATT_01, VENDOR_NATT_00 };

_Static_assert(VENDOR_COUNT <= 32, "one bit each");

static bool has(uint32_t seen, enum vendor v)
{
	return seen >> v & 1;
}

uint32_t vendors1_seen(const struct chain *c)
{
	uint32_t seen = 0;

	for (const struct pl *p = chain_find(c, PL_VID); p; p = chain_next(c, p)) {
		enum vendor v = vendor_find(p->body);

		if (v < VENDOR_COUNT)
			seen |= 1u << v;
	}
	return seen;
}

static bool is_oldest(enum vendor v)
{
	return v == VENDOR_NATT_01 || v == VENDOR_NATT_00;
}

static bool may_speak(const struct engine *e, const struct peer *p, enum vendor natt)
{
	return natt_allowed(p) && (!is_oldest(natt) || e->ports.plane->zeros);
}

static void put(struct writer *w, enum vendor v)
{
	wr_slice(writer_payload(w, PL_VID), vendor_octets(v));
}

/* What follows the vendor id says in which exchanges; this is what strongSwan sends. */
static void put_fragmentation(struct writer *w, const struct peer *p)
{
	static const uint8_t able[] = { 0x80, 0, 0, 0 };
	struct wr *body;

	if (!p->fragmentation)
		return;
	body = writer_payload(w, PL_VID);
	wr_slice(body, vendor_octets(VENDOR_FRAGMENT));
	wr_slice(body, slice(able, sizeof(able)));
}

void vendors1_answer_dpd(struct writer *w)
{
	static const uint8_t version[] = { 1, 0 };
	struct wr *body = writer_payload(w, PL_VID);

	wr_slice(body, vendor_octets(VENDOR_DPD));
	wr_slice(body, slice(version, sizeof(version)));
}

static void put_liveness(struct writer *w, const struct engine *e, const struct peer *p)
{
	vendors1_answer_dpd(w);
	if (liveness_interval_s(e, p) || liveness_timeout_s(e, p))
		put(w, VENDOR_HEARTBEAT);
}

void vendors1_offer(struct writer *w, const struct engine *e, const struct peer *p)
{
	for (size_t i = 0; i < COUNT_OF(natt_vendors); i++)
		if (may_speak(e, p, natt_vendors[i]))
			put(w, natt_vendors[i]);
	put_fragmentation(w, p);
	put_liveness(w, e, p);
}

/* The newest NAT-T both ends know; VENDOR_COUNT none. */
static enum vendor newest_natt(const struct engine *e, const struct peer *p, uint32_t seen)
{
	for (size_t i = 0; i < COUNT_OF(natt_vendors); i++)
		if (has(seen, natt_vendors[i]) && may_speak(e, p, natt_vendors[i]))
			return natt_vendors[i];
	return VENDOR_COUNT;
}

void vendors1_answer_natt(struct writer *w, const struct engine *e, const struct peer *p,
			  uint32_t seen)
{
	enum vendor natt = newest_natt(e, p, seen);

	if (natt < VENDOR_COUNT)
		put(w, natt);
}

void vendors1_answer(struct writer *w, const struct engine *e, const struct peer *p, uint32_t seen)
{
	vendors1_answer_natt(w, e, p, seen);
	put_fragmentation(w, p);
	put_liveness(w, e, p);
}

void vendors1_ask(struct writer *w)
{
	put(w, VENDOR_ASKS);
}

void vendors1_room(struct writer *w, size_t octets)
{
	static const char why[] = "ikeeper: room for an answer with a certificate";
	struct wr *body = writer_payload(w, PL_VID);
	size_t n = MIN_OF(octets, sizeof(why));

	wr_slice(body, slice(why, n));
	wr_zeros(body, octets - n);
}

bool vendors1_asks(uint32_t seen)
{
	return has(seen, VENDOR_ASKS);
}

bool vendors1_only_oldest(const struct engine *e, const struct peer *p, uint32_t seen)
{
	return natt_allowed(p) && (has(seen, VENDOR_NATT_00) || has(seen, VENDOR_NATT_01)) &&
	       newest_natt(e, p, seen) == VENDOR_COUNT;
}

void vendors1_take(struct ike_sa *sa, uint32_t seen)
{
	enum vendor natt = newest_natt(sa->e, sa->peer, seen);

	sa->natt_able = natt < VENDOR_COUNT;
	sa->natt_draft = sa->natt_able && natt != VENDOR_RFC3947;
	sa->natt_oldest = sa->natt_able && is_oldest(natt);
	sa->pieces_able = sa->peer->fragmentation && has(seen, VENDOR_FRAGMENT);
	sa->alive.able = has(seen, VENDOR_DPD);
}

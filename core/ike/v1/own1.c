/* own1.c - what IKEv1 adds to an IKE SA
 *
 * Keys, the cipher block chain of phase 1, what the hashes of phase 1 need, and the message ids
 * that were used. RFC 2408 section 3.1 wants message ids unique within an SA; remembering them
 * for its whole life is what makes an old quick mode worthless to whoever recorded it.
 *
 * Called by the files of this room. Thread: loop. Owns: what is in struct own1.
 */
#include "core/ike/v1/own1.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/ike/exchange.h"
#include "core/ike/halfopen.h"
#include "core/ike/lifetime.h"
#include "core/ike/pieces.h"
#include "core/ike/registry.h"
#include "core/ike/within.h"
#include "core/model/proposal.h"
#include "core/wire/header.h"

enum reason own1_new(struct ike_sa *sa, struct fault *f)
{
	sa->own = calloc(1, sizeof(struct own1));
	return sa->own ? R_OK : fail(f, R_NO_MEMORY, "no memory for an IKE SA");
}

enum reason own1_begin(struct ike_sa *sa, struct fault *f)
{
	if (own1_new(sa, f) != R_OK)
		return f->reason;
	memset(&sa->cky, 0, sizeof(sa->cky));
	do
		rng_fill(sa->e->ports.rng, sa->cky.i, sizeof(sa->cky.i));
	while (registry_find(sa->e->registry, &sa->cky));
	return sa_register(sa, f);
}

struct exchange *own1_exchange(struct ike_sa *sa)
{
	struct exchange *x = exchange_find(sa, XCHG_MAIN, 0);

	return x ? x : exchange_find(sa, XCHG_AGGRESSIVE, 0);
}

static void drop(struct bytes **b)
{
	bytes_free(*b);
	*b = NULL;
}

static void drop_offered(struct own1 *o)
{
	for (size_t i = 0; i < o->offered_n; i++)
		record_unref(&o->offered[i]->r);
	free(o->offered);
	o->offered = NULL;
	o->offered_n = 0;
}

void own1_settle(struct ike_sa *sa)
{
	struct own1 *o = own1_of(sa);

	halfopen_leave(sa->e, o->heavy);
	o->heavy = NULL;
	drop(&o->idii_b);
	drop(&o->answer);
	drop(&o->sai_b);
	drop(&o->ni_b);
	drop(&o->nr_b);
	drop(&o->g_xi);
	drop(&o->g_xr);
	drop_offered(o);
	free(o->noted);
	o->noted = NULL;
}

void own1_free(struct ike_sa *sa)
{
	struct own1 *o = own1_of(sa);

	pieces_drop(&sa->pieces);
	if (!o)
		return;
	own1_settle(sa);
	drop(&o->early);
	free(o->mids.at);
	wipe(o, sizeof(*o));
	free(o);
	sa->own = NULL;
}

size_t own1_cipher_key(const struct ike_sa *sa, uint8_t *ret)
{
	const struct own1 *o = own1_of(sa);
	size_t n = o && o->keyed ? o->keys.key_bits / 8u : 0;

	if (n)
		memcpy(ret, o->keys.key, n);
	return n;
}

enum reason own1_keep(struct bytes **at, struct slice s, struct fault *f)
{
	bytes_free(*at);
	*at = bytes_of(s.at, s.n);
	return *at ? R_OK : fail(f, R_NO_MEMORY, "no memory for a message");
}

enum reason own1_nonce(struct engine *e, struct bytes **at, size_t octets, struct fault *f)
{
	bytes_free(*at);
	*at = rng_bytes(e->ports.rng, octets);
	return *at ? R_OK : fail(f, R_NO_MEMORY, "no memory for a nonce");
}

void own1_note(struct ike_sa *sa, enum story_side side, const struct fault *f)
{
	struct own1 *o = own1_of(sa);

	if (o->noted)
		return;
	o->noted = malloc(sizeof(*o->noted));
	if (!o->noted)
		return;
	*o->noted = *f;
	o->noted_side = side;
}

/* Place of `mid` or of the gap where it belongs; cap is a power of two and never full. */
static size_t place(const struct mids *m, uint32_t mid)
{
	size_t i = (mid * 2654435761u) & (m->cap - 1);

	while (m->at[i] && m->at[i] != mid)
		i = (i + 1) & (m->cap - 1);
	return i;
}

bool mids_has(const struct mids *m, uint32_t mid)
{
	return m->cap && m->at[place(m, mid)] == mid;
}

static enum reason grow(struct mids *m, struct fault *f)
{
	struct mids wide = { .cap = m->cap ? m->cap * 2 : 16, .n = m->n };

	wide.at = calloc(wide.cap, sizeof(*wide.at));
	if (!wide.at)
		return fail(f, R_NO_MEMORY, "no memory for message ids");
	for (size_t i = 0; i < m->cap; i++)
		if (m->at[i])
			wide.at[place(&wide, m->at[i])] = m->at[i];
	free(m->at);
	*m = wide;
	return R_OK;
}

enum reason mids_add(struct mids *m, uint32_t mid, struct fault *f)
{
	if (mid == 0)
		return fail(f, R_BAD_MESSAGE_ID, "message id 0 belongs to phase 1");
	if (mids_has(m, mid))
		return R_OK;
	if (m->n >= MIDS_MOST)
		return fail(f, R_BUSY, "the IKE SA has carried %d exchanges: it must be renewed",
			    MIDS_MOST);
	if (m->n * 4 >= m->cap * 3 && grow(m, f) != R_OK)
		return R_NO_MEMORY;
	m->at[place(m, mid)] = mid;
	m->n++;
	return R_OK;
}

void mids_look(struct ike_sa *sa)
{
	size_t most = MIDS_RENEW + (sa->role == ROLE_INITIATOR ? 0 : MIDS_MOST / 8);

	if (own1_of(sa)->mids.n >= most)
		lifetime_ike_soft(sa);
}

enum reason mids_new(struct ike_sa *sa, uint32_t *ret, struct fault *f)
{
	struct mids *m = &own1_of(sa)->mids;
	uint32_t mid;

	do
		mid = rng_u32(sa->e->ports.rng);
	while (mid == 0 || mids_has(m, mid));
	*ret = mid;
	if (mids_add(m, mid, f) != R_OK)
		return f ? f->reason : R_BUSY;
	mids_look(sa);
	return R_OK;
}

/* quick_init1.c - quick mode as initiator (RFC 2409 section 5.5)
 *
 * Offers the tunnel's IPsec proposals with one SPI of ours, names the traffic by IDci and IDcr,
 * and installs both SAs before the third message leaves, so that the peer's first packet finds
 * its SA here.
 *
 * Called by v1.c through the step table. Thread: loop. Owns: nothing.
 */
#include <string.h>

#include "core/ike/child.h"
#include "core/ike/sums.h"
#include "core/ike/trace.h"
#include "core/ike/v1/build1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/quick1.h"
#include "core/ike/v1/read1.h"
#include "core/ike/v1/steps1.h"
#include "core/ike/within.h"
#include "core/model/peer.h"
#include "core/model/proposal.h"
#include "core/model/selector.h"
#include "core/model/tunnel.h"
#include "core/wire/ident.h"

enum { OFFER_MAX = 4096, ID_MAX = 64, TEXT = 96 };

/* What we offer; the SPI's octets live in the offer, the proposals in the configuration. */
static size_t offer_of(const struct exchange *x, const struct ipsec_proposal **list,
		       struct esp_offer *ret)
{
	size_t n = select_esp(x->e->config, x->child->tunnel, list, SELECT_MOST);
	struct wr w = wr_of(ret->spi_octets, sizeof(ret->spi_octets));

	ret->config = x->e->config;
	ret->tunnel = x->child->tunnel;
	ret->list = list;
	ret->n = n;
	ret->encap = x->sa->encap;
	ret->draft = x->sa->natt_draft;
	wr_u32(&w, x->child->spi_in);
	return n;
}

enum reason qm_begin(struct exchange *x, const struct msg *in, struct fault *f)
{
	const struct ipsec_proposal *list[SELECT_MOST];
	struct esp_offer offer;

	(void)in;
	if (child_spi(x->child, f) != R_OK)
		return f->reason;
	if (offer_of(x, list, &offer) == 0)
		return fail_field(f, R_NO_PROPOSAL, "ipsec_proposals",
				  "the tunnel has nothing to offer");
	return sums_key(x, (enum group)list[0]->pfs_group, f);
}

static enum reason put_id(struct build *b, const struct selector *s, struct bytes **keep,
			  struct fault *f)
{
	uint8_t at[ID_MAX];
	struct wr w = wr_of(at, sizeof(at));

	ident_write_range(&w, &s->range, s->protocol, s->port);
	if (w.torn || own1_keep(keep, wr_done(&w), f) != R_OK)
		return fail(f, R_INTERNAL, "a traffic selector does not fit");
	build1_put(b, PL_ID, slice_of(*keep));
	return R_OK;
}

static void tell_selectors(const struct exchange *x)
{
	char l[TEXT], r[TEXT];

	trace_step(x->e, x->negotiation, ' ', "asking for %s to %s",
		   selector_text(&x->child->local_ts, l, sizeof(l)),
		   selector_text(&x->child->remote_ts, r, sizeof(r)));
}

enum reason qm_propose(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct quick1 *q = x->own;
	const struct ipsec_proposal *list[SELECT_MOST];
	struct esp_offer offer;
	struct sa1 sa;
	uint8_t at[OFFER_MAX], digest[DIGEST_MAX];
	struct wr w = wr_of(at, sizeof(at));
	char text[STORY_OFFERS];
	struct build b;

	(void)in;
	offer_of(x, list, &offer);
	select_esp_write(&offer, &sa);
	sa1_write(&w, &sa);
	if (w.torn || own1_nonce(x->e, &q->ni_b, NONCE_OCTETS, f) != R_OK)
		return fail(f, R_NO_MEMORY, "no memory for an offer");
	select_esp_text(&offer, text, sizeof(text));
	trace_ours(x->e, x->negotiation, text);
	tell_selectors(x);

	build1_start2(&b, x->sa, XCHG_QUICK, x->message_id);
	build1_put(&b, PL_SA, wr_done(&w));
	build1_put(&b, PL_NONCE, slice_of(q->ni_b));
	build1_key(&b, x);
	if (put_id(&b, &x->child->local_ts, &q->idci, f) != R_OK ||
	    put_id(&b, &x->child->remote_ts, &q->idcr, f) != R_OK)
		return f->reason;
	transport1_put(&b, x);
	if (keys1_hash_1(&own1_of(x->sa)->keys, x->message_id, build1_rest(&b), digest) != R_OK)
		return fail(f, R_CRYPTO, "a hash could not be computed");
	build1_hash(&b, digest);
	return build1_send(&b, x, q->iv, true, f);
}

static const char *ident_words(struct slice body, char *ret, size_t cap)
{
	struct ident id;

	if (ident_read(body, &id, NULL) != R_OK)
		return "something else";
	ident_text(&id, ret, cap);
	return ret;
}

/* The identities must come back as they went, or not at all. */
static enum reason same_ids(const struct exchange *x, const struct chain *c, struct fault *f)
{
	const struct quick1 *q = x->own;
	const struct pl *ci = chain_find(c, PL_ID);
	const struct pl *cr = ci ? chain_next(c, ci) : NULL;
	char i[TEXT], r[TEXT], want_i[TEXT], want_r[TEXT];

	if (!ci)
		return R_OK;
	if (cr && transport1_same_id(x, &q->choice, slice_of(q->idci), ci->body) &&
	    transport1_same_id(x, &q->choice, slice_of(q->idcr), cr->body))
		return R_OK;
	return fail_field(f, R_BAD_ID,
			  slice_equal(ci->body, slice_of(q->idci)) ? "remote_ts" : "local_ts",
			  "we asked for %s to %s; the peer answered with %s to %s",
			  ident_words(slice_of(q->idci), want_i, sizeof(want_i)),
			  ident_words(slice_of(q->idcr), want_r, sizeof(want_r)),
			  ident_words(ci->body, i, sizeof(i)),
			  cr ? ident_words(cr->body, r, sizeof(r)) : "nothing");
}

static enum reason take_ke(struct exchange *x, const struct chain *c, struct fault *f)
{
	const struct pl *ke = chain_find(c, PL_KE);

	if (!x->key)
		return R_OK;
	if (!ke)
		return fail_field(f, R_BAD_KEY, "pfs_group",
				  "the peer sent no key exchange though we use PFS with %s",
				  alg_group(x->group)->name);
	return sums_peer(x, x->group, ke->body, f);
}

enum reason qm_take_answer(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct quick1 *q = x->own;
	const struct ipsec_proposal *list[SELECT_MOST];
	struct esp_offer offer;
	struct sa1 answer;
	char text[STORY_OFFERS];

	if (read1_offer(x, chain_find(in->chain, PL_SA)->body, &answer, f) != R_OK)
		return f->reason;
	offer_of(x, list, &offer);
	if (select_esp_answer(&answer, &offer, &q->choice, f) != R_OK ||
	    same_ids(x, in->chain, f) != R_OK ||
	    transport1_take(x, in->chain, &q->choice, f) != R_OK ||
	    take_ke(x, in->chain, f) != R_OK ||
	    own1_keep(&q->nr_b, chain_find(in->chain, PL_NONCE)->body, f) != R_OK)
		return f->reason;
	quick1_take(x->child, &q->choice);
	quick1_lifetimes(x, in->chain);
	trace_chosen(x->e, x->negotiation, esp_suite_text(&q->choice.suite, q->choice.pfs, text));
	resend_stop(x);
	return sums_secret(x, f);
}

static enum reason send_third(struct exchange *x, struct fault *f)
{
	struct quick1 *q = x->own;
	uint8_t digest[DIGEST_MAX];
	struct build b;

	if (keys1_hash_3(&own1_of(x->sa)->keys, x->message_id, slice_of(q->ni_b), slice_of(q->nr_b),
			 digest) != R_OK)
		return fail(f, R_CRYPTO, "a hash could not be computed");
	build1_start2(&b, x->sa, XCHG_QUICK, x->message_id);
	build1_hash(&b, digest);
	return build1_send(&b, x, q->iv, false, f);
}

enum reason qm_install(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct child *c = x->child;
	struct bytes *k = NULL;

	(void)in;
	if (quick1_keymat(x, c->spi_in, &k, f) != R_OK)
		return f->reason;
	own(bytes) k_in = k;
	if (quick1_keymat(x, c->spi_out, &k, f) != R_OK)
		return f->reason;
	own(bytes) k_out = k;
	if (child_install_in(c, slice_of(k_in), f) != R_OK ||
	    child_install_out(c, slice_of(k_out), f) != R_OK || send_third(x, f) != R_OK)
		return f->reason;
	trace_sas(x->e, x->negotiation, x->sa->id, c->id);
	trace_up(x->e, x->negotiation);
	x->child = NULL;
	child_up(c);
	return R_OK;
}

enum reason quick1_start(struct ike_sa *sa, struct child *c, struct fault *f)
{
	struct trace_start s = {
		.exchange = XCHG_QUICK,
		.role = ROLE_INITIATOR,
		.peer = sa->peer->r.name,
		.tunnel = c->tunnel->r.name,
		.local = sa->local,
		.remote = sa->remote,
		.ike_sa = sa->id,
		.child_sa = c->id,
		.who = c->who,
	};
	uint32_t mid;
	struct exchange *x;

	if (mids_new(sa, &mid, f) != R_OK || !(x = quick1_new(sa, ROLE_INITIATOR, mid, f)))
		return f->reason;
	x->child = c;
	x->negotiation = c->negotiation = trace_begin(sa->e, &s);
	if (exchange_run(x, EV_START, NULL, f) == R_OK)
		return R_OK;
	trace_fail(sa->e, x->negotiation, SIDE_LOCAL, f);
	x->child = NULL;
	exchange_free(x);
	return f->reason;
}

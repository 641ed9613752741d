/* quick_resp1.c - quick mode as responder (RFC 2409 section 5.5)
 *
 * The caller's IDci and IDcr must be the traffic of one of its peer's tunnels, its proposal one
 * that the tunnel accepts. The inbound SA is in place as soon as the answer is out; the outbound
 * one waits for the third message, or for authenticated ESP, which proves as much. We never
 * send the answer again by ourselves: without either we give up, and say so by a Delete.
 *
 * Called by v1.c through the step table. Thread: loop. Owns: the timer that looks for traffic.
 */
#include <string.h>

#include "core/ike/book.h"
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
#include "core/model/tunnel.h"
#include "core/wire/ident.h"

enum { LOOK_MS = 1000, TEXT = 96 };

enum reason quick1_selector(const struct pl *p, struct selector *ret, struct fault *f)
{
	struct ident id;

	if (ident_read(p->body, &id, f) != R_OK)
		return f->reason;
	*ret = (struct selector){ .protocol = id.protocol, .port = id.port };
	if (!ident_range(&id, &ret->range))
		return fail_field(f, R_BAD_ID, "remote_ts",
				  "a traffic selector must be an address, a subnet or a range");
	return R_OK;
}

static struct selector host(const struct addr *a)
{
	struct addr plain = addr_with_port(*a, 0);

	return (struct selector){ .range = { .low = plain, .high = plain } };
}

/* IDci is the initiator's side: the remote one here. Without identities it is host to host. */
static enum reason take_ids(struct exchange *x, const struct chain *c, struct selector *ret_local,
			    struct selector *ret_remote, struct fault *f)
{
	struct quick1 *q = x->own;
	const struct pl *ci = chain_find(c, PL_ID);
	const struct pl *cr = ci ? chain_next(c, ci) : NULL;

	*ret_local = host(&x->sa->local);
	*ret_remote = host(&x->sa->remote);
	if (!ci)
		return R_OK;
	if (!cr || chain_next(c, cr))
		return fail(f, R_BAD_ID, "two identities are due, one for each end");
	if (quick1_selector(ci, ret_remote, f) != R_OK ||
	    quick1_selector(cr, ret_local, f) != R_OK || own1_keep(&q->idci, ci->body, f) != R_OK)
		return f->reason;
	return own1_keep(&q->idcr, cr->body, f);
}

static void begin_story(struct exchange *x)
{
	struct trace_start s = {
		.exchange = XCHG_QUICK,
		.role = ROLE_RESPONDER,
		.peer = x->sa->peer->r.name,
		.tunnel = "",
		.local = x->sa->local,
		.remote = x->sa->remote,
		.ike_sa = x->sa->id,
	};

	x->negotiation = trace_begin(x->e, &s);
	trace_step(x->e, x->negotiation, '<', "a proposal for an IPsec SA came");
}

/* The tunnel that these selectors mean, and a child for it. */
static enum reason take_flow(struct exchange *x, const struct chain *c, struct fault *f)
{
	struct selector local, remote;
	char l[TEXT], r[TEXT];

	if (take_ids(x, c, &local, &remote, f) != R_OK)
		return f->reason;
	trace_step(x->e, x->negotiation, ' ', "the peer wants %s to %s",
		   selector_text(&remote, r, sizeof(r)), selector_text(&local, l, sizeof(l)));
	if (!x->sa->run)
		return fail(f, R_NO_TUNNEL, "the peer is not configured any more");
	struct flow *fl =
		transport1_match(x, &((struct quick1 *)x->own)->offer, &local, &remote, f);
	if (!ask_quick1_is_asked(x))
		heard_flow(x->sa->run, &local, &remote);
	if (!fl)
		return f->reason;
	x->child = child_new(x->sa, fl, ROLE_RESPONDER, f);
	if (!x->child)
		return f->reason;
	x->child->local_ts = local;
	x->child->remote_ts = remote;
	x->child->negotiation = x->negotiation;
	trace_about(x->e, x->negotiation, x->sa->peer->r.name, fl->run->tunnel->r.name);
	trace_sas(x->e, x->negotiation, x->sa->id, x->child->id);
	return R_OK;
}

static enum reason take_offer(struct exchange *x, struct slice body, struct fault *f)
{
	struct quick1 *q = x->own;

	if (own1_keep(&q->offer_body, body, f) != R_OK ||
	    read1_offer(x, slice_of(q->offer_body), &q->offer, f) != R_OK)
		return f->reason;
	if (x->sa->run && ask_quick1_is_asked(x))
		heard_asks(x->e, x->sa->run);
	else if (x->sa->run)
		heard_esp(x->sa->run, slice_of(q->offer_body));
	return R_OK;
}

static enum reason choose(struct exchange *x, struct fault *f)
{
	struct quick1 *q = x->own;
	const struct ipsec_proposal *list[SELECT_MOST];
	struct esp_offer ours = {
		.config = x->e->config,
		.tunnel = x->child->tunnel,
		.list = list,
		.encap = x->sa->encap,
		.draft = x->sa->natt_draft,
	};
	char text[STORY_OFFERS];

	ours.n = select_esp(x->e->config, x->child->tunnel, list, SELECT_MOST);
	select_esp_text(&ours, text, sizeof(text));
	trace_ours(x->e, x->negotiation, text);
	if (select_esp_offer(&q->offer, &ours, &q->choice, f) != R_OK)
		return f->reason;
	trace_chosen(x->e, x->negotiation, esp_suite_text(&q->choice.suite, q->choice.pfs, text));
	return R_OK;
}

static enum reason take_ke(struct exchange *x, const struct chain *c, struct fault *f)
{
	struct quick1 *q = x->own;
	const struct pl *ke = chain_find(c, PL_KE);

	if (q->choice.pfs == GROUP_NONE)
		return ke ? fail_field(f, R_BAD_KEY, "pfs_group",
				       "a key exchange came though no PFS group was agreed")
			  : R_OK;
	if (!ke)
		return fail_field(f, R_BAD_KEY, "pfs_group",
				  "no key exchange came though PFS with %s was agreed",
				  alg_group(q->choice.pfs)->name);
	return sums_peer(x, q->choice.pfs, ke->body, f);
}

enum reason qm_match(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct quick1 *q = x->own;

	begin_story(x);
	own1_of(x->sa)->quick_came = true;
	x->sa->tally.quick_modes_in++;
	if (own1_keep(&q->ni_b, chain_find(in->chain, PL_NONCE)->body, f) != R_OK ||
	    take_offer(x, chain_find(in->chain, PL_SA)->body, f) != R_OK ||
	    take_flow(x, in->chain, f) != R_OK || choose(x, f) != R_OK ||
	    transport1_take(x, in->chain, &q->choice, f) != R_OK ||
	    take_ke(x, in->chain, f) != R_OK)
		return f->reason;
	quick1_take(x->child, &q->choice);
	if (child_taken(x->child, f) != R_OK || child_spi(x->child, f) != R_OK)
		return f->reason;
	return sums_key(x, q->choice.pfs, f);
}

/* The chosen transform exactly as it was offered, with our SPI. */
static void put_chosen(struct build *b, const struct exchange *x)
{
	struct quick1 *q = x->own;
	struct sa1 chosen = { .n = 1, .transforms_n = 1 };
	uint8_t spi[4];
	struct wr w = wr_of(spi, sizeof(spi));

	wr_u32(&w, x->child->spi_in);
	chosen.at[0] = q->offer.at[q->choice.proposal1];
	chosen.at[0].spi = wr_done(&w);
	chosen.at[0].first = 0;
	chosen.at[0].n = 1;
	chosen.transforms[0] = q->offer.transforms[q->choice.transform];
	sa1_write(writer_payload(&b->w, PL_SA), &chosen);
}

/* The chosen transform goes back as it came; what we hold shorter is said beside it. */
static void put_lifetimes(struct build *b, const struct exchange *x)
{
	const struct quick1 *q = x->own;
	const struct attrs1 *theirs = &q->offer.transforms[q->choice.transform].a;
	bool seconds = q->choice.lifetime_s != theirs->life_seconds;
	bool kilobytes = q->choice.lifetime_kb != theirs->life_kilobytes;
	uint8_t spi[4];
	struct wr w = wr_of(spi, sizeof(spi));

	wr_u32(&w, x->child->spi_in);
	build1_lifetimes(b, PROTO_ESP, wr_done(&w), seconds ? q->choice.lifetime_s : 0,
			 kilobytes ? q->choice.lifetime_kb : 0);
}

enum reason qm_answer(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct quick1 *q = x->own;
	uint8_t digest[DIGEST_MAX];
	struct build b;

	(void)in;
	if (own1_nonce(x->e, &q->nr_b, NONCE_OCTETS, f) != R_OK)
		return f->reason;
	build1_start2(&b, x->sa, XCHG_QUICK, x->message_id);
	put_chosen(&b, x);
	build1_put(&b, PL_NONCE, slice_of(q->nr_b));
	build1_key(&b, x);
	if (q->idci) {
		build1_put(&b, PL_ID, slice_of(q->idci));
		build1_put(&b, PL_ID, slice_of(q->idcr));
	}
	transport1_put(&b, x);
	put_lifetimes(&b, x);
	if (keys1_hash_2(&own1_of(x->sa)->keys, x->message_id, slice_of(q->ni_b), build1_rest(&b),
			 digest) != R_OK)
		return fail(f, R_CRYPTO, "a hash could not be computed");
	build1_hash(&b, digest);
	if (build1_send(&b, x, q->iv, false, f) != R_OK)
		return f->reason;
	return sums_secret(x, f);
}

static void look_for_traffic(struct timer *t, msec now)
{
	struct quick1 *q = owner_of(t, struct quick1, proof);

	if (child_has_received(q->x->child))
		quick1_sum(q->x, EV_PROOF);
	else
		timer_arm(&q->e->timers, t, now + LOOK_MS);
}

enum reason qm_install_in(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct quick1 *q = x->own;
	struct bytes *k = NULL;

	(void)in;
	if (quick1_keymat(x, x->child->spi_in, &k, f) != R_OK)
		return f->reason;
	own(bytes) k_in = k;
	if (child_install_in(x->child, slice_of(k_in), f) != R_OK)
		return f->reason;
	q->proof.fire = look_for_traffic;
	timer_arm(&x->e->timers, &q->proof, x->e->now + LOOK_MS);
	return R_OK;
}

enum reason qm_confirm(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct quick1 *q = x->own;
	struct child *c = x->child;
	struct bytes *k = NULL;

	(void)in;
	timer_stop(&x->e->timers, &q->proof);
	if (quick1_keymat(x, c->spi_out, &k, f) != R_OK)
		return f->reason;
	own(bytes) k_out = k;
	if (child_install_out(c, slice_of(k_out), f) != R_OK)
		return f->reason;
	trace_up(x->e, x->negotiation);
	x->child = NULL;
	child_up(c);
	return R_OK;
}

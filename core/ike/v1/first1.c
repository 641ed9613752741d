/* first1.c - main mode's first message at the responder, and the birth of its SA with the third
 *
 * A first message costs one small record and no sum (halfopen.h). The record keeps the offered SA
 * body, which the hashes need later, and what we chose; the answer is made from it, so a first
 * message that comes again gets the same answer. With the third message an IKE SA is made.
 *
 * Called by v1.c. Thread: loop. Owns: nothing.
 */
#include <string.h>

#include "core/ike/book.h"
#include "core/ike/halfopen.h"
#include "core/ike/registry.h"
#include "core/ike/select.h"
#include "core/ike/trace.h"
#include "core/ike/v1/build1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/phase1.h"
#include "core/ike/v1/read1.h"
#include "core/ike/v1/steps1.h"
#include "core/ike/v1/tell1.h"
#include "core/ike/v1/v1.h"
#include "core/ike/v1/vendors1.h"
#include "core/ike/within.h"
#include "core/model/peer.h"
#include "core/wire/sa1.h"

/* What the first step finds out; on the stack, for the one exchange that has no SA yet. */
struct caller {
	struct peer_run *run;
	struct halfopen record;
	struct sa1 offer;
	struct slice body; /* of it, borrowed from the datagram */
	bool offer_read;
	bool asks; /* one of us asks what we would accept: it is no call, and a refusal no failure */
};

void first1_chosen(const struct sa1 *offer, size_t transform, struct sa1 *ret)
{
	*ret = (struct sa1){ .n = 1, .transforms_n = 1 };
	for (size_t i = 0; i < offer->n; i++)
		if (transform >= offer->at[i].first &&
		    transform < offer->at[i].first + offer->at[i].n)
			ret->at[0] = offer->at[i];
	ret->at[0].first = 0;
	ret->at[0].n = 1;
	ret->transforms[0] = offer->transforms[transform];
}

static void answer(struct engine *e, const struct packet *p, const struct halfopen *ho,
		   const struct sa1 *offer)
{
	struct header h = { .version = VERSION_1, .exchange = XCHG_MAIN };
	struct sa1 chosen;
	uint8_t at[1024];
	struct writer w;

	first1_chosen(offer, ho->transform, &chosen);
	memcpy(h.cky_i, ho->cky.i, sizeof(h.cky_i));
	memcpy(h.cky_r, ho->cky.r, sizeof(h.cky_r));
	writer_start(&w, at, sizeof(at), &h);
	sa1_write(writer_payload(&w, PL_SA), &chosen);
	vendors1_answer(&w, e, ho->peer, ho->vendors);

	struct packet out = { .local = p->local, .remote = p->remote, .natt = p->natt };
	out.octets = writer_done(&w, 0);
	if (!out.octets.n)
		return;
	e->counters.answers++;
	engine_send(e, &out);
}

/* The first row of the responder: choose, and remember what was chosen. */
enum reason first1_answer(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct caller *c = x->own;
	struct halfopen *ho = &c->record;
	const struct ike_proposal *accepted[SELECT_MOST];
	size_t n = select_ike_accepted(x->e->config, c->run->peer, accepted, SELECT_MOST);
	struct slice body = chain_find(in->chain, PL_SA)->body;
	struct ike_choice choice;

	if (sa1_read(body, &c->offer, f) != R_OK)
		return f->reason;
	c->offer_read = true;
	c->body = body;
	if (c->asks)
		heard_asks(x->e, c->run);
	else
		heard_ike(c->run, MODE_MAIN, body);
	if (select_ike(&c->offer, accepted, n, &choice, f) != R_OK)
		return f->reason;
	if (halfopen_admit(x->e, &in->packet->remote, f) != R_OK)
		return f->reason;

	ho->peer = c->run->peer;
	ho->proposal = choice.proposal;
	ho->transform = (uint8_t)choice.transform;
	ho->lifetime_s = choice.lifetime_s;
	ho->shorter = choice.lifetime_s != c->offer.transforms[choice.transform].a.life_seconds;
	ho->vendors = vendors1_seen(in->chain);
	ho->natt = in->packet->natt;
	ho->sa_body = bytes_of(body.at, body.n);
	if (!ho->sa_body)
		return fail(f, R_NO_MEMORY, "no memory for a caller");
	answer(x->e, in->packet, ho, &c->offer);
	return halfopen_put(x->e, ho, f);
}

/* The same call again, as it comes until a refusal is believed: one story is enough. */
static bool is_told(struct peer_run *run, const struct header *h)
{
	bool told = memcmp(run->heard.refused, h->cky_i, sizeof(run->heard.refused)) == 0;

	memcpy(run->heard.refused, h->cky_i, sizeof(run->heard.refused));
	return told;
}

static void refused(struct engine *e, const struct caller *c, const struct packet *p,
		    const struct header *h, const struct fault *f)
{
	struct counter_row *n = &e->counters;

	if (f->reason == R_BUSY)
		return; /* counted by halfopen_admit; a flood makes no stories */
	if (f->reason == R_MALFORMED || f->reason == R_BAD_PAYLOAD || f->reason == R_UNEXPECTED)
		n->dropped_malformed++;
	if (f->reason == R_NO_PEER)
		n->dropped_no_peer++;

	struct call1 call = { .packet = p, .header = h, .about = c->run };
	if (c->run && c->offer_read) {
		call.offer = &c->offer;
		call.body = c->body;
	}
	if (!c->run || (!c->asks && !is_told(c->run, h))) /* a stranger cannot hide so */
		tell1_refused(e, &call, f);
	build1_refuse(e, p, h, (unsigned)reason_notify1(f->reason));
}

static enum reason look_at(struct engine *e, struct caller *c, const struct packet *p,
			   const struct header *h, struct fault *f)
{
	struct exchange x = {
		.e = e,
		.steps = main_steps,
		.type = XCHG_MAIN,
		.role = ROLE_RESPONDER,
		.done = MM_UP,
		.own = c,
	};
	struct chain chain;
	struct msg in = { .packet = p, .header = h, .chain = &chain };

	if (h->flags & FLAG_ENCRYPTED)
		return fail(f, R_BAD_FLAGS, "a first message cannot be encrypted");
	if (read1_clear(p, h, &chain, f) != R_OK)
		return f->reason;
	c->run = registry_caller(e->registry, &p->local, &p->remote, f);
	if (!c->run)
		return f->reason;
	c->asks = vendors1_asks(vendors1_seen(&chain));
	memcpy(c->record.cky.i, h->cky_i, sizeof(c->record.cky.i));
	halfopen_cookie_new(e, p, &c->record.cky);
	c->record.local = p->local;
	c->record.remote = p->remote;
	c->record.born = e->now;
	return exchange_run(&x, EV_MSG, &in, f);
}

void first1_packet(struct engine *e, const struct packet *p, const struct header *h)
{
	struct halfopen *again = halfopen_again(e, p, h->cky_i);
	struct caller c = { 0 };
	struct fault f = { 0 };

	if (again) {
		struct sa1 offer;

		if (halfopen_may_answer(e, again) &&
		    sa1_read(slice_of(again->sa_body), &offer, NULL) == R_OK) {
			answer(e, p, again, &offer);
			e->counters.answers_again++;
		}
		return;
	}
	if (look_at(e, &c, p, h, &f) != R_OK)
		refused(e, &c, p, h, &f);
}

static enum reason fill(struct ike_sa *sa, const struct halfopen *ho, struct fault *f)
{
	struct own1 *o;
	struct sa1 offer;

	if (own1_new(sa, f) != R_OK || sa1_read(slice_of(ho->sa_body), &offer, f) != R_OK)
		return f->reason;
	o = own1_of(sa);
	o->sai_b = bytes_dup(ho->sa_body);
	if (!o->sai_b)
		return fail(f, R_NO_MEMORY, "no memory for a caller");
	sa_choose(sa, ho->proposal, ho->lifetime_s);
	o->shorter = ho->shorter;
	o->vendors = ho->vendors;
	vendors1_take(sa, o->vendors);
	sa->natt = ho->natt;
	sa->cky = ho->cky;
	return sa_register(sa, f);
}

static void tell_beginning(struct exchange *x, const struct packet *p)
{
	struct ike_sa *sa = x->sa;
	struct header first = { .exchange = XCHG_MAIN };
	struct sa1 offer;
	char text[SUITE_TEXT];
	struct slice body = slice_of(own1_of(sa)->sai_b);
	bool read = sa1_read(body, &offer, NULL) == R_OK;

	x->negotiation = sa->negotiation = tell1_call(
		x->e, &(struct call1){ p, &first, sa->run, read ? &offer : NULL, body, sa->id });
	trace_step(x->e, x->negotiation, '>', "answered the proposal");
	trace_chosen(x->e, x->negotiation, ike_suite_text(&sa->suite, text));
}

struct exchange *first1_third(struct engine *e, const struct halfopen *ho, const struct packet *p,
			      struct fault *f)
{
	struct sa_want want = {
		.version = &version1,
		.run = book_peer(e, ho->peer->r.name),
		.peer = ho->peer,
		.role = ROLE_RESPONDER,
		.local = p->local,
		.remote = p->remote,
	};
	struct ike_sa *sa = sa_new(e, &want, f);
	struct exchange *x;

	if (!sa)
		return NULL;
	if (fill(sa, ho, f) != R_OK ||
	    !(x = exchange_new(sa, XCHG_MAIN, ROLE_RESPONDER,
			       sign1_wanted(sa->peer) ? main_sig_steps : main_steps, MM_UP))) {
		struct sa_end end = { .reason = R_NO_MEMORY };
		sa_end(sa, &end);
		fail(f, R_NO_MEMORY, "no memory for an IKE SA");
		return NULL;
	}
	sa->exchange_mode = MODE_MAIN;
	x->state = MM_SA_SENT;
	tell_beginning(x, p);
	return x;
}

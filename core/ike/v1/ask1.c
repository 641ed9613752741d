/* ask1.c - asking a peer that refused our proposals what it would have taken
 *
 * One first message of main mode under a cookie of its own (RFC 2409 section 5.4), whatever mode was
 * refused: it carries an SA payload and nothing else, so nobody learns an identity or a hash. Its
 * transforms differ from ours in one member each (nearby.h); when that is refused too, the usual suites
 * go out in another one, and at last a first message of IKEv2 (hello2.h), to see whether that is what it
 * speaks. The peer's answer is read and not
 * answered; the half-open record it made runs out there.
 *
 * Called by info1.c, v1.c, and through the step table. Thread: loop. Owns: nothing.
 */
#include "core/ike/v1/ask1.h"

#include <stdio.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/ike/heard.h"
#include "core/ike/nearby.h"
#include "core/ike/registry.h"
#include "core/ike/select.h"
#include "core/ike/v1/build1.h"
#include "core/ike/v1/fail1.h"
#include "core/ike/v1/own1.h"
#include "core/ike/v1/phase1.h"
#include "core/ike/v1/read1.h"
#include "core/ike/v1/steps1.h"
#include "core/ike/v1/vendors1.h"
#include "core/ike/within.h"
#include "core/model/peer.h"
#include "core/wire/hello2.h"
#include "core/wire/sa1.h"

enum { ASK_MS = 5000, ASK_VERSION_MS = 3000, OFFER_MAX = 4096 };
enum { ASK_NEIGHBOURS, ASK_USUAL, ASK_VERSION };

bool ask1_is(const struct exchange *x)
{
	return x->steps == ask_steps;
}

static void new_cookie(struct ike_sa *sa)
{
	do
		rng_fill(sa->e->ports.rng, sa->cky.i, sizeof(sa->cky.i));
	while (registry_find(sa->e->registry, &sa->cky));
}

/* In the place of x. False: nothing changed. */
static bool ask(struct exchange *x, unsigned round)
{
	struct ike_sa *sa = x->sa;
	struct exchange *y;
	struct fault bad = { 0 };

	y = exchange_new(sa, XCHG_MAIN, ROLE_INITIATOR, ask_steps, MM_UP);
	if (!y)
		return false;
	y->negotiation = x->negotiation;
	own1_of(sa)->asked = round;
	exchange_free(x);
	exchange_hurry(y, round == ASK_VERSION ? ASK_VERSION_MS : ASK_MS);
	new_cookie(sa);
	if (sa_register(sa, &bad) != R_OK || exchange_run(y, EV_START, NULL, &bad) != R_OK)
		fail1_silence(y, R_NO_PROPOSAL); /* what was noted */
	return true;
}

bool ask1_begin(struct exchange *x, const struct fault *f)
{
	if (f->reason != R_NO_PROPOSAL || ask1_is(x) || !own1_of(x->sa)->offered_n)
		return false;
	own1_note(x->sa, SIDE_REMOTE, f);
	return ask(x, ASK_NEIGHBOURS);
}

/* A first message of IKEv2: is that what it speaks? The key is thrown away, nothing is computed. */
static enum reason send_hello2(struct exchange *x, struct fault *f)
{
	uint8_t at[OFFER_MAX], key[HELLO2_KEY], nonce[NONCE_OCTETS];
	struct wr w = wr_of(at, sizeof(at));

	rng_fill(x->e->ports.rng, key, sizeof(key));
	rng_fill(x->e->ports.rng, nonce, sizeof(nonce));
	hello2_write(&w, x->sa->cky.i, slice(key, sizeof(key)), slice(nonce, sizeof(nonce)));
	return resend_send(x, wr_done(&w), true, f);
}

enum reason ask1_send(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct own1 *o = own1_of(x->sa);
	uint8_t at[OFFER_MAX];
	struct wr w = wr_of(at, sizeof(at));
	struct sa1 offer;
	struct build b;

	(void)in;
	if (o->asked == ASK_VERSION)
		return send_hello2(x, f);
	if (o->asked == ASK_NEIGHBOURS)
		nearby_ike(o->offered, o->offered_n, &offer);
	else
		nearby_ike_usual(o->offered, o->offered_n, &offer);
	if (offer.transforms_n == 0)
		return fail(f, R_NO_PROPOSAL, "there is nothing to ask with");
	sa1_write(&w, &offer);
	if (w.torn)
		return fail(f, R_NO_MEMORY, "the offer is too large");
	build1_start(&b, x->sa, XCHG_MAIN, false);
	build1_put(&b, PL_SA, wr_done(&w));
	vendors1_ask(&b.w);
	return build1_send(&b, x, NULL, true, f);
}

enum reason ask1_hear(struct exchange *x, const struct msg *in, struct fault *f)
{
	struct own1 *o = own1_of(x->sa);
	struct ike_choice choice;
	struct sa1 answer;
	struct fault g = { 0 };

	if (read1_offer(x, chain_find(in->chain, PL_SA)->body, &answer, f) != R_OK)
		return f->reason;
	resend_stop(x);
	if (select_ike_answer(&answer, o->offered, o->offered_n, &choice, &g) != R_NO_PROPOSAL ||
	    !*g.field || !o->noted)
		return R_OK;
	heard_asked(x->sa, "something else", &g, o->noted);
	return R_OK;
}

/* It takes nothing that is close to what we have, nor anything usual: it may well not mean us. */
static void note_stranger(struct ike_sa *sa)
{
	struct fault *f = own1_of(sa)->noted;
	char addr[ADDR_TEXT];

	if (!f)
		return;
	fail_field(
		f, R_NO_PROPOSAL, "local_address",
		"%s takes nothing from us, whatever we offer; inferred that it does not know our "
		"address %s",
		sa->peer->r.name, addr_text(&sa->local, addr));
	snprintf(f->hint, sizeof(f->hint),
		 "Compare our address with the one it expects, and the IKE version; else more than "
		 "one member of the IKE proposals differs");
}

void ask1_refused(struct exchange *x)
{
	struct own1 *o = own1_of(x->sa);

	if (o->asked == ASK_USUAL)
		note_stranger(x->sa);
	if (o->asked == ASK_VERSION || !ask(x, o->asked + 1))
		fail1_silence(x, R_NO_PROPOSAL);
}

void ask1_foreign(struct ike_sa *sa, const struct packet *p, const struct header *h)
{
	struct own1 *o = own1_of(sa);
	struct exchange *x = own1_exchange(sa);

	if (!x || !ask1_is(x) || o->asked != ASK_VERSION || !o->noted)
		return;
	if (hello2_is_spoken(p->octets, h)) {
		fail_field(o->noted, R_BAD_VERSION, "ike_version",
			   "%s refuses all of IKE version 1 and answers IKE version 2; we call "
			   "with version 1",
			   sa->peer->r.name);
		snprintf(o->noted->hint, sizeof(o->noted->hint), "Have the peer use IKE version 1");
	}
	fail1_silence(x, R_NO_PROPOSAL);
}

bool ask1_over(struct exchange *x)
{
	if (!ask1_is(x) || !exchange_is_done(x))
		return false;
	fail1_silence(x, R_NO_PROPOSAL);
	return true;
}

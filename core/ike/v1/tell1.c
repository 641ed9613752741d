/* tell1.c - stories of first messages, answered or refused
 *
 * A caller that is refused at once still leaves a story: it is the commonest mistake of all.
 *
 * Called by first1.c, greet1.c.  Thread: loop.  Owns: nothing.
 */
#include "core/ike/v1/tell1.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/ike/book.h"
#include "core/ike/select.h"
#include "core/ike/trace.h"
#include "core/ike/within.h"
#include "core/model/config.h"
#include "core/model/event.h"
#include "core/model/peer.h"
#include "core/wire/header.h"
#include "core/wire/sa1.h"

static void tell_offers(struct engine *e, uint64_t negotiation, const struct peer *p,
			const struct sa1 *theirs)
{
	const struct ike_proposal *accepted[SELECT_MOST];
	size_t n = select_ike_accepted(e->config, p, accepted, SELECT_MOST);
	char text[STORY_OFFERS];

	select_ike_text(accepted, n, text, sizeof(text));
	trace_ours(e, negotiation, text);
	if (!theirs)
		return;
	select_offer_text(theirs, text, sizeof(text));
	trace_theirs(e, negotiation, text);
}

uint64_t tell1_call(struct engine *e, const struct call1 *c)
{
	struct trace_start s = {
		.exchange = c->header->exchange,
		.role = ROLE_RESPONDER,
		.peer = c->about ? c->about->peer->r.name : "",
		.tunnel = "",
		.local = c->packet->local,
		.remote = c->packet->remote,
		.ike_sa = c->ike_sa,
	};
	uint64_t id = trace_begin(e, &s);

	trace_step(e, id, '<', "a proposal came");
	if (c->about || c->offer)
		tell_offers(e, id, c->about ? c->about->peer : NULL, c->offer);
	if (c->offer)
		trace_offer(e, id, c->body);
	return id;
}

/* A stranger may be a peer that is switched off here. */
static void name_disabled(struct engine *e, const struct call1 *c, struct fault *f)
{
	char addr[ADDR_TEXT];

	if (f->reason != R_NO_PEER)
		return;
	addr_text(&c->packet->remote, addr);
	for (size_t i = 0; i < config_count(e->config, K_PEER); i++) {
		const struct peer *p = (const struct peer *)config_at(e->config, K_PEER, i);

		if (p->enabled || strcmp(p->remote_address, addr) != 0)
			continue;
		fail_field(f, R_NO_PEER, "enabled", "%s called: it is the peer %s, disabled here",
			   addr, p->r.name);
		snprintf(f->hint, sizeof(f->hint), "Enable the peer %s, if it may call", p->r.name);
		return;
	}
}

void tell1_refused(struct engine *e, const struct call1 *c, const struct fault *f)
{
	tell1_failed(e, c, tell1_call(e, c), f);
}

/* There is no SA to tell it of: who called, and its story, are all that is known. */
static void tell_auth_failed(struct engine *e, const struct call1 *c, uint64_t id,
			     const struct fault *f)
{
	const struct peer *p = c->about ? c->about->peer : NULL;
	struct event ev = { .id = EVT_AUTH_FAILED,
			    .reason = f->reason,
			    .peer_index = p ? p->r.index : 0,
			    .negotiation = id,
			    .local = c->packet->local,
			    .remote = c->packet->remote,
			    .revision = config_revision(e->config) };

	if (p)
		text_copy(ev.peer, sizeof(ev.peer), p->r.name);
	text_copy(ev.text, sizeof(ev.text), f->text);
	events_tell(e->ports.events, &ev);
}

void tell1_failed(struct engine *e, const struct call1 *c, uint64_t id, const struct fault *f)
{
	struct fault named = *f;

	name_disabled(e, c, &named);
	trace_fail(e, id, SIDE_LOCAL, &named);
	if (c->about)
		book_failed(c->about, NULL, id, f);
	if (f->reason == R_BAD_ID && (c->about || id))
		tell_auth_failed(e, c, id, f);
}

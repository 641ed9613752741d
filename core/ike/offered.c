/* offered.c - a story's offer through the same selection as on the day it came
 *
 * The SA payload of the story is read again and goes through select.c against the proposals that this
 * configuration accepts: first each by itself, which says where it first differs, then all of them in
 * their order, which is the verdict. Only what a peer offered to us can be held against anything; when
 * we offered, its refusal does not say what it would have taken (RFC 2408 section 3.14.1).
 *
 * Called by: core/daemon.  Thread: any, values only.  Owns: nothing.
 */
#include "core/ike/offered.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/ike/select.h"
#include "core/model/config.h"
#include "core/model/replay.h"
#include "core/model/story.h"
#include "core/model/view.h"
#include "core/wire/header.h"
#include "core/wire/sa1.h"

enum { TUNNELS_MOST = 16 };

static void refuse(struct replay *ret, const struct fault *f)
{
	ret->reason = f->reason;
	text_copy(ret->field, sizeof(ret->field), *f->field == '/' ? f->field + 1 : f->field);
	text_copy(ret->text, sizeof(ret->text), f->text);
}

static struct replay_row *add_row(struct replay *ret, const char *proposal, const struct fault *f)
{
	struct replay_row *row = &ret->row[MIN_OF(ret->n, REPLAY_ROWS - 1u)];

	*row = (struct replay_row){ 0 };
	text_copy(row->proposal, sizeof(row->proposal), proposal);
	if (f->reason != R_OK) {
		text_copy(row->field, sizeof(row->field),
			  *f->field == '/' ? f->field + 1 : f->field);
		text_copy(row->text, sizeof(row->text), f->text);
	}
	if (ret->n < REPLAY_ROWS)
		ret->n++;
	return row;
}

/* --- phase 1 --- */

static const struct peer *peer_of(const struct story *s, const struct config *c)
{
	char addr[ADDR_TEXT];

	if (*s->peer)
		return config_peer(c, s->peer);
	addr_text(&s->remote, addr);
	for (size_t i = 0; i < config_count(c, K_PEER); i++) {
		const struct peer *p = (const void *)config_at(c, K_PEER, i);

		if (strcmp(p->remote_address, addr) == 0)
			return p;
	}
	return NULL;
}

static void match_ike(const struct sa1 *offer, const struct config *c, const struct peer *p,
		      struct replay *ret)
{
	const struct ike_proposal *list[SELECT_MOST];
	size_t n = select_ike_accepted(c, p, list, SELECT_MOST);
	struct ike_choice choice;
	struct fault f = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct fault one = { 0 };
		bool fits = select_ike(offer, &list[i], 1, &choice, &one) == R_OK;
		struct replay_row *row = add_row(ret, list[i]->r.name, &one);

		row->number = list[i]->number;
		row->peer_transform = fits ? (uint32_t)choice.transform + 1 : 0;
	}
	if (select_ike(offer, list, n, &choice, &f) != R_OK) {
		refuse(ret, &f);
		return;
	}
	ret->matches = true;
	text_copy(ret->would_match, sizeof(ret->would_match), choice.proposal->r.name);
	ret->number = choice.proposal->number;
	ret->peer_transform = (uint32_t)choice.transform + 1;
	snprintf(ret->text, sizeof(ret->text),
		 "phase 1 would match proposal %u (%s) with the peer's transform %u", ret->number,
		 ret->would_match, ret->peer_transform);
}

static void replay_ike(const struct story *s, const struct sa1 *offer, const struct config *c,
		       struct replay *ret)
{
	const struct peer *p = peer_of(s, c);
	struct fault f = { 0 };
	char addr[ADDR_TEXT];

	if (!p)
		fail_field(&f, R_NO_PEER, "remote_address", "no peer here is %s",
			   *s->peer ? s->peer : addr_text(&s->remote, addr));
	else if (!p->enabled)
		fail_field(&f, R_NO_PEER, "enabled", "the peer %s is disabled", p->r.name);
	if (p)
		text_copy(ret->peer, sizeof(ret->peer), p->r.name);
	if (f.reason != R_OK)
		refuse(ret, &f);
	else
		match_ike(offer, c, p, ret);
}

/* --- phase 2 --- */

/* In UDP or not was settled by phase 1: the offer shows it. */
static void encap_of(const struct sa1 *offer, struct esp_offer *ours)
{
	for (size_t i = 0; i < offer->transforms_n; i++) {
		uint16_t encap = offer->transforms[i].a.encap;
		bool draft = encap == ENCAP_UDP_TUNNEL_DRAFT || encap == ENCAP_UDP_TRANSPORT_DRAFT;

		ours->draft |= draft;
		ours->encap |= draft || encap == ENCAP_UDP_TUNNEL || encap == ENCAP_UDP_TRANSPORT;
	}
}

static void match_esp(const struct sa1 *offer, const struct config *c, const struct tunnel *t,
		      struct replay *ret)
{
	const struct ipsec_proposal *list[SELECT_MOST];
	struct esp_offer ours = { .config = c, .tunnel = t, .list = list };
	struct esp_choice choice;
	struct fault f = { 0 };
	size_t n = select_esp(c, t, list, SELECT_MOST);

	encap_of(offer, &ours);
	for (size_t i = 0; i < n; i++) {
		struct fault one = { 0 };
		struct esp_offer by_itself = ours;
		bool fits;

		by_itself.list = &list[i];
		by_itself.n = 1;
		fits = select_esp_offer(offer, &by_itself, &choice, &one) == R_OK;
		struct replay_row *row = add_row(ret, list[i]->r.name, &one);
		text_copy(row->tunnel, sizeof(row->tunnel), t->r.name);
		row->peer_transform = fits ? (uint32_t)choice.transform + 1 : 0;
	}
	ours.n = n;
	if (ret->matches)
		return;
	if (select_esp_offer(offer, &ours, &choice, &f) != R_OK) {
		refuse(ret, &f);
		return;
	}
	ret->matches = true;
	ret->reason = R_OK;
	*ret->field = '\0';
	text_copy(ret->would_match, sizeof(ret->would_match), choice.proposal->r.name);
	text_copy(ret->tunnel, sizeof(ret->tunnel), t->r.name);
	ret->peer_transform = (uint32_t)choice.transform + 1;
	snprintf(ret->text, sizeof(ret->text),
		 "phase 2 of %s would match proposal %s with the peer's transform %u", t->r.name,
		 ret->would_match, ret->peer_transform);
}

/* The tunnel that its selectors meant; where they meant none, every tunnel of the peer. */
static void replay_esp(const struct story *s, const struct sa1 *offer, const struct config *c,
		       struct replay *ret)
{
	const struct tunnel *list[TUNNELS_MOST];
	struct fault f = { 0 };
	size_t n;

	text_copy(ret->tunnel, sizeof(ret->tunnel), s->tunnel);
	if (*s->tunnel)
		n = (list[0] = config_tunnel(c, s->tunnel)) != NULL;
	else
		n = config_tunnels_of(c, s->peer, list, TUNNELS_MOST);
	if (n == 0)
		fail_field(&f, R_NO_TUNNEL, "peer", "there is no tunnel %s%s here",
			   *s->tunnel ? s->tunnel : "with the peer ", *s->tunnel ? "" : s->peer);
	else if (*s->tunnel && !list[0]->enabled)
		fail_field(&f, R_NO_TUNNEL, "enabled", "the tunnel %s is disabled", s->tunnel);
	if (f.reason != R_OK) {
		refuse(ret, &f);
		return;
	}
	for (size_t i = 0; i < n; i++)
		match_esp(offer, c, list[i], ret);
}

void replay_offer(const struct story *s, const struct config *c, struct replay *ret)
{
	struct sa1 offer;
	struct fault f = { 0 };

	*ret = (struct replay){ .negotiation = s->id,
				.revision = config_revision(c),
				.offered_ms = s->started_ms,
				.phase = s->exchange == XCHG_QUICK ? 2 : 1 };
	text_copy(ret->peer, sizeof(ret->peer), s->peer);
	if (s->role == ROLE_INITIATOR) {
		text_copy(ret->text, sizeof(ret->text),
			  "we made this offer: what the peer would accept is not knowable from "
			  "its answer, only what it chose or refused");
		return;
	}
	if (!s->offer_n || sa1_read(slice(s->offer, s->offer_n), &offer, &f) != R_OK) {
		text_copy(ret->text, sizeof(ret->text),
			  s->offer_n ? "the offer could not be read when it came"
				     : "no offer of the peer was kept with this negotiation");
		return;
	}
	ret->knowable = true;
	if (ret->phase == 2)
		replay_esp(s, &offer, c, ret);
	else
		replay_ike(s, &offer, c, ret);
}

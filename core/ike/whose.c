/* whose.c - whose a datagram is, an IPsec SA of the data plane, a policy of it
 *
 * Cookies find the IKE SA, message id and exchange type the exchange and with it the story. A first
 * message has no SA yet, an answer from a half-open record neither: there the address has to do.
 *
 * Called by: core/daemon.  Thread: loop.  Owns: nothing.
 */
#include "core/ike/whose.h"

#include <string.h>

#include "core/base/text.h"
#include "core/ike/book.h"
#include "core/ike/child.h"
#include "core/ike/exchange.h"
#include "core/ike/ports.h"
#include "core/ike/registry.h"
#include "core/ike/within.h"
#include "core/model/peer.h"
#include "core/model/tunnel.h"
#include "core/wire/header.h"

static void by_sa(struct ike_sa *sa, const struct header *h, bool with_key,
		  struct whose_packet *ret)
{
	const struct exchange *x = exchange_find(sa, h->exchange, h->message_id);

	if (!sa->nobody)
		text_copy(ret->peer, sizeof(ret->peer), sa->peer->r.name);
	ret->ike_sa = sa->id;
	ret->negotiation = x && x->negotiation  ? x->negotiation
			   : h->message_id == 0 ? sa->negotiation
						: 0;
	if (with_key && sa->version->cipher_key)
		ret->key_n = sa->version->cipher_key(sa, ret->key);
}

void engine_whose(struct engine *e, const struct packet *p, bool with_key, struct whose_packet *ret)
{
	const struct peer_run *run;
	struct fault f = { 0 };
	struct cookies cky;
	struct ike_sa *sa;
	struct header h;

	*ret = (struct whose_packet){ 0 };
	if (header_read(p->octets, &h, NULL) != R_OK)
		return;
	memcpy(ret->initiator_spi, h.cky_i, sizeof(ret->initiator_spi));
	memcpy(cky.i, h.cky_i, sizeof(cky.i));
	memcpy(cky.r, h.cky_r, sizeof(cky.r));
	sa = registry_find(e->registry, &cky);
	if (sa) {
		by_sa(sa, &h, with_key, ret);
		return;
	}
	run = registry_caller(e->registry, &p->local, &p->remote, &f);
	if (run)
		text_copy(ret->peer, sizeof(ret->peer), run->peer->r.name);
}

static void by_child(const struct child *c, struct whose_plane *ret)
{
	ret->child = c->id;
	ret->ike_sa = c->sa ? c->sa->id : 0;
	text_copy(ret->peer, sizeof(ret->peer), c->peer->r.name);
	text_copy(ret->tunnel, sizeof(ret->tunnel), c->tunnel->r.name);
}

static const struct child *outbound_of(const struct flow *fl, uint32_t spi)
{
	list_each (l, (struct link *)&fl->children) {
		const struct child *c = owner_of(l, const struct child, flow_link);

		if (c->spi_out == spi && c->out_installed)
			return c;
	}
	return NULL;
}

/* Its reqid names the flow, as a rule; a narrow pair has one of its own, and one whose tunnel is gone
 * has none any more. */
static const struct child *find_outbound(struct engine *e, uint32_t spi, uint32_t reqid)
{
	const struct flow *fl = book_flow(e, reqid);
	const struct child *c = fl ? outbound_of(fl, spi) : NULL;

	if (c)
		return c;
	list_each (l, &e->children) {
		c = owner_of(l, const struct child, link);
		if (c->spi_out == spi && c->out_installed)
			return c;
	}
	return NULL;
}

bool engine_whose_sa(struct engine *e, uint32_t spi, bool inbound, uint32_t reqid,
		     struct whose_plane *ret)
{
	const struct child *c = inbound ? child_of_spi_in(e, spi) : find_outbound(e, spi, reqid);

	*ret = (struct whose_plane){ 0 };
	if (c)
		by_child(c, ret);
	return c != NULL;
}

bool engine_whose_policy(struct engine *e, uint32_t id, struct whose_plane *ret)
{
	const struct flow *fl = book_flow(e, id);

	*ret = (struct whose_plane){ 0 };
	if (fl) {
		text_copy(ret->peer, sizeof(ret->peer), fl->run->tunnel->peer);
		text_copy(ret->tunnel, sizeof(ret->tunnel), fl->run->tunnel->r.name);
		return true;
	}
	list_each (l, &e->children) { /* a narrow pair has a policy of its own, under its reqid */
		const struct child *c = owner_of(l, const struct child, link);

		if (c->narrow && c->policy_there && c->reqid == id) {
			by_child(c, ret);
			return true;
		}
	}
	return false;
}

/* waiting.c - packets that wait for their SA, for three seconds at most
 *
 * The first packets of a connection start the negotiation; dropping them would cost its first
 * retransmission, a second or more. They are few (16 a policy) and short-lived, so one list in
 * order of arrival is enough.
 *
 * Called by userspace.c.  Thread: loop.  Owns: the packets.
 */
#include "core/ipsec/waiting.h"

#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 3000, LET_GO_MS = 30 };

struct waiting_packet {
	struct link link;
	uint32_t policy_id;
	msec since;
	msec go_at; /* 0: there is no SA yet */
	size_t n;
	uint8_t at[];
};

void waiting_init(struct waiting *w, struct lanes *l, struct egress *e, struct tally *t)
{
	*w = (struct waiting){ .egress = e, .tally = t, .lanes = l };
	list_init(&w->packets);
}

static void end(struct waiting_packet *p, struct guard *g)
{
	if (g)
		atomic_fetch_sub(&g->held, 1);
	list_remove(&p->link);
	free(p);
}

void waiting_done(struct waiting *w)
{
	if (!w->packets.next)
		return;
	list_each (at, &w->packets)
		end(owner_of(at, struct waiting_packet, link), NULL);
}

void waiting_add(struct waiting *w, struct guard *g, struct slice packet, msec now)
{
	struct waiting_packet *p = NULL;

	if (packet.n && atomic_load(&g->outlet->lane)) {
		atomic_fetch_sub(&g->held, 1);
		egress_send(w->egress, packet);
		egress_flush(w->egress);
		return;
	}
	if (packet.n)
		p = malloc(sizeof(*p) + packet.n);
	if (!p) {
		atomic_fetch_sub(&g->held, 1);
		crossing_add(&w->tally->no_sa, 1);
		return;
	}
	*p = (struct waiting_packet){ .policy_id = g->p.id, .since = now, .n = packet.n };
	memcpy(p->at, packet.at, packet.n);
	list_push(&w->packets, &p->link);
}

bool waiting_release(struct waiting *w, uint32_t reqid, msec now)
{
	bool any = false;

	list_each (at, &w->packets) {
		struct waiting_packet *p = owner_of(at, struct waiting_packet, link);
		struct guard *g = lanes_guard_find(w->lanes, p->policy_id);

		if (!g || g->outlet->reqid != reqid)
			continue;
		p->go_at = now + LET_GO_MS;
		any = true;
	}
	return any;
}

bool waiting_let_go(struct waiting *w, msec now)
{
	bool any = false;

	list_each (at, &w->packets) {
		struct waiting_packet *p = owner_of(at, struct waiting_packet, link);

		if (!p->go_at || p->go_at > now) {
			any |= p->go_at != 0;
			continue;
		}
		egress_send(w->egress, slice(p->at, p->n));
		end(p, lanes_guard_find(w->lanes, p->policy_id));
	}
	egress_flush(w->egress);
	return any;
}

void waiting_forget(struct waiting *w, uint32_t policy_id)
{
	list_each (at, &w->packets) {
		struct waiting_packet *p = owner_of(at, struct waiting_packet, link);

		if (p->policy_id == policy_id)
			end(p, NULL);
	}
}

bool waiting_tick(struct waiting *w, msec now)
{
	list_each (at, &w->packets) {
		struct waiting_packet *p = owner_of(at, struct waiting_packet, link);

		if (now - p->since < PATIENCE_MS)
			break;
		crossing_add(&w->tally->no_sa, 1);
		end(p, lanes_guard_find(w->lanes, p->policy_id));
	}
	return !list_is_empty(&w->packets);
}

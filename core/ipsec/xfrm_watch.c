/* xfrm_watch.c - news from the kernel's IPsec
 *
 *	ACQUIRE   traffic met a policy and there is no state for it; the kernel asks once and
 *	          then holds still for net.core.xfrm_acq_expires seconds
 *	EXPIRE    a state has used up its soft or hard volume; after the hard one it is gone
 *	MAPPING   authenticated ESP in UDP came from another address or port than the state says
 *
 * All networks' programs that speak IPsec hear all news, so the listener looks whether the
 * state or policy is one of ours. When the kernel's queue overflows some news are lost: an
 * acquire and a mapping come again with later packets, expiries do not, so the owner is told to
 * look at all its states.
 *
 * Called by: xfrm.c.  Thread: loop.  Owns: a socket.
 */
#include "core/ipsec/xfrm_watch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <linux/xfrm.h>

struct xfrm_watch {
	struct watch watch;
	struct loop *loop;
	struct netlink *netlink;
	struct xfrm_news news;
};

static void hear_acquire(const struct xfrm_news *news, struct slice body)
{
	struct xfrm_user_acquire a;

	if (!netlink_copy(body, &a, sizeof(a)) || a.policy.dir != XFRM_POLICY_OUT)
		return;
	struct xfrm_pair pair = xfrm_build_pair(&a.policy.sel);
	news->acquire(news->arg, &pair);
}

static void hear_expire(const struct xfrm_news *news, struct slice body)
{
	struct xfrm_user_expire e;

	if (!netlink_copy(body, &e, sizeof(e)) || e.state.id.proto != IPPROTO_ESP)
		return;
	news->expire(news->arg,
		     &(struct xfrm_name){ xfrm_build_addr(&e.state.id.daddr, e.state.family),
					  ntohl(e.state.id.spi) },
		     e.hard != 0);
}

static void hear_mapping(const struct xfrm_news *news, struct slice body)
{
	struct xfrm_user_mapping m;

	if (!netlink_copy(body, &m, sizeof(m)) || m.id.proto != IPPROTO_ESP)
		return;
	struct addr from =
		addr_with_port(xfrm_build_addr(&m.new_saddr, m.id.family), ntohs(m.new_sport));
	news->mapping(
		news->arg,
		&(struct xfrm_name){ xfrm_build_addr(&m.id.daddr, m.id.family), ntohl(m.id.spi) },
		&from);
}

void xfrm_watch_hear(const struct xfrm_news *news, const struct netlink_in *m)
{
	switch (m->type) {
	case XFRM_MSG_ACQUIRE:
		hear_acquire(news, m->body);
		break;
	case XFRM_MSG_EXPIRE:
		hear_expire(news, m->body);
		break;
	case XFRM_MSG_MAPPING:
		hear_mapping(news, m->body);
		break;
	default:
		break;
	}
}

static void hear(void *arg, const struct netlink_in *m)
{
	const struct xfrm_watch *w = arg;

	xfrm_watch_hear(&w->news, m);
}

static void ready(struct watch *watch, uint32_t events)
{
	struct xfrm_watch *w = owner_of(watch, struct xfrm_watch, watch);

	(void)events;
	if (!netlink_hear(w->netlink, hear, w))
		w->news.lost(w->news.arg);
}

struct xfrm_watch *xfrm_watch_open(struct loop *l, const struct xfrm_news *news, struct fault *f)
{
	uint32_t groups = 1u << (XFRMNLGRP_ACQUIRE - 1) | 1u << (XFRMNLGRP_EXPIRE - 1) |
			  1u << (XFRMNLGRP_MAPPING - 1);
	own(xfrm_watch) w = calloc(1, sizeof(*w));

	if (!w) {
		fail(f, R_NO_MEMORY, "no memory for the kernel's news");
		return NULL;
	}
	w->news = *news;
	w->loop = l;
	w->netlink = netlink_open(NETLINK_XFRM, groups, f);
	if (!w->netlink)
		return NULL;
	w->watch = (struct watch){ .fd = netlink_fd(w->netlink), .ready = ready };
	if (loop_watch(l, &w->watch, EPOLLIN, f) != R_OK)
		return NULL;
	return give(w);
}

void xfrm_watch_free(struct xfrm_watch *w)
{
	if (!w)
		return;
	if (w->watch.watched)
		loop_unwatch(w->loop, &w->watch);
	netlink_free(w->netlink);
	free(w);
}

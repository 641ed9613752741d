/* xfrm_watch.h - news from the kernel's IPsec */
#pragma once

#include "core/base/loop.h"
#include "core/ipsec/xfrm_build.h"

/* Called on the loop thread. */
struct xfrm_news {
	void *arg;
	void (*acquire)(void *arg, const struct xfrm_pair *pair); /* the policy's selectors */
	void (*expire)(void *arg, const struct xfrm_name *state, bool hard);
	void (*mapping)(void *arg, const struct xfrm_name *state, const struct addr *from);
	/* The kernel's queue was full: any of the above may have been missed. */
	void (*lost)(void *arg);
};

struct xfrm_watch;

struct xfrm_watch *xfrm_watch_open(struct loop *l, const struct xfrm_news *news, struct fault *f);
void xfrm_watch_free(struct xfrm_watch *w);
OWNABLE(xfrm_watch)
/* One message, for tests: what the loop does with each. */
void xfrm_watch_hear(const struct xfrm_news *news, const struct netlink_in *m);

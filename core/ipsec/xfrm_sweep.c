/* xfrm_sweep.c - does this kernel have ESP, and what an earlier life of ours left in it
 *
 * A kernel without ESP still gives out SPIs and takes policies; only adding a state fails. So
 * the probe adds one, between addresses of no machine (RFC 5737), and deletes it.
 *
 * The sweep dumps states and policies, notes those that are ours (xfrm_build.c says how they
 * are told), and deletes them; nothing else is touched.
 *
 * Called by: xfrm.c, at start.  Thread: loop.  Owns: nothing.
 */
#include "core/ipsec/xfrm_sweep.h"

#include <stdlib.h>
#include <string.h>

#include <linux/xfrm.h>

#include "core/base/rng.h"

enum { BATCH = 32 };

enum reason xfrm_sweep_probe(struct netlink *n, struct netlink_out *o, struct fault *f)
{
	static const uint8_t key[48]; /* nothing is ever sent under it */
	struct rng rng = rng_system();
	struct plane_sa sa = {
		.inbound = true,
		.suite = { .encr = ENCR_AES_CBC, .key_bits = 128, .integ = INTEG_SHA256 },
		.keymat = slice(key, sizeof(key))
	};

	addr_read("192.0.2.254", &sa.local);
	addr_read("198.51.100.254", &sa.remote);
	sa.spi = rng_u32(&rng) | 0x80000000u;
	netlink_begin(o);
	xfrm_build_sa(o, &sa, false);
	if (netlink_ask(n, o, "the kernel takes no ESP state", NULL, NULL, f) != R_OK)
		return R_PLANE;
	netlink_begin(o);
	xfrm_build_del(o, &(struct xfrm_name){ sa.local, sa.spi });
	return netlink_ask(n, o, "cannot delete a state", NULL, NULL, f);
}

/* What to delete, noted during a dump: requests, one after the other. */
struct found {
	struct netlink_out *at;
	size_t n; /* batches */
	bool policies, no_memory;
};

static struct netlink_out *batch(struct found *d)
{
	struct netlink_out *last = d->n ? &d->at[d->n - 1] : NULL;

	if (last && last->count < BATCH)
		return last;
	struct netlink_out *more = realloc(d->at, (d->n + 1) * sizeof(*more));
	if (!more) {
		d->no_memory = true;
		return NULL;
	}
	d->at = more;
	netlink_begin(&d->at[d->n]);
	return &d->at[d->n++];
}

static void note(void *arg, const struct netlink_in *m)
{
	struct found *d = arg;
	struct xfrm_name name;
	struct netlink_out *o;

	if (d->policies && m->type == XFRM_MSG_NEWPOLICY && xfrm_build_is_our_policy(m->body)) {
		o = batch(d);
		if (o)
			xfrm_build_policy_del_as(o, m->body);
	} else if (!d->policies && m->type == XFRM_MSG_NEWSA &&
		   xfrm_build_is_our_sa(m->body, &name)) {
		o = batch(d);
		if (o)
			xfrm_build_del(o, &name);
	}
}

static enum reason sweep_kind(struct netlink *n, struct netlink_out *o, bool policies,
			      struct fault *f)
{
	struct found d = { .policies = policies };

	netlink_begin(o);
	xfrm_build_dump(o, policies);
	enum reason r = netlink_dump(n, o, "cannot list what the kernel has", note, &d, f);
	if (r == R_OK && d.no_memory)
		r = fail(f, R_NO_MEMORY, "no memory for the states of an earlier life");
	/* one that expired meanwhile is refused, and that is fine */
	for (size_t i = 0; i < d.n && r == R_OK; i++)
		netlink_ask(n, &d.at[i], "cannot delete", NULL, NULL, NULL);
	free(d.at);
	return r;
}

enum reason xfrm_sweep(struct netlink *n, struct netlink_out *o, struct fault *f)
{
	enum reason r = sweep_kind(n, o, true, f);

	return r == R_OK ? sweep_kind(n, o, false, f) : r;
}

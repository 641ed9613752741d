/* xfrm_sweep.c - does this kernel have ESP, and what of ours stands in it that should not
 *
 * A kernel without ESP still gives out SPIs and takes policies; only adding a state fails. So
 * the probe adds one, between addresses of no machine (RFC 5737), and deletes it.
 *
 * The sweep dumps states and policies, notes those that are ours (xfrm_build.c says how they
 * are told), and deletes them; nothing else is touched.
 *
 * When news were lost the same dump shows which of our states are gone, and a state of ours that
 * nobody knows any more goes as well. Reserved SPIs show only one of the signs and stay.
 *
 * Called by: xfrm.c, at start and when news were lost.  Thread: loop.  Owns: nothing.
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
	xfrm_sweep_known *known; /* NULL: nothing is */
	void *arg;
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

static bool is_known(const struct found *d, struct slice state, const struct xfrm_name *name)
{
	struct xfrm_usersa_info i;

	return d->known && netlink_copy(state, &i, sizeof(i)) &&
	       d->known(d->arg, name, i.curlft.bytes >= i.lft.soft_byte_limit);
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
		   xfrm_build_is_our_sa(m->body, &name) && !is_known(d, m->body, &name)) {
		o = batch(d);
		if (o)
			xfrm_build_del(o, &name);
	}
}

static enum reason sweep(struct netlink *n, struct netlink_out *o, struct found *d, struct fault *f)
{
	netlink_begin(o);
	xfrm_build_dump(o, d->policies);
	enum reason r = netlink_dump(n, o, "cannot list what the kernel has", note, d, f);
	if (r == R_OK && d->no_memory)
		r = fail(f, R_NO_MEMORY, "no memory for the states of an earlier life");
	/* one that expired meanwhile is refused, and that is fine */
	for (size_t i = 0; i < d->n && r == R_OK; i++)
		netlink_ask(n, &d->at[i], "cannot delete", NULL, NULL, NULL);
	free(d->at);
	return r;
}

enum reason xfrm_sweep(struct netlink *n, struct netlink_out *o, struct fault *f)
{
	struct found policies = { .policies = true }, states = { 0 };
	enum reason r = sweep(n, o, &policies, f);

	return r == R_OK ? sweep(n, o, &states, f) : r;
}

enum reason xfrm_sweep_states(struct netlink *n, struct netlink_out *o, xfrm_sweep_known *known,
			      void *arg, struct fault *f)
{
	struct found states = { .known = known, .arg = arg };

	return sweep(n, o, &states, f);
}

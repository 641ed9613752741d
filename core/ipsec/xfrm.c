/* xfrm.c - the kernel's data plane
 *
 * States and policies are the kernel's; here is only what must be known of them to count, to
 * remove them, and to tell news of ours from news of others. Keys are not kept: they go into
 * the request, which is wiped.
 *
 * What the kernel does by itself: among the states of one reqid it takes the newest for what
 * goes out, so sa_use has nothing to do; a state that vanished (flushed by hand, or hard
 * expired) is simply not counted any more, and deleting it again is fine. A state cannot be
 * moved, so it is deleted and made again in one request, with its counters and window.
 *
 * ESP in UDP needs UDP_ENCAP on port 4500. It is set only when the probe has shown that the
 * kernel has ESP, since without it the kernel would swallow those packets all the same.
 *
 * Called through plane.h.  Thread: loop.  Owns: two netlink sockets, the list of our states.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netlink.h>
#include <linux/xfrm.h>

#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/ipsec/choose.h"
#include "core/ipsec/xfrm_count.h"
#include "core/ipsec/xfrm_look.h"
#include "core/ipsec/xfrm_sas.h"
#include "core/ipsec/xfrm_spd.h"
#include "core/ipsec/xfrm_sweep.h"
#include "core/ipsec/xfrm_watch.h"

enum { TELL_AGAIN_MS = 1000 };

struct xfrm {
	struct plane plane;
	struct netlink *netlink;
	struct xfrm_watch *watch;
	struct xfrm_spd *spd;
	struct hash *sas;
	struct plane_totals totals; /* of all states that there ever were */
	struct plane_totals kernel_zero; /* the kernel's own counters at start */
	int stat_fd;
	struct plane_news news;
	struct netlink_out out;
};

static struct xfrm_name name_of_sa(uint32_t spi, bool inbound, const struct addr *local,
				   const struct addr *remote)
{
	return (struct xfrm_name){ addr_with_port(inbound ? *local : *remote, 0), spi };
}

/* The kernel's refusal is the plane's; its sentence stays. */
static enum reason refused(struct fault *f)
{
	if (f)
		f->reason = R_PLANE;
	return R_PLANE;
}

static enum reason ask(struct xfrm *x, const char *what, struct fault *f)
{
	enum reason r = netlink_ask(x->netlink, &x->out, what, NULL, NULL, f);

	wipe(x->out.at, x->out.n); /* there may have been keys */
	return r == R_OK ? R_OK : refused(f);
}

/* --- counting -------------------------------------------------------------------------- */

/* Counters only grow, also over a move; what is less is a mistake of somebody's. */
static uint64_t gain(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static void add_up(struct xfrm *x, struct kernel_sa *e, struct plane_count *now)
{
	struct plane_totals *t = &x->totals;

	*(e->inbound ? &t->packets_in : &t->packets_out) += gain(now->packets, e->count.packets);
	*(e->inbound ? &t->bytes_in : &t->bytes_out) += gain(now->bytes, e->count.bytes);
	t->replayed += gain(now->replayed, e->count.replayed);
	t->bad_icv += gain(now->bad_icv, e->count.bad_icv);
	if (!now->last_ms) /* a kernel that does not say when: since we last looked */
		now->last_ms =
			now->packets > e->count.packets ? (uint64_t)clock_now() : e->count.last_ms;
	e->count = *now;
}

static bool count(struct xfrm *x, struct kernel_sa *e)
{
	struct plane_count now;

	if (!xfrm_count_sa(x->netlink, &x->out, &e->name, &now))
		return false;
	add_up(x, e, &now);
	return true;
}

static bool sa_count(void *ctx, uint32_t spi, bool inbound, const struct addr *local,
		     const struct addr *remote, struct plane_count *ret)
{
	struct xfrm *x = ctx;
	struct xfrm_name name = name_of_sa(spi, inbound, local, remote);
	struct kernel_sa *e = xfrm_sas_find(x->sas, &name);

	if (!e || !count(x, e))
		return false;
	*ret = e->count;
	return true;
}

static struct plane_totals totals(void *ctx)
{
	const struct xfrm *x = ctx;
	struct plane_totals t = x->totals, now = xfrm_count_drops(x->stat_fd);

	t.no_sa = gain(now.no_sa, x->kernel_zero.no_sa);
	t.no_policy = gain(now.no_policy, x->kernel_zero.no_policy);
	t.errors = gain(now.errors, x->kernel_zero.errors);
	return t;
}

/* --- SAs ------------------------------------------------------------------------------- */

static void read_spi(void *arg, const struct netlink_in *m)
{
	struct xfrm_usersa_info i;
	uint32_t *ret = arg;

	if (m->type == XFRM_MSG_NEWSA && netlink_copy(m->body, &i, sizeof(i)))
		*ret = ntohl(i.id.spi);
}

static enum reason spi_new(void *ctx, const struct addr *local, const struct addr *remote,
			   uint32_t *ret, struct fault *f)
{
	struct xfrm *x = ctx;
	uint32_t spi = 0;

	netlink_begin(&x->out);
	xfrm_build_spi(&x->out, local, remote);
	if (netlink_ask(x->netlink, &x->out, "cannot reserve an SPI", read_spi, &spi, f) != R_OK)
		return refused(f);
	if (spi < 256)
		return fail(f, R_PLANE, "the kernel reserved no SPI");
	*ret = spi;
	return R_OK;
}

static void spi_drop(void *ctx, uint32_t spi, const struct addr *local, const struct addr *remote)
{
	struct xfrm *x = ctx;

	(void)remote;
	netlink_begin(&x->out);
	xfrm_build_del(&x->out, &(struct xfrm_name){ *local, spi });
	netlink_ask(x->netlink, &x->out, "cannot drop an SPI", NULL, NULL, NULL);
}

/* A reservation that lapsed (the kernel keeps it for a while only) is no hindrance. */
static enum reason make(struct xfrm *x, const struct plane_sa *sa, struct fault *f)
{
	if (sa->inbound) {
		netlink_begin(&x->out);
		xfrm_build_sa(&x->out, sa, true);
		enum reason r = ask(x, "cannot add an SA", f);
		if (r == R_OK || netlink_errno(x->netlink) != ESRCH)
			return r;
	}
	netlink_begin(&x->out);
	xfrm_build_sa(&x->out, sa, false);
	return ask(x, "cannot add an SA", f);
}

static enum reason sa_add(void *ctx, const struct plane_sa *sa, struct fault *f)
{
	struct xfrm *x = ctx;
	struct kernel_sa e = { .name = name_of_sa(sa->spi, sa->inbound, &sa->local, &sa->remote),
			       .reqid = sa->reqid,
			       .inbound = sa->inbound };

	if (xfrm_sas_find(x->sas, &e.name))
		return fail(f, R_PLANE, "SPI %08x is in use", (unsigned)sa->spi);
	if (sa->keymat.n != esp_suite_key_octets(&sa->suite))
		return fail(f, R_PLANE, "key material of %zu octets where %u are due", sa->keymat.n,
			    esp_suite_key_octets(&sa->suite));
	struct kernel_sa *noted = xfrm_sas_note(x->sas, &e, f);
	if (!noted)
		return R_NO_MEMORY;
	enum reason r = make(x, sa, f);
	if (r != R_OK)
		xfrm_sas_forget(x->sas, noted);
	return r;
}

static void sa_del(void *ctx, uint32_t spi, bool inbound, const struct addr *local,
		   const struct addr *remote)
{
	struct xfrm *x = ctx;
	struct xfrm_name name = name_of_sa(spi, inbound, local, remote);
	struct kernel_sa *e = xfrm_sas_find(x->sas, &name);

	if (!e)
		return;
	count(x, e); /* the last packets belong to the sums */
	netlink_begin(&x->out);
	xfrm_build_del(&x->out, &name);
	netlink_ask(x->netlink, &x->out, "cannot delete an SA", NULL, NULL, NULL);
	xfrm_sas_forget(x->sas, e);
}

static void sa_use(void *ctx, uint32_t reqid, uint32_t spi)
{
	(void)ctx; /* the kernel takes the newest state by itself */
	(void)reqid;
	(void)spi;
}

/* --- moving ---------------------------------------------------------------------------- */

static void keep_state(void *arg, const struct netlink_in *m)
{
	struct bytes **ret = arg;

	if (m->type != XFRM_MSG_NEWSA || *ret)
		return;
	*ret = bytes_of(m->body.at, m->body.n); /* with its keys; bytes wipe themselves */
}

static enum reason move_state(struct xfrm *x, const struct xfrm_name *was,
			      const struct plane_move *m, struct fault *f)
{
	own(bytes) state = NULL;

	netlink_begin(&x->out);
	xfrm_build_get(&x->out, was);
	if (netlink_ask(x->netlink, &x->out, "cannot move an SA", keep_state, &state, f) != R_OK)
		return refused(f);
	netlink_begin(&x->out);
	if (!state || !xfrm_build_move(&x->out, slice_of(state), m))
		return fail(f, R_PLANE, "cannot move an SA: the kernel does not show it");
	return ask(x, "cannot move an SA", f);
}

static enum reason sa_move(void *ctx, const struct plane_move *m, struct fault *f)
{
	struct xfrm *x = ctx;
	struct xfrm_name was = name_of_sa(m->spi, m->inbound, &m->local, &m->remote);
	struct kernel_sa *e = xfrm_sas_find(x->sas, &was);

	if (!e)
		return fail(f, R_PLANE, "there is no SA with SPI %08x", (unsigned)m->spi);
	struct kernel_sa moved = *e;
	moved.name = name_of_sa(m->spi, m->inbound, &m->new_local, &m->new_remote);
	enum reason r = move_state(x, &was, m, f);
	if (r != R_OK)
		return r;
	xfrm_sas_forget(x->sas, e);
	if (!xfrm_sas_note(x->sas, &moved, f))
		return R_NO_MEMORY;
	return m->inbound ? R_OK
			  : xfrm_spd_move(x->spd, moved.reqid, &m->new_local, &m->new_remote, f);
}

/* --- policies -------------------------------------------------------------------------- */

static enum reason policy_add(void *ctx, const struct plane_policy *p, struct fault *f)
{
	struct xfrm *x = ctx;
	enum reason r = xfrm_spd_add(x->spd, p, f);

	return r == R_SYSTEM ? refused(f) : r;
}

static void policy_del(void *ctx, uint32_t policy_id)
{
	struct xfrm *x = ctx;

	xfrm_spd_del(x->spd, policy_id);
}

/* --- looking --------------------------------------------------------------------------- */

struct looking {
	const struct xfrm *x;
	plane_state_each *state;
	plane_rule_each *rule;
	void *arg;
};

static void look_at(void *arg, const struct netlink_in *m)
{
	const struct looking *l = arg;
	const struct plane_policy *p;
	const struct kernel_sa *e;
	struct plane_state state;
	struct plane_rule rule;
	struct xfrm_name name;
	struct xfrm_pair pair;

	if (l->state && m->type == XFRM_MSG_NEWSA && xfrm_look_state(m->body, &state, &name)) {
		e = state.ours ? xfrm_sas_find(l->x->sas, &name) : NULL;
		state.way_known = e != NULL;
		state.inbound = e && e->inbound;
		l->state(l->arg, &state);
	} else if (l->rule && m->type == XFRM_MSG_NEWPOLICY &&
		   xfrm_look_rule(m->body, &rule, &pair)) {
		p = rule.ours ? xfrm_spd_find(l->x->spd, &pair) : NULL;
		rule.id = p ? p->id : 0;
		rule.trap = p && p->trap;
		l->rule(l->arg, &rule);
	}
}

static enum reason look(struct xfrm *x, const struct looking *l, struct fault *f)
{
	netlink_begin(&x->out);
	xfrm_build_dump(&x->out, l->rule != NULL);
	enum reason r = netlink_dump(x->netlink, &x->out, "cannot list what the kernel has",
				     look_at, (void *)(uintptr_t)l, f);

	return r == R_OK || r == R_NO_MEMORY ? r : refused(f);
}

static enum reason states(void *ctx, plane_state_each *each, void *arg, struct fault *f)
{
	return look(ctx, &(struct looking){ .x = ctx, .state = each, .arg = arg }, f);
}

static enum reason rules(void *ctx, plane_rule_each *each, void *arg, struct fault *f)
{
	return look(ctx, &(struct looking){ .x = ctx, .rule = each, .arg = arg }, f);
}

/* --- news ------------------------------------------------------------------------------ */

static void on_acquire(void *arg, const struct xfrm_pair *pair)
{
	struct xfrm *x = arg;
	const struct plane_policy *p = xfrm_spd_find(x->spd, pair);

	if (p && p->trap && x->news.acquire)
		x->news.acquire(x->news.arg, p->id);
}

static void on_expire(void *arg, const struct xfrm_name *state, bool hard)
{
	struct xfrm *x = arg;

	if (xfrm_sas_find(x->sas, state) && x->news.bytes_limit)
		x->news.bytes_limit(x->news.arg, state->spi, hard);
}

/* The kernel tells with every packet until the SA has moved; once a second is enough. */
static void on_mapping(void *arg, const struct xfrm_name *state, const struct addr *from)
{
	struct xfrm *x = arg;
	struct kernel_sa *e = xfrm_sas_find(x->sas, state);
	msec now = clock_now();

	if (!e || !x->news.moved ||
	    (addr_equal_port(&e->told, from) && now - e->told_at < TELL_AGAIN_MS))
		return;
	e->told = *from;
	e->told_at = now;
	x->news.moved(x->news.arg, state->spi, from);
}

static void on_lost(void *arg)
{
	struct xfrm *x = arg;

	xfrm_sas_look(x->sas, x->netlink, &x->out, &x->news);
}

static void listen_news(void *ctx, const struct plane_news *news)
{
	struct xfrm *x = ctx;

	x->news = *news;
}

/* --- life ------------------------------------------------------------------------------ */

static void remove_one(void *arg, struct slice key, void *value)
{
	struct xfrm *x = arg;
	struct kernel_sa *e = value;

	(void)key;
	netlink_begin(&x->out);
	xfrm_build_del(&x->out, &e->name);
	netlink_ask(x->netlink, &x->out, "cannot delete an SA", NULL, NULL, NULL);
	free(e);
}

static void close_xfrm(void *ctx)
{
	struct xfrm *x = ctx;

	xfrm_watch_free(x->watch);
	xfrm_spd_free(x->spd);
	if (x->sas)
		hash_each(x->sas, remove_one, x);
	hash_free(x->sas);
	netlink_free(x->netlink);
	if (x->stat_fd >= 0)
		close(x->stat_fd);
	free(x);
}

static enum reason open_all(struct xfrm *x, const struct plane_want *want, struct fault *f)
{
	struct xfrm_news news = { x, on_acquire, on_expire, on_mapping, on_lost };

	x->netlink = netlink_open(NETLINK_XFRM, 0, f);
	if (!x->netlink || xfrm_sweep_probe(x->netlink, &x->out, f) != R_OK ||
	    xfrm_sweep(x->netlink, &x->out, f) != R_OK)
		return R_PLANE;
	x->sas = hash_new();
	x->spd = xfrm_spd_new(x->netlink);
	if (!x->sas || !x->spd)
		return fail(f, R_NO_MEMORY, "no memory for the kernel's plane");
	x->watch = want->loop ? xfrm_watch_open(want->loop, &news, f) : NULL;
	if (want->loop && !x->watch)
		return R_PLANE;
	x->stat_fd = open("/proc/net/xfrm_stat", O_RDONLY | O_CLOEXEC);
	x->kernel_zero = xfrm_count_drops(x->stat_fd);
	if (want->udp && udp_kernel_encap(want->udp, f) != R_OK)
		return R_PLANE;
	x->plane.zeros = want->udp && udp_kernel_encap_zeros(want->udp);
	return R_OK;
}

struct plane *plane_xfrm(const struct plane_want *want, struct fault *f)
{
	struct xfrm *x = calloc(1, sizeof(*x));

	if (!x) {
		fail(f, R_NO_MEMORY, "no memory for the kernel's plane");
		return NULL;
	}
	x->stat_fd = -1;
	x->plane = (struct plane){ .name = "xfrm",
				   .ctx = x,
				   .spi_new = spi_new,
				   .spi_drop = spi_drop,
				   .sa_add = sa_add,
				   .sa_del = sa_del,
				   .sa_use = sa_use,
				   .sa_move = sa_move,
				   .policy_add = policy_add,
				   .policy_del = policy_del,
				   .sa_count = sa_count,
				   .totals = totals,
				   .states = states,
				   .rules = rules,
				   .listen = listen_news,
				   .close = close_xfrm };
	if (open_all(x, want, f) == R_OK)
		return &x->plane;
	close_xfrm(x);
	return NULL;
}

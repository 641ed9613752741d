/* userspace.c - our own plane: ESP over TUN
 *
 * For machines whose kernel has no ESP. The loop keeps SAs and policies (lanes.c), routes
 * protected traffic into the device (routes.c), and hears from the packet threads by a bell;
 * the threads (worker.c) move packets. One of them reads the sockets, so replay windows need
 * no lock; the others each have a queue of the device. With one thread it does both.
 *
 * Called through plane.h.  Thread: loop.  Owns: device, threads, raw sockets, routes; the UDP
 * sockets are borrowed from udp.c and given back.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/udp.h>

#include "core/ipsec/choose.h"
#include "core/ipsec/route_table.h"
#include "core/ipsec/routes.h"
#include "core/ipsec/waiting.h"
#include "core/ipsec/worker.h"
#include "core/net/socket.h"

enum {
	TICK_MS = 1000,
	LOOK_MS = 10, /* whether those that waited may go */
	ASK_AGAIN_MS = 10000, /* traffic still comes and still has no SA */
	SEND_BUFFER = 8 << 20,
};

struct userspace {
	struct plane plane;
	struct crossing x;
	struct loop *loop;
	struct plane_news news;
	struct routes *routes;
	struct egress *egress; /* the loop's own */
	struct waiting waiting;
	struct timer tick, go;
	struct worker workers[LANES_THREADS];
	unsigned workers_n;
};

/* --- news from the packet threads ---------------------------------------------------- */

static void arm(struct userspace *u, msec now)
{
	if (!u->tick.slot)
		timer_arm(loop_timers(u->loop), &u->tick, now + TICK_MS);
}

static void tick(struct timer *t, msec now)
{
	struct userspace *u = owner_of(t, struct userspace, tick);

	grace_reap(&u->x.lanes.grace);
	if (waiting_tick(&u->waiting, now) || u->x.lanes.grace.dead)
		arm(u, now);
}

static void let_go(struct timer *t, msec now)
{
	struct userspace *u = owner_of(t, struct userspace, go);

	if (waiting_let_go(&u->waiting, now))
		timer_arm(loop_timers(u->loop), t, now + LOOK_MS);
}

static void hear_held(struct userspace *u, const struct ring *r)
{
	struct guard *g = lanes_guard_find(&u->x.lanes, r->id);
	msec now = clock_now();

	if (!g)
		return;
	bool asked = g->asked && g->asked_uses == g->outlet->uses && now - g->asked < ASK_AGAIN_MS;
	bool needed = !atomic_load(&g->outlet->lane);

	waiting_add(&u->waiting, g, r->packet, now);
	arm(u, now);
	if (!needed || asked)
		return;
	g->asked = now;
	g->asked_uses = g->outlet->uses;
	if (u->news.acquire)
		u->news.acquire(u->news.arg, r->id);
}

static void hear_ring(void *arg, const struct ring *r)
{
	struct userspace *u = arg;
	const struct plane_news *n = &u->news;

	switch (r->kind) {
	case RING_HELD:
		hear_held(u, r);
		break;
	case RING_LIMIT_SOFT:
	case RING_LIMIT_HARD:
		if (n->bytes_limit)
			n->bytes_limit(n->arg, r->id, r->kind == RING_LIMIT_HARD);
		break;
	case RING_MOVED:
		if (n->moved)
			n->moved(n->arg, r->id, &r->from);
		break;
	case RING_UNKNOWN_SPI:
		if (n->unknown_spi)
			n->unknown_spi(n->arg, r->id, &r->from);
		break;
	}
}

/* --- plane.h ------------------------------------------------------------------------- */

static enum reason spi_new(void *ctx, const struct addr *local, const struct addr *remote,
			   uint32_t *ret, struct fault *f)
{
	struct userspace *u = ctx;

	(void)local;
	(void)remote;
	return lanes_spi(&u->x.lanes, ret, f);
}

static void spi_drop(void *ctx, uint32_t spi, const struct addr *local, const struct addr *remote)
{
	struct userspace *u = ctx;

	(void)local;
	(void)remote;
	lanes_spi_drop(&u->x.lanes, spi);
}

static void set(int fd, int level, int name, int value)
{
	setsockopt(fd, level, name, &value, sizeof(value));
}

/* Congestion marks of the outer header are wanted, and room for bursts. */
static void prepare(int fd, int family)
{
	if (family == 6)
		set(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
	else
		set(fd, IPPROTO_IP, IP_RECVTOS, 1);
	set(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER);
	set(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER);
}

static void take(struct userspace *u, enum source s, int family, bool natt)
{
	u->x.fds[s] = udp_take(u->x.udp, family, natt);
	if (u->x.fds[s] < 0)
		return;
	prepare(u->x.fds[s], family);
	set(u->x.fds[s], IPPROTO_UDP, UDP_GRO, 1);
}

/* The loop reads the IKE port until the first SA of the oldest NAT-T drafts comes, the packet thread
 * from then on: few have such peers, and the others' IKE shall not go the long way. */
static bool can_reach(struct userspace *u, const struct addr *remote, bool udp_encap, bool zeros)
{
	enum source s = crossing_source(remote->family == 6, udp_encap, zeros);

	if (u->x.fds[s] < 0 && udp_encap && zeros && u->x.udp) {
		take(u, s, remote->family, false);
		if (!worker_hears(&u->workers[u->workers_n - 1], s))
			return false;
	}
	return u->x.fds[s] >= 0;
}

static enum reason sa_add(void *ctx, const struct plane_sa *sa, struct fault *f)
{
	struct userspace *u = ctx;

	if (!can_reach(u, &sa->remote, sa->udp_encap, sa->zeros))
		return fail(f, R_PLANE, "there is no socket for %s over IPv%u",
			    sa->udp_encap ? "ESP in UDP" : "ESP", sa->remote.family);
	return lanes_add(&u->x.lanes, sa, f);
}

static void sa_del(void *ctx, uint32_t spi, bool inbound, const struct addr *local,
		   const struct addr *remote)
{
	struct userspace *u = ctx;
	struct lane *l = lanes_find(&u->x.lanes, spi, inbound, remote);

	(void)local;
	if (l)
		lanes_del(&u->x.lanes, l);
	arm(u, clock_now());
}

static void sa_use(void *ctx, uint32_t reqid, uint32_t spi)
{
	struct userspace *u = ctx;

	msec now = clock_now();

	if (lanes_use(&u->x.lanes, reqid, spi) && waiting_release(&u->waiting, reqid, now))
		timer_arm(loop_timers(u->loop), &u->go, now + LOOK_MS);
}

static enum reason sa_move(void *ctx, const struct plane_move *m, struct fault *f)
{
	struct userspace *u = ctx;
	struct lane *l = lanes_find(&u->x.lanes, m->spi, m->inbound, &m->remote);

	if (!l)
		return fail(f, R_PLANE, "there is no SA with SPI %08x", (unsigned)m->spi);
	if (!can_reach(u, &m->new_remote, m->udp_encap, l->sa.zeros))
		return fail(f, R_PLANE, "there is no socket for the SA's new way");
	arm(u, clock_now());
	return lanes_move(&u->x.lanes, l, m, f);
}

static enum reason policy_add(void *ctx, const struct plane_policy *p, struct fault *f)
{
	struct userspace *u = ctx;

	if (lanes_guard_find(&u->x.lanes, p->id))
		return fail(f, R_PLANE, "policy %u is there already", (unsigned)p->id);
	if (lanes_guard_add(&u->x.lanes, p, f) != R_OK)
		return R_NO_MEMORY;
	enum reason r = routes_add(u->routes, &p->local_ts, &p->remote_ts, f);

	if (r != R_OK)
		lanes_guard_del(&u->x.lanes, lanes_guard_find(&u->x.lanes, p->id));
	arm(u, clock_now());
	return r;
}

static void policy_del(void *ctx, uint32_t policy_id)
{
	struct userspace *u = ctx;
	struct guard *g = lanes_guard_find(&u->x.lanes, policy_id);

	if (!g)
		return;
	routes_del(u->routes, &g->p.local_ts, &g->p.remote_ts);
	waiting_forget(&u->waiting, policy_id);
	lanes_guard_del(&u->x.lanes, g);
	arm(u, clock_now());
}

static enum reason states(void *ctx, plane_state_each *each, void *arg, struct fault *f)
{
	struct userspace *u = ctx;

	(void)f;
	lanes_states(&u->x.lanes, each, arg);
	return R_OK;
}

static enum reason rules(void *ctx, plane_rule_each *each, void *arg, struct fault *f)
{
	struct userspace *u = ctx;

	(void)f;
	lanes_rules(&u->x.lanes, each, arg);
	return R_OK;
}

static bool sa_count(void *ctx, uint32_t spi, bool inbound, const struct addr *local,
		     const struct addr *remote, struct plane_count *ret)
{
	struct userspace *u = ctx;
	struct lane *l = lanes_find(&u->x.lanes, spi, inbound, remote);

	(void)local;
	if (!l)
		return false;
	*ret = lane_count(l);
	return true;
}

static struct plane_totals totals(void *ctx)
{
	const struct userspace *u = ctx;
	struct plane_totals t = { 0 };

	for (int i = 0; i < LANES_THREADS; i++) {
		const struct tally *one = &u->x.tally[i];

		t.packets_in += one->packets_in;
		t.packets_out += one->packets_out;
		t.bytes_in += one->bytes_in;
		t.bytes_out += one->bytes_out;
		t.no_sa += one->no_sa;
		t.replayed += one->replayed;
		t.bad_icv += one->bad_icv;
		t.no_policy += one->no_policy;
		t.errors += one->errors;
	}
	return t;
}

/* Pointers are looked at only in the edition that still holds them. */
static uint32_t tunnel_of(void *arg, const struct session_seen *e)
{
	struct userspace *u = arg;

	if (e->edition != lanes_guards(&u->x.lanes)->edition || !e->where)
		return 0;
	const struct outlet *o = ((const struct guard *)e->where)->outlet;

	return e->epoch == atomic_load(&o->epoch) && atomic_load(&o->lane) ? o->reqid : 0;
}

static size_t sessions(void *ctx, const struct plane_session_ask *ask, struct plane_session *ret)
{
	struct userspace *u = ctx;
	const struct session_source from = {
		.tables = u->x.sessions, .tables_n = LANES_THREADS, .tunnel_of = tunnel_of, .arg = u
	};

	return session_list(&from, ask, ret);
}

static void sessions_end(void *ctx, uint32_t reqid)
{
	struct userspace *u = ctx;

	lanes_end_sessions(&u->x.lanes, reqid);
}

static void sessions_idle(void *ctx, uint32_t seconds)
{
	struct userspace *u = ctx;

	session_rule_idle(&u->x.session_rule, seconds);
}

static void listen_news(void *ctx, const struct plane_news *news)
{
	struct userspace *u = ctx;

	u->news = *news;
}

/* --- life ---------------------------------------------------------------------------- */

static void give_back(struct userspace *u, enum source s, int family)
{
	if (u->x.fds[s] < 0)
		return;
	set(u->x.fds[s], IPPROTO_UDP, UDP_GRO, 0);
	udp_return(u->x.udp, family, s == NATT4 || s == NATT6);
}

static void close_userspace(void *ctx)
{
	struct userspace *u = ctx;

	atomic_store(&u->x.stop, true);
	for (unsigned i = 0; i < u->workers_n; i++)
		worker_stop(&u->workers[i]);
	timer_stop(loop_timers(u->loop), &u->tick);
	timer_stop(loop_timers(u->loop), &u->go);
	routes_free(u->routes);
	tun_close(&u->x.tun);
	give_back(u, NATT4, 4);
	give_back(u, NATT6, 6);
	give_back(u, IKE4, 4);
	give_back(u, IKE6, 6);
	if (u->x.udp)
		udp_mark(u->x.udp, 0, NULL);
	for (int s = RAW4; s <= RAW6; s++)
		if (u->x.fds[s] >= 0)
			close(u->x.fds[s]);
	bell_free(u->x.bell);
	waiting_done(&u->waiting);
	egress_free(u->egress);
	lanes_done(&u->x.lanes);
	free(u);
}

/* Without it only ESP in UDP works; sa_add then says so. */
static void open_raw(struct userspace *u, enum source s, int family)
{
	int fd = socket(family == 6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			IPPROTO_ESP);

	if (fd < 0)
		return;
	if (socket_prepare(fd, family, NULL) != R_OK || socket_mark(fd, ROUTE_MARK, NULL) != R_OK) {
		close(fd);
		return;
	}
	prepare(fd, family);
	u->x.fds[s] = fd;
}

static enum reason start_threads(struct userspace *u, unsigned threads, struct fault *f)
{
	unsigned out = threads > 1 ? threads - 1 : 1;
	enum reason r = R_OK;

	for (unsigned i = 0; i < threads && r == R_OK; i++) {
		u->workers[i] = (struct worker){ .x = &u->x,
						 .thread = i,
						 .queue = i < out ? u->x.tun.fd[i] : -1,
						 .hears = i == threads - 1 };
		u->workers_n = i + 1;
		r = worker_start(&u->workers[i], f);
	}
	return r;
}

static unsigned threads_of(const struct plane_want *want)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = want->threads ? want->threads : (unsigned)MIN_OF(MAX_OF(cores, 1), 4);

	return MIN_OF(n, (unsigned)TUN_QUEUES + 1);
}

static enum reason open_all(struct userspace *u, const struct plane_want *want, struct fault *f)
{
	unsigned threads = threads_of(want);

	session_rule_init(&u->x.session_rule);
	u->x.bell = bell_new(u->loop, hear_ring, u);
	u->egress = egress_new(&u->x, CROSSING_LOOP, -1);
	if (!lanes_init(&u->x.lanes) || !u->x.bell || !u->egress)
		return fail(f, R_NO_MEMORY, "no memory for the userspace plane");
	waiting_init(&u->waiting, &u->x.lanes, u->egress, &u->x.tally[CROSSING_LOOP]);
	if (tun_open(want->tun_name ? want->tun_name : "ike%d", threads > 1 ? threads - 1 : 1,
		     &u->x.tun, f) != R_OK)
		return R_PLANE;
	u->routes = routes_open(u->x.tun.index, f);
	if (!u->routes || (u->x.udp && udp_mark(u->x.udp, ROUTE_MARK, f) != R_OK))
		return R_PLANE;
	if (u->x.udp) {
		take(u, NATT4, 4, true);
		take(u, NATT6, 6, true);
	}
	open_raw(u, RAW4, 4);
	open_raw(u, RAW6, 6);
	return start_threads(u, threads, f);
}

struct plane *plane_userspace(const struct plane_want *want, struct fault *f)
{
	/* calloc would not heed that the counters have cache lines of their own */
	struct userspace *u = aligned_alloc(_Alignof(struct userspace), sizeof(*u));

	if (!u) {
		fail(f, R_NO_MEMORY, "no memory for the userspace plane");
		return NULL;
	}
	memset(u, 0, sizeof(*u));
	u->loop = want->loop;
	u->x.udp = want->udp;
	u->tick.fire = tick;
	u->go.fire = let_go;
	for (int s = 0; s < SOURCES; s++)
		u->x.fds[s] = -1;
	u->plane = (struct plane){ .name = "userspace",
				   .ctx = u,
				   .always_encap = true,
				   .zeros = true,
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
				   .sessions = sessions,
				   .sessions_end = sessions_end,
				   .sessions_idle = sessions_idle,
				   .states = states,
				   .rules = rules,
				   .listen = listen_news,
				   .close = close_userspace };
	if (open_all(u, want, f) == R_OK)
		return &u->plane;
	close_userspace(u);
	return NULL;
}

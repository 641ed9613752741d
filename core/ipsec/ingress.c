/* ingress.c - from the wire to TUN
 *
 * ESP comes out of UDP 4500 (where IKE messages and keepalives come as well, and go back to
 * the loop or nowhere), by the oldest drafts of NAT-T out of UDP 500, or from a raw socket. UDP_GRO hands over many datagrams of one peer as
 * one. A packet is looked up by SPI, asked of the replay window, verified, noted, held against
 * the selectors of its SA (RFC 4301 section 5.2), and joined with its kind for the kernel.
 *
 * Called by worker.c.  Thread: one.  Owns: buffers, and the replay windows of all lanes.
 */
#include "core/ipsec/ingress.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/udp.h>

#include "core/ipsec/join.h"
#include "core/net/socket.h"

enum {
	BATCH = 8,
	ROOM = 65536,
	MARKER = 4,
	UNKNOWN_PER_SECOND = 10,
	DRESSED = 65536 + 64,
};

struct ingress {
	struct crossing *x;
	struct tally *tally;
	struct join join;
	msec now;
	msec second; /* of the count below */
	unsigned unknown;
	uint8_t dressed[DRESSED]; /* transport mode: text with an IP header again */
	uint8_t rooms[BATCH][ROOM];
};

/* What is known of a datagram beside its octets. */
struct arrival {
	struct addr from, local;
	bool udp, ike_port;
	uint8_t tos;
	size_t piece; /* UDP_GRO: octets of each datagram but the last */
};

struct ingress *ingress_new(struct crossing *x, unsigned thread)
{
	struct ingress *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->x = x;
	g->tally = &x->tally[thread];
	join_init(&g->join, x->tun.fd, x->tun.queues);
	return g;
}

void ingress_free(struct ingress *g)
{
	free(g);
}

/* --- news ---------------------------------------------------------------------------- */

static void unknown_spi(struct ingress *g, uint32_t spi, const struct arrival *a)
{
	crossing_add(&g->tally->no_sa, 1);
	if (g->now / 1000 != g->second) {
		g->second = g->now / 1000;
		g->unknown = 0;
	}
	if (g->unknown++ < UNKNOWN_PER_SECOND)
		bell_ring(g->x->bell,
			  &(struct ring){ .kind = RING_UNKNOWN_SPI, .id = spi, .from = a->from });
}

/* Only the newest packet tells where a peer is: an old one may have been kept and replayed. */
static void watch_peer(struct ingress *g, struct lane *l, const struct arrival *a, uint32_t seq)
{
	const struct way *w = atomic_load(&l->way);

	if (!a->udp || !w->udp_encap || (l->replay.window && seq != l->replay.top))
		return;
	if (addr_equal_port(&a->from, &w->remote)) {
		l->seen.family = 0;
		return;
	}
	if (l->seen.family && addr_equal_port(&a->from, &l->seen))
		return;
	if (bell_ring(g->x->bell,
		      &(struct ring){ .kind = RING_MOVED, .id = l->sa.spi, .from = a->from }))
		l->seen = a->from;
}

static void tell_limit(struct ingress *g, struct lane *l, enum lane_told what)
{
	if (atomic_fetch_or(&l->told, (unsigned)what) & (unsigned)what)
		return;
	bell_ring(g->x->bell, &(struct ring){ .kind = what == LANE_TOLD_HARD ? RING_LIMIT_HARD
									     : RING_LIMIT_SOFT,
					      .id = l->sa.spi });
}

static void count_in(struct ingress *g, struct lane *l, size_t n)
{
	crossing_add(&l->count.packets, 1);
	crossing_add(&l->count.bytes, n);
	atomic_store_explicit(&l->count.last_ms, (uint64_t)g->now, memory_order_relaxed);
	crossing_add(&g->tally->packets_in, 1);
	crossing_add(&g->tally->bytes_in, n);
	uint64_t bytes = atomic_load_explicit(&l->count.bytes, memory_order_relaxed);

	if (l->sa.soft_bytes && bytes >= l->sa.soft_bytes)
		tell_limit(g, l, LANE_TOLD_SOFT);
	if (l->sa.hard_bytes && bytes >= l->sa.hard_bytes)
		tell_limit(g, l, LANE_TOLD_HARD);
}

/* --- one packet ---------------------------------------------------------------------- */

/* Transport mode leaves out the addresses; those of the selectors are the ones both ends mean,
 * even when a NAT changed what the outer header says. */
static const struct addr *end_of(const struct selector *s, const struct addr *outer)
{
	return addr_equal(&s->range.low, &s->range.high) ? &s->range.low : outer;
}

static struct slice undress(struct ingress *g, const struct lane *l, struct slice text,
			    uint8_t next)
{
	const struct way *w = atomic_load(&l->way);

	if (!l->sa.transport)
		return next == INNER_IPV4 || next == INNER_IPV6 ? text : slice(NULL, 0);
	const struct esp_ends now = { *end_of(&l->sa.remote_ts, &w->remote),
				      *end_of(&l->sa.local_ts, &w->local) };
	const struct esp_ends was = { l->sa.original_remote, l->sa.original_local };

	join_flush(&g->join); /* what was dressed before may still be waiting there */
	return slice(g->dressed,
		     esp_dress(text, next, &now, w->udp_encap ? &was : NULL, g->dressed));
}

/* It verified: is it what this SA may carry? */
static bool pass_on(struct ingress *g, struct lane *l, struct slice packet, const struct arrival *a)
{
	uint8_t *p = (uint8_t *)packet.at; /* into our own buffer */
	struct inner i;

	if (!inner_read(p, packet.n, &i) ||
	    (!l->sa.any_inner && !inner_fits(&i, &l->sa.remote_ts, &l->sa.local_ts)) ||
	    !inner_take_ecn(p, &i, a->tos))
		return false;
	count_in(g, l, i.n);
	join_add(&g->join, p, &i);
	return true;
}

static void fault_in(struct ingress *g, _Atomic uint64_t *of_lane, _Atomic uint64_t *of_all)
{
	(void)g;
	crossing_add(of_lane, 1);
	crossing_add(of_all, 1);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void hear_esp(struct ingress *g, uint8_t *p, size_t n, const struct arrival *a)
{
	struct slice text = { NULL, 0 };
	uint8_t next = 0;

	if (n < ESP_HEAD) {
		crossing_add(&g->tally->errors, 1);
		return;
	}
	uint32_t spi = be32(p), seq = be32(p + 4);
	struct lane *l = lanes_inbound(&g->x->lanes, spi);

	if (!l) {
		unknown_spi(g, spi, a);
		return;
	}
	if (!esp_replay_may(&l->replay, seq)) {
		fault_in(g, &l->count.replayed, &g->tally->replayed);
		return;
	}
	enum reason r = esp_open(l->shields[0], p, n, &text, &next);

	if (r == R_BAD_HASH) {
		fault_in(g, &l->count.bad_icv, &g->tally->bad_icv);
		return;
	}
	if (r == R_OK) {
		esp_replay_note(&l->replay, seq);
		watch_peer(g, l, a, seq);
		if (next == INNER_NONE) /* a dummy (RFC 4303 section 2.6) */
			return;
		text = undress(g, l, text, next);
	}
	if (r != R_OK || !pass_on(g, l, text, a))
		fault_in(g, &l->count.other, &g->tally->errors);
}

/* --- one datagram -------------------------------------------------------------------- */

static void hear_udp(struct ingress *g, uint8_t *p, size_t n, const struct arrival *a)
{
	static const uint8_t marker[MARKER];

	if (n == 1 && p[0] == 0xff) /* a NAT keepalive */
		return;
	if (n <= MARKER || memcmp(p, marker, MARKER) != 0) {
		hear_esp(g, p, n, a);
		return;
	}
	struct datagram d = { .local = a->local,
			      .remote = a->from,
			      .natt = true,
			      .octets = slice(p + MARKER, n - MARKER) };

	d.local.port = udp_port(g->x->udp, true);
	udp_deliver(g->x->udp, &d);
}

/* The oldest drafts of NAT-T: ESP has eight octets of zero in front, and a message of IKE nothing. */
static void hear_ike_port(struct ingress *g, uint8_t *p, size_t n, const struct arrival *a)
{
	struct datagram d = { .local = a->local, .remote = a->from, .octets = slice(p, n) };

	if (n == 1 && p[0] == 0xff) /* a NAT keepalive */
		return;
	if (udp_is_behind_zeros(d.octets)) {
		hear_esp(g, p + UDP_ZEROS, n - UDP_ZEROS, a);
		return;
	}
	d.local.port = udp_port(g->x->udp, false);
	udp_deliver(g->x->udp, &d);
}

static void hear_raw(struct ingress *g, uint8_t *p, size_t n, const struct arrival *a)
{
	size_t head = a->from.family == 4 && n ? (p[0] & 15u) * 4u : 0;

	if (n > head)
		hear_esp(g, p + head, n - head, a);
}

static void read_control(struct msghdr *m, struct arrival *a)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		int value = 0;

		if (c->cmsg_len >= CMSG_LEN(sizeof(int)))
			memcpy(&value, CMSG_DATA(c), sizeof(value));
		if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO)
			a->piece = (size_t)value;
		else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
			a->tos = *CMSG_DATA(c);
		else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)
			a->tos = (uint8_t)value;
	}
	socket_local_of(m, &a->local);
}

static void hear_message(struct ingress *g, enum source s, struct mmsghdr *m, uint8_t *p)
{
	struct arrival a = { .udp = s < RAW4, .ike_port = s == IKE4 || s == IKE6 };
	size_t n = m->msg_len;

	if (!addr_of_sockaddr(m->msg_hdr.msg_name, &a.from) || m->msg_hdr.msg_flags & MSG_TRUNC)
		return;
	read_control(&m->msg_hdr, &a);
	if (!a.udp) {
		a.from.port = 0;
		hear_raw(g, p, n, &a);
		return;
	}
	if (!a.piece)
		a.piece = n;
	for (size_t at = 0; at < n; at += a.piece)
		(a.ike_port ? hear_ike_port : hear_udp)(g, p + at, MIN_OF(a.piece, n - at), &a);
}

bool ingress_turn(struct ingress *g, enum source s)
{
	struct mmsghdr m[BATCH];
	struct socket_slot slots[BATCH];

	for (int i = 0; i < BATCH; i++)
		socket_slot(&m[i], &slots[i], g->rooms[i], ROOM);
	int n = recvmmsg(g->x->fds[s], m, BATCH, MSG_DONTWAIT, NULL);

	g->now = clock_now();
	for (int i = 0; i < n; i++)
		hear_message(g, s, &m[i], g->rooms[i]);
	join_flush(&g->join);
	if (g->join.lost) {
		crossing_add(&g->tally->errors, g->join.lost);
		g->join.lost = 0;
	}
	return n == BATCH;
}

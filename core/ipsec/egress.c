/* egress.c - from TUN to the wire
 *
 * A frame from TUN is parsed, its policy found (its IPsec session spares the search), and
 * cut into pieces straight into the buffer they are sealed in. Pieces of one lane that follow
 * each other and are equally long form a run and leave by one call with UDP_SEGMENT; raw ESP
 * has no such thing and leaves by sendmmsg. Nothing waits longer than one batch.
 *
 * Numbers come from the lane by an atomic increment, so several threads may use one lane; each
 * has its own shield. Called by worker.c and userspace.c.  Thread: one per instance.
 * Owns: buffers and the sessions; lanes and guards only between grace_enter and grace_leave.
 */
#include "core/ipsec/egress.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/udp.h>
#include <linux/virtio_net.h>

#include "core/ipsec/cut.h"
#include "core/net/socket.h"

enum {
	FRAME = 65536 + 64,
	RUN_PIECES = 64,
	RUN_OCTETS = 65000, /* UDP_SEGMENT takes no more at once */
	SLACK = 2048, /* a piece is written before its IP header is taken off */
	BATCH = 64,
	HELD_PER_GUARD = 16,
};

static const uint64_t SEQ_SOFT = 0xf0000000; /* time to rekey */

/* Packets that leave together. */
struct run {
	struct lane *lane;
	struct way *way;
	uint8_t tos;
	unsigned n;
	size_t used, inner; /* octets sealed, octets of the packets inside */
	uint16_t len[RUN_PIECES];
	uint8_t at[RUN_OCTETS + SLACK];
};

struct egress {
	struct crossing *x;
	unsigned thread;
	int fd;
	struct tally *tally;
	struct run run;
	struct session_table *sessions;
	msec now; /* when this batch began: sessions count seconds */
	uint8_t frame[FRAME];
};

struct egress *egress_new(struct crossing *x, unsigned thread, int fd)
{
	struct egress *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->x = x;
	e->thread = thread;
	e->fd = fd;
	e->tally = &x->tally[thread];
	e->sessions = x->sessions[thread] = session_table_new(&x->session_rule);
	if (e->sessions)
		return e;
	egress_free(e);
	return NULL;
}

void egress_free(struct egress *e)
{
	if (!e)
		return;
	e->x->sessions[e->thread] = NULL;
	session_table_free(e->sessions);
	free(e);
}

/* --- sending ------------------------------------------------------------------------- */

static size_t put_int(union socket_control *c, size_t used, int level, int type, int value)
{
	struct cmsghdr *h = (struct cmsghdr *)(void *)(c->at + used);

	h->cmsg_level = level;
	h->cmsg_type = type;
	h->cmsg_len = CMSG_LEN(sizeof(value));
	memcpy(CMSG_DATA(h), &value, sizeof(value));
	return used + CMSG_SPACE(sizeof(value));
}

static size_t put_segment(union socket_control *c, size_t used, uint16_t size)
{
	struct cmsghdr *h = (struct cmsghdr *)(void *)(c->at + used);

	h->cmsg_level = IPPROTO_UDP;
	h->cmsg_type = UDP_SEGMENT;
	h->cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(h), &size, sizeof(size));
	return used + CMSG_SPACE(sizeof(size));
}

static struct msghdr message(struct run *r, union socket_control *c)
{
	size_t used = socket_put_local(c, &r->way->local);
	bool six = r->way->remote.family == 6;

	if (r->tos) /* RFC 6040 section 4.1: congestion marks go outside as well */
		used = put_int(c, used, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_TCLASS : IP_TOS,
			       r->tos);
	return (struct msghdr){ .msg_name = &r->way->to,
				.msg_namelen = r->way->to_n,
				.msg_control = used ? c->at : NULL,
				.msg_controllen = used };
}

static unsigned send_each(int fd, struct run *r, const struct msghdr *like)
{
	struct mmsghdr m[RUN_PIECES];
	struct iovec iov[RUN_PIECES];
	size_t at = 0;
	unsigned done = 0;

	for (unsigned i = 0; i < r->n; i++) {
		iov[i] = (struct iovec){ r->at + at, r->len[i] };
		m[i] = (struct mmsghdr){ .msg_hdr = *like };
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
		at += r->len[i];
	}
	while (done < r->n) {
		int n = sendmmsg(fd, m + done, r->n - done, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n <= 0)
			break;
		done += (unsigned)n;
	}
	return done;
}

/* All in one call; false if this path or kernel cannot. */
static bool send_together(int fd, struct run *r, const struct msghdr *like, unsigned *ret_done)
{
	struct iovec iov = { r->at, r->used };
	struct msghdr m = *like;
	union socket_control c = { 0 };

	if (like->msg_controllen)
		memcpy(&c, like->msg_control, like->msg_controllen);
	m.msg_iov = &iov;
	m.msg_iovlen = 1;
	m.msg_control = c.at;
	m.msg_controllen = put_segment(&c, like->msg_controllen, r->len[0]);
	if (sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
		*ret_done = r->n;
		return true;
	}
	if (errno == EINVAL || errno == EIO || errno == EMSGSIZE || errno == EOPNOTSUPP) {
		atomic_store(&r->way->no_gso, true);
		return false;
	}
	*ret_done = 0;
	return true;
}

static void tell_limit(struct egress *e, struct lane *l, enum lane_told what)
{
	if (atomic_fetch_or(&l->told, (unsigned)what) & (unsigned)what)
		return;
	bell_ring(e->x->bell, &(struct ring){ .kind = what == LANE_TOLD_HARD ? RING_LIMIT_HARD
									     : RING_LIMIT_SOFT,
					      .id = l->sa.spi });
}

static void count_run(struct egress *e, const struct run *r, unsigned done)
{
	struct lane *l = r->lane;
	uint64_t bytes = crossing_share(&l->count.bytes, r->inner);

	crossing_share(&l->count.packets, done);
	atomic_store_explicit(&l->count.last_ms, (uint64_t)clock_now(), memory_order_relaxed);
	crossing_add(&e->tally->packets_out, done);
	crossing_add(&e->tally->bytes_out, r->inner);
	crossing_add(&e->tally->errors, r->n - done);
	if (l->sa.soft_bytes && bytes >= l->sa.soft_bytes)
		tell_limit(e, l, LANE_TOLD_SOFT);
	if (l->sa.hard_bytes && bytes >= l->sa.hard_bytes)
		tell_limit(e, l, LANE_TOLD_HARD);
}

void egress_flush(struct egress *e)
{
	struct run *r = &e->run;
	union socket_control c = { 0 };
	unsigned done = 0;

	if (!r->n)
		return;
	bool six = r->way->remote.family == 6, udp = r->way->udp_encap;
	int fd = e->x->fds[crossing_source(six, udp, r->lane->sa.zeros)];
	struct msghdr m = message(r, &c);

	if (fd >= 0 &&
	    (!udp || r->n == 1 || atomic_load(&r->way->no_gso) || !send_together(fd, r, &m, &done)))
		done = send_each(fd, r, &m);
	count_run(e, r, done);
	r->n = 0;
	r->used = r->inner = 0;
}

/* --- sealing ------------------------------------------------------------------------- */

/* Whether a packet of n octets may stand behind those already in the run. */
static bool may_follow(const struct run *r, const struct lane *l, uint8_t tos, size_t n)
{
	if (r->lane != l || r->tos != tos || r->n == RUN_PIECES || r->used + n > RUN_OCTETS)
		return false;
	if (!r->way->udp_encap)
		return true;
	/* segments are equal but for the last */
	return n <= r->len[0] && r->len[r->n - 1] == r->len[0];
}

static uint8_t *room_for(struct egress *e, struct lane *l, uint8_t tos, size_t n)
{
	struct run *r = &e->run;

	if (r->n && !may_follow(r, l, tos, n))
		egress_flush(e);
	if (!r->n) {
		r->lane = l;
		r->way = atomic_load(&l->way);
		r->tos = tos;
	}
	return r->at + r->used;
}

/* The next piece into the run. False: this lane can take no more. */
static bool seal_piece(struct egress *e, struct lane *l, struct shield *s, struct cut *c)
{
	const struct inner *i = &c->inner;
	size_t n = cut_next_n(c), text_n = l->sa.transport ? n - i->at : n;
	size_t zeros = l->sa.zeros ? UDP_ZEROS : 0, sealed = zeros + esp_sealed_n(s, text_n);
	uint8_t next = i->family == 4 ? INNER_IPV4 : INNER_IPV6;

	if (sealed > RUN_OCTETS)
		return false;
	uint8_t *p = room_for(e, l, i->tos, sealed);
	struct inner piece = *i;

	memset(p, 0, zeros);
	p += zeros;
	cut_next(c, p + esp_text_at(s));
	piece.n = (uint16_t)n;
	if (l->sa.transport && !esp_strip(p + esp_text_at(s), &piece, &text_n, &next))
		return false;
	uint64_t seq = atomic_fetch_add_explicit(&l->seq, 1, memory_order_relaxed) + 1;

	if (seq >= SEQ_SOFT)
		tell_limit(e, l, seq > UINT32_MAX ? LANE_TOLD_HARD : LANE_TOLD_SOFT);
	if (esp_seal(s, p, text_n, l->sa.spi, seq, next) != R_OK)
		return false;
	e->run.len[e->run.n++] = (uint16_t)sealed;
	e->run.used += sealed;
	e->run.inner += n;
	return true;
}

/* --- finding the lane ---------------------------------------------------------------- */

static struct session *find_session(struct egress *e, const struct inner *i)
{
	const struct guards *all = lanes_guards(&e->x->lanes);
	bool known;
	struct session *s = session_look(e->sessions, i, all->edition, &known);

	if (!known)
		session_point(s, lanes_guard(all, i));
	return s;
}

/* No SA: the loop gets the packet and asks for one. Super-packets are not worth keeping, the
 * kernel will send them again. */
static void hold(struct egress *e, struct guard *g, const struct cut *c)
{
	struct ring r = { .kind = RING_HELD,
			  .id = g->p.id,
			  .packet = slice(c->packet, c->whole ? c->end : 0) };

	if (g->p.trap && atomic_fetch_add(&g->held, 1) < HELD_PER_GUARD) {
		if (bell_ring(e->x->bell, &r))
			return;
		atomic_fetch_sub(&g->held, 1);
	} else if (g->p.trap) {
		atomic_fetch_sub(&g->held, 1);
	}
	crossing_add(&e->tally->no_sa, 1);
}

static void send_frame(struct egress *e, size_t n)
{
	struct cut c;

	if (!cut_begin(&c, e->frame, n)) {
		crossing_add(&e->tally->errors, 1);
		return;
	}
	struct session *session = find_session(e, &c.inner);
	struct guard *g = session_where(session);

	if (!g) {
		crossing_add(&e->tally->no_policy, 1);
		return;
	}
	struct lane *l = atomic_load(&g->outlet->lane);

	if (!l) {
		hold(e, g, &c);
		return;
	}
	if (atomic_load_explicit(&l->told, memory_order_relaxed) & LANE_TOLD_HARD ||
	    !inner_fits(&c.inner, &l->sa.local_ts, &l->sa.remote_ts)) {
		crossing_add(&e->tally->no_sa, 1);
		return;
	}
	struct shield *s = lane_shield(l, e->thread);

	session_hit(e->sessions, session, atomic_load(&g->outlet->epoch), e->now);
	while (cut_next_n(&c)) {
		if (!s || !seal_piece(e, l, s, &c)) {
			crossing_add(&e->tally->errors, 1);
			break;
		}
	}
}

bool egress_turn(struct egress *e)
{
	int i;

	e->now = clock_now();
	for (i = 0; i < BATCH; i++) {
		ssize_t n = read(e->fd, e->frame, sizeof(e->frame));

		if (n <= 0)
			break;
		send_frame(e, (size_t)n);
	}
	egress_flush(e);
	return i == BATCH;
}

void egress_send(struct egress *e, struct slice packet)
{
	size_t head = sizeof(struct virtio_net_hdr);

	if (packet.n > sizeof(e->frame) - head)
		return;
	memset(e->frame, 0, head);
	memcpy(e->frame + head, packet.at, packet.n);
	e->now = clock_now();
	send_frame(e, head + packet.n);
}

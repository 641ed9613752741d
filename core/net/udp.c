/* udp.c - the IKE ports: 500 and 4500 on every address
 *
 * Four sockets at most (two families, two roles). Packet info says which of our addresses a
 * datagram came to, and the answer leaves from there. On 4500 four zero octets in front mean
 * IKE, anything else is ESP, a lone 0xff keeps a NAT awake (RFC 3948 sections 2.2 and 2.3).
 * Never SO_REUSEADDR: two daemons on one UDP port would both seem to work.
 *
 * Called by core/daemon and core/ipsec.  Thread: loop; udp_send and udp_deliver from any.
 * Owns: the sockets, and what udp_deliver copied until the loop has heard it.
 * Not here: the userspace plane's reading of 4500 (core/ipsec/ingress.c).
 */
#include "core/net/udp.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/net/socket.h"

enum {
	SOCKETS = 4,
	BATCH = 32,
	DATAGRAM = 65536, /* the longest there is; pages never written cost nothing */
	MARKER = 4,
	WAITING = 512, /* datagrams delivered by other threads and not heard yet */
};

struct udp_socket {
	struct watch watch;
	struct udp *of;
	int family; /* 4, 6; 0 not open */
	bool natt, taken;
	uint16_t port;
};

struct udp {
	_Atomic unsigned refs; /* ours, and one for each delivered datagram on its way */
	struct loop *loop;
	bool closed;
	struct udp_socket sockets[SOCKETS];
	void (*hear)(void *arg, const struct datagram *d);
	void *hear_arg;
	void (*hear_esp)(void *arg, const struct datagram *d);
	void *hear_esp_arg;
	uint8_t *room; /* BATCH * DATAGRAM */
	_Atomic unsigned waiting;
	_Atomic uint64_t sent, send_failed, received, keepalives, esp, malformed, refused;
};

struct delivery {
	struct post post;
	struct udp *of;
	struct datagram d;
	uint8_t octets[];
};

/* Routing must be asked with the same mark the sockets carry, by whoever asks. */
static _Atomic uint32_t mark_of_ours;

static void udp_unref(struct udp *u)
{
	if (atomic_fetch_sub(&u->refs, 1) != 1)
		return;
	free(u->room);
	free(u);
}

static void hear_esp(struct udp *u, const struct datagram *d)
{
	atomic_fetch_add_explicit(&u->esp, 1, memory_order_relaxed);
	if (u->hear_esp)
		u->hear_esp(u->hear_esp_arg, d);
}

bool udp_is_behind_zeros(struct slice datagram)
{
	static const uint8_t zeros[UDP_ZEROS];

	return datagram.n > UDP_ZEROS && memcmp(datagram.at, zeros, UDP_ZEROS) == 0;
}

/* One datagram as it came from a socket: IKE, ESP, keepalive or rubbish. */
static void sort_datagram(struct udp *u, struct datagram *d)
{
	static const uint8_t marker[MARKER];

	if (d->octets.n == 1 && d->octets.at[0] == 0xff) { /* on 500 by drafts 00 and 01 of NAT-T */
		atomic_fetch_add_explicit(&u->keepalives, 1, memory_order_relaxed);
		return;
	}
	if (d->natt ? d->octets.n > MARKER && memcmp(d->octets.at, marker, MARKER) != 0
		    : udp_is_behind_zeros(d->octets)) {
		hear_esp(u, d);
		return;
	}
	if (d->octets.n <= (d->natt ? MARKER : 0)) {
		atomic_fetch_add_explicit(&u->malformed, 1, memory_order_relaxed);
		return;
	}
	if (d->natt)
		d->octets = slice(d->octets.at + MARKER, d->octets.n - MARKER);
	if (u->hear)
		u->hear(u->hear_arg, d);
}

static void hear_message(struct udp_socket *s, struct mmsghdr *m)
{
	struct datagram d = { .natt = s->natt };

	atomic_fetch_add_explicit(&s->of->received, 1, memory_order_relaxed);
	if (m->msg_hdr.msg_flags & MSG_TRUNC || !addr_of_sockaddr(m->msg_hdr.msg_name, &d.remote)) {
		atomic_fetch_add_explicit(&s->of->malformed, 1, memory_order_relaxed);
		return;
	}
	socket_local_of(&m->msg_hdr, &d.local);
	d.local.port = s->port;
	d.octets = slice(m->msg_hdr.msg_iov->iov_base, m->msg_len);
	sort_datagram(s->of, &d);
}

/* One batch a turn and socket: what is left keeps the descriptor ready. */
static void udp_ready(struct watch *w, uint32_t events)
{
	struct udp_socket *s = owner_of(w, struct udp_socket, watch);
	struct udp *u = s->of;
	struct mmsghdr m[BATCH];
	struct socket_slot slots[BATCH];

	(void)events;
	for (int i = 0; i < BATCH; i++)
		socket_slot(&m[i], &slots[i], u->room + (size_t)i * DATAGRAM, DATAGRAM);
	int n = recvmmsg(w->fd, m, BATCH, MSG_DONTWAIT, NULL);

	for (int i = 0; i < n && !u->closed; i++)
		hear_message(s, &m[i]);
}

/* --- opening ------------------------------------------------------------------------- */

static enum reason open_one(struct udp *u, struct udp_socket *s, struct addr at, struct fault *f)
{
	int family = at.family == 6 ? AF_INET6 : AF_INET;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return fail(f, R_SYSTEM, "no UDP socket for IPv%u: %s", at.family, strerror(errno));
	s->watch = (struct watch){ .fd = fd, .ready = udp_ready };
	s->family = at.family;
	s->of = u;
	if (socket_prepare(fd, at.family, f) != R_OK || socket_bind(fd, &at, f) != R_OK)
		return R_SYSTEM;
	s->port = at.port;
	return loop_watch(u->loop, &s->watch, EPOLLIN, f);
}

/* Both roles of one family. A port 0 is chosen once and then used by both families. */
static enum reason open_family(struct udp *u, struct addr local, uint16_t port, uint16_t nat_port,
			       struct fault *f)
{
	struct udp_socket *s = &u->sockets[local.family == 6 ? 2 : 0];

	if (local.family == 0)
		return R_OK;
	s[1].natt = true;
	enum reason r = open_one(u, &s[0], addr_with_port(local, port), f);

	return r != R_OK ? r : open_one(u, &s[1], addr_with_port(local, nat_port), f);
}

struct udp *udp_open(struct loop *l, const struct udp_want *want, struct fault *f)
{
	own(udp) u = calloc(1, sizeof(*u));

	if (u) {
		u->refs = 1;
		u->loop = l;
		for (int i = 0; i < SOCKETS; i++)
			u->sockets[i].watch.fd = -1;
		u->room = malloc((size_t)BATCH * DATAGRAM);
	}
	if (!u || !u->room) {
		fail(f, R_NO_MEMORY, "no memory for the IKE sockets");
		return NULL;
	}
	if (open_family(u, want->local4, want->port, want->nat_port, f) != R_OK)
		return NULL;
	uint16_t port = want->port ? want->port : u->sockets[0].port;
	uint16_t nat_port = want->nat_port ? want->nat_port : u->sockets[1].port;

	if (open_family(u, want->local6, port, nat_port, f) != R_OK)
		return NULL;
	return give(u);
}

void udp_free(struct udp *u)
{
	if (!u)
		return;
	u->closed = true;
	u->hear = u->hear_esp = NULL;
	for (int i = 0; i < SOCKETS; i++) {
		struct udp_socket *s = &u->sockets[i];

		if (s->watch.watched)
			loop_unwatch(u->loop, &s->watch);
		if (s->watch.fd >= 0)
			close(s->watch.fd);
	}
	udp_unref(u);
}

void udp_on_datagram(struct udp *u, void (*hear)(void *arg, const struct datagram *d), void *arg)
{
	u->hear = hear;
	u->hear_arg = arg;
}

void udp_on_esp(struct udp *u, void (*hear)(void *arg, const struct datagram *d), void *arg)
{
	u->hear_esp = hear;
	u->hear_esp_arg = arg;
}

/* --- sending ------------------------------------------------------------------------- */

static const struct udp_socket *socket_of(const struct udp *u, int family, bool natt)
{
	for (int i = 0; i < SOCKETS; i++)
		if (u->sockets[i].family == family && u->sockets[i].natt == natt)
			return &u->sockets[i];
	return NULL;
}

static enum reason send_with(struct udp *u, const struct datagram *d, size_t marked,
			     struct fault *f)
{
	static const uint8_t marker[MARKER];
	const struct udp_socket *s = socket_of(u, d->remote.family, d->natt);
	struct sockaddr_storage to;
	union socket_control control;
	struct iovec iov[2] = { { (void *)marker, marked }, { (void *)d->octets.at, d->octets.n } };
	char text[ADDR_TEXT];

	if (!s)
		return fail(f, R_SYSTEM, "no IPv%u socket to reach %s with", d->remote.family,
			    addr_text(&d->remote, text));
	struct msghdr m = { .msg_name = &to,
			    .msg_namelen = addr_to_sockaddr(&d->remote, &to),
			    .msg_iov = iov,
			    .msg_iovlen = 2,
			    .msg_control = control.at,
			    .msg_controllen = socket_put_local(&control, &d->local) };

	if (m.msg_controllen == 0)
		m.msg_control = NULL;
	if (sendmsg(s->watch.fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
		atomic_fetch_add_explicit(&u->sent, 1, memory_order_relaxed);
		return R_OK;
	}
	atomic_fetch_add_explicit(&u->send_failed, 1, memory_order_relaxed);
	return fail(f, R_SYSTEM, "cannot send to %s: %s", addr_text_port(&d->remote, text),
		    strerror(errno));
}

enum reason udp_send(struct udp *u, const struct datagram *d, struct fault *f)
{
	return send_with(u, d, d->natt ? MARKER : 0, f);
}

enum reason udp_send_bare(struct udp *u, const struct datagram *d, struct fault *f)
{
	return send_with(u, d, 0, f);
}

/* --- the planes ---------------------------------------------------------------------- */

int udp_take(struct udp *u, int family, bool natt)
{
	struct udp_socket *s = (struct udp_socket *)socket_of(u, family, natt);

	if (!s)
		return -1;
	if (s->watch.watched)
		loop_unwatch(u->loop, &s->watch);
	s->taken = true;
	return s->watch.fd;
}

void udp_return(struct udp *u, int family, bool natt)
{
	struct udp_socket *s = (struct udp_socket *)socket_of(u, family, natt);

	if (!s || !s->taken)
		return;
	s->taken = false;
	loop_watch(u->loop, &s->watch, EPOLLIN, NULL);
}

static void run_delivery(struct post *p)
{
	struct delivery *d = owner_of(p, struct delivery, post);
	struct udp *u = d->of;

	atomic_fetch_sub(&u->waiting, 1);
	if (u->hear)
		u->hear(u->hear_arg, &d->d);
	free(d);
	udp_unref(u);
}

void udp_deliver(struct udp *u, const struct datagram *d)
{
	struct delivery *copy = NULL;

	atomic_fetch_add_explicit(&u->received, 1, memory_order_relaxed);
	if (atomic_fetch_add(&u->waiting, 1) < WAITING)
		copy = malloc(sizeof(*copy) + d->octets.n);
	if (!copy) {
		atomic_fetch_sub(&u->waiting, 1);
		atomic_fetch_add_explicit(&u->refused, 1, memory_order_relaxed);
		return;
	}
	copy->post = (struct post){ .run = run_delivery };
	copy->of = u;
	copy->d = *d;
	copy->d.octets = slice(copy->octets, d->octets.n);
	memcpy(copy->octets, d->octets.at, d->octets.n);
	atomic_fetch_add(&u->refs, 1);
	loop_post(u->loop, &copy->post);
}

enum reason udp_kernel_encap(struct udp *u, struct fault *f)
{
	enum reason r = R_OK;

	for (int i = 0; i < SOCKETS && r == R_OK; i++) {
		const struct udp_socket *s = &u->sockets[i];

		if (s->family)
			r = socket_pass_by(s->watch.fd, s->family, f);
		if (s->family && s->natt && r == R_OK)
			r = socket_encap(s->watch.fd, s->family, f);
	}
	return r;
}

bool udp_kernel_encap_zeros(struct udp *u)
{
	bool good = true;

	for (int i = 0; i < SOCKETS; i++)
		if (u->sockets[i].family && !u->sockets[i].natt)
			good = good && socket_encap_zeros(u->sockets[i].watch.fd);
	return good;
}

enum reason udp_mark(struct udp *u, uint32_t mark, struct fault *f)
{
	enum reason r = R_OK;

	for (int i = 0; i < SOCKETS && r == R_OK; i++)
		if (u->sockets[i].family)
			r = socket_mark(u->sockets[i].watch.fd, mark, f);
	if (r == R_OK)
		atomic_store(&mark_of_ours, mark);
	return r;
}

bool udp_source_for(const struct addr *remote, struct addr *ret)
{
	struct sockaddr_storage sa;
	struct addr to = addr_with_port(*remote, 500);
	uint32_t mark = atomic_load(&mark_of_ours);
	int fd = socket(remote->family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	if (mark)
		socket_mark(fd, mark, NULL);
	socklen_t n = addr_to_sockaddr(&to, &sa);
	bool good = n && connect(fd, (struct sockaddr *)&sa, n) == 0;

	n = sizeof(sa);
	good = good && getsockname(fd, (struct sockaddr *)&sa, &n) == 0 &&
	       addr_of_sockaddr((struct sockaddr *)&sa, ret);
	close(fd);
	if (good)
		ret->port = 0;
	return good;
}

uint16_t udp_port(const struct udp *u, bool natt)
{
	const struct udp_socket *s = socket_of(u, 4, natt);

	if (!s)
		s = socket_of(u, 6, natt);
	return s ? s->port : 0;
}

struct udp_stats udp_stats(const struct udp *u)
{
	return (struct udp_stats){ .sent = u->sent,
				   .send_failed = u->send_failed,
				   .received = u->received,
				   .keepalives = u->keepalives,
				   .esp = u->esp,
				   .malformed = u->malformed,
				   .refused = u->refused };
}

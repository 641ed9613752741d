/* netlink.c - requests to the kernel with its own sentence when it refuses
 *
 * Every request wants an acknowledgement, and NETLINK_EXT_ACK makes a refusal carry the
 * kernel's own words ("Invalid XFRM protocol in template"). Dumps are strict, so that the
 * kernel filters where it can. Requests that travel together
 * cost half of single ones. The kernel answers before sendmsg returns, so waiting is short;
 * a receive timeout is there for the day when it does not.
 *
 * Called by core/ipsec.  Thread: one at a time per socket.  Owns: the socket.
 */
#include "core/net/netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <linux/netlink.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

enum { ROOM = 65536, QUEUE = 2 << 20, TURNS = 64 };

struct netlink {
	int fd;
	uint32_t seq;
	int error;
	bool overrun; /* news was lost and the queue has not been empty since */
	_Alignas(8) uint8_t room[ROOM];
};

/* What one request is waiting for. */
struct waiting {
	uint32_t first, count; /* sequence numbers */
	unsigned done;
	bool dump;
	const char *what;
	void (*hear)(void *arg, const struct netlink_in *m);
	void *arg;
	struct fault *f;
	enum reason r;
};

struct netlink *netlink_open(int protocol, uint32_t groups, struct fault *f)
{
	own(netlink) n = calloc(1, sizeof(*n));
	struct sockaddr_nl at = { .nl_family = AF_NETLINK, .nl_groups = groups };
	struct timeval patience = { .tv_sec = 5 };
	int one = 1, queue = QUEUE;

	if (!n) {
		fail(f, R_NO_MEMORY, "no memory for a netlink socket");
		return NULL;
	}
	n->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (n->fd < 0 || bind(n->fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		fail(f, R_SYSTEM, "the kernel has no netlink family %d for us: %s", protocol,
		     strerror(errno));
		return NULL;
	}
	setsockopt(n->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(n->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	setsockopt(n->fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(n->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (setsockopt(n->fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof(queue)) < 0)
		setsockopt(n->fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof(queue));
	return give(n);
}

void netlink_free(struct netlink *n)
{
	if (!n)
		return;
	if (n->fd >= 0)
		close(n->fd);
	wipe(n->room, sizeof(n->room)); /* states come with their keys */
	free(n);
}

int netlink_fd(const struct netlink *n)
{
	return n->fd;
}

int netlink_errno(const struct netlink *n)
{
	return n->error;
}

/* --- writing ------------------------------------------------------------------------- */

void netlink_begin(struct netlink_out *o)
{
	o->n = o->start = 0;
	o->count = 0;
	o->torn = false;
}

/* Room for n octets, zeroed and padded to four; NULL and torn when there is none. */
static uint8_t *room_for(struct netlink_out *o, size_t n)
{
	size_t padded = (n + 3) & ~(size_t)3;

	if (o->torn || padded > sizeof(o->at) - o->n) {
		o->torn = true;
		return NULL;
	}
	uint8_t *ret = o->at + o->n;

	memset(ret, 0, padded);
	o->n += padded;
	return ret;
}

/* The last request reaches to here. */
static void stretch(struct netlink_out *o)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)(o->at + o->start);

	h->nlmsg_len = (uint32_t)(o->n - o->start);
}

void netlink_put(struct netlink_out *o, uint16_t type, uint16_t flags, struct slice head)
{
	struct nlmsghdr *h = (void *)room_for(o, sizeof(*h));

	if (!h)
		return;
	o->start = (size_t)((uint8_t *)h - o->at);
	o->count++;
	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST);
	if ((flags & NLM_F_DUMP) != NLM_F_DUMP) /* EXCL and REPLACE share its bits */
		h->nlmsg_flags |= NLM_F_ACK;
	uint8_t *at = room_for(o, head.n);

	if (at && head.n)
		memcpy(at, head.at, head.n);
	stretch(o);
}

void netlink_attr(struct netlink_out *o, uint16_t type, struct slice value)
{
	struct nlattr *a = (void *)room_for(o, sizeof(*a) + value.n);

	if (!a)
		return;
	a->nla_type = type;
	a->nla_len = (uint16_t)(sizeof(*a) + value.n);
	if (value.n)
		memcpy(a + 1, value.at, value.n);
	stretch(o);
}

void netlink_attr_u32(struct netlink_out *o, uint16_t type, uint32_t value)
{
	netlink_attr(o, type, slice(&value, sizeof(value)));
}

size_t netlink_nest(struct netlink_out *o, uint16_t type)
{
	size_t at = o->n;

	netlink_attr(o, (uint16_t)(type | NLA_F_NESTED), slice(NULL, 0));
	return at;
}

void netlink_nest_end(struct netlink_out *o, size_t nest)
{
	struct nlattr *a = (void *)(o->at + nest);

	if (!o->torn)
		a->nla_len = (uint16_t)(o->n - nest);
}

/* --- reading ------------------------------------------------------------------------- */

bool netlink_copy(struct slice from, void *ret, size_t n)
{
	if (from.n < n)
		return false;
	memcpy(ret, from.at, n);
	return true;
}

struct slice netlink_find(struct slice body, size_t head, uint16_t type)
{
	size_t at = (head + 3) & ~(size_t)3;

	while (at + sizeof(struct nlattr) <= body.n) {
		struct nlattr a;

		memcpy(&a, body.at + at, sizeof(a));
		if (a.nla_len < sizeof(a) || a.nla_len > body.n - at)
			break;
		if ((a.nla_type & NLA_TYPE_MASK) == type)
			return slice(body.at + at + sizeof(a), a.nla_len - sizeof(a));
		at += ((size_t)a.nla_len + 3) & ~(size_t)3;
	}
	return slice(NULL, 0);
}

/* The sentence in an error message, "" when the kernel gave none. */
static const char *kernel_words(const struct nlmsghdr *h, struct slice body, char ret[128])
{
	struct slice said = { NULL, 0 };

	ret[0] = '\0';
	if (h->nlmsg_flags & NLM_F_ACK_TLVS && h->nlmsg_flags & NLM_F_CAPPED)
		said = netlink_find(body, sizeof(struct nlmsgerr), NLMSGERR_ATTR_MSG);
	if (said.n) {
		size_t n = MIN_OF(said.n, (size_t)127);

		memcpy(ret, said.at, n);
		ret[n] = '\0';
	}
	return ret;
}

static void hear_error(struct netlink *n, struct waiting *w, const struct nlmsghdr *h,
		       struct slice body)
{
	struct nlmsgerr e = { 0 };
	char words[128];

	netlink_copy(body, &e, sizeof(e.error));
	w->done++;
	if (e.error == 0 || w->r != R_OK)
		return;
	n->error = -e.error;
	kernel_words(h, body, words);
	if (words[0])
		w->r = fail(w->f, R_SYSTEM, "%s: the kernel says \"%s\" (%s)", w->what, words,
			    strerror(n->error));
	else
		w->r = fail(w->f, R_SYSTEM, "%s: %s", w->what, strerror(n->error));
}

static void hear_one(struct netlink *n, struct waiting *w, const struct nlmsghdr *h,
		     struct slice body)
{
	/* what is left of an earlier request that was given up */
	if (h->nlmsg_seq - w->first >= w->count)
		return;
	if (h->nlmsg_type == NLMSG_ERROR) {
		hear_error(n, w, h, body);
	} else if (h->nlmsg_type == NLMSG_DONE) {
		w->done += w->dump;
	} else if (h->nlmsg_type >= NLMSG_MIN_TYPE && w->hear) {
		w->hear(w->arg, &(struct netlink_in){ h->nlmsg_type, body });
	}
}

/* All messages of one datagram. */
static void hear_all(struct netlink *n, size_t got, struct waiting *w)
{
	size_t at = 0;

	while (got - at >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr h;

		memcpy(&h, n->room + at, sizeof(h));
		if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > got - at)
			break;
		hear_one(n, w, &h, slice(n->room + at + sizeof(h), h.nlmsg_len - sizeof(h)));
		at += MIN_OF(((size_t)h.nlmsg_len + 3) & ~(size_t)3, got - at);
	}
}

static enum reason wait_for(struct netlink *n, struct waiting *w)
{
	while (w->done < w->count) {
		ssize_t got = recv(n->fd, n->room, sizeof(n->room), 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			n->error = errno;
			return fail(w->f, R_SYSTEM, "%s: no answer from the kernel: %s", w->what,
				    strerror(errno));
		}
		hear_all(n, (size_t)got, w);
	}
	return w->r;
}

static enum reason ask(struct netlink *n, struct netlink_out *o, struct waiting *w)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };

	n->error = 0;
	if (o->torn)
		return fail(w->f, R_INTERNAL, "%s: the request is too long", w->what);
	w->first = n->seq + 1;
	w->count = o->count;
	for (size_t at = 0; at < o->n;) {
		struct nlmsghdr *h = (struct nlmsghdr *)(void *)(o->at + at);

		h->nlmsg_seq = ++n->seq;
		at += (h->nlmsg_len + 3u) & ~3u;
	}
	if (sendto(n->fd, o->at, o->n, 0, (struct sockaddr *)&to, sizeof(to)) < 0) {
		n->error = errno;
		return fail(w->f, R_SYSTEM, "%s: %s", w->what, strerror(errno));
	}
	return wait_for(n, w);
}

enum reason netlink_ask(struct netlink *n, struct netlink_out *o, const char *what,
			void (*hear)(void *arg, const struct netlink_in *m), void *arg,
			struct fault *f)
{
	return ask(n, o, &(struct waiting){ .what = what, .hear = hear, .arg = arg, .f = f });
}

enum reason netlink_dump(struct netlink *n, struct netlink_out *o, const char *what,
			 void (*hear)(void *arg, const struct netlink_in *m), void *arg,
			 struct fault *f)
{
	return ask(
		n, o,
		&(struct waiting){ .what = what, .hear = hear, .arg = arg, .f = f, .dump = true });
}

bool netlink_hear(struct netlink *n, void (*hear)(void *arg, const struct netlink_in *m), void *arg)
{
	/* multicast messages carry the sequence number of whoever caused them: take any */
	struct waiting w = { .first = 0, .count = UINT32_MAX, .hear = hear, .arg = arg };
	bool drained = false;

	for (int turn = 0; turn < TURNS; turn++) {
		ssize_t got = recv(n->fd, n->room, sizeof(n->room), MSG_DONTWAIT);

		if (got < 0 && errno == ENOBUFS)
			n->overrun = true;
		else if (got < 0 && errno != EINTR) {
			drained = true;
			break;
		} else if (got > 0)
			hear_all(n, (size_t)got, &w);
	}
	/* while its queue is not empty the kernel drops all that comes, without a word */
	if (!n->overrun || !drained)
		return true;
	n->overrun = false;
	return false;
}

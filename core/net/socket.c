/* socket.c - small things done to sockets: packet info, marks, who may bypass
 *
 * What the IKE ports and the userspace plane's raw sockets have in common. A port in use is
 * explained with its holder's name, since that is the first thing anybody asks.
 *
 * Called by udp.c and core/ipsec.  Thread: any.  Owns: nothing.
 */
#include "core/net/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#include <linux/xfrm.h>

#include "core/base/text.h"
#include "core/net/holder.h"

enum {
	BUFFER = 4 << 20, /* a storm of 10,000 first messages fits */
	ENCAP_ESP_BEHIND_ZEROS = 1, /* UDP_ENCAP_ESPINUDP_NON_IKE of older headers */
	ENCAP_ESP_IN_UDP = 2,
};

void socket_slot(struct mmsghdr *m, struct socket_slot *s, uint8_t *room, size_t n)
{
	s->iov = (struct iovec){ room, n };
	*m = (struct mmsghdr){ .msg_hdr = { .msg_name = &s->from,
					    .msg_namelen = sizeof(s->from),
					    .msg_iov = &s->iov,
					    .msg_iovlen = 1,
					    .msg_control = s->control.at,
					    .msg_controllen = sizeof(s->control.at) } };
}

void socket_local_of(struct msghdr *m, struct addr *ret)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			addr_of_slice(slice(&info.ipi_addr, 4), ret);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			addr_of_slice(slice(&info.ipi6_addr, 16), ret);
		}
	}
}

size_t socket_put_local(union socket_control *c, const struct addr *local)
{
	struct cmsghdr *h = &c->align;

	if (addr_is_any(local))
		return 0;
	memset(c, 0, sizeof(*c));
	if (local->family == 4) {
		struct in_pktinfo info = { 0 };

		memcpy(&info.ipi_spec_dst, local->ip, 4);
		h->cmsg_level = IPPROTO_IP;
		h->cmsg_type = IP_PKTINFO;
		h->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(h), &info, sizeof(info));
		return CMSG_SPACE(sizeof(info));
	}
	struct in6_pktinfo info = { 0 };

	memcpy(&info.ipi6_addr, local->ip, 16);
	h->cmsg_level = IPPROTO_IPV6;
	h->cmsg_type = IPV6_PKTINFO;
	h->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(h), &info, sizeof(info));
	return CMSG_SPACE(sizeof(info));
}

static int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

enum reason socket_prepare(int fd, int family, struct fault *f)
{
	bool good;

	if (set(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER) < 0)
		set(fd, SOL_SOCKET, SO_RCVBUF, BUFFER);
	if (family == 6)
		good = set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) == 0;
	else /* messages may be longer than a path is wide: let routers cut them */
		good = set(fd, IPPROTO_IP, IP_PKTINFO, 1) == 0 &&
		       set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT) == 0;
	return good ? R_OK : fail(f, R_SYSTEM, "a socket cannot be set up: %s", strerror(errno));
}

static enum reason bind_fault(const struct addr *at, int error, struct fault *f)
{
	char text[ADDR_TEXT];

	addr_text_port(at, text);
	if (error == EADDRINUSE) {
		char holder[96];

		holder_of_udp(at->port, holder, sizeof(holder));
		fail(f, R_SYSTEM, "UDP %s is taken by %s", text, holder);
		if (f)
			text_copy(f->hint, sizeof(f->hint),
				  "stop the other IKE daemon, or give this one other ports");
		return R_SYSTEM;
	}
	fail(f, R_SYSTEM, "UDP %s cannot be opened: %s", text, strerror(error));
	if (f && error == EACCES)
		text_copy(f->hint, sizeof(f->hint), "ports below 1024 need CAP_NET_BIND_SERVICE");
	return R_SYSTEM;
}

enum reason socket_bind(int fd, struct addr *at, struct fault *f)
{
	struct sockaddr_storage sa;
	socklen_t n = addr_to_sockaddr(at, &sa);

	if (at->family == 6 && set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) < 0)
		return fail(f, R_SYSTEM, "no IPv6 socket of its own: %s", strerror(errno));
	if (bind(fd, (struct sockaddr *)&sa, n) < 0)
		return bind_fault(at, errno, f);
	n = sizeof(sa);
	if (getsockname(fd, (struct sockaddr *)&sa, &n) < 0 ||
	    !addr_of_sockaddr((struct sockaddr *)&sa, at))
		return fail(f, R_SYSTEM, "a socket of ours has no name: %s", strerror(errno));
	return R_OK;
}

enum reason socket_pass_by(int fd, int family, struct fault *f)
{
	int level = family == 6 ? IPPROTO_IPV6 : IPPROTO_IP;
	int name = family == 6 ? IPV6_XFRM_POLICY : IP_XFRM_POLICY;
	struct xfrm_userpolicy_info p = { .action = XFRM_POLICY_ALLOW,
					  .sel.family = family == 6 ? AF_INET6 : AF_INET };

	for (int way = XFRM_POLICY_IN; way <= XFRM_POLICY_OUT; way++) {
		p.dir = (uint8_t)way;
		if (setsockopt(fd, level, name, &p, sizeof(p)) < 0)
			return fail(f, R_SYSTEM, "IKE cannot pass by the kernel's policies: %s",
				    strerror(errno));
	}
	return R_OK;
}

enum reason socket_encap(int fd, int family, struct fault *f)
{
	if (set(fd, IPPROTO_UDP, UDP_ENCAP, ENCAP_ESP_IN_UDP) < 0)
		return fail(f, R_SYSTEM, "the kernel takes no ESP from UDP over IPv%d: %s", family,
			    strerror(errno));
	return R_OK;
}

bool socket_encap_zeros(int fd)
{
	return set(fd, IPPROTO_UDP, UDP_ENCAP, ENCAP_ESP_BEHIND_ZEROS) == 0;
}

enum reason socket_mark(int fd, uint32_t mark, struct fault *f)
{
	if (set(fd, SOL_SOCKET, SO_MARK, (int)mark) < 0)
		return fail(f, R_SYSTEM, "a socket cannot be marked: %s", strerror(errno));
	return R_OK;
}

/* tun.c - the device of the userspace plane: one TUN with several queues
 *
 * Offloads are asked for from the most to the least; a kernel that knows fewer still works, one
 * packet per call. The MTU leaves room for ESP in UDP over IPv6 on a path of 1,500 octets, so
 * that the kernel answers "too big" instead of us. No IPv6 address of its own: a device that
 * solicits routers would show up as traffic without a policy.
 *
 * Called by userspace.c.  Thread: loop.  Owns: the queues' descriptors.
 */
#include "core/ipsec/tun.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "core/base/text.h"
#include "core/net/netlink.h"

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

static enum reason open_queue(struct tun *t, unsigned i, const char *name, struct fault *f)
{
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE };
	unsigned long wish = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

	t->fd[i] = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (t->fd[i] < 0)
		return fail(f, R_PLANE, "/dev/net/tun cannot be opened: %s", strerror(errno));
	t->queues = i + 1;
	text_copy(r.ifr_name, sizeof(r.ifr_name), i ? t->name : name);
	if (ioctl(t->fd[i], TUNSETIFF, &r) < 0)
		return fail(f, R_PLANE, "no TUN device %s for us: %s", name, strerror(errno));
	text_copy(t->name, sizeof(t->name), r.ifr_name);
	if (ioctl(t->fd[i], TUNSETOFFLOAD, wish | TUN_F_USO4 | TUN_F_USO6) < 0)
		ioctl(t->fd[i], TUNSETOFFLOAD, wish);
	return R_OK;
}

/* MTU, no address of its own, up: one message each, in this order. */
static enum reason raise(struct tun *t, struct fault *f)
{
	struct ifinfomsg head = { .ifi_index = t->index };
	struct netlink_out o;
	uint8_t none = IN6_ADDR_GEN_MODE_NONE;
	own(netlink) n = netlink_open(NETLINK_ROUTE, 0, f);

	if (!n)
		return R_SYSTEM;
	netlink_begin(&o);
	netlink_put(&o, RTM_NEWLINK, 0, slice(&head, sizeof(head)));
	size_t spec = netlink_nest(&o, IFLA_AF_SPEC), six = netlink_nest(&o, AF_INET6);

	netlink_attr(&o, IFLA_INET6_ADDR_GEN_MODE, slice(&none, 1));
	netlink_nest_end(&o, six);
	netlink_nest_end(&o, spec);
	netlink_ask(n, &o, "", NULL, NULL, NULL); /* a machine without IPv6 refuses: fine */

	head.ifi_flags = head.ifi_change = IFF_UP;
	netlink_begin(&o);
	netlink_put(&o, RTM_NEWLINK, 0, slice(&head, sizeof(head)));
	netlink_attr_u32(&o, IFLA_MTU, TUN_MTU);
	return netlink_ask(n, &o, "the TUN device cannot be raised", NULL, NULL, f);
}

enum reason tun_open(const char *name, unsigned queues, struct tun *ret, struct fault *f)
{
	struct tun t = { 0 };
	enum reason r = R_OK;

	for (unsigned i = 0; i < queues && i < TUN_QUEUES && r == R_OK; i++)
		r = open_queue(&t, i, name, f);
	if (r == R_OK)
		t.index = (int)if_nametoindex(t.name);
	if (r == R_OK)
		r = raise(&t, f);
	if (r == R_OK)
		*ret = t;
	else
		tun_close(&t);
	return r;
}

void tun_close(struct tun *t)
{
	for (unsigned i = 0; i < t->queues; i++)
		if (t->fd[i] >= 0)
			close(t->fd[i]);
	t->queues = 0;
}

/* socket.h - small things done to sockets: packet info, marks, who may bypass
 *
 * Shared by udp.c and the userspace plane. `family` is 4 or 6, as in struct addr.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "core/base/addr.h"
#include "core/base/fault.h"

enum { SOCKET_CONTROL = 160 };

/* Room for what goes with a message: packet info and some small options. */
union socket_control {
	struct cmsghdr align;
	uint8_t at[SOCKET_CONTROL];
};

/* One place of a batch that recvmmsg(2) fills. */
struct socket_slot {
	struct iovec iov;
	struct sockaddr_storage from;
	union socket_control control;
};

/* The message comes into this room; all that is known of it beside goes into the slot. */
void socket_slot(struct mmsghdr *m, struct socket_slot *s, uint8_t *room, size_t n);
enum reason socket_prepare(int fd, int family, struct fault *f); /* buffers, packet info */
/* Binds; at->port 0 is filled in. A port in use says who has it. */
enum reason socket_bind(int fd, struct addr *at, struct fault *f);
enum reason socket_mark(int fd, uint32_t mark, struct fault *f);
/* IPsec policies of the kernel must not catch what this socket sends and hears. */
enum reason socket_pass_by(int fd, int family, struct fault *f);
/* The kernel takes ESP out of UDP here, and swallows it if it has no ESP. */
enum reason socket_encap(int fd, int family, struct fault *f);
/* ESP behind eight octets of zero (NAT-T drafts 00 and 01); the rest stays ours. False: this kernel
 * cannot: Linux 6.1 could, 6.18 refuses. */
bool socket_encap_zeros(int fd);
/* The local address a message came to; untouched when the kernel did not say. */
void socket_local_of(struct msghdr *m, struct addr *ret);
/* Leave from this local address. Returns the octets of control used, 0 for any address. */
size_t socket_put_local(union socket_control *c, const struct addr *local);

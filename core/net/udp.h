/* udp.h - the IKE ports: 500 and 4500 on every address
 *
 * Which local address a datagram came to (packet info), the non-ESP marker on 4500
 * (RFC 3948 section 2.2), batches of 32. With a userspace plane the plane reads the 4500
 * socket on its own threads and hands IKE datagrams back by udp_deliver; otherwise the
 * loop reads both. Sending is safe from any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"
#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/base/loop.h"
#include "core/base/own.h"

/* One IKE datagram without the non-ESP marker. local.port tells 500 from 4500's role. */
struct datagram {
	struct addr local, remote; /* with ports */
	bool natt; /* came to, or goes from, the NAT-T port: a marker is on the wire */
	struct slice octets;
};

struct udp;

struct udp_want {
	struct addr local4, local6; /* family 0: that family is not opened; any address: all */
	uint16_t port, nat_port; /* usually 500, 4500 */
};

struct udp *udp_open(struct loop *l, const struct udp_want *want, struct fault *f);
void udp_free(struct udp *u);
OWNABLE(udp)
/* Every IKE datagram, on the loop thread, at most 32 a socket and turn. */
void udp_on_datagram(struct udp *u, void (*hear)(void *arg, const struct datagram *d), void *arg);
/* ESP-in-UDP that the loop read (no userspace plane): counted and dropped when NULL. */
void udp_on_esp(struct udp *u, void (*hear)(void *arg, const struct datagram *d), void *arg);
enum reason udp_send(struct udp *u, const struct datagram *d, struct fault *f);
/* Octets as they are, without the marker even on the NAT-T port: NAT keepalives. */
enum reason udp_send_bare(struct udp *u, const struct datagram *d, struct fault *f);
/* The NAT-T or the IKE socket of this family (-1 none), for the userspace plane; from then on the loop no
 * longer reads it. What is IKE comes back through udp_deliver, from any thread. */
int udp_take(struct udp *u, int family, bool natt);
void udp_deliver(struct udp *u, const struct datagram *d); /* marker already taken off; copied */
/* The local address the system would use towards this one. */
bool udp_source_for(const struct addr *remote, struct addr *ret);
void udp_return(struct udp *u, int family, bool natt); /* the loop reads it again */
/* SO_MARK on all sockets and for udp_source_for: the userspace plane's routes leave marked
 * packets alone. */
enum reason udp_mark(struct udp *u, uint32_t mark, struct fault *f);
/* Let the kernel plane have ESP-in-UDP: UDP_ENCAP on the NAT-T sockets. The kernel's policies
 * no longer catch our own IKE messages. */
enum reason udp_kernel_encap(struct udp *u, struct fault *f);
/* Likewise ESP behind eight octets of zero on the IKE sockets; false when the kernel cannot. */
bool udp_kernel_encap_zeros(struct udp *u);
/* What came to the IKE port is ESP by draft-ietf-ipsec-udp-encaps-00: a message of IKE has a cookie there. */
enum { UDP_ZEROS = 8 };
bool udp_is_behind_zeros(struct slice datagram);
uint16_t udp_port(const struct udp *u, bool natt);

struct udp_stats {
	uint64_t sent, send_failed, received;
	uint64_t keepalives; /* NAT keepalives: dropped */
	uint64_t esp; /* ESP-in-UDP the loop read, on either port */
	uint64_t malformed, refused; /* refused: delivered faster than the loop could hear */
};

struct udp_stats udp_stats(const struct udp *u);

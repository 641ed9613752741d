/* join.h - joining packets of one flow again before the kernel gets them
 *
 * The opposite of cut.h: consecutive TCP segments, or equal UDP datagrams, become one
 * super-packet and cost one call instead of dozens. Pieces stay where they are until
 * join_flush; nothing is held back longer than one batch.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "core/ipsec/inner.h"

enum { JOIN_FLOWS = 8, JOIN_PIECES = 64, JOIN_HEAD = 128 };

struct join_flow {
	unsigned n; /* pieces, 0: idle */
	struct inner inner;
	size_t head, piece, total; /* octets: headers, a full piece, payload so far */
	uint32_t next; /* TCP: the sequence number that continues */
	bool full; /* nothing may follow */
	int fd;
	uint8_t headers[JOIN_HEAD];
	struct iovec iov[JOIN_PIECES + 2];
};

struct join {
	struct join_flow flows[JOIN_FLOWS];
	int fds[8]; /* TUN queues: a flow always goes to the same */
	unsigned fds_n;
	bool no_udp; /* the kernel takes no UDP super-packets */
	uint64_t lost; /* what the kernel refused */
};

void join_init(struct join *j, const int *fds, unsigned n);
/* A packet on its way to the kernel; stays at `p` until join_flush. */
void join_add(struct join *j, uint8_t *p, const struct inner *i);
void join_flush(struct join *j);

/* crossing.h - what the packet threads of the userspace plane share
 *
 * Filled by userspace.c before the threads start, and constant from then on but for what is
 * atomic. Threads tell the loop by the bell.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "core/base/timers.h"
#include "core/ipsec/bell.h"
#include "core/ipsec/lanes.h"
#include "core/ipsec/session.h"
#include "core/ipsec/tun.h"
#include "core/net/udp.h"

/* One thread's part of the totals: it alone writes. */
struct tally {
	_Alignas(64) _Atomic uint64_t packets_in;
	_Atomic uint64_t packets_out, bytes_in, bytes_out;
	_Atomic uint64_t no_sa, replayed, bad_icv, no_policy, errors;
};

enum source { NATT4, NATT6, IKE4, IKE6, RAW4, RAW6, SOURCES };

struct crossing {
	struct lanes lanes;
	struct bell *bell;
	struct udp *udp;
	struct tun tun;
	int fds[SOURCES]; /* -1: not open; IKE4 and IKE6 from the first SA on that needs them */
	struct tally tally[LANES_THREADS];
	struct session_table
		*sessions[LANES_THREADS]; /* of each egress, which owns them; or NULL */
	struct session_rule session_rule;
	_Atomic bool stop;
};

enum { CROSSING_LOOP = LANES_THREADS - 1 }; /* the loop's own number among the threads */

/* The socket that this kind of ESP comes to and leaves from. */
static inline enum source crossing_source(bool six, bool udp, bool zeros)
{
	return !udp ? (six ? RAW6 : RAW4) : zeros ? (six ? IKE6 : IKE4) : (six ? NATT6 : NATT4);
}

static inline void crossing_add(_Atomic uint64_t *counter, uint64_t n)
{
	uint64_t was = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, was + n, memory_order_relaxed);
}

/* When a lane's counter has more than one writer. */
static inline uint64_t crossing_share(_Atomic uint64_t *counter, uint64_t n)
{
	return atomic_fetch_add_explicit(counter, n, memory_order_relaxed) + n;
}

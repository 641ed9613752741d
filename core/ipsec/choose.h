/* choose.h - probing the machine and opening a plane */
#pragma once

#include "core/base/loop.h"
#include "core/ipsec/plane.h"
#include "core/model/settings.h"
#include "core/net/udp.h"

struct plane_want {
	enum plane_choice choice;
	struct loop *loop;
	struct udp *udp; /* the IKE ports; the userspace plane reads ESP-in-UDP from 4500 */
	const char *tun_name; /* "ike%d" */
	unsigned threads; /* 0: one per core, at most 4 */
};

/* Opens the plane asked for, or with PLANE_AUTO the first that really works: kernel (by adding
 * an SA and removing it again), then TUN, then recording. `ret->reason` says why. Stale states
 * and policies of an earlier life of ours (our mark, see xfrm.c) are removed. */
enum reason plane_open(const struct plane_want *want, struct plane **ret, struct fault *f);
void plane_free(struct plane *p);
OWNABLE(plane)

struct plane *plane_recording(void); /* tests: writes down, counts as told */
struct plane *plane_userspace(const struct plane_want *want, struct fault *f);
struct plane *plane_xfrm(const struct plane_want *want, struct fault *f);

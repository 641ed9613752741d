/* tun.h - the device of the userspace plane: one TUN with several queues
 *
 * Every packet read or written has a virtio header in front, so that the kernel hands over
 * whole TCP and UDP super-packets and takes them back.
 */
#pragma once

#include <stdbool.h>

#include "core/base/fault.h"

enum { TUN_QUEUES = 4, TUN_MTU = 1400 };

struct tun {
	unsigned queues;
	int fd[TUN_QUEUES];
	int index; /* of the interface */
	char name[16];
};

/* name may hold %d. The device is up when this returns, and goes away with the last fd. */
enum reason tun_open(const char *name, unsigned queues, struct tun *ret, struct fault *f);
void tun_close(struct tun *t);

/* netlink.h - requests to the kernel with its own sentence when it refuses
 *
 * A request is written into a netlink_out (several may share one, and then travel
 * together), asked, and acknowledged before the call returns. Numbers are the kernel's
 * (host order); attributes are walked with bounds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/base/own.h"

struct netlink;

struct netlink *netlink_open(int protocol, uint32_t groups, struct fault *f);
void netlink_free(struct netlink *n);
OWNABLE(netlink)
int netlink_fd(const struct netlink *n); /* for loop_watch; only where groups were joined */

enum { NETLINK_OUT = 16384 };

/* One or more requests. Torn when they did not fit; asking then fails. */
struct netlink_out {
	size_t n, start; /* octets used, where the last request starts */
	unsigned count;
	bool torn;
	_Alignas(8) uint8_t at[NETLINK_OUT];
};

void netlink_begin(struct netlink_out *o); /* empty */
/* Start a request: its type, flags beside REQUEST and ACK, and its fixed part. */
void netlink_put(struct netlink_out *o, uint16_t type, uint16_t flags, struct slice head);
void netlink_attr(struct netlink_out *o, uint16_t type, struct slice value);
void netlink_attr_u32(struct netlink_out *o, uint16_t type, uint32_t value);
size_t netlink_nest(struct netlink_out *o, uint16_t type); /* end it with netlink_nest_end */
void netlink_nest_end(struct netlink_out *o, size_t nest);

/* A message from the kernel: body starts behind the netlink header. */
struct netlink_in {
	uint16_t type;
	struct slice body;
};

/* Send all requests of `o` and wait for the acknowledgement of each. Answers that are not
 * acknowledgements go to `hear` (may be NULL). The first refusal becomes the fault, with the
 * kernel's sentence; `what` begins it: "cannot add a route". */
enum reason netlink_ask(struct netlink *n, struct netlink_out *o, const char *what,
			void (*hear)(void *arg, const struct netlink_in *m), void *arg,
			struct fault *f);
/* errno of the last refusal, 0 none. */
int netlink_errno(const struct netlink *n);
/* Ask for a dump (one request in `o`, put with NLM_F_DUMP). */
enum reason netlink_dump(struct netlink *n, struct netlink_out *o, const char *what,
			 void (*hear)(void *arg, const struct netlink_in *m), void *arg,
			 struct fault *f);
/* What waits on a socket with groups, some of it a time. False: some news was lost (the kernel's
 * queue was full) and all that was left is read, so the caller must look for itself. */
bool netlink_hear(struct netlink *n, void (*hear)(void *arg, const struct netlink_in *m),
		  void *arg);

/* The attribute of this type behind a fixed part of `head` octets; {NULL,0} if absent. */
struct slice netlink_find(struct slice body, size_t head, uint16_t type);
/* Copies a fixed part or an attribute's value; false if it is too short. */
bool netlink_copy(struct slice from, void *ret, size_t n);

/* heartbeat.h - the keepalive that an IKEv1 SA carries, as a notification */
#pragma once

#include "core/wire/notify.h"

enum { HEARTBEAT_COOKIES = 16, HEARTBEAT_MAX = 8 + HEARTBEAT_COOKIES + 4 };

struct heartbeat {
	uint16_t type; /* number of the notification; both ends must agree */
	struct slice cookies; /* of the ISAKMP SA, the initiator's first; borrowed */
	uint32_t number; /* one more each time */
};

/* The body of a notify payload, HEARTBEAT_MAX octets at most. */
void heartbeat_write(struct wr *w, const struct heartbeat *h);
/* What a notification of that type says; refused when it is about another SA than `cookies`. */
enum reason heartbeat_read(const struct notify *n, struct slice cookies, struct heartbeat *ret,
			   struct fault *f);

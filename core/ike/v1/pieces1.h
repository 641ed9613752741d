/* pieces1.h - a fragment of an IKEv1 message came; for this room only */
#pragma once

#include "core/base/bytes.h"

struct engine;
struct header; /* core/wire/header.h */
struct packet; /* core/ike/ports.h */

/* Puts it to the others. The message when it is whole now, with its header; the caller frees it. NULL:
 * not yet, or refused and counted. Only whom we told that we take fragments is listened to, and
 * nobody before we have a record of him: a first message never comes in fragments, since its sender
 * cannot know yet that we take them. */
struct bytes *pieces1_take(struct engine *e, const struct packet *p, const struct header *h,
			   struct header *ret);

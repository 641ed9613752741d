/* tell1.h - stories of first messages, answered or refused; this room only */
#pragma once

#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/fault.h"

struct engine;
struct header; /* core/wire/header.h */
struct packet; /* core/ike/ports.h */
struct peer_run; /* core/ike/book.h */
struct sa1; /* core/wire/sa1.h */

/* Somebody called. */
struct call1 {
	const struct packet *packet;
	const struct header *header;
	struct peer_run *about; /* NULL: nobody knows who */
	const struct sa1 *offer; /* NULL: unreadable, or nobody's business */
	struct slice body; /* of its SA payload, with the offer */
	uint32_t ike_sa; /* 0: none comes of it */
};

/* A story with the offers of both ends; 0 when strangers have had their share of stories. */
uint64_t tell1_call(struct engine *e, const struct call1 *c);
/* The same with its verdict: refused here and now. */
void tell1_refused(struct engine *e, const struct call1 *c, const struct fault *f);
/* The verdict of a story that tell1_call began. */
void tell1_failed(struct engine *e, const struct call1 *c, uint64_t id, const struct fault *f);

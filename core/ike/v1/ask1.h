/* ask1.h - asking a peer that refused us what it would have taken; this room only
 *
 * A refusal says NO-PROPOSAL-CHOSEN and never which member (RFC 2408 section 3.14.1). So one more first
 * message, or quick mode, goes out that offers neighbours of ours; what the peer picks shows in what
 * the ends differ. Neither is ever finished: nothing is proven, installed or up by it. Only after a
 * refusal, in main mode only (no identity, no hash), and where settings/ike's ask_after_refusal
 * allows it.
 */
#pragma once

#include <stdbool.h>

#include "core/base/fault.h"

/* The data of the refusal that calls a question off. */
#define ASK1_ONLY_ASKED "only asked"
/* What the nonce of a question in phase 2 begins with: it makes no keys, and others see nothing in it. */
#define ASK1_NONCE "ikeeper asks"

struct exchange;

/* f: what is known without asking, the verdict when nothing better comes. True: x is gone, its story
 * goes on with the question. False: nothing changed. */
bool ask1_begin(struct exchange *x, const struct fault *f);
bool ask1_is(const struct exchange *x);
/* The peer refused this too. Then the verdict falls, and x and its SA are gone. */
void ask1_refused(struct exchange *x);

/* The same for a quick mode; the IKE SA stays. */
bool ask_quick1_begin(struct exchange *x, const struct fault *f);
void ask_quick1_refused(struct exchange *x); /* it asks for something else, or the verdict falls */
/* The verdict of a question; NULL: it is none. */
const struct fault *ask_quick1_verdict(const struct exchange *x);

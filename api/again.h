/* again.h - Idempotency-Key: a POST that is sent twice is done once
 *
 * The first answer under a key is kept for a day and given again to the same caller with the same
 * body. In memory only; the table is bounded and the oldest makes room.
 */
#pragma once

#include "api/doors.h"

enum { AGAIN_MOST = 1000, AGAIN_KEY = 128, AGAIN_TEXT = 64 * 1024 };

struct again;

struct again *again_new(void);
void again_free(struct again *a);
OWNABLE(again)
/* After the body was read. True: answered already (with the first answer, or a refusal). */
bool again_seen(struct call *c);
/* What the call is answered with; errors of ours are not kept, so that a retry is a try. */
void again_keep(struct call *c, int status, const char *type, struct slice text);

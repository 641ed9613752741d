/* hookwire.h - one POST of an event to a webhook: libcurl, and nothing else knows it
 *
 * Blocks for HOOK_SECONDS at most; not for the loop or an http thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "core/base/bytes.h"
#include "core/model/webhook.h"

enum { HOOK_SECONDS = 10 };

struct hook_post {
	const struct webhook *to;
	struct slice key; /* signs the body; empty: no signature */
	const char *event, *delivery; /* headers: its name, its number */
	struct slice body;
	const atomic_bool *stop; /* set: give up at once */
};

struct hook_answer {
	long status; /* 0: none */
	char error[160]; /* "" when there was an answer */
	long took_ms;
};

void hookwire_open(void); /* before any thread; once is enough */
void hookwire_send(const struct hook_post *p, struct hook_answer *ret);

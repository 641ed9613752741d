/* decode.h - `ikeeperd decode FILE|-`: captured IKE messages as JSON, one a line */
#pragma once

#include <stdio.h>

#include "core/base/bytes.h"
#include "core/base/fault.h"
#include "core/daemon/unlock.h"

struct decode_want {
	struct unlock_want keys;
	uint16_t port; /* a further IKE port, 0 none */
};

/* argv[0] is "decode". Returns what the process exits with: 0, 1 unreadable, 2 wrong use. */
int decode_main(int argc, char **argv);
/* The same over octets in memory. What could be read before a fault was printed. */
enum reason decode_octets(struct slice file, const struct decode_want *w, FILE *out,
			  struct fault *f);

/* pairend.h - the agent's end of the pair to the daemon */
#pragma once

#include <stdbool.h>

#include "core/base/log.h"
#include "core/model/pair.h"

struct pairend {
	int fd;
	bool closed;
};

union pair_any {
	uint32_t kind;
	struct pair_setup setup;
	struct pair_picture picture;
	struct pair_event event;
};

/* One message of a kind and size that makes sense, within wait_ms (0: only what is there).
 * ret_fd is the file that came with a PICTURE, the caller's to close. False: nothing came. */
bool pairend_hear(struct pairend *p, int wait_ms, union pair_any *ret, int *ret_fd);
void pairend_state(struct pairend *p, bool up, const char *text);
void pairend_want(struct pairend *p);
void pairend_log(struct pairend *p, enum log_level level, const char *text);

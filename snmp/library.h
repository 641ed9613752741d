/* library.h - the life of net-snmp inside the agent */
#pragma once

#include "core/base/fault.h"
#include "core/model/pair.h"
#include "snmp/pairend.h"

/* Before tables are registered. The library's log lines go to the daemon. */
enum reason library_open(const struct pair_setup *s, struct pairend *log, struct fault *f);
/* After it: listens, or is connected to the AgentX master. */
enum reason library_start(const struct pair_setup *s, struct fault *f);
/* One turn: sleep until something is readable or due (at most_ms at the longest), then serve. */
void library_wait(int pair_fd, int most_ms);
void library_serve(void);
/* The AgentX master was there and is gone. */
bool library_is_orphan(void);
void library_close(void);

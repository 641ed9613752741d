/* spawner.h - a process of a few lines that starts the snmp agent when asked
 *
 * The daemon gives up execve; the spawner, forked before anything else and holding nothing,
 * keeps it. It is asked by one datagram that carries the agent's end of a new pair, and
 * ends when its socket closes.
 */
#pragma once

#include "core/base/fault.h"

/* Forks. Returns the daemon's socket to it, -1 with a fault when that failed. */
int spawner_fork(const char *agent_path, struct fault *f);
/* Ask for an agent on the other end of this pair. */
enum reason spawner_ask(int spawner, int agent_end, struct fault *f);

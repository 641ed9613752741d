/* agentlink.h - the daemon's end of the pair to the snmp process
 *
 * Asks the spawner for an agent, tells it its settings, hands it events and, while somebody
 * polls, a picture a second. Starts it again when its settings change and when it dies: at
 * once, then after 1, 2, 4 .. 30 s. Thread: loop. Owns: its end of the pair.
 */
#pragma once

#include "core/base/own.h"
#include "core/model/control.h"
#include "core/base/loop.h"

struct agentlink;

struct agentlink_want {
	struct loop *loop;
	struct control *control; /* events, board, repo */
	int spawner;
	const char *host_name;
	/* The plain value of a secret record. */
	enum reason (*secret)(void *arg, const struct secret *s, struct bytes **ret,
			      struct fault *f);
	void *arg;
};

struct agentlink *agentlink_new(const struct agentlink_want *w, struct fault *f);
void agentlink_free(struct agentlink *a);
OWNABLE(agentlink)
/* The configuration changed: start again when what concerns the agent is different. */
void agentlink_adopt(struct agentlink *a, const struct config *c);
const char *agentlink_state(const struct agentlink *a);

/* route_table.h - rules and routes of ours, as messages to the kernel */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/base/addr.h"
#include "core/base/fault.h"
#include "core/net/netlink.h"

enum {
	ROUTE_TABLE = 18755, /* 0x4943 */
	ROUTE_TABLE_OWN = 18756, /* for packets that have no source address yet */
	ROUTE_PRIORITY = 220, /* of the rules */
	ROUTE_PROTOCOL = 0x49, /* 'I': whose it is */
	ROUTE_MARK = 0x04000000, /* one bit: our own packets, ESP and IKE */
};

enum route_kind {
	ROUTE_REMOTE, /* to this prefix through the device */
	ROUTE_THROW, /* this prefix is not for the tunnel: look on in other tables */
	ROUTE_OWN, /* as REMOTE, in the other table and with a source address */
	ROUTE_RULE, /* packets from this prefix look into the table */
	ROUTE_OWN_RULE, /* packets without a source look into the other one */
};

struct route_item {
	enum route_kind kind;
	struct prefix prefix;
	struct addr source;
};

/* It may be there already. `index`: of the device. */
enum reason route_table_put(struct netlink *n, const struct route_item *i, int index,
			    struct fault *f);
void route_table_take(struct netlink *n, const struct route_item *i, int index);
/* Removes everything with our protocol number. */
void route_table_purge(struct netlink *n);
/* An address of this machine inside the range; false if there is none. */
bool route_table_own(struct netlink *n, const struct range *range, struct addr *ret);

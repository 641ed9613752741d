/* privs.h - keep what is needed, drop the rest
 *
 * After the sockets, the store and the data plane are open: not dumpable, no core files, no
 * new privileges, and of the capabilities only CAP_NET_ADMIN, CAP_NET_RAW and
 * CAP_NET_BIND_SERVICE, which the data planes need while SAs come and go.
 */
#pragma once

#include <stdint.h>

#include "core/base/fault.h"

enum reason privs_drop(struct fault *f);
/* The gid of this group, our own when there is no such group. */
uint32_t privs_group(const char *name);

/* lookup.h - the address of a host name */
#pragma once

#include "core/base/addr.h"
#include "core/base/fault.h"

/* The first one the system's name service tells, of this family (4, 6; 0: any), without a port. It
 * may take many seconds: for threads that have them. R_NO_ADDRESS with field remote_address. */
enum reason lookup_host(const char *name, unsigned family, struct addr *ret, struct fault *f);

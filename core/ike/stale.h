/* stale.h - which SAs are older than the configuration, and in which members
 *
 * Compares the records an SA was built from with those of a configuration; shared records
 * compare by pointer, so an edit of one peer costs its SAs only.
 */
#pragma once

#include <stdbool.h>

#include "core/model/field.h"

struct child;
struct config; /* core/model/config.h */
struct ike_sa;

/* What has to happen to the SA for `c` to count; members named in ret (may be NULL). *ret_removed
 * (may be NULL): its peer or tunnel is gone or disabled. */
enum impact stale_ike(const struct ike_sa *sa, const struct config *c, struct text *ret,
		      bool *ret_removed);
enum impact stale_child(const struct child *ch, const struct config *c, struct text *ret,
			bool *ret_removed);

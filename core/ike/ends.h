/* ends.h - from where a peer may call, and to which of our addresses; read once from its record */
#pragma once

#include <stdbool.h>

#include "core/base/addr.h"

struct peer; /* core/model/peer.h */
struct peer_run; /* book.h */

/* Fills p->callers and p->ours. False: it has a host name whose address is not known yet. */
bool ends_read(struct peer_run *p);
bool ends_is_name(const struct peer *p); /* its record has a host name */
/* Just one address. */
bool ends_is_host(const struct peer_run *p);
/* Bits that its lowest and highest address share: the more, the narrower. -1 for any at all. */
int ends_narrowness(const struct peer_run *p);
bool ends_fit(const struct peer_run *p, const struct addr *local, const struct addr *remote);

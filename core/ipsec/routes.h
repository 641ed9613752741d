/* routes.h - sending protected traffic into our TUN device
 *
 * A routing table of our own, asked by rules "from LOCAL_TS and not marked by us". Everything
 * carries the protocol number 0x49 ('I'), by which leftovers of an earlier life are found.
 */
#pragma once

#include <stddef.h>

#include "core/base/fault.h"
#include "core/base/own.h"
#include "core/model/tunnel.h"

struct routes;

/* Removes leftovers first. `index`: of the TUN device. */
struct routes *routes_open(int index, struct fault *f);
void routes_free(struct routes *r); /* removes all that was added */
OWNABLE(routes)
/* Counted: the same selectors may be added many times. */
enum reason routes_add(struct routes *r, const struct selector *local,
		       const struct selector *remote, struct fault *f);
void routes_del(struct routes *r, const struct selector *local, const struct selector *remote);
/* Prefixes that together are this range; at most `cap`, returns how many there are. */
size_t routes_split(const struct range *range, struct prefix *ret, size_t cap);

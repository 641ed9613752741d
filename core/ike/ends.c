/* ends.c - from where a peer may call, and to which of our addresses
 *
 * A record says so as text: an address, a prefix, a range, a host name, any, or nothing at all,
 * which is any too. Look-ups compare addresses, so it is read once, when the peer is taken up.
 *
 * Called by: registry.c, callers.c, book_adopt.c.  Thread: loop.  Owns: nothing.
 */
#include "core/ike/ends.h"

#include <string.h>

#include "core/ike/book.h"
#include "core/model/peer.h"

bool ends_read(struct peer_run *p)
{
	const struct peer *rec = p->peer;
	struct prefix prefix;

	p->callers = (struct range){ 0 };
	if (!addr_read(rec->local_address, &p->ours))
		p->ours = (struct addr){ 0 };
	if (*rec->remote_address == '\0' || strcmp(rec->remote_address, "any") == 0)
		return true;
	if (range_read(rec->remote_address, &p->callers))
		return true;
	if (!prefix_read(rec->remote_address, &prefix)) {
		if (p->resolved.family && !rec->remote_dynamic)
			p->callers = (struct range){ p->resolved, p->resolved };
		return p->callers.low.family != 0;
	}
	p->callers = prefix_range(&prefix);
	return true;
}

bool ends_is_name(const struct peer *p)
{
	struct range range;
	struct prefix prefix;

	return *p->remote_address && strcmp(p->remote_address, "any") != 0 &&
	       !range_read(p->remote_address, &range) && !prefix_read(p->remote_address, &prefix);
}

bool ends_is_host(const struct peer_run *p)
{
	return p->callers.low.family != 0 && addr_equal(&p->callers.low, &p->callers.high);
}

int ends_narrowness(const struct peer_run *p)
{
	const struct range *g = &p->callers;
	int n = 0;

	if (g->low.family == 0)
		return -1;
	for (int bits = (int)addr_size(&g->low) * 8; n < bits; n++)
		if ((g->low.ip[n / 8] ^ g->high.ip[n / 8]) >> (7 - n % 8) & 1)
			break;
	return n;
}

bool ends_fit(const struct peer_run *p, const struct addr *local, const struct addr *remote)
{
	return (p->ours.family == 0 || addr_equal(&p->ours, local)) &&
	       (p->callers.low.family == 0 || range_has(&p->callers, remote));
}

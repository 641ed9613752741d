/* hold1.c - a message that came while a sum was away
 *
 * A fast peer answers before our sum is done. Dropping its message would cost a retransmission of
 * seconds, so one message an exchange is kept, and delivered when the sum is back. Its octets are a
 * copy; a second one is dropped, since the peer will repeat itself.
 *
 * Called by v1.c, quick1.c. Thread: loop. Owns: x->held.
 */
#include "core/ike/v1/hold1.h"

#include "core/base/bytes.h"
#include "core/ike/v1/v1.h"
#include "core/ike/within.h"
#include "core/wire/header.h"

void hold1_keep(struct exchange *x, const struct packet *p)
{
	if (x->held)
		return;
	x->held = bytes_of(p->octets.at, p->octets.n);
	if (!x->held)
		return;
	x->held_packet = *p;
	x->held_packet.octets = slice_of(x->held);
}

void hold1_replay(struct exchange *x)
{
	if (!x->held || x->summing)
		return;

	struct engine *e = x->e;
	struct packet p = x->held_packet;
	own(bytes) octets = give(x->held);
	struct header h;

	p.octets = slice_of(octets);
	if (header_read(p.octets, &h, NULL) == R_OK)
		version1.packet(e, &p, &h);
}

/* hold1.h - a message that came while a sum was away waits for it; one an exchange */
#pragma once

struct exchange;
struct packet; /* core/ike/ports.h */

void hold1_keep(struct exchange *x, const struct packet *p);
/* The sum is back: what waited is delivered as if it came now. The exchange may be gone after. */
void hold1_replay(struct exchange *x);

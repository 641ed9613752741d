/* stray.h - telling that something came which belongs to no SA, once a second at most
 *
 * Anybody can send such things, so what is not told is not counted here either: the counters of
 * the engine and of the data plane have all of it.
 */
#pragma once

#include <stdint.h>

struct child;
struct engine;
struct packet; /* core/ike/ports.h */
struct plane_count; /* core/ipsec/plane.h */

/* A message of IKE whose cookies are of no SA of ours. */
void stray_message(struct engine *e, const struct packet *p);
/* Packets of a pair that were refused since it was counted last. */
void stray_errors(struct child *c, const struct plane_count *in, const struct plane_count *out);

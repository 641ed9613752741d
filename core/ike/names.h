/* names.h - host names of peers: asked on the crew, while an IKE SA or nobody waits */
#pragma once

#include "core/base/fault.h"

struct ike_sa;
struct peer_run; /* book.h */

/* For an SA whose remote address is not known: its version's `resolved` follows, or its end. */
enum reason names_ask(struct ike_sa *sa, struct fault *f);
/* So that the peer is known when it calls: once, and again every minute until there is an answer. A
 * name that is to be asked anew each time, and a peer without one, are left alone. */
void names_learn(struct peer_run *p);
void names_init(struct peer_run *p);
void names_stop(struct peer_run *p);

/* xfrm_look.h - the kernel's states and policies as rows, whoever made them; no keys */
#pragma once

#include "core/ipsec/xfrm_build.h"

/* The body of an answer to a dump of states. False: it makes no sense, or
 * is only a reserved SPI. Whether it is inbound the kernel
 * does not say: way_known stays false. */
bool xfrm_look_state(struct slice body, struct plane_state *ret, struct xfrm_name *ret_name);
/* The body of an answer to a dump of policies; `ret_pair` as an outgoing policy would have it. False: it
 * makes no sense, or is one of a socket's. The id is the caller's matter. */
bool xfrm_look_rule(struct slice body, struct plane_rule *ret, struct xfrm_pair *ret_pair);

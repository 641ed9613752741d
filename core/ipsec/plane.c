/* plane.c - an SA or a policy as the plane was told it, for who looks at what is there
 *
 * Called by: the planes that keep them as they came.  Thread: loop.  Owns: nothing.
 */
#include "core/ipsec/plane.h"

#include <netinet/in.h>

#include "core/base/text.h"

struct plane_state plane_state_of(const struct plane_sa *sa, const struct plane_count *count)
{
	struct plane_state s = {
		.ours = true,
		.inbound = sa->inbound,
		.way_known = true,
		.protocol = IPPROTO_ESP,
		.transport = sa->transport,
		.udp_encap = sa->udp_encap,
		.from = sa->inbound ? sa->remote : sa->local,
		.to = sa->inbound ? sa->local : sa->remote,
		.spi = sa->spi,
		.reqid = sa->reqid,
		.replay_window = sa->inbound ? sa->replay_window : 0,
		.count = *count,
	};

	esp_suite_text(&sa->suite, GROUP_NONE, s.suite);
	return s;
}

struct plane_rule plane_rule_of(const struct plane_policy *p)
{
	return (struct plane_rule){
		.ours = true,
		.way = PLANE_OUT,
		.number = p->id,
		.id = p->id,
		.reqid = p->reqid,
		.priority = p->priority,
		.protects = true,
		.transport = p->transport,
		.trap = p->trap,
		.from_ts = p->local_ts,
		.to_ts = p->remote_ts,
		.from = p->local,
		.to = p->remote,
	};
}

/* held.c - the members of what the data plane holds
 *
 * Called by: api, core/daemon.  Thread: any.  Owns: nothing.
 */
#include "core/model/held.h"

#include "core/base/text.h"
#include "core/model/tunnel.h"

#define RO FF_READ_ONLY

static const struct name standings[] = { { STANDING_KNOWN, "known" },
					 { STANDING_ORPHAN, "orphan" },
					 { STANDING_FOREIGN, "foreign" },
					 { STANDING_MISSING, "missing" },
					 { 0, NULL } };
static const struct name ways[] = { { HELD_OUT, "out" },
				    { HELD_IN, "in" },
				    { HELD_FORWARD, "forward" },
				    { HELD_UNKNOWN, "unknown" },
				    { 0, NULL } };
static const struct name modes[] = { { TUNNEL_TUNNEL, "tunnel" },
				     { TUNNEL_TRANSPORT, "transport" },
				     { 0, NULL } };
static const struct name actions[] = {
	{ HELD_PROTECT, "protect" }, { HELD_ALLOW, "allow" }, { HELD_BLOCK, "block" }, { 0, NULL }
};

/* clang-format off */
#define STANDING_HELP "known; orphan: it bears our marks and nobody here knows it; foreign: somebody else's; missing: it should be there and is not"

const struct field held_sa_fields[] = {
	FIELD(held_sa, key, "key", .kind = F_TEXT, .flags = RO, .help = "Where it ends, its protocol, its SPI"),
	FIELD(held_sa, standing, "standing", .kind = F_CHOICE, .names = standings, .flags = RO, .help = STANDING_HELP),
	FIELD(held_sa, direction, "direction", .kind = F_CHOICE, .names = ways, .flags = RO, .help = "Of the packets it is for"),
	FIELD(held_sa, protocol, "protocol", .kind = F_TEXT, .flags = RO, .help = "esp, ah or another"),
	FIELD(held_sa, spi, "spi", .kind = F_UINT, .flags = RO | FF_HEX, .help = "Its SPI"),
	FIELD(held_sa, mode, "mode", .kind = F_CHOICE, .names = modes, .flags = RO, .help = "Tunnel or transport"),
	FIELD(held_sa, source_address, "source_address", .kind = F_TEXT, .flags = RO, .help = "Where its packets come from"),
	FIELD(held_sa, destination_address, "destination_address", .kind = F_TEXT, .flags = RO, .help = "Where they go to"),
	FIELD(held_sa, encap, "encap", .kind = F_FLAG, .flags = RO, .help = "They travel in UDP"),
	FIELD(held_sa, proposal, "proposal", .kind = F_TEXT, .flags = RO, .help = "Its algorithms"),
	FIELD(held_sa, replay_window, "replay_window", .kind = F_UINT, .flags = RO, .help = "Packets of the anti-replay window, 0 no check"),
	FIELD(held_sa, reqid, "reqid", .kind = F_UINT, .flags = RO, .help = "Number that ties it to policies"),
	FIELD(held_sa, child_sa, "child_sa", .kind = F_UINT, .flags = RO, .help = "IPsec SA pair it belongs to, 0 none"),
	FIELD(held_sa, ike_sa, "ike_sa", .kind = F_UINT, .flags = RO, .help = "IKE SA of that pair, 0 none"),
	FIELD(held_sa, peer, "peer", .kind = F_TEXT, .flags = RO, .help = "Peer it belongs to"),
	FIELD(held_sa, tunnel, "tunnel", .kind = F_TEXT, .flags = RO, .help = "Tunnel it belongs to"),
	FIELD(held_sa, packets, "packets", .kind = F_UINT, .flags = RO, .help = "Packets it carried"),
	FIELD(held_sa, bytes, "bytes", .kind = F_UINT, .flags = RO, .help = "Octets it carried"),
	FIELD(held_sa, last_used_at, "last_used_at", .kind = F_UINT, .flags = RO | FF_TIME, .help = "When it carried the last, as far as the plane says"),
	FIELD(held_sa, errors_replay, "errors.replay", .kind = F_UINT, .flags = RO, .help = "Packets dropped as replays"),
	FIELD(held_sa, errors_integrity, "errors.integrity", .kind = F_UINT, .flags = RO, .help = "Packets with a wrong integrity value"),
	FIELD(held_sa, errors_other, "errors.other", .kind = F_UINT, .flags = RO, .help = "Packets dropped otherwise"),
	{ 0 },
};

const struct field held_policy_fields[] = {
	FIELD(held_policy, key, "key", .kind = F_TEXT, .flags = RO, .help = "Direction, and the data plane's number of it"),
	FIELD(held_policy, standing, "standing", .kind = F_CHOICE, .names = standings, .flags = RO, .help = STANDING_HELP),
	FIELD(held_policy, direction, "direction", .kind = F_CHOICE, .names = ways, .flags = RO, .help = "Of the traffic it is for"),
	FIELD(held_policy, action, "action", .kind = F_CHOICE, .names = actions, .flags = RO, .help = "What becomes of its traffic"),
	FIELD(held_policy, trap, "trap", .kind = F_FLAG, .flags = RO, .help = "Without an SA its traffic asks for one; otherwise it is dropped"),
	FIELD(held_policy, priority, "priority", .kind = F_UINT, .flags = RO, .help = "Smaller ones are looked at first"),
	FIELD(held_policy, source_ts, "source_ts", .kind = F_TEXT, .flags = RO, .help = "Traffic from"),
	FIELD(held_policy, destination_ts, "destination_ts", .kind = F_TEXT, .flags = RO, .help = "Traffic to"),
	FIELD(held_policy, mode, "mode", .kind = F_CHOICE, .names = modes, .flags = RO, .help = "Tunnel or transport"),
	FIELD(held_policy, source_address, "source_address", .kind = F_TEXT, .flags = RO, .help = "Outer address it comes from, empty: any"),
	FIELD(held_policy, destination_address, "destination_address", .kind = F_TEXT, .flags = RO, .help = "Outer address it goes to, empty: any"),
	FIELD(held_policy, reqid, "reqid", .kind = F_UINT, .flags = RO, .help = "Number that ties it to SAs"),
	FIELD(held_policy, policy, "policy", .kind = F_UINT, .flags = RO, .help = "Our number of it, 0 none"),
	FIELD(held_policy, child_sa, "child_sa", .kind = F_UINT, .flags = RO, .help = "IPsec SA pair that has it to itself, 0 none"),
	FIELD(held_policy, peer, "peer", .kind = F_TEXT, .flags = RO, .help = "Peer it belongs to"),
	FIELD(held_policy, tunnel, "tunnel", .kind = F_TEXT, .flags = RO, .help = "Tunnel it belongs to"),
	FIELD(held_policy, sas, "sas", .kind = F_UINT, .flags = RO, .help = "SAs under it that are there now"),
	FIELD(held_policy, packets, "packets", .kind = F_UINT, .flags = RO, .help = "Packets these carried"),
	FIELD(held_policy, bytes, "bytes", .kind = F_UINT, .flags = RO, .help = "Octets these carried"),
	{ 0 },
};
/* clang-format on */

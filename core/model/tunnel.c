/* tunnel.c - register: members of a tunnel, one IPsec policy entry
 *
 * What the IPsec SAs are made of needs them renewed; limits and the order among tunnels wait
 * for the next negotiation.
 *
 * Called by: record.c through kind.def, and every room that walks records.  Thread: any.
 * Not here: traffic selectors (selector.c), what several members mean together (rules.c).
 */
#include "core/model/tunnel.h"

#include "core/base/text.h"
#include "core/model/proposal.h"
#include "core/model/settings.h"

/* clang-format off */
static const struct name modes[] = {
	{ TUNNEL_TUNNEL, "tunnel" }, { TUNNEL_TRANSPORT, "transport" }, { 0, NULL },
};
static const struct name keyings[] = {
	{ KEYING_ISAKMP, "isakmp" }, { KEYING_MANUAL, "manual" }, { 0, NULL },
};
static const struct name start_actions[] = {
	{ START_NONE, "none" }, { START_TRAP, "trap" }, { START_NOW, "start" }, { 0, NULL },
};
static const struct name close_actions[] = {
	{ CLOSE_NONE, "none" }, { CLOSE_CLEAR, "clear" }, { CLOSE_TRAP, "trap" }, { CLOSE_START, "start" }, { 0, NULL },
};
static const struct name dpd_actions[] = {
	{ DPD_CLEAR, "clear" }, { DPD_TRAP, "trap" }, { DPD_RESTART, "restart" }, { 0, NULL },
};
static const struct name planes[] = {
	{ PLANE_AUTO, "auto" }, { PLANE_XFRM, "xfrm" }, { PLANE_USERSPACE, "userspace" }, { 0, NULL },
};

const struct field tunnel_fields[] = {
	FIELD(tunnel, r.name, "name", .kind = F_TEXT, .syntax = SYN_NAME, .min = 1, .max = NAME_MAX_,
	      .flags = FF_KEY, .help = "Name of the tunnel"),
	FIELD(tunnel, enabled, "enabled", .kind = F_FLAG, .preset = "true", .impact = IMPACT_CHILD,
	      .help = "A disabled tunnel protects nothing; its IPsec SAs end"),
	FIELD(tunnel, description, "description", .kind = F_TEXT, .max = 127,
	      .help = "What the tunnel is for"),
	FIELD(tunnel, sequence, "sequence", .kind = F_UINT, .min = 1, .max = 65535, .preset = "100",
	      .impact = IMPACT_NEXT, .help = "Priority among tunnels whose traffic overlaps, smaller first"),
	FIELD(tunnel, peer, "peer", .kind = F_REF, .ref = K_PEER, .min = 1, .max = NAME_MAX_, .flags = FF_REQUIRED,
	      .impact = IMPACT_CHILD, .help = "Peer at the other end"),
	FIELD(tunnel, keying, "keying", .kind = F_CHOICE, .names = keyings, .preset = "isakmp",
	      .help = "Negotiate the IPsec SAs, or take the SPIs and keys below, there as long as the tunnel is enabled; for ever as the tunnel was made"),
	FIELD(tunnel, manual_spi_in, "manual.spi_in", .kind = F_UINT, .min = 256, .max = 4294967295, .flags = FF_ZERO | FF_HEX,
	      .impact = IMPACT_CHILD, .help = "With manual keys: SPI that we receive with, which the peer sends with"),
	FIELD(tunnel, manual_spi_out, "manual.spi_out", .kind = F_UINT, .min = 256, .max = 4294967295, .flags = FF_ZERO | FF_HEX,
	      .impact = IMPACT_CHILD, .help = "With manual keys: SPI that we send with, which the peer receives with"),
	FIELD(tunnel, manual_key_in, "manual.key_in", .kind = F_REF, .ref = K_SECRET, .max = NAME_MAX_, .impact = IMPACT_CHILD,
	      .help = "Secret with the keys we receive with: in hexadecimal, the encryption key and behind it the integrity key"),
	FIELD(tunnel, manual_key_out, "manual.key_out", .kind = F_REF, .ref = K_SECRET, .max = NAME_MAX_, .impact = IMPACT_CHILD,
	      .help = "Secret with the keys we send with, likewise"),
	FIELD(tunnel, mode, "mode", .kind = F_CHOICE, .names = modes, .preset = "tunnel", .impact = IMPACT_CHILD,
	      .help = "Wrap whole packets between networks, or protect those between the two ends themselves"),
	LIST(tunnel, local_ts, local_ts_n, "local_ts", .kind = F_ADDRESS, .syntax = SYN_SELECTOR,
	     .impact = IMPACT_CHILD, .help = "Our side of the protected traffic, as 10.1.0.0/24 or 10.1.0.1[tcp/80]"),
	LIST(tunnel, remote_ts, remote_ts_n, "remote_ts", .kind = F_ADDRESS, .syntax = SYN_SELECTOR,
	     .impact = IMPACT_CHILD, .help = "The peer's side of the protected traffic"),
	FIELD(tunnel, aggregation, "aggregation", .kind = F_FLAG, .preset = "false", .impact = IMPACT_CHILD,
	      .help = "One pair of SAs for all traffic selectors instead of one for each pair of them; both ends must agree"),
	LIST(tunnel, ipsec_proposals, ipsec_proposals_n, "ipsec_proposals", .kind = F_REF, .ref = K_IPSEC_PROPOSAL,
	     .max = NAME_MAX_, .impact = IMPACT_CHILD, .help = "IPsec proposals, best first"),
	FIELD(tunnel, sa_idle_seconds, "sa_idle_seconds", .kind = F_UINT, .min = 60, .max = 86400, .flags = FF_ZERO,
	      .help = "Seconds without traffic after which the IPsec SAs are deleted; 0: as the global setting"),
	FIELD(tunnel, lifetime_seconds, "lifetime_seconds", .kind = F_UINT, .min = 180, .max = 604800,
	      .flags = FF_ZERO, .impact = IMPACT_CHILD, .help = "Lifetime of the IPsec SAs in seconds; 0: as the proposal, then the global setting"),
	FIELD(tunnel, lifetime_kilobytes, "lifetime_kilobytes", .kind = F_UINT, .min = 2560, .max = 4294967295,
	      .flags = FF_ZERO, .impact = IMPACT_CHILD, .help = "Lifetime of the IPsec SAs in kilobytes; 0: as the proposal, then the global setting"),
	FIELD(tunnel, start_action, "start_action", .kind = F_CHOICE, .names = start_actions, .preset = "trap",
	      .help = "Wait for the peer or an operator, negotiate when there is traffic, or at once and always"),
	FIELD(tunnel, from_template, "from_template", .kind = F_FLAG, .preset = "false", .impact = IMPACT_NEXT,
	      .help = "Made from a template: it only answers, and comes after the direct tunnels of its peer"),
	FIELD(tunnel, interface, "interface", .kind = F_TEXT, .max = 15, .impact = IMPACT_CHILD, .flags = FF_LATER,
	      .help = "Interface that the traffic must leave by; empty: any"),
	FIELD(tunnel, sha2_256_truncation_96, "sha2_256_truncation_96", .kind = F_FLAG, .preset = "false",
	      .impact = IMPACT_CHILD, .help = "Cut SHA-256 integrity to 96 bits, as some old peers do"),
	FIELD(tunnel, ts_expand, "ts_expand", .kind = F_FLAG, .preset = "true", .impact = IMPACT_CHILD, .flags = FF_LATER,
	      .help = "Negotiate each pair of selectors on its own, also where one negotiation could carry them all"),
	FIELD(tunnel, close_action, "close_action", .kind = F_CHOICE, .names = close_actions, .preset = "none",
	      .flags = FF_LATER, .help = "What follows when the peer deletes the IPsec SAs: what start_action says, nothing, wait for traffic, or start again"),
	FIELD(tunnel, dpd_action, "dpd_action", .kind = F_CHOICE, .names = dpd_actions, .preset = "clear", .flags = FF_LATER,
	      .help = "What follows the peer's death: forget the SAs, wait for traffic, or start again"),
	FIELD(tunnel, rekey_seconds, "rekey_seconds", .kind = F_UINT, .min = 60, .max = 604800, .impact = IMPACT_NEXT,
	      .flags = FF_ZERO | FF_LATER, .help = "Seconds until the IPsec SAs get new keys; 0: by their lifetime"),
	FIELD(tunnel, rekey_kilobytes, "rekey_kilobytes", .kind = F_UINT, .min = 2560, .max = 4294967295, .impact = IMPACT_NEXT,
	      .flags = FF_ZERO | FF_LATER, .help = "Kilobytes until the IPsec SAs get new keys; 0: by their lifetime"),
	FIELD(tunnel, if_id, "if_id", .kind = F_UINT, .min = 1, .max = 4294967295, .impact = IMPACT_CHILD,
	      .flags = FF_ZERO | FF_LATER, .help = "Number of the kernel's XFRM interface the traffic goes by; 0: none"),
	FIELD(tunnel, mark, "mark", .kind = F_UINT, .min = 1, .max = 4294967295, .preset = "0", .impact = IMPACT_CHILD,
	      .flags = FF_ZERO | FF_HEX | FF_LATER, .help = "Mark that packets must carry to be protected; 0: any"),
	FIELD(tunnel, data_plane, "data_plane", .kind = F_CHOICE, .names = planes, .preset = "auto", .impact = IMPACT_CHILD,
	      .flags = FF_LATER, .help = "Who moves this tunnel's packets: as the global setting, the kernel, or this process"),
	FIELD(tunnel, reverse_route, "reverse_route", .kind = F_FLAG, .preset = "false", .flags = FF_LATER,
	      .help = "Keep a route to the peer's networks while the tunnel is up"),
	{ 0 },
};
/* clang-format on */

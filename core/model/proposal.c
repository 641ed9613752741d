/* proposal.c - register: members of IKE proposals, IPsec proposals and DPD profiles
 *
 * The manual's members and ranges, with the algorithms of today. The words of the algorithms are
 * those of alg.def. A proposal names one algorithm of each sort; its lifetime is not part of
 * what has to match, so a change of it waits for the next negotiation.
 *
 * Called by: record.c through kind.def; the suites by core/ike.  Thread: any.  Owns: nothing.
 * Not here: which algorithms go together or are too weak - rules.c.
 */
#include "core/model/proposal.h"

#include "core/base/text.h"

/* clang-format off */
static const struct name auths[] = {
	{ AUTH_PSK, "psk" }, { AUTH_RSA_SIG, "rsa-sig" }, { 0, NULL },
};
static const struct name ike_ciphers[] = {
#define ENCR_OF_IKE1
#define ENCR(code, name_, ...) { ENCR_##code, name_ },
#include "core/model/alg.def"
#undef ENCR
#undef ENCR_OF_IKE1
	{ 0, NULL },
};
static const struct name ipsec_ciphers[] = {
#define ENCR(code, name_, ...) { ENCR_##code, name_ },
#include "core/model/alg.def"
#undef ENCR
	{ 0, NULL },
};
static const struct name hashes[] = {
#define INTEG(code, name_, ...) { INTEG_##code, name_ },
#include "core/model/alg.def"
#undef INTEG
	{ 0, NULL },
};
static const struct name prfs[] = {
	{ INTEG_NONE, "auto" },
#define INTEG(code, name_, ...) { INTEG_##code, name_ },
#include "core/model/alg.def"
#undef INTEG
	{ 0, NULL },
};
static const struct name versions[] = {
	{ PROPOSAL_V1, "1" }, { PROPOSAL_V2, "2" }, { PROPOSAL_AUTO, "auto" }, { 0, NULL },
};
static const struct name integrities[] = {
	{ INTEG_NONE, "none" },
#define INTEG(code, name_, ...) { INTEG_##code, name_ },
#include "core/model/alg.def"
#undef INTEG
	{ 0, NULL },
};
static const struct name groups[] = {
#define GROUP(code, name_, ...) { GROUP_##code, name_ },
#include "core/model/alg.def"
#undef GROUP
	{ 0, NULL },
};
static const struct name pfs_groups[] = {
	{ GROUP_NONE, "none" },
#define GROUP(code, name_, ...) { GROUP_##code, name_ },
#include "core/model/alg.def"
#undef GROUP
	{ 0, NULL },
};
static const struct name protocols[] = {
	{ IPSEC_ESP, "esp" }, { IPSEC_AH, "ah" }, { IPSEC_AH_ESP, "ah_esp" }, { 0, NULL },
};
static const struct name dpd_modes[] = {
	{ DPD_ON_DEMAND, "on_demand" }, { DPD_PERIODIC, "periodic" }, { 0, NULL },
};
static const struct name dpd_actions[] = {
	{ DPD_CLEAR, "clear" }, { DPD_TRAP, "trap" }, { DPD_RESTART, "restart" }, { 0, NULL },
};

const struct field ike_proposal_fields[] = {
	FIELD(ike_proposal, r.name, "name", .kind = F_TEXT, .syntax = SYN_NAME, .min = 1, .max = NAME_MAX_,
	      .flags = FF_KEY, .help = "Name of the IKE proposal"),
	FIELD(ike_proposal, number, "number", .kind = F_UINT, .min = 1, .max = 65535, .flags = FF_REQUIRED,
	      .impact = IMPACT_NEXT, .help = "Priority among all IKE proposals, smaller first; each has its own"),
	FIELD(ike_proposal, description, "description", .kind = F_TEXT, .max = 127,
	      .help = "What the proposal is for"),
	FIELD(ike_proposal, authentication_method, "authentication_method", .kind = F_CHOICE, .names = auths,
	      .preset = "psk", .impact = IMPACT_IKE, .help = "How both ends prove who they are"),
	FIELD(ike_proposal, encryption_algorithm, "encryption_algorithm", .kind = F_CHOICE, .names = ike_ciphers,
	      .preset = "aes-cbc", .impact = IMPACT_IKE, .help = "Cipher of the IKE messages"),
	FIELD(ike_proposal, key_length, "key_length", .kind = F_UINT, .min = 64, .max = 256, .flags = FF_ZERO,
	      .impact = IMPACT_IKE, .help = "Key length in bits; 0: the algorithm's own, 128 with AES"),
	FIELD(ike_proposal, integrity_algorithm, "integrity_algorithm", .kind = F_CHOICE, .names = hashes,
	      .preset = "sha256", .impact = IMPACT_IKE, .help = "Hash; its HMAC also derives the keys"),
	FIELD(ike_proposal, dh_group, "dh_group", .kind = F_CHOICE, .names = groups, .preset = "modp2048",
	      .impact = IMPACT_IKE, .help = "Diffie-Hellman group of phase 1"),
	FIELD(ike_proposal, lifetime_seconds, "lifetime_seconds", .kind = F_UINT, .min = 60, .max = 604800,
	      .preset = "86400", .impact = IMPACT_NEXT, .help = "Lifetime of the IKE SA in seconds; the smaller of both ends counts"),
	FIELD(ike_proposal, system, "system", .kind = F_FLAG, .preset = "true", .impact = IMPACT_NEXT,
	      .help = "In the list we match against as responder and offer to peers that name none"),
	FIELD(ike_proposal, allow_weak, "allow_weak", .kind = F_FLAG, .preset = "false",
	      .help = "Weak and broken algorithms may stand in this proposal"),
	FIELD(ike_proposal, builtin, "builtin", .kind = F_FLAG, .preset = "false", .flags = FF_READ_ONLY,
	      .help = "The default proposal: always there, lowest in priority, cannot be changed"),
	FIELD(ike_proposal, ike_version, "ike_version", .kind = F_CHOICE, .names = versions, .preset = "1",
	      .impact = IMPACT_IKE, .flags = FF_LATER, .help = "IKE version the proposal is for"),
	FIELD(ike_proposal, prf_algorithm, "prf_algorithm", .kind = F_CHOICE, .names = prfs, .preset = "auto",
	      .impact = IMPACT_IKE, .flags = FF_LATER, .help = "Hash whose HMAC derives the keys, with IKE version 2; auto: that of the integrity"),
	LIST(ike_proposal, additional_key_exchanges, additional_key_exchanges_n, "additional_key_exchanges", .kind = F_TEXT,
	     .syntax = SYN_GROUP, .min = 1, .max = GROUP_NAME_SIZE - 1, .impact = IMPACT_IKE, .flags = FF_LATER,
	     .help = "Diffie-Hellman groups of further key exchanges, in order, with IKE version 2 (RFC 9370)"),
	{ 0 },
};

const struct field ipsec_proposal_fields[] = {
	FIELD(ipsec_proposal, r.name, "name", .kind = F_TEXT, .syntax = SYN_NAME, .min = 1, .max = NAME_MAX_,
	      .flags = FF_KEY, .help = "Name of the IPsec proposal"),
	FIELD(ipsec_proposal, description, "description", .kind = F_TEXT, .max = 127,
	      .help = "What the proposal is for"),
	FIELD(ipsec_proposal, protocol, "protocol", .kind = F_CHOICE, .names = protocols, .preset = "esp",
	      .impact = IMPACT_CHILD, .flags = FF_LATER, .help = "Security protocol of the packets"),
	FIELD(ipsec_proposal, encryption_algorithm, "encryption_algorithm", .kind = F_CHOICE, .names = ipsec_ciphers,
	      .preset = "aes-cbc", .impact = IMPACT_CHILD, .help = "Cipher of the packets; null leaves them readable"),
	FIELD(ipsec_proposal, key_length, "key_length", .kind = F_UINT, .min = 64, .max = 256, .flags = FF_ZERO,
	      .impact = IMPACT_CHILD, .help = "Key length in bits; 0: the algorithm's own, 128 with AES"),
	FIELD(ipsec_proposal, integrity_algorithm, "integrity_algorithm", .kind = F_CHOICE, .names = integrities,
	      .preset = "sha256", .impact = IMPACT_CHILD, .help = "Integrity of the packets; none with AES-GCM, which brings its own"),
	FIELD(ipsec_proposal, pfs_group, "pfs_group", .kind = F_CHOICE, .names = pfs_groups, .preset = "none",
	      .impact = IMPACT_CHILD, .help = "Diffie-Hellman group of quick mode; both ends must use the same, or none"),
	FIELD(ipsec_proposal, esn, "esn", .kind = F_FLAG, .preset = "false", .impact = IMPACT_CHILD, .flags = FF_LATER,
	      .help = "Extended sequence numbers"),
	FIELD(ipsec_proposal, lifetime_seconds, "lifetime_seconds", .kind = F_UINT, .min = 180, .max = 604800,
	      .flags = FF_ZERO, .impact = IMPACT_NEXT, .help = "Lifetime of the IPsec SAs in seconds; 0: as the global setting"),
	FIELD(ipsec_proposal, lifetime_kilobytes, "lifetime_kilobytes", .kind = F_UINT, .min = 2560, .max = 4294967295,
	      .flags = FF_ZERO, .impact = IMPACT_NEXT, .help = "Lifetime of the IPsec SAs in kilobytes; 0: as the global setting"),
	FIELD(ipsec_proposal, allow_weak, "allow_weak", .kind = F_FLAG, .preset = "false",
	      .help = "Weak and broken algorithms may stand in this proposal"),
	{ 0 },
};

const struct field dpd_profile_fields[] = {
	FIELD(dpd_profile, r.name, "name", .kind = F_TEXT, .syntax = SYN_NAME, .min = 1, .max = NAME_MAX_,
	      .flags = FF_KEY, .help = "Name of the DPD profile"),
	FIELD(dpd_profile, mode, "mode", .kind = F_CHOICE, .names = dpd_modes, .preset = "on_demand",
	      .help = "Ask only when there is traffic to send and nothing came back, or always"),
	FIELD(dpd_profile, interval_seconds, "interval_seconds", .kind = F_UINT, .min = 1, .max = 300, .preset = "10",
	      .help = "Seconds of silence before the peer is asked"),
	FIELD(dpd_profile, retry_seconds, "retry_seconds", .kind = F_UINT, .min = 1, .max = 60, .preset = "5",
	      .help = "Seconds to wait for the answer before asking again"),
	FIELD(dpd_profile, max_failures, "max_failures", .kind = F_UINT, .min = 1, .max = 20, .preset = "3",
	      .help = "Questions without an answer until the peer counts as dead"),
	FIELD(dpd_profile, action, "action", .kind = F_CHOICE, .names = dpd_actions, .preset = "clear",
	      .help = "What follows its death where a tunnel's start_action says less: nothing, waiting for traffic, or starting again"),
	{ 0 },
};
/* clang-format on */

static uint16_t key_bits(enum encr e, uint32_t said)
{
	return (uint16_t)(said ? said : alg_encr(e)->bits);
}

struct ike_suite ike_proposal_suite(const struct ike_proposal *p)
{
	return (struct ike_suite){
		.encr = (enum encr)p->encryption_algorithm,
		.key_bits = key_bits((enum encr)p->encryption_algorithm, p->key_length),
		.hash = (enum integ)p->integrity_algorithm,
		.group = (enum group)p->dh_group,
		.auth = (enum auth_method)p->authentication_method,
	};
}

/* The group of PFS is no part of the suite: it decides about the exchange, not the packets. */
struct esp_suite ipsec_proposal_suite(const struct ipsec_proposal *p, bool truncate_96)
{
	return (struct esp_suite){
		.encr = (enum encr)p->encryption_algorithm,
		.key_bits = key_bits((enum encr)p->encryption_algorithm, p->key_length),
		.integ = (enum integ)p->integrity_algorithm,
		.truncate_96 = truncate_96 && p->integrity_algorithm == INTEG_SHA256,
	};
}

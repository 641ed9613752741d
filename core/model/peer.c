/* peer.c - register: members of an IKE peer
 *
 * One row per member: what it may hold, its preset, what a change of it touches. Timers of
 * keepalive, DPD and NAT keepalive count at once for living SAs; whatever decides who the peer
 * is, or what protects the IKE SA, needs a new one.
 *
 * Called by: record.c through kind.def, and every room that walks records.  Thread: any.
 * Not here: what several members mean together - rules.c.
 */
#include "core/model/peer.h"

#include "core/base/text.h"
#include "core/model/peerwords.h"
#include "core/model/tunnel.h"

/* clang-format off */
const struct name peer_versions[] = {
	{ PEER_V1, "1" }, { PEER_V2, "2" }, { PEER_AUTO, "auto" }, { 0, NULL },
};
const struct name peer_modes[] = {
	{ MODE_MAIN, "main" }, { MODE_AGGRESSIVE, "aggressive" }, { 0, NULL },
};
static const struct name id_types[] = {
	{ IDK_ADDRESS, "address" }, { IDK_FQDN, "fqdn" }, { IDK_USER_FQDN, "user_fqdn" },
	{ IDK_DN, "dn" }, { IDK_KEY_ID, "key_id" }, { 0, NULL },
};
static const struct name auths[] = {
	{ PEER_AUTH_PSK, "psk" }, { PEER_AUTH_RSA, "rsa-sig" }, { 0, NULL },
};
const struct name peer_natts[] = {
	{ NATT_AUTO, "auto" }, { NATT_OFF, "off" }, { NATT_FORCE, "force" }, { 0, NULL },
};
static const struct name uniques[] = {
	{ UNIQUE_REPLACE, "replace" }, { UNIQUE_KEEP, "keep" }, { UNIQUE_NO, "no" }, { 0, NULL },
};
static const struct name subnets[] = {
	{ SUBNET_SINGLE, "single" }, { SUBNET_MULTI, "multi" }, { 0, NULL },
};
static const struct name start_actions[] = {
	{ START_NONE, "none" }, { START_TRAP, "trap" }, { START_NOW, "start" }, { 0, NULL },
};

const struct field peer_fields[] = {
	FIELD(peer, r.name, "name", .kind = F_TEXT, .syntax = SYN_NAME, .min = 1, .max = NAME_MAX_,
	      .flags = FF_KEY, .help = "Name of the peer"),
	FIELD(peer, enabled, "enabled", .kind = F_FLAG, .preset = "true", .impact = IMPACT_IKE,
	      .help = "A disabled peer neither starts nor answers negotiations; its SAs end"),
	FIELD(peer, description, "description", .kind = F_TEXT, .max = 127,
	      .help = "What the peer is, for people"),
	FIELD(peer, ike_version, "ike_version", .kind = F_CHOICE, .names = peer_versions, .preset = "1",
	      .impact = IMPACT_IKE, .flags = FF_LATER, .help = "IKE version spoken with the peer"),
	FIELD(peer, exchange_mode, "exchange_mode", .kind = F_CHOICE, .names = peer_modes, .preset = "main",
	      .impact = IMPACT_IKE,
	      .help = "Phase 1 mode we start with; as responder we follow the initiator"),
	FIELD(peer, local_address, "local_address", .kind = F_ADDRESS, .syntax = SYN_HOST, .impact = IMPACT_IKE,
	      .help = "Our address towards the peer; empty: the one packets to it leave from"),
	FIELD(peer, local_id_type, "local_id.type", .kind = F_CHOICE, .names = id_types, .preset = "address",
	      .impact = IMPACT_IKE, .help = "Kind of identity we present; main mode with a shared key knows only address"),
	FIELD(peer, local_id_value, "local_id.value", .kind = F_TEXT, .max = 255, .impact = IMPACT_IKE,
	      .help = "Identity we present; empty: our address, or the global local name"),
	FIELD(peer, remote_address, "remote_address", .kind = F_ADDRESS, .syntax = SYN_REMOTE, .impact = IMPACT_IKE,
	      .help = "Where the peer is: an address, a prefix, a range low-high, a host name or any"),
	FIELD(peer, remote_dynamic, "remote_dynamic", .kind = F_FLAG, .preset = "false", .impact = IMPACT_NEXT,
	      .help = "Resolve a host name anew for each negotiation"),
	FIELD(peer, remote_name, "remote_name", .kind = F_TEXT, .max = NAME_MAX_, .impact = IMPACT_IKE,
	      .help = "Name the peer presents where it is known by name; equals its local name"),
	FIELD(peer, remote_id_type, "remote_id.type", .kind = F_CHOICE, .names = id_types, .preset = "address",
	      .impact = IMPACT_IKE, .help = "Kind of identity the peer must present"),
	FIELD(peer, remote_id_value, "remote_id.value", .kind = F_TEXT, .max = 255, .impact = IMPACT_IKE,
	      .help = "Identity the peer must present; empty: the address it is known by"),
	FIELD(peer, auth_local, "auth.local", .kind = F_CHOICE, .names = auths, .preset = "psk",
	      .impact = IMPACT_IKE, .help = "How we prove who we are"),
	FIELD(peer, auth_remote, "auth.remote", .kind = F_CHOICE, .names = auths, .preset = "psk",
	      .impact = IMPACT_IKE, .help = "How the peer must prove who it is"),
	FIELD(peer, psk, "psk", .kind = F_REF, .ref = K_SECRET, .max = NAME_MAX_, .impact = IMPACT_IKE,
	      .help = "Secret that holds the pre-shared key"),
	FIELD(peer, allow_weak_key, "allow_weak_key", .kind = F_FLAG, .preset = "false", .impact = IMPACT_NEXT,
	      .help = "Accept a pre-shared key in aggressive mode that can be guessed in days"),
	FIELD(peer, certificate, "certificate", .kind = F_REF, .ref = K_CERTIFICATE, .max = NAME_MAX_,
	      .impact = IMPACT_IKE, .help = "Certificate we sign with"),
	FIELD(peer, certificate_domain, "certificate_domain", .kind = F_TEXT, .syntax = SYN_NAME, .max = NAME_MAX_,
	      .impact = IMPACT_IKE, .help = "PKI domain whose authorities sign the peer's certificate; empty: every authority"),
	LIST(peer, ike_proposals, ike_proposals_n, "ike_proposals", .kind = F_REF, .ref = K_IKE_PROPOSAL,
	     .max = NAME_MAX_, .impact = IMPACT_IKE,
	     .help = "Proposals we offer as initiator, best first; none: all of the system's by number"),
	FIELD(peer, nat_traversal, "nat_traversal", .kind = F_CHOICE, .names = peer_natts, .preset = "auto",
	      .impact = IMPACT_IKE, .help = "Detect a NAT and go around it, never do, or always encapsulate in UDP"),
	FIELD(peer, nat_keepalive_seconds, "nat_keepalive_seconds", .kind = F_UINT, .min = 5, .max = 300,
	      .flags = FF_ZERO, .help = "Seconds between NAT keepalives while we are behind a NAT; 0: as the global setting"),
	FIELD(peer, dpd, "dpd", .kind = F_REF, .ref = K_DPD_PROFILE, .max = NAME_MAX_,
	      .help = "DPD profile that watches the peer; empty: no dead peer detection"),
	FIELD(peer, keepalive_interval_seconds, "keepalive.interval_seconds", .kind = F_UINT, .min = 20, .max = 28800,
	      .flags = FF_ZERO, .help = "Seconds between the keepalives we send; 0: as the global setting"),
	FIELD(peer, keepalive_timeout_seconds, "keepalive.timeout_seconds", .kind = F_UINT, .min = 20, .max = 28800,
	      .flags = FF_ZERO, .help = "Seconds without a keepalive until the SA is tagged, and again until it ends; 0: as the global setting"),
	FIELD(peer, initial_contact, "initial_contact", .kind = F_FLAG, .preset = "true", .impact = IMPACT_NEXT,
	      .help = "Say INITIAL-CONTACT with our first IKE SA, so that the peer forgets older ones"),
	FIELD(peer, fragmentation, "fragmentation", .kind = F_FLAG, .preset = "false", .impact = IMPACT_NEXT,
	      .help = "Take IKE messages in fragments, and send large ones so to a peer that does"),
	FIELD(peer, unique, "unique", .kind = F_CHOICE, .names = uniques, .preset = "replace", .impact = IMPACT_NEXT,
	      .help = "What a further IKE SA of the same identity does to the older: replace it, be refused, or stand beside it"),
	FIELD(peer, local_subnet_type, "local_subnet_type", .kind = F_CHOICE, .names = subnets, .preset = "single",
	      .impact = IMPACT_CHILD, .flags = FF_LATER, .help = "Our side is one subnet or several; only for NetScreen peers"),
	FIELD(peer, remote_subnet_type, "remote_subnet_type", .kind = F_CHOICE, .names = subnets, .preset = "single",
	      .impact = IMPACT_CHILD, .flags = FF_LATER, .help = "The peer's side is one subnet or several; only for NetScreen peers"),
	FIELD(peer, vpn_instance, "vpn_instance", .kind = F_TEXT, .syntax = SYN_NAME, .max = NAME_MAX_,
	      .impact = IMPACT_IKE, .flags = FF_LATER, .help = "Routing instance the peer is reached in"),
	FIELD(peer, children_follow_delete, "children_follow_delete", .kind = F_FLAG, .preset = "false",
	      .impact = IMPACT_NEXT, .help = "When the peer deletes the IKE SA, its IPsec SAs end too"),
	FIELD(peer, rekey_seconds, "rekey_seconds", .kind = F_UINT, .min = 60, .max = 604800, .impact = IMPACT_NEXT,
	      .flags = FF_ZERO | FF_LATER, .help = "Seconds until the IKE SA gets new keys; 0: by the proposal's lifetime"),
	FIELD(peer, reauth_seconds, "reauth_seconds", .kind = F_UINT, .min = 60, .max = 604800, .impact = IMPACT_NEXT,
	      .flags = FF_ZERO | FF_LATER, .help = "Seconds until both ends must prove again who they are; 0: never by itself"),
	FIELD(peer, start_action, "start_action", .kind = F_CHOICE, .names = start_actions, .preset = "none",
	      .flags = FF_LATER, .help = "When the IKE SA is negotiated without a tunnel that asks for it: never, with traffic, or at once"),
	FIELD(peer, ppk, "ppk", .kind = F_REF, .ref = K_SECRET, .max = NAME_MAX_, .impact = IMPACT_IKE, .flags = FF_LATER,
	      .help = "Secret that holds the post-quantum pre-shared key (RFC 8784)"),
	FIELD(peer, ppk_required, "ppk_required", .kind = F_FLAG, .preset = "false", .impact = IMPACT_IKE,
	      .flags = FF_LATER, .help = "Without a post-quantum pre-shared key on both ends there is no SA"),
	LIST(peer, exceptions, exceptions_n, "exceptions", .kind = F_REF, .ref = K_EXCEPTION, .max = NAME_MAX_,
	     .help = "Exceptions without an object of their own that permit this peer what a rule speaks against"),
	LIST(peer, labels, labels_n, "labels", .kind = F_TEXT, .syntax = SYN_LABEL, .min = 3, .max = LABEL_SIZE - 1,
	     .help = "Labels to choose peers by, each as key=value"),
	{ 0 },
};
/* clang-format on */

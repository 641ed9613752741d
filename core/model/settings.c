/* settings.c - register: members of the system view, of the services, and of secrets
 *
 * One record each; there is always exactly one. Listeners are opened at start, so their members
 * count after a restart. What limits or watches counts at once, what is negotiated counts with
 * the next negotiation.
 *
 * Called by: record.c through kind.def; secret_about by api and core/daemon.  Thread: any.
 * Owns: nothing.
 */
#include "core/model/settings.h"

#include <stdio.h>
#include <string.h>

#include "core/base/bytes.h"
#include "core/base/log.h"
#include "core/base/text.h"

/* clang-format off */
static const struct name planes[] = {
	{ PLANE_AUTO, "auto" }, { PLANE_XFRM, "xfrm" }, { PLANE_USERSPACE, "userspace" },
	{ PLANE_RECORDING, "recording" }, { 0, NULL },
};
static const struct name snmp_modes[] = {
	{ SNMP_OFF, "off" }, { SNMP_STANDALONE, "standalone" }, { SNMP_AGENTX, "agentx" }, { 0, NULL },
};
static const struct name levels[] = {
	{ LOG_ERROR_, "error" }, { LOG_WARN_, "warn" }, { LOG_NOTE_, "note" }, { LOG_INFO_, "info" },
	{ LOG_DEBUG_, "debug" }, { 0, NULL },
};
static const struct name formats[] = {
	{ LOGF_TEXT, "text" }, { LOGF_JSON, "json" }, { 0, NULL },
};
static const struct name secret_types[] = {
	{ SECRET_PSK, "psk" }, { SECRET_PASSPHRASE, "passphrase" }, { SECRET_PPK, "ppk" },
	{ SECRET_XAUTH, "xauth" }, { SECRET_EAP, "eap" }, { SECRET_KEY_PASSPHRASE, "key_passphrase" },
	{ SECRET_IPSEC_KEYS, "ipsec_keys" },
	{ 0, NULL },
};

const struct field settings_ike_fields[] = {
	FIELD(settings_ike, local_name, "local_name", .kind = F_TEXT, .max = NAME_MAX_, .impact = IMPACT_IKE,
	      .help = "Name we present to peers that know us by name and give us none of their own; empty: the host name"),
	FIELD(settings_ike, next_payload_check, "next_payload_check", .kind = F_FLAG, .preset = "true",
	      .help = "Refuse messages whose last payload names a further one"),
	FIELD(settings_ike, comware_default_proposal, "comware_default_proposal", .kind = F_FLAG, .preset = "false",
	      .impact = IMPACT_NEXT, .help = "The built-in proposal is the manual's DES-CBC, SHA-1 and MODP-768, which can be broken"),
	FIELD(settings_ike, nat_keepalive_seconds, "nat_keepalive_seconds", .kind = F_UINT, .min = 5, .max = 300,
	      .preset = "20", .help = "Seconds between NAT keepalives while we are behind a NAT"),
	FIELD(settings_ike, fragment_octets, "fragment_octets", .kind = F_UINT, .min = 256, .max = 1280,
	      .preset = "1280", .help = "Octets of the largest IP packet of IKE to peers that take messages in fragments"),
	FIELD(settings_ike, ask_after_refusal, "ask_after_refusal", .kind = F_FLAG, .preset = "true",
	      .help = "A peer that refuses our proposal or selectors without a reason is asked what it would take; nothing comes up by that"),
	FIELD(settings_ike, exchange_timeout_seconds, "exchange_timeout_seconds", .kind = F_UINT, .min = 10, .max = 600,
	      .preset = "90", .impact = IMPACT_NEXT, .help = "Seconds until an unfinished exchange is given up"),
	FIELD(settings_ike, retransmit_seconds, "retransmit_seconds", .kind = F_UINT, .min = 1, .max = 60,
	      .preset = "2", .impact = IMPACT_NEXT, .help = "Seconds until a message is sent again; each further wait is 1.8 times longer"),
	FIELD(settings_ike, retransmit_tries, "retransmit_tries", .kind = F_UINT, .min = 1, .max = 20,
	      .preset = "5", .impact = IMPACT_NEXT, .help = "How often a message is sent again before the peer counts as silent"),
	FIELD(settings_ike, half_open_limit, "half_open_limit", .kind = F_UINT, .min = 64, .max = 1048576,
	      .preset = "32768", .help = "Callers we remember that sent a first message and nothing more"),
	FIELD(settings_ike, half_open_per_address, "half_open_per_address", .kind = F_UINT, .min = 1, .max = 1024,
	      .preset = "8", .help = "How many of them may come from one address that is no configured peer's"),
	{ 0 },
};

const struct field settings_keepalive_fields[] = {
	FIELD(settings_keepalive, interval_seconds, "interval_seconds", .kind = F_UINT, .min = 20, .max = 28800,
	      .flags = FF_ZERO, .help = "Seconds between the keepalives we send over each IKE SA; 0: none"),
	FIELD(settings_keepalive, timeout_seconds, "timeout_seconds", .kind = F_UINT, .min = 20, .max = 28800,
	      .flags = FF_ZERO, .help = "Seconds without a keepalive until an IKE SA is tagged, and again until it ends; 0: no supervision"),
	FIELD(settings_keepalive, tag_first, "tag_first", .kind = F_FLAG, .preset = "true",
	      .help = "The first timeout only tags the SA; off: it ends at once"),
	FIELD(settings_keepalive, notify_type, "notify_type", .kind = F_UINT, .min = 32768, .max = 40959,
	      .preset = "40503", .help = "Notify number that our keepalives carry; both ends must agree"),
	{ 0 },
};

const struct field settings_ipsec_fields[] = {
	FIELD(settings_ipsec, lifetime_seconds, "lifetime_seconds", .kind = F_UINT, .min = 180, .max = 604800,
	      .preset = "3600", .impact = IMPACT_NEXT, .help = "Lifetime of IPsec SAs in seconds where nothing else is said"),
	FIELD(settings_ipsec, lifetime_kilobytes, "lifetime_kilobytes", .kind = F_UINT, .min = 2560, .max = 4294967295,
	      .preset = "1843200", .impact = IMPACT_NEXT, .help = "Lifetime of IPsec SAs in kilobytes where nothing else is said"),
	FIELD(settings_ipsec, anti_replay, "anti_replay", .kind = F_FLAG, .preset = "true", .impact = IMPACT_NEXT,
	      .help = "Drop packets that came before or are too old"),
	FIELD(settings_ipsec, anti_replay_window, "anti_replay_window", .kind = F_UINT, .min = 32, .max = 1024,
	      .preset = "32", .impact = IMPACT_NEXT, .help = "How many packets late a packet may come: 32, 64, 128, 256, 512 or 1024"),
	FIELD(settings_ipsec, session_idle_seconds, "session_idle_seconds", .kind = F_UINT, .min = 60, .max = 3600,
	      .preset = "300", .help = "Seconds without a packet after which an IPsec session (a five-tuple and its tunnel) is forgotten; the kernel's data plane keeps none"),
	FIELD(settings_ipsec, sa_idle_seconds, "sa_idle_seconds", .kind = F_UINT, .min = 60, .max = 86400, .flags = FF_ZERO,
	      .help = "Seconds without traffic after which IPsec SAs are deleted, where the tunnel says nothing; 0: never"),
	FIELD(settings_ipsec, decrypt_check, "decrypt_check", .kind = F_FLAG, .preset = "true", .impact = IMPACT_NEXT,
	      .help = "Drop packets that come out of a tunnel and do not fit its traffic selectors; the kernel's data plane does so always"),
	FIELD(settings_ipsec, invalid_spi_recovery, "invalid_spi_recovery", .kind = F_FLAG, .preset = "false",
	      .help = "Tell a peer over its IKE SA that it sends with an SPI we do not know; the kernel's data plane notices none"),
	FIELD(settings_ipsec, data_plane, "data_plane", .kind = F_CHOICE, .names = planes, .preset = "auto",
	      .flags = FF_RESTART, .help = "Who moves the packets: the kernel, this process, nobody, or what fits the machine"),
	{ 0 },
};

const struct field settings_api_fields[] = {
	FIELD(settings_api, listen_address, "listen_address", .kind = F_ADDRESS, .syntax = SYN_HOST, .min = 1,
	      .preset = "127.0.0.1", .flags = FF_RESTART, .help = "Address the API and the web UI listen on"),
	FIELD(settings_api, port, "port", .kind = F_UINT, .min = 1, .max = 65535, .preset = "8443",
	      .flags = FF_RESTART, .help = "TCP port the API and the web UI listen on"),
	LIST(settings_api, hosts, hosts_n, "hosts", .kind = F_TEXT, .min = 1, .max = 127,
	     .help = "Further names that browsers may reach us by"),
	FIELD(settings_api, session_idle_seconds, "session_idle_seconds", .kind = F_UINT, .min = 60, .max = 86400,
	      .preset = "1800", .help = "Seconds until an idle session of the web UI ends"),
	FIELD(settings_api, session_limit_seconds, "session_limit_seconds", .kind = F_UINT, .min = 300, .max = 604800,
	      .preset = "43200", .help = "Seconds until any session of the web UI ends"),
	FIELD(settings_api, bulk_body_mebibytes, "bulk_body_mebibytes", .kind = F_UINT, .min = 1, .max = 1024,
	      .preset = "64", .help = "Size of a body that carries many records: an import, or the whole configuration"),
	{ 0 },
};

const struct field settings_snmp_fields[] = {
	FIELD(settings_snmp, mode, "mode", .kind = F_CHOICE, .names = snmp_modes, .preset = "off",
	      .help = "No SNMP, an agent of our own, or a part of the system's agent"),
	FIELD(settings_snmp, listen_address, "listen_address", .kind = F_ADDRESS, .syntax = SYN_HOST, .min = 1,
	      .preset = "127.0.0.1", .help = "Address our own agent listens on"),
	FIELD(settings_snmp, port, "port", .kind = F_UINT, .min = 1, .max = 65535, .preset = "1161",
	      .help = "UDP port our own agent listens on"),
	FIELD(settings_snmp, agentx_socket, "agentx_socket", .kind = F_TEXT, .min = 1, .max = 107,
	      .preset = "/var/agentx/master", .help = "Socket of the system's agent"),
	FIELD(settings_snmp, user, "user", .kind = F_TEXT, .max = NAME_MAX_,
	      .help = "SNMPv3 user that may read, with SHA-256 and AES"),
	FIELD(settings_snmp, auth_secret, "auth_secret", .kind = F_REF, .ref = K_SECRET, .max = NAME_MAX_,
	      .help = "Secret with the user's authentication passphrase"),
	FIELD(settings_snmp, priv_secret, "priv_secret", .kind = F_REF, .ref = K_SECRET, .max = NAME_MAX_,
	      .help = "Secret with the user's privacy passphrase"),
	LIST(settings_snmp, trap_targets, trap_targets_n, "trap_targets", .kind = F_ADDRESS, .syntax = SYN_ENDPOINT,
	     .help = "Where notifications are sent, as 192.0.2.1 or 192.0.2.1:162"),
	FIELD(settings_snmp, trap_informs, "trap_informs", .kind = F_FLAG, .preset = "false",
	      .help = "Send notifications as informs, again until the target confirms them; of our own agent"),
	FIELD(settings_snmp, notify, "notify", .kind = F_UINT, .preset = "15238", .flags = FF_HEX,
	      .help = "Mask of the notifications that are sent, bit n for number n in the MIB; those of single SAs are off unless asked for"),
	FIELD(settings_snmp, hh3c_ike, "hh3c_ike", .kind = F_FLAG, .preset = "false",
	      .help = "Also answer as HH3C-IKE-MONITOR-MIB, to read only"),
	FIELD(settings_snmp, hh3c_ipsec, "hh3c_ipsec", .kind = F_FLAG, .preset = "false",
	      .help = "Also answer as HH3C-IPSEC-MONITOR-MIB and its older editions, to read only"),
	FIELD(settings_snmp, hh3c_ipsec_v2, "hh3c_ipsec_v2", .kind = F_FLAG, .preset = "false",
	      .help = "Also answer as HH3C-IPSEC-MONITOR-V2-MIB, to read only"),
	FIELD(settings_snmp, cisco_flow, "cisco_flow", .kind = F_FLAG, .preset = "false",
	      .help = "Also answer as the polled part of CISCO-IPSEC-FLOW-MONITOR-MIB, to read only"),
	FIELD(settings_snmp, hh3c_ike_notify, "hh3c_ike_notify", .kind = F_UINT, .preset = "0", .flags = FF_HEX,
	      .help = "Mask of the notifications of HH3C-IKE-MONITOR-MIB that are sent too, while that is on; bit n for number n in it"),
	FIELD(settings_snmp, hh3c_ipsec_notify, "hh3c_ipsec_notify", .kind = F_UINT, .preset = "0", .flags = FF_HEX,
	      .help = "The same for HH3C-IPSEC-MONITOR-MIB"),
	FIELD(settings_snmp, hh3c_ipsec_v2_notify, "hh3c_ipsec_v2_notify", .kind = F_UINT, .preset = "0", .flags = FF_HEX,
	      .help = "The same for HH3C-IPSEC-MONITOR-V2-MIB"),
	FIELD(settings_snmp, cisco_flow_notify, "cisco_flow_notify", .kind = F_UINT, .preset = "0", .flags = FF_HEX,
	      .help = "The same for CISCO-IPSEC-FLOW-MONITOR-MIB"),
	{ 0 },
};

const struct field settings_logging_fields[] = {
	FIELD(settings_logging, level, "level", .kind = F_CHOICE, .names = levels, .preset = "info",
	      .help = "Least severity that is logged"),
	FIELD(settings_logging, ike_level, "ike_level", .kind = F_CHOICE, .names = levels, .preset = "info",
	      .help = "Least severity that is logged of negotiations"),
	FIELD(settings_logging, format, "format", .kind = F_CHOICE, .names = formats, .preset = "text",
	      .flags = FF_RESTART, .help = "Lines for people, or JSON for collectors"),
	FIELD(settings_logging, negotiations_kept, "negotiations_kept", .kind = F_UINT, .min = 100, .max = 200000,
	      .preset = "20000", .help = "Negotiations that are kept; the oldest go first"),
	FIELD(settings_logging, strangers_kept, "strangers_kept", .kind = F_UINT, .max = 20000,
	      .preset = "2000", .help = "Of them those with callers that are no peer of ours"),
	FIELD(settings_logging, negotiations_days, "negotiations_days", .kind = F_UINT, .min = 1, .max = 3650,
	      .preset = "90", .help = "Days after which a negotiation is forgotten"),
	FIELD(settings_logging, replaced_kept, "replaced_kept", .kind = F_UINT, .max = 1000000, .preset = "50000",
	      .help = "Records kept as they were before a change, with their sealed secrets, to go back to; the last change can always be taken back"),
	FIELD(settings_logging, replaced_days, "replaced_days", .kind = F_UINT, .max = 3650, .preset = "365",
	      .help = "Days after which what a record was, a replaced secret too, is forgotten"),
	{ 0 },
};

const struct field secret_fields[] = {
	FIELD(secret, r.name, "name", .kind = F_TEXT, .syntax = SYN_NAME, .min = 1, .max = NAME_MAX_,
	      .flags = FF_KEY, .help = "Name of the secret"),
	FIELD(secret, description, "description", .kind = F_TEXT, .max = 127,
	      .help = "What the secret is for; never the secret itself"),
	FIELD(secret, type, "type", .kind = F_CHOICE, .names = secret_types, .preset = "psk",
	      .help = "What it is for; pre-shared keys, keys of manual tunnels and the passphrases of services are used in this release"),
	FIELD(secret, value, "value", .kind = F_SECRET, .min = 1, .max = 200, .impact = IMPACT_IKE,
	      .help = "The secret; written, never read back"),
	FIELD(secret, previous, "previous.value", .kind = F_SECRET, .flags = FF_READ_ONLY,
	      .help = "The value before it was rotated: peers may prove either of the two until the overlap ends"),
	FIELD(secret, previous_until_s, "previous.until", .kind = F_UINT, .flags = FF_READ_ONLY | FF_TIME,
	      .help = "When the previous value ends; null: nothing is being rotated"),
	FIELD(secret, strength_bits, "strength_bits", .kind = F_UINT, .max = 9999, .flags = FF_READ_ONLY,
	      .help = "About how many bits a guesser has to guess; 0: not known, write the value again"),
	{ 0 },
};
/* clang-format on */

bool secret_overlaps(const struct secret *s, int64_t now_s)
{
	return s->value.n && s->previous.n && (int64_t)s->previous_until_s > now_s;
}

void secret_before(const struct secret *s, struct secret *ret)
{
	*ret = *s;
	ret->value = s->previous;
}

void secret_finish(struct secret *s)
{
	s->previous = (struct sealed){ 0 };
	s->previous_until_s = 0;
}

bool sealed_equal(const struct sealed *a, const struct sealed *b)
{
	if (!a->n || !b->n)
		return a->n == b->n;
	if (*a->fingerprint && *b->fingerprint)
		return strcmp(a->fingerprint, b->fingerprint) == 0;
	return slice_equal(slice(a->at, a->n), slice(b->at, b->n));
}

char *secret_about(const char *name, char *ret)
{
	snprintf(ret, SECRET_ABOUT, "secrets/%s", name);
	return ret;
}

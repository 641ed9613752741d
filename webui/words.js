// words.js - the texts and tables of the pages, in English
//
// What the registers know (help, limits, rules, choices) comes from /api/v1/schema; here is
// only what a page adds: labels, groups, marks. A member without a row here still gets its
// field, with its name made readable.
// Used by: every page. Keeps: nothing.

import { tx } from "./tongue.js";

// state: colour, glyph, word
export const states = {
	up: ["up", "●", "up"],
	established: ["up", "●", "established"],
	partial: ["warn", "◐", "partly up"],
	connecting: ["busy", "◌", "connecting"],
	negotiating: ["busy", "◌", "negotiating"],
	rekeying: ["busy", "↻", "rekeying"],
	deleting: ["busy", "⊖", "deleting"],
	expired: ["warn", "◷", "expired"],
	timeout: ["warn", "◷", "timeout"],
	backoff: ["warn", "◷", "waits to retry"],
	waiting: ["off", "○", "waiting"],
	down: ["off", "○", "down"],
	failed: ["bad", "✖", "failed"],
	disabled: ["off", "–", "disabled"],
};

export const verdicts = {
	running: ["busy", "◌", "running"],
	up: ["up", "●", "up"],
	failed: ["bad", "✖", "failed"],
};

export const results = {
	would_delete: ["warn", "▲", "would be deleted"],
	deleted: ["note", "⊖", "deleted"],
	force_deleted: ["warn", "⊖", "deleted without notice"],
	reestablished: ["up", "●", "up again"],
	failed: ["bad", "✖", "failed"],
};

export const impacts = {
	none: ["off", "at once", "Counts at once; no SA is touched"],
	next_negotiation: ["off", "next negotiation", "Counts from the next negotiation on; no SA is touched"],
	reset_child: ["warn", "resets IPsec SAs", "The IPsec SAs built from it must be negotiated again"],
	reset_ike: ["warn", "resets IKE SA", "The IKE SA and its IPsec SAs must be negotiated again"],
};

// The pages of the menu: [hash, label, group, the role it takes].
export const pages = [
	["", "Dashboard", "Watch"],
	["negotiations", "Negotiations", "Watch"],
	["events", "Events", "Watch"],
	["peers", "Peers", "Configure"],
	["tunnels", "Tunnels", "Configure"],
	["ike-proposals", "IKE proposals", "Configure"],
	["ipsec-proposals", "IPsec proposals", "Configure"],
	["timers", "Timers and DPD", "Configure"],
	["dpd-profiles", "DPD profiles", "Configure"],
	["secrets", "Secrets", "Configure"],
	["certificates", "Certificates", "Configure"],
	["authorities", "Authorities", "Configure"],
	["private-keys", "Private keys", "Configure"],
	["webhooks", "Webhooks", "Configure"],
	["exceptions", "Exceptions", "Configure"],
	["settings", "Settings", "Configure"],
	["import", "Import", "Configure"],
	["changes", "Changes", "Configure"],
	["snmp", "SNMP", "Services"],
	["howto", "API", "Services"],
	["access", "Users and tokens", "Services", "admin"],
	["audit", "Audit log", "Services", "admin"],
	["backup", "Backup and restore", "Services", "admin"],
];

// Kinds of records: title, one, what it is, columns of its list, groups of its form.
export const kinds = {
	peers: {
		title: "Peers",
		one: "peer",
		about: "The gateways at the other ends: who they are and how phase 1 is negotiated with them.",
		columns: ["enabled", "exchange_mode", "remote_address", "ike_proposals", "psk"],
		groups: {
			Who: [
				"name",
				"enabled",
				"description",
				"remote_address",
				"remote_dynamic",
				"remote_name",
				"labels",
				"remote_id.type",
				"remote_id.value",
				"local_address",
				"local_id.type",
				"local_id.value",
			],
			How: [
				"ike_version",
				"exchange_mode",
				"auth.local",
				"auth.remote",
				"psk",
				"certificate",
				"ike_proposals",
				"initial_contact",
				"unique",
				"start_action",
				"rekey_seconds",
				"reauth_seconds",
				"ppk",
				"ppk_required",
				"exceptions",
				"children_follow_delete",
			],
			"NAT and liveness": [
				"nat_traversal",
				"nat_keepalive_seconds",
				"dpd",
				"keepalive.interval_seconds",
				"keepalive.timeout_seconds",
			],
		},
	},
	tunnels: {
		title: "Tunnels",
		one: "tunnel",
		about: "Which traffic goes to which peer, and how it is protected there (phase 2).",
		columns: ["enabled", "peer", "local_ts", "remote_ts", "ipsec_proposals", "start_action"],
		groups: {
			Traffic: [
				"name",
				"enabled",
				"description",
				"peer",
				"local_ts",
				"remote_ts",
				"mode",
				"sequence",
				"aggregation",
				"ts_expand",
				"interface",
				"if_id",
				"mark",
				"reverse_route",
			],
			Protection: [
				"ipsec_proposals",
				"lifetime_seconds",
				"lifetime_kilobytes",
				"rekey_seconds",
				"rekey_kilobytes",
				"sha2_256_truncation_96",
				"data_plane",
			],
			"Start and end": ["start_action", "close_action", "dpd_action", "from_template"],
		},
	},
	"ike-proposals": {
		title: "IKE proposals",
		one: "IKE proposal",
		about: "Algorithms of phase 1. A peer offers its own in order; as responder the system's are matched by number, the smallest first.",
		columns: [
			"number",
			"encryption_algorithm",
			"key_length",
			"integrity_algorithm",
			"dh_group",
			"lifetime_seconds",
			"system",
		],
		groups: {
			Proposal: ["name", "number", "description", "system"],
			Algorithms: [
				"ike_version",
				"authentication_method",
				"encryption_algorithm",
				"key_length",
				"integrity_algorithm",
				"prf_algorithm",
				"dh_group",
				"additional_key_exchanges",
				"allow_weak",
				"lifetime_seconds",
			],
		},
	},
	"ipsec-proposals": {
		title: "IPsec proposals",
		one: "IPsec proposal",
		about: "Algorithms and lifetimes of phase 2: how the traffic of a tunnel is protected.",
		columns: ["protocol", "encryption_algorithm", "key_length", "integrity_algorithm", "pfs_group"],
		groups: {
			Proposal: ["name", "description", "protocol"],
			Algorithms: [
				"encryption_algorithm",
				"key_length",
				"integrity_algorithm",
				"pfs_group",
				"esn",
				"allow_weak",
			],
			Lifetime: ["lifetime_seconds", "lifetime_kilobytes"],
		},
	},
	"dpd-profiles": {
		title: "DPD profiles",
		one: "DPD profile",
		about: "How dead peers are noticed.",
		columns: ["mode", "interval_seconds", "retry_seconds", "max_failures", "action"],
		groups: {},
	},
	secrets: {
		title: "Secrets",
		one: "secret",
		about: "Pre-shared keys and passphrases. Written, never read back; the fingerprint tells whether two are the same.",
		columns: ["type", "value", "description"],
		groups: { Secret: ["name", "type", "value", "description"] },
	},
	certificates: {
		title: "Certificates",
		one: "certificate",
		about: "What this gateway proves itself with. Ours first, then intermediate ones.",
		columns: ["subject", "bits", "not_after", "private_key"],
		groups: { Certificate: ["name", "description", "pem", "private_key"] },
	},
	authorities: {
		title: "Authorities",
		one: "authority",
		about: "Whose signatures are trusted under the certificates of peers, by domain.",
		columns: ["domain", "subject", "not_after"],
		groups: { Authority: ["name", "description", "domain", "pem", "crl"] },
	},
	"private-keys": {
		title: "Private keys",
		one: "private key",
		about: "Keys of our certificates. Written, never read back.",
		columns: ["bits", "value", "description"],
		groups: { Key: ["name", "description", "value"] },
	},
	webhooks: {
		title: "Webhooks",
		one: "webhook",
		about: "Who is told of events by an HTTP POST, signed with a secret.",
		columns: ["enabled", "url", "events"],
		groups: { Webhook: ["name", "description", "enabled", "url", "secret", "events", "allow_link_local"] },
	},
	exceptions: {
		title: "Exceptions",
		one: "exception",
		about: "What is permitted although a rule speaks against it: by whom, why, until when.",
		columns: ["kind", "object", "owner", "expires_at", "reason"],
		groups: { Exception: ["name", "kind", "object", "owner", "reason", "expires_at"] },
	},
	"settings/ike": { title: "IKE", one: "IKE settings", groups: {} },
	"settings/keepalive": { title: "Keepalive", one: "keepalive settings", groups: {} },
	"settings/ipsec": { title: "IPsec", one: "IPsec settings", groups: {} },
	"settings/api": { title: "REST and web", one: "REST settings", groups: {} },
	"settings/snmp": { title: "SNMP", one: "SNMP settings", groups: {} },
	"settings/logging": { title: "Logging", one: "logging settings", groups: {} },
};

export { label } from "./labels.js";

// The tables above, in today's language.
for (const table of [states, verdicts, results]) for (const row of Object.values(table)) row[2] = tx(row[2]);
for (const row of Object.values(impacts)) row.splice(1, 2, tx(row[1]), tx(row[2]));
for (const row of pages) row.splice(1, 2, tx(row[1]), tx(row[2]));
for (const kind of Object.values(kinds))
	for (const k of ["title", "one", "about"]) if (kind[k]) kind[k] = tx(kind[k]);

// labels.js - what a member is called on a page, made from its name
//
// Used by: words.js, which gives it on. Keeps: nothing.

import { memberLabel, tx } from "./tongue.js";

const special = {
	psk: "Pre-shared key",
	ppk: "Post-quantum pre-shared key",
	if_id: "XFRM interface number",
	ts_expand: "Expand selectors",
	dpd: "DPD profile",
	local_ts: "Local selectors",
	remote_ts: "Remote selectors",
	"auth.local": "We prove ourselves by",
	"auth.remote": "The peer proves itself by",
	ike_proposals: "IKE proposals",
	ipsec_proposals: "IPsec proposals",
	esn: "Extended sequence numbers",
};
const acronyms = {
	id: "identity",
	ike: "IKE",
	ipsec: "IPsec",
	psk: "PSK",
	ppk: "PPK",
	prf: "PRF",
	dh: "DH",
	pfs: "PFS",
	nat: "NAT",
	dpd: "DPD",
	snmp: "SNMP",
	api: "API",
	vpn: "VPN",
	spi: "SPI",
	sha2: "SHA-2",
	esp: "ESP",
	agentx: "AgentX",
	seconds: "(seconds)",
	kilobytes: "(kB)",
};

// "local_id.value" -> "Local identity value"
export function label(name) {
	const own = memberLabel(name);
	if (own) return own;
	if (special[name]) return tx(special[name]);
	const words = name
		.split(/[._]/)
		.map((w) => acronyms[w] ?? w)
		.join(" ");
	return tx(words[0].toUpperCase() + words.slice(1));
}

// samples.mjs - a good record of every kind, and small helpers to write them
export const samples = {
	"secrets": { name: "s1", type: "psk", value: "correct horse battery" },
	"private-keys": { name: "k1", value: "-----BEGIN PRIVATE KEY-----\nnever to be seen again\n-----END PRIVATE KEY-----\n" },
	"certificates": { name: "c1", pem: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", private_key: "k1" },
	"authorities": { name: "a1", domain: "field", pem: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" },
	"webhooks": { name: "w1", url: "https://hooks.example.com/x", secret: "s1", events: ["config"], enabled: false },
	"exceptions": { name: "x1", kind: "weak_key", object: "", owner: "netops", reason: "the partner's gateway takes no longer key", expires_at: "2099-12-31T00:00:00Z" },
	"ike-proposals": { name: "i1", number: 10, encryption_algorithm: "aes-cbc", key_length: 256, integrity_algorithm: "sha256", dh_group: "ecp256" },
	"ipsec-proposals": { name: "e1", encryption_algorithm: "aes-gcm", key_length: 256, integrity_algorithm: "none", pfs_group: "ecp256" },
	"dpd-profiles": { name: "d1", interval_seconds: 30, retry_seconds: 5, max_failures: 3 },
	"peers": { name: "p1", remote_address: "192.0.2.2", psk: "s1", ike_proposals: ["i1"] },
	"tunnels": { name: "t1", peer: "p1", local_ts: ["10.1.0.0/24"], remote_ts: ["10.2.0.0/24"], ipsec_proposals: ["e1"] },
};

export const collections = Object.keys(samples);

// In this order each finds what it refers to.
export async function fill(d, o) {
	for (const [path, body] of Object.entries(samples)) {
		const a = await d.api("PUT", `/${path}/${body.name}`, { ...o, body, headers: { "If-Match": "*" } });
		if (a.status !== 201 && a.status !== 200)
			throw new Error(`PUT /${path}/${body.name}: ${a.status} ${a.text}`);
	}
}

export const revision = async (d) => (await d.api("GET", "/health")).json.revision;

// What a value is at a dotted name: {"local_id": {"type": v}}.
export function at(name, v) {
	const [first, ...rest] = name.split(".");
	return { [first]: rest.length ? at(rest.join("."), v) : v };
}

export function get(o, name) {
	return name.split(".").reduce((x, w) => x?.[w], o);
}

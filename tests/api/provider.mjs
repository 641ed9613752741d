// provider.mjs - what a Terraform provider does, end to end: create, read, update, a plan without
// a difference, import, drift, delete. The class below is all a provider needs to know of us.
import { at, collections, get } from "./samples.mjs";
import { tokens } from "./lib.mjs";

// Resource data is the record as it was wished; state is what was read back, with its ETag.
class Provider {
	constructor(daemon, token) {
		this.daemon = daemon;
		this.token = token;
	}
	async configure() { // types, computed and write-only members, what a change replaces
		const a = await this.call("GET", "/schema");
		this.kinds = a.json.kinds;
	}
	call(method, path, body, headers) {
		return this.daemon.api(method, path, { token: this.token, body, headers });
	}
	members(kind) {
		return this.kinds[kind].members;
	}
	async read(kind, name) { // null: it is gone, plan to create it
		const a = await this.call("GET", `/${kind}/${name}`);
		if (a.status === 404)
			return null;
		if (a.status !== 200)
			throw new Error(`${a.status} ${a.text}`);
		return { etag: a.headers.etag, values: a.json };
	}
	// Idempotent: a lost answer may be sent again.
	async create(kind, data) {
		return this.written(await this.call("PUT", `/${kind}/${data.name}`, data, { "If-None-Match": "*" }));
	}
	async update(kind, state, data) {
		return this.written(await this.call("PUT", `/${kind}/${data.name}`, data, { "If-Match": state.etag }));
	}
	async remove(kind, state) {
		const a = await this.call("DELETE", `/${kind}/${state.values.name}`, undefined, { "If-Match": state.etag });
		return a.status === 204 || a.status === 200 || a.status === 404 ? null : a;
	}
	written(a) {
		if (a.status !== 200 && a.status !== 201)
			return { problem: a.json, status: a.status };
		const { warnings, impact, ...values } = a.json;
		return { etag: a.headers.etag, values, warnings };
	}
	// Names of members that differ between what is wished and what is there.
	plan(kind, state, data) {
		if (!state)
			return ["+"];
		return this.members(kind).filter((m) => !m.flags.includes("read_only") && m.kind !== "secret" && get(data, m.name) !== undefined)
			.filter((m) => JSON.stringify(get(data, m.name)) !== JSON.stringify(get(state.values, m.name))).map((m) => m.name);
	}
	// What the daemon thinks of it before it is done: faults are those of the apply.
	async validate(kind, data) {
		const a = await this.call("PUT", `/${kind}/${data.name}?dry_run=true`, data, { "If-Match": "*" });
		return a.json;
	}
}

const wishes = {
	secrets: { name: "tf-key", type: "psk", value: "a key that comes from elsewhere" },
	"dpd-profiles": { name: "tf-dpd", interval_seconds: 30, retry_seconds: 5 },
	"ike-proposals": { name: "tf-ike", number: 900, encryption_algorithm: "aes-cbc", key_length: 256, integrity_algorithm: "sha256", dh_group: "ecp256" },
	"ipsec-proposals": { name: "tf-esp", encryption_algorithm: "aes-gcm", key_length: 256, integrity_algorithm: "none" },
	peers: { name: "tf-peer", remote_address: "192.0.2.77", psk: "tf-key", ike_proposals: ["tf-ike"], dpd: "tf-dpd", labels: ["site=north"] },
	tunnels: { name: "tf-net", peer: "tf-peer", local_ts: ["10.1.0.0/24"], remote_ts: ["10.77.0.0/24"], ipsec_proposals: ["tf-esp"] },
	webhooks: { name: "tf-hook", url: "https://hooks.example.com/tf", events: ["config"] },
};

export async function suite(t) {
	const all = await tokens(t.daemon);
	const p = new Provider(t.daemon, all.admin.token);
	const states = {};

	await p.configure();
	for (const kind of Object.keys(wishes))
		t.check(collections.includes(kind) && p.members(kind).length > 2, `${kind} is a kind with members`);
	await create(t, p, states);
	await unchanged(t, p, states);
	await update(t, p, states);
	await drift(t, p, states);
	await imported(t, p);
	await refused(t, p, states);
	await destroy(t, p, states);
}

async function create(t, p, states) {
	for (const [kind, data] of Object.entries(wishes)) {
		t.is(p.plan(kind, await p.read(kind, data.name), data).join(), "+", `${kind}: a plan to make it`);
		states[kind] = await p.create(kind, data);
		t.check(states[kind].etag, `${kind} is made: ${JSON.stringify(states[kind].problem)}`);
		const again = await p.create(kind, data);
		t.is(again.status, 412, `${kind}: nobody makes it twice`);
	}
}

// After an apply there is nothing to do, and a refresh changes nothing in the state.
async function unchanged(t, p, states) {
	const before = (await p.call("GET", "/health")).json.revision;
	for (const [kind, data] of Object.entries(wishes)) {
		const now = await p.read(kind, data.name);
		t.is(p.plan(kind, now, data).join(), "", `${kind}: no difference`);
		t.is(now.etag, states[kind].etag, `${kind}: the same ETag`);
		t.is(JSON.stringify(now.values), JSON.stringify(states[kind].values), `${kind}: what was answered is what is read`);
	}
	const secret = await p.read("secrets", "tf-key");
	t.check(secret.values.value_set === true && /^[0-9a-f]{16}$/.test(secret.values.fingerprint), "a secret is told by its fingerprint");
	t.check(!JSON.stringify(secret).includes(wishes.secrets.value), "and never read");
	t.is((await p.call("GET", "/health")).json.revision, before, "looking is no change");
}

async function update(t, p, states) {
	const data = { ...wishes.tunnels, remote_ts: ["10.78.0.0/24"] };
	t.is(p.plan("tunnels", states.tunnels, data).join(), "remote_ts", "one member differs");
	const dry = await p.validate("tunnels", data);
	t.check(dry.valid && dry.changes.length === 1 && dry.changes[0].member === "remote_ts", "the daemon's plan is ours");
	states.tunnels = await p.update("tunnels", states.tunnels, data);
	t.is(p.plan("tunnels", await p.read("tunnels", "tf-net"), data).join(), "", "done");
	const key = await p.update("secrets", states.secrets, { ...wishes.secrets, value: "another key than before" });
	t.check(key.values.fingerprint !== states.secrets.values.fingerprint, "a new value, a new fingerprint");
	states.secrets = key;
	wishes.tunnels = data;
}

// Somebody else changes, or deletes.
async function drift(t, p, states) {
	const other = await p.call("PATCH", "/peers/tf-peer", { remote_address: "192.0.2.78" }, { "If-Match": "*" });
	t.is(other.status, 200, "somebody else changes it");
	const stale = await p.update("peers", states.peers, wishes.peers);
	t.is(stale.status, 412, "an update of what was not read is refused");
	const now = await p.read("peers", "tf-peer");
	t.is(p.plan("peers", now, wishes.peers).join(), "remote_address", "a refresh sees it");
	states.peers = await p.update("peers", now, wishes.peers);
	t.is(p.plan("peers", await p.read("peers", "tf-peer"), wishes.peers).join(), "", "and an apply puts it right");
	await p.call("DELETE", "/webhooks/tf-hook", undefined, { "If-Match": "*" });
	t.is(await p.read("webhooks", "tf-hook"), null, "gone is null");
	states.webhooks = await p.create("webhooks", wishes.webhooks);
	t.check(states.webhooks.etag, "and made anew");
}

// What was made by hand comes into the state by its name, with every member.
async function imported(t, p) {
	await p.call("POST", "/dpd-profiles", { name: "by-hand", interval_seconds: 77 });
	const s = await p.read("dpd-profiles", "by-hand");
	const data = Object.assign({}, ...p.members("dpd-profiles").filter((m) => !m.flags.includes("read_only"))
		.map((m) => at(m.name, get(s.values, m.name))));
	t.is(p.plan("dpd-profiles", s, data).join(), "", "an import needs no apply");
	const same = await p.update("dpd-profiles", s, data);
	t.is(same.values.interval_seconds, 77, "and an apply changes nothing");
	t.is(await p.remove("dpd-profiles", same), null, "it can go");
}

async function refused(t, p, states) {
	const dry = await p.validate("peers", { ...wishes.peers, remote_address: "0.0.0.0/0", psk: "nobody" });
	t.is(dry.valid, false, "a plan that would fail fails as a plan");
	t.check(dry.errors.every((e) => e.rule && e.message && e.pointer.startsWith("/")), "each fault is an attribute's diagnostic");
	const used = await p.remove("secrets", states.secrets);
	t.is(used?.status, 409, "what is used stays");
	t.check(used?.json.referrers.some((r) => r.name === "tf-peer"), "and says by whom");
}

async function destroy(t, p, states) {
	for (const kind of Object.keys(wishes).reverse()) {
		const now = await p.read(kind, wishes[kind].name);
		t.is(await p.remove(kind, now), null, `${kind}: deleted`);
		t.is(await p.read(kind, wishes[kind].name), null, `${kind}: gone`);
		t.is(await p.remove(kind, { values: now.values, etag: "*" }), null, `${kind}: deleting twice is fine`);
	}
	t.check(Object.keys(states).length === Object.keys(wishes).length, "all of it");
}

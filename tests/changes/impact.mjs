// impact.mjs - the SAs a preview announces are the SAs that are reset, and no other, whatever the edit
import { until } from "./gateways.mjs";

export const spokes = 2;

// Small and repeatable (mulberry32).
function dice(seed) {
	let a = seed >>> 0;
	return (n) => {
		a = (a + 0x6d2b79f5) >>> 0;
		let x = Math.imul(a ^ (a >>> 15), 1 | a);
		x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
		return ((x ^ (x >>> 14)) >>> 0) % n;
	};
}

// Edits of which the other end need not know, so that tunnels come back.
function edits(roll, lab) {
	const list = [];
	for (let n = 1 + roll(3); n > 0; n--) {
		const s = lab.spokes[roll(lab.spokes.length)].name;
		const k = roll(2);
		const all = [
			{ op: "merge", path: `/peers/${s}`, value: { description: `round ${roll(1000)}` } },
			{ op: "merge", path: `/tunnels/${s}-${k}`, value: { description: `round ${roll(1000)}` } },
			{ op: "merge", path: `/tunnels/${s}-${k}`, value: { enabled: roll(4) > 0 } },
			{ op: "merge", path: `/peers/${s}`, value: { enabled: roll(4) > 0 } },
			{ op: "replace", path: "/ipsec-proposals/esp/lifetime_seconds", value: 3600 + roll(4) * 60 },
			{ op: "merge", path: "/settings/ike", value: { retransmit_seconds: 4 + roll(3) } },
			{ op: "merge", path: `/secrets/${s}`, value: { value: `between hub and ${s}` } },
			{ op: "merge", path: `/peers/${s}`, value: { exchange_mode: "main", nat_traversal: ["auto", "off"][roll(2)] } },
			// shared: both peers' tunnels use it
			{ op: "merge", path: "/ipsec-proposals/esp", value: { key_length: [128, 256][roll(2)] } },
			{ op: "merge", path: "/ipsec-proposals/esp", value: { pfs_group: ["none", "ecp256"][roll(2)] } },
			{ op: "replace", path: `/tunnels/${s}-${k}/ipsec_proposals`, value: [["esp"], ["own"]][roll(2)] },
			{ op: "merge", path: "/ipsec-proposals/own", value: { key_length: [128, 256][roll(2)] } },
			{ op: "merge", path: "/settings/keepalive", value: { interval_seconds: 20 + roll(3), timeout_seconds: 0 } },
		];
		list.push(all[roll(all.length)]);
	}
	return list;
}

const ids = (list) => list.map((x) => x.id).sort((a, b) => a - b).join();

// Three ways of the same edits: a change set, many lines at once, a few peers first.
const WAYS = ["set", "set", "bulk", "canary"];

function lines(list) {
	const out = [];
	for (const e of list) {
		const [, kind, name] = e.path.split("/");
		if (e.op === "merge" && kind !== "settings")
			out.push(JSON.stringify({ kind, name, op: "merge", ...e.value }));
	}
	return out.length ? `${out.join("\n")}\n` : "";
}

// {preview, apply} of one way, or null when there is nothing to be done by it.
async function prepared(hub, way, list, reset, spoke) {
	if (way === "bulk") {
		const body = lines(list);
		const ask = (q) => hub.ask("POST", `/bulk?reset=${reset}${q}`, body, "application/x-ndjson");
		const seen = body && await ask("&dry_run=true");
		return seen?.status === 200 && seen.json.valid ? { preview: seen.json, apply: async () => (await ask("&reinitiate=never")).json } : null;
	}
	const set = await hub.good("POST", "/changesets", { edits: list });
	// never: an SA that comes back at once would be taken for one that was left
	const terms = { reset, reinitiate: "never", ...(way === "canary" ? { canary: { peers: [spoke], hold_seconds: 600 } } : {}) };
	const seen = await hub.ask("POST", `/changesets/${set.id}/apply?dry_run=true`, terms);
	if (seen.status !== 200 || !seen.json.valid) {
		await hub.good("DELETE", `/changesets/${set.id}`);
		return null;
	}
	return { set: set.id, preview: seen.json, apply: () => hub.good("POST", `/changesets/${set.id}/apply`, terms) };
}

const KINDS = [["ike_sa", "ike_sas", "ike"], ["child_sa", "child_sas", "child"]];

// What is gone is what was reported; how many that is.
function gone(t, said, before, after, reset) {
	let n = 0;
	for (const [type, key, of] of KINDS) {
		const left = new Set(after[of].map((x) => x.id));
		const went = before[of].filter((x) => !left.has(x.id));
		const results = (reset?.results ?? []).filter((x) => x.type === type);
		t.is(ids(went), ids(results), `${said}: ${key} gone and reported`);
		n += went.length;
	}
	return n;
}

// The canary's are reset, those of others wait, and widening resets just these.
async function widened(t, said, hub, x, after, reset) {
	const peers = x.preview.canary.peers;
	const stale = [...after.ike, ...after.child].filter((s) => s.stale && !peers.includes(s.peer));
	if (reset !== "none")
		t.check([...after.ike, ...after.child].every((s) => !s.stale || !peers.includes(s.peer)), `${said}: nothing stale of the canary's is left`);
	if (x.preview.canary.first === "records")
		t.is(x.preview.canary.waiting_sas, 0, `${said}: nobody shares it`);
	if (reset !== "peers") // then others wait that are not stale themselves
		t.check(stale.length >= x.preview.canary.waiting_sas, `${said}: ${x.preview.canary.waiting_sas} wait`);
	const done = await hub.good("POST", `/changesets/${x.set}/widen`, {});
	const now = await hub.sas();
	const n = gone(t, `${said}, widened`, after, now, done.reset);
	for (const [type, key] of KINDS)
		if (reset !== "none")
			t.is(ids(done.reset.results.filter((r) => r.type === type)), ids(done.impact[key]), `${said}, widened: ${key} reset and announced`);
	if (reset !== "none")
		t.check([...now.ike, ...now.child].every((s) => !s.stale), `${said}, widened: nothing stale is left`);
	return n;
}

export async function play(t, lab) {
	const roll = dice(Number(t.o.seed));
	const { hub } = lab;
	const seen = { set: 0, bulk: 0, canary: 0, shared: 0, touched: 0 };

	for (const g of lab.all())
		await g.good("PUT", "/ipsec-proposals/own", { encryption_algorithm: "aes-cbc", key_length: 128, integrity_algorithm: "sha256" });
	await lab.settle();
	for (let round = 0; round < 2 * Number(t.o.rounds); round++) {
		const list = edits(roll, lab);
		const reset = ["affected", "affected", "peers", "none"][roll(4)];
		const way = WAYS[roll(WAYS.length)];
		const said = `round ${round}, ${way}, reset ${reset}: ${JSON.stringify(list)}`;
		const x = await prepared(hub, way, list, reset, lab.spokes[roll(2)].name);
		if (!x)
			continue;
		const before = await hub.sas();
		const done = await x.apply();
		const after = await hub.sas();
		for (const [type, key] of KINDS) {
			const announced = x.preview.impact[key];
			const results = (done.reset?.results ?? []).filter((r) => r.type === type);
			t.is(ids(done.impact[key]), ids(announced), `${said}: ${key} announced twice alike`);
			if (reset !== "none")
				t.is(ids(results), ids(announced), `${said}: ${key} reset and announced`);
			else
				t.check(results.every((r) => announced.some((y) => y.id === r.id)), `${said}: ${key} of what is gone or disabled`);
		}
		seen[way]++;
		seen.touched += gone(t, said, before, after, done.reset);
		if (done.canary) {
			seen.shared += done.canary.waiting_sas > 0;
			seen.touched += await widened(t, said, hub, x, after, reset);
		} else if (reset !== "none") {
			t.check(after.ike.every((s) => !s.stale) && after.child.every((s) => !s.stale), `${said}: nothing stale is left`);
		}
		await back(hub, lab);
	}
	t.check(seen.touched > 20, `only ${seen.touched} SAs were ever reset`);
	t.check(Object.values(seen).every((n) => n > 0), `every way was gone: ${JSON.stringify(seen)}`);
}

// Everything enabled and up again, with nothing stale.
async function back(hub, lab) {
	const edits = [...lab.spokes.map((s) => ({ op: "merge", path: `/peers/${s.name}`, value: { enabled: true } })),
		...lab.tunnels().map((n) => ({ op: "merge", path: `/tunnels/${n}`, value: { enabled: true, ipsec_proposals: ["esp"] } })),
		...["esp", "own"].map((n) => ({ op: "merge", path: `/ipsec-proposals/${n}`, value: { key_length: 128, pfs_group: "none" } }))];
	const set = await hub.good("POST", "/changesets", { edits });
	await hub.good("POST", `/changesets/${set.id}/apply`, { reset: "affected" });
	await hub.good("POST", "/resets", { scope: { stale: true } });
	await until("what is stale is gone", 5000, async () => (await hub.sas()).ike.every((s) => !s.stale));
	await lab.settle();
}

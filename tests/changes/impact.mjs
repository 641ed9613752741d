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
			{ op: "merge", path: "/settings/keepalive", value: { interval_seconds: 20 + roll(3), timeout_seconds: 0 } },
		];
		list.push(all[roll(all.length)]);
	}
	return list;
}

const ids = (list) => list.map((x) => x.id).sort((a, b) => a - b).join();

export async function play(t, lab) {
	const roll = dice(Number(t.o.seed));
	const { hub } = lab;
	let touched = 0;

	await lab.settle();
	for (let round = 0; round < Number(t.o.rounds); round++) {
		const list = edits(roll, lab);
		const reset = ["affected", "affected", "peers", "none"][roll(4)];
		const before = await hub.sas();
		const set = await hub.good("POST", "/changesets", { edits: list });
		const said = `round ${round}, reset ${reset}: ${JSON.stringify(list)}`;
		const preview = await hub.good("GET", `/changesets/${set.id}/impact?reset=${reset}`);
		if (!preview.valid) {
			await hub.good("DELETE", `/changesets/${set.id}`);
			continue;
		}
		// never: an SA that comes back at once would be taken for one that was left
		const done = await hub.good("POST", `/changesets/${set.id}/apply`, { reset, reinitiate: "never" });
		const after = await hub.sas();
		for (const [type, key, now, was] of [["ike_sa", "ike_sas", after.ike, before.ike], ["child_sa", "child_sas", after.child, before.child]]) {
			const announced = preview.impact[key];
			const results = (done.reset?.results ?? []).filter((x) => x.type === type);
			const left = new Set(now.map((x) => x.id));
			const gone = was.filter((x) => !left.has(x.id));
			t.is(ids(done.impact[key]), ids(announced), `${said}: ${key} announced twice alike`);
			t.is(ids(gone), ids(results), `${said}: ${key} gone and reported`);
			if (reset !== "none")
				t.is(ids(results), ids(announced), `${said}: ${key} reset and announced`);
			else
				t.check(results.every((x) => announced.some((y) => y.id === x.id)), `${said}: ${key} of what is gone or disabled`);
			touched += gone.length;
		}
		if (reset !== "none")
			t.check(after.ike.every((s) => !s.stale) && after.child.every((s) => !s.stale), `${said}: nothing stale is left`);
		await back(hub, lab);
	}
	t.check(touched > 10, `only ${touched} SAs were ever reset`);
}

// Everything enabled and up again, with nothing stale.
async function back(hub, lab) {
	const edits = [...lab.spokes.map((s) => ({ op: "merge", path: `/peers/${s.name}`, value: { enabled: true } })),
		...lab.tunnels().map((n) => ({ op: "merge", path: `/tunnels/${n}`, value: { enabled: true } }))];
	const set = await hub.good("POST", "/changesets", { edits });
	await hub.good("POST", `/changesets/${set.id}/apply`, { reset: "affected" });
	await hub.good("POST", "/resets", { scope: { stale: true } });
	await until("what is stale is gone", 5000, async () => (await hub.sas()).ike.every((s) => !s.stale));
	await lab.settle();
}

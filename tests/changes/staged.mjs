// staged.mjs - what is staged outlives SIGKILL: the set, its edits, its secrets, and no number is given twice
export const spokes = 1;

export async function play(t, lab) {
	const { hub } = lab;
	const edits = [
		{ op: "add", path: "/secrets/later", value: { type: "psk", value: "a key that waits" } },
		{ op: "add", path: "/peers/later", value: { remote_address: "192.0.2.7", psk: "later" } },
		{ op: "merge", path: "/peers/s0", value: { description: "touched" } },
		{ op: "merge", path: "/settings/ike", value: { retransmit_seconds: 7 } },
	];
	const set = await hub.good("POST", "/changesets", { edits, comment: "kept" });
	await hub.good("PATCH", `/changesets/${set.id}`, { edits: [{ op: "remove", path: "/tunnels/s0-1" }, { op: "forget", path: "/settings/ike" }] });
	const gone = await hub.good("POST", "/changesets", { edits: edits.slice(2) });
	await hub.good("DELETE", `/changesets/${gone.id}`);
	const before = await hub.good("GET", `/changesets/${set.id}`);
	t.is(before.records.length, 4, "four records differ");
	await hub.stop("SIGKILL");
	await hub.start();
	const all = (await hub.good("GET", "/changesets")).items;
	t.is(JSON.stringify(all), JSON.stringify([before]), "the set is what it was");
	const next = await hub.good("POST", "/changesets", {});
	t.check(next.id > gone.id, `${next.id} is a number of its own`);
	await hub.good("PATCH", `/changesets/${set.id}`, { edits: [{ op: "merge", path: "/peers/later", value: { description: "after" } }] });
	await hub.good("POST", `/changesets/${set.id}/apply`, {});
	t.is((await hub.good("GET", "/peers/later")).description, "after", "it is applied");
	t.check((await hub.good("GET", "/secrets/later")).fingerprint, "with its secret");
	t.is((await hub.ask("GET", "/tunnels/s0-1")).status, 404, "and what was to go went");
	await hub.stop("SIGKILL");
	await hub.start();
	t.is((await hub.good("GET", "/changesets")).items.map((s) => s.id).join(), `${next.id}`, "an applied set does not come back");
}

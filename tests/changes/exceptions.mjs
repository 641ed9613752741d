// exceptions.mjs - the end of an exception is told on time, also after a restart, and takes nothing down
import { until } from "./gateways.mjs";

export const spokes = 1;

export async function play(t, lab) {
	const { hub } = lab;
	const told = async (event) => (await hub.good("GET", "/events?limit=500")).items.filter((e) => e.event === event);
	const end = (ms) => new Date(Date.now() + ms).toISOString().replace(/\.\d+Z$/, "Z");
	const x = { kind: "weak_algorithm", object: "ipsec-proposals/esp", owner: "netops", reason: "their gateway is old" };

	await lab.settle();
	await hub.good("PUT", "/exceptions/later", { ...x, expires_at: end(20 * 86400e3) });
	await until("that it ends within 30 days is told", 5000, async () => (await told("exception.expiring")).length === 1);
	await hub.good("PUT", "/exceptions/soon", { ...x, expires_at: end(4000) });
	await hub.good("PATCH", "/ipsec-proposals/esp", { integrity_algorithm: "sha1", allow_weak: false });
	const before = await hub.sas();
	t.is((await told("exception.expired")).length, 0, "not over yet");
	await until("the end is told on time", 8000, async () => (await told("exception.expired")).length === 1);
	const [said] = await told("exception.expired");
	t.check(/exception soon of netops for ipsec-proposals\/esp ended/.test(said.text), said.text);
	const after = await hub.sas();
	t.is(JSON.stringify(after.child.map((s) => s.id)), JSON.stringify(before.child.map((s) => s.id)), "no SA is taken down");

	// The other one permits it still; without it the rule speaks.
	t.is((await hub.ask("PATCH", "/ipsec-proposals/esp", { lifetime_seconds: 3601 })).status, 200, "permitted by the other");
	const gone = await hub.ask("DELETE", "/exceptions/later");
	t.is(gone.status, 422, "the last one cannot go");
	t.check(gone.json.errors.some((e) => e.rule === "ipsec_proposal.weak"), JSON.stringify(gone.json));
	await hub.stop("SIGKILL");
	await hub.start();
	await until("a start tells where they stand", 8000, async () => (await told("exception.expired")).length === 2);
}

// rotate.mjs - a pre-shared key is rotated at two gateways: nothing that is up is touched, it survives a
// restart, and the overlap ends by itself
import { until } from "./gateways.mjs";

export const spokes = 1;
const NEW = "another key between the two";

export async function play(t, lab) {
	const { hub } = lab;
	const [spoke] = lab.spokes;
	const secret = async (g = hub) => (await g.good("GET", "/secrets/s0"));
	const newest = async (g) => (await g.good("GET", "/ike-sas")).items.filter((s) => s.state === "established").at(-1);
	const told = async (event) => (await hub.good("GET", "/events?limit=500")).items.filter((e) => e.event === event).length;

	await lab.settle();
	const old = (await secret()).fingerprint;
	const before = await hub.sas();
	const made = await hub.good("POST", "/secrets/s0/rotate", { value: NEW, overlap_seconds: 60 });
	t.check(!made.impact, `no SA is touched: ${JSON.stringify(made.impact)}`);
	const after = await hub.sas();
	t.is(JSON.stringify(after.ike.map((s) => s.id)), JSON.stringify(before.ike.map((s) => s.id)), "the same IKE SAs");
	t.check(after.ike.every((s) => !s.stale && s.psk === "previous" && s.psk_fingerprint === old), "proven with the previous key, not stale");

	await hub.stop("SIGKILL");
	await hub.start();
	t.is((await secret()).previous.fingerprint, old, "the previous key survives a restart");
	await lab.settle();
	t.is((await newest(hub)).psk, "previous", "and is proven by the other end");

	const name = (await spoke.good("GET", "/secrets")).items[0].name;
	await spoke.good("PATCH", `/secrets/${name}`, { value: NEW });
	await spoke.good("POST", `/ike-sas/${(await newest(spoke)).id}/rekey`, {});
	await until("the new key is proven", 20000, async () => (await newest(hub))?.psk === "current");
	t.is(await told("peer.psk_changed"), 1, "told once");

	await until("the end of the overlap", 80000, async () => !(await secret()).previous.value_set);
	t.is((await secret()).previous.until, null, "nothing is left of it");
	t.is((await secret()).changed_by, "ikeeperd", "the gateway did it");
	t.is(await told("secret.previous_ended"), 1, "and said so");
	t.is((await newest(hub)).psk, "current", "the new key is the key");
	for (const path of ["/events?limit=500", "/history", "/audit", "/config"])
		t.check(!JSON.stringify(await hub.good("GET", path)).includes(NEW), `${path} shows no key`);
	t.check(!hub.log.includes(NEW), "nor does the log");
}

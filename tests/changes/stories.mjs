// stories.mjs - how negotiations went outlives the daemon, and what a peer offered is held against what is set
import { sleep, until } from "./gateways.mjs";

export const spokes = 1;

export const newest = async (g, filter) => {
	const { items } = await g.good("GET", `/negotiations?limit=1&${filter}`);
	return items[0] && g.good("GET", `/negotiations/${items[0].id}`);
};

// The hub calls, the spoke has another idea of IPsec.
async function mismatch(t, lab) {
	const { hub } = lab;
	const [spoke] = lab.spokes;

	await lab.settle();
	await spoke.good("PATCH", "/ipsec-proposals/esp", { key_length: 256 });
	await hub.good("POST", "/resets", { scope: { all: true }, reinitiate: "never" });
	await hub.good("POST", "/tunnels/s0-0/initiate");
	await until("the spoke refuses", 10000, () => newest(spoke, "peer=hub&verdict=failed"));
	await sleep(1000); // the hub asks what the spoke would take
	const { items } = await spoke.good("GET", "/negotiations?peer=hub&verdict=failed");
	return spoke.good("GET", `/negotiations/${items.at(-1).id}`);
}

async function survives(t, lab, told) {
	const [spoke] = lab.spokes;

	await spoke.stop();
	await spoke.start();
	const again = await spoke.good("GET", `/negotiations/${told.id}`);
	t.is(JSON.stringify(again), JSON.stringify(told), "the story after a restart");
	const all = await spoke.good("GET", "/negotiations?peer=hub");
	t.check(all.items.length >= 3, `${all.items.length} stories after a restart`);
	const ids = [];
	let cursor = "";
	for (;;) {
		const page = await spoke.good("GET", `/negotiations?limit=2${cursor}`);
		ids.push(...page.items.map((n) => n.id));
		if (page.next_cursor === null)
			break;
		cursor = `&cursor=${page.next_cursor}`;
	}
	t.is(ids.join(), [...new Set(ids)].sort((a, b) => b - a).join(), "pages without gaps or repeats");
	t.is(ids.length, all.items.length, "every story is on some page");
	const failed = (await spoke.good("GET", "/negotiations?verdict=failed&reason=no-proposal-chosen")).items;
	t.check(failed.some((n) => n.id === told.id) && failed.every((n) => n.verdict === "failed"), "by outcome");
	await lab.hub.good("POST", "/tunnels/s0-1/initiate");
	const next = await until("another story", 10000, async () => {
		const s = await newest(spoke, "verdict=failed");
		return s && s.id > ids[0] ? s : null;
	});
	t.check(next.id > Math.max(...ids), "ids go on above those of the earlier life");
}

export async function play(t, lab) {
	const told = await mismatch(t, lab);

	t.is(told.field, "key_length", "the first attribute that differs");
	t.check(told.ours.length === 1 && told.theirs.length === 1, "both offers");
	t.check(told.steps.length > 1, "steps");
	await survives(t, lab, told);
	const up = await newest(lab.hub, "verdict=up&peer=s0");
	t.check(up.exchange === "quick" || (up.local_id && up.remote_id), "identities of both ends");
}

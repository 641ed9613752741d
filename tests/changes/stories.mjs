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

// The story's offer against what is set, and against what might be.
async function replays(t, lab, told) {
	const [spoke] = lab.spokes;
	const at = `/negotiations/${told.id}/replay`;
	const now = await spoke.good("POST", at);

	t.is(now.phase, 2, "phase");
	t.is(now.matches, false, "as it is, it would be refused again");
	t.is(now.field, told.field, "for the same attribute as on the day");
	t.is(now.proposals[0].field, "key_length", "of the proposal by itself");
	const edits = [{ op: "merge", path: "/ipsec-proposals/esp", value: { key_length: 128 } }];
	const then = await spoke.good("POST", at, { edits });
	t.check(then.matches && then.would_match === "esp" && then.peer_transform === 1, `with the edit: ${then.text}`);
	const set = await spoke.good("POST", "/changesets", { edits });
	t.is((await spoke.good("POST", at, { changeset: set.id })).would_match, "esp", "with a change set");
	t.is((await spoke.good("GET", `/changesets/${set.id}/impact`)).replay?.would_match, "esp", "beside the impact");
	t.is((await spoke.good("PATCH", "/ipsec-proposals/esp?dry_run=true", { key_length: 128 })).replay?.matches, true, "beside a dry run");
	t.is((await spoke.good("PATCH", "/tunnels/hub-1?dry_run=true", { description: "x" })).replay?.matches, false, "of a tunnel");
	const phase1 = (await spoke.good("PATCH", "/peers/hub?dry_run=true", { description: "x" })).replay;
	t.check(phase1.phase === 1 && phase1.would_match === "default", `phase 1: ${phase1.text}`);
	t.is((await spoke.good("PATCH", "/dpd-profiles/d?dry_run=true", {}).catch(() => ({ replay: null }))).replay, null, "of nothing it says something to");
	await spoke.good("DELETE", `/changesets/${set.id}`);
	const ours = await newest(lab.hub, "verdict=failed&peer=s0");
	const hub = await lab.hub.good("POST", `/negotiations/${ours.id}/replay`);
	t.check(!hub.knowable && hub.text.includes("not knowable"), "our own offer");
	for (const [body, status] of [[{ edits: 1 }, 422], [{ nosuch: 1 }, 422], [{ changeset: 99 }, 404], [{ edits: [{ op: "merge", path: "/ipsec-proposals/esp", value: { key_length: 7 } }] }, 422]])
		t.is((await spoke.ask("POST", at, body)).status, status, `${JSON.stringify(body)}`);
	t.is((await spoke.ask("POST", "/negotiations/999999/replay")).status, 404, "a story nobody knows");
	await spoke.good("PATCH", "/ipsec-proposals/esp", { key_length: 128 });
	await lab.hub.good("POST", "/tunnels/s0-0/initiate");
	await until("what the replay said comes true", 10000, async () => (await newest(lab.hub, "peer=s0"))?.verdict === "up");
}

export async function play(t, lab) {
	const told = await mismatch(t, lab);

	t.is(told.field, "key_length", "the first attribute that differs");
	t.check(told.ours.length === 1 && told.theirs.length === 1, "both offers");
	t.check(told.steps.length > 1, "steps");
	await survives(t, lab, told);
	await replays(t, lab, told);
	const up = await newest(lab.hub, "verdict=up&peer=s0");
	t.check(up.exchange === "quick" || (up.local_id && up.remote_id), "identities of both ends");
}

// confirm.mjs - a change that is not confirmed goes back, and the tunnels with it; across SIGKILL too
import { sleep, until } from "./gateways.mjs";

export const spokes = 2;

export async function play(t, lab) {
	const { hub } = lab;

	await lab.settle();
	await staysWhenSaid(t, lab);
	await staysWhenUp(t, lab);
	await goesBackOnRequest(t, lab);
	await goesBack(t, lab);
	await survives(t, lab, false);
	await survives(t, lab, true);
	const who = (await hub.good("GET", "/events?event=config.went_back")).items;
	t.is(who.length, 4, "each way back is an event");
}

const shown = async (g) => (await g.good("GET", "/confirming")).confirming;
const print = async (g) => (await g.good("GET", "/secrets/s0")).fingerprint;

// The spoke's key is another one now: nothing comes up with it.
async function breakKey(t, lab, seconds, mode = "tunnels_established") {
	const set = await lab.hub.good("POST", "/changesets", { edits: [{ op: "merge", path: "/secrets/s0", value: { value: `wrong ${Math.random()}` } }] });
	const a = await lab.hub.good("POST", `/changesets/${set.id}/apply`, { reset: "affected", reinitiate: "always", confirm: { mode, timeout_seconds: seconds } });
	t.check(a.reset.child_sas >= 2, `SAs were reset: ${JSON.stringify(a.reset)}`);
	t.is(a.confirming.revision, a.revision, "it waits");
	return a;
}

async function staysWhenSaid(t, lab) {
	const a = await lab.hub.good("PATCH", "/peers/s0?confirm=manual&confirm_timeout_seconds=5", { description: "kept" });
	const other = await lab.hub.ask("PATCH", "/peers/s1", { description: "other" });
	t.is(other.status, 409, "a second change is refused");
	t.check(other.json.detail.includes(`${a.revision}`), `and names the first: ${other.text}`);
	await lab.hub.good("POST", `/commits/${a.revision}/confirm`);
	await sleep(6000);
	t.is((await lab.hub.good("GET", "/peers/s0")).description, "kept", "it stays after its time");
}

async function staysWhenUp(t, lab) {
	const a = await lab.hub.good("PATCH", "/ipsec-proposals/esp?reset=affected&reinitiate=always&confirm=tunnels_established&confirm_timeout_seconds=60", { pfs_group: "ecp256" });
	t.check(a.reset.child_sas === 4, `all were reset: ${JSON.stringify(a.reset)}`);
	await sleep(700);
	t.check(await shown(lab.hub), "the other end does not take it yet, so it waits");
	for (const s of lab.spokes)
		await s.good("PATCH", "/ipsec-proposals/esp", { pfs_group: "ecp256" });
	await lab.settle();
	await until("its tunnels are up, so it stays", 5000, async () => !(await shown(lab.hub)));
	t.is((await lab.hub.good("GET", "/ipsec-proposals/esp")).pfs_group, "ecp256", "it stayed");
}

async function goesBackOnRequest(t, lab) {
	const before = await print(lab.hub);
	const a = await breakKey(t, lab, 300, "manual");
	await lab.hub.good("POST", `/commits/${a.revision - 1}/rollback`, { reset: "affected" });
	t.is(await shown(lab.hub), null, "nothing waits any more");
	t.is(await print(lab.hub), before, "the key is what it was");
	await up(lab);
}

const up = (lab) => until("the tunnels are back by themselves", 30000, async () => {
	const { child } = await lab.hub.sas();
	return ["s0-0", "s0-1"].every((n) => child.some((c) => c.tunnel === n && c.state === "established" && !c.stale));
});

async function goesBack(t, lab) {
	const before = await print(lab.hub);
	await breakKey(t, lab, 5);
	t.check(await print(lab.hub) !== before, "the new key is in use");
	await until("it went back", 12000, async () => !(await shown(lab.hub)));
	t.is(await print(lab.hub), before, "the key is what it was");
	await up(lab);
}

async function survives(t, lab, late) {
	const { hub } = lab;
	const before = await print(hub);
	const a = await breakKey(t, lab, late ? 5 : 15);
	await hub.stop("SIGKILL");
	if (late)
		await sleep(6000);
	await hub.start();
	if (!late) {
		t.is((await shown(hub))?.revision, a.revision, "it still waits after a SIGKILL");
		t.is((await hub.ask("PATCH", "/peers/s1", { description: "other" })).status, 409, "and refuses others");
		t.check(await print(hub) !== before, "with the new key");
	}
	await until("it went back", late ? 4000 : 25000, async () => !(await shown(hub)));
	t.is(await print(hub), before, "the key is what it was");
	await up(lab);
	await lab.settle();
}

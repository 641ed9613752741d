// canary.mjs - one peer first: widened when it was healthy, all of it back when it was not; across SIGKILL too
import { sleep, until } from "./gateways.mjs";

export const spokes = 2;
const HOLD = 5;

export async function play(t, lab) {
	await lab.settle();
	await refusals(t, lab);
	await widensByItself(t, lab);
	await goesBackAtTheFirstFailure(t, lab);
	await goesBackWhenNobodyComesUp(t, lab);
	await sharedWaits(t, lab);
	await byLabelAndBack(t, lab);
	await survives(t, lab);
	await survivesHealthy(t, lab);
	await killedAtTheEnd(t, lab);
}

const key = (g, name, value) => g.good("PATCH", `/secrets/${name}`, { value });
const print = async (g, name) => (await g.good("GET", `/secrets/${name}`)).fingerprint;
const prints = async (g) => `${await print(g, "s0")} ${await print(g, "s1")}`;
const ids = async (g, spoke) => (await g.sas()).child.filter((c) => c.tunnel.startsWith(spoke)).map((c) => c.id).sort().join();
const now = async (g) => (await g.good("GET", "/confirming")).canary;
const ended = (g, ms = 15000) => until("the canary ended", ms, async () => !(await now(g)));
const gone = async (g, set) => (await g.ask("GET", `/changesets/${set}`)).status === 404;
const heard = async (g, event) => (await g.good("GET", `/events?event=${event}`)).items.length;

async function stage(hub, edits) {
	return (await hub.good("POST", "/changesets", { edits, comment: "a try" })).id;
}
const apply = (hub, set, canary, more = {}) => hub.good("POST", `/changesets/${set}/apply`, { canary: { hold_seconds: HOLD, ...canary }, reinitiate: "always", ...more });
const bothKeys = (mark) => ["s0", "s1"].map((n) => ({ op: "merge", path: `/secrets/${n}`, value: { value: `between hub and ${n}, ${mark}` } }));

async function refusals(t, lab) {
	const { hub } = lab;
	const set = await stage(hub, [{ op: "merge", path: "/settings/ike", value: { retransmit_seconds: 9 } }]);
	const before = await hub.revision();
	const bad = async (body, pointer, what) => {
		const a = await hub.ask("POST", `/changesets/${set}/apply`, body);
		t.is(a.status, 422, `${what}: ${a.text}`);
		t.is(a.json.errors[0].pointer, pointer, what);
	};
	await bad({ canary: {} }, "/canary", "nobody is named");
	await bad({ canary: { peers: ["s0"], label: "a=b" } }, "/canary", "both are named");
	await bad({ canary: { peers: [] } }, "/canary/peers", "an empty list");
	await bad({ canary: { peers: ["nobody"] } }, "/canary/peers", "an unknown peer");
	await bad({ canary: { label: "x" } }, "/canary/label", "no label");
	await bad({ canary: { label: "x=y" } }, "/canary/label", "a label that nobody has");
	await bad({ canary: { peers: ["s0"], hold_seconds: 1 } }, "/canary/hold_seconds", "too short");
	await bad({ canary: { peers: ["s0"], widen: "never" } }, "/canary/widen", "no such word");
	await bad({ canary: { peers: ["s0"], more: 1 } }, "/canary", "an unknown member");
	await bad({ canary: { peers: ["s0"] } }, "/canary", "nothing concerns the canary");
	await bad({ canary: { peers: ["s0"] }, confirm: { mode: "manual" } }, "/canary", "with a confirmation");
	t.is((await hub.ask("POST", `/changesets/${set}/widen`, {})).status, 404, "nothing to widen");
	t.is((await hub.ask("POST", `/changesets/${set}/rollback`, {})).status, 404, "nothing to take back");
	t.is(await hub.revision(), before, "nothing was changed");
	t.is(await now(hub), null, "and nothing is tried");
	await hub.good("DELETE", `/changesets/${set}`);
}

async function widensByItself(t, lab) {
	const { hub } = lab;
	const [was0, was1, others] = [await print(hub, "s0"), await print(hub, "s1"), await ids(hub, "s1")];
	const set = await stage(hub, bothKeys("second"));
	const dry = await hub.good("POST", `/changesets/${set}/apply?dry_run=true`, { canary: { peers: ["s0"] } });
	t.is(JSON.stringify(dry.canary), JSON.stringify({ first: "records", peers: ["s0"], waiting_records: 1, waiting_sas: 0 }), "the preview says how it is cut");
	t.check(dry.impact.child_sas.every((c) => c.peer === "s0"), "and only the canary's SAs");
	await key(lab.spokes[0], "hub", "between hub and s0, second");
	const a = await apply(hub, set, { peers: ["s0"] });
	t.is(a.canary.first, "records", "cut by records");
	t.check(a.reset.child_sas === 2, `its SAs were reset: ${JSON.stringify(a.reset)}`);
	const s = await hub.good("GET", `/changesets/${set}`);
	t.is(s.status, "canary", "the set says so");
	t.is(s.canary.revision, a.revision, "with its revision");
	t.check(await print(hub, "s0") !== was0, "the canary has the new key");
	t.is(await print(hub, "s1"), was1, "the other one waits");
	t.is(await ids(hub, "s1"), others, "with its SAs");
	for (const [method, path, body] of [["PATCH", "/peers/s1", { description: "no" }], ["PATCH", `/changesets/${set}`, { edits: [] }],
		["DELETE", `/changesets/${set}`], ["POST", `/changesets/${set}/apply`, {}], ["GET", `/changesets/${set}/impact`]])
		t.is((await hub.ask(method, path, body)).json?.type?.replace(/.*\//, ""), "canary-pending", `${method} ${path} is refused`);
	await key(lab.spokes[1], "hub", "between hub and s1, second");
	await ended(hub);
	t.check(await print(hub, "s1") !== was1, "it was widened");
	t.check(await gone(hub, set), "the set is gone");
	t.is((await hub.good("GET", "/commits?limit=1")).items[0].records, 1, "by one record");
	t.is(await heard(hub, "config.widened"), 1, "an event says so");
	await lab.settle();
}

async function goesBackAtTheFirstFailure(t, lab) {
	const { hub } = lab;
	const others = await ids(hub, "s1");
	const set = await stage(hub, [
		{ op: "add", path: "/ike-proposals/odd", value: { number: 7, encryption_algorithm: "aes-cbc", key_length: 192, integrity_algorithm: "sha384", dh_group: "modp4096", system: false } },
		...["s0", "s1"].map((n) => ({ op: "merge", path: `/peers/${n}`, value: { ike_proposals: ["odd"] } })),
	]);
	const a = await apply(hub, set, { peers: ["s0"], hold_seconds: 3600 });
	t.is(JSON.stringify(a.canary), JSON.stringify({ first: "records", peers: ["s0"], waiting_records: 1, waiting_sas: 0 }), "what the canary needs comes with it");
	await ended(hub, 20000);
	t.is((await hub.good("GET", "/peers/s0")).ike_proposals.length, 0, "the peer is what it was");
	t.is((await hub.ask("GET", "/ike-proposals/odd")).status, 404, "and so is the list");
	t.is(await ids(hub, "s1"), others, "the other peer noticed nothing");
	const s = await hub.good("GET", `/changesets/${set}`);
	t.is(s.status, "staged", "the set is staged again");
	t.check(/it went back: s0/.test(s.note), `and says why: ${s.note}`);
	t.is(s.conflicts.length, 0, "it could be applied again");
	t.is(s.records.length, 3, "whole");
	t.is(await heard(hub, "config.canary_back"), 1, "an event says so");
	await lab.settle();
	await hub.good("DELETE", `/changesets/${set}`);
}

async function goesBackWhenNobodyComesUp(t, lab) {
	const { hub } = lab;
	const was = await prints(hub);
	await lab.spokes[0].stop();
	const set = await stage(hub, bothKeys("into the void"));
	await apply(hub, set, { peers: ["s0"] });
	await ended(hub);
	t.is(await prints(hub), was, "the keys are what they were");
	t.check(/it went back:/.test((await hub.good("GET", `/changesets/${set}`)).note), "and the set says why");
	await hub.good("DELETE", `/changesets/${set}`);
	await lab.spokes[0].start();
	await hub.good("POST", "/resets", { scope: { peer: "s0" }, level: "both" });
	await lab.settle();
}

// A proposal that both use: only the canary's SAs are reset until it is widened.
async function sharedWaits(t, lab) {
	const { hub } = lab;
	const others = await ids(hub, "s1");
	const set = await stage(hub, [{ op: "merge", path: "/ipsec-proposals/esp", value: { key_length: 256 } }]);
	await lab.spokes[0].good("PATCH", "/ipsec-proposals/esp", { key_length: 256 });
	const a = await apply(hub, set, { peers: ["s0"], widen: "manual" });
	t.is(JSON.stringify(a.canary), JSON.stringify({ first: "resets", peers: ["s0"], waiting_records: 0, waiting_sas: 2 }), "the answer says that it is shared");
	t.check(a.reset.results.length && a.reset.results.every((r) => r.peer === "s0"), "only the canary's SAs were reset");
	t.is(await ids(hub, "s1"), others, "the others keep theirs");
	t.check((await hub.sas()).child.filter((c) => c.peer === "s1").every((c) => c.stale), "marked stale");
	await until("it was healthy", 15000, async () => (await now(hub)).state === "healthy");
	t.is((await hub.good("GET", `/changesets/${set}`)).status, "healthy", "it waits to be widened");
	await sleep(1500);
	t.is(await ids(hub, "s1"), others, "and nothing happens by itself");
	await lab.spokes[1].good("PATCH", "/ipsec-proposals/esp", { key_length: 256 });
	const w = await hub.good("POST", `/changesets/${set}/widen`, {});
	t.is(w.revision, a.revision, "no further revision is made");
	t.is((await hub.good("GET", `/audit?action=widen&object=changesets/${set}`)).items.length, 1, "it is on record, once");
	t.check(w.reset.child_sas === 2 && w.reset.results.every((r) => r.peer === "s1"), `the others are reset: ${JSON.stringify(w.reset)}`);
	t.is(await now(hub), null, "it is over");
	t.check(await gone(hub, set), "the set is gone");
	await lab.settle();
}

async function byLabelAndBack(t, lab) {
	const { hub } = lab;
	await hub.good("PATCH", "/peers/s1", { labels: ["stage=pilot"] });
	const was = await prints(hub);
	const set = await stage(hub, bothKeys("by label"));
	const a = await apply(hub, set, { label: "stage=pilot", hold_seconds: 600 }, { reset: "none" });
	t.is(a.canary.peers.join(), "s1", "who has the label");
	t.is(a.reset, null, "nothing is reset when that is asked for");
	const b = await hub.good("POST", `/changesets/${set}/rollback`, {});
	t.is(b.revision, a.revision + 1, "it is a change like any other");
	t.is(await prints(hub), was, "the keys are what they were");
	t.is((await hub.good("GET", `/audit?action=rollback&object=changesets/${set}`)).items.length, 1, "it is on record, once");
	t.check(/taken back by/.test((await hub.good("GET", `/changesets/${set}`)).note), "and the set says by whom");
	const again = await apply(hub, set, { label: "stage=pilot", hold_seconds: 600 }, { reset: "none" });
	await hub.good("POST", `/commits/${again.revision - 1}/rollback`, {});
	t.is(await now(hub), null, "by the way of every change, too");
	t.is(await prints(hub), was, "the keys are what they were");
	await hub.good("DELETE", `/changesets/${set}`);
	await lab.settle();
}

async function survives(t, lab) {
	const { hub } = lab;
	const was = await prints(hub);
	const set = await stage(hub, bothKeys("killed"));
	const a = await apply(hub, set, { peers: ["s0"], hold_seconds: 20 });
	await hub.stop("SIGKILL");
	await hub.start();
	const c = await now(hub);
	if (c) {
		t.is(c.revision, a.revision, "it is still tried after a SIGKILL");
		t.is((await hub.ask("PATCH", "/peers/s1", { description: "other" })).status, 409, "and refuses others");
	}
	await ended(hub, 40000);
	t.is(await prints(hub), was, "it went back");
	t.is((await hub.good("GET", `/changesets/${set}`)).status, "staged", "the set outlived it");
	await hub.good("DELETE", `/changesets/${set}`);
	await lab.settle();
}

async function survivesHealthy(t, lab) {
	const { hub } = lab;
	const set = await stage(hub, bothKeys("third"));
	await key(lab.spokes[0], "hub", "between hub and s0, third");
	await apply(hub, set, { peers: ["s0"], widen: "manual" });
	await until("it was healthy", 15000, async () => (await now(hub)).state === "healthy");
	await hub.stop("SIGKILL");
	await hub.start();
	t.is((await now(hub)).state, "healthy", "it waits on");
	const was1 = await print(hub, "s1");
	await key(lab.spokes[1], "hub", "between hub and s1, third");
	await hub.good("POST", `/changesets/${set}/widen`, {});
	t.check(await print(hub, "s1") !== was1, "what waited came out of the store");
	t.check(await gone(hub, set), "and the set is gone");
	await lab.settle();
}

// Killed around the moment when it widens or goes back: all of it or none, whenever that was.
async function killedAtTheEnd(t, lab) {
	const { hub } = lab;
	for (let round = 0; round < Number(t.o.rounds) / 5; round++) {
		const good = round % 2 === 0;
		const before = await prints(hub);
		const set = await stage(hub, bothKeys(`round ${round}`));
		await apply(hub, set, { peers: ["s0"], hold_seconds: 600 }, { reset: "none" });
		hub.ask("POST", `/changesets/${set}/${good ? "widen" : "rollback"}`, {}).catch(() => null);
		await sleep((round * 3) % 12);
		await hub.stop("SIGKILL");
		await hub.start();
		if (await now(hub)) {
			t.is((await hub.good("GET", `/changesets/${set}`)).records.length, 2, `round ${round}: nothing is lost`);
			await hub.good("POST", `/changesets/${set}/rollback`, {});
			await hub.good("DELETE", `/changesets/${set}`);
			t.is(await prints(hub), before, `round ${round}: all of it went back`);
		} else if (await gone(hub, set)) {
			const [a, b] = [(await prints(hub)).split(" "), before.split(" ")];
			t.check(a[0] !== b[0] && a[1] !== b[1], `round ${round}: it is for all`);
			await hub.good("POST", `/commits/${(await hub.revision()) - 2}/rollback`, {});
		} else {
			t.is(await prints(hub), before, `round ${round}: all of it went back`);
			await hub.good("DELETE", `/changesets/${set}`);
		}
		t.is(await prints(hub), before, `round ${round}: as it began`);
	}
	await lab.settle(undefined, 60000);
}

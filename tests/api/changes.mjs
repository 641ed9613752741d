// changes.mjs - changes of many records: sets, the whole document, the past, confirming
import { fill, revision, samples, collections } from "./samples.mjs";
import { tokens } from "./lib.mjs";

const VALUE = "a value that nobody sees";

export async function suite(t) {
	const all = await tokens(t.daemon);
	const o = { token: all.admin.token };

	await fill(t.daemon, o);
	await staging(t, o);
	await forgetting(t, o);
	await secrets(t, o);
	await refusals(t, o);
	await conflicts(t, o);
	await roles(t, all);
	await wholeDocument(t, o, all);
	await past(t, o);
	await confirming(t, o);
}

// One record is taken out of a set again; the others stay, and it can be staged anew.
async function forgetting(t, o) {
	const ask = api(t, o);
	const set = await made(t, ask, [
		{ op: "add", path: "/peers/p9", value: { remote_address: "192.0.2.19", psk: "s1" } },
		{ op: "merge", path: "/peers/p1", value: { description: "third" } },
		{ op: "replace", path: "/settings/keepalive/interval_seconds", value: 26 },
	]);
	const names = async () => (await ask("GET", set)).json.records.map((r) => r.name).join();
	const forget = async (path) => (await ask("PATCH", set, { edits: [{ op: "forget", path }] })).status;
	t.is(await forget("/peers/p1"), 200, "an edit is taken out");
	t.is(await names(), "p9,keepalive", "the others stay");
	t.is(await forget("/peers/p1"), 404, "nothing of it is staged any more");
	t.is(await forget("/peers/p9"), 200, "a record that was to be made");
	t.is(await forget("/settings/keepalive"), 200, "settings");
	t.is(await names(), "", "nothing is left");
	t.is((await ask("PATCH", set, { edits: [{ op: "add", path: "/peers/p9", value: { remote_address: "192.0.2.19", psk: "s1" } }] })).status, 200, "it can be staged anew");
	t.is(await names(), "p9", "and is there");
	t.is(await forget("/peers/p9/psk"), 404, "a member alone is not taken out");
	t.is((await ask("PATCH", set, { edits: [{ op: "forget", path: "/peers/p9", value: {} }] })).status, 422, "forget takes no value");
	t.is((await ask("DELETE", set)).status, 204, "the set goes");
}

const api = (t, o) => (method, path, body, headers) => t.daemon.api(method, path, { ...o, body, headers });

async function made(t, ask, edits, comment) {
	const a = await ask("POST", "/changesets", { edits, comment });
	t.is(a.status, 201, `a set is made: ${a.text.slice(0, 300)}`);
	t.is(a.headers.location, `/api/v1/changesets/${a.json?.id}`, "Location");
	return `/changesets/${a.json?.id}`;
}

async function staging(t, o) {
	const ask = api(t, o);
	const before = await revision(t.daemon);
	const set = await made(t, ask, [
		{ op: "add", path: "/peers/p2", value: { remote_address: "192.0.2.9", psk: "s1" } },
		{ op: "add", path: "/tunnels/t2", value: { peer: "p2", local_ts: ["10.1.0.0/24"], remote_ts: ["10.3.0.0/24"], ipsec_proposals: ["e1"] } },
		{ op: "merge", path: "/peers/p1", value: { description: "first" } },
		{ op: "replace", path: "/peers/p1/description", value: "second" },
		{ op: "replace", path: "/settings/keepalive/interval_seconds", value: 25 },
	], "two of them");
	t.is(await revision(t.daemon), before, "staging changes nothing");
	t.is((await ask("GET", "/peers/p2")).status, 404, "a staged record is not there");
	const later = await ask("PATCH", set, { edits: [{ op: "replace", path: "/peers/p2/description", value: "new" }] });
	t.is(later.status, 200, "later edits see earlier ones");
	const impact = await ask("GET", `${set}/impact`);
	t.is(impact.status, 200, "impact");
	t.check(impact.json.valid, `valid: ${impact.text.slice(0, 300)}`);
	t.is(impact.json.records.map((r) => `${r.op} ${r.kind}/${r.name}`).join(), "create peers/p2,create tunnels/t2,update peers/p1,update settings/keepalive/keepalive", "records");
	t.is(impact.json.records[2].changes.find((c) => c.member === "description")?.to, "second", "the last edit counts");
	const done = await ask("POST", `${set}/apply`, { comment: "" });
	t.is(done.status, 200, `applied: ${done.text.slice(0, 300)}`);
	t.is(done.json.revision, before + 1, "one revision");
	t.is((await ask("GET", "/peers/p2")).json.description, "new", "the new peer");
	t.is((await ask("GET", "/tunnels/t2")).json.revision, before + 1, "the new tunnel");
	t.is((await ask("GET", "/settings/keepalive")).json.interval_seconds, 25, "settings");
	t.is((await ask("GET", set)).status, 404, "the set is gone");
	const commit = (await ask("GET", "/commits?limit=1")).json.items[0];
	t.is(`${commit.revision} ${commit.records} ${commit.comment}`, `${before + 1} 4 two of them`, "its commit");
	const idle = await made(t, ask, [{ op: "merge", path: "/peers/p1", value: { description: "second" } }]);
	t.is((await ask("POST", `${idle}/apply`)).json.revision, before + 1, "nothing to do makes no revision");
	t.is((await ask("DELETE", idle)).status, 204, "discarded");
	t.is((await ask("DELETE", idle)).status, 404, "twice");
}

async function secrets(t, o) {
	const ask = api(t, o);
	const set = await made(t, ask, [
		{ op: "add", path: "/secrets/s2", value: { type: "psk", value: VALUE } },
		{ op: "merge", path: "/secrets/s1", value: { value: VALUE } },
	]);
	for (const path of [set, `${set}/impact`, "/changesets"])
		t.check(!(await ask("GET", path)).text.includes(VALUE), `${path} shows no secret`);
	const done = await ask("POST", `${set}/apply`, {});
	t.is(done.status, 200, "applied");
	t.check(!done.text.includes(VALUE), "nor does the answer");
	t.check((await ask("GET", "/secrets/s2")).json.value_set, "it is set");
}

async function refusals(t, o) {
	const ask = api(t, o);
	const before = await revision(t.daemon);
	const bad = async (edit, status, what) => t.problem(await ask("POST", "/changesets", { edits: [edit] }), status, what);
	await bad({ op: "add", path: "/peers/p1", value: { remote_address: "192.0.2.1" } }, 409, "add what is there");
	await bad({ op: "remove", path: "/peers/nobody" }, 404, "remove what is not there");
	await bad({ op: "replace", path: "/peers/nobody/description", value: "x" }, 404, "a member of nobody");
	await bad({ op: "merge", path: "/peers/p1", value: { nonsense: 1 } }, 422, "an unknown member");
	await bad({ op: "move", path: "/peers/p1", value: {} }, 422, "an unknown op");
	await bad({ op: "merge", path: "/nonsense/p1", value: {} }, 422, "an unknown kind");
	await bad({ op: "merge", path: "peers", value: {} }, 422, "no path");
	await bad({ op: "remove", path: "/peers/p1", value: {} }, 422, "remove with a value");
	await bad({ op: "remove", path: "/settings/ike" }, 422, "settings cannot go");
	await bad({ op: "replace", path: "/ike-proposals/default", value: {} }, 422, "what is built in");
	await bad("text", 422, "no object");
	t.problem(await ask("POST", "/changesets", { edits: {} }), 422, "edits are a list");
	t.problem(await ask("POST", "/changesets", { extra: 1 }), 422, "an unknown member");
	const a = await ask("POST", "/changesets", { edits: [{ op: "merge", path: "/peers/p1", value: {} }, { op: "merge", path: "/peers/p1", value: { exchange_mode: "x" } }] });
	t.is(a.json.errors[0].pointer, "/1/exchange_mode", "the pointer names the edit");
	const dangling = await made(t, ask, [{ op: "remove", path: "/secrets/s1" }]);
	const impact = await ask("GET", `${dangling}/impact`);
	t.check(impact.status === 200 && !impact.json.valid && impact.json.errors.length, "a preview says what is against it");
	t.problem(await ask("POST", `${dangling}/apply`, {}), 409, "in use");
	t.problem(await ask("POST", `${dangling}/apply`, { reset: "maybe" }), 422, "an unknown reset");
	t.problem(await ask("POST", `${dangling}/apply`, { confirm: { timeout_seconds: 1 } }), 422, "too short");
	t.problem(await ask("POST", `${dangling}/apply`, { nonsense: true }), 422, "an unknown option");
	t.is(await revision(t.daemon), before, "nothing was changed");
	await ask("DELETE", dangling);
}

async function conflicts(t, o) {
	const ask = api(t, o);
	const set = await made(t, ask, [{ op: "merge", path: "/peers/p1", value: { description: "mine" } }]);
	await ask("PATCH", "/peers/p1", { description: "theirs" }, { "If-Match": "*" });
	t.is((await ask("GET", set)).json.conflicts[0]?.members.join(), "description", "the set tells of it");
	const a = await ask("POST", `${set}/apply`, {});
	t.problem(a, 412, "changed underneath");
	t.is(JSON.stringify(a.json.conflicts?.map((c) => [c.kind, c.name, c.members])), '[["peers","p1",["description"]]]', "which members differ");
	t.is((await ask("GET", "/peers/p1")).json.description, "theirs", "nothing was overwritten");
	await ask("DELETE", set);
	await ask("PUT", "/dpd-profiles/d3", { name: "d3" }, { "If-None-Match": "*" });
	const gone = await made(t, ask, [{ op: "remove", path: "/dpd-profiles/d3" }]);
	await ask("DELETE", "/dpd-profiles/d3", undefined, { "If-Match": "*" });
	t.problem(await ask("POST", `${gone}/apply`, {}), 412, "what was to go is gone");
	await ask("DELETE", gone);
	const fresh = await made(t, ask, [{ op: "add", path: "/dpd-profiles/d2", value: {} }]);
	await ask("PUT", "/dpd-profiles/d2", { name: "d2" }, { "If-None-Match": "*" });
	t.problem(await ask("POST", `${fresh}/apply`, {}), 409, "the name was taken meanwhile");
	await ask("DELETE", fresh);
}

async function roles(t, all) {
	const admin = api(t, { token: all.admin.token });
	const editor = api(t, { token: all.editor.token });
	for (const edit of [{ op: "merge", path: "/secrets/s1", value: { value: VALUE } }, { op: "merge", path: "/settings/ike", value: {} }])
		t.problem(await editor("POST", "/changesets", { edits: [edit] }), 403, `${edit.path} by an editor`);
	const set = await made(t, admin, [{ op: "merge", path: "/secrets/s1", value: { description: "by an admin" } }]);
	t.problem(await editor("POST", `${set}/apply`, {}), 403, "an editor applies no secret");
	const back = (await admin("GET", "/commits?limit=100")).json.items.at(-1).revision;
	t.problem(await editor("POST", `/commits/${back}/rollback?dry_run=true`), 403, "nor goes back over one");
	await admin("DELETE", set);
}

async function wholeDocument(t, o, all) {
	const ask = api(t, o);
	const doc = (await ask("GET", "/config")).json;
	const before = await revision(t.daemon);
	t.is(doc.revision, before, "its revision");
	for (const path of collections)
		t.check(doc[path]?.some((r) => r.name === samples[path].name), `/${path} are in it`);
	t.check(!JSON.stringify(doc).includes(VALUE), "no secret is in it");
	const print = doc.secrets.find((s) => s.name === "s1").fingerprint;
	t.problem(await ask("PUT", "/config", doc), 428, "If-Match is due");
	t.problem(await ask("PUT", "/config", doc, { "If-Match": '"999999"' }), 412, "a stale one");
	const same = await ask("PUT", "/config", doc, { "If-Match": `"${before}"` });
	t.is(same.status, 200, `what was read is taken back: ${same.text.slice(0, 400)}`);
	t.is(same.json.revision, before, "and changes nothing");
	const less = { ...doc, peers: doc.peers.filter((p) => p.name !== "p2"), tunnels: doc.tunnels.filter((x) => x.name !== "t2") };
	less.peers.find((p) => p.name === "p1").description = "declared";
	const dry = await ask("PUT", "/config?dry_run=true", less);
	t.is(dry.json.records.map((r) => `${r.op} ${r.name}`).sort().join(), "delete p2,delete t2,update p1", "a preview");
	t.is(await revision(t.daemon), before, "changes nothing");
	const done = await ask("PUT", "/config?reset=affected&comment=declared", less, { "If-Match": "*" });
	t.is(done.json.revision, before + 1, `one revision: ${done.text.slice(0, 300)}`);
	t.is((await ask("GET", "/peers/p2")).status, 404, "what is not named is gone");
	t.is((await ask("GET", "/secrets/s1")).json.fingerprint, print, "a secret's value stays");
	const editors = { ...less };
	delete editors.secrets;
	delete editors["private-keys"];
	delete editors.webhooks;
	delete editors.settings;
	const editor = api(t, { token: all.editor.token });
	t.is((await editor("PUT", "/config?dry_run=true", editors)).json.records.length, 0, "what an editor leaves out stays");
	const bad = await ask("PUT", "/config", { ...less, peers: [{ name: "p1", nonsense: 1 }, {}, { name: "p1" }], things: [] }, { "If-Match": "*" });
	t.problem(bad, 422, "a bad document");
	t.check(bad.json.errors.some((e) => e.pointer === "/peers/0/nonsense"), `pointers: ${bad.text.slice(0, 400)}`);
	t.is(await revision(t.daemon), before + 1, "changes nothing at all");
}

async function past(t, o) {
	const ask = api(t, o);
	const n = await revision(t.daemon);
	const diff = await ask("GET", `/commits/${n - 1}/diff?to=${n}`);
	t.is(diff.json.records.map((r) => `${r.op} ${r.name}`).sort().join(), "delete p2,delete t2,update p1", "what differs");
	t.is((await ask("GET", `/commits/${n}/diff?to=${n - 1}`)).json.records.filter((r) => r.op === "create").length, 2, "the other way");
	const commit = await ask("GET", `/commits/${n}`);
	t.is(`${commit.json.comment} ${commit.json.changes.length}`, "declared 3", "one commit");
	t.problem(await ask("GET", "/commits/999999"), 404, "no such commit");
	t.problem(await ask("POST", "/commits/999999/rollback"), 404, "nowhere to go back to");
	const dry = await ask("POST", `/commits/${n - 1}/rollback?dry_run=true`);
	t.is(dry.json.records.length, 3, "a preview of going back");
	t.is(await revision(t.daemon), n, "changes nothing");
	const back = await ask("POST", `/commits/${n - 1}/rollback`, { comment: "no, after all" });
	t.is(back.json.revision, n + 1, "going back is a change");
	t.is((await ask("GET", "/tunnels/t2")).status, 200, "what was is there again");
	t.is((await ask("GET", `/commits/${n - 1}/diff`)).json.records.length, 0, "nothing differs from it");
	const was = (await ask("GET", "/secrets/s1")).json.fingerprint;
	await ask("PATCH", "/secrets/s1", { value: "another value altogether" }, { "If-Match": "*" });
	t.check((await ask("GET", "/secrets/s1")).json.fingerprint !== was, "a secret is replaced");
	t.is((await ask("POST", `/commits/${n + 1}/rollback`)).status, 200, "and goes back");
	t.is((await ask("GET", "/secrets/s1")).json.fingerprint, was, "to what it was");
}

async function confirming(t, o) {
	const ask = api(t, o);
	const n = await revision(t.daemon);
	const a = await ask("PATCH", "/peers/p1?confirm_timeout_seconds=120", { description: "on trial" }, { "If-Match": "*" });
	t.is(a.status, 200, "a single write may have to be confirmed");
	t.is((await ask("GET", "/confirming")).json.confirming?.revision, n + 1, "it waits");
	t.problem(await ask("PATCH", "/peers/p1", { description: "x" }, { "If-Match": "*" }), 409, "a second one is refused");
	t.is((await ask("PATCH", "/peers/p1?dry_run=true", { description: "x" })).status, 200, "a preview is not");
	t.problem(await ask("POST", `/commits/${n}/confirm`), 404, "another does not wait");
	t.is((await ask("POST", `/commits/${n + 1}/confirm`)).status, 200, "confirmed");
	t.is((await ask("GET", "/confirming")).json.confirming, null, "nothing waits");
	const set = await made(t, ask, [{ op: "merge", path: "/peers/p1", value: { description: "again" } }]);
	const b = await ask("POST", `${set}/apply`, { confirm: { mode: "tunnels_established", timeout_seconds: 60 } });
	t.is(b.json.confirming?.mode, "tunnels_established", "the answer says so");
	t.is((await ask("POST", `/commits/${n + 1}/rollback`)).status, 200, "the way back is open");
	t.is((await ask("GET", "/confirming")).json.confirming, null, "and ends it");
	t.is((await ask("GET", "/peers/p1")).json.description, "on trial", "what it was before");
}

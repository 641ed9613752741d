// foreign.mjs - import of other products' configuration texts: what is said, asked and sent
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const TEXT = `sysname A
ike peer hub
 pre-shared-key simple HUSH-HUSH
 remote-address 192.0.2.9
 certificate frob
ike peer two
 pre-shared-key cipher xxx
 remote-address 192.0.2.10
`;

const good = { valid: true, errors: [], warnings: [{ pointer: "/psk", rule: "w.rule", message: "beware", hint: null }],
	impact: { ike_sas: [], child_sas: [], unaffected_ike_sas: 3 } };

// A daemon with change sets; `impact` is what it thinks of this one.
const sets = (impact, log) => (method, p, body) => {
	log.push([method, p, body]);
	if (method === "GET" && p.startsWith("/secrets/"))
		return { status: 404, json: { status: 404, detail: "none" } };
	if (method === "POST" && p === "/changesets")
		return { status: 201, json: { id: 7 } };
	if (method === "GET")
		return { json: impact };
	if (p.endsWith("/apply"))
		return { json: { commit: 3, reset: { ike_sas: 1, child_sas: 1, notices: 2, results: [] } } };
	return { json: {} };
};

export async function suite(t) {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), "foreign-"));
	const file = path.join(dir, "a.cfg");
	try {
		fs.writeFileSync(file, TEXT);
		await wrong_words(t, file);
		await looking(t, file);
		await applying(t, file);
		await refusals(t, file, dir);
	} finally {
		fs.rmSync(dir, { recursive: true, force: true });
	}
}

async function wrong_words(t, file) {
	for (const args of [["import"], ["import", file], ["import", "--from", "klingon", file],
		["import", "--from", "comware"], ["import", "--from", "comware", file, file],
		["import", "--from", "comware", "/nowhere/at/all"]])
		t.is((await t.ikeeper(args)).code, 2, args.join(" "));
}

async function looking(t, file) {
	const log = [];
	const r = await t.puppet(sets(good, log), ["import", "--from", "comware", file]);
	t.is(r.code, 0, `a look: ${r.err}`);
	t.has(r.out, "left out, line 5: certificate ...: these words are not known here", "what is left out");
	t.has(r.out, "left out, line 7: pre-shared-key cipher: only the device", "an enciphered key");
	t.has(r.out, '/secrets/hub {"type":"psk","value":"(not shown)"}', "a secret is not shown");
	t.has(r.out, "Would be accepted; nothing was changed.", "the dry run");
	t.has(r.out, "beware [w.rule]", "its warnings");
	t.check(!r.out.includes("HUSH") && !r.err.includes("HUSH"), "no key is printed");
	const patch = log.find(([m]) => m === "PATCH");
	t.is(patch[1], "/changesets/7", "the change set");
	t.is(JSON.stringify(patch[2].find((w) => w.path === "/secrets/hub")),
		'{"op":"put","path":"/secrets/hub","value":{"type":"psk","value":"HUSH-HUSH"}}', "the key is sent");
	t.is(patch[2].find((w) => w.path === "/settings/ike").op, "patch", "settings are patched");
	t.check(patch[2].some((w) => w.path === "/secrets/two" && w.value.value === undefined), "a secret without value");
	t.check(!log.some(([, p]) => p.endsWith("/apply")), "a look applies nothing");
	t.check(log.some(([m, p]) => m === "DELETE" && p === "/changesets/7"), "and leaves nothing behind");

	const j = await t.puppet(sets(good, []), ["import", "--from", "comware", "--json", file]);
	t.is(j.json.records.length, 5, "--json: records");
	t.check(j.json.notes.some((n) => n.line === 5 && n.sort === "left_out"), "--json: notes");
	t.is(j.json.impact.valid, true, "--json: the dry run");
	t.check(!j.out.includes("HUSH"), "--json: no key");
}

async function applying(t, file) {
	const log = [];
	const r = await t.puppet(sets(good, log),
		["import", "--from", "comware", file, "--apply", "--comment", "moved", "--reset", "affected"]);
	t.is(r.code, 0, `applied: ${r.err}`);
	t.has(r.out, "Applied as one change.", "said");
	const apply = log.filter(([, p]) => p.endsWith("/apply"));
	t.is(apply.length, 1, "once");
	t.is(JSON.stringify(apply[0][2]), '{"reset":"affected","comment":"moved"}', "with its options");

	const known = (m, p, b) => m === "GET" && p === "/secrets/two" ? { json: { name: "two" } } : sets(good, kept)(m, p, b);
	const kept = [];
	await t.puppet(known, ["import", "--from", "comware", "-"], { input: TEXT });
	t.check(!kept.find(([m]) => m === "PATCH")[2].some((w) => w.path === "/secrets/two"),
		"a key that is there stays");
}

async function refusals(t, file, dir) {
	const log = [];
	const bad = { valid: false, errors: [{ pointer: "/psk", rule: "r", message: "no", hint: null }], warnings: [] };
	const r = await t.puppet(sets(bad, log), ["import", "--from", "comware", file, "--apply"]);
	t.is(r.code, 3, "what the daemon would refuse");
	t.has(r.out, "Would be refused", "said");
	t.check(!log.some(([, p]) => p.endsWith("/apply")), "is not applied");

	const old = await t.puppet(() => ({ status: 404, json: { status: 404, detail: "no" } }),
		["import", "--from", "comware", file]);
	t.is(old.code, 1, "a daemon without change sets");
	t.has(old.err, "it has no /changesets", "says so");

	const none = path.join(dir, "none.cfg");
	fs.writeFileSync(none, "sysname x\nsnmp-agent\n");
	const n = await t.puppet(sets(good, []), ["import", "--from", "comware", none]);
	t.is(n.code, 3, "a text about other things");
	t.has(n.err, "nothing in this text", "says so");
}

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
		await writing(t);
		await traces(t, dir);
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

const row = { id: 3, peer: null, secrets: true, running: true, datagrams: 0, dropped: 0, until: "2026-01-01T00:05:00Z" };

// trace: what is asked, and the folder it writes.
async function traces(t, dir) {
	const asked = [];
	const daemon = (method, p, body) => {
		asked.push([method, p, body]);
		if (p.endsWith("/pcapng") || p.endsWith("_table") || p.endsWith("/esp_sa"))
			return { json: { keys: p } };
		if (method === "DELETE")
			return { status: 204 };
		return { status: method === "POST" ? 201 : 200,
			json: p === "/traces" && method === "GET" ? { items: [row] } : p === "/traces/3" ? { trace: row, messages: [] } : row };
	};
	for (const args of [["trace"], ["trace", "start", "a", "b"], ["trace", "stop"], ["trace", "stop", "x"], ["trace", "export", "3"],
		["trace", "export", "../x", dir]])
		t.is((await t.puppet(daemon, args)).code, 2, args.join(" "));
	t.is(asked.length, 0, "nothing was asked for that");
	const r = await t.puppet(daemon, ["trace", "start", "hub", "--seconds", "60", "--secrets"]);
	t.is(r.code, 0, `start: ${r.err}`);
	t.is(JSON.stringify(asked.pop()), JSON.stringify(["POST", "/traces", { secrets: true, peer: "hub", seconds: 60 }]), "what was asked");
	t.has((await t.puppet(daemon, ["trace", "list"])).out, "secrets", "the mark of secrets");
	t.is((await t.puppet(daemon, ["trace", "delete", "3"])).code, 0, "delete");
	const to = path.join(dir, "out");
	const w = await t.puppet(daemon, ["trace", "export", "3", to]);
	t.is(w.code, 0, `export: ${w.err}`);
	t.is(fs.readdirSync(to).sort().join(" "), "esp_sa ikev1_decryption_table trace-3.json trace-3.pcapng", "the files");
	t.is(fs.statSync(path.join(to, "esp_sa")).mode & 0o777, 0o600, "for its owner alone");
	t.has(w.out, "hold keys", "a warning");
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
	const edits = log.find(([m]) => m === "POST")[2].edits;
	t.is(JSON.stringify(edits.find((w) => w.path === "/secrets/hub")),
		'{"op":"merge","path":"/secrets/hub","value":{"type":"psk","value":"HUSH-HUSH"}}', "the key is sent");
	t.is(edits.find((w) => w.path === "/settings/ike").op, "merge", "settings are merged");
	t.is(edits.find((w) => w.path === "/peers/hub").op, "replace", "records are replaced");
	t.is(JSON.stringify(edits.find((w) => w.path === "/secrets/two").value), '{"type":"psk"}',
		"a key that is not told stays");
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
	t.is(JSON.stringify(apply[0][2]), '{"reset":"affected"}', "with its options");
	t.is(log[0][2].comment, "moved", "and the comment");

	const staged = [];
	const st = await t.puppet(sets(good, staged), ["import", "--from", "comware", file, "--stage"]);
	t.has(st.out, "Staged: ikeeper apply --set 7", "--stage says how to go on");
	t.check(!staged.some(([m, p]) => m === "DELETE" || p.endsWith("/apply")), "--stage leaves it there");

	const piped = [];
	await t.puppet(sets(good, piped), ["import", "--from", "comware", "-"], { input: TEXT });
	t.is(piped[0][2].edits.length, 5, "from standard input");
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

const records = {
	"/settings/ike": { local_name: "center", comware_default_proposal: false },
	"/settings/keepalive": { interval_seconds: 20 },
	"/settings/ipsec": { lifetime_seconds: 3600, anti_replay_window: 32 },
	"/secrets": { items: [{ name: "k", type: "psk", value_set: true }] },
	"/ike-proposals": { items: [
		{ name: "p1", number: 10, encryption_algorithm: "aes-cbc", key_length: 256, integrity_algorithm: "sha1",
		  dh_group: "modp2048", lifetime_seconds: 86400, system: true, a_member_of_tomorrow: 1 },
		{ name: "default", number: 65536, builtin: true }] },
	"/ipsec-proposals": { items: [{ name: "e1", encryption_algorithm: "aes-cbc", integrity_algorithm: "sha256",
		pfs_group: "modp2048" }] },
	"/dpd-profiles": { items: [] },
	"/peers": { items: [{ name: "hub", enabled: true, remote_address: "192.0.2.9", psk: "k", ike_proposals: ["p1"],
		local_id: { type: "address", value: null }, nat_traversal: "auto", fragmentation: true }] },
	"/tunnels": { items: [{ name: "net", enabled: true, sequence: 100, peer: "hub", local_ts: ["10.1.0.0/24"],
		remote_ts: ["10.2.0.0/24"], ipsec_proposals: ["e1"], start_action: "trap" }] },
};

const reads = (method, p) => records[p.split("?")[0]] ? { json: records[p.split("?")[0]] } :
	{ status: 404, json: { status: 404, detail: "none" } };

async function writing(t) {
	t.is((await t.ikeeper(["export"])).code, 2, "export to nothing");
	t.is((await t.ikeeper(["generate", "peer", "hub", "--for", "klingon"])).code, 2, "for an unknown product");
	t.is((await t.ikeeper(["generate", "peer", "--for", "swanctl"])).code, 2, "without a name");
	const x = await t.puppet(reads, ["export", "--to", "comware"]);
	t.is(x.code, 0, `export: ${x.err}`);
	t.has(x.out, "ike local-name center\n", "settings");
	t.has(x.out, "ike sa keepalive-timer interval 20\n", "settings");
	t.has(x.out, "ike proposal 10\n", "a proposal");
	t.has(x.out, " pre-shared-key simple PUT-THE-PRE-SHARED-KEY-HERE\n", "no key");
	t.has(x.out, " connection-name net\n", "a tunnel of another name");
	t.has(x.err, "left out: hub: fragmentation true of the peer cannot be said in Comware V5", "what cannot be said");
	t.check(!x.out.includes("left out"), "notes do not stand in the text");
	const g = await t.puppet(reads, ["generate", "peer", "hub", "--for", "swanctl", "--remote", "198.51.100.1"]);
	t.is(g.code, 0, `generate: ${g.err}`);
	t.has(g.out, "remote_addrs = 198.51.100.1\n", "we are its peer");
	t.has(g.out, "local_ts = 10.2.0.0/24\n", "its side");
	t.has(g.out, "esp_proposals = aes128-sha256-modp2048\n", "its proposals");
	const j = await t.puppet(reads, ["generate", "peer", "hub", "--for", "comware", "--json"]);
	t.has(j.json.text, " remote-address put-our-address-here\n", "an address nobody told");
	t.check(j.json.notes.some((n) => n.text.includes("--remote ADDRESS")), "and how to tell it");
	t.is((await t.puppet(reads, ["generate", "peer", "nobody", "--for", "swanctl"])).code, 4, "no such peer");
	t.has((await t.puppet(reads, ["display", "current-configuration"])).out, "ike proposal 10\n", "display current-configuration");
	const asked = await t.puppet((m, p) => p.startsWith("/dpd-profiles") ? { json: { items: [] } } : reads(m, p),
		["display", "ike", "dpd"]);
	t.is(asked.code, 0, "display ike dpd");
	t.check(asked.asked.some((q) => q.path.startsWith("/dpd-profiles")), "of the DPD profiles");
	const one = await t.puppet(() => ({ json: { name: "e1" } }), ["display", "ipsec", "proposal", "e1"]);
	t.is(one.asked[0].path, "/ipsec-proposals/e1", "one by its name");
	t.is((await t.ikeeper(["display", "ike", "frob"])).code, 2, "what there is not");
	const reset = await t.puppet(() => ({ json: { results: [], ike_sas: 0, child_sas: 0, notices: 0 } }),
		["reset", "ipsec", "sa", "policy", "map1", "10"]);
	t.is(JSON.stringify(reset.asked[0].body.scope), '{"tunnel":"map1-10"}', "a policy with its sequence");
}
